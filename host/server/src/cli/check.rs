//! `parapet check`: what would `serve` run with?

mod lacks;

use anyhow::Context as _;
use clap::Args;

use super::{Settings, block_on, print};
use crate::{
    config::{self, Place},
    exit::Exit,
    keyfile, wire,
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

impl Check {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let config = self.settings.load()?;
        print::line(config::show(&config).trim_end());
        print::line("");
        let database = config.database_place().context(Exit::Settings)?;
        config.rest.check().context(Exit::Settings)?;
        let problems = config.plugin.problems();
        if !problems.is_empty() {
            return Err(anyhow::anyhow!("{}", problems.join("; "))).context(Exit::Settings);
        }
        crate::logging::check(&config.server).context(Exit::Settings)?;

        let folder = &config.server.data_dir;
        let told = config.keys.app_id.is_some() && config.keys.master.is_some();
        let kept = if told { None } else { keyfile::read(folder).context(Exit::Settings)? };
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
        print::line(format!("data folder  {}{}", folder.display(), state(folder.is_dir())));
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
        let features = block_on(wire::survey(&config))?;
        let lacks = lacks::lines(&features);
        if lacks.is_empty() {
            print::line("offers       everything");
        }
        lacks.iter().for_each(print::line);
        Ok(())
    }
}
