//! What is answered instead of success, and its form on the wire.

use std::borrow::Cow;

use data::PERMISSION_DENIED;
use http::StatusCode;
use model::{Code, ParseError};
use serde::Serialize;

use crate::reply::Reply;

/// Why a request has no success to tell of.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The door said no, or the request broke Parse's rules.
    Data(data::Error),
    /// The request broke HTTP's rules, or asks for what isn't there: a text, and no Parse code.
    Http(StatusCode, &'static str),
    /// As [`Failure::Http`], for a request whose body wasn't read to its end: the connection can't go on.
    Broken(StatusCode, &'static str),
    /// The body isn't what it should be; the text repeats none of it.
    Malformed(Cow<'static, str>),
    /// The path exists, but not with this method; these it has.
    Method(String),
}

impl From<data::Error> for Failure {
    fn from(error: data::Error) -> Failure {
        Failure::Data(error)
    }
}

impl From<ParseError> for Failure {
    fn from(error: ParseError) -> Failure {
        Failure::Data(data::Error::Refused(error))
    }
}

impl Failure {
    /// Refuses with a code and a text.
    pub(crate) fn refused(code: Code, text: impl Into<Cow<'static, str>>) -> Failure {
        Failure::Data(data::Error::refused(code, text))
    }

    /// Answers for a path that no route has.
    pub(crate) fn not_found() -> Failure {
        Failure::Http(StatusCode::NOT_FOUND, "Not found")
    }

    /// Answers for what broke; the text goes to the log alone.
    pub(crate) fn internal(what: &'static str) -> Failure {
        Failure::Data(data::Error::Internal(what.into()))
    }

    /// Leaves out why policy said no, unless the settings let clients read it.
    pub(crate) fn sanitised(self, sanitise: bool) -> Failure {
        match self {
            Failure::Data(error) if sanitise => Failure::Data(error.without_reason()),
            Failure::Data(data::Error::Forbidden(PERMISSION_DENIED)) if !sanitise => {
                Failure::Data(data::Error::Forbidden("unauthorized: master key is required"))
            }
            other => other,
        }
    }

    /// The Parse code of the answer, if it has one.
    pub(crate) fn code(&self) -> Option<i32> {
        match self {
            Failure::Data(data::Error::Forbidden(_)) => None,
            Failure::Data(error) => Some(error.code().number()),
            _ => None,
        }
    }

    /// The whole answer.
    pub(crate) fn reply(self) -> Reply {
        match self {
            Failure::Data(error) => data_reply(error),
            Failure::Http(status, text) => Reply::error(status, None, text),
            Failure::Broken(status, text) => Reply::error(status, None, text).closing(),
            Failure::Malformed(text) => Reply::error(StatusCode::BAD_REQUEST, None, &text),
            Failure::Method(allow) => {
                Reply::error(StatusCode::METHOD_NOT_ALLOWED, None, "Method not allowed").allowing(allow)
            }
        }
    }

    /// The form in which a batch tells of one of its requests.
    pub(crate) fn in_batch(self) -> ErrorBody<'static> {
        match self {
            Failure::Data(
                data::Error::Refused(error)
                | data::Error::Denied(error)
                | data::Error::Vetoed(error)
                | data::Error::Withheld(error),
            ) => ErrorBody { code: Some(error.code.number()), error: error.message },
            Failure::Data(data::Error::Ungranted) => {
                ErrorBody { code: Some(Code::OperationForbidden.number()), error: PERMISSION_DENIED.into() }
            }
            Failure::Data(data::Error::Forbidden(text)) => {
                ErrorBody { code: Some(Code::OperationForbidden.number()), error: text.into() }
            }
            Failure::Data(data::Error::Unavailable { reason, .. }) => {
                ErrorBody { code: Some(Code::InternalServerError.number()), error: reason.into() }
            }
            Failure::Data(data::Error::Internal(what)) => {
                tracing::error!(%what, "a request of a batch failed");
                ErrorBody { code: Some(Code::InternalServerError.number()), error: BROKEN.into() }
            }
            Failure::Http(_, text) | Failure::Broken(_, text) => ErrorBody { code: None, error: text.into() },
            Failure::Malformed(text) => ErrorBody { code: None, error: text },
            Failure::Method(_) => ErrorBody { code: None, error: "Method not allowed".into() },
        }
    }
}

/// After how many seconds a client that met too many others tries again.
const BUSY_SECONDS: u32 = 1;

/// The text of every failure that isn't the client's to understand.
const BROKEN: &str = "Internal server error.";

/// The body of an error: `{"code", "error"}`.
#[derive(Serialize)]
pub(crate) struct ErrorBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<i32>,
    pub(crate) error: Cow<'a, str>,
}

fn data_reply(error: data::Error) -> Reply {
    match error {
        data::Error::Refused(error)
        | data::Error::Denied(error)
        | data::Error::Vetoed(error)
        | data::Error::Withheld(error) => {
            let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::BAD_REQUEST);
            let reply = Reply::error(status, Some(error.code), &error.message);
            if error.code == Code::RequestLimitExceeded { reply.retrying(BUSY_SECONDS) } else { reply }
        }
        data::Error::Ungranted => {
            data_reply(data::Error::Denied(ParseError::new(Code::OperationForbidden, PERMISSION_DENIED)))
        }
        // The reference sends this one body bare, and clients compare it.
        data::Error::Forbidden("unauthorized") => {
            Reply::error(StatusCode::FORBIDDEN, None, "unauthorized").untyped()
        }
        data::Error::Forbidden(text) => Reply::error(StatusCode::FORBIDDEN, None, text),
        data::Error::Unavailable { reason, retry_after } => {
            Reply::error(StatusCode::SERVICE_UNAVAILABLE, Some(Code::InternalServerError), reason)
                .retrying(retry_after)
        }
        data::Error::Internal(what) => {
            tracing::error!(%what, "a request failed");
            Reply::broken()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(failure: Failure) -> (u16, String) {
        let reply = failure.reply();
        (reply.status().as_u16(), String::from_utf8(reply.into_body()).unwrap())
    }

    #[test]
    fn every_kind_has_the_form_of_the_reference() {
        let denied = ParseError::new(Code::OperationForbidden, "Permission denied");
        let cases = [
            (
                Failure::from(ParseError::object_not_found()),
                404,
                r#"{"code":101,"error":"Object not found."}"#,
            ),
            (data::Error::Denied(denied).into(), 400, r#"{"code":119,"error":"Permission denied"}"#),
            (ParseError::new(Code::Other(4711), "mine").into(), 400, r#"{"code":4711,"error":"mine"}"#),
            (data::Error::Forbidden("unauthorized").into(), 403, r#"{"error":"unauthorized"}"#),
            (data::Error::Forbidden("Permission denied").into(), 403, r#"{"error":"Permission denied"}"#),
            (
                data::Error::Unavailable { reason: "audit_unavailable", retry_after: 5 }.into(),
                503,
                r#"{"code":1,"error":"audit_unavailable"}"#,
            ),
            (Failure::internal("secret"), 500, r#"{"code":1,"message":"Internal server error."}"#),
            (Failure::not_found(), 404, r#"{"error":"Not found"}"#),
            (Failure::Malformed("line 1".into()), 400, r#"{"error":"line 1"}"#),
            (Failure::Method("GET".into()), 405, r#"{"error":"Method not allowed"}"#),
        ];
        for (failure, status, body) in cases {
            assert_eq!(wire(failure), (status, body.to_owned()));
        }
    }

    #[test]
    fn only_the_key_failure_has_no_type_and_only_the_unavailable_says_when() {
        let headers = |failure: Failure| failure.reply().into_response().into_parts().0.headers;
        let keys = headers(data::Error::Forbidden("unauthorized").into());
        assert!(keys.get("content-type").is_none());
        let busy = headers(data::Error::Unavailable { reason: "x", retry_after: 5 }.into());
        assert_eq!(busy["retry-after"], "5");
        assert_eq!(busy["content-type"], "application/json; charset=utf-8");
        assert_eq!(headers(Failure::Method("GET, PUT".into()))["allow"], "GET, PUT");
        let cut = headers(Failure::Broken(StatusCode::PAYLOAD_TOO_LARGE, "request entity too large"));
        assert_eq!(cut["connection"], "close");
    }

    #[test]
    fn a_batch_tells_codes_and_keeps_what_broke_to_itself() {
        let told = |failure: Failure| serde_json::to_string(&failure.in_batch()).unwrap();
        assert_eq!(told(Failure::internal("secret")), r#"{"code":1,"error":"Internal server error."}"#);
        assert_eq!(
            told(data::Error::Forbidden("Permission denied").into()),
            r#"{"code":119,"error":"Permission denied"}"#
        );
        assert_eq!(
            told(ParseError::object_not_found().into()),
            r#"{"code":101,"error":"Object not found."}"#
        );
    }
}
