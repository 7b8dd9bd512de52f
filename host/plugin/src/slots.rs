//! Who may run now: a place in the pool for each running guest, with some kept for calls inside calls.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Config;

/// Levels of calls inside calls: what stands deeper than the last can't call further (`data::MAX_DEPTH`).
const LEVELS: usize = 4;

/// The places in the pool.
///
/// Each level has places of its own, and a call waits only for its own level's: whoever holds one of those may wait
/// for deeper levels, never for this one. So calls inside calls wait in turn, and never for each other.
pub(crate) struct Slots {
    levels: [Arc<Semaphore>; LEVELS],
    waiting: AtomicU32,
    queue: u32,
    patience: Duration,
}

/// A place in the pool, free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    _permit: OwnedSemaphorePermit,
}

/// At which level a hook runs that was called at a depth. The first hook of a request stands one below it; each further
/// level takes two: the plugin's own operation, and the hook that this one raises.
pub(crate) fn level(depth: u8) -> usize {
    usize::from(depth.saturating_sub(1)).div_ceil(2).min(LEVELS - 1)
}

impl Slots {
    pub(crate) fn new(config: &Config) -> Slots {
        let slots = usize::try_from(config.slots).unwrap_or(usize::MAX).max(LEVELS);
        let reserve = usize::try_from(config.reserve()).unwrap_or(0).clamp(LEVELS - 1, slots - 1);
        // Few calls go deep: of what is kept back, most is for the first level below.
        let fourth = (reserve / 8).max(1);
        let third = (reserve / 4).max(1);
        let second = reserve - third - fourth;
        let pool = |size| Arc::new(Semaphore::new(size));
        Slots {
            levels: [pool(slots - reserve), pool(second), pool(third), pool(fourth)],
            waiting: AtomicU32::new(0),
            queue: config.queue,
            patience: Duration::from_millis(config.slot_wait_ms),
        }
    }

    /// Takes a slot for a call at a level; `None` when none became free in time.
    pub(crate) async fn take(&self, level: usize, left: Duration) -> Option<Slot> {
        let slot = |permit| Slot { _permit: permit };
        let [open, ..] = &self.levels;
        // Open places are anybody's who needn't wait for them.
        if let Ok(permit) = open.clone().try_acquire_owned() {
            return Some(slot(permit));
        }
        let pool = self.levels.get(level)?.clone();
        let _waiter = match level {
            0 => Some(Waiter::join(&self.waiting, self.queue)?),
            _ => None,
        };
        let permit = tokio::time::timeout(self.patience.min(left), pool.acquire_owned()).await;
        permit.ok()?.ok().map(slot)
    }
}

/// Counts a waiting call for as long as it waits, however it ends.
struct Waiter<'a>(&'a AtomicU32);

impl<'a> Waiter<'a> {
    fn join(waiting: &'a AtomicU32, most: u32) -> Option<Waiter<'a>> {
        let joined =
            waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| (now < most).then(|| now + 1));
        joined.is_ok().then(|| Waiter(waiting))
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn slots(queue: u32) -> Slots {
        Slots::new(&Config { slots: 4, queue, slot_wait_ms: 30, ..Config::default() })
    }

    #[test]
    fn levels_follow_the_depth() {
        let levels: Vec<usize> = [0, 1, 2, 3, 4, 5, 6, 7, 8].into_iter().map(level).collect();
        assert_eq!(levels, [0, 0, 1, 1, 2, 2, 3, 3, 3]);
        assert_eq!(usize::from(data::MAX_DEPTH), 2 * LEVELS);
    }

    #[tokio::test]
    async fn nested_calls_wait_for_places_of_their_own() {
        let slots = slots(8);
        let outer = slots.take(0, SECOND).await.unwrap();
        let nested = slots.take(1, SECOND).await.unwrap();
        let deeper = slots.take(2, SECOND).await.unwrap();
        let deepest = slots.take(3, SECOND).await.unwrap();
        assert!(slots.take(0, SECOND).await.is_none());
        assert!(slots.take(1, SECOND).await.is_none());
        drop((deepest, deeper, nested));
        assert!(slots.take(1, SECOND).await.is_some());
        drop(outer);
        assert!(slots.take(0, SECOND).await.is_some());
    }

    #[tokio::test]
    async fn others_wait_and_are_told_when_it_takes_too_long() {
        let slots = Arc::new(slots(1));
        let held = slots.take(0, SECOND).await.unwrap();
        assert!(slots.take(0, SECOND).await.is_none());
        let waiting = tokio::spawn({
            let slots = slots.clone();
            async move { slots.take(0, SECOND).await.is_some() }
        });
        tokio::task::yield_now().await;
        // The queue of one is full.
        assert!(slots.take(0, SECOND).await.is_none());
        drop(held);
        assert!(waiting.await.unwrap());
        assert_eq!(slots.waiting.load(Ordering::Relaxed), 0);
    }
}
