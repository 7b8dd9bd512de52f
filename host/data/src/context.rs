//! Who asks, why, from where and by when: the first argument of every operation.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use model::{Code, ObjectId};
use parking_lot::Mutex;
use serde_json::Value as Json;

use crate::{Config, Error, Grant, Hooks, deadline::Deadline};

/// How deep hooks that save may nest before a plain error ends the chain.
pub const MAX_DEPTH: u8 = 8;

/// Who acts.
#[derive(Debug, Clone)]
pub enum Principal {
    /// The holder of the master key.
    Master,
    /// The holder of the read-only master key.
    ReadOnlyMaster,
    /// The holder of the maintenance key.
    Maintenance,
    /// A user with a session.
    User(Arc<Identity>),
    /// Anybody with a client key.
    Anonymous,
    /// The server itself: seeding, recovery, the command line.
    System,
}

/// A user as a session proved it.
#[derive(Clone)]
pub struct Identity {
    /// The user.
    pub user: ObjectId,
    /// Names of all roles held, inherited ones included, sorted, without the `role:` prefix.
    pub roles: Arc<[String]>,
    /// The session's object id.
    pub session: ObjectId,
    /// A hash of the session token, for the trail.
    pub session_hash: [u8; 16],
    /// The token itself, echoed only in the user's own answers.
    pub token: Arc<str>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({}, {} roles)", self.user, self.roles.len())
    }
}

/// What stays the same for a whole request, however deep its hooks nest.
pub(crate) struct Request {
    pub(crate) id: Arc<str>,
    pub(crate) address: Option<IpAddr>,
    pub(crate) client: Option<Arc<str>>,
    pub(crate) installation: Option<Arc<str>>,
    pub(crate) deadline: Deadline,
    pub(crate) hooks: Arc<dyn Hooks>,
    pub(crate) config: Arc<Config>,
}

/// Values that the hooks of one operation hand to each other (Parse's `context`), as JSON by key.
pub type Scratch = Arc<Mutex<BTreeMap<String, Json>>>;

/// The circumstances of one operation. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    pub(crate) request: Arc<Request>,
    pub(crate) principal: Principal,
    pub(crate) purpose: Option<Arc<str>>,
    pub(crate) grant: Option<Arc<Grant>>,
    pub(crate) depth: u8,
    pub(crate) parent: Option<u64>,
    /// Whether the trail has been told of what is asked.
    pub(crate) recorded: Arc<AtomicBool>,
    pub(crate) scratch: Scratch,
    /// Whether it is one of several requests that came together and end together.
    pub(crate) is_part: bool,
}

impl Context {
    /// The request's id, as the trail and the answer name it.
    pub fn request_id(&self) -> &Arc<str> {
        &self.request.id
    }

    /// Who acts. A plugin that acts for a caller keeps the caller here.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The user, if a session proved one.
    pub fn user(&self) -> Option<&Identity> {
        match &self.principal {
            Principal::User(identity) => Some(identity),
            _ => None,
        }
    }

    /// The settings of the door.
    pub(crate) fn config(&self) -> &Config {
        &self.request.config
    }

    /// Whether rows, fields and class permissions don't bind the principal. A plugin with an elevated grant
    /// has the system's authority within what the grant names; the trail still names its caller.
    pub fn is_master(&self) -> bool {
        self.grant.as_ref().is_some_and(|grant| grant.elevated) || self.holds_master_key()
    }

    /// Whether the principal itself asks with the master key's authority, not a plugin on its behalf.
    pub(crate) fn asks_as_master(&self) -> bool {
        self.holds_master_key() && self.grant.is_none()
    }

    /// Whether the principal itself, whatever acts for it, isn't bound by class permissions.
    pub fn holds_master_key(&self) -> bool {
        matches!(
            self.principal,
            Principal::Master | Principal::ReadOnlyMaster | Principal::Maintenance | Principal::System
        )
    }

    /// Whether the principal may change what only the master key may change.
    pub fn may_administer(&self) -> bool {
        matches!(self.principal, Principal::Master | Principal::System)
    }

    /// Whether the user holds a role, directly or inherited. Always false without a session.
    pub fn has_role(&self, name: &str) -> bool {
        self.user()
            .is_some_and(|identity| identity.roles.binary_search_by(|role| role.as_str().cmp(name)).is_ok())
    }

    /// The groups that an ACL may name this principal by: `*`, `role:…` and the user's id.
    pub fn groups(&self) -> Vec<String> {
        let mut groups = vec!["*".to_owned()];
        if let Some(identity) = self.user() {
            groups.push(identity.user.as_str().to_owned());
            groups.extend(identity.roles.iter().map(|role| format!("role:{role}")));
        }
        groups
    }

    /// The declared purpose of use.
    pub fn purpose(&self) -> Option<&str> {
        self.purpose.as_deref()
    }

    /// When the request must be over.
    pub fn deadline(&self) -> Instant {
        self.request.deadline.at()
    }

    /// The client's address, through configured proxies only.
    pub fn address(&self) -> Option<IpAddr> {
        self.request.address
    }

    /// The client's installation id.
    pub fn installation(&self) -> Option<&Arc<str>> {
        self.request.installation.as_ref()
    }

    /// How many hooks stand above this operation.
    pub fn depth(&self) -> u8 {
        self.depth
    }

    /// What the hooks of this operation hand to each other.
    pub fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    /// The grant of the plugin that acts, if one does.
    pub fn grant(&self) -> Option<&Arc<Grant>> {
        self.grant.as_ref()
    }

    /// The hooks that the whole request sees, whatever is swapped meanwhile.
    pub fn hooks(&self) -> &Arc<dyn Hooks> {
        &self.request.hooks
    }

    /// Whether the trail has been told of anything in this context: a refusal that it doesn't know of must be told.
    pub fn is_recorded(&self) -> bool {
        self.recorded.load(Ordering::Relaxed)
    }

    /// Makes the context of one request among several that came together, of which the trail knows nothing yet.
    #[must_use]
    pub fn part(&self) -> Context {
        Context { recorded: Arc::default(), is_part: true, ..self.clone() }
    }

    /// Narrows the context to what a plugin was granted, one level deeper.
    ///
    /// Rights become the intersection of the caller's and the plugin's; with an elevated grant, of the
    /// system's and the plugin's. The purpose replaces the caller's, and must be one that the grant names.
    ///
    /// # Errors
    /// 119 when the grant doesn't name the purpose, 141 when hooks nest too deep.
    pub fn for_plugin(&self, grant: &Arc<Grant>, purpose: &str) -> Result<Context, Error> {
        if !grant.purposes.contains(purpose) {
            return Err(Error::Ungranted);
        }
        let mut cx = self.deeper()?;
        cx.purpose = Some(purpose.into());
        cx.grant = Some(grant.clone());
        Ok(cx)
    }

    /// Makes the context of an operation inside a hook, with a scratch of its own.
    ///
    /// # Errors
    /// 141 when hooks nest too deep.
    pub(crate) fn deeper(&self) -> Result<Context, Error> {
        if self.depth >= MAX_DEPTH {
            return Err(Error::refused(
                Code::ScriptFailed,
                "Hooks nest too deep: a hook that saves calls itself.",
            ));
        }
        Ok(Context { depth: self.depth + 1, scratch: Scratch::default(), ..self.clone() })
    }

    /// Makes the same circumstances with a user who proved a password, before any session.
    pub(crate) fn proved(&self, user: &ObjectId, roles: Arc<[String]>) -> Context {
        let identity = Identity {
            user: user.clone(),
            roles,
            session: user.clone(),
            session_hash: [0; 16],
            token: Arc::from(""),
        };
        Context { principal: Principal::User(Arc::new(identity)), ..self.clone() }
    }

    /// Notes which record of the trail the operations below belong to.
    pub(crate) fn under(&self, parent: Option<u64>) -> Context {
        Context { parent: parent.or(self.parent), ..self.clone() }
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Context({}, {:?}, depth {})", self.request.id, self.principal, self.depth)
    }
}
