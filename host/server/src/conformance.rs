#![doc = include_str!("conformance/README.md")]

mod clock;
mod control;
mod front;
mod options;
mod stage;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::Parser;
use tokio::sync::watch;

use crate::{
    cli::{self, print},
    exit::Exit,
    folder::Folder,
    logging, serve,
    stop::Stop,
};
use stage::Stage;

/// A Parapet that test suites empty, reconfigure and move through time. Never for data that anybody cares about.
#[derive(Debug, Parser)]
#[command(name = "parapet-conformance", version)]
struct Cli {
    /// The port of the Parse API; 0 takes a free one.
    #[arg(long, default_value_t = 8378)]
    port: u16,
    /// The port of the control routes; 0 takes a free one.
    #[arg(long, default_value_t = 8379)]
    control_port: u16,
    /// The data folder. Default: one that goes with the process.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The database that the base names. Default: the embedded one.
    #[arg(long, value_name = "URI")]
    database_uri: Option<String>,
    /// What is logged, as levels by target.
    #[arg(long, default_value = "warn")]
    log: String,
}

/// Does what the arguments of the process ask for.
pub fn main() -> ExitCode {
    let done = cli::block_on(run(Cli::parse()));
    done.map_or_else(cli::fail, |()| ExitCode::SUCCESS)
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    let mut stop = Stop::listen()?;
    let temporary = match cli.data_dir {
        Some(_) => None,
        None => Some(tempfile::tempdir().context(Exit::Folder)?),
    };
    let mut base = options::base();
    base.server.port = cli.port;
    base.server.log = cli.log;
    base.database.uri = cli.database_uri;
    if let Some(folder) = cli.data_dir.or_else(|| Some(temporary.as_ref()?.path().join("data"))) {
        base.server.data_dir = folder;
    }
    logging::start(&base.server).context(Exit::Settings)?;
    let folder = Folder::open(&base.server.data_dir).context(Exit::Folder)?;
    let here = |port| SocketAddr::new(base.server.host, port);
    let parse = serve::bind(here(cli.port)).context(Exit::Address)?;
    let control = serve::bind(here(cli.control_port)).context(Exit::Address)?;
    let (address, mount) = (parse.local_addr()?, base.rest.mount_path.clone());
    let control_address = control.local_addr()?;

    let server = base.server.clone();
    let (stage, front) = Stage::open(base).await?;
    let running = stage.running().clone();
    let stage = control::Shared::new(stage);
    print::line(format!("Parapet listens on http://{address}{mount}"));
    print::line(format!("control listens on http://{control_address}"));

    let (tell, told) = watch::channel(false);
    tokio::spawn(async move {
        stop.next().await;
        let _ = tell.send(true);
    });
    let stopped = |mut told: watch::Receiver<bool>| async move {
        let _ = told.wait_for(|stopped| *stopped).await;
    };
    let (idle, routes) = (rest::Running::default(), control::router(stage.clone()));
    tokio::join!(
        serve::answer(&front, parse, &server, &running, stopped(told.clone())),
        serve::answer(&routes, control, &server, &idle, stopped(told)),
    );
    stage.close().await?;
    drop((folder, temporary));
    Ok(())
}
