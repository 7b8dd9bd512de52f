//! Parapet beside the reference server: the same database, the same requests, turn by turn.

mod cluster;
mod raw;
mod server;
mod table;
mod task;

use anyhow::Context as _;

use crate::{Options, drive, figures::Figures};
use cluster::Cluster;
use server::Server;
pub(crate) use task::Task;

/// What one number of connections gave for one task.
pub(crate) struct Row {
    task: Task,
    connections: u32,
    peer: Figures,
    ours: Figures,
}

/// Starts PostgreSQL, parse-server and Parapet, and drives both servers with the same requests.
///
/// # Errors
/// Anything that doesn't start, and an answer that isn't the one that is expected.
pub(crate) async fn measure(component: &[u8], options: &Options) -> anyhow::Result<()> {
    let cluster = Cluster::start()?;
    let peer = Server::peer(&cluster.uri())?;
    let site = task::fill(&peer).await.context("filling the database through parse-server")?;
    let ours = Server::parapet(&cluster.uri())?;
    ours.activate(component).await?;
    cluster.ask("VACUUM ANALYZE")?;
    let (rounds, seconds) = if options.quick { (1, 1) } else { (options.rounds, options.seconds) };
    let connections = options.connections.iter().copied().filter(|connections| *connections > 1);
    let connections: Vec<u32> = connections.collect();
    println!(
        "parse-server 9.10 (one process, Cloud Code) and Parapet (release, plugin, trail) on one PostgreSQL, one machine;\n\
         medians of {rounds} alternating rounds of {seconds} s\n"
    );
    let mut rows = Vec::new();
    for task in Task::ALL {
        if !options.tasks.is_empty() && !options.tasks.contains(&task) {
            continue;
        }
        for server in [&peer, &ours] {
            task.check(server, &site).await.with_context(|| format!("{} of {}", task.name(), server.name))?;
        }
        for &connections in &connections {
            let (mut of_peer, mut of_ours) = (Vec::new(), Vec::new());
            for _ in 0..rounds {
                for (server, taken) in [(&peer, &mut of_peer), (&ours, &mut of_ours)] {
                    let script = task.script(&site);
                    let wrk = drive::script(&script, &server.url, connections, seconds).await;
                    taken.push(wrk.with_context(|| format!("{} of {}", task.name(), server.name))?);
                }
            }
            let (Some(peer), Some(ours)) = (Figures::median(&of_peer), Figures::median(&of_ours)) else {
                continue;
            };
            let row = Row { task, connections, peer, ours };
            table::row(&row);
            rows.push(row);
        }
    }
    table::memory(&[&peer, &ours]);
    println!("\nThe same statements alone, by pgbench with 16 connections, as the limit:");
    for (name, rate) in raw::measure(&cluster, &site, seconds)? {
        println!("  {name:24}{rate:>10.0} per second");
    }
    table::targets(&rows);
    Ok(())
}
