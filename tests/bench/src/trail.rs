//! The trail alone: how callers share a sync, and what a record adds that nobody waits for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use audit::{Actor, ActorKind, Code, Draft, Log, Name, Sink as _, Stage};

use crate::Options;
use crate::figures;

/// How many wait at once.
const CROWD: usize = 64;

fn record(code: Code) -> Draft {
    Draft::new(code, Stage::Single, Name::clean("bench"), Actor::new(ActorKind::System, None))
}

/// Records something and waits until it is durable, so many times; with `along`, after a record that isn't awaited.
async fn one(log: &Log, times: usize, along: bool) -> anyhow::Result<Vec<Duration>> {
    let mut taken = Vec::with_capacity(times);
    for _ in 0..times {
        let start = Instant::now();
        if along {
            log.queue(record(Code::PluginCall))?;
        }
        log.enqueue(record(Code::PhiRead))?.durable().await?;
        taken.push(start.elapsed());
    }
    Ok(taken)
}

/// The same by many callers at once; the times are those of a whole turn divided by its records.
async fn many(log: &Arc<Log>, times: usize) -> anyhow::Result<Vec<Duration>> {
    let start = Instant::now();
    let callers: Vec<_> = (0..CROWD)
        .map(|_| {
            let log = log.clone();
            tokio::spawn(async move { one(&log, times, true).await })
        })
        .collect();
    for caller in callers {
        caller.await??;
    }
    let each = start.elapsed().div_f64(f64::from(u32::try_from(CROWD * times)?));
    Ok(vec![each; times])
}

/// Measures the ways to record, in turns.
///
/// # Errors
/// A log that doesn't take records.
pub(crate) async fn measure(options: &Options) -> anyhow::Result<()> {
    let (turns, times) = if options.quick { (1, 3) } else { (20, 50) };
    let folder = tempfile::tempdir()?;
    let keys = audit::Keys::open(&folder.path().join("keys"))?;
    let config = audit::Config { dir: folder.path().join("audit"), ..Default::default() };
    let log = Arc::new(Log::open(config, keys)?.0);
    let mut taken: [Vec<_>; 3] = Default::default();
    let [alone, along, crowd] = &mut taken;
    for _ in 0..turns {
        alone.extend(one(&log, times, false).await?);
        along.extend(one(&log, times, true).await?);
        crowd.extend(many(&log, times).await?);
    }
    println!("A record made durable; {} of each, in turns", turns * times);
    let names = [
        "one caller who waits for each".to_owned(),
        "the same, with a record before it that nobody waits for".to_owned(),
        format!("{CROWD} such callers at once: time for each"),
    ];
    figures::compare(names, &mut taken)?;
    Ok(log.close().await?)
}
