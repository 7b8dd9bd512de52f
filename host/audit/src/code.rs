//! The stable names of what can happen.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::error::Error;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// What happened, as a stable dotted name; a name that was ever written never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Lists every code, for tables and for queries.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// Shows the stable name.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)* }
            }
        }

        impl FromStr for Code {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                match text {
                    $($text => Ok(Code::$variant),)*
                    _ => Err(Error::Invalid { what: "code", why: "no event has this name" }),
                }
            }
        }
    };
}

codes! {
    /// An object was created.
    PhiCreate = "PHI.CREATE",
    /// One object was read by id.
    PhiRead = "PHI.READ",
    /// Objects were looked for.
    PhiQuery = "PHI.QUERY",
    /// Objects were counted.
    PhiCount = "PHI.COUNT",
    /// An object was changed.
    PhiUpdate = "PHI.UPDATE",
    /// An object was deleted.
    PhiDelete = "PHI.DELETE",
    /// Somebody logged in.
    AuthLogin = "AUTH.LOGIN",
    /// Somebody failed to log in.
    AuthLoginFailed = "AUTH.LOGIN_FAILED",
    /// Somebody logged out.
    AuthLogout = "AUTH.LOGOUT",
    /// Somebody signed up.
    AuthSignup = "AUTH.SIGNUP",
    /// A session was made, changed, shown or revoked.
    AuthSession = "AUTH.SESSION",
    /// A key, a session or an address was refused before anything was tried.
    AuthDenied = "AUTH.DENIED",
    /// A request was refused before it asked for anything: nobody could read it, or what it asks for isn't built.
    RequestRefused = "REQUEST.REFUSED",
    /// A rule refused an operation.
    PolicyDenied = "POLICY.DENIED",
    /// A class's schema was read.
    SchemaRead = "SCHEMA.READ",
    /// A class was created.
    SchemaCreate = "SCHEMA.CREATE",
    /// A class's fields or permissions were changed.
    SchemaUpdate = "SCHEMA.UPDATE",
    /// A class was deleted.
    SchemaDelete = "SCHEMA.DELETE",
    /// A role or its members were changed.
    RoleChange = "ROLE.CHANGE",
    /// A key was made.
    KeyCreate = "KEY.CREATE",
    /// A plugin ran.
    PluginCall = "PLUGIN.CALL",
    /// A plugin was installed.
    PluginInstall = "PLUGIN.INSTALL",
    /// A plugin's grants were approved.
    PluginApprove = "PLUGIN.APPROVE",
    /// A plugin version became the active one.
    PluginActivate = "PLUGIN.ACTIVATE",
    /// An earlier plugin version became the active one again.
    PluginRollback = "PLUGIN.ROLLBACK",
    /// A plugin was disabled.
    PluginDisable = "PLUGIN.DISABLE",
    /// A plugin was removed.
    PluginRemove = "PLUGIN.REMOVE",
    /// A cloud function was called.
    FunctionCall = "FUNCTION.CALL",
    /// An administrator looked at the system itself.
    AdminRead = "ADMIN.READ",
    /// An administrator changed the system itself.
    AdminChange = "ADMIN.CHANGE",
    /// The trail itself was read, verified or proved from.
    AuditRead = "AUDIT.READ",
    /// The server started.
    SystemStart = "SYSTEM.START",
    /// The server stopped in good order.
    SystemStop = "SYSTEM.STOP",
    /// The server came back after a crash: what was left open is closed.
    SystemRecover = "SYSTEM.RECOVER",
}

impl Code {
    /// Tells whether the code changes stored objects, so that its version can be compared with the database.
    pub fn is_write(self) -> bool {
        matches!(self, Code::PhiCreate | Code::PhiUpdate | Code::PhiDelete)
    }

    /// Tells whether the code leaves an object stored or gone, in any class.
    pub(crate) fn stores(self) -> bool {
        self.is_write() || matches!(self, Code::AuthSignup | Code::AuthSession | Code::RoleChange)
    }

    /// Tells whether the record may use the reserve of a full disk: refusals and the server's own life.
    pub(crate) fn is_vital(self) -> bool {
        matches!(
            self,
            Code::AuthDenied
                | Code::AuthLoginFailed
                | Code::PolicyDenied
                | Code::RequestRefused
                | Code::SystemStart
                | Code::SystemStop
                | Code::SystemRecover
        )
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_dotted_unique_and_read_back() {
        let mut seen = std::collections::BTreeSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.as_str()));
            assert_eq!(code.as_str().parse::<Code>().unwrap(), *code);
            let (family, event) = code.as_str().split_once('.').unwrap();
            assert!(family.chars().all(|c| c.is_ascii_uppercase()));
            assert!(event.chars().all(|c| c.is_ascii_uppercase() || c == '_'));
        }
        assert!("PHI.NOTHING".parse::<Code>().is_err());
    }
}
