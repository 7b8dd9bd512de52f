//! `parapet check`: what would `serve` run with?

mod lacks;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::{Settings, block_on, print};
use crate::{
    config::{self, Place},
    exit::Exit,
    folder, keyfile, wire,
};

/// Loads everything that `serve` would, prints what it understood, looks at the database, and ends.
///
/// Nothing is made or changed: a server may be running. A database that can't be used is waited for no longer than
/// its `patience_ms`, twice at most.
#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    settings: Settings,
}

/// The lock that whoever uses a database file holds.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

impl Check {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let config = self.settings.load()?;
        print::line(config::show(&config).trim_end());
        print::line("");
        let database = config.database_place().context(Exit::Settings)?;
        config.check().context(Exit::Settings)?;
        crate::logging::check(&config.server).context(Exit::Settings)?;

        let data_dir = &config.server.data_dir;
        let told = config.keys.app_id.is_some() && config.keys.master.is_some();
        let kept = if told { None } else { keyfile::read(data_dir).context(Exit::Settings)? };
        let keys = match kept {
            Some(kept) => Some(config.keys.clone().or(kept)),
            None if told => Some(config.keys.clone()),
            None => None,
        };
        match keys {
            Some(keys) => {
                let keys = keys.resolve().context(Exit::Settings)?;
                let clients = [&keys.rest, &keys.javascript, &keys.client, &keys.dot_net];
                let count = clients.iter().filter(|key| key.is_some()).count();
                print::line(format!("application  {}", keys.app_id));
                print::line(format!(
                    "client keys  {count}{}",
                    if count == 0 { ": clients need none" } else { "" }
                ));
                print::line(format!("master key   accepted from {}", keys.master_ips));
            }
            None => print::line("keys         will be made at the first start"),
        }
        let state = |there: bool| if there { "" } else { " (will be made)" };
        let holder = folder::holder(data_dir);
        let held = holder.as_ref().map(|holder| format!(" (in use by a server, {holder})"));
        let held = held.unwrap_or_else(|| state(data_dir.is_dir()).to_owned());
        print::line(format!("data folder  {}{held}", data_dir.display()));
        folder::survey(data_dir).context(Exit::Folder)?;
        let made = match &database {
            Place::Sqlite(file) => state(file.is_file()),
            Place::Postgres(_) | Place::MongoDb(_) => "",
        };
        print::line(format!("database     {database}{made}"));
        print::line(format!(
            "trail        {}{}",
            config.audit_dir().display(),
            state(config.audit_dir().is_dir())
        ));
        if let Place::Sqlite(file) = &database
            && holder.is_none()
            && folder::is_held(&beside(file))
        {
            let text = format!(
                "another process uses {}: stop it first, two servers can't share an embedded database",
                file.display()
            );
            return Err(anyhow::anyhow!(text).context(Exit::Folder));
        }
        let features = block_on(wire::survey(&config))?;
        let lacks = lacks::lines(&features);
        if lacks.is_empty() {
            print::line("offers       everything");
        }
        lacks.iter().for_each(print::line);
        Ok(())
    }
}
