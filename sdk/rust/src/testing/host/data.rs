//! The stored objects of the test host: a map, read and changed within the grant.

use super::forbidden;
use super::invocation::{Invocation, Object, PAGE_CAP, opaque};
use super::types::Fault;
use crate::testing::grant::{Access, ClassAccess, Fields};
use crate::testing::matching::{self, Wish};
use crate::testing::outcome::Saved;
use crate::testing::record::{Record, Shared, Stage};
use crate::testing::world::{SharedWorld, World};
use serde_json::{Map, Value as Json};
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

opaque!(Cursor, Reader, Writer);

/// Checks the grant of an open; answers what it allows on the class.
fn open(access: &Access, class: &str, purpose: &str) -> Result<ClassAccess, Fault> {
    World::permit(access, class, purpose).map_err(forbidden)?;
    Ok(access.classes.get(class).cloned().unwrap_or_default())
}

pub(crate) struct Cursor {
    world: SharedWorld,
    rows: RefCell<std::vec::IntoIter<Shared>>,
}

impl Cursor {
    pub(crate) fn next(&self, max: u32) -> Result<Vec<Object>, Fault> {
        let max = usize::try_from(max).unwrap_or(usize::MAX).clamp(1, PAGE_CAP);
        let page = self.rows.borrow_mut().by_ref().take(max).collect::<Vec<_>>();
        Ok(page.into_iter().map(|record| Object { world: self.world.clone(), record }).collect())
    }
}

pub(crate) struct Reader {
    world: SharedWorld,
    class: String,
    grant: Fields,
}

impl Reader {
    pub(super) fn open(inv: &Invocation, access: Access, class: &str, purpose: &str) -> Result<Self, Fault> {
        let grant = open(&access, class, purpose)?.fields;
        Ok(Self { world: inv.world.clone(), class: class.to_owned(), grant })
    }

    pub(crate) fn get(&self, object_id: &str, fields: &[String]) -> Result<Option<Object>, Fault> {
        let grant = self.asked(fields)?;
        let world = self.world.borrow();
        let stored = world.store.get(&self.class).and_then(|objects| objects.get(object_id)).cloned();
        Ok(stored.map(|row| Object { world: self.world.clone(), record: self.record(row, fields, &grant) }))
    }

    pub(crate) fn find(&self, query_json: &str, fields: &[String]) -> Result<Cursor, Fault> {
        let grant = self.asked(fields)?;
        let rows: Vec<_> =
            self.matches(query_json)?.into_iter().map(|row| self.record(row, fields, &grant)).collect();
        Ok(Cursor { world: self.world.clone(), rows: RefCell::new(rows.into_iter()) })
    }

    pub(crate) fn count(&self, query_json: &str) -> Result<u64, Fault> {
        Ok(u64::try_from(self.matches(query_json)?.len()).unwrap_or(u64::MAX))
    }

    fn asked(&self, fields: &[String]) -> Result<Fields, Fault> {
        let mut grant = Fields::default();
        for field in fields {
            if !self.grant.read.holds(field) {
                return Err(forbidden(format!("the plugin may not read {}.{field}", self.class)));
            }
            grant.read.add([field.as_str()]);
        }
        Ok(grant)
    }

    fn matches(&self, query_json: &str) -> Result<Vec<Map<String, Json>>, Fault> {
        let wish: Wish = serde_json::from_str(query_json)
            .map_err(|_| Fault::from(crate::Fault::new(107, "the query doesn't have the expected shape")))?;
        // A condition tells about a field as much as its value does.
        if let Some(field) = wish.fields().into_iter().find(|field| !self.grant.read.holds(field)) {
            return Err(forbidden(format!("the plugin may not query by {}.{field}", self.class)));
        }
        let world = self.world.borrow();
        let rows = world.store.get(&self.class).into_iter().flat_map(|objects| objects.values());
        wish.run(rows).map_err(Fault::from)
    }

    fn record(&self, mut row: Map<String, Json>, fields: &[String], grant: &Fields) -> Shared {
        row.retain(|key, _| key == "objectId" || fields.contains(key));
        Record::new(&self.class, Stage::Fixed, grant.clone(), row).share()
    }
}

pub(crate) struct Writer {
    world: SharedWorld,
    class: String,
    grant: ClassAccess,
    drafts: RefCell<Vec<Shared>>,
}

impl Writer {
    pub(super) fn open(inv: &Invocation, access: Access, class: &str, purpose: &str) -> Result<Self, Fault> {
        let grant = open(&access, class, purpose)?;
        Ok(Self { world: inv.world.clone(), class: class.to_owned(), grant, drafts: RefCell::default() })
    }

    pub(crate) fn create(&self) -> Result<Object, Fault> {
        if !self.grant.create {
            return Err(forbidden(format!("the plugin may not create {}", self.class)));
        }
        Ok(self.draft(Map::new()))
    }

    pub(crate) fn update(&self, object_id: &str) -> Result<Object, Fault> {
        let stored = self.stored(object_id)?;
        Ok(self.draft(stored))
    }

    pub(crate) fn save(&self, draft: &Object) -> Result<String, Fault> {
        if !self.drafts.borrow().iter().any(|known| Rc::ptr_eq(known, &draft.record)) {
            return Err(forbidden("the object isn't a draft of this writer"));
        }
        let mut record = draft.record.borrow_mut();
        let mut world = self.world.borrow_mut();
        let id = record.id.clone().unwrap_or_else(|| {
            world.made_ids += 1;
            format!("made{}", world.made_ids)
        });
        record.id = Some(id.clone());
        let json = record.json();
        world.store.entry(self.class.clone()).or_default().insert(id.clone(), json.clone());
        let changed = json.into_iter().filter(|(key, _)| record.dirty.contains(key)).collect();
        world.saved.push(Saved { class: self.class.clone(), id: id.clone(), fields: changed });
        Ok(id)
    }

    pub(crate) fn delete(&self, object_id: &str) -> Result<(), Fault> {
        if !self.grant.delete {
            return Err(forbidden(format!("the plugin may not delete {}", self.class)));
        }
        self.stored(object_id)?;
        let mut world = self.world.borrow_mut();
        if let Some(objects) = world.store.get_mut(&self.class) {
            objects.remove(object_id);
        }
        world.deleted.push((self.class.clone(), object_id.to_owned()));
        Ok(())
    }

    fn stored(&self, object_id: &str) -> Result<Map<String, Json>, Fault> {
        let world = self.world.borrow();
        let stored = world.store.get(&self.class).and_then(|objects| objects.get(object_id)).cloned();
        stored.ok_or_else(|| crate::Fault::not_found("Object not found.").into())
    }

    fn draft(&self, fields: Map<String, Json>) -> Object {
        let record = Record::new(&self.class, Stage::Draft, self.grant.fields.clone(), fields).share();
        self.drafts.borrow_mut().push(record.clone());
        Object { world: self.world.clone(), record }
    }
}

impl From<matching::Unknown> for Fault {
    fn from(unknown: matching::Unknown) -> Self {
        crate::Fault::new(102, format!("the test host doesn't know {}", unknown.0)).into()
    }
}
