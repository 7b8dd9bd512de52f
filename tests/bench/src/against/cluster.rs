//! The PostgreSQL that both servers use, as it is after an installation: durable.

use std::process::{Command, Stdio};

use anyhow::{Context as _, anyhow, bail};

/// The database that both servers use.
const DATABASE: &str = "bench";

/// A running cluster; dropping it stops it.
pub(crate) struct Cluster(servers::postgres::Cluster);

impl Cluster {
    /// Makes and starts one, and a database in it.
    ///
    /// # Errors
    /// A machine without PostgreSQL.
    pub(crate) fn start() -> anyhow::Result<Cluster> {
        let cluster = Cluster(servers::postgres::Cluster::start(&[]).map_err(|said| anyhow!(said))?);
        cluster.ask_in("postgres", &format!("CREATE DATABASE {DATABASE}"))?;
        Ok(cluster)
    }

    /// How servers reach the database.
    pub(crate) fn uri(&self) -> String {
        self.0.uri(DATABASE)
    }

    /// Carries out a statement and gives what it answers.
    ///
    /// # Errors
    /// A statement that fails.
    pub(crate) fn ask(&self, statement: &str) -> anyhow::Result<String> {
        self.ask_in(DATABASE, statement)
    }

    fn ask_in(&self, database: &str, statement: &str) -> anyhow::Result<String> {
        let mut psql = Command::new("psql");
        psql.args(["-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-c", statement]);
        run(psql.arg(self.0.uri(database)))
    }
}

/// Runs a program to its end and gives what it printed.
///
/// # Errors
/// A program that can't be run, or fails.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| name.clone())?;
    if !output.status.success() {
        bail!("{name} failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
