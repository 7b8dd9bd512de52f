//! The work of password hashes: as many at once as the machine has cores.

use std::{num::NonZero, sync::Arc};

use tokio::sync::Semaphore;

use crate::{Data, Error};

/// Places for hashes at work. Each keeps a core busy and may hold 19 MiB, so that hundreds of logins at once would
/// leave neither for anybody else, and none of them would end sooner.
pub(crate) struct Hashing(Arc<Semaphore>);

impl Default for Hashing {
    fn default() -> Hashing {
        Hashing::at_once(std::thread::available_parallelism().map_or(1, NonZero::get))
    }
}

impl Hashing {
    fn at_once(places: usize) -> Hashing {
        Hashing(Arc::new(Semaphore::new(places)))
    }

    /// Does the work where blocking is allowed, as soon as there is a place. Who leaves while it waits gives its place in
    /// the queue up; work that has begun is done and keeps its place until then.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let interrupted = || Error::Internal("hashing a password was interrupted".into());
        let place = Arc::clone(&self.0).acquire_owned().await.map_err(|_| interrupted())?;
        let working = tokio::task::spawn_blocking(move || {
            let _place = place;
            work()
        });
        working.await.map_err(|_| interrupted())
    }
}

impl Data {
    /// Hashes a password as the settings say.
    pub(crate) async fn hash_password(&self, password: String) -> Result<String, Error> {
        let scheme = self.config().password_scheme;
        let hash = self.inner.hashing.run(move || auth::password::hash(scheme, &password)).await?;
        hash.map_err(|error| Error::Internal(error.to_string().into()))
    }

    /// Whether a text is the password that is stored; takes as long when none is.
    pub(super) async fn is_password(&self, stored: Option<String>, password: String) -> Result<bool, Error> {
        self.inner.hashing.run(move || auth::password::verify(stored.as_deref(), &password)).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn no_more_are_at_work_than_there_are_places() {
        static AT_WORK: AtomicUsize = AtomicUsize::new(0);
        let hashing = Arc::new(Hashing::at_once(2));
        let asked: Vec<_> = (0..20)
            .map(|_| {
                let hashing = hashing.clone();
                tokio::spawn(async move {
                    let work = || {
                        let at_work = AT_WORK.fetch_add(1, Ordering::SeqCst) + 1;
                        std::thread::sleep(std::time::Duration::from_millis(2));
                        AT_WORK.fetch_sub(1, Ordering::SeqCst);
                        at_work
                    };
                    hashing.run(work).await.unwrap()
                })
            })
            .collect();
        for asked in asked {
            assert!(asked.await.unwrap() <= 2);
        }
    }

    #[tokio::test]
    async fn who_leaves_takes_no_place_along() {
        let hashing = Hashing::at_once(1);
        let begun = tokio::time::timeout(
            std::time::Duration::from_millis(1),
            hashing.run(|| std::thread::sleep(std::time::Duration::from_millis(50))),
        );
        assert!(begun.await.is_err());
        assert_eq!(hashing.run(|| 7).await.unwrap(), 7);
    }
}
