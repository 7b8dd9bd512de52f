//! The way of a deletion through the rooms.

use std::sync::Arc;

use model::{ClassName, Event, ObjectId, Test, Update, Value, schema::ClassOp};

use crate::{
    Change, Context, Data, Error,
    action::{Action, Target},
    class,
    ledger::Entry,
    policy::{self, Authorised},
};

impl Data {
    /// Deletes an object.
    ///
    /// # Errors
    /// 101 when it isn't there or the caller may not delete it (206 for users), 119 when nothing of the class may be
    /// deleted, whatever a before-delete plugin refuses with, and an after-delete plugin's failure (the object is gone then).
    pub async fn delete(&self, cx: &Context, class: &ClassName, id: &ObjectId) -> Result<(), Error> {
        let mut entry = self.inner.ledger.begin(cx, delete_action(class), &Target::object(class, id)).await?;
        let answer = self.try_delete(&cx.under(entry.intent()), &mut entry, class, id).await;
        entry.finish(answer).await
    }

    async fn try_delete(
        &self,
        cx: &Context,
        entry: &mut Entry,
        class: &ClassName,
        id: &ObjectId,
    ) -> Result<(), Error> {
        let (writes, change) = self.prepare_delete(cx, class, id).await?;
        self.inner
            .vault
            .commit(cx.begin_write()?, writes)
            .await
            .map_err(|error| class::explain_update(cx, class, error.into()))?;
        entry.gone(class, id);
        self.conclude_delete(cx, class, change).await
    }

    pub(super) async fn prepare_delete(
        &self,
        cx: &Context,
        class: &ClassName,
        id: &ObjectId,
    ) -> Result<(Vec<Authorised>, Option<Change>), Error> {
        policy::approach(cx, class, ClassOp::Delete)?;
        class::check_delete(cx, class, id)?;
        let schema = self.inner.schemas.find(class).ok_or_else(Error::not_found)?;
        let permit = policy::permit(cx, &schema, ClassOp::Delete)?;
        let hooks = cx.hooks();
        let mut change = None;
        if hooks.wants(Event::BeforeDelete, class) || hooks.wants(Event::AfterDelete, class) {
            let original = Some(Arc::new(self.original(cx, &permit, id).await?));
            let asked = Change {
                class: class.clone(),
                id: Some(id.clone()),
                announced: Some(id.clone()),
                original,
                update: Update::new(),
                saved: None,
            };
            change = Some(self.ask_before(&cx.deeper()?, Event::BeforeDelete, asked).await?);
        }
        let mut writes = vec![permit.delete(id)];
        if *class == ClassName::user() {
            // Whoever is gone has no sessions.
            let sessions = policy::system(&self.schema_of(&ClassName::session())?);
            let user = Value::pointer(ClassName::user(), id.clone());
            writes.push(sessions.delete_all(model::Filter::test("user", Test::Eq(user))));
        }
        Ok((writes, change))
    }

    pub(super) async fn conclude_delete(
        &self,
        cx: &Context,
        class: &ClassName,
        change: Option<Change>,
    ) -> Result<(), Error> {
        self.forget_identities(class);
        if let Some(change) = change.filter(|_| cx.hooks().wants(Event::AfterDelete, class)) {
            cx.hooks().after(self, &cx.deeper()?, Event::AfterDelete, Arc::new(change)).await?;
        }
        Ok(())
    }
}

pub(super) fn delete_action(class: &ClassName) -> Action {
    if *class == ClassName::role() { Action::DeleteRole } else { Action::Delete }
}
