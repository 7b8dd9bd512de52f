//! Who asks: the keys, token and circumstances in headers, basic authorisation, or the body itself.

use std::net::IpAddr;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use data::Credentials;
use http::{HeaderMap, header};
use model::Code;
use serde_json::{Map as JsonMap, Value as Json};

use crate::error::Failure;

#[cfg(test)]
mod tests;

/// The header in which a caller declares why it asks.
const PURPOSE: &str = "x-parapet-purpose";

/// Reads what a request shows of itself, and takes it out of the body.
///
/// The body is only asked when the headers name no application, or not the one that is served: the JavaScript
/// SDK sends everything there, so that browsers need no preflight. Whether the keys are right, the door decides.
///
/// # Errors
/// 107 when the context isn't an object.
pub(crate) fn read(
    headers: &HeaderMap,
    body: &mut JsonMap<String, Json>,
    address: Option<IpAddr>,
    app_id: Option<&str>,
) -> Result<Credentials, Failure> {
    let known = |id: &str| app_id.is_none_or(|app_id| app_id == id);
    let mut credentials = shown(headers, address, app_id);
    credentials.context = context(headers)?;
    // Unity sends it to say that a request has no body.
    body.remove("_noBody");
    if credentials.app_id.as_deref().is_some_and(known) {
        return Ok(credentials);
    }
    from_body(credentials, body)
}

/// Reads what the headers alone show, whatever the body is.
pub(crate) fn shown(headers: &HeaderMap, address: Option<IpAddr>, app_id: Option<&str>) -> Credentials {
    let known = |id: &str| app_id.is_none_or(|app_id| app_id == id);
    let mut credentials = from_headers(headers, address);
    if let Some(basic) = basic(headers).filter(|basic| known(&basic.app_id)) {
        credentials.app_id = Some(basic.app_id);
        match basic.key {
            Some(BasicKey::Master(key)) => credentials.master_key = Some(key),
            Some(BasicKey::JavaScript(key)) => credentials.javascript_key = Some(key),
            None => {}
        }
    }
    credentials
}

fn context(headers: &HeaderMap) -> Result<Option<JsonMap<String, Json>>, Failure> {
    let Some(value) = headers.get("x-parse-cloud-context") else { return Ok(None) };
    match serde_json::from_slice(value.as_bytes()) {
        Ok(Json::Object(context)) => Ok(Some(context)),
        _ => Err(bad_context()),
    }
}

fn from_headers(headers: &HeaderMap, address: Option<IpAddr>) -> Credentials {
    let text = |name: &str| {
        let value = std::str::from_utf8(headers.get(name)?.as_bytes()).ok()?;
        (!value.is_empty()).then(|| value.to_owned())
    };
    Credentials {
        app_id: text("x-parse-application-id"),
        master_key: text("x-parse-master-key"),
        maintenance_key: text("x-parse-maintenance-key"),
        rest_key: text("x-parse-rest-api-key"),
        javascript_key: text("x-parse-javascript-key"),
        client_key: text("x-parse-client-key"),
        dot_net_key: text("x-parse-windows-key"),
        session_token: text("x-parse-session-token"),
        installation: text("x-parse-installation-id"),
        client_version: text("x-parse-client-version"),
        request_id: text("x-parse-request-id"),
        purpose: text(PURPOSE),
        context: None,
        address,
        ignore_session: false,
    }
}

struct Basic {
    app_id: String,
    key: Option<BasicKey>,
}

enum BasicKey {
    Master(String),
    JavaScript(String),
}

fn basic(headers: &HeaderMap) -> Option<Basic> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (app_id, password) = decoded.split_once(':')?;
    let key = match password.strip_prefix("javascript-key=") {
        Some(key) => Some(BasicKey::JavaScript(key.to_owned())),
        None if password.is_empty() => None,
        None => Some(BasicKey::Master(password.to_owned())),
    };
    Some(Basic { app_id: app_id.to_owned(), key })
}

/// Takes the keys out of a body that a browser's SDK sent.
///
/// One that isn't text might be an operator of some database: such a request names no application at all,
/// so that the door refuses it and says so in the trail.
fn from_body(from_headers: Credentials, body: &mut JsonMap<String, Json>) -> Result<Credentials, Failure> {
    let mut texts = true;
    let mut take = |key: &str| match body.remove(key) {
        None | Some(Json::Null) => None,
        Some(Json::String(text)) => (!text.is_empty()).then_some(text),
        Some(_) => {
            texts = false;
            None
        }
    };
    let mut credentials = Credentials { app_id: take("_ApplicationId"), ..from_headers };
    let unnamed = credentials.app_id.is_none();
    credentials.javascript_key = take("_JavaScriptKey").or(credentials.javascript_key);
    credentials.client_version = take("_ClientVersion").or(credentials.client_version);
    credentials.installation = take("_InstallationId").or(credentials.installation);
    credentials.session_token = take("_SessionToken").or(credentials.session_token);
    credentials.master_key = take("_MasterKey").or(credentials.master_key);
    take("_ContentType");
    if unnamed || !texts {
        return Ok(Credentials {
            request_id: credentials.request_id,
            client_version: credentials.client_version,
            address: credentials.address,
            ..Credentials::default()
        });
    }
    body.remove("_RevocableSession");
    match body.remove("_context") {
        None | Some(Json::Null) => {}
        Some(Json::Object(context)) => credentials.context = Some(context),
        Some(Json::String(text)) => match serde_json::from_str(&text) {
            Ok(Json::Object(context)) => credentials.context = Some(context),
            _ => return Err(bad_context()),
        },
        Some(_) => return Err(bad_context()),
    }
    Ok(credentials)
}

fn bad_context() -> Failure {
    Failure::refused(Code::InvalidJson, "Invalid object for context.")
}
