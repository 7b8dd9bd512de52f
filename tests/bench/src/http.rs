//! The rounds over HTTP, their medians and ratios.

use crate::Options;
use crate::door::Shape;
use crate::drive;
use crate::figures::{Figures, middle};
use crate::operation::Operation;
use crate::site::{PATIENTS, Site};

/// Measures every operation at every number of connections, with and without plugin and trail.
///
/// # Errors
/// A server that doesn't start, an answer that isn't a success.
pub(crate) async fn measure(component: &[u8], options: &Options) -> anyhow::Result<()> {
    let mut sites = Vec::new();
    for shape in Shape::chosen(options) {
        sites.push(Site::open(shape, component).await?);
    }
    let (rounds, connections) = match options.quick {
        true => (1, vec![1]),
        false => (options.rounds, options.connections.clone()),
    };
    println!(
        "REST on SQLite, {PATIENTS} patients; medians of {rounds} alternating rounds of {} s",
        options.seconds
    );
    println!(
        "{:22}{:>6}  {:18}{:>10}{:>12}{:>12}{:>12}",
        "operation", "conns", "", "req/s", "p50", "p99", "work"
    );
    for operation in Operation::chosen(options) {
        for &connections in &connections {
            let mut taken: Vec<Vec<Figures>> = sites.iter().map(|_| Vec::new()).collect();
            for _ in 0..rounds {
                for (site, taken) in sites.iter().zip(&mut taken) {
                    if !site.shape.plugin && !operation.works_without_plugin() {
                        continue;
                    }
                    taken.push(match options.quick {
                        true => drive::quick(site, operation).await?,
                        false => drive::wrk(site, operation, connections, options.seconds).await?,
                    });
                }
            }
            let shapes = sites.iter().map(|site| site.shape).zip(taken).collect::<Vec<_>>();
            show(operation, connections, &shapes);
        }
    }
    for site in sites {
        site.close().await?;
    }
    Ok(())
}

fn show(operation: Operation, connections: u32, shapes: &[(Shape, Vec<Figures>)]) {
    for (shape, rounds) in shapes {
        let Some(Figures { rate, p50, p99, work }) = Figures::median(rounds) else { continue };
        let (plugin, audit) =
            (if shape.plugin { "plugin" } else { "-" }, if shape.audit { "trail" } else { "-" });
        println!(
            "{:22}{connections:>6}  {plugin:8}{audit:10}{rate:>10.0}{:>12}{:>12}{:>12}",
            operation.name(),
            format!("{p50:.2?}"),
            format!("{p99:.2?}"),
            work.map(|work| format!("{work:.1?}")).unwrap_or_default(),
        );
    }
    let of = |plugin, audit| {
        let found = shapes.iter().find(|(shape, _)| *shape == Shape { plugin, audit });
        found.map_or(&[][..], |(_, rounds)| rounds)
    };
    // Of each round its own ratio, since the machine changes between rounds more than within one.
    let ratio = |name: &str, with: &[Figures], without: &[Figures]| {
        let rates = middle(with.iter().zip(without).map(|(with, without)| with.rate / without.rate));
        let work = |figures: &Figures| figures.work.map_or(f64::NAN, |work| work.as_secs_f64());
        let works = middle(with.iter().zip(without).map(|(with, without)| work(without) / work(with)));
        if let (Some(rates), Some(works)) = (rates, works) {
            println!("{:28}  {name}: {rates:.2} (by work {works:.2})", "");
        }
    };
    ratio("ratio with/without plugin (trail on)", of(true, true), of(false, true));
    ratio("ratio with/without plugin (trail off)", of(true, false), of(false, false));
    ratio("ratio with/without trail (plugin on)", of(true, true), of(true, false));
    ratio("ratio with/without trail (plugin off)", of(false, true), of(false, false));
    ratio("ratio with/without both", of(true, true), of(false, false));
}
