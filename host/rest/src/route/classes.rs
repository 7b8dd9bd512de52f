//! Objects of any class.

use data::Saved;
use model::{
    ClassName, Code, ObjectId, ParseError,
    parse_update::{self, Body},
    query::Limits,
};
use serde_json::{Map as JsonMap, Value as Json};

use super::{Call, Row, row};
use crate::{
    error::Failure,
    extract::query::{self, Parameters},
    reply::{
        Answer, Reply,
        wire::{FoundJson, ObjectJson, SavedJson},
    },
};

pub(super) const ROWS: &[Row] = &[
    row!(POST "/classes/{class}" Keys create),
    row!(GET "/classes/{class}" Keys find),
    row!(GET "/classes/{class}/{id}" Keys get),
    row!(PUT "/classes/{class}/{id}" Keys update),
    row!(DELETE "/classes/{class}/{id}" Keys delete),
];

async fn create(call: Call) -> Answer {
    let class = written(&call)?;
    create_in(call, class).await
}

async fn find(call: Call) -> Answer {
    let class = ClassName::new(call.param(0))?;
    find_in(call, class).await
}

async fn get(call: Call) -> Answer {
    let (class, id) = object(&call)?;
    get_in(call, class, id).await
}

async fn update(call: Call) -> Answer {
    let (class, id) = (written(&call)?, id(call.param(1))?);
    update_in(call, class, id).await
}

async fn delete(call: Call) -> Answer {
    let (class, id) = object(&call)?;
    delete_in(call, class, id).await
}

/// Reads the class that something is written to; the reference has words of its own for a name that can't be.
fn written(call: &Call) -> Result<ClassName, ParseError> {
    let bad = |_| ParseError::new(Code::InvalidJson, "schema class name does not revalidate");
    ClassName::new(call.param(0)).map_err(bad)
}

/// Reads the object that a path names; one of a class that can't be isn't there.
fn object(call: &Call) -> Result<(ClassName, ObjectId), Failure> {
    let class = ClassName::new(call.param(0)).map_err(|_| ParseError::object_not_found())?;
    Ok((class, id(call.param(1))?))
}

/// Reads an object's id from a path; one that can't be belongs to no object.
pub(super) fn id(text: &str) -> Result<ObjectId, Failure> {
    ObjectId::new(text).map_err(|_| ParseError::object_not_found().into())
}

/// Reads the body of a save under the keywords that settings deny.
pub(super) fn read(hall: &crate::hall::Hall, body: JsonMap<String, Json>) -> Result<Body, ParseError> {
    parse_update::update_without(body, &hall.data.config().denied_keywords)
}

/// Saves a new object of a class.
pub(super) async fn create_in(call: Call, class: ClassName) -> Answer {
    if class == ClassName::session() {
        return super::sessions::create(call).await;
    }
    let body = read(&call.hall, call.body)?.inserting();
    let saved = call.hall.data.create(&call.cx, &class, body).await?;
    saved_reply(&call.hall, &class, &saved)
}

/// Answers a save: 201 and where the object is, if it is new.
pub(super) fn saved_reply(hall: &crate::hall::Hall, class: &ClassName, saved: &Saved) -> Answer {
    if !saved.created {
        return Reply::ok(&SavedJson(saved));
    }
    Reply::created(&location(hall, class, &saved.id), &SavedJson(saved))
}

/// Where an object is.
pub(super) fn location(hall: &crate::hall::Hall, class: &ClassName, id: &ObjectId) -> String {
    let base = hall.base();
    if *class == ClassName::user() {
        format!("{base}/users/{id}")
    } else {
        format!("{base}/classes/{class}/{id}")
    }
}

/// Finds objects of a class.
pub(super) async fn find_in(call: Call, class: ClassName) -> Answer {
    let parameters = Parameters::read(call.query.as_deref(), call.body)?;
    let limits = if call.cx.is_master() {
        Limits::trusted()
    } else {
        let config = call.hall.data.config();
        Limits {
            depth: config.query_depth,
            subqueries: config.subquery_depth,
            regex: config.allow_regex,
            ..Limits::default()
        }
    };
    let query = query::find(class, parameters, &limits, call.hall.data.now())?;
    let found = call.hall.data.find(&call.cx, query).await?;
    Reply::ok(&FoundJson(&found))
}

/// Fetches one object of a class.
pub(super) async fn get_in(call: Call, class: ClassName, id: ObjectId) -> Answer {
    let shape = query::get(Parameters::read(call.query.as_deref(), call.body)?)?;
    let object = call.hall.data.get(&call.cx, &class, &id, shape).await?;
    Reply::ok(&ObjectJson(&object))
}

/// Changes one object of a class.
pub(super) async fn update_in(call: Call, class: ClassName, id: ObjectId) -> Answer {
    let body = read(&call.hall, call.body)?;
    let saved = call.hall.data.update(&call.cx, &class, &id, body).await?;
    saved_reply(&call.hall, &class, &saved)
}

/// Deletes one object of a class.
pub(super) async fn delete_in(call: Call, class: ClassName, id: ObjectId) -> Answer {
    call.hall.data.delete(&call.cx, &class, &id).await?;
    Ok(Reply::empty())
}
