//! What the administration answers.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::Code;
use serde::Serialize;
use serde_json::json;

/// Why there is no success to tell of.
#[derive(Debug)]
pub(super) enum Failure {
    /// Wrong keys or a wrong address: nothing more is said.
    Unauthorized,
    /// The body is larger than it may be.
    TooLarge,
    /// What the door or the plugin host said.
    Data(data::Error),
}

impl From<data::Error> for Failure {
    fn from(error: data::Error) -> Failure {
        match error {
            data::Error::Forbidden(_) => Failure::Unauthorized,
            other => Failure::Data(other),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let error = match self {
            Failure::Unauthorized => return answer(StatusCode::FORBIDDEN, &json!({"error": "unauthorized"})),
            Failure::TooLarge => {
                let mut response =
                    answer(StatusCode::PAYLOAD_TOO_LARGE, &json!({"error": "the body is too large"}));
                // The rest of it is still on the way.
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                return response;
            }
            Failure::Data(error) => error,
        };
        match error {
            data::Error::Ungranted => answer(
                StatusCode::FORBIDDEN,
                &json!({"code": error.code().number(), "error": data::PERMISSION_DENIED}),
            ),
            data::Error::Refused(error)
            | data::Error::Denied(error)
            | data::Error::Vetoed(error)
            | data::Error::Withheld(error) => {
                let status = match error.code {
                    Code::ObjectNotFound => StatusCode::NOT_FOUND,
                    Code::DuplicateValue => StatusCode::CONFLICT,
                    code => StatusCode::from_u16(code.status()).unwrap_or(StatusCode::BAD_REQUEST),
                };
                answer(status, &json!({"code": error.code.number(), "error": error.message}))
            }
            data::Error::Forbidden(_) => answer(StatusCode::FORBIDDEN, &json!({"error": "unauthorized"})),
            data::Error::Unavailable { reason, retry_after } => {
                let mut response =
                    answer(StatusCode::SERVICE_UNAVAILABLE, &json!({"code": 1, "error": reason}));
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after));
                response
            }
            data::Error::Internal(what) => {
                tracing::error!(%what, "a request to the administration failed");
                answer(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    &json!({"code": 1, "error": "Internal server error."}),
                )
            }
        }
    }
}

/// A JSON answer that no cache keeps.
pub(super) fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    let Ok(bytes) = serde_json::to_vec(body) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (status, headers, bytes).into_response()
}
