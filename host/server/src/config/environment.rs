//! The environment: the one file that reads it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, anyhow, bail};
use auth::Secret;

use super::{Config, suggest};

/// Applies one variable's text to the settings; an error says what is expected, not what was given.
type Apply = fn(&mut Config, &str) -> anyhow::Result<()>;

/// Every name that is understood, and what it sets.
const NAMES: &[(&str, Apply)] = &[
    ("PORT", |config, text| set(&mut config.server.port, text, "a port number")),
    ("PARAPET_ALLOW_CLIENT_ROLE_CREATION", |config, text| {
        flag(&mut config.data.allow_client_role_creation, text)
    }),
    ("PARAPET_CONFIG", |_, _| Ok(())),
    ("PARAPET_DATA_DIR", |config, text| set(&mut config.server.data_dir, text, "a folder")),
    ("PARAPET_HOST", |config, text| set(&mut config.server.host, text, "an IP address")),
    ("PARAPET_LOG", |config, text| set(&mut config.server.log, text, "levels by target")),
    // Read by the command line's client side, not by the server.
    ("PARAPET_SERVER", |_, _| Ok(())),
    ("PARSE_SERVER_APPLICATION_ID", |config, text| given(&mut config.keys.app_id, text)),
    ("PARSE_SERVER_MASTER_KEY", |config, text| secret(&mut config.keys.master, text)),
    ("PARSE_SERVER_READ_ONLY_MASTER_KEY", |config, text| secret(&mut config.keys.read_only_master, text)),
    ("PARSE_SERVER_MAINTENANCE_KEY", |config, text| secret(&mut config.keys.maintenance, text)),
    ("PARSE_SERVER_REST_API_KEY", |config, text| secret(&mut config.keys.rest, text)),
    ("PARSE_SERVER_JAVASCRIPT_KEY", |config, text| secret(&mut config.keys.javascript, text)),
    ("PARSE_SERVER_CLIENT_KEY", |config, text| secret(&mut config.keys.client, text)),
    ("PARSE_SERVER_DOT_NET_KEY", |config, text| secret(&mut config.keys.dot_net, text)),
    ("PARSE_SERVER_MASTER_KEY_IPS", |config, text| given(&mut config.keys.master_ips, text)),
    ("PARSE_SERVER_READ_ONLY_MASTER_KEY_IPS", |config, text| {
        given(&mut config.keys.read_only_master_ips, text)
    }),
    ("PARSE_SERVER_MAINTENANCE_KEY_IPS", |config, text| given(&mut config.keys.maintenance_ips, text)),
    ("PARSE_SERVER_HOST", |config, text| set(&mut config.server.host, text, "an IP address")),
    ("PARSE_SERVER_MOUNT_PATH", |config, text| set(&mut config.rest.mount_path, text, "a path")),
    ("PARSE_SERVER_DATABASE_URI", |config, text| given(&mut config.database.uri, text)),
    ("PARSE_SERVER_COLLECTION_PREFIX", |config, text| {
        set(&mut config.database.mongodb.prefix, text, "the start of a name")
    }),
    ("PARSE_SERVER_OBJECT_ID_SIZE", |config, text| set(&mut config.data.object_id_size, text, "a number")),
    ("PARSE_SERVER_CONVERT_EMAIL_TO_LOWERCASE", |config, text| {
        flag(&mut config.data.convert_email_to_lowercase, text)
    }),
    ("PARSE_SERVER_CONVERT_USERNAME_TO_LOWERCASE", |config, text| {
        flag(&mut config.data.convert_username_to_lowercase, text)
    }),
    ("PARSE_SERVER_EXTEND_SESSION_ON_USE", |config, text| flag(&mut config.data.extend_session_on_use, text)),
    ("PARSE_SERVER_ALLOW_CLIENT_CLASS_CREATION", |config, text| {
        flag(&mut config.data.allow_client_class_creation, text)
    }),
    ("PARSE_SERVER_ALLOW_CUSTOM_OBJECT_ID", |config, text| {
        flag(&mut config.data.allow_custom_object_id, text)
    }),
    ("PARSE_SERVER_ENFORCE_PRIVATE_USERS", |config, text| flag(&mut config.data.enforce_private_users, text)),
    ("PARSE_SERVER_DEFAULT_LIMIT", |config, text| set(&mut config.data.default_limit, text, "a number")),
    ("PARSE_SERVER_MAX_LIMIT", |config, text| set(&mut config.data.max_limit, text, "a number")),
    ("PARSE_SERVER_SESSION_LENGTH", |config, text| set(&mut config.data.session_length, text, "seconds")),
    ("PARSE_SERVER_EXPIRE_INACTIVE_SESSIONS", |config, text| {
        flag(&mut config.data.expire_inactive_sessions, text)
    }),
    ("PARSE_SERVER_REVOKE_SESSION_ON_PASSWORD_RESET", |config, text| {
        flag(&mut config.data.revoke_session_on_password_reset, text)
    }),
];

/// Holds the variables that concern the server, as they stood when it started.
///
/// Its `Debug` shows names, not what they hold.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, OsString>);

impl Environment {
    /// Takes the variables of this process.
    pub fn of_process() -> Environment {
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect()
    }

    /// The settings file: the given one, else the one that the environment names.
    pub(crate) fn config_file_or(&self, given: Option<&Path>) -> Option<PathBuf> {
        given.map(Path::to_owned).or_else(|| self.config_file())
    }

    fn config_file(&self) -> Option<PathBuf> {
        self.0.get("PARAPET_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from)
    }

    /// The text of a variable for the command line's client side; `None` if unset, empty or not Unicode.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.to_str().filter(|text| !text.is_empty())
    }

    /// Writes the variables over the settings.
    pub(super) fn apply(&self, config: &mut Config) -> anyhow::Result<()> {
        for (name, value) in &self.0 {
            let Some((_, apply)) = NAMES.iter().find(|(known, _)| known == name) else {
                let hint = meant(name).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
                bail!("{name} is no setting of this server{hint}");
            };
            let text = value.to_str().ok_or_else(|| anyhow!("{name} is not valid Unicode"))?;
            if text.trim().is_empty() {
                bail!("{name} is empty: unset it, or give it a value");
            }
            apply(config, text).with_context(|| name.clone())?;
        }
        Ok(())
    }
}

impl<N: Into<String>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    /// Keeps what concerns the server: `PORT`, `PARAPET_*`, `PARSE_SERVER_*`.
    fn from_iter<T: IntoIterator<Item = (N, V)>>(variables: T) -> Environment {
        let concerns =
            |name: &str| name == "PORT" || name.starts_with("PARAPET_") || name.starts_with("PARSE_SERVER_");
        let all = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        Environment(all.filter(|(name, _)| concerns(name)).collect())
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The user of this terminal, as the shell has it.
pub fn user_name() -> Option<String> {
    ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()))
}

/// Finds the known name that is nearest, judged without the prefix that all share.
fn meant(name: &str) -> Option<&'static str> {
    let bare = |name: &str| {
        let short = name.strip_prefix("PARSE_SERVER_").or_else(|| name.strip_prefix("PARAPET_"));
        short.unwrap_or(name).to_owned()
    };
    let known: Vec<String> = NAMES.iter().map(|(known, _)| bare(known)).collect();
    let near = suggest::nearest(&bare(name), known.iter().map(String::as_str))?;
    let same = NAMES.iter().map(|(known, _)| *known).filter(|known| bare(known) == near);
    // Of PARAPET_HOST and PARSE_SERVER_HOST the one that begins alike.
    same.max_by_key(|known| known.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count())
}

fn set<T: FromStr>(field: &mut T, text: &str, expected: &str) -> anyhow::Result<()> {
    *field = text.trim().parse().map_err(|_| anyhow!("{expected} is expected"))?;
    Ok(())
}

fn given<T: FromStr>(field: &mut Option<T>, text: &str) -> anyhow::Result<()>
where
    T::Err: std::fmt::Display,
{
    *field = Some(text.parse().map_err(|error: T::Err| anyhow!("{error}"))?);
    Ok(())
}

fn secret(field: &mut Option<Secret>, text: &str) -> anyhow::Result<()> {
    *field = Some(Secret::new(text));
    Ok(())
}

fn flag(field: &mut bool, text: &str) -> anyhow::Result<()> {
    *field = match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" => true,
        "false" | "0" => false,
        _ => bail!("true or false is expected"),
    };
    Ok(())
}
