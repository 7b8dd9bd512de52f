//! Changes of classes that other servers make.

use std::{
    sync::{Weak, atomic::Ordering},
    time::Duration,
};

use sqlx::{
    Executor as _,
    postgres::{PgConnectOptions, PgListener, PgNotification, PgPoolOptions},
};
use tokio::time::timeout;

use super::{Inner, fault::Fault, schema::CHANNEL};

/// How long to wait before the next try when the database can't be reached.
const PAUSE: Duration = Duration::from_secs(1);

/// How long to wait for a connection or a sign of life.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long nothing may be heard before the server is asked for a sign of life: a server that hangs and a network that
/// swallows packets close no connection, and what other servers tell would be missed for as long as that lasts.
const QUIET: Duration = Duration::from_secs(5);

/// Listens as long as the storage is there; after every gap the classes are read again.
pub(super) async fn listen(storage: Weak<Inner>, options: PgConnectOptions) {
    loop {
        // A pool for each connection: one that has fallen silent may stay in its pool for minutes.
        let pool = PgPoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
        let pool = pool.acquire_timeout(PATIENCE).connect_lazy_with(options.clone());
        let listener = async {
            let mut listener = PgListener::connect_with(&pool).await?;
            listener.ignore_pool_close_event(true);
            listener.listen(CHANNEL).await?;
            Ok::<_, sqlx::Error>(listener)
        };
        if let Ok(mut listener) = listener.await {
            let mut missed = true;
            loop {
                if missed {
                    let Some(storage) = storage.upgrade() else { return };
                    while let Err(fault) = storage.reload().await {
                        if storage.is_closed() {
                            return;
                        }
                        tracing::warn!(error = %fault.error, "the classes can't be read again yet");
                        tokio::time::sleep(PAUSE).await;
                    }
                }
                missed = match hear(&mut listener).await {
                    Ok(Heard::Told(told)) => {
                        // Of itself, it knows already.
                        storage.upgrade().is_none_or(|storage| !storage.is_own(told.payload()))
                    }
                    // Somebody else couldn't, and went on with what was known.
                    Ok(Heard::Nothing) => {
                        storage.upgrade().is_some_and(|storage| storage.behind.load(Ordering::Acquire))
                    }
                    Ok(Heard::Lost) => true,
                    Err(error) => {
                        let fault = Fault::from(error);
                        tracing::warn!(error = %fault.error, "changes of classes can't be listened for just now");
                        break;
                    }
                };
            }
        }
        if storage.upgrade().is_none_or(|storage| storage.is_closed()) {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// What came of listening for a while.
enum Heard {
    Told(PgNotification),
    /// Nobody told anything, and the server lives.
    Nothing,
    /// The connection was lost, and with it what was told meanwhile; there is a new one.
    Lost,
}

async fn hear(listener: &mut PgListener) -> Result<Heard, sqlx::Error> {
    match timeout(QUIET, listener.try_recv()).await {
        Ok(told) => Ok(told?.map_or(Heard::Lost, Heard::Told)),
        Err(_) => match timeout(PATIENCE, listener.execute("SELECT 1")).await {
            Ok(alive) => alive.map(|_| Heard::Nothing),
            Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
        },
    }
}
