//! Who asks the administration: the application id and a key, straight from the caller's own address.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, request::Parts};
use data::{Context, Credentials, Data, Unheard};

use super::{plugins::PLUGINS, reply::Failure};

/// Headers by which a proxy says that it speaks for somebody else.
const FORWARDED: [&str; 3] = ["forwarded", "x-forwarded-for", "x-real-ip"];

/// Lets a request in, or says 403.
///
/// The administration is for this machine and its keepers: a request that came through a proxy is refused,
/// since behind one everybody seems to sit on this machine.
///
/// # Errors
/// Wrong keys, a wrong address, a proxy; all recorded.
pub(super) async fn enter(data: &Data, parts: &Parts) -> Result<Context, Failure> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let credentials = Credentials {
        app_id: header(&parts.headers, "x-parse-application-id"),
        request_id: header(&parts.headers, "x-parse-request-id"),
        address: peer.map(|ConnectInfo(peer)| peer.ip().to_canonical()),
        ignore_session: true,
        ..Credentials::default()
    };
    if FORWARDED.iter().any(|name| parts.headers.contains_key(*name)) {
        tracing::warn!("a request to the administration came through a proxy and was refused");
        // Its key isn't looked at: whatever came through a proxy proves nobody here.
        let cx = data.enter(credentials).await?;
        data.unheard(&cx, Unheard { asked: PLUGINS, rule: "proxied", code: None }).await?;
        return Err(Failure::Unauthorized);
    }
    let master_key = header(&parts.headers, "x-parse-master-key");
    Ok(data.enter(Credentials { master_key, ..credentials }).await?)
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}
