//! The backend: its connection, and the tasks that hear of other nodes' changes and see to what is missing or left over.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use storage::{Error, Features};
use tokio::task::JoinHandle;

use crate::{
    Config, Offer, complete, connect, follow, late,
    node::{Node, within},
};

/// How long closing waits for what is still being answered.
const FAREWELL: Duration = Duration::from_secs(5);

/// Objects in a MongoDB database, laid out as parse-server lays them out.
pub struct Mongo {
    pub(crate) node: Arc<Node>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Mongo {
    /// Connects to a database, asks what its server offers, reads the classes, follows their changes, and makes
    /// indexes that are missing.
    ///
    /// Runs the tasks for it on the Tokio runtime that it is called in.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when no server answers in time or it refuses the credentials, with what to do.
    pub async fn open(config: &Config) -> Result<Mongo, Error> {
        let node = Arc::new(arrive(config).await?);
        let follower = tokio::spawn(follow::follow(Arc::clone(&node)));
        let completing = tokio::spawn(complete::complete(Arc::clone(&node)));
        let watching = tokio::spawn(late::watch(Arc::clone(&node)));
        Ok(Mongo { node, tasks: Mutex::new(vec![follower, completing, watching]) })
    }

    /// Looks whether the connection string is understood, without connecting.
    ///
    /// # Errors
    /// [`Error::Unavailable`] with what to write; no text quotes the connection string.
    pub fn understands(config: &Config) -> Result<(), Error> {
        connect::understand(&config.uri)
    }

    /// Looks whether [`Mongo::open`] could use a database, without changing anything.
    ///
    /// # Errors
    /// As [`Mongo::open`].
    pub async fn survey(config: &Config) -> Result<Features, Error> {
        let node = arrive(config).await?;
        let primary = node.ask(connect::ping(&node.database)).await;
        node.client.shutdown().immediate(true).await;
        primary.map(|()| node.offer.features())
    }

    /// What the server offers: for whoever must do without.
    pub fn offer(&self) -> Offer {
        self.node.offer
    }

    /// Refuses what comes from now on, and lets go of the connections.
    pub(crate) async fn shut(&self) {
        if !self.node.shut() {
            return;
        }
        let tasks = std::mem::take(&mut *self.tasks.lock());
        for task in tasks {
            task.abort();
            // The follower's stream must be gone, or the driver would wait for it.
            task.await.ok();
        }
        let client = self.node.client.clone();
        if tokio::time::timeout(FAREWELL, client.shutdown()).await.is_err() {
            self.node.client.clone().shutdown().immediate(true).await;
        }
    }
}

/// Connects, and reads the classes.
async fn arrive(config: &Config) -> Result<Node, Error> {
    let arriving = async {
        let (client, database, offer) = connect::connect(config).await?;
        let node = Node::new(client, database, offer, config.clone());
        node.refresh().await?;
        Ok(node)
    };
    // Choosing a server may take the whole patience already.
    within(Duration::from_millis(config.patience_ms) * 2, arriving).await
}

/// Who drops it unclosed doesn't want to hear of changes any more, either.
impl Drop for Mongo {
    fn drop(&mut self) {
        self.tasks.lock().iter().for_each(JoinHandle::abort);
    }
}
