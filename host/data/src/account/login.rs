//! Proving a name with a password.

use audit::Code as Record;
use auth::lockout;
use model::{
    ClassName, Code, Date, FieldName, Filter, Object, ObjectId, Op, ParseError, Path, Query, Test, Update,
    Value,
};

use serde_json::Value as Json;

use super::session::{NewSession, Origin};
use crate::{
    Context, Data, Error, LoggedIn,
    action::{Action, Target},
    ledger::Entry,
    policy,
    vault::Wanted,
};

/// What somebody gives to log in: a username or an e-mail address, and a password.
///
/// As it came, so that an attempt with something else than text is recorded like any other that fails.
#[derive(Clone, Default)]
pub struct LogIn {
    /// The username; an e-mail address is taken here, too.
    pub username: Option<Json>,
    /// The e-mail address.
    pub email: Option<Json>,
    /// The password.
    pub password: Option<Json>,
}

impl LogIn {
    /// The three as text; `None` when one of them is something else, which could only match by accident.
    fn texts(self) -> Option<[Option<String>; 3]> {
        let text = |given: Option<Json>| match given {
            None | Some(Json::Null) => Some(None),
            Some(Json::String(text)) => Some(Some(text).filter(|text| !text.is_empty())),
            Some(_) => None,
        };
        Some([text(self.username)?, text(self.email)?, text(self.password)?])
    }
}

fn wrong() -> Error {
    Error::Denied(ParseError::new(Code::ObjectNotFound, "Invalid username/password."))
}

impl Data {
    /// Logs a user in and opens a session.
    ///
    /// # Errors
    /// 101 for a wrong name or password (the same text, after the same time) or a locked account, 200 and 201 when one is missing.
    pub async fn log_in(&self, cx: &Context, given: LogIn) -> Result<LoggedIn, Error> {
        let mut entry =
            self.inner.ledger.begin(cx, Action::LogIn, &Target::class(&ClassName::user())).await?;
        let answer = self.try_log_in(&cx.under(entry.intent()), &mut entry, given).await;
        entry.finish(answer).await
    }

    async fn try_log_in(&self, cx: &Context, entry: &mut Entry, given: LogIn) -> Result<LoggedIn, Error> {
        let user = self.prove_password(cx, entry, given).await?;
        self.open_for(cx, entry, user, Origin::LogIn).await
    }

    /// Checks a name and a password without opening a session.
    ///
    /// # Errors
    /// As [`Data::log_in`].
    pub async fn verify_password(&self, cx: &Context, given: LogIn) -> Result<Object, Error> {
        let mut entry =
            self.inner.ledger.begin(cx, Action::VerifyPassword, &Target::class(&ClassName::user())).await?;
        let answer = match self.prove_password(cx, &mut entry, given).await {
            Ok(user) => self.own_view(cx, &mut entry, user).await,
            Err(error) => Err(error),
        };
        entry.finish(answer).await
    }

    /// Opens a session for a user with the master key.
    ///
    /// # Errors
    /// 119 without the master key, 101 when there is no such user.
    pub async fn log_in_as(&self, cx: &Context, user: &ObjectId) -> Result<LoggedIn, Error> {
        let mut entry =
            self.inner.ledger.begin(cx, Action::LogIn, &Target::object(&ClassName::user(), user)).await?;
        let answer = match cx.may_administer() {
            false => Err(Error::denied("master key is required")),
            true => {
                let users = policy::system(&self.schema_of(&ClassName::user())?);
                match self.inner.vault.one(&users, user).await {
                    Ok(Some(user)) => {
                        let cx = cx.under(entry.intent());
                        self.open_for(&cx, &mut entry, user, Origin::MasterKey).await
                    }
                    Ok(None) => Err(Error::refused(Code::ObjectNotFound, "user not found")),
                    Err(error) => Err(error),
                }
            }
        };
        entry.finish(answer).await
    }

    async fn prove_password(&self, cx: &Context, entry: &mut Entry, given: LogIn) -> Result<Object, Error> {
        let Some([username, email, password]) = given.texts() else {
            entry.code(Record::AuthLoginFailed);
            return Err(wrong());
        };
        if username.is_none() && email.is_none() {
            return Err(Error::refused(Code::UsernameMissing, "username/email is required."));
        }
        let password =
            password.ok_or_else(|| Error::refused(Code::PasswordMissing, "password is required."))?;
        let user = self.find_for_login(username, email).await?;
        let policy = lockout::Policy {
            threshold: self.config().lockout_threshold,
            duration: self.config().lockout_minutes,
        };
        let state = user.as_ref().map(lock_state).unwrap_or_default();
        let now = self.now();
        if let Some(user) = &user {
            entry.about(&ClassName::user(), &user.id);
            if policy.threshold > 0
                && let Err(locked) = state.judge(now.ms())
            {
                entry.code(Record::AuthLoginFailed);
                return Err(Error::Denied(ParseError::new(
                    Code::ObjectNotFound,
                    format!(
                        "Your account is locked due to multiple failed login attempts. Please try again after {} minute(s)",
                        locked.minutes
                    ),
                )));
            }
        }
        let stored =
            user.as_ref().and_then(|user| user.field("_hashed_password")?.as_str().map(ToOwned::to_owned));
        let right = self.is_password(stored, password).await?;
        match user {
            Some(user) if right && (cx.is_master() || !is_shut_out(&user)) => {
                entry.by(&user.id);
                if state.failures > 0 {
                    self.store_lock(cx, &user, state.succeed()).await?;
                }
                Ok(user)
            }
            user => {
                entry.code(Record::AuthLoginFailed);
                if let Some(user) = user.filter(|_| policy.threshold > 0) {
                    self.store_lock(cx, &user, state.fail(&policy, now.ms())).await?;
                }
                Err(wrong())
            }
        }
    }

    async fn find_for_login(
        &self,
        username: Option<String>,
        email: Option<String>,
    ) -> Result<Option<Object>, Error> {
        let is = |field: &'static str, text: &str| Filter::test(field, Test::Eq(Value::text(text)));
        let filter = match (&username, &email) {
            (Some(name), Some(email)) => is("username", name).and(is("email", email)),
            (Some(name), None) => Filter::Or(vec![is("username", name), is("email", name)]),
            (None, Some(email)) => is("email", email),
            (None, None) => Filter::Or(Vec::new()),
        };
        let users = policy::system(&self.schema_of(&ClassName::user())?);
        let mut found = self.inner.vault.find(&users, Wanted::all(filter)).await?;
        // One user's name may be another's address; the name wins.
        let by_name = found
            .iter()
            .position(|user| user.field("username").and_then(Value::as_str) == username.as_deref());
        Ok(match by_name {
            Some(place) => Some(found.swap_remove(place)),
            None => found.pop(),
        })
    }

    async fn open_for(
        &self,
        cx: &Context,
        entry: &mut Entry,
        user: Object,
        origin: Origin,
    ) -> Result<LoggedIn, Error> {
        let NewSession { token, seal, write } = self.new_session(cx, &user.id, self.now(), origin)?;
        let mut writes: Vec<_> = self.end_sessions_of_installation(cx, &user.id)?.into_iter().collect();
        let ended = !writes.is_empty();
        writes.push(write);
        self.inner.vault.commit(cx.begin_write()?, writes).await?;
        entry.sealed([seal]);
        if ended {
            self.inner.sessions.clear();
        }
        let user = self.own_view(cx, entry, user).await?;
        Ok(LoggedIn { user, token })
    }

    /// A user as it sees itself once it is proved; whoever asks with the master key sees all of it. Of one that may not
    /// see itself only the id is told, so that it is logged in all the same.
    async fn own_view(&self, cx: &Context, entry: &mut Entry, mut user: Object) -> Result<Object, Error> {
        let cx = match cx.is_master() {
            true => cx.clone(),
            false => cx.proved(&user.id, self.roles_of(&user.id).await?),
        };
        match self.view(&cx, entry, &user.id).await {
            Ok(Some(seen)) => Ok(seen),
            Ok(None) | Err(Error::Denied(_) | Error::Withheld(_) | Error::Refused(_) | Error::Vetoed(_)) => {
                user.fields.clear();
                user.acl = None;
                entry.leaves(std::slice::from_ref(&user));
                Ok(user)
            }
            Err(error) => Err(error),
        }
    }

    /// A user as a find shows it.
    pub(super) async fn view(
        &self,
        cx: &Context,
        entry: &mut Entry,
        user: &ObjectId,
    ) -> Result<Option<Object>, Error> {
        let mut query = Query::new(ClassName::user());
        query.filter = Filter::id(user);
        Ok(self.try_find(cx, entry, query).await?.objects.pop())
    }

    async fn store_lock(&self, cx: &Context, user: &Object, state: lockout::State) -> Result<(), Error> {
        let users = policy::system(&self.schema_of(&ClassName::user())?);
        let mut update = Update::new();
        let path = |name: &'static str| Path::from(FieldName::known(name));
        update.set(path("_failed_login_count"), Op::Set(Value::Number(f64::from(state.failures))));
        update.set(
            path("_account_lockout_expires_at"),
            state.locked_until.map_or(Op::Delete, |until| Op::Set(Value::Date(Date(until)))),
        );
        let write = users.update(&user.id, update, user.updated_at);
        self.inner.vault.commit(cx.begin_write()?, vec![write]).await?;
        Ok(())
    }
}

fn lock_state(user: &Object) -> lockout::State {
    let failures = user.field("_failed_login_count").and_then(Value::as_number).unwrap_or_default();
    let locked_until = match user.field("_account_lockout_expires_at") {
        Some(Value::Date(date)) => Some(date.ms()),
        _ => None,
    };
    lockout::State { failures: failures.max(0.0) as u32, locked_until }
}

/// An empty ACL shuts a user out of new sessions (parse protocol 4.5), unless the master key asks.
fn is_shut_out(user: &Object) -> bool {
    user.acl.as_ref().is_some_and(|acl| acl.0.is_empty())
}
