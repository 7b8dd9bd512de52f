//! Roles: who may make one; their name and ACL are needed, and the name stays.

use model::{Code, Op, Schema, Update, schema::ClassOp};

use crate::{Config, Context, Error};

pub(super) fn check_create(
    cx: &Context,
    schema: &Schema,
    config: &Config,
    update: &Update,
) -> Result<(), Error> {
    if !config.allow_client_role_creation && !cx.is_master() && !is_named(cx, schema) {
        return Err(Error::denied("Clients aren't allowed to make roles."));
    }

    let named = matches!(update.op("name"), Some(Op::Set(name)) if name.as_str().is_some_and(|name| !name.is_empty()));
    if !named {
        return Err(Error::refused(Code::IncorrectType, "name is required."));
    }
    if !matches!(update.acl, Some(Some(_))) {
        return Err(Error::refused(Code::IncorrectType, "ACL is required."));
    }
    Ok(())
}

/// Whether the class names the caller among those who may create. Everybody is nobody in particular: an ACL gives
/// roles their power, and whoever makes one could give itself the next that an ACL is going to name.
fn is_named(cx: &Context, schema: &Schema) -> bool {
    let Some(may) = schema.permissions.operations.get(&ClassOp::Create) else { return false };
    let authenticated = cx.user().is_some() && may.groups.contains("requiresAuthentication");
    authenticated || cx.groups().iter().any(|group| group != "*" && may.groups.contains(group.as_str()))
}

pub(super) fn check_update(cx: &Context, update: &Update) -> Result<(), Error> {
    // The reference leaves this to its SDKs; a renamed role would silently hand its powers to another's ACL entries.
    if update.op("name").is_some() && !cx.is_master() {
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
