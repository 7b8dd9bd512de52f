//! The database compared with the trail: what changed without a record?

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use anyhow::Context as _;
use audit::verify::{Finding, Report, Stored};
use audit::{Code, Name, Records, Ref, RefKey, Status};
use model::{Filter, Limit, Object, Order, Path, Schema, Test, Value};
use storage::{Select, Storage};
use storage_sql::Sqlite;

use crate::{Config, exit::Exit};

/// Objects that are read at a time.
const PAGE: u64 = 1_000;

/// Compares every stored object of the application's classes with the last that the trail says of it; differences become findings.
///
/// # Errors
/// A database that can't be opened: a running server holds it.
pub(super) async fn compare(config: &Config, key: &RefKey, report: &mut Report) -> anyhow::Result<()> {
    let purged = purges(&config.audit_dir())?;
    let path = config.database_file().context(Exit::Settings)?;
    anyhow::ensure!(path.is_file(), "there is no database in {}", path.display());
    let settings = storage_sql::Config { path, ..config.database.sqlite.clone() };
    let database = Sqlite::open(&settings).await.context("the database").context(Exit::Folder)?;
    let done = walk(&database, key, &purged, report).await;
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
    let schemas =
        database.schemas().await?.into_iter().filter(|schema| !is_parses_own(schema.class.as_str()));
    for schema in schemas {
        let schema = Arc::new(schema);
        let class = Name::clean(schema.class.as_str());
        let mut last = None;
        loop {
            let page = page(database, &schema, last.as_ref()).await?;
            for object in &page {
                let reference = key.of(schema.class.as_str(), object.id.as_str());
                if let Some(what) = differs(object, report.last_version(&class, reference)) {
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
    let exist = report.last_versions().filter(|last| {
        let purged = purged.get(last.class).is_some_and(|purge| last.seq < *purge);
        matches!(last.stored, Stored::Exists(_)) && !purged && !is_parses_own(last.class.as_str())
    });
    let gone: Vec<_> = exist
        .map(|last| (last.class.clone(), last.reference))
        .filter(|object| !seen.contains(object))
        .collect();
    for (class, reference) in gone {
        report.find(unrecorded(&class, reference, "is gone, but no record tells of its deletion"));
    }
    Ok(())
}

/// Whether Parse defines the class: logins and logouts change users and sessions under codes that name no version,
/// so what is stored of them says nothing about the records.
fn is_parses_own(class: &str) -> bool {
    class.starts_with('_')
}

/// The next objects of a class, by id, without their fields.
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
        fields: Some(Vec::new()),
        ..Select::new(schema.clone(), filter)
    };
    Ok(database.find(&select).await?)
}

/// Says how an object differs from the last that the trail says of it.
fn differs(object: &Object, last: Option<Stored>) -> Option<&'static str> {
    match last {
        None => Some("is stored, but no record tells of it"),
        Some(Stored::Deleted) => Some("is stored, but its last record is a deletion"),
        Some(Stored::Exists(Some(version))) if version != object.updated_at.0 => {
            Some("was changed, but no record tells of it")
        }
        Some(Stored::Exists(_) | Stored::Uncertain) => None,
    }
}

fn unrecorded(class: &Name, reference: Ref, what: &str) -> Finding {
    Finding::Unrecorded { class: class.to_string(), reference: reference.to_string(), what: what.to_owned() }
}
