//! What came back, and what the trail saw of it.

use audit::Record;
use axum::body::Body;
use expect_test::Expect;
use http::{HeaderMap, Response};
use http_body_util::BodyExt as _;
use serde_json::Value as Json;

use crate::kit::Kit;

/// The whole answer to one request.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; null when it is none.
    pub body: Json,
    /// The body as it came.
    pub text: String,
    /// The request's id, as the kit named it.
    pub request: String,
    records: Vec<Record>,
    shown: String,
    trail: String,
}

impl Answer {
    pub(crate) async fn read(kit: &Kit, response: Response<Body>, request: String) -> Answer {
        let (head, body) = response.into_parts();
        let status = head.status.as_u16();
        let bytes = body.collect().await.expect("a body that arrives").to_bytes();
        let text = String::from_utf8(bytes.to_vec()).expect("answers are UTF-8");
        let body: Json = serde_json::from_str(&text).unwrap_or_default();
        let told = head.headers.get("x-parse-request-id").map(|id| id.to_str().expect("a plain id"));
        assert!(told.is_none_or(|told| told == request), "the answer names another request");
        if status >= 400 {
            kit.canaries.search(&text, "an error");
        }
        let records: Vec<Record> =
            kit.records().into_iter().filter(|record| record.request.as_str() == request).collect();
        let mut stable = kit.stable.lock().expect("no test panicked here");
        let shown = match &body {
            Json::Null => format!("{status} {text}"),
            body => format!("{status} {}", stable.json(body)),
        };
        // A refusal names the request, so that the operator finds the rest.
        let shown = if request.is_empty() { shown } else { shown.replace(&request, "<request>") };
        let trail = crate::trail::render(&records, &mut stable);
        drop(stable);
        Answer { status, headers: head.headers, body, text, request, records, shown, trail }
    }

    /// Compares status and body with a snapshot; ids, tokens and times are named, not spelt.
    pub fn is(self, expected: Expect) -> Answer {
        expected.assert_eq(&self.shown);
        self
    }

    /// Compares what the trail saw of this request with a snapshot, one record a line.
    pub fn trail(self, expected: Expect) -> Answer {
        expected.assert_eq(&self.trail);
        self
    }

    /// Goes on only when the status is this one.
    pub fn ok(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Goes on only when the answer is a Parse error with this status and code; gives the text.
    pub fn fails(self, status: u16, code: i64) -> Answer {
        assert_eq!((self.status, self.body["code"].as_i64()), (status, Some(code)), "{}", self.text);
        assert!(self.body["error"].is_string(), "an error has a text: {}", self.text);
        self
    }

    /// The object id in the body.
    pub fn id(&self) -> String {
        self.body["objectId"].as_str().unwrap_or_else(|| panic!("no objectId in {}", self.text)).to_owned()
    }

    /// The records of this request, in order.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// A header's value, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("a plain header")).unwrap_or_default()
    }

    /// The objects that a find answered.
    pub fn results(&self) -> &[Json] {
        self.body["results"].as_array().unwrap_or_else(|| panic!("no results in {}", self.text))
    }

    /// One field of every object that a find answered.
    pub fn all(&self, field: &str) -> Vec<Json> {
        self.results().iter().map(|object| object[field].clone()).collect()
    }
}
