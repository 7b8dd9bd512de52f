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

/// The places in the pool.
pub(crate) struct Slots {
    open: Arc<Semaphore>,
    reserve: Arc<Semaphore>,
    waiting: AtomicU32,
    queue: u32,
    patience: Duration,
}

/// A place in the pool, free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    _permit: OwnedSemaphorePermit,
}

impl Slots {
    pub(crate) fn new(config: &Config) -> Slots {
        let reserve = config.reserve();
        let count = |slots: u32| Arc::new(Semaphore::new(usize::try_from(slots).unwrap_or(usize::MAX)));
        Slots {
            open: count(config.slots.saturating_sub(reserve)),
            reserve: count(reserve),
            waiting: AtomicU32::new(0),
            queue: config.queue,
            patience: Duration::from_millis(config.slot_wait_ms),
        }
    }

    /// Takes a slot; `None` when none became free in time.
    ///
    /// A nested call never waits: what it would wait for may be waiting for it.
    pub(crate) async fn take(&self, nested: bool, left: Duration) -> Option<Slot> {
        let slot = |permit| Slot { _permit: permit };
        if let Ok(permit) = self.open.clone().try_acquire_owned() {
            return Some(slot(permit));
        }
        if nested {
            return self.reserve.clone().try_acquire_owned().ok().map(slot);
        }
        let _waiter = Waiter::join(&self.waiting, self.queue)?;
        let permit = tokio::time::timeout(self.patience.min(left), self.open.clone().acquire_owned()).await;
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

    #[tokio::test]
    async fn nested_calls_get_the_reserve_and_never_wait() {
        let slots = slots(8);
        let mut held = Vec::new();
        for _ in 0..3 {
            held.push(slots.take(false, SECOND).await.unwrap());
        }
        held.push(slots.take(true, SECOND).await.unwrap());
        assert!(slots.take(true, SECOND).await.is_none());
    }

    #[tokio::test]
    async fn others_wait_and_are_told_when_it_takes_too_long() {
        let slots = Arc::new(slots(1));
        let mut held = Vec::new();
        for _ in 0..3 {
            held.push(slots.take(false, SECOND).await.unwrap());
        }
        assert!(slots.take(false, SECOND).await.is_none());
        let waiting = tokio::spawn({
            let slots = slots.clone();
            async move { slots.take(false, SECOND).await.is_some() }
        });
        tokio::task::yield_now().await;
        // The queue of one is full.
        assert!(slots.take(false, SECOND).await.is_none());
        held.pop();
        assert!(waiting.await.unwrap());
        assert_eq!(slots.waiting.load(Ordering::Relaxed), 0);
    }
}
