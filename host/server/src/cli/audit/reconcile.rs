//! The database compared with the trail: what changed without a record?

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use anyhow::Context as _;
use audit::verify::{Finding, Report, Stored, Write};
use audit::{Code, Name, Records, Ref, RefKey, SealKey, Status};
use model::{Filter, Limit, Object, Order, Path, Schema, Test, Value};
use storage::{Select, Storage};

use crate::{Config, config::Place, exit::Exit, wire};

/// Objects that are read at a time.
const PAGE: u64 = 1_000;

/// Compares every stored object, users, roles and sessions included, with the last that the trail says of it, down to
/// its content; differences become findings.
///
/// It can't see who was put into a relation or a role, a class's permissions, and a session that was ended with others
/// and put back: no record holds the digest of those.
///
/// # Errors
/// A database that can't be opened: a running server holds it.
pub(super) async fn compare(config: &Config, key: &RefKey, report: &mut Report) -> anyhow::Result<()> {
    let purged = purges(&config.audit_dir())?;
    if let Place::Sqlite(path) = config.database_place().context(Exit::Settings)? {
        anyhow::ensure!(path.is_file(), "there is no database in {}", path.display());
    }
    let database = wire::storage(config).await?;
    let done = walk(&*database, key, &purged, report).await;
    database.close().await;
    done
}

/// Finds the last purge of each class: one record that tells of all its objects without naming them.
fn purges(trail: &std::path::Path) -> anyhow::Result<BTreeMap<Name, u64>> {
    let mut purged = BTreeMap::new();
    for record in Records::open(trail)? {
        let record = record?;
        let done = record.outcome.as_ref().is_some_and(|outcome| outcome.status == Status::Ok);
        match &record.object {
            Some(objects) if done && record.code == Code::PhiDelete && objects.refs.is_empty() => {
                purged.insert(objects.class.clone(), record.seq);
            }
            _ => {}
        }
    }
    Ok(purged)
}

async fn walk(
    database: &dyn Storage,
    key: &RefKey,
    purged: &BTreeMap<Name, u64>,
    report: &mut Report,
) -> anyhow::Result<()> {
    let mut seen: HashSet<(Name, Ref)> = HashSet::new();
    let seals = key.seals();
    let (mut objects, mut contents) = (0, 0);
    for schema in database.schemas().await? {
        let schema = Arc::new(schema);
        let class = Name::clean(schema.class.as_str());
        let mut last = None;
        loop {
            let page = page(database, &schema, last.as_ref()).await?;
            for object in &page {
                let reference = key.of(schema.class.as_str(), object.id.as_str());
                let writes = report.writes(&class, reference);
                objects += 1;
                contents += u64::from(writes.iter().any(|write| write.content.is_some()));
                if let Some(what) = differs(&seals, object, &writes) {
                    report.find(unrecorded(&class, reference, what));
                }
                seen.insert((class.clone(), reference));
            }
            match page.last() {
                Some(object) => last = Some(object.id.as_str().to_owned()),
                None => break,
            }
        }
    }
    report.compared = Some((objects, contents));
    let exist = report.written().filter(|(class, _, writes)| {
        let exists = |write: &Write| matches!(write.stored, Stored::Exists(_));
        let purged = purged.get(*class).is_some_and(|purge| writes.iter().all(|write| write.seq() < *purge));
        writes.iter().all(exists) && !purged && !ends_unnamed(class)
    });
    let gone: Vec<_> = exist
        .map(|(class, reference, _)| (class.clone(), reference))
        .filter(|object| !seen.contains(object))
        .collect();
    for (class, reference) in gone {
        report.find(unrecorded(&class, reference, "is gone, but no record tells of its deletion"));
    }
    Ok(())
}

/// Whether objects of a class end without being named: a new password, a login on the same device or a deleted user
/// ends sessions by the user that they are of.
fn ends_unnamed(class: &Name) -> bool {
    *class == "_Session"
}

/// The next objects of a class, by id.
async fn page(
    database: &dyn Storage,
    schema: &Arc<Schema>,
    last: Option<&String>,
) -> anyhow::Result<Vec<Object>> {
    let filter = match last {
        Some(last) => Filter::test("objectId", Test::Gt(Value::String(last.clone()))),
        None => Filter::all(),
    };
    let select = Select {
        order: vec![Order::ascending(Path::new("objectId")?)],
        limit: Limit::Rows(PAGE),
        ..Select::new(schema.clone(), filter)
    };
    Ok(database.find(&select).await?)
}

/// Says how an object differs from every write that may be its last.
fn differs(key: &SealKey, object: &Object, writes: &[Write]) -> Option<&'static str> {
    let explains = |write: &Write| match (write.stored, write.content) {
        (Stored::Uncertain, _) => true,
        (Stored::Deleted, _) => false,
        (Stored::Exists(_), Some(content)) => data::content(key, object) == content,
        (Stored::Exists(version), None) => version.is_none_or(|version| version == object.updated_at.0),
    };
    match writes.last() {
        None => Some("is stored, but no record tells of it"),
        Some(_) if writes.iter().any(explains) => None,
        Some(Write { stored: Stored::Deleted, .. }) => Some("is stored, but its last record is a deletion"),
        Some(_) => Some("was changed, but no record tells of it"),
    }
}

fn unrecorded(class: &Name, reference: Ref, what: &str) -> Finding {
    Finding::Unrecorded { class: class.to_string(), reference: reference.to_string(), what: what.to_owned() }
}
