//! Sessions: what a client can't change in one.

use model::{Code, Update};

use crate::Error;

const FIXED: &[&str] = &["user", "installationId", "sessionToken", "expiresAt", "createdWith"];

pub(super) fn check_update(update: &Update) -> Result<(), Error> {
    if update.acl.is_some() {
        return Err(Error::refused(Code::InvalidKeyName, "Cannot set ACL on a Session."));
    }
    match update.roots().find(|field| FIXED.contains(field)) {
        Some(field) => Err(Error::refused(Code::InvalidKeyName, format!("Invalid key name: {field}"))),
        None => Ok(()),
    }
}
