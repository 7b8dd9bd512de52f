//! The handles that an invocation lends.

use super::types::{Fault, Value};
use super::{forbidden, malformed};
use crate::testing::record::{Record, Shared, Stage, field};
use crate::testing::world::{Search, SharedWorld};
use serde_json::{Map, Value as Json, json};
use std::fmt;

/// Gives a handle the `Debug` of its real twin: a name.
macro_rules! opaque {
    ($($handle:ident),*) => {$(
        impl fmt::Debug for $handle {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($handle))
            }
        }
    )*};
}
pub(crate) use opaque;

opaque!(Object, Principal, Query, Results, Invocation);

pub(crate) struct Object {
    pub(crate) world: SharedWorld,
    pub(crate) record: Shared,
}

impl Object {
    pub(crate) fn class_name(&self) -> String {
        self.record.borrow().class.clone()
    }

    pub(crate) fn id(&self) -> Option<String> {
        self.record.borrow().id.clone()
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        let record = self.record.borrow();
        record.fields.keys().filter(|key| record.grant.any(key)).cloned().collect()
    }

    pub(crate) fn dirty_keys(&self) -> Vec<String> {
        let record = self.record.borrow();
        record.dirty.iter().filter(|key| record.grant.any(key)).cloned().collect()
    }

    pub(crate) fn get(&self, path: &str) -> Result<Option<Value>, Fault> {
        let record = self.record.borrow();
        if !record.grant.read.holds(field(path)) {
            return Err(forbidden(format!("the plugin may not read {}.{}", record.class, field(path))));
        }
        if path == "objectId" {
            return Ok(record.id.clone().map(Value::Text));
        }
        self.world.borrow_mut().note_read(&record.class, field(path));
        Ok(record.at(path).cloned().map(|json| crate::Value::from_rest(json).into()))
    }

    pub(crate) fn get_many(&self, paths: &[String]) -> Result<Vec<Option<Value>>, Fault> {
        paths.iter().map(|path| self.get(path)).collect()
    }

    pub(crate) fn set(&self, path: &str, value: &Value) -> Result<(), Fault> {
        let json =
            crate::Value::from(value.clone()).to_rest().map_err(|_| malformed("the value is no JSON"))?;
        self.change(path, &[Stage::Proposed, Stage::Draft, Stage::Answered], |record| {
            record.put(path, Some(json))
        })
    }

    pub(crate) fn unset(&self, path: &str) -> Result<(), Fault> {
        self.change(path, &[Stage::Proposed, Stage::Draft, Stage::Answered], |record| record.put(path, None))
    }

    pub(crate) fn apply(&self, path: &str, op_json: &str) -> Result<(), Fault> {
        let op: Json = serde_json::from_str(op_json).map_err(|_| malformed("the operation is no JSON"))?;
        self.change(path, &[Stage::Proposed, Stage::Draft], |record| record.apply(path, &op))
    }

    pub(crate) fn revert(&self, path: &str) -> Result<(), Fault> {
        self.change(path, &[Stage::Proposed], |record| {
            match record.stored.get(field(path)).cloned() {
                Some(stored) => record.fields.insert(field(path).to_owned(), stored),
                None => record.fields.remove(field(path)),
            };
            record.dirty.remove(field(path));
            Ok(())
        })
    }

    pub(crate) fn redact(&self, path: &str) -> Result<(), Fault> {
        let mut record = self.record.borrow_mut();
        if !record.grant.redact.holds(field(path)) {
            return Err(forbidden(format!("the plugin may not redact {}.{}", record.class, field(path))));
        }
        if record.stage != Stage::Answered {
            return Err(forbidden("there is no answer to hide a field from"));
        }
        record.redacted.insert(field(path).to_owned());
        Ok(())
    }

    fn change(
        &self,
        path: &str,
        stages: &[Stage],
        change: impl FnOnce(&mut Record) -> Result<(), String>,
    ) -> Result<(), Fault> {
        let mut record = self.record.borrow_mut();
        if !record.grant.write.holds(field(path)) {
            return Err(forbidden(format!("the plugin may not write {}.{}", record.class, field(path))));
        }
        if !stages.contains(&record.stage) {
            return Err(forbidden("this object can't be changed that way here"));
        }
        self.world.borrow_mut().note_written(&record.class, field(path));
        change(&mut record).map_err(|text| crate::Fault::new(111, text).into())
    }
}

pub(crate) struct Principal(SharedWorld);

impl Principal {
    pub(crate) fn user_id(&self) -> Option<String> {
        self.0.borrow().user.clone()
    }

    pub(crate) fn has_role(&self, name: &str) -> Result<bool, Fault> {
        Ok(self.0.borrow().roles.contains(name))
    }

    pub(crate) fn is_master(&self) -> bool {
        self.0.borrow().master
    }
}

pub(crate) struct Query(SharedWorld);

impl Query {
    fn with<T>(&self, look: impl FnOnce(&mut Search) -> T) -> T {
        look(self.0.borrow_mut().search.get_or_insert_default())
    }

    pub(crate) fn where_json(&self) -> String {
        self.with(|search| Json::Object(search.conditions.clone()).to_string())
    }

    pub(crate) fn constrain(&self, where_json: &str) -> Result<(), Fault> {
        let more: Map<String, Json> =
            serde_json::from_str(where_json).map_err(|_| malformed("the conditions are no JSON object"))?;
        self.with(|search| {
            let stood = std::mem::take(&mut search.conditions);
            search.conditions = match (stood.is_empty(), more.is_empty()) {
                (true, _) => more,
                (_, true) => stood,
                _ => Map::from_iter([("$and".to_owned(), json!([stood, more]))]),
            };
        });
        Ok(())
    }

    pub(crate) fn options_json(&self) -> String {
        self.with(|search| Json::Object(search.options.clone()).to_string())
    }

    pub(crate) fn set_options(&self, options_json: &str) -> Result<(), Fault> {
        let new: Map<String, Json> =
            serde_json::from_str(options_json).map_err(|_| malformed("the options are no JSON object"))?;
        self.with(|search| {
            let limit =
                |options: &Map<String, Json>| options.get("limit").and_then(Json::as_u64).unwrap_or(100);
            if new.contains_key("limit") && limit(&new) > limit(&search.options) {
                return Err(forbidden("a plugin can't raise the limit"));
            }
            if let (Some(old), Some(new)) = (search.options.get("keys"), new.get("keys")) {
                let names = |keys: &Json| -> Vec<String> {
                    keys.as_str().unwrap_or_default().split(',').map(|key| key.trim().to_owned()).collect()
                };
                let old = names(old);
                if names(new).iter().any(|key| !old.contains(key)) {
                    return Err(forbidden("a plugin can't ask for more keys"));
                }
            }
            search.options.extend(new);
            Ok(())
        })
    }

    pub(crate) fn is_get(&self) -> bool {
        self.with(|search| search.is_get)
    }

    pub(crate) fn is_count(&self) -> bool {
        self.with(|search| search.is_count)
    }
}

pub(crate) struct Results(SharedWorld);

impl Results {
    pub(crate) fn next(&self, max: u32) -> Result<Vec<Object>, Fault> {
        let mut world = self.0.borrow_mut();
        let pulled = world.pulled;
        let max = usize::try_from(max).unwrap_or(usize::MAX).clamp(1, PAGE_CAP);
        let page: Vec<_> = world.rows.iter().flatten().skip(pulled).take(max).cloned().collect();
        world.pulled += page.len();
        Ok(page.into_iter().map(|record| Object { world: self.0.clone(), record }).collect())
    }

    pub(crate) fn omit(&self, object: &Object) -> Result<(), Fault> {
        let known = self.0.borrow().rows.iter().flatten().any(|row| std::rc::Rc::ptr_eq(row, &object.record));
        if !known {
            return Err(forbidden("the object isn't one of this answer"));
        }
        object.record.borrow_mut().omitted = true;
        Ok(())
    }

    pub(crate) fn redact(&self, path: &str) -> Result<(), Fault> {
        let world = self.0.borrow();
        if !world.grant.fields(&world.target).redact.holds(field(path)) {
            return Err(forbidden(format!("the plugin may not redact {}.{}", world.target, field(path))));
        }
        for row in world.rows.iter().flatten() {
            row.borrow_mut().redacted.insert(field(path).to_owned());
        }
        Ok(())
    }
}

/// How many handles a page holds at most: less than what the SDK asks for, so that tests turn pages.
pub(crate) const PAGE_CAP: usize = 50;

pub(crate) struct Invocation {
    pub(crate) world: SharedWorld,
}

impl Invocation {
    pub(crate) fn request_id(&self) -> String {
        "test-request".to_owned()
    }

    pub(crate) fn trigger(&self) -> String {
        self.world.borrow().trigger.to_owned()
    }

    pub(crate) fn target(&self) -> String {
        self.world.borrow().target.clone()
    }

    pub(crate) fn principal(&self) -> Principal {
        Principal(self.world.clone())
    }

    pub(crate) fn object(&self) -> Option<Object> {
        self.lend(self.world.borrow().object.clone())
    }

    pub(crate) fn original(&self) -> Option<Object> {
        self.lend(self.world.borrow().original.clone())
    }

    pub(crate) fn query(&self) -> Option<Query> {
        self.world.borrow().search.is_some().then(|| Query(self.world.clone()))
    }

    pub(crate) fn results(&self) -> Option<Results> {
        self.world.borrow().rows.is_some().then(|| Results(self.world.clone()))
    }

    pub(crate) fn params_json(&self) -> String {
        self.world.borrow().params.to_string()
    }

    pub(crate) fn settings_json(&self) -> String {
        Json::Object(self.world.borrow().settings.clone()).to_string()
    }

    pub(crate) fn started_at(&self) -> i64 {
        self.world.borrow().started_at.millis()
    }

    pub(crate) fn remaining_ms(&self) -> u64 {
        1000
    }

    pub(crate) fn context_get(&self, key: &str) -> Option<String> {
        self.world.borrow().context.get(key).cloned()
    }

    pub(crate) fn context_set(&self, key: &str, json: &str) -> Result<(), Fault> {
        self.world.borrow_mut().context.insert(key.to_owned(), json.to_owned());
        Ok(())
    }

    fn lend(&self, record: Option<Shared>) -> Option<Object> {
        record.map(|record| Object { world: self.world.clone(), record })
    }
}
