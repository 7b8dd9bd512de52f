//! The way of a new object through the rooms.

use std::sync::Arc;

use model::{
    ClassName, Code, Date, Event, Object, ObjectId, Op, ParseError, Path, Update, Value, parse_update::Body,
    schema::ClassOp,
};

use super::prepare::Prepared;
use crate::{
    Change, Context, Data, Error, Principal, Saved,
    account::Origin,
    action::{Action, Target},
    class,
    ledger::Entry,
    policy, schema,
};

impl Data {
    /// Saves a new object. In `_User` that is a signup, in `_Session` a further session of the caller.
    ///
    /// # Errors
    /// 119 when the class or its creation isn't open to the caller, 111 and 142 for values that don't fit,
    /// 137 (202, 203 for users) for a unique value that exists, and whatever a before-save plugin refuses with.
    pub async fn create(&self, cx: &Context, class: &ClassName, body: Body) -> Result<Saved, Error> {
        let (id, (_, at)) = (self.new_id(class, &body)?, dates(cx, &body, self.now())?);
        let mut entry =
            self.inner.ledger.begin(cx, create_action(class), &target(class, &id, &body, at)).await?;
        let answer = self.try_create(&cx.under(entry.intent()), &mut entry, class, id, at, body).await;
        entry.finish(answer).await
    }

    async fn try_create(
        &self,
        cx: &Context,
        entry: &mut Entry,
        class: &ClassName,
        id: ObjectId,
        at: Date,
        body: Body,
    ) -> Result<Saved, Error> {
        let prepared = self.prepare_create(cx, class, id, at, body).await?;
        self.carry_out(cx, entry, prepared).await
    }

    pub(super) async fn prepare_create(
        &self,
        cx: &Context,
        class: &ClassName,
        id: ObjectId,
        at: Date,
        body: Body,
    ) -> Result<Prepared, Error> {
        if class.as_str() == "_Session" {
            return self.prepare_session(cx, id, at, body).await;
        }
        let mut body = body;
        class::clean(class, &mut body.update);
        super::fields::check_sent(&body.update)?;
        check_claims(class, &body)?;
        let (created, at) = dates(cx, &body, at)?;
        let schema = self.writable_class(cx, class).await?;
        let permit = policy::permit(cx, &schema, ClassOp::Create)?;
        class::check_create(cx, &schema, self.config(), &body.update)?;
        super::fields::check_grant(cx, &schema, &body.update)?;
        super::fields::check_keywords(cx, &body.update)?;
        let sent = body.update;
        let change = Change {
            class: class.clone(),
            id: None,
            announced: Some(id.clone()),
            original: None,
            update: sent.clone(),
            saved: None,
        };
        let mut change = self.ask_before(&cx.deeper()?, Event::BeforeSave, change).await?;
        super::fields::check_grant(cx, permit.schema(), &change.update)?;
        let new = schema::infer(permit.schema(), &change.update)?;
        let permit = self.extend(cx, permit, new).await?;
        self.fill_in(cx, permit.schema(), &mut change.update)?;
        schema::check_required(permit.schema(), &change.update, true)?;
        let mut session_token = None;
        let (mut further, mut seals) = (Vec::new(), Vec::new());
        if *class == ClassName::user() {
            class::prepare_user(self, &id, &mut change.update).await?;
            // With the master key, a device is given a session, and nobody else: a script makes users for others.
            let by_script = cx.asks_as_master() && cx.installation().is_none();
            if cx.grant().is_none() && !by_script {
                let session = self.new_session(cx, &id, at, Origin::SignUp)?;
                further.push(session.write);
                seals.push(session.seal);
                session_token = Some(session.token);
            }
        }
        let mut object = Object::new(class.clone(), id.clone(), at);
        object.created_at = created;
        object.acl = change.update.acl.clone().flatten();
        object.apply(&change.update).map_err(|error| {
            Error::Refused(model::ParseError::mismatch(class, &error.field, error.expected, "another type"))
        })?;
        self.inner.vault.fit(&mut object);
        let mut writes = vec![permit.insert(object.clone())];
        writes.extend(super::fields::relations(&permit, &id, &change.update));
        writes.extend(further);
        Ok(Prepared {
            class: class.clone(),
            id,
            created: true,
            at,
            writes,
            sent,
            change,
            object: Some(object),
            session_token,
            seals,
            mask: permit.mask().clone(),
        })
    }

    /// Puts in what the class says of a new object: default values and the default ACL.
    pub(crate) fn fill_in(
        &self,
        cx: &Context,
        schema: &Arc<model::Schema>,
        update: &mut Update,
    ) -> Result<(), Error> {
        for (name, field) in &schema.fields {
            let Some(default) = &field.default else { continue };
            if matches!(update.op(name), None | Some(Op::Delete)) {
                update.set(Path::from(name.clone()), Op::Set(default.clone()));
            }
        }
        if update.acl.is_none() {
            update.acl = Data::default_acl(cx, schema).map(Some);
        }
        Ok(())
    }

    /// An id that nobody has.
    pub(crate) fn made_up_id(&self) -> ObjectId {
        self.inner.ids.object_id(self.config().object_id_size)
    }

    /// The id of a new object: one of our own, or the client's if the settings let it choose.
    pub(super) fn new_id(&self, class: &ClassName, body: &Body) -> Result<ObjectId, Error> {
        if !self.config().allow_custom_object_id && body.update.op("id").is_some() {
            return Err(Error::refused(Code::InvalidKeyName, "id is an invalid field name."));
        }
        let Some(given) = &body.object_id else { return Ok(self.made_up_id()) };
        if !self.config().allow_custom_object_id {
            return Err(Error::refused(Code::InvalidKeyName, "objectId is an invalid field name."));
        }
        let id = ObjectId::new(given.as_str().unwrap_or_default())?;
        if *class == ClassName::user() && id.starts_with("role:") {
            return Err(Error::denied("Invalid object ID."));
        }
        Ok(id)
    }
}

/// Refuses times that aren't dates; those that are, only the maintenance key may say.
pub(super) fn check_claims(class: &ClassName, body: &Body) -> Result<(), Error> {
    for (name, claim) in [("createdAt", &body.created_at), ("updatedAt", &body.updated_at)] {
        let is_text = claim.as_ref().is_some_and(serde_json::Value::is_string);
        if is_text {
            return Err(ParseError::mismatch(class, name, "Date", "String").into());
        }
    }
    Ok(())
}

/// When a new object was created and last changed: now, or, moved here with the maintenance key, when it says it was.
///
/// # Errors
/// 142 for a change before the creation.
pub(super) fn dates(cx: &Context, body: &Body, now: Date) -> Result<(Date, Date), Error> {
    let date = |claim: &Option<serde_json::Value>| match claim.clone().map(model::encode::value) {
        Some(Ok(Value::Date(date))) => Some(date),
        _ => None,
    };
    let moves = matches!(cx.principal(), Principal::Maintenance) && cx.grant().is_none();
    let Some(created) = date(&body.created_at).filter(|_| moves) else { return Ok((now, now)) };
    let updated = date(&body.updated_at).unwrap_or(created);
    if updated < created {
        return Err(Error::refused(Code::ValidationError, "updatedAt cannot occur before createdAt"));
    }
    Ok((created, updated))
}

pub(super) fn create_action(class: &ClassName) -> Action {
    match class.as_str() {
        "_User" => Action::SignUp,
        "_Session" => Action::OpenSession,
        "_Role" => Action::ChangeRole,
        _ => Action::Create,
    }
}

pub(super) fn target(class: &ClassName, id: &ObjectId, body: &Body, at: Date) -> Target {
    let mut fields: Vec<String> = body.update.roots().map(ToOwned::to_owned).collect();
    if body.update.acl.is_some() {
        fields.push("ACL".to_owned());
    }
    Target { fields, version: Some(at), ..Target::object(class, id) }
}
