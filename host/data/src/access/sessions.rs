//! Which user a session token proves.

use std::sync::Arc;

use model::{ClassName, Code, Date, ObjectId, ParseError, Test, Value};

use super::{Recent, authenticate::invalid_session};
use crate::{Data, Error, Identity, policy, vault::Wanted};

/// What is known of a session between requests.
#[derive(Clone)]
pub(crate) struct Known {
    session: ObjectId,
    user: ObjectId,
    expires: Option<Date>,
}

/// Sessions lately seen, by a hash of their token. Emptied whenever a session or a user changes.
pub(crate) type Sessions = Recent<[u8; 16], Known>;

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
        Ok(Known { session: session.id, user, expires })
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
