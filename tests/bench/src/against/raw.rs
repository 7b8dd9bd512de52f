//! What the database does of itself: the same statements without any server.

use std::io::Write as _;
use std::process::Command;

use anyhow::Context as _;

use super::{
    cluster::{Cluster, run},
    task::Site,
};
use crate::guest::CLASS;

/// How many connections ask.
const CONNECTIONS: &str = "16";

/// Measures the statements behind a get, a find, a create and an update, per second.
///
/// # Errors
/// A statement that fails.
pub(crate) fn measure(
    cluster: &Cluster,
    site: &Site,
    seconds: u32,
) -> anyhow::Result<Vec<(&'static str, f64)>> {
    let ids: Vec<String> = site.ids.iter().take(100).map(|id| format!("'{id}'")).collect();
    let id = format!("(ARRAY[{}])[:i]", ids.join(","));
    let scripts = [
        (
            "SELECT one by id",
            format!("\\set i random(1, {})\nSELECT * FROM \"{CLASS}\" WHERE \"objectId\" = {id};", ids.len()),
        ),
        ("SELECT 100", format!("SELECT * FROM \"{CLASS}\" LIMIT 100;")),
        (
            "INSERT one",
            format!(
                "INSERT INTO \"{CLASS}\" (\"objectId\", \"createdAt\", \"updatedAt\", name, \"nameKey\", ssn, ward, weight) \
                 VALUES (substr(md5(random()::text), 1, 10) || random()::text, now(), now(), 'Ada', 'ada', '756', 'B3', 61.5);"
            ),
        ),
        (
            "UPDATE one by id",
            format!(
                "\\set i random(1, {})\nUPDATE \"{CLASS}\" SET weight = 62, \"updatedAt\" = now() WHERE \"objectId\" = {id};",
                ids.len()
            ),
        ),
    ];
    let mut rates = Vec::new();
    for (name, script) in scripts {
        let mut file = tempfile::Builder::new().suffix(".sql").tempfile()?;
        file.write_all(script.as_bytes())?;
        let mut pgbench = Command::new("pgbench");
        pgbench.args([
            "-n",
            "-M",
            "prepared",
            "-c",
            CONNECTIONS,
            "-j",
            "1",
            "-T",
            &seconds.to_string(),
            "-f",
        ]);
        let said = run(pgbench.arg(file.path()).arg(cluster.uri()))?;
        let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        rates.push((name, rate.with_context(|| format!("pgbench printed no rate: {said}"))?));
    }
    Ok(rates)
}
