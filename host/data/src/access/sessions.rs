//! Which user a session token proves.

use std::{collections::HashSet, sync::Arc, time::Instant};

use model::{ClassName, Code, Date, FieldName, ObjectId, Op, ParseError, Path, Test, Update, Value};
use parking_lot::Mutex;
use storage::Written;

use super::{Recent, authenticate::invalid_session};
use crate::{
    Data, Error, Identity,
    action::{Action, Target},
    outage::Outage,
    policy,
    vault::Wanted,
};

/// What is known of a session between requests.
#[derive(Clone)]
pub(crate) struct Known {
    session: ObjectId,
    user: ObjectId,
    expires: Option<Date>,
    /// When it was written last.
    updated: Date,
}

/// Sessions lately seen, by a hash of their token. Emptied whenever a session or a user changes.
pub(crate) type Sessions = Recent<[u8; 16], Known>;

/// Sessions that are being renewed, by a hash of their token: many requests of one session at a time renew it once.
pub(crate) type Renewing = Mutex<HashSet<[u8; 16]>>;

/// One renewal under way; over when this is dropped.
struct Renewal {
    data: Data,
    hash: [u8; 16],
}

impl Drop for Renewal {
    fn drop(&mut self) {
        self.data.inner.renewing.lock().remove(&self.hash);
    }
}

impl Data {
    /// Finds the user of a token, with all roles.
    ///
    /// # Errors
    /// 209 when the session is unknown or expired, or its user is gone.
    pub(crate) async fn identity(&self, token: &str) -> Result<Arc<Identity>, Error> {
        if !auth::token::is_session_token(token) {
            return Err(invalid_session());
        }
        let hash = auth::token::session_hash(token);
        let known = match self.inner.sessions.get(&hash) {
            Some(known) => known,
            None => {
                let epoch = self.inner.sessions.epoch();
                let known = self.look_up(token).await?;
                self.inner.sessions.keep(epoch, hash, known.clone());
                known
            }
        };
        if known.expires.is_some_and(|at| auth::session::is_expired(self.now().ms(), at.ms())) {
            return Err(Error::Denied(ParseError::new(
                Code::InvalidSessionToken,
                "Session token is expired.",
            )));
        }
        if self.is_due(&known) && self.inner.renewing.lock().insert(hash) {
            let renewal = Renewal { data: self.clone(), hash };
            let known = known.clone();
            // A task of its own: a request that runs out of time meanwhile must not leave it half-way.
            let renewed = tokio::spawn(async move { renewal.data.renew_session(&known).await });
            match renewed.await {
                Ok(Ok(())) => {}
                Ok(Err(gone @ Error::Denied(_))) => return Err(gone),
                // The session holds as long as it did: what asks for no write doesn't fail for want of one.
                Ok(Err(error)) => not_renewed(&error),
                Err(error) => not_renewed(&error),
            }
        }
        Ok(Arc::new(Identity {
            roles: self.roles_of(&known.user).await?,
            user: known.user,
            session: known.session,
            session_hash: hash,
            token: token.into(),
        }))
    }

    async fn look_up(&self, token: &str) -> Result<Known, Error> {
        let schema = self.schema_of(&ClassName::session())?;
        let permit = policy::system(&schema);
        let filter = model::Filter::test("sessionToken", Test::Eq(Value::text(token)));
        let session =
            self.inner.vault.find(&permit, Wanted::all(filter)).await?.pop().ok_or_else(invalid_session)?;
        let user = session.field("user").and_then(Value::as_pointer).ok_or_else(invalid_session)?.id;
        let users = policy::system(&self.schema_of(&ClassName::user())?);
        let wanted = Wanted { limit: model::Limit::Rows(1), ..Wanted::ids(model::Filter::id(&user)) };
        if self.inner.vault.find(&users, wanted).await?.is_empty() {
            return Err(invalid_session());
        }
        let expires = match session.field("expiresAt") {
            Some(Value::Date(date)) => Some(*date),
            _ => None,
        };
        Ok(Known { session: session.id, user, expires, updated: session.updated_at })
    }

    /// Whether a session that is used starts anew: half of its length has passed, and the settings want that.
    fn is_due(&self, known: &Known) -> bool {
        let config = self.config();
        let due = auth::session::is_due_for_renewal;
        config.extend_session_on_use
            && known.expires.is_some()
            && due(self.now().ms(), known.updated.ms(), config.session_length)
    }

    /// Lets a session start anew, recorded as the server's own act.
    ///
    /// # Errors
    /// 209 when it has gone meanwhile.
    async fn renew_session(&self, known: &Known) -> Result<(), Error> {
        let (length, now) = (self.config().session_length, self.now());
        let class = ClassName::session();
        let target = Target {
            fields: vec!["expiresAt".to_owned()],
            version: Some(now),
            ..Target::object(&class, &known.session)
        };
        let cx = self.system("session renewal");
        let mut entry = self.inner.ledger.begin(&cx, Action::RenewSession, &target).await?;
        entry.wrote(["expiresAt"]);
        let mut update = Update::new();
        let expires = Value::Date(Date(auth::session::expiry(now.ms(), length)));
        update.set(Path::from(FieldName::known("expiresAt")), Op::Set(expires));
        let write = policy::system(&self.schema_of(&class)?).update(&known.session, update, now);
        let written = self.inner.vault.commit(cx.begin_write()?, vec![write]).await;
        self.inner.sessions.clear();
        if let Ok([Written::Updated(session)]) = written.as_deref() {
            entry.stored(session);
        }
        let done = match written {
            Err(storage::Error::NotFound) => Err(invalid_session()),
            other => other.map(drop).map_err(Error::from),
        };
        entry.finish(done).await
    }

    /// A class that must exist.
    pub(crate) fn schema_of(&self, class: &ClassName) -> Result<Arc<model::Schema>, Error> {
        self.inner
            .schemas
            .find(class)
            .ok_or_else(|| Error::Internal(format!("class {class} is missing").into()))
    }

    /// Forgets what was remembered of users, sessions or roles, after one of their objects changed.
    pub(crate) fn forget_identities(&self, class: &ClassName) {
        match class.as_str() {
            "_Role" => self.inner.roles.clear(),
            "_Session" => self.inner.sessions.clear(),
            "_User" => {
                self.inner.sessions.clear();
                self.inner.roles.clear();
            }
            _ => {}
        }
    }
}

fn not_renewed(error: &dyn std::fmt::Display) {
    static TOLD: Outage = Outage::new();
    if let Some(unsaid) = TOLD.tell(Instant::now()) {
        tracing::warn!(%error, unsaid, "a session could not be renewed");
    }
}
