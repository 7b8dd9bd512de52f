//! The way of a changed object through the rooms.

use std::sync::Arc;

use model::{ClassName, Date, Event, Object, ObjectId, parse_update::Body, schema::ClassOp};

use super::{create::target, prepare::Prepared};
use crate::{
    Change, Context, Data, Error, Saved, action::Action, class, ledger::Entry, policy, policy::Permit, schema,
};

impl Data {
    /// Changes an object.
    ///
    /// # Errors
    /// 101 when it isn't there or the caller may not change it (206 for users), 119 when the class may not be
    /// changed, 111 and 142 for values that don't fit, and whatever a before-save plugin refuses with.
    pub async fn update(
        &self,
        cx: &Context,
        class: &ClassName,
        id: &ObjectId,
        body: Body,
    ) -> Result<Saved, Error> {
        let at = self.now();
        let mut entry =
            self.inner.ledger.begin(cx, update_action(class), &target(class, id, &body, at)).await?;
        let answer = self.try_update(&cx.under(entry.intent()), &mut entry, class, id, at, body).await;
        entry.finish(answer).await
    }

    async fn try_update(
        &self,
        cx: &Context,
        entry: &mut Entry,
        class: &ClassName,
        id: &ObjectId,
        at: Date,
        body: Body,
    ) -> Result<Saved, Error> {
        let prepared = self.prepare_update(cx, class, id, at, body).await?;
        self.carry_out(cx, entry, prepared).await.map_err(|error| class::explain_update(cx, class, error))
    }

    pub(super) async fn prepare_update(
        &self,
        cx: &Context,
        class: &ClassName,
        id: &ObjectId,
        at: Date,
        body: Body,
    ) -> Result<Prepared, Error> {
        let mut body = body;
        class::clean(class, &mut body.update);
        super::fields::check_sent(&body.update)?;
        policy::approach(cx, class, ClassOp::Update)?;
        super::create::check_claims(class, &body)?;
        class::check_update(cx, class, id, &body.update)?;
        let schema = self.inner.schemas.find(class).ok_or_else(Error::not_found)?;
        let permit = policy::permit(cx, &schema, ClassOp::Update)?;
        super::fields::check_grant(cx, &schema, &body.update)?;
        super::fields::check_keywords(cx, &body.update)?;
        let sent = body.update;
        let mut change = Change {
            class: class.clone(),
            id: Some(id.clone()),
            announced: Some(id.clone()),
            original: None,
            update: sent.clone(),
            saved: None,
        };
        let hooked = cx.hooks().wants(Event::BeforeSave, class) || cx.hooks().wants(Event::AfterSave, class);
        if hooked {
            // The probe: hooks never run for a save that isn't allowed.
            change.original = Some(Arc::new(self.original(cx, &permit, id).await?));
            change = self.ask_before(&cx.deeper()?, Event::BeforeSave, change).await?;
        }
        super::fields::check_grant(cx, permit.schema(), &change.update)?;
        let new = schema::infer(permit.schema(), &change.update)?;
        // Who may not change the object doesn't add fields to its class either.
        if !hooked && !new.is_empty() {
            policy::permit(cx, permit.schema(), ClassOp::AddField)?;
            self.original(cx, &permit, id).await?;
        }
        let permit = self.extend(cx, permit, new).await?;
        schema::check_required(permit.schema(), &change.update, false)?;
        let mut session_token = None;
        let (mut further, mut seals) = (Vec::new(), Vec::new());
        if *class == ClassName::user() {
            let renewed = class::renew_user(self, cx, id, &mut change.update, at).await?;
            session_token = renewed.token;
            further = renewed.writes;
            seals = renewed.seals;
        }
        let mut writes = vec![permit.update(id, change.update.clone(), at)];
        writes.extend(super::fields::relations(&permit, id, &change.update));
        writes.extend(further);
        Ok(Prepared {
            class: class.clone(),
            id: id.clone(),
            created: false,
            at,
            writes,
            sent,
            change,
            object: None,
            session_token,
            seals,
            mask: permit.mask().clone(),
        })
    }

    /// The object before the write, as the caller may write it and hooks may see it.
    pub(super) async fn original(
        &self,
        cx: &Context,
        permit: &Permit,
        id: &ObjectId,
    ) -> Result<Object, Error> {
        let object = self.inner.vault.one(permit, id).await?;
        let mut object =
            object.ok_or_else(|| class::explain_update(cx, &permit.schema().class, Error::not_found()))?;
        if !self.config().protected_fields_trigger_exempt {
            permit.mask().apply(&mut object, &mut |_| {});
        }
        Ok(super::prepare::visible(object))
    }
}

pub(super) fn update_action(class: &ClassName) -> Action {
    if *class == ClassName::role() { Action::ChangeRole } else { Action::Update }
}
