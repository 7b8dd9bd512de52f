//! Users: who may change one, and what becomes of their passwords.

use std::sync::Arc;

use model::{Acl, ClassName, Code, Date, ObjectId, Op, ParseError, Path, Rights, Test, Update, Value};

use crate::{Context, Data, Error, account::Origin, policy, policy::Authorised};

pub(super) fn check_create(cx: &Context, update: &Update) -> Result<(), Error> {
    check_common(cx, update)?;
    if text(update, "username").is_none_or(str::is_empty) {
        return Err(Error::Refused(ParseError::of(Code::UsernameMissing)));
    }
    if text(update, "password").is_none_or(str::is_empty) {
        return Err(Error::Refused(ParseError::of(Code::PasswordMissing)));
    }
    Ok(())
}

pub(super) fn check_update(cx: &Context, id: &ObjectId, update: &Update) -> Result<(), Error> {
    if !cx.is_master() {
        match cx.user() {
            None => {
                let text = format!("Cannot modify user {id}.");
                return Err(Error::Withheld(ParseError::new(Code::SessionMissing, text)));
            }
            Some(identity) if identity.user != *id => {
                return Err(Error::Withheld(ParseError::new(Code::SessionMissing, "Insufficient auth.")));
            }
            Some(_) => {}
        }
    }
    check_common(cx, update)?;
    if matches!(update.op("username"), Some(Op::Delete)) || text(update, "username") == Some("") {
        return Err(Error::Refused(ParseError::of(Code::UsernameMissing)));
    }
    if matches!(update.op("password"), Some(Op::Delete)) || text(update, "password") == Some("") {
        return Err(Error::Refused(ParseError::of(Code::PasswordMissing)));
    }
    Ok(())
}

fn check_common(cx: &Context, update: &Update) -> Result<(), Error> {
    // One without any provider was taken out.
    if update.op("authData").is_some() {
        return Err(Error::Refused(ParseError::of(Code::UnsupportedService)));
    }
    if update.op("emailVerified").is_some() && !cx.is_master() {
        return Err(Error::denied("Clients aren't allowed to manually update email verification."));
    }
    // bcrypt and Argon2 both take time in proportion to nothing but their cost; the length is bounded all the same.
    if text(update, "password").is_some_and(|password| password.len() > 4096) {
        return Err(Error::refused(Code::ValidationError, "The password is too long."));
    }
    match update.op("email") {
        Some(Op::Set(Value::String(email))) if !is_email(email) => {
            Err(Error::Refused(ParseError::of(Code::InvalidEmailAddress)))
        }
        _ => Ok(()),
    }
}

/// Something, an at-sign, something: the reference asks no more.
fn is_email(text: &str) -> bool {
    text.len() <= 320
        && !text.contains(char::is_whitespace)
        && text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
}

fn text<'a>(update: &'a Update, field: &str) -> Option<&'a str> {
    match update.op(field) {
        Some(Op::Set(Value::String(text))) => Some(text),
        _ => None,
    }
}

/// Readies a new user: hashes the password and makes the object the user's own.
pub(crate) async fn prepare(data: &Data, id: &ObjectId, update: &mut Update) -> Result<(), Error> {
    fold(data, update);
    hash_password(data, update).await?;
    let mut acl = update.acl.clone().flatten().unwrap_or_else(|| {
        let mut acl = Acl::default();
        if !data.config().enforce_private_users {
            acl.0.insert("*".to_owned(), Rights { read: true, write: false });
        }
        acl
    });
    acl.0.insert(id.as_str().to_owned(), Rights { read: true, write: true });
    update.acl = Some(Some(acl));
    Ok(())
}

/// What a changed user brings with it.
#[derive(Default)]
pub(crate) struct Renewed {
    /// The token of the session that replaces the others after a changed password.
    pub(crate) token: Option<Arc<str>>,
    /// Further writes of the same commit.
    pub(crate) writes: Vec<Authorised>,
    /// What they leave.
    pub(crate) seals: Vec<audit::Seal>,
}

/// Readies a changed user: a new password ends the other sessions and, for the user itself, opens a fresh one.
pub(crate) async fn renew(
    data: &Data,
    cx: &Context,
    id: &ObjectId,
    update: &mut Update,
    at: Date,
) -> Result<Renewed, Error> {
    let mut renewed = Renewed::default();
    fold(data, update);
    if !cx.is_master()
        && let Some(acl) = &mut update.acl
    {
        acl.get_or_insert_default().0.insert(id.as_str().to_owned(), Rights { read: true, write: true });
    }
    if !hash_password(data, update).await? || !data.config().revoke_session_on_password_reset {
        return Ok(renewed);
    }
    let sessions = policy::system(&data.schema_of(&ClassName::session())?);
    let user = Value::pointer(ClassName::user(), id.clone());
    renewed.writes.push(sessions.delete_all(model::Filter::test("user", Test::Eq(user))));
    if cx.user().is_some() && cx.grant().is_none() {
        let session = data.new_session(cx, id, at, Origin::LogIn)?;
        renewed.token = Some(session.token);
        renewed.writes.push(session.write);
        renewed.seals.push(session.seal);
    }
    Ok(renewed)
}

/// Writes name and address in lower case, where the settings want that.
fn fold(data: &Data, update: &mut Update) {
    let config = data.config();
    let wanted =
        [("email", config.convert_email_to_lowercase), ("username", config.convert_username_to_lowercase)];
    for (field, _) in wanted.into_iter().filter(|(_, wanted)| *wanted) {
        if let Some(Op::Set(Value::String(text))) = update.ops.get_mut(field) {
            *text = text.to_lowercase();
        }
    }
}

/// Replaces the password by its hash; says whether there was one.
async fn hash_password(data: &Data, update: &mut Update) -> Result<bool, Error> {
    let Some(Op::Set(Value::String(password))) = update.ops.remove("password") else { return Ok(false) };
    let hash = data.hash_password(password).await?;
    update.set(Path::from(model::FieldName::known("_hashed_password")), Op::Set(Value::String(hash)));
    Ok(true)
}
