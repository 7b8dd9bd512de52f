//! Several requests in one.

use data::{Done, Item};
use futures_util::{StreamExt as _, stream};
use http::{Method, StatusCode};
use model::{ClassName, Code, Denylist, ObjectId, ParseError, parse_update};
use serde_json::{Map as JsonMap, Value as Json};

use super::{Call, Handler, Match, Row, classes::id, row};
use crate::{
    Config,
    error::Failure,
    extract::url,
    reply::{Answer, Reply, wire::SavedJson},
};

#[cfg(test)]
mod tests;

pub(super) const ROWS: &[Row] = &[row!(POST "/batch" Keys batch)];

async fn batch(mut call: Call) -> Answer {
    let limit = limit(&call);
    let jobs = read(&call.hall.config, &mut call.body, limit)?;
    if call.body.get("transaction").and_then(Json::as_bool) == Some(true) {
        return transaction(call, jobs).await;
    }
    let at_once = call.hall.config.batch_concurrency.max(1);
    let answers = jobs.into_iter().map(|job| {
        let call = Call {
            hall: call.hall.clone(),
            cx: call.cx.part(),
            params: job.params,
            query: None,
            body: job.body,
            token: call.token.clone(),
        };
        call.answer(job.row)
    });
    let answers: Vec<Answer> = stream::iter(answers).buffered(at_once).collect().await;
    let sanitise = call.hall.config.sanitise_errors;
    Ok(together(answers.into_iter().map(|answer| answer.map_err(|failure| failure.sanitised(sanitise)))))
}

/// How many requests the caller may put into one; only the master key sets its own measure.
fn limit(call: &Call) -> usize {
    if call.cx.is_master() { usize::MAX } else { call.hall.data.config().batch_limit }
}

/// One request of a batch.
struct Job {
    row: &'static Row,
    params: Vec<String>,
    body: JsonMap<String, Json>,
}

fn invalid(text: impl Into<std::borrow::Cow<'static, str>>) -> ParseError {
    ParseError::new(Code::InvalidJson, text)
}

/// Reads all requests of a batch: if one leads nowhere, none is carried out.
fn read(config: &Config, body: &mut JsonMap<String, Json>, limit: usize) -> Result<Vec<Job>, ParseError> {
    let Some(Json::Array(requests)) = body.remove("requests") else {
        return Err(invalid("requests must be an array"));
    };
    if requests.len() > limit {
        let count = requests.len();
        return Err(invalid(format!(
            "Batch request contains {count} sub-requests, which exceeds the limit of {limit}."
        )));
    }
    requests.into_iter().map(|request| job(config, request)).collect()
}

fn job(config: &Config, request: Json) -> Result<Job, ParseError> {
    let Json::Object(mut request) = request else { return Err(invalid("a batch request must be an object")) };
    let Some(Json::String(path)) = request.remove("path") else {
        return Err(invalid("batch request path must be a string"));
    };
    let method = match request.remove("method") {
        Some(Json::String(method)) => Method::from_bytes(method.to_ascii_uppercase().as_bytes()).ok(),
        _ => None,
    };
    let method = method.ok_or_else(|| invalid("batch request method must be GET, POST, PUT or DELETE"))?;
    let body = match request.remove("body") {
        None | Some(Json::Null) => JsonMap::new(),
        Some(Json::Object(body)) => body,
        Some(_) => return Err(invalid("a batch request's body must be an object")),
    };
    let below =
        below(config, &path).ok_or_else(|| invalid(format!("cannot route batch path {}", shown(&path))))?;
    match super::find(&method, below) {
        Match::Row(row, _) if row.path == "/batch" => Err(invalid("nested batch requests are not allowed")),
        Match::Row(row, params) if can_be_batched(row) => Ok(Job { row, params, body }),
        _ => Err(invalid(format!("cannot route {method} {}", shown(&format!("/{below}"))))),
    }
}

/// Whether a route may stand in a batch: files travel alone, and so does what needs no keys.
fn can_be_batched(row: &Row) -> bool {
    !matches!(row.handler, Handler::Keyless(_)) && !row.path.starts_with("/files")
}

/// Takes the prefix off a path of a batch: the mount path, or that of the public URL.
fn below<'a>(config: &Config, path: &'a str) -> Option<&'a str> {
    if !path.starts_with('/') {
        return None;
    }
    url::below(path, config.mount()).or_else(|| {
        let public = config.public_url.as_deref()?;
        let (_, rest) = public.split_once("://")?;
        let (_, public) = rest.split_once('/').unwrap_or((rest, ""));
        url::below(path, public.trim_matches('/'))
    })
}

/// A path as an error may repeat it.
fn shown(path: &str) -> &str {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:".contains(&byte);
    if path.len() <= 128 && path.bytes().all(plain) { path } else { "(not shown)" }
}

/// Writes the answers of a batch, in the order of its requests.
fn together(answers: impl Iterator<Item = Answer>) -> Reply {
    let mut body = vec![b'['];
    for answer in answers {
        if body.len() > 1 {
            body.push(b',');
        }
        match answer {
            Ok(reply) => {
                body.extend_from_slice(br#"{"success":"#);
                body.extend(reply.into_body());
            }
            Err(failure) => {
                body.extend_from_slice(br#"{"error":"#);
                body.extend(serde_json::to_vec(&failure.in_batch()).unwrap_or_else(|_| b"{}".to_vec()));
            }
        }
        body.push(b'}');
    }
    body.push(b']');
    Reply::bytes(StatusCode::OK, body)
}

/// Carries out all requests or none.
///
/// The reference answers every refusal with 500, which SDKs take for a reason to try the same again;
/// here the refusal itself is answered.
async fn transaction(call: Call, jobs: Vec<Job>) -> Answer {
    jobs.iter().try_for_each(|job| call.hall.open_to(&call.cx, job.row, &job.params))?;
    let denied = &call.hall.data.config().denied_keywords;
    let items = jobs.into_iter().map(|job| item(denied, job)).collect::<Result<Vec<_>, Failure>>()?;
    let done = call.hall.data.transaction(&call.cx, items).await?;
    let answers = done.into_iter().map(|done| match done {
        Done::Saved(saved) => Reply::ok(&SavedJson(&saved)),
        Done::Deleted => Ok(Reply::empty()),
    });
    Ok(together(answers))
}

fn item(denied: &Denylist, job: Job) -> Result<Item, Failure> {
    let Some((class, id)) = target(&job)? else {
        return Err(invalid("a transaction may hold saves and deletes of objects only").into());
    };
    Ok(match (job.row.method.as_str(), id) {
        ("POST", None) => {
            Item::Create { class, body: parse_update::update_without(job.body, denied)?.inserting() }
        }
        ("PUT", Some(id)) => {
            Item::Update { class, id, body: parse_update::update_without(job.body, denied)? }
        }
        ("DELETE", Some(id)) => Item::Delete { class, id },
        _ => return Err(invalid("a transaction may hold saves and deletes of objects only").into()),
    })
}

/// The object, or the class, that a request is about; `None` when it is about something else.
fn target(job: &Job) -> Result<Option<(ClassName, Option<ObjectId>)>, Failure> {
    let param = |place: usize| job.params.get(place).map_or("", String::as_str);
    Ok(Some(match job.row.path {
        "/classes/{class}" => (ClassName::new(param(0))?, None),
        "/classes/{class}/{id}" => (ClassName::new(param(0))?, Some(id(param(1))?)),
        "/users" => (ClassName::user(), None),
        "/users/{id}" => (ClassName::user(), Some(id(param(0))?)),
        "/roles" => (ClassName::role(), None),
        "/roles/{id}" => (ClassName::role(), Some(id(param(0))?)),
        "/sessions" => (ClassName::session(), None),
        "/sessions/{id}" => (ClassName::session(), Some(id(param(0))?)),
        _ => return Ok(None),
    }))
}
