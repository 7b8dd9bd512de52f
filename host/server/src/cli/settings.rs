//! The options that say which settings a command works with.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use crate::{
    config::{Config, Environment},
    exit::Exit,
};

/// Says where the settings are.
#[derive(Debug, Clone, Default, Args)]
pub struct Settings {
    /// The settings file (TOML). Default: what PARAPET_CONFIG names, or none.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The data folder. Default: what the settings say, or ./parapet-data.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

impl Settings {
    /// Loads the settings: the file, then the environment, then these options.
    ///
    /// # Errors
    /// What isn't understood.
    pub fn load(&self) -> anyhow::Result<Config> {
        let environment = Environment::of_process();
        let mut config = Config::load(self.config.as_deref(), &environment).context(Exit::Settings)?;
        if let Some(folder) = &self.data_dir {
            config.server.data_dir.clone_from(folder);
        }
        Ok(config)
    }
}
