//! The place and the time that a log gives to a record.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::error::Error;

/// What the log adds to a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) seq: u64,
    pub(crate) ts: u64,
    pub(crate) boot: [u8; 16],
    pub(crate) mono: u64,
    pub(crate) behind: Option<u64>,
}

/// Gives times that never go back, and says when the system's clock did.
#[derive(Debug)]
pub(crate) struct Stamper {
    boot: [u8; 16],
    started: Instant,
    last: u64,
    mono: u64,
}

impl Stamper {
    /// Starts after a record of time `last` (ns since 1970), with a fresh process id.
    pub(crate) fn new(last: u64) -> Result<Self, Error> {
        let mut boot = [0; 16];
        getrandom::fill(&mut boot)
            .map_err(|_| Error::Invalid { what: "system", why: "it gives no random numbers" })?;
        Ok(Stamper { boot, started: Instant::now(), last, mono: 0 })
    }

    /// Stamps the record of position `seq`.
    pub(crate) fn stamp(&mut self, seq: u64) -> Stamp {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as u64);
        self.stamp_at(seq, now)
    }

    /// Stamps as if the system's clock showed `now`.
    pub(crate) fn stamp_at(&mut self, seq: u64, now: u64) -> Stamp {
        let behind = (now < self.last).then(|| self.last - now);
        let ts = now.max(self.last.saturating_add(1));
        self.last = ts;
        self.mono = (self.started.elapsed().as_nanos() as u64).max(self.mono + 1);
        Stamp { seq, ts, boot: self.boot, mono: self.mono, behind }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_never_goes_back_and_says_so() {
        let mut stamper = Stamper::new(1_000).unwrap();
        let a = stamper.stamp_at(0, 2_000);
        let b = stamper.stamp_at(1, 500);
        let c = stamper.stamp_at(2, 2_001);
        let d = stamper.stamp_at(3, 9_000);
        assert_eq!((a.ts, a.behind), (2_000, None));
        assert_eq!((b.ts, b.behind), (2_001, Some(1_500)));
        assert_eq!((c.ts, c.behind), (2_002, None));
        assert_eq!((d.ts, d.behind), (9_000, None));
        assert!(a.mono < b.mono && b.mono < c.mono && c.mono < d.mono);
    }
}
