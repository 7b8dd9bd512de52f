//! What the classes that Parse defines ask beyond the rules of every class.

mod role;
mod session;
mod user;

pub(crate) use user::{prepare as prepare_user, renew as renew_user};

use model::{ClassName, Code, ObjectId, ParseError, Schema, Update};

use crate::{Config, Context, Error};

/// Takes out what clients send back though it isn't theirs to say: the token that a user's own answers carry.
pub(crate) fn clean(class: &ClassName, update: &mut Update) {
    if *class == ClassName::user() {
        update.ops.remove("sessionToken");
    }
}

/// Checks what a class asks of a new object before anybody else is asked.
pub(crate) fn check_create(
    cx: &Context,
    schema: &Schema,
    config: &Config,
    update: &Update,
) -> Result<(), Error> {
    match schema.class.as_str() {
        "_User" => user::check_create(cx, update),
        "_Role" => role::check_create(cx, schema, config, update),
        "_Installation" => Err(unsupported("Registering installations")),
        _ => Ok(()),
    }
}

/// Checks what a class asks of a changed or deleted object before anybody else is asked.
pub(crate) fn check_update(
    cx: &Context,
    class: &ClassName,
    id: &ObjectId,
    update: &Update,
) -> Result<(), Error> {
    match class.as_str() {
        "_User" => user::check_update(cx, id, update),
        "_Role" => role::check_update(update),
        "_Session" => session::check_update(update),
        "_Installation" => Err(unsupported("Registering installations")),
        _ => Ok(()),
    }
}

/// Parse answers 206 where a user's object can't be changed, and 101 everywhere else.
pub(crate) fn explain_update(class: &ClassName, error: Error) -> Error {
    match error {
        Error::Refused(refused) if *class == ClassName::user() && refused.code == Code::ObjectNotFound => {
            Error::Refused(ParseError::new(Code::SessionMissing, "Insufficient auth."))
        }
        other => other,
    }
}

fn unsupported(what: &str) -> Error {
    Error::refused(Code::CommandUnavailable, format!("{what} is not supported yet"))
}
