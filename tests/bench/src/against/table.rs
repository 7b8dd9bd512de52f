//! How the figures are shown.

use super::{Row, server::Server};
use crate::figures::Figures;

/// Shows one task at one number of connections.
pub(crate) fn row(row: &Row) {
    let name = format!("{}, {} connections", row.task.name(), row.connections);
    println!("{name:36}{:>12}{:>12}{:>12}", "req/s", "p50", "p99");
    for (server, Figures { rate, p50, p99, .. }) in [("parse-server", row.peer), ("Parapet", row.ours)] {
        println!("  {server:34}{rate:>12.0}{:>12}{:>12}", format!("{p50:.2?}"), format!("{p99:.2?}"));
    }
    println!("  {:34}{:>11.1}x", "ratio", ratio(row));
}

/// Shows what memory the servers hold after everything.
pub(crate) fn memory(servers: &[&Server]) {
    println!("\nresident memory at the end, and at its most:");
    for server in servers {
        if let Some((now, most)) = server.memory() {
            println!("  {:24}{now:>8} MiB{most:>8} MiB", server.name);
        }
    }
}

/// Says which targets are reached.
pub(crate) fn targets(rows: &[Row]) {
    println!("\ntargets:");
    for row in rows {
        let Some(target) = row.task.target() else { continue };
        let (ratio, said) = (ratio(row), if ratio(row) >= target { "reached" } else { "NOT reached" });
        let name = format!("{}, {} connections", row.task.name(), row.connections);
        println!("  {name:40}{ratio:>6.1}x of {target:>4.0}x   {said}");
    }
}

fn ratio(row: &Row) -> f64 {
    row.ours.rate / row.peer.rate
}
