//! Refusals of nobody in particular: recorded one by one, and counted once there are too many.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::{Duration, Instant},
};

use audit::Code;

/// How long refusals are counted together.
pub(super) const WINDOW: Duration = Duration::from_secs(60);
/// How many refusals of one kind from one network are recorded one by one in that time.
const EACH: u32 = 32;
/// How many altogether.
const ALL: u32 = 256;
/// How many kinds and networks are told apart; what comes beyond them counts as from anywhere.
const KINDS: usize = 128;

/// What refusals have in common that are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    pub(super) code: Code,
    pub(super) rule: String,
    /// The network of the address, since one machine of today has many; `None` is anywhere.
    pub(super) network: Option<IpAddr>,
}

impl Kind {
    pub(super) fn new(code: Code, rule: &str, address: Option<IpAddr>) -> Kind {
        Kind { code, rule: rule.to_owned(), network: address.map(network) }
    }
}

/// The network that an address is in: 256 addresses, or what one customer of an IPv6 provider gets.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            Ipv4Addr::new(a, b, c, 0).into()
        }
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 80 << 80).into(),
    }
}

/// The refusals of the present window.
#[derive(Debug)]
pub(super) struct Tally {
    since: Instant,
    recorded: u32,
    kinds: HashMap<Kind, Count>,
}

#[derive(Debug, Default)]
struct Count {
    recorded: u32,
    left_out: u64,
}

/// What becomes of a refusal.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It has a record of its own.
    Record,
    /// It is counted; somebody must ask for the counts when the window ends, since this is the first in it.
    First,
    /// It is counted with others.
    Count,
}

impl Tally {
    pub(super) fn new(now: Instant) -> Tally {
        Tally { since: now, recorded: 0, kinds: HashMap::new() }
    }

    /// Decides what becomes of one more refusal, and hands out the counts of a window that has ended.
    pub(super) fn judge(&mut self, kind: Kind, now: Instant) -> (Verdict, Vec<(Kind, u64)>) {
        let ended = self.due(now);
        let waiting = self.kinds.values().any(|count| count.left_out > 0);
        let known = self.kinds.contains_key(&kind) || self.kinds.len() < KINDS;
        let kind = if known { kind } else { Kind { network: None, ..kind } };
        let count = self.kinds.entry(kind).or_default();
        if count.recorded < EACH && self.recorded < ALL {
            count.recorded += 1;
            self.recorded += 1;
            return (Verdict::Record, ended);
        }
        count.left_out += 1;
        (if waiting { Verdict::Count } else { Verdict::First }, ended)
    }

    /// Ends the window if its time is over, and hands out its counts.
    ///
    /// A timer may wake in a window that isn't the one it was set for: that one is let be, it has a timer of its own.
    pub(super) fn due(&mut self, now: Instant) -> Vec<(Kind, u64)> {
        if now.saturating_duration_since(self.since) < WINDOW { Vec::new() } else { self.end(now) }
    }

    /// Ends the window and hands out how many refusals of each kind have no record of their own.
    pub(super) fn end(&mut self, now: Instant) -> Vec<(Kind, u64)> {
        let kinds = std::mem::replace(self, Tally::new(now)).kinds;
        kinds
            .into_iter()
            .filter(|(_, count)| count.left_out > 0)
            .map(|(kind, count)| (kind, count.left_out))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(address: &str) -> Kind {
        Kind::new(Code::AuthDenied, "keys", Some(address.parse().unwrap()))
    }

    #[test]
    fn the_first_are_recorded_and_the_others_counted_until_the_window_ends() {
        let start = Instant::now();
        let mut tally = Tally::new(start);
        for n in 0..EACH {
            let address = format!("192.0.2.{n}");
            assert_eq!(tally.judge(kind(&address), start), (Verdict::Record, vec![]), "{n}");
        }
        assert_eq!(tally.judge(kind("192.0.2.200"), start), (Verdict::First, vec![]));
        assert_eq!(tally.judge(kind("192.0.2.1"), start), (Verdict::Count, vec![]));
        assert_eq!(tally.judge(kind("198.51.100.1"), start), (Verdict::Record, vec![]), "another network");
        let other = Kind { rule: "session".to_owned(), ..kind("192.0.2.1") };
        assert_eq!(tally.judge(other, start), (Verdict::Record, vec![]), "another rule");
        let (verdict, ended) = tally.judge(kind("192.0.2.1"), start + WINDOW);
        assert_eq!((verdict, ended), (Verdict::Record, vec![(kind("192.0.2.0"), 2)]));
        assert_eq!(tally.end(start + WINDOW), vec![]);
    }

    #[test]
    fn a_timer_ends_no_window_but_its_own() {
        let start = Instant::now();
        let mut tally = Tally::new(start);
        for _ in 0..=EACH {
            tally.judge(kind("192.0.2.1"), start);
        }
        // Somebody asks just before the timer wakes, and a window begins.
        let next = start + WINDOW;
        for n in 0..=EACH {
            let (verdict, ended) = tally.judge(kind("192.0.2.1"), next);
            assert_eq!(verdict == Verdict::Record, n < EACH, "{n}");
            assert_eq!(ended.len(), usize::from(n == 0), "{n}");
        }
        let soon = next + Duration::from_millis(1);
        assert_eq!(tally.due(soon), vec![]);
        assert_eq!(tally.judge(kind("192.0.2.1"), soon).0, Verdict::Count, "the flood goes on being counted");
        assert_eq!(tally.due(next + WINDOW), vec![(kind("192.0.2.0"), 2)]);
    }

    #[test]
    fn a_flood_from_everywhere_fills_neither_the_disk_nor_the_memory() {
        let start = Instant::now();
        let mut tally = Tally::new(start);
        let mut recorded = 0;
        for n in 0..100_000_u32 {
            let address = Ipv4Addr::from_bits(n << 8).into();
            let (verdict, _) = tally.judge(Kind::new(Code::AuthDenied, "keys", Some(address)), start);
            recorded += u32::from(verdict == Verdict::Record);
        }
        assert!(recorded <= ALL, "{recorded}");
        assert!(tally.kinds.len() <= KINDS + 1, "{}", tally.kinds.len());
        let counted: u64 = tally.end(start).into_iter().map(|(_, count)| count).sum();
        assert_eq!(counted + u64::from(recorded), 100_000);
    }

    #[test]
    fn networks_are_those_that_one_client_has() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("192.0.2.77"), "192.0.2.0");
        assert_eq!(of("::ffff:192.0.2.77"), "192.0.2.0");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1::");
    }
}
