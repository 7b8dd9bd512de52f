//! The control routes, for this machine alone.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use http::StatusCode;
use serde_json::{Map as JsonMap, Value as Json, json};
use tokio::sync::Mutex;

use super::{options, stage::Stage};

/// The stage, which one request at a time may change.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<Option<Stage>>>);

impl Shared {
    pub(super) fn new(stage: Stage) -> Shared {
        Shared(Arc::new(Mutex::new(Some(stage))))
    }

    /// Closes the stage.
    pub(super) async fn close(&self) -> anyhow::Result<()> {
        match self.0.lock().await.take() {
            Some(stage) => stage.close().await,
            None => Ok(()),
        }
    }
}

/// Makes the control routes.
pub(super) fn router(stage: Shared) -> Router {
    Router::new()
        .route("/reset", post(reset))
        .route("/reconfigure", post(reconfigure))
        .route("/clock", post(clock))
        .route("/options", get(options))
        .with_state(stage)
}

async fn reset(State(shared): State<Shared>) -> Response {
    let mut stage = shared.0.lock().await;
    answer(match stage.as_mut() {
        Some(stage) => stage.reset().await.map(|()| json!({})),
        None => stopped(),
    })
}

async fn reconfigure(State(shared): State<Shared>, body: Bytes) -> Response {
    let mut stage = shared.0.lock().await;
    answer(match (stage.as_mut(), object(&body)) {
        (Some(stage), Ok(given)) => stage.reconfigure(given).await.map(|()| json!({})),
        (None, _) => stopped(),
        (_, Err(error)) => Err(error),
    })
}

async fn clock(State(shared): State<Shared>, body: Bytes) -> Response {
    let stage = shared.0.lock().await;
    let ms = object(&body).and_then(|given| {
        let ms = given.get("ms").and_then(Json::as_u64);
        ms.context("ms must be a whole number of milliseconds, not below 0")
    });
    answer(match (stage.as_ref(), ms) {
        (Some(stage), Ok(ms)) => Ok(json!({ "now": stage.forward(ms) })),
        (None, _) => stopped(),
        (_, Err(error)) => Err(error),
    })
}

async fn options() -> Response {
    answer(Ok(options::table()))
}

fn object(body: &[u8]) -> anyhow::Result<JsonMap<String, Json>> {
    if body.is_empty() {
        return Ok(JsonMap::new());
    }
    match serde_json::from_slice(body) {
        Ok(Json::Object(given)) => Ok(given),
        _ => bail!("the body must be a JSON object"),
    }
}

fn stopped() -> anyhow::Result<Json> {
    bail!("the server is stopping")
}

fn answer(done: anyhow::Result<Json>) -> Response {
    match done {
        Ok(body) => axum::Json(body).into_response(),
        Err(error) => {
            let body = json!({ "error": format!("{error:#}") });
            (StatusCode::INTERNAL_SERVER_ERROR, axum::Json(body)).into_response()
        }
    }
}
