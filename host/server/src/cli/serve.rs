//! `parapet serve`.

use std::io::IsTerminal as _;
use std::net::IpAddr;

use anyhow::Context as _;
use clap::Args;

use super::{Settings, block_on, print};
use crate::{
    exit::Exit,
    keyfile::Fresh,
    logging,
    serve::{self, Listening},
};

/// Runs the server until SIGTERM or SIGINT; a second one ends it at once.
#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    settings: Settings,
    /// The address to listen on.
    #[arg(long)]
    host: Option<IpAddr>,
    /// The port to listen on; 0 takes a free one.
    #[arg(long)]
    port: Option<u16>,
}

impl Serve {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let mut config = self.settings.load()?;
        config.server.host = self.host.unwrap_or(config.server.host);
        config.server.port = self.port.unwrap_or(config.server.port);
        logging::start(&config.server).context(Exit::Settings)?;
        block_on(serve::run(config, greet))
    }
}

/// Says where the server listens, and shows keys that were made just now, this once.
fn greet(listening: &Listening) {
    if let Some(fresh) = &listening.fresh {
        show(fresh);
    }
    print::line(format!("Parapet listens on {}", listening.url));
}

fn show(fresh: &Fresh) {
    // Where nobody looks on, output is kept as a log, and a key in a log isn't secret any more.
    if !std::io::stdout().is_terminal() {
        print::line(format!("Keys were made for this server: {}", fresh.file.display()));
        return;
    }
    print::line("These keys were made for this server. They are shown this once; the file keeps them:");
    print::line(format!("  {}", fresh.file.display()));
    for (name, key) in fresh.lines() {
        print::line(format!("  {name:<11}{key}"));
    }
}
