//! One call of a handler, set up field by field.

use super::grant::{Fields, Grant};
use super::host;
use super::outcome::Outcome;
use super::record::{Record, Stage};
use super::world::{Search, World};
use crate::{Date, Fault, Hook, Invocation, Plugin, Value};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// One call of a handler: what it is called for, by whom, with which grants.
#[must_use = "a case does nothing until it runs"]
pub struct Case {
    hook: Option<Hook>,
    target: String,
    fields: Map<String, Json>,
    original: Option<Map<String, Json>>,
    rows: Vec<Map<String, Json>>,
    search: Search,
    params: Json,
    settings: Map<String, Json>,
    context: BTreeMap<String, String>,
    user: Option<String>,
    roles: BTreeSet<String>,
    master: bool,
    started_at: Date,
    grant: Grant,
    store: BTreeMap<String, BTreeMap<String, Map<String, Json>>>,
}

impl Case {
    /// A save that is about to be stored.
    pub fn before_save(class: &str) -> Self {
        Self::new(Some(Hook::BeforeSave), class)
    }

    /// A save that was stored.
    pub fn after_save(class: &str) -> Self {
        Self::new(Some(Hook::AfterSave), class)
    }

    /// A deletion that is about to happen.
    pub fn before_delete(class: &str) -> Self {
        Self::new(Some(Hook::BeforeDelete), class)
    }

    /// A deletion that happened.
    pub fn after_delete(class: &str) -> Self {
        Self::new(Some(Hook::AfterDelete), class)
    }

    /// A find that is about to run.
    pub fn before_find(class: &str) -> Self {
        Self::new(Some(Hook::BeforeFind), class)
    }

    /// A find that was answered, with the rows of [`Case::row`].
    pub fn after_find(class: &str) -> Self {
        Self::new(Some(Hook::AfterFind), class)
    }

    /// A call of a function.
    pub fn function(name: &str) -> Self {
        Self::new(None, name)
    }

    fn new(hook: Option<Hook>, target: &str) -> Self {
        Self {
            hook,
            target: target.to_owned(),
            fields: Map::new(),
            original: None,
            rows: Vec::new(),
            search: Search::default(),
            params: Json::Object(Map::new()),
            settings: Map::new(),
            context: BTreeMap::new(),
            user: None,
            roles: BTreeSet::new(),
            master: false,
            // Noon of 2026-03-01 UTC: tests don't depend on the day they run.
            started_at: Date::from_millis(1_772_366_400_000),
            grant: Grant::default(),
            store: BTreeMap::new(),
        }
    }

    /// Grants all that a manifest asks for, and takes the defaults of its settings.
    #[track_caller]
    pub fn manifest(mut self, text: &str) -> Self {
        let defaults = match self.grant.add_manifest(text) {
            Ok(defaults) => defaults,
            Err(error) => panic!("the manifest can't be read: {error}"),
        };
        for (name, default) in defaults {
            self.settings.entry(name).or_insert(default);
        }
        self
    }

    /// Grants reading these fields of the objects lent to the hook.
    pub fn grant_read(mut self, fields: &[&str]) -> Self {
        self.lent().read.add(fields.iter().copied());
        self
    }

    /// Grants changing these fields.
    pub fn grant_write(mut self, fields: &[&str]) -> Self {
        self.lent().write.add(fields.iter().copied());
        self
    }

    /// Grants hiding these fields.
    pub fn grant_redact(mut self, fields: &[&str]) -> Self {
        self.lent().redact.add(fields.iter().copied());
        self
    }

    fn lent(&mut self) -> &mut Fields {
        self.grant.lent.entry(self.target.clone()).or_default()
    }

    /// Sets a field of the object; in a save, one that the client sent.
    #[track_caller]
    pub fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        let json = value.into().to_rest().unwrap_or_else(|_| panic!("{name} can't be written as JSON"));
        self.fields.insert(name.to_owned(), json);
        self
    }

    /// Gives the object an id.
    pub fn id(mut self, object_id: &str) -> Self {
        self.fields.insert("objectId".to_owned(), Json::String(object_id.to_owned()));
        self
    }

    /// Makes the save an update of this stored object.
    #[track_caller]
    pub fn original(mut self, fields: Json) -> Self {
        self.original = Some(object(fields));
        self
    }

    /// Adds a row to the answer of the find.
    #[track_caller]
    pub fn row(mut self, fields: Json) -> Self {
        self.rows.push(object(fields));
        self
    }

    /// Sets the conditions of the client's find.
    #[track_caller]
    pub fn conditions(mut self, conditions: Json) -> Self {
        self.search.conditions = object(conditions);
        self
    }

    /// Sets the options of the client's find.
    #[track_caller]
    pub fn options(mut self, options: Json) -> Self {
        self.search.options = object(options);
        self
    }

    /// Makes the find a get of one object.
    pub fn as_get(mut self) -> Self {
        self.search.is_get = true;
        self
    }

    /// Makes the find a count.
    pub fn as_count(mut self) -> Self {
        self.search.is_count = true;
        self
    }

    /// Sets the parameters of the function.
    pub fn params(mut self, params: Json) -> Self {
        self.params = params;
        self
    }

    /// Sets some of the plugin's settings.
    #[track_caller]
    pub fn settings(mut self, settings: Json) -> Self {
        self.settings.extend(object(settings));
        self
    }

    /// Sets a key of the request's context.
    #[track_caller]
    pub fn context(mut self, key: &str, value: impl Serialize) -> Self {
        let json = serde_json::to_string(&value).unwrap_or_else(|_| panic!("{key} can't be written as JSON"));
        self.context.insert(key.to_owned(), json);
        self
    }

    /// Stores an object for readers and writers to find; it needs an `objectId`.
    #[track_caller]
    pub fn stored(mut self, class: &str, fields: Json) -> Self {
        let fields = object(fields);
        let Some(id) = fields.get("objectId").and_then(Json::as_str).map(str::to_owned) else {
            panic!("a stored object needs an objectId")
        };
        self.store.entry(class.to_owned()).or_default().insert(id, fields);
        self
    }

    /// Calls as a signed-in user.
    pub fn as_user(mut self, user_id: &str) -> Self {
        self.user = Some(user_id.to_owned());
        self
    }

    /// Gives the caller a role.
    pub fn role(mut self, name: &str) -> Self {
        self.roles.insert(name.to_owned());
        self
    }

    /// Calls with the master key.
    pub fn as_master(mut self) -> Self {
        self.master = true;
        self
    }

    /// Sets the moment of the call.
    pub fn at(mut self, moment: Date) -> Self {
        self.started_at = moment;
        self
    }

    /// Runs the plugin's handler for this call.
    pub fn run(self, plugin: &Plugin) -> Outcome {
        match self.hook {
            Some(hook) => self.run_with(|inv| plugin.hook(hook, inv).map(|()| None)),
            None => self.run_with(|inv| plugin.function(inv)),
        }
    }

    /// Runs a single hook handler: `case.run_hook(|inv| check(inv))`.
    pub fn run_hook(self, handler: impl FnOnce(&Invocation) -> Result<(), Fault>) -> Outcome {
        self.run_with(|inv| handler(inv).map(|()| None))
    }

    fn run_with(self, call: impl FnOnce(&Invocation) -> Result<Option<String>, Fault>) -> Outcome {
        let world = Rc::new(RefCell::new(self.world()));
        let answer = call(&Invocation(host::invocation::Invocation { world: world.clone() }));
        // A handle that a handler kept would keep the world too; its state is what counts.
        match Rc::try_unwrap(world) {
            Ok(world) => Outcome { answer, world: world.into_inner() },
            Err(_) => panic!("the handler kept a handle beyond the call: on a server it is dead"),
        }
    }

    fn world(self) -> World {
        let Self { hook, target, fields, original, rows, search, .. } = self;
        let grant = self.grant.fields(&target);
        let stage = match hook {
            Some(Hook::BeforeSave) => Stage::Proposed,
            Some(Hook::AfterSave | Hook::AfterFind) => Stage::Answered,
            _ => Stage::Fixed,
        };
        let has_object =
            matches!(hook, Some(Hook::BeforeSave | Hook::AfterSave | Hook::BeforeDelete | Hook::AfterDelete));
        let object = has_object.then(|| proposed(&target, stage, &grant, fields, original.as_ref()).share());
        let rows = (hook == Some(Hook::AfterFind)).then(|| {
            rows.into_iter().map(|row| Record::new(&target, stage, grant.clone(), row).share()).collect()
        });
        World {
            trigger: hook.map_or("function", Hook::trigger),
            started_at: self.started_at,
            params: self.params,
            settings: self.settings,
            context: self.context,
            user: self.user,
            roles: self.roles,
            master: self.master,
            object,
            original: original.map(|row| Record::new(&target, Stage::Fixed, grant, row).share()),
            search: (hook == Some(Hook::BeforeFind)).then_some(search),
            rows,
            pulled: 0,
            grant: self.grant,
            store: self.store,
            lines: Vec::new(),
            saved: Vec::new(),
            deleted: Vec::new(),
            read: BTreeSet::new(),
            written: BTreeSet::new(),
            made_ids: 0,
            target,
        }
    }
}

/// The object of a save: what was stored, with what the client sent on top.
fn proposed(
    class: &str,
    stage: Stage,
    grant: &Fields,
    sent: Map<String, Json>,
    original: Option<&Map<String, Json>>,
) -> Record {
    let dirty: BTreeSet<_> = sent.keys().filter(|key| *key != "objectId").cloned().collect();
    let mut fields = original.cloned().unwrap_or_default();
    fields.extend(sent);
    let mut record = Record::new(class, stage, grant.clone(), fields);
    record.stored = original.cloned().unwrap_or_default();
    if stage == Stage::Proposed {
        record.dirty = dirty;
    }
    record
}

#[track_caller]
fn object(json: Json) -> Map<String, Json> {
    match json {
        Json::Object(map) => map,
        _ => panic!("expected a JSON object"),
    }
}
