//! Writes carried out in memory, with the way back.

use std::sync::Arc;

use model::{ClassName, Object, ObjectId, Schema};

use crate::{
    Error, Write, Written,
    memory::{State, class::Class},
    recheck,
};

/// How one change is taken back.
enum Undo {
    Take { class: ClassName, place: u64 },
    Put { class: ClassName, place: u64, object: Arc<Object> },
    Relation { class: ClassName, key: String, owner: ObjectId, members: Vec<ObjectId> },
}

/// Carries out writes in order; when one fails, takes all before it back.
pub(super) fn commit(state: &mut State, writes: Vec<Write>) -> Result<Vec<Written>, Error> {
    let mut undo = Vec::new();
    let answer = writes.into_iter().map(|write| carry_out(state, write, &mut undo)).collect();
    if Result::<Vec<Written>, Error>::is_err(&answer) {
        while let Some(step) = undo.pop() {
            take_back(state, step);
        }
    }
    answer
}

fn class<'a>(state: &'a mut State, schema: &Schema) -> Result<&'a mut Class, Error> {
    let unknown = || Error::Conflict("its class is unknown here".into());
    state.classes.get_mut(&schema.class).ok_or_else(unknown)
}

fn carry_out(state: &mut State, write: Write, undo: &mut Vec<Undo>) -> Result<Written, Error> {
    match write {
        Write::Insert { schema, object } => {
            let class = class(state, &schema)?;
            class.check(&object)?;
            let place = class.fresh_place();
            class.put(place, Arc::new(object))?;
            undo.push(Undo::Take { class: schema.class.clone(), place });
            Ok(Written::Inserted)
        }
        Write::Update { schema, filter, update, at } => {
            let place = matching(state, &schema, &filter)?.first().copied().ok_or(Error::NotFound)?;
            let class = class(state, &schema)?;
            let mut object = class.object(place).cloned().ok_or(Error::NotFound)?;
            object
                .apply(&update)
                .map_err(|error| Error::Mismatch { field: error.field, expected: error.expected })?;
            object.updated_at = at;
            class.check(&object)?;
            let before = class.take(place).ok_or(Error::NotFound)?;
            undo.push(Undo::Put { class: schema.class.clone(), place, object: before });
            class.put(place, Arc::new(object.clone()))?;
            undo.push(Undo::Take { class: schema.class.clone(), place });
            Ok(Written::Updated(Box::new(object)))
        }
        Write::Delete { schema, filter, must_exist } => {
            let places = matching(state, &schema, &filter)?;
            if places.is_empty() && must_exist {
                return Err(Error::NotFound);
            }
            let class = class(state, &schema)?;
            for place in &places {
                let object = class.take(*place);
                undo.extend(object.map(|object| Undo::Put {
                    class: schema.class.clone(),
                    place: *place,
                    object,
                }));
            }
            Ok(Written::Deleted(places.len() as u64))
        }
        Write::Relate { schema, key, owner, add, remove } => {
            if !class(state, &schema)?.has_relation(&key) {
                return Err(Error::Conflict(format!("{key} is no relation of its class here")));
            }
            let before = state.joins.members(&schema.class, &key, &owner);
            let after = before.iter().cloned().chain(add).filter(|member| !remove.contains(member)).collect();
            state.joins.put(&schema.class, &key, &owner, after);
            undo.push(Undo::Relation { class: schema.class.clone(), key, owner, members: before });
            Ok(Written::Related)
        }
    }
}

fn matching(state: &mut State, schema: &Schema, filter: &model::Filter) -> Result<Vec<u64>, Error> {
    let matcher = recheck::matcher(filter)?;
    class(state, schema)?;
    let Some(class) = state.classes.get(&schema.class) else { return Ok(Vec::new()) };
    Ok(class.places_matching(filter, &matcher, &state.joins))
}

fn take_back(state: &mut State, step: Undo) {
    match step {
        Undo::Take { class, place } => {
            if let Some(class) = state.classes.get_mut(&class) {
                class.take(place);
            }
        }
        Undo::Put { class, place, object } => {
            if let Some(class) = state.classes.get_mut(&class) {
                // Its values were free before the commit, and are again.
                let back = class.put(place, object);
                debug_assert!(back.is_ok(), "an object that was there can be put back");
            }
        }
        Undo::Relation { class, key, owner, members } => state.joins.put(&class, &key, &owner, members),
    }
}
