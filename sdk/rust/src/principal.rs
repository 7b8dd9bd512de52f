//! Who asks.

use crate::Fault;
use crate::host::invocation as wire;

/// Who asks. The host answers from the request itself; a plugin can't make one.
#[derive(Debug)]
pub struct Principal(pub(crate) wire::Principal);

impl Principal {
    /// The object id of the signed-in user; `None` for an anonymous caller or a bare key.
    pub fn user_id(&self) -> Option<String> {
        self.0.user_id()
    }

    /// Whether the user holds this role, by itself or through other roles.
    ///
    /// # Errors
    /// When the roles can't be looked up.
    pub fn has_role(&self, name: &str) -> Result<bool, Fault> {
        Ok(self.0.has_role(name)?)
    }

    /// Whether the caller holds the master key.
    pub fn is_master(&self) -> bool {
        self.0.is_master()
    }
}
