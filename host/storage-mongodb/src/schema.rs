//! Classes brought to a state: collections, indexes, dropped values, and last the document in `_SCHEMA`.
//!
//! MongoDB changes classes outside of transactions. Whatever breaks off half-way is done again by the next try,
//! since `_SCHEMA` says what is there only after it is there, and what is gone only after it is gone.

use std::collections::BTreeSet;

use model::{FieldName, FieldType, Schema};
use mongodb::bson::{Bson, Document, doc};
use storage::Error;

use crate::{
    catalog::{self, SCHEMA},
    complete,
    error::Fault,
    index, layout,
    run::{self, Link},
};

/// How often a class is read again that others change meanwhile.
const TRIES: usize = 16;

const EXISTS: i32 = 48;
const MISSING: i32 = 26;

/// Every class in the database.
pub(crate) async fn read(link: &mut Link<'_>) -> Result<Vec<Schema>, Fault> {
    let documents = link.all(SCHEMA, Document::new(), Default::default()).await?;
    Ok(documents.iter().filter_map(catalog::schema).collect())
}

/// Carries the step from what the caller was told of a class to what it wants over to what the class is now, and
/// answers what it has become.
pub(crate) async fn put(
    link: &mut Link<'_>,
    wanted: &Schema,
    told: Option<&Schema>,
) -> Result<Schema, Fault> {
    for _ in 0..TRIES {
        let found = link.all(SCHEMA, doc! {"_id": wanted.class.as_str()}, Default::default()).await?.pop();
        let before = found.as_ref().and_then(catalog::schema);
        let merged = storage::merge(told, before.as_ref(), wanted)?;
        bring(link, &merged, before.as_ref()).await?;
        let recorded = match (&found, &before) {
            (Some(found), Some(before)) => change(link, &merged, before, found).await?,
            _ => make(link, &merged).await?,
        };
        if recorded {
            return Ok(merged);
        }
    }
    let text = format!("other servers change {} too often; try again", wanted.class);
    Err(Error::Unavailable(text).into())
}

/// Makes what a class is to have, and takes out of its objects what it is to have no more.
async fn bring(link: &mut Link<'_>, wanted: &Schema, before: Option<&Schema>) -> Result<(), Fault> {
    if before.is_none() {
        create(link, &wanted.class).await?;
    }
    let had = |name: &FieldName| before.is_some_and(|before| before.fields.contains_key(name));
    for name in relations(wanted).filter(|name| !had(name)) {
        create(link, &layout::join(&wanted.class, name)).await?;
    }
    index::put(link, wanted, before).await?;
    // What the class had before has its helpers, unless an index served as one.
    let kept =
        before.filter(|before| before.indexes == wanted.indexes).map(complete::wanted).unwrap_or_default();
    for (collection, keys) in complete::wanted(wanted) {
        if !kept.iter().any(|(name, old)| *name == collection && *old == keys) {
            complete::ensure(link, &collection, keys).await?;
        }
    }
    let Some(before) = before else { return Ok(()) };
    let dropped: Vec<&FieldName> =
        before.fields.keys().filter(|name| !wanted.fields.contains_key(*name)).collect();
    unset(link, before, &dropped).await
}

/// Drops a class with its join rows.
pub(crate) async fn drop(link: &mut Link<'_>, class: &str) -> Result<(), Fault> {
    // Also relations that nobody knows of any more.
    let prefix = link.prefix.to_owned();
    let joins = link.database.list_collection_names().await?;
    let ours = |name: &&String| name.strip_prefix(&prefix).and_then(layout::joined) == Some(class);
    for name in joins.iter().filter(ours) {
        link.database.collection::<Document>(name).drop().await?;
    }
    link.collection(class).drop().await?;
    link.delete_all(SCHEMA, doc! {"_id": class}).await?;
    Ok(())
}

async fn create(link: &Link<'_>, name: &str) -> Result<(), Fault> {
    match link.database.create_collection(format!("{}{name}", link.prefix)).await {
        Err(error) if !Fault::is_code(&error, &[EXISTS]) => Err(error.into()),
        _ => Ok(()),
    }
}

fn relations(schema: &Schema) -> impl Iterator<Item = &FieldName> {
    let relation = |(name, field)| match field {
        &model::Field { kind: FieldType::Relation(_), .. } => Some(name),
        _ => None,
    };
    schema.fields.iter().filter_map(relation)
}

/// Takes the values of fields that are no more out of every object.
async fn unset(link: &mut Link<'_>, before: &Schema, dropped: &[&FieldName]) -> Result<(), Fault> {
    let joins: BTreeSet<&FieldName> = relations(before).collect();
    let mut keys = Document::new();
    for name in dropped {
        if joins.contains(name) {
            match link.collection(&layout::join(&before.class, name)).drop().await {
                Err(error) if !Fault::is_code(&error, &[MISSING]) => return Err(error.into()),
                _ => {}
            }
        } else {
            keys.insert(layout::key(before, name), "");
            keys.insert(name.as_str(), "");
        }
    }
    if !keys.is_empty() {
        let present: Vec<Document> = keys.keys().map(|key| doc! {key: {"$exists": true}}).collect();
        let collection = link.collection(&before.class);
        collection.update_many(doc! {"$or": present}, doc! {"$unset": keys}).await?;
    }
    Ok(())
}

/// Writes a new class into `_SCHEMA`; answers whether nobody else did.
async fn make(link: &mut Link<'_>, wanted: &Schema) -> Result<bool, Fault> {
    match link.insert(SCHEMA, &catalog::document(wanted)).await {
        Err(Fault { error: Error::Duplicate { .. }, .. }) => Ok(false),
        done => done.map(|()| true),
    }
}

/// Writes what becomes of a class into its document, without touching what another node changes at the same time;
/// answers whether what is replaced still was as it was found.
async fn change(
    link: &mut Link<'_>,
    wanted: &Schema,
    before: &Schema,
    found: &Document,
) -> Result<bool, Fault> {
    let (document, old) = (catalog::document(wanted), catalog::document(before));
    let mut filter = doc! {"_id": wanted.class.as_str()};
    let (mut set, mut unset) = (Document::new(), Document::new());
    for (key, value) in document.iter().filter(|(key, _)| *key != "_id" && *key != "_metadata") {
        if old.get(key) != Some(value) {
            filter.insert(key, doc! {"$in": [value.clone(), Bson::Null]});
            set.insert(key, value.clone());
        }
    }
    for key in old.keys().filter(|key| !document.contains_key(*key) && *key != "_metadata") {
        unset.insert(key, "");
    }
    let mut replaced = false;
    for part in ["class_permissions", "indexes", "fields_options", "_parapet"] {
        let of = |document: &Document| {
            document.get_document("_metadata").ok().and_then(|metadata| metadata.get(part).cloned())
        };
        let key = format!("_metadata.{part}");
        match (of(&old), of(&document)) {
            (was, is) if was == is => continue,
            (_, Some(is)) => set.insert(key, is),
            (_, None) => unset.insert(key, ""),
        };
        replaced = true;
    }
    if replaced {
        // These are written whole: what another node put into one of them meanwhile must not be lost.
        filter.extend(run::unchanged(found, ["_metadata"]));
    }
    let mut change = Document::new();
    for (operator, keys) in [("$set", set), ("$unset", unset)] {
        if !keys.is_empty() {
            change.insert(operator, keys);
        }
    }
    if change.is_empty() {
        return Ok(true);
    }
    Ok(link.change(SCHEMA, filter, change).await?.is_some())
}
