//! Commits: one document alone, or several in a transaction that is tried again while others are in its way.

use std::time::{Duration, Instant};

use mongodb::options::{ReadConcern, TransactionOptions};
use storage::{Error, Write, Written};

use crate::{
    connect,
    error::{Fault, NO_SUCH_TRANSACTION, STANDALONE, UNTOLD},
    node::Node,
    write,
};

/// How long to wait before the first new try, and at most.
const PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// Carries changes out, all or none.
pub(crate) async fn commit(node: &Node, writes: &[Write]) -> Result<Vec<Written>, Error> {
    for write in writes {
        node.check(write).await?;
    }
    match writes {
        [] => Ok(Vec::new()),
        [one] if write::is_single(one) => {
            let done = write::carry_out(&mut node.link(None), one).await;
            done.map(|written| vec![written]).map_err(|fault| fault.error)
        }
        _ if !node.offer.transactions => Err(Error::Unsupported(STANDALONE)),
        many => transact(node, many).await,
    }
}

async fn transact(node: &Node, writes: &[Write]) -> Result<Vec<Written>, Error> {
    let until = Instant::now() + node.patience();
    let mut pause = PAUSE;
    loop {
        match once(node, writes).await {
            Ok(written) => return Ok(written),
            Err(fault) if fault.transient && Instant::now() + pause < until => {
                // Those that met start again at different times.
                tokio::time::sleep(spread(pause)).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Err(fault) => return Err(fault.error),
        }
    }
}

/// One try of a transaction.
async fn once(node: &Node, writes: &[Write]) -> Result<Vec<Written>, Fault> {
    let mut session = node.client.start_session().await?;
    let options = TransactionOptions::builder()
        .read_concern(ReadConcern::snapshot())
        .write_concern(connect::durable())
        .build();
    session.start_transaction().with_options(options).await?;
    let mut written = Vec::with_capacity(writes.len());
    for write in writes {
        match write::carry_out(&mut node.link(Some(&mut session)), write).await {
            Ok(one) => written.push(one),
            Err(fault) => {
                // Nobody is asked to forget it who can't be reached: the session's end sees to that.
                if !matches!(fault.error, Error::Unavailable(_)) {
                    session.abort_transaction().await.ok();
                }
                return Err(fault);
            }
        }
    }
    let until = Instant::now() + node.patience();
    let mut again = false;
    loop {
        match session.commit_transaction().await.map_err(Fault::from) {
            Ok(()) => return Ok(written),
            // The server remembers how it ended, or doesn't know of it: asking again does no harm.
            Err(fault) if fault.uncertain && Instant::now() < until => {
                again = true;
                tokio::time::sleep(spread(PAUSE)).await;
            }
            Err(fault) => return Err(ended(fault, again)),
        }
    }
}

/// How a transaction ended whose commit wasn't confirmed, asked for again or not. Where it may be done its writes are
/// never repeated, whatever the server says of trying again: the driver has asked twice before it tells of a server that
/// knows no such transaction, and the first answer may be what was lost.
fn ended(fault: Fault, again: bool) -> Fault {
    let known = !again && !fault.uncertain && fault.code != Some(NO_SUCH_TRANSACTION);
    match fault.error {
        _ if known => fault,
        Error::Unavailable(_) => Fault { transient: false, ..fault },
        _ => Fault { transient: false, error: Error::Unavailable(UNTOLD.to_owned()), ..fault },
    }
}

/// A pause of about this length.
fn spread(pause: Duration) -> Duration {
    let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    pause / 2 + pause * (clock.subsec_nanos() % 1024) / 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transient(error: Error, code: i32) -> Fault {
        Fault { transient: true, code: Some(code), ..error.into() }
    }

    /// MongoDB's manual has the whole transaction tried again where a commit meets no such transaction: `mongod` remembers
    /// those that it committed, so the answer says that this one wasn't. SecantusDB forgets them when it is restarted.
    #[test]
    fn what_may_be_done_is_not_done_again() {
        let met = || Error::Conflict("met".into());
        let untold = Error::Unavailable(UNTOLD.to_owned());
        for (fault, again) in [
            (transient(met(), NO_SUCH_TRANSACTION), false),
            (transient(met(), NO_SUCH_TRANSACTION), true),
            (transient(met(), 112), true),
            (Fault { uncertain: true, ..transient(met(), 112) }, false),
        ] {
            let fault = ended(fault, again);
            assert!(!fault.transient && fault.error == untold, "{fault:?}");
        }
        // One that says what to look at goes on saying so.
        let broken = Error::Unavailable("broken".into());
        let fault = ended(Fault { uncertain: true, transient: true, ..broken.clone().into() }, false);
        assert!(!fault.transient && fault.error == broken, "{fault:?}");
    }

    #[test]
    fn what_was_undone_is_tried_again() {
        let fault = ended(transient(Error::Conflict("met".into()), 112), false);
        assert!(fault.transient && matches!(fault.error, Error::Conflict(_)), "{fault:?}");
    }
}
