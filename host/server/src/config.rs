//! The settings of the whole server: a struct of every crate's own settings.

mod database;
mod environment;
mod file;
mod keys;
mod schema;
mod sections;
mod show;
pub(crate) mod suggest;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Deserialize;

pub use database::{Database, Place};
pub use environment::{Environment, user_name};
pub use keys::Keys;
pub use schema::Schema;
pub use sections::{LogFormat, Server};
pub use show::show;

/// Is everything a server is told: the defaults, then one TOML file, then the environment.
///
/// Each part belongs to the crate that acts on it. Names that nobody knows are refused, since a
/// misspelt privacy setting would otherwise be a setting that silently isn't there.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the server listens, where its data lie, what it logs.
    pub server: Server,
    /// The application's keys; what is missing is made at the first start.
    pub keys: Keys,
    /// How the door behaves: limits, sessions, classes.
    pub data: data::Config,
    /// How the REST API is reached and what it takes.
    pub rest: rest::Config,
    /// How much plugins may use.
    pub plugin: plugin::Config,
    /// Where the audit trail lies, and how it is kept.
    pub audit: audit::Config,
    /// Which backend keeps the objects.
    pub database: Database,
    /// Which classes there are, if the settings say so.
    pub schema: Schema,
}

impl Config {
    /// Reads the file, if one is named, and then the environment, which wins.
    ///
    /// # Errors
    /// A file that can't be read or holds a name or a value that isn't understood, and an
    /// environment name that nobody knows. No text quotes a secret.
    pub fn load(file: Option<&Path>, environment: &Environment) -> anyhow::Result<Config> {
        let mut config = match environment.config_file_or(file) {
            Some(path) => file::read(&path)?,
            None => Config::default(),
        };
        environment.apply(&mut config).context("the environment")?;
        Ok(config)
    }

    /// Checks what can be checked without opening anything, and reads the definitions of classes.
    ///
    /// # Errors
    /// The first setting that can't be used.
    pub(crate) fn check(&self) -> anyhow::Result<Option<data::Definitions>> {
        self.server.check().context("server")?;
        self.data.check().context("data")?;
        self.rest.check().context("rest")?;
        let problems = self.plugin.problems();
        anyhow::ensure!(problems.is_empty(), "{}", problems.join("; "));
        self.database.check(&self.database_place()?)?;
        self.schema.read(&self.server.data_dir)
    }

    /// The folder inside the data folder that holds key material of the server itself.
    pub fn keys_dir(&self) -> PathBuf {
        self.server.data_dir.join("keys")
    }

    /// The folder of the audit trail; a relative one lies in the data folder.
    pub fn audit_dir(&self) -> PathBuf {
        self.server.data_dir.join(&self.audit.dir)
    }

    /// The folder of the trail's keys; a relative one lies in the data folder.
    pub fn audit_keys_dir(&self) -> PathBuf {
        self.server.data_dir.join(&self.audit.keys_dir)
    }

    /// Where the objects are kept.
    ///
    /// # Errors
    /// A URI of a backend that this server doesn't have.
    pub fn database_place(&self) -> anyhow::Result<Place> {
        self.database.place(&self.server.data_dir)
    }
}

/// Parses the text of a key file: the same names as the section `keys`.
///
/// # Errors
/// What isn't understood, with its line; nothing is quoted.
pub(crate) fn parse_keys(text: &str) -> anyhow::Result<Keys> {
    toml::from_str(text).map_err(|error| file::explain(text, &error))
}
