//! The caller's own user and session.

use model::{ClassName, Code, Filter, Object, ParseError, Test, Value, parse_update::Body};

use crate::{
    Context, Data, Error, LoggedIn, Principal,
    access::invalid_session,
    action::{Action, Target},
    policy,
    vault::Wanted,
};

impl Data {
    /// Answers the caller's own user.
    ///
    /// # Errors
    /// 209 without a session.
    pub async fn me(&self, cx: &Context) -> Result<LoggedIn, Error> {
        let mut entry = self.inner.ledger.begin(cx, Action::Me, &Target::class(&ClassName::user())).await?;
        let answer = match cx.user() {
            None => Err(policy::nobody()),
            Some(identity) => match self.view(cx, &mut entry, &identity.user).await {
                Ok(Some(user)) => Ok(LoggedIn { user, token: identity.token.clone() }),
                Ok(None) => Err(invalid_session()),
                Err(error) => Err(error),
            },
        };
        entry.finish(answer).await
    }

    /// Ends the caller's session; without one it does nothing.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when trail or storage are.
    pub async fn log_out(&self, cx: &Context) -> Result<(), Error> {
        let mut entry =
            self.inner.ledger.begin(cx, Action::LogOut, &Target::class(&ClassName::session())).await?;
        let answer = match cx.user() {
            None => Ok(()),
            Some(identity) => {
                entry.about(&ClassName::session(), &identity.session);
                let sessions = policy::system(&self.schema_of(&ClassName::session())?);
                let token = Filter::test("sessionToken", Test::Eq(Value::text(&*identity.token)));
                let done = self.inner.vault.commit(cx.begin_write()?, vec![sessions.delete_all(token)]).await;
                self.inner.sessions.clear();
                if done.is_ok() {
                    entry.gone(&ClassName::session(), &identity.session);
                }
                done.map(drop).map_err(Error::from)
            }
        };
        entry.finish(answer).await
    }

    /// Answers the session of a token, even an expired one.
    ///
    /// # Errors
    /// 209 when there is no token or no such session.
    pub async fn session_me(&self, cx: &Context, token: Option<&str>) -> Result<Object, Error> {
        let cx = self.proved(cx, token).await;
        let mut entry =
            self.inner.ledger.begin(&cx, Action::Me, &Target::class(&ClassName::session())).await?;
        let answer = self.try_session_me(token).await;
        if let Ok(session) = &answer {
            if matches!(cx.principal(), Principal::Anonymous)
                && let Some(user) = session.field("user").and_then(Value::as_pointer)
            {
                // An expired session lets nobody in, but whose it was is known.
                entry.by(&user.id);
            }
            entry.leaves(std::slice::from_ref(session));
        }
        entry.finish(answer).await
    }

    /// The same circumstances with the user of a session that lives: at this route the door left the token alone.
    async fn proved(&self, cx: &Context, token: Option<&str>) -> Context {
        let mut cx = cx.clone();
        if let (Principal::Anonymous, Some(token)) = (&cx.principal, token)
            && let Ok(identity) = self.identity(token).await
        {
            cx.principal = Principal::User(identity);
        }
        cx
    }

    async fn try_session_me(&self, token: Option<&str>) -> Result<Object, Error> {
        let refused = |text: &'static str| Error::Denied(ParseError::new(Code::InvalidSessionToken, text));
        let token = token.ok_or_else(|| refused("Session token required."))?;
        let sessions = policy::system(&self.schema_of(&ClassName::session())?);
        let filter = Filter::test("sessionToken", Test::Eq(Value::text(token)));
        let found = self.inner.vault.find(&sessions, Wanted::all(filter)).await?.pop();
        found.ok_or_else(|| refused("Session token not found."))
    }

    /// Opens a further session of the caller (`POST /sessions`) and answers it whole.
    ///
    /// # Errors
    /// 209 without a session, 105 when the body brings an ACL.
    pub async fn open_session(&self, cx: &Context, body: Body) -> Result<Object, Error> {
        let saved = self.create(cx, &ClassName::session(), body).await?;
        let sessions = policy::system(&self.schema_of(&ClassName::session())?);
        self.inner.vault.one(&sessions, &saved.id).await?.ok_or_else(Error::not_found)
    }
}
