//! Changes of classes that other servers make.

use std::{sync::Weak, time::Duration};

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};

use super::{Inner, fault::Fault, schema::CHANNEL};

/// How long to wait before the next try when the database can't be reached.
const PAUSE: Duration = Duration::from_secs(1);

/// Listens as long as the storage is there; after every gap the classes are read again.
pub(super) async fn listen(storage: Weak<Inner>, options: PgConnectOptions) {
    let pool = PgPoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
    let pool = pool.connect_lazy_with(options);
    loop {
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
                missed = match listener.try_recv().await {
                    // Of itself, it knows already.
                    Ok(Some(told)) => storage.upgrade().is_none_or(|storage| !storage.is_own(told.payload())),
                    // The connection was lost, and with it what was told meanwhile.
                    Ok(None) => true,
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
