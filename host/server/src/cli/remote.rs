//! A running server, as the command line reaches it: over REST, with the master key.

use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use reqwest::{Method, StatusCode};
use serde_json::Value as Json;

use super::Settings;
use crate::{config::Environment, exit::Exit, folder, keyfile};

/// Says which server to talk to, and with which keys.
///
/// Keys come from the options, else from the environment, else from the settings file, else from the
/// key file of the data folder. Other users of a machine can see options: prefer one of the others.
#[derive(Debug, Clone, Args)]
pub(crate) struct Target {
    /// The server, without its mount path. Default: PARAPET_SERVER, or this machine's as the settings have it.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// The application id. Default: PARSE_SERVER_APPLICATION_ID, or the key file's.
    #[arg(long, value_name = "ID")]
    app_id: Option<String>,
    /// The master key. Default: PARSE_SERVER_MASTER_KEY, or the key file's.
    #[arg(long, value_name = "KEY", hide_default_value = true)]
    master_key: Option<String>,
    #[command(flatten)]
    settings: Settings,
}

/// A server that can be asked.
pub(crate) struct Remote {
    base: String,
    app_id: String,
    master_key: String,
    client: reqwest::Client,
}

impl Target {
    /// Finds the server's address and keys.
    ///
    /// # Errors
    /// Keys that are nowhere to be found, and an address that isn't plain HTTP.
    pub(crate) fn open(&self) -> anyhow::Result<Remote> {
        let environment = Environment::of_process();
        let config = self.settings.load()?;
        let base = match self.server.as_deref().or_else(|| environment.text("PARAPET_SERVER")) {
            Some(server) => server.trim_end_matches('/').to_owned(),
            None => format!("http://{}", std::net::SocketAddr::new(config.server.host, config.server.port)),
        };
        if !base.starts_with("http://") {
            bail!(
                "the server is reached over plain http:// on a machine you trust, or through a tunnel to it"
            );
        }
        let files = [
            environment.config_file_or(self.settings.config.as_deref()).map(|file| (file, Some("keys"))),
            Some((keyfile::path(&config.server.data_dir), None)),
        ];
        let find = |option: &Option<String>, variable: &str, name: &str| -> anyhow::Result<String> {
            if let Some(given) = option.as_deref().or_else(|| environment.text(variable)) {
                return Ok(given.to_owned());
            }
            for (file, section) in files.iter().flatten() {
                if let Some(found) = read_key(file, *section, name)? {
                    return Ok(found);
                }
            }
            Err(anyhow!("{variable} isn't set, and no key file was found: say where with --data-dir"))
                .context(Exit::Settings)
        };
        Ok(Remote {
            app_id: find(&self.app_id, "PARSE_SERVER_APPLICATION_ID", "app_id")?,
            master_key: find(&self.master_key, "PARSE_SERVER_MASTER_KEY", "master")?,
            base,
            client: reqwest::Client::builder().no_proxy().build()?,
        })
    }
}

/// Reads one key of a file; its other content is never quoted.
fn read_key(file: &Path, section: Option<&str>, name: &str) -> anyhow::Result<Option<String>> {
    // A settings file may be public; the key file never.
    let text = match section {
        Some(_) => std::fs::read_to_string(file).ok(),
        None => folder::read_private(file)?,
    };
    let Some(text) = text else { return Ok(None) };
    let Ok(table) = text.parse::<toml::Table>() else {
        bail!("{} isn't TOML", file.display());
    };
    let table = match section {
        Some(section) => table.get(section).and_then(toml::Value::as_table).cloned().unwrap_or_default(),
        None => table,
    };
    Ok(table.get(name).and_then(toml::Value::as_str).map(str::to_owned))
}

/// What is sent with a request.
pub(crate) enum Sent {
    /// Nothing.
    Nothing,
    /// A JSON document.
    Json(Json),
    /// A component.
    Component(Vec<u8>),
}

impl Remote {
    /// Asks the server and reads its JSON answer.
    ///
    /// # Errors
    /// [`Exit::Unreachable`] when nobody answers, [`Exit::Refused`] with the server's words when it says no.
    pub(crate) async fn ask(&self, method: Method, path: &str, sent: Sent) -> anyhow::Result<Json> {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.base))
            .header("X-Parse-Application-Id", &self.app_id)
            .header("X-Parse-Master-Key", &self.master_key);
        request = match sent {
            Sent::Nothing => request,
            Sent::Json(json) => request.json(&json),
            Sent::Component(bytes) => request.header("Content-Type", "application/wasm").body(bytes),
        };
        let answer = request.send().await.map_err(|error| {
            let why = if error.is_connect() { "is it running?" } else { "the connection broke" };
            anyhow!("{}: {why}", self.base).context(Exit::Unreachable)
        })?;
        let status = answer.status();
        let body = answer.bytes().await.context(Exit::Unreachable)?;
        let json: Json = serde_json::from_slice(&body).unwrap_or(Json::Null);
        if status.is_success() {
            return Ok(json);
        }
        Err(anyhow!("{}", refusal(status, &json))).context(Exit::Refused)
    }
}

/// The server's no in one line.
fn refusal(status: StatusCode, json: &Json) -> String {
    let said = json.get("error").and_then(Json::as_str);
    match (status, said) {
        (StatusCode::FORBIDDEN, _) => {
            "the application id or the master key is wrong, or isn't accepted from this address".to_owned()
        }
        (_, Some(said)) => said.to_owned(),
        (StatusCode::NOT_FOUND, None) => "there is no Parapet at this address".to_owned(),
        (status, None) => format!("status {status}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_files_and_nothing_else_of_them_is_said() {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join("keys.toml");
        assert_eq!(read_key(&file, None, "master").unwrap(), None);
        folder::write_private(&file, b"app_id = \"a\"\nmaster = \"m\"\n[keys]\nmaster = \"deep\"\n").unwrap();
        assert_eq!(read_key(&file, None, "master").unwrap().as_deref(), Some("m"));
        assert_eq!(read_key(&file, Some("keys"), "master").unwrap().as_deref(), Some("deep"));
        assert_eq!(read_key(&file, Some("none"), "master").unwrap(), None);
        folder::write_private(&file, b"master = hunter2").unwrap();
        assert!(!format!("{:#}", read_key(&file, None, "master").unwrap_err()).contains("hunter2"));
    }

    #[test]
    fn a_no_is_told_in_the_server_s_words() {
        let json = serde_json::json!({"code": 101, "error": "no such plugin"});
        assert_eq!(refusal(StatusCode::NOT_FOUND, &json), "no such plugin");
        assert_eq!(refusal(StatusCode::NOT_FOUND, &Json::Null), "there is no Parapet at this address");
        assert!(refusal(StatusCode::FORBIDDEN, &json).contains("master key"));
        assert_eq!(refusal(StatusCode::BAD_GATEWAY, &Json::Null), "status 502 Bad Gateway");
    }
}
