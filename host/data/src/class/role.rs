//! Roles: their name and ACL are needed, and the name stays.

use model::{Code, Op, Update};

use crate::Error;

pub(super) fn check_create(update: &Update) -> Result<(), Error> {
    let named = matches!(update.op("name"), Some(Op::Set(name)) if name.as_str().is_some_and(|name| !name.is_empty()));
    if !named {
        return Err(Error::refused(Code::IncorrectType, "name is required."));
    }
    if !matches!(update.acl, Some(Some(_))) {
        return Err(Error::refused(Code::IncorrectType, "ACL is required."));
    }
    Ok(())
}

pub(super) fn check_update(update: &Update) -> Result<(), Error> {
    // The reference leaves this to its SDKs; a renamed role would silently hand its powers to another's ACL entries.
    if update.op("name").is_some() {
        return Err(Error::refused(
            Code::OtherCause,
            "A role's name can only be set before it has been saved.",
        ));
    }
    if matches!(update.acl, Some(None)) {
        return Err(Error::refused(Code::IncorrectType, "ACL is required."));
    }
    Ok(())
}
