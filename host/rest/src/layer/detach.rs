//! Handlers in tasks of their own, so that a client who leaves can't stop one half-way.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::Notify;

/// The requests that are being worked on, whether or not their clients still wait. A clone counts the same ones.
///
/// A server that stops drains its connections first; whoever left early isn't among them, so it then waits here.
#[derive(Clone, Default)]
pub struct Running(Arc<Count>);

#[derive(Default)]
struct Count {
    requests: AtomicUsize,
    idle: Notify,
}

impl Running {
    /// How many requests are being worked on.
    pub fn count(&self) -> usize {
        self.0.requests.load(Ordering::Acquire)
    }

    /// Waits until none is being worked on.
    pub async fn idle(&self) {
        loop {
            let idle = self.0.idle.notified();
            if self.count() == 0 {
                return;
            }
            idle.await;
        }
    }

    fn begin(&self) -> One {
        self.0.requests.fetch_add(1, Ordering::AcqRel);
        One(self.0.clone())
    }
}

struct One(Arc<Count>);

impl Drop for One {
    fn drop(&mut self) {
        if self.0.requests.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.idle.notify_waiters();
        }
    }
}

/// Runs a future to its end in a task of its own; `None` tells that it panicked.
///
/// What the panic said is not looked at: it may hold anything.
pub(crate) async fn detached<T: Send + 'static>(
    running: &Running,
    work: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    let one = running.begin();
    let task = tokio::spawn(async move {
        let _one = one;
        work.await
    });
    task.await.ok()
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn work_goes_on_when_nobody_waits() {
        let running = Running::default();
        let (go, wait) = oneshot::channel::<()>();
        let (done, told) = oneshot::channel();
        let work = async move {
            wait.await.unwrap();
            done.send(7).unwrap();
        };
        // The client leaves at once.
        let left = tokio::time::timeout(std::time::Duration::ZERO, detached(&running, work)).await;
        assert!(left.is_err() && running.count() == 1);
        go.send(()).unwrap();
        running.idle().await;
        assert_eq!((told.await.unwrap(), running.count()), (7, 0));
    }

    #[tokio::test]
    async fn a_panic_ends_its_task_alone() {
        let running = Running::default();
        assert_eq!(detached(&running, async { panic!("on purpose") }).await, None::<()>);
        assert_eq!(running.count(), 0);
        assert_eq!(detached(&running, async { 1 }).await, Some(1));
    }
}
