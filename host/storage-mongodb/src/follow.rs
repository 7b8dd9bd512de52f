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
    loop {
        let done = if node.offer.transactions { listen(&node).await } else { ask(&node).await };
        let Err(fault) = done;
        tracing::warn!(error = %fault.error, "news of classes is interrupted");
        tokio::time::sleep(PAUSE).await;
    }
}

async fn listen(node: &Node) -> Result<Infallible, Fault> {
    let mut stream = node.link(None).collection(SCHEMA).watch().read_concern(ReadConcern::majority()).await?;
    loop {
        // Also once at the start: something may have happened before the stream was open.
        node.refresh().await?;
        if stream.try_next().await?.is_none() {
            return Err(storage::Error::Unavailable("the stream of changes ended".into()).into());
        }
    }
}

async fn ask(node: &Node) -> Result<Infallible, Fault> {
    loop {
        tokio::time::sleep(POLL).await;
        node.refresh().await?;
    }
}
