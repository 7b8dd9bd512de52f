//! Classes brought to a state: collections, indexes, dropped values, and last the document in `_SCHEMA`.
//!
//! MongoDB changes classes outside of transactions. Whatever breaks off half-way is done again by the next try,
//! since `_SCHEMA` says what is there only after it is there, and what is gone only after it is gone.

use std::collections::BTreeSet;

use model::{FieldName, FieldType, Schema};
use mongodb::{
    IndexModel,
    bson::{Bson, Document, doc},
};
use storage::Error;

use crate::{
    catalog::{self, SCHEMA},
    error::Fault,
    index, layout,
    run::Link,
};

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

/// Brings a class to a state. `known` is what the caller last heard of it.
pub(crate) async fn put(link: &mut Link<'_>, wanted: &Schema, known: Option<&Schema>) -> Result<(), Fault> {
    let class = &wanted.class;
    let before = read_one(link, class).await?;
    for (name, field) in &wanted.fields {
        let old = before.as_ref().and_then(|before| before.fields.get(name));
        if old.is_some_and(|old| old.kind != field.kind) {
            return Err(Error::Conflict(format!("{name} exists with another type")).into());
        }
    }
    let dropped: Vec<&FieldName> = before.iter().flat_map(|before| before.fields.keys()).collect();
    let dropped: Vec<&FieldName> =
        dropped.into_iter().filter(|name| !wanted.fields.contains_key(*name)).collect();
    if dropped.iter().any(|name| known.is_none_or(|known| !known.fields.contains_key(*name))) {
        let text = format!("another server added fields to {class} meanwhile; read it again");
        return Err(Error::Conflict(text).into());
    }

    create(link, class).await?;
    for name in relations(wanted) {
        let join = layout::join(class, name);
        create(link, &join).await?;
        for end in ["owningId", "relatedId"] {
            link.collection(&join).create_index(IndexModel::builder().keys(doc! {end: 1}).build()).await?;
        }
    }
    index::put(link, wanted, before.as_ref()).await?;
    if let Some(before) = &before {
        unset(link, before, &dropped).await?;
    }
    record(link, wanted, before.as_ref()).await
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

/// Writes the class into `_SCHEMA`, without touching what another node adds at the same time.
async fn record(link: &mut Link<'_>, wanted: &Schema, before: Option<&Schema>) -> Result<(), Fault> {
    let document = catalog::document(wanted);
    let class = wanted.class.as_str();
    let meanwhile =
        || Fault::from(Error::Conflict(format!("another server changed {class} meanwhile; read it again")));
    let Some(before) = before else {
        return link.insert(SCHEMA, &document).await.map_err(|fault| match fault.error {
            Error::Duplicate { .. } => meanwhile(),
            _ => fault,
        });
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
        return Ok(());
    }
    link.change(SCHEMA, filter, change).await?.map(|_| ()).ok_or_else(meanwhile)
}
