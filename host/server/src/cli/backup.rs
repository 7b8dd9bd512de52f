//! `parapet backup`: a copy of the embedded database while it is used.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use storage_sql::Sqlite;

use super::{Settings, block_on, print};
use crate::{config::Place, exit::Exit, folder};

/// Copies the embedded database into a new file, of one moment, while a server may be using it; reads the copy through.
///
/// Users, objects, classes and sessions are in it, readable for whoever has it: keep it as private as the data. Not in it:
/// the audit trail, the keys and the plugins, which are files of the data folder.
#[derive(Debug, Args)]
pub(super) struct Backup {
    #[command(flatten)]
    settings: Settings,
    /// The file to make; one that is there isn't touched.
    file: PathBuf,
}

impl Backup {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let config = self.settings.load()?;
        let instead = |tool: &str| {
            anyhow::anyhow!(
                "only the embedded database is copied so: use {tool} for the one that the settings name"
            )
        };
        let path = match config.database_place().context(Exit::Settings)? {
            Place::Sqlite(path) => path,
            Place::Postgres(_) => return Err(instead("pg_dump").context(Exit::Settings)),
            Place::MongoDb(_) => return Err(instead("mongodump").context(Exit::Settings)),
        };
        // A name that is taken is the commonest slip, and what is there may be the only other copy.
        if self.file.symlink_metadata().is_ok() {
            bail!("{} exists: name a file that doesn't", self.file.display());
        }
        match path.metadata() {
            Ok(found) if found.is_file() => {}
            Ok(_) => return Err(anyhow::anyhow!("{} isn't a file", path.display()).context(Exit::Folder)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let text = format!(
                    "there is no database in {}: --data-dir or --config say where it is",
                    path.display()
                );
                return Err(anyhow::anyhow!(text).context(Exit::Folder));
            }
            Err(error) => {
                return Err(folder::explain(&error)
                    .context(path.display().to_string())
                    .context(Exit::Folder));
            }
        }
        let settings = storage_sql::Config { path: path.clone(), ..config.database.sqlite.clone() };
        block_on(async { Ok(Sqlite::copy(&settings, &self.file).await?) })?;
        let bytes = self.file.metadata().map(|made| made.len()).unwrap_or_default();
        print::line(format!("{} is a whole copy of {} ({bytes} bytes)", self.file.display(), path.display()));
        Ok(())
    }
}
