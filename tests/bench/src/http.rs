//! The rounds over HTTP, their medians and ratios.

use crate::Options;
use crate::door::Shape;
use crate::drive;
use crate::figures::Figures;
use crate::operation::Operation;
use crate::site::{PATIENTS, Site};

/// Measures every operation at every number of connections, with and without plugin and trail.
///
/// # Errors
/// A server that doesn't start, an answer that isn't a success.
pub(crate) async fn measure(component: &[u8], options: &Options) -> anyhow::Result<()> {
    let mut sites = Vec::new();
    for shape in Shape::ALL {
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
    println!("{:22}{:>6}  {:18}{:>10}{:>12}{:>12}", "operation", "conns", "", "req/s", "p50", "p99");
    for operation in Operation::ALL {
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
            let medians: Vec<(Shape, Option<Figures>)> =
                sites.iter().zip(&taken).map(|(site, taken)| (site.shape, Figures::median(taken))).collect();
            show(operation, connections, &medians);
        }
    }
    for site in sites {
        site.close().await?;
    }
    Ok(())
}

fn show(operation: Operation, connections: u32, medians: &[(Shape, Option<Figures>)]) {
    for (shape, figures) in medians {
        let Some(Figures { rate, p50, p99 }) = figures else { continue };
        let (plugin, audit) =
            (if shape.plugin { "plugin" } else { "-" }, if shape.audit { "trail" } else { "-" });
        println!(
            "{:22}{connections:>6}  {plugin:8}{audit:10}{rate:>10.0}{:>12}{:>12}",
            operation.name(),
            format!("{p50:.2?}"),
            format!("{p99:.2?}"),
        );
    }
    let rate = |plugin, audit| {
        let found = medians.iter().find(|(shape, _)| *shape == Shape { plugin, audit });
        found.and_then(|(_, figures)| figures.map(|figures| figures.rate))
    };
    let ratio = |name: &str, with: Option<f64>, without: Option<f64>| {
        if let (Some(with), Some(without)) = (with, without) {
            println!("{:28}  {name}: {:.2}", "", with / without);
        }
    };
    ratio("ratio with/without plugin (trail on)", rate(true, true), rate(false, true));
    ratio("ratio with/without trail (plugin on)", rate(true, true), rate(true, false));
    ratio("ratio with/without both", rate(true, true), rate(false, false));
}
