//! Medians and percentiles.

use std::time::Duration;

/// What one measurement gave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    /// Requests per second.
    pub(crate) rate: f64,
    /// The time that half of them stay below.
    pub(crate) p50: Duration,
    /// The time that all but one of a hundred stay below.
    pub(crate) p99: Duration,
}

impl Figures {
    /// The median of each figure of several rounds.
    pub(crate) fn median(rounds: &[Figures]) -> Option<Figures> {
        Some(Figures {
            rate: middle(rounds.iter().map(|round| round.rate))?,
            p50: Duration::from_secs_f64(middle(rounds.iter().map(|round| round.p50.as_secs_f64()))?),
            p99: Duration::from_secs_f64(middle(rounds.iter().map(|round| round.p99.as_secs_f64()))?),
        })
    }

    /// Sums up single times, which were taken one after the other.
    pub(crate) fn of(times: &mut [Duration]) -> Option<Figures> {
        times.sort_unstable();
        let total: Duration = times.iter().sum();
        #[expect(clippy::cast_precision_loss, reason = "counts of a bench are small")]
        let rate = times.len() as f64 / total.as_secs_f64();
        Some(Figures { rate, p50: percentile(times, 50)?, p99: percentile(times, 99)? })
    }
}

/// The value that so many of a hundred stay below; the times are sorted.
fn percentile(sorted: &[Duration], percent: usize) -> Option<Duration> {
    sorted.get(sorted.len() * percent / 100).or(sorted.last()).copied()
}

fn middle(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
