//! A save that policy and hooks have passed, ready to be committed.

use std::{collections::BTreeMap, sync::Arc};

use model::{
    Acl, ClassName, Date, Event, Field, FieldName, Object, ObjectId, Schema, Update, schema::ClassOp,
};
use storage::Written;

use crate::{
    Change, Context, Data, Error, Saved,
    action::{Action, Target},
    ledger::Entry,
    policy::{self, Authorised, Mask, Permit},
};

/// A write that waits for its commit, and what its answer needs afterwards.
pub(crate) struct Prepared {
    pub(crate) class: ClassName,
    pub(crate) id: ObjectId,
    pub(crate) created: bool,
    pub(crate) at: Date,
    pub(crate) writes: Vec<Authorised>,
    /// What the client sent, to tell what it can't know.
    pub(crate) sent: Update,
    /// What is written.
    pub(crate) change: Change,
    /// The object as inserted; for an update storage answers it.
    pub(crate) object: Option<Object>,
    pub(crate) session_token: Option<Arc<str>>,
    /// What else the commit leaves: a session.
    pub(crate) seals: Vec<audit::Seal>,
    /// What the caller doesn't see of the object.
    pub(crate) mask: Mask,
}

impl Data {
    /// The class of a save; made now if the caller may make classes.
    pub(super) async fn writable_class(&self, cx: &Context, class: &ClassName) -> Result<Arc<Schema>, Error> {
        policy::approach(cx, class, ClassOp::Create)?;
        if let Some(schema) = self.inner.schemas.find(class) {
            return Ok(schema);
        }
        let may = !class.is_system()
            && cx.grant().is_none()
            && (cx.may_administer()
                || matches!(cx.principal(), crate::Principal::Maintenance)
                || (self.config().allow_client_class_creation && !cx.is_master()));
        if !may {
            return Err(policy::no_such_class(class));
        }
        let mut is_new = false;
        let made = self
            .inner
            .schemas
            .change(&self.inner.vault, cx.begin_write()?, class, |known| {
                is_new = known.is_none();
                Ok(is_new.then(|| Schema::new(class.clone())))
            })
            .await?;
        if is_new {
            self.inner.ledger.did(cx, Action::CreateSchema, &Target::class(class))?;
        }
        made.ok_or_else(|| Error::Internal("a class just made is missing".into()))
    }

    /// Adds fields to a class, if the caller may.
    pub(crate) async fn extend(
        &self,
        cx: &Context,
        permit: Permit,
        new: BTreeMap<FieldName, Field>,
    ) -> Result<Permit, Error> {
        if new.is_empty() {
            return Ok(permit);
        }
        let class = permit.schema().class.clone();
        policy::permit(cx, permit.schema(), ClassOp::AddField)?;
        let mut target = Target::class(&class);
        let edit = |known: Option<&Schema>| {
            let mut schema = known.cloned().ok_or_else(Error::not_found)?;
            for (name, field) in new {
                match schema.fields.get(&name) {
                    // Somebody else has just added it.
                    Some(known) if known.kind == field.kind => {}
                    Some(known) => {
                        let (expected, got) = (known.kind.describe(), field.kind.describe());
                        return Err(model::ParseError::mismatch(&schema.class, &name, &expected, &got).into());
                    }
                    None => {
                        target.fields.push(name.as_str().to_owned());
                        schema.fields.insert(name, field);
                    }
                }
            }
            Ok(Some(schema))
        };
        let begun = cx.begin_write()?;
        let schema = self.inner.schemas.change(&self.inner.vault, begun, &class, edit).await?;
        if !target.fields.is_empty() {
            self.inner.ledger.did(cx, Action::UpdateSchema, &target)?;
        }
        Ok(permit.with_schema(schema.ok_or_else(Error::not_found)?))
    }

    /// Asks the before-save hooks, if there are any.
    pub(super) async fn ask_before(
        &self,
        cx: &Context,
        event: Event,
        change: Change,
    ) -> Result<Change, Error> {
        if !cx.hooks().wants(event, &change.class) {
            return Ok(change);
        }
        let asked = change.clone();
        let answered = cx.hooks().before(self, cx, event, change).await?;
        if event == Event::BeforeSave {
            super::fields::check_hooked(&asked, &answered, &self.config().denied_keywords)?;
        }
        Ok(answered)
    }

    /// Commits one prepared save and tells the after-save hooks.
    pub(super) async fn carry_out(
        &self,
        cx: &Context,
        entry: &mut Entry,
        prepared: Prepared,
    ) -> Result<Saved, Error> {
        let mut prepared = prepared;
        let writes = std::mem::take(&mut prepared.writes);
        let written = self.inner.vault.commit(cx.begin_write()?, writes).await;
        let written = written.map_err(|error| refuse(&prepared.class, error))?;
        self.conclude(cx, entry, prepared, written.first()).await
    }

    /// Does what follows a committed save: caches, after-save hooks, the answer.
    pub(super) async fn conclude(
        &self,
        cx: &Context,
        entry: &mut Entry,
        prepared: Prepared,
        written: Option<&Written>,
    ) -> Result<Saved, Error> {
        self.forget_identities(&prepared.class);
        entry.about(&prepared.class, &prepared.id);
        entry.wrote(prepared.change.update.roots().filter(|field| !field.starts_with('_')));
        if prepared.change.update.acl.is_some() {
            entry.wrote(["ACL"]);
        }
        entry.version(prepared.at);
        let object = match (written, prepared.object) {
            (Some(Written::Updated(object)), _) => Object::clone(object),
            (_, Some(object)) => object,
            _ => return Err(Error::Internal("storage didn't answer the object".into())),
        };
        // What a plugin is told stays within its grant, whatever the settings let clients read.
        let exempt = self.config().protected_fields_save_response_exempt && cx.grant().is_none();
        let shows = (!exempt).then(|| prepared.mask.of(&object));
        entry.stored(&object);
        entry.sealed(prepared.seals);
        let mut change = prepared.change;
        let mut saved = Saved {
            id: prepared.id,
            created_at: object.created_at,
            updated_at: prepared.at,
            created: prepared.created,
            changed: super::answer::changed(&prepared.sent, &change, &object),
            acl: super::answer::changed_acl(&prepared.sent, &change),
            session_token: prepared.session_token,
        };
        if cx.hooks().wants(Event::AfterSave, &change.class) {
            change.id = Some(saved.id.clone());
            change.saved = Some(Arc::new(visible(object)));
            // A save that stands isn't undone by what a hook says of it afterwards; the hook's own record tells.
            match cx.hooks().after(self, cx, Event::AfterSave, Arc::new(change)).await {
                Ok(after) => {
                    saved.changed.extend(after.answer.into_iter().map(|(name, value)| (name, Some(value))));
                    saved.changed.retain(|name, _| !after.redacted.contains(name.as_str()));
                }
                Err(refusal) => {
                    tracing::warn!(plugin = refusal.plugin.as_deref(), "an after-save hook failed")
                }
            }
        }
        if let Some(shows) = shows {
            saved.changed.retain(|name, _| shows(name));
            saved.acl = saved.acl.filter(|_| shows("ACL"));
        }
        entry.leaves_fields(saved.changed.keys());
        Ok(saved)
    }

    /// The ACL of a new object that brought none.
    pub(super) fn default_acl(cx: &Context, schema: &Schema) -> Option<Acl> {
        let template = schema.permissions.default_acl.as_ref()?;
        let mut acl = Acl::default();
        for (group, rights) in &template.0 {
            match (group.as_str(), cx.user()) {
                ("currentUser", Some(identity)) => acl.0.insert(identity.user.as_str().to_owned(), *rights),
                ("currentUser", None) => None,
                _ => acl.0.insert(group.clone(), *rights),
            };
        }
        let public = acl.0.len() == 1 && acl.0.get("*").is_some_and(|rights| rights.read && rights.write);
        (!public).then_some(acl)
    }
}

/// The object without the server's own columns, for hooks and for the user that it is.
pub(super) fn visible(mut object: Object) -> Object {
    object.fields.retain(|name, _| !name.is_internal() && name.as_str() != "password");
    object
}

/// Gives a refused write the code that its class has for it.
pub(crate) fn refuse(class: &ClassName, error: storage::Error) -> Error {
    use model::Code;
    if let storage::Error::Duplicate { fields } = &error {
        let names = |field: &str| fields.iter().any(|name| name == field);
        if class.as_str() == "_User" && names("email") {
            return Error::Refused(model::ParseError::of(Code::EmailTaken));
        }
        if class.as_str() == "_User" && (names("username") || fields.is_empty()) {
            return Error::Refused(model::ParseError::of(Code::UsernameTaken));
        }
    }
    error.into()
}
