//! News of classes that other nodes change: from a change stream where the server has them, else by asking now and then.

use std::{convert::Infallible, sync::Arc, time::Duration};

use futures_util::TryStreamExt as _;
use mongodb::options::ReadConcern;

use crate::{catalog::SCHEMA, error::Fault, node::Node};

/// How long to wait before a broken stream is opened again.
const PAUSE: Duration = Duration::from_secs(1);

/// How often a server without change streams is asked.
const POLL: Duration = Duration::from_secs(5);

/// Follows until it is aborted.
pub(crate) async fn follow(node: Arc<Node>) {
    // Each outage is told once, however often it is tried to end it.
    let mut broken = false;
    loop {
        let done = match node.offer.transactions {
            true => listen(&node, &mut broken).await,
            false => ask(&node, &mut broken).await,
        };
        let Err(fault) = done;
        if !std::mem::replace(&mut broken, true) {
            tracing::warn!(error = %fault.error, "news of classes is interrupted");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Reads the classes, and says so if they couldn't be read until now.
async fn refresh(node: &Node, broken: &mut bool) -> Result<(), Fault> {
    node.refresh().await?;
    if std::mem::take(broken) {
        tracing::info!("news of classes comes in again");
    }
    Ok(())
}

async fn listen(node: &Node, broken: &mut bool) -> Result<Infallible, Fault> {
    let mut stream = node.link(None).collection(SCHEMA).watch().read_concern(ReadConcern::majority()).await?;
    loop {
        // Also once at the start: something may have happened before the stream was open.
        refresh(node, broken).await?;
        if stream.try_next().await?.is_none() {
            return Err(storage::Error::Unavailable("the stream of changes ended".into()).into());
        }
    }
}

async fn ask(node: &Node, broken: &mut bool) -> Result<Infallible, Fault> {
    loop {
        tokio::time::sleep(POLL).await;
        refresh(node, broken).await?;
    }
}
