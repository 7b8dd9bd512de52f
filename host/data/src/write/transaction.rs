//! Several writes, all or none.

use model::{ClassName, Date, ObjectId, parse_update::Body};

use super::{create, delete, prepare::Prepared, prepare::refuse, update};
use crate::{
    Change, Context, Data, Error, Saved,
    action::{Action, Target},
    ledger::Entry,
};

/// One write of a transaction.
pub enum Item {
    /// Saves a new object.
    Create {
        /// Its class.
        class: ClassName,
        /// Its content.
        body: Body,
    },
    /// Changes an object.
    Update {
        /// Its class.
        class: ClassName,
        /// Its id.
        id: ObjectId,
        /// What changes.
        body: Body,
    },
    /// Deletes an object.
    Delete {
        /// Its class.
        class: ClassName,
        /// Its id.
        id: ObjectId,
    },
}

impl Item {
    fn class(&self) -> &ClassName {
        match self {
            Item::Create { class, .. } | Item::Update { class, .. } | Item::Delete { class, .. } => class,
        }
    }
}

/// What one write of a transaction answers.
pub enum Done {
    /// The object was saved.
    Saved(Saved),
    /// The object was deleted.
    Deleted,
}

enum Ready {
    Save(Box<Prepared>, usize),
    Delete(ClassName, ObjectId, Option<Box<Change>>),
}

impl Data {
    /// Carries out writes, all or none: if one is refused, nothing has happened.
    ///
    /// # Errors
    /// The error of the first write that is refused.
    pub async fn transaction(&self, cx: &Context, items: Vec<Item>) -> Result<Vec<Done>, Error> {
        if items.len() > self.config().batch_limit && !cx.is_master() {
            return Err(Error::refused(model::Code::InvalidJson, "too many requests in one batch"));
        }
        let at = self.now();
        let mut entries = Vec::with_capacity(items.len());
        let mut ids = Vec::with_capacity(items.len());
        for item in &items {
            let (action, target, id) = self.aim(cx, item, at)?;
            entries.push(self.inner.ledger.begin(cx, action, &target).await?);
            ids.push(id);
        }
        let answer = self.try_transaction(cx, &mut entries, items, ids, at).await;
        let error = answer.as_ref().err().cloned();
        for entry in entries {
            let outcome: Result<(), Error> = error.clone().map_or(Ok(()), Err);
            let closed = entry.finish(outcome).await;
            if error.is_none() {
                closed?;
            }
        }
        answer
    }

    fn aim(&self, cx: &Context, item: &Item, at: Date) -> Result<(Action, Target, ObjectId), Error> {
        Ok(match item {
            Item::Create { class, body } => {
                let (id, (_, at)) = (self.new_id(class, body)?, create::dates(cx, body, at)?);
                (create::create_action(class), create::target(class, &id, body, at), id)
            }
            Item::Update { class, id, body } => {
                (update::update_action(class), create::target(class, id, body, at), id.clone())
            }
            Item::Delete { class, id } => {
                (delete::delete_action(class), Target::object(class, id), id.clone())
            }
        })
    }

    async fn try_transaction(
        &self,
        cx: &Context,
        entries: &mut [Entry],
        items: Vec<Item>,
        ids: Vec<ObjectId>,
        at: Date,
    ) -> Result<Vec<Done>, Error> {
        let mut writes = Vec::new();
        let mut ready = Vec::with_capacity(items.len());
        // Storage doesn't say which write met a duplicate: the first one's class explains it.
        let first_class = items.first().map(|item| item.class().clone());
        for ((item, id), entry) in items.into_iter().zip(ids).zip(entries.iter()) {
            let cx = cx.under(entry.intent());
            let prepared = match item {
                Item::Create { class, body } => self.prepare_create(&cx, &class, id, at, body).await?,
                Item::Update { class, id, body } => self.prepare_update(&cx, &class, &id, at, body).await?,
                Item::Delete { class, id } => {
                    let (deletes, change) = self.prepare_delete(&cx, &class, &id).await?;
                    writes.extend(deletes);
                    ready.push(Ready::Delete(class, id, change.map(Box::new)));
                    continue;
                }
            };
            let mut prepared = prepared;
            let first = writes.len();
            writes.append(&mut prepared.writes);
            ready.push(Ready::Save(Box::new(prepared), first));
        }
        let written =
            self.inner.vault.commit(cx.begin_write()?, writes).await.map_err(|error| match &first_class {
                Some(class) => refuse(class, error),
                None => error.into(),
            })?;
        let mut done = Vec::with_capacity(ready.len());
        for (ready, entry) in ready.into_iter().zip(entries) {
            let cx = cx.under(entry.intent());
            done.push(match ready {
                Ready::Save(prepared, first) => {
                    Done::Saved(self.conclude(&cx, entry, *prepared, written.get(first)).await?)
                }
                Ready::Delete(class, id, change) => {
                    entry.gone(&class, &id);
                    self.conclude_delete(&cx, &class, change.map(|change| *change)).await?;
                    Done::Deleted
                }
            });
        }
        Ok(done)
    }
}
