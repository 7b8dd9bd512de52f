//! What the classes that Parse defines ask beyond the rules of every class.

mod role;
mod session;
mod user;

pub(crate) use user::{prepare as prepare_user, renew as renew_user};

use model::{ClassName, Code, ObjectId, Op, ParseError, Schema, Update, Value};

use crate::{Config, Context, Error};

/// Takes out what says nothing: the token that a user's own answers carry and clients send back, providers of which
/// there are none, an address that is empty.
pub(crate) fn clean(class: &ClassName, update: &mut Update) {
    if *class == ClassName::user() {
        update.ops.remove("sessionToken");
        let empty = |op: &Op| matches!(op, Op::Set(Value::Object(providers)) if providers.is_empty());
        if update.op("authData").is_some_and(empty) {
            update.ops.remove("authData");
        }
        let empty = |op: &Op| matches!(op, Op::Set(Value::String(email)) if email.is_empty());
        if let Some(email) = update.ops.get_mut("email").filter(|op| empty(op)) {
            *email = Op::Delete;
        }
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
        "_Product" => needs(update, &["productIdentifier", "icon", "order", "title", "subtitle"]),
        _ => Ok(()),
    }
}

/// Refuses a new object that lacks a field without which its class makes no sense.
fn needs(update: &Update, fields: &[&str]) -> Result<(), Error> {
    match fields.iter().find(|field| matches!(update.op(field), None | Some(Op::Delete))) {
        None => Ok(()),
        Some(field) => Err(Error::refused(Code::IncorrectType, format!("{field} is required."))),
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
        "_Role" => role::check_update(cx, update),
        "_Session" => session::check_update(cx, update),
        "_Installation" => Err(unsupported("Registering installations")),
        _ => Ok(()),
    }
}

/// Checks what a class asks of an object that is to be deleted before anybody else is asked.
pub(crate) fn check_delete(cx: &Context, class: &ClassName, id: &ObjectId) -> Result<(), Error> {
    if *class == ClassName::user() && cx.user().is_none() && !cx.is_master() {
        let text = "Insufficient auth to delete user";
        return Err(Error::Denied(ParseError::new(Code::SessionMissing, text)));
    }
    check_update(cx, class, id, &Update::new())
}

/// Parse answers 206 where a client can't change a user's object, and 101 everywhere else.
pub(crate) fn explain_update(cx: &Context, class: &ClassName, error: Error) -> Error {
    match error {
        Error::Refused(refused)
            if *class == ClassName::user() && refused.code == Code::ObjectNotFound && !cx.is_master() =>
        {
            Error::Withheld(ParseError::new(Code::SessionMissing, "Insufficient auth."))
        }
        other => other,
    }
}

fn unsupported(what: &str) -> Error {
    Error::refused(Code::CommandUnavailable, format!("{what} is not supported yet"))
}
