//! The command line: what can be asked of `parapet`, and who does it.

mod audit;
mod backup;
mod check;
mod plugin;
pub(crate) mod print;
mod remote;
mod serve;
mod settings;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::exit::Exit;
pub use settings::Settings;

const STATUSES: &str = "Exit statuses:
  0 done   1 failed   2 wrong usage   3 settings   4 data folder   5 address   6 the server said no
  7 no server answers   8 plugin not right   9 database   10-17 audit verify   130 stopped by a second signal";

/// Parapet: a Parse server with sandboxed plugins and a tamper-evident audit trail.
#[derive(Debug, Parser)]
#[command(name = "parapet", version, after_help = STATUSES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server until it is told to stop.
    Serve(serve::Serve),
    /// Loads everything that `serve` would, prints what it understood, looks at the database, and ends.
    Check(check::Check),
    /// Copies the embedded database into a new file, while a server may be using it.
    Backup(backup::Backup),
    /// Reads and verifies the audit trail.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Makes, builds and tries plugins, and manages those of a running server.
    #[command(subcommand)]
    Plugin(plugin::Plugin),
}

/// Does what the arguments of the process ask for.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Serve(serve) => serve.run(),
        Command::Check(check) => check.run(),
        Command::Backup(backup) => backup.run(),
        Command::Audit(audit) => return audit.run().unwrap_or_else(fail),
        Command::Plugin(plugin) => plugin.run(),
    };
    done.map_or_else(fail, |()| ExitCode::SUCCESS)
}

/// Says what went wrong and finds the status that goes with it.
pub(crate) fn fail(error: anyhow::Error) -> ExitCode {
    print::aside(format!("parapet: {error:#}"));
    ExitCode::from(Exit::of(&error).code())
}

/// Runs a future to its end on a runtime of its own.
pub(crate) fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(future)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
