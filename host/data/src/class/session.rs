//! Sessions: what a client can't change in one.

use model::{Code, Update};

use crate::{Context, Error};

const FIXED: &[&str] = &["installationId", "sessionToken"];
/// What the master key may change all the same.
const MASTERS: &[&str] = &["user", "expiresAt", "createdWith"];

pub(super) fn check_update(cx: &Context, update: &Update) -> Result<(), Error> {
    if update.acl.is_some() {
        return Err(Error::refused(Code::InvalidKeyName, "Cannot set ACL on a Session."));
    }
    let fixed = |field: &&str| FIXED.contains(field) || (MASTERS.contains(field) && !cx.is_master());
    match update.roots().find(fixed) {
        Some(field) => Err(Error::refused(Code::InvalidKeyName, format!("Invalid key name: {field}"))),
        None => Ok(()),
    }
}
