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
    run::Link,
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

/// One class.
pub(crate) async fn read_one(link: &mut Link<'_>, class: &str) -> Result<Option<Schema>, Fault> {
    let found = link.all(SCHEMA, doc! {"_id": class}, Default::default()).await?;
    Ok(found.first().and_then(catalog::schema))
}

/// Carries the step from what the caller was told of a class to what it wants over to what the class is now, and
/// answers what it has become.
pub(crate) async fn put(
    link: &mut Link<'_>,
    wanted: &Schema,
    told: Option<&Schema>,
) -> Result<Schema, Fault> {
    for _ in 0..TRIES {
        let before = read_one(link, &wanted.class).await?;
        let merged = storage::merge(told, before.as_ref(), wanted)?;
        bring(link, &merged, before.as_ref()).await?;
        if record(link, &merged, before.as_ref()).await? {
            return Ok(merged);
        }
    }
    let text = format!("other servers change {} too often; try again", wanted.class);
    Err(Error::Unavailable(text).into())
}

/// Makes what a class is to have, and takes out of its objects what it is to have no more.
async fn bring(link: &mut Link<'_>, wanted: &Schema, before: Option<&Schema>) -> Result<(), Fault> {
    let class = &wanted.class;
    create(link, class).await?;
    for name in relations(wanted) {
        let join = layout::join(class, name);
        create(link, &join).await?;
    }
    for (collection, keys) in complete::wanted(wanted) {
        complete::ensure(link, &collection, keys).await?;
    }
    index::put(link, wanted, before).await?;
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
    let ours = |name: &&String| {
        name.strip_prefix(&prefix)
            .and_then(|name| name.strip_prefix("_Join:")?.split_once(':'))
            .is_some_and(|(_, owner)| owner == class)
    };
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

/// Writes the class into `_SCHEMA`, without touching what another node adds at the same time; answers whether the class
/// still was as it was read.
async fn record(link: &mut Link<'_>, wanted: &Schema, before: Option<&Schema>) -> Result<bool, Fault> {
    let document = catalog::document(wanted);
    let class = wanted.class.as_str();
    let Some(before) = before else {
        return match link.insert(SCHEMA, &document).await {
            Err(Fault { error: Error::Duplicate { .. }, .. }) => Ok(false),
            done => done.map(|()| true),
        };
    };
    let old = catalog::document(before);
    let mut filter = doc! {"_id": class};
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
    let part = |document: &Document, key: &str| {
        document.get_document("_metadata").ok().and_then(|metadata| metadata.get(key).cloned())
    };
    for key in ["class_permissions", "indexes", "fields_options", "_parapet"] {
        let (is, was) = (part(&document, key), part(&old, key));
        match is {
            Some(value) if was.as_ref() != Some(&value) => {
                set.insert(format!("_metadata.{key}"), value);
            }
            None if was.is_some() => {
                unset.insert(format!("_metadata.{key}"), "");
            }
            _ => {}
        }
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
