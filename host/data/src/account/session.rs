//! Opening sessions.

use std::sync::Arc;

use model::{
    ClassName, Code, Date, FieldName, Filter, Object, ObjectId, ParseError, Test, Update, Value,
    parse_update::Body,
};

use crate::{
    Change, Context, Data, Error, policy,
    policy::Authorised,
    schema,
    write::{Prepared, check_sent, relations},
};

/// What a client can't say of its further session.
const SERVERS: &[&str] = &["user", "sessionToken", "expiresAt", "createdWith"];

/// A session that isn't stored yet.
pub(crate) struct NewSession {
    /// What proves it.
    pub(crate) token: Arc<str>,
    /// What its record says of it.
    pub(crate) seal: audit::Seal,
    /// The write that stores it.
    pub(crate) write: Authorised,
}

/// How a session came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Its user was made.
    SignUp,
    /// Its user proved a password.
    LogIn,
    /// The master key opened it for its user.
    MasterKey,
    /// Another session of its user opened it.
    Create,
}

impl Origin {
    /// What clients read of it: the action, and what proved the user.
    fn words(self) -> (&'static str, Option<&'static str>) {
        match self {
            Origin::SignUp => ("signup", Some("password")),
            Origin::LogIn => ("login", Some("password")),
            Origin::MasterKey => ("login", Some("masterkey")),
            Origin::Create => ("create", None),
        }
    }
}

impl Data {
    /// Makes a session of a user, to be stored.
    pub(crate) fn new_session(
        &self,
        cx: &Context,
        user: &ObjectId,
        at: Date,
        origin: Origin,
    ) -> Result<NewSession, Error> {
        let permit = policy::system(&self.schema_of(&ClassName::session())?);
        let session = self.session_object(cx, self.made_up_id(), user, at, origin);
        let token = session.field("sessionToken").and_then(Value::as_str).unwrap_or_default().into();
        let seal = self.inner.ledger.seal(&session);
        Ok(NewSession { token, seal, write: permit.insert(session) })
    }

    /// The write that ends the sessions which this installation has of a user: a device holds one.
    pub(crate) fn end_sessions_of_installation(
        &self,
        cx: &Context,
        user: &ObjectId,
    ) -> Result<Option<Authorised>, Error> {
        let Some(installation) = cx.installation() else { return Ok(None) };
        let permit = policy::system(&self.schema_of(&ClassName::session())?);
        let user = Value::pointer(ClassName::user(), user.clone());
        let filter = Filter::test("user", Test::Eq(user))
            .and(Filter::test("installationId", Test::Eq(Value::text(&**installation))));
        Ok(Some(permit.delete_all(filter)))
    }

    fn session_object(
        &self,
        cx: &Context,
        id: ObjectId,
        user: &ObjectId,
        at: Date,
        origin: Origin,
    ) -> Object {
        let mut session = Object::new(ClassName::session(), id, at);
        let (action, provider) = origin.words();
        let provider = provider.map(|provider| ("authProvider".to_owned(), Value::text(provider)));
        let mut set = |name: &'static str, value: Value| session.fields.insert(FieldName::known(name), value);
        set("user", Value::pointer(ClassName::user(), user.clone()));
        set("sessionToken", Value::String(self.inner.ids.session_token()));
        set(
            "createdWith",
            Value::Object([("action".to_owned(), Value::text(action))].into_iter().chain(provider).collect()),
        );
        if let Some(installation) = cx.installation().filter(|_| origin != Origin::Create) {
            set("installationId", Value::text(&**installation));
        }
        if self.config().expire_inactive_sessions {
            let expires = auth::session::expiry(at.ms(), self.config().session_length);
            set("expiresAt", Value::Date(Date(expires)));
        }
        session
    }

    /// Readies `POST /classes/_Session`: a further session of the caller. What the body says of token, expiry, user or
    /// origin is ignored; its other fields are kept.
    pub(crate) async fn prepare_session(
        &self,
        cx: &Context,
        id: ObjectId,
        at: Date,
        body: Body,
    ) -> Result<Prepared, Error> {
        let missing = || Error::Denied(ParseError::new(Code::InvalidSessionToken, "Session token required."));
        if cx.grant().is_some() {
            return Err(Error::Ungranted);
        }
        let user = cx.user().ok_or_else(missing)?.user.clone();
        if body.update.acl.is_some() {
            return Err(Error::refused(Code::InvalidKeyName, "Cannot set ACL on a Session."));
        }
        let mut own = body.update;
        own.ops.retain(|path, _| !SERVERS.contains(&path.root()));
        check_sent(&own)?;
        let permit = policy::system(&self.schema_of(&ClassName::session())?);
        let new = schema::infer(permit.schema(), &own)?;
        let permit = self.extend(cx, permit, new).await?;
        self.fill_in(cx, permit.schema(), &mut own)?;
        own.ops.retain(|path, _| !SERVERS.contains(&path.root()));
        let mut object = self.session_object(cx, id.clone(), &user, at, Origin::Create);
        object.apply(&own).map_err(|error| {
            ParseError::mismatch(&object.class, &error.field, error.expected, "another type")
        })?;
        self.inner.vault.fit(&mut object);
        // The session that asks stays, even if it belongs to the same installation.
        let mut writes = vec![permit.insert(object.clone())];
        writes.extend(relations(&permit, &id, &own));
        let token = object.field("sessionToken").and_then(Value::as_str).map(Into::into);
        let mut update = Update::new();
        for (name, value) in &object.fields {
            update.set(name.clone().into(), model::Op::Set(value.clone()));
        }
        schema::check_required(permit.schema(), &update, true)?;
        let change = Change {
            class: ClassName::session(),
            id: None,
            announced: Some(id.clone()),
            original: None,
            update,
            saved: None,
        };
        Ok(Prepared {
            class: ClassName::session(),
            id,
            created: true,
            at,
            writes,
            sent: Update::new(),
            change,
            object: Some(object),
            session_token: token,
            seals: Vec::new(),
            mask: permit.mask().clone(),
        })
    }
}
