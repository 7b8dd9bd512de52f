//! Objects that come in after their class is gone, from whoever hadn't heard of it: taken out again.
//!
//! MongoDB makes the collection of an object anew that is inserted a moment after the collection was dropped. Nobody sees
//! such an object until the class is made again, and then it would be there.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use model::ClassName;
use mongodb::{
    bson::{DateTime, Document, doc, oid::ObjectId},
    options::{ReadConcern, TransactionOptions},
};
use storage::Error;

use crate::{catalog::SCHEMA, connect, error::Fault, layout, node::Node};

/// How often it is looked.
const TURN: Duration = Duration::from_secs(2);

/// How long after its end objects of a class may still be on their way, and how far clocks differ.
const LATEST: Duration = Duration::from_secs(60);

/// Classes that this node dropped, each with the time.
pub(crate) type Dropped = BTreeMap<ClassName, SystemTime>;

/// Looks after the classes that this node drops until it is aborted.
pub(crate) async fn watch(node: Arc<Node>) {
    if !node.offer.transactions {
        // Without them, objects of a class that is being made anew couldn't be told apart.
        return;
    }
    loop {
        tokio::time::sleep(TURN).await;
        // What was made anew has objects of its own.
        node.dropped.lock().retain(|class, _| node.known(class).is_none());
        let dropped = node.dropped.lock().clone();
        if dropped.is_empty() {
            continue;
        }
        match look(&node, &dropped).await {
            Ok(()) => node.dropped.lock().retain(|_, at| at.elapsed().is_ok_and(|age| age < LATEST)),
            // The next turn tries again.
            Err(fault) => tracing::debug!(error = %fault.error, "late objects can't be looked for"),
        }
    }
}

async fn look(node: &Node, dropped: &Dropped) -> Result<(), Fault> {
    let there = node.database.list_collection_names().await?;
    let there = there.iter().filter_map(|name| name.strip_prefix(&node.config.prefix));
    let there: Vec<&str> = there.collect();
    for (class, at) in dropped {
        let own = |name: &&str| *name == class.as_str() || layout::joined(name) == Some(class.as_str());
        let collections: Vec<&str> = there.iter().copied().filter(own).collect();
        if collections.is_empty() {
            continue;
        }
        let taken = sweep(node, class, &collections, *at).await?;
        if taken > 0 {
            tracing::warn!(%class, taken, "objects came in after their class was dropped, and are gone, too");
        }
    }
    Ok(())
}

/// Deletes what was written into a class's collections after it was dropped, unless the class is there again.
async fn sweep(node: &Node, class: &ClassName, collections: &[&str], at: SystemTime) -> Result<u64, Fault> {
    let since = at.checked_sub(LATEST).unwrap_or(at);
    let mut session = node.client.start_session().await?;
    let options = TransactionOptions::builder()
        .read_concern(ReadConcern::snapshot())
        .write_concern(connect::durable())
        .build();
    session.start_transaction().with_options(options).await?;
    let mut link = node.link(Some(&mut session));
    // Whoever makes the class at this moment writes the same document: one of the two comes first.
    let name = doc! {"_id": class.as_str()};
    match link.insert(SCHEMA, &name).await {
        Err(Fault { error: Error::Duplicate { .. } | Error::Conflict(_), .. }) => {
            session.abort_transaction().await.ok();
            return Ok(0);
        }
        done => done?,
    }
    let mut taken = 0;
    for collection in collections {
        taken += link.delete_all(collection, late(*collection == class.as_str(), since)).await?;
    }
    link.delete_all(SCHEMA, name).await?;
    if taken == 0 {
        session.abort_transaction().await.ok();
        return Ok(0);
    }
    session.commit_transaction().await?;
    Ok(taken)
}

/// What was written since a moment: whoever restores a copy of the class means to have it.
fn late(is_class: bool, since: SystemTime) -> Document {
    let since = DateTime::from_system_time(since);
    if is_class {
        return doc! {"_updated_at": {"$gte": since}};
    }
    let seconds = u32::try_from(since.timestamp_millis() / 1_000).unwrap_or_default();
    doc! {"_id": {"$gte": ObjectId::from_parts(seconds, [0; 5], [0; 3])}}
}
