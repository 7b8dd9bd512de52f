#![doc = include_str!("../README.md")]
#![allow(clippy::print_stdout, reason = "a table on the terminal is what this is for")]

mod against;
mod door;
mod drive;
mod figures;
mod guest;
mod host;
mod http;
mod operation;
mod site;
mod trail;

use clap::Parser;
use mimalloc::MiMalloc;

use crate::{against::Task, door::Name, operation::Operation};

/// As in the server.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// What is measured, and for how long.
#[derive(Debug, Parser)]
#[command(about = "Measures what plugins and the audit trail cost.")]
pub(crate) struct Options {
    /// A look whether everything runs: few requests, no figures to rely on.
    #[arg(long)]
    quick: bool,
    /// Only the plugin host and the trail, without HTTP.
    #[arg(long, conflicts_with = "http")]
    host: bool,
    /// Only over HTTP.
    #[arg(long)]
    http: bool,
    /// Beside the reference server, both on one PostgreSQL: `parse-server`.
    #[arg(long, value_name = "PEER", value_parser = ["parse-server"], conflicts_with_all = ["host", "http"])]
    against: Option<String>,
    /// How long one measurement takes, in seconds.
    #[arg(long, default_value_t = 3)]
    seconds: u32,
    /// How many rounds the medians are taken of.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Connections, as a list.
    #[arg(long, value_delimiter = ',', default_value = "1,16,64")]
    connections: Vec<u32>,
    /// What is asked, as a list; everything when it is left out.
    #[arg(long, value_delimiter = ',')]
    operations: Vec<Operation>,
    /// What is asked beside the reference server, as a list; everything when it is left out.
    #[arg(long, value_delimiter = ',', requires = "against")]
    tasks: Vec<Task>,
    /// Of which shapes of the server, as a list; of all when it is left out. For a profile of one of them.
    #[arg(long, value_delimiter = ',')]
    shapes: Vec<Name>,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    if cfg!(debug_assertions) && !options.quick {
        println!("This is a debug build: only ratios of its figures mean anything, and not much.\n");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let component = guest::build()?;
        if options.against.is_some() {
            return against::measure(&component, &options).await;
        }
        if !options.http {
            host::measure(&component, &options).await?;
            trail::measure(&options).await?;
        }
        if !options.host {
            http::measure(&component, &options).await?;
        }
        anyhow::Ok(())
    })
}
