//! What stands on the Parse port while the server behind it is exchanged.

use axum::{
    Router,
    extract::{Request, State},
    response::Response,
};
use http::StatusCode;
use tokio::sync::watch;
use tower::ServiceExt as _;

/// The server that stands now; none while one is being built.
pub(super) type Now = watch::Receiver<Option<Router>>;

/// Makes a router that hands every request to whatever server stands, and waits for one when none does.
pub(super) fn router(now: Now) -> Router {
    Router::new().fallback(hand_on).with_state(now)
}

async fn hand_on(State(mut now): State<Now>, request: Request) -> Response {
    let router = now.wait_for(Option::is_some).await.ok().and_then(|router| router.clone());
    let Some(router) = router else {
        let mut gone = Response::default();
        *gone.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        return gone;
    };
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
