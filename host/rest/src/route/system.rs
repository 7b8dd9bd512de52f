//! The server's own state.

use std::sync::Arc;

use data::{Act, Error};
use http::{Method, StatusCode};
use serde_json::json;

use super::{Auth, Call, Handler, Row, row};
use crate::{
    hall::Hall,
    reply::{Answer, Reply},
};

/// The version of the reference whose protocol this is; dashboards and SDKs ask for it.
const PROTOCOL: &str = "9.10.0";

pub(super) const ROWS: &[Row] = &[
    Row {
        method: Method::GET,
        path: "/health",
        name: "health",
        auth: Auth::Nobody,
        later: false,
        ignores_session: true,
        handler: Handler::Keyless(|hall| Box::pin(health(hall))),
    },
    row!(GET "/serverInfo" Master server_info),
    row!(POST "/serverInfo" Master server_info),
];

async fn health(hall: Arc<Hall>) -> Answer {
    match hall.data.health().await {
        Ok(()) => Reply::ok(&json!({"status": "ok"})),
        Err(_) => Ok(Reply::json(StatusCode::SERVICE_UNAVAILABLE, &json!({"status": "error"}))?.retrying(1)),
    }
}

async fn server_info(call: Call) -> Answer {
    // A look at the server is an administrator's act: the door refuses everybody else, and records both.
    let look = call.hall.data.administer(&call.cx, Act::ServerInfo, "serverInfo", async { Ok(()) });
    look.await.map_err(|error| match error {
        Error::Forbidden(_) => Error::Forbidden("Permission denied"),
        other => other,
    })?;
    Reply::ok(&json!({
        "features": {
            "globalConfig": {"create": false, "read": false, "update": false, "delete": false},
            "hooks": {"create": false, "read": false, "update": false, "delete": false},
            "cloudCode": {"jobs": false},
            "logs": {"level": false, "size": false, "order": false, "until": false, "from": false},
            "push": {
                "immediatePush": false, "scheduledPush": false, "storedPushData": false, "pushAudiences": false,
                "localization": false,
            },
            "schemas": {
                "addField": true, "removeField": true, "addClass": true, "removeClass": true,
                "clearAllDataFromClass": true, "exportClass": false, "editClassLevelPermissions": true,
                "editPointerPermissions": true,
            },
            "settings": {"securityCheck": false},
        },
        "parseServerVersion": PROTOCOL,
        "parapetVersion": env!("CARGO_PKG_VERSION"),
    }))
}
