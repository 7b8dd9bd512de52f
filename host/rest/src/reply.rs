//! An answer on its way out: a status, a few headers and the bytes of the body.

pub(crate) mod wire;

use axum::{body::Body, response::Response};
use http::{HeaderValue, StatusCode, header};
use model::Code;
use serde::Serialize;

use crate::error::{ErrorBody, Failure};

/// What a handler answers.
pub(crate) type Answer = Result<Reply, Failure>;

/// A status, a body of JSON, and the headers that differ between answers.
#[derive(Debug)]
pub(crate) struct Reply {
    status: StatusCode,
    body: Vec<u8>,
    typed: bool,
    headers: Vec<(header::HeaderName, HeaderValue)>,
}

impl Reply {
    /// Answers 200 with a body.
    ///
    /// # Errors
    /// When the body can't be written as JSON, which none of ours does.
    pub(crate) fn ok(body: &impl Serialize) -> Answer {
        Reply::json(StatusCode::OK, body)
    }

    /// Answers 200 with `{}`.
    pub(crate) fn empty() -> Reply {
        Reply::bytes(StatusCode::OK, b"{}".to_vec())
    }

    /// Answers 201 with a body and where the new object is.
    ///
    /// # Errors
    /// As [`Reply::ok`].
    pub(crate) fn created(location: &str, body: &impl Serialize) -> Answer {
        let mut reply = Reply::json(StatusCode::CREATED, body)?;
        // Ids that clients chose may hold what no header can; such an object is found by its id alone.
        if let Ok(location) = HeaderValue::from_str(location) {
            reply.headers.push((header::LOCATION, location));
        }
        Ok(reply)
    }

    /// Answers with a status and a body.
    ///
    /// # Errors
    /// As [`Reply::ok`].
    pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Answer {
        let body =
            serde_json::to_vec(body).map_err(|_| Failure::internal("an answer couldn't be written"))?;
        Ok(Reply::bytes(status, body))
    }

    /// Answers with JSON that is written already.
    pub(crate) fn bytes(status: StatusCode, body: Vec<u8>) -> Reply {
        Reply { status, body, typed: true, headers: Vec::new() }
    }

    /// Answers with an error.
    pub(crate) fn error(status: StatusCode, code: Option<Code>, text: &str) -> Reply {
        let body = ErrorBody { code: code.map(Code::number), error: text.into() };
        Reply::bytes(status, serde_json::to_vec(&body).unwrap_or_default())
    }

    /// Answers for what broke, as the reference does: with `message` in place of `error`.
    pub(crate) fn broken() -> Reply {
        let body = br#"{"code":1,"message":"Internal server error."}"#;
        Reply::bytes(StatusCode::INTERNAL_SERVER_ERROR, body.to_vec())
    }

    /// Leaves the content type away.
    pub(crate) fn untyped(self) -> Reply {
        Reply { typed: false, ..self }
    }

    /// Says that the connection ends with this answer.
    pub(crate) fn closing(self) -> Reply {
        self.with(header::CONNECTION, HeaderValue::from_static("close"))
    }

    /// Says after how many seconds to try again.
    pub(crate) fn retrying(self, seconds: u32) -> Reply {
        self.with(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// Says which methods a path has.
    pub(crate) fn allowing(self, methods: String) -> Reply {
        match HeaderValue::from_maybe_shared(axum::body::Bytes::from(methods)) {
            Ok(methods) => self.with(header::ALLOW, methods),
            Err(_) => self,
        }
    }

    fn with(mut self, name: header::HeaderName, value: HeaderValue) -> Reply {
        self.headers.push((name, value));
        self
    }

    /// The status.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// The bytes of the body.
    pub(crate) fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// Makes axum's answer of it.
    pub(crate) fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if self.typed {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        }
        headers.extend(self.headers);
        response
    }
}
