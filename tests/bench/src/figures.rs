//! Medians and percentiles, and the table of them.

use std::fmt::Display;
use std::time::Duration;

use anyhow::Context as _;

/// What one measurement gave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    /// Requests per second.
    pub(crate) rate: f64,
    /// The time that half of them stay below.
    pub(crate) p50: Duration,
    /// The time that all but one of a hundred stay below.
    pub(crate) p99: Duration,
    /// What one request costs this process in processor time, where that was measured: it varies less than the rest.
    pub(crate) work: Option<Duration>,
}

impl Figures {
    /// The median of each figure of several rounds.
    pub(crate) fn median(rounds: &[Figures]) -> Option<Figures> {
        Some(Figures {
            rate: middle(rounds.iter().map(|round| round.rate))?,
            p50: Duration::from_secs_f64(middle(rounds.iter().map(|round| round.p50.as_secs_f64()))?),
            p99: Duration::from_secs_f64(middle(rounds.iter().map(|round| round.p99.as_secs_f64()))?),
            work: middle(rounds.iter().filter_map(|round| Some(round.work?.as_secs_f64())))
                .map(Duration::from_secs_f64),
        })
    }

    /// Sums up single times, which were taken one after the other.
    pub(crate) fn of(times: &mut [Duration]) -> Option<Figures> {
        times.sort_unstable();
        let total: Duration = times.iter().sum();
        #[expect(clippy::cast_precision_loss, reason = "counts of a bench are small")]
        let rate = times.len() as f64 / total.as_secs_f64();
        Some(Figures { rate, p50: percentile(times, 50)?, p99: percentile(times, 99)?, work: None })
    }
}

/// Prints how long each of several ways to do a thing takes, and that as a ratio to the first one.
///
/// # Errors
/// A way that wasn't measured.
pub(crate) fn compare<N: Display>(
    names: impl IntoIterator<Item = N>,
    times: &mut [Vec<Duration>],
) -> anyhow::Result<()> {
    println!("{:56}{:>12}{:>12}{:>8}", "", "p50", "p99", "ratio");
    let mut base = None;
    for (name, times) in names.into_iter().zip(times) {
        let Figures { p50, p99, .. } = Figures::of(times).context("nothing was measured")?;
        let ratio = p50.as_secs_f64() / *base.get_or_insert(p50.as_secs_f64());
        println!("{name:60}{:>10}{:>12}{ratio:>8.3}", format!("{p50:.1?}"), format!("{p99:.1?}"));
    }
    println!();
    Ok(())
}

/// The value that so many of a hundred stay below; the times are sorted.
fn percentile(sorted: &[Duration], percent: usize) -> Option<Duration> {
    sorted.get(sorted.len() * percent / 100).or(sorted.last()).copied()
}

/// The processor time that this process has used so far.
///
/// # Errors
/// A system that doesn't tell.
pub(crate) fn used() -> anyhow::Result<Duration> {
    // Fields 14 and 15, in hundredths of a second, counted from behind the name in brackets.
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit_once(") ").context("the name of the process")?.1;
    let ticks: u64 = fields.split(' ').skip(11).take(2).map(str::parse::<u64>).sum::<Result<_, _>>()?;
    Ok(Duration::from_millis(ticks * 10))
}

/// The median of a list.
pub(crate) fn middle(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
