//! One change carried out, inside a transaction or as the only one of its commit.

use std::collections::BTreeSet;

use model::{Date, Filter, ObjectId, Schema, Update};
use mongodb::bson::{Document, doc, oid};
use storage::{Error, Wish, Write, Written};

use crate::{
    compile::{self, Part},
    encode,
    error::{Fault, STANDALONE},
    layout, native, read,
    run::{self, Link},
};

/// How often a change is tried again when its object changes between look and write.
const TRIES: usize = 32;

/// Whether a change touches one document only, so that the server itself makes it all or none.
pub(crate) fn is_single(write: &Write) -> bool {
    match write {
        Write::Insert { .. } | Write::Update { .. } => true,
        Write::Delete { filter, .. } => filter.named_id().is_some(),
        Write::Relate { add, remove, .. } => add.len() + remove.len() <= 1,
    }
}

/// Carries one change out.
pub(crate) async fn carry_out(link: &mut Link<'_>, write: &Write) -> Result<Written, Fault> {
    match write {
        Write::Insert { schema, object } => {
            let document = encode::object(schema, object)?;
            link.insert(&schema.class, &document).await.map_err(|fault| fault.named(schema))?;
            Ok(Written::Inserted)
        }
        Write::Update { schema, filter, update: changes, at } => {
            update(link, schema, filter, changes, *at).await.map_err(|fault| fault.named(schema))
        }
        Write::Delete { schema, filter, must_exist } => match delete(link, schema, filter).await? {
            0 if *must_exist => Err(Error::NotFound.into()),
            deleted => Ok(Written::Deleted(deleted)),
        },
        Write::Relate { schema, key, owner, add, remove } => {
            relate(link, schema, key, owner, add, remove).await
        }
    }
}

async fn update(
    link: &mut Link<'_>,
    schema: &Schema,
    filter: &Filter,
    update: &Update,
    at: Date,
) -> Result<Written, Fault> {
    // The server's own operators suffice for most changes of an object that is named.
    if filter.named_id().is_some()
        && let Some(native) = native::change(schema, update, at)?
    {
        let filter = read::resolve(link, filter).await?;
        if let Part { cond, exact: true } = compile::filter(schema, &filter)? {
            let filter = native.guarded(cond.document());
            if let Some(document) = link.change(&schema.class, filter, native.change).await? {
                return updated(schema, document);
            }
        }
    }
    for _ in 0..TRIES {
        let found = read::documents(link, schema, filter, 1).await?.pop();
        let (document, mut object) = found.ok_or(Error::NotFound)?;
        object
            .apply(update)
            .map_err(|error| Error::Mismatch { field: error.field, expected: error.expected })?;
        object.updated_at = at;
        let change = native::difference(schema, &document, &object, update)?;
        let still = still(link, schema, filter, &document, update.roots()).await?;
        if let Some(document) = link.change(&schema.class, still, change).await? {
            return updated(schema, document);
        }
    }
    Err(Error::Conflict("the object changes too often to be changed; try again".into()).into())
}

/// The filter of an object that was read: it still passes, and the fields that are about to change are as they were.
async fn still<'f>(
    link: &mut Link<'_>,
    schema: &Schema,
    filter: &Filter,
    document: &Document,
    fields: impl IntoIterator<Item = &'f str>,
) -> Result<Document, Fault> {
    let id = doc! {"_id": document.get("_id").cloned()};
    if link.session.is_some() {
        // What was read in a transaction can't change any more, or the transaction is tried again.
        return Ok(id);
    }
    let filter = read::resolve(link, filter).await?;
    let Part { cond, exact } = compile::filter(schema, &filter)?;
    let mut names: BTreeSet<&str> = fields.into_iter().collect();
    if !exact {
        filter.each_path(&mut |path| {
            names.insert(path.root());
        });
    }
    let mut keys: BTreeSet<String> = BTreeSet::new();
    for name in names {
        keys.insert(layout::key(schema, name).into_owned());
        // A provider that somebody adds meanwhile isn't lost: it has a key of its own.
        if layout::is_spread(schema, name) {
            keys.extend(document.keys().filter(|key| key.starts_with(layout::AUTH)).cloned());
        }
    }
    let unchanged = run::unchanged(document, keys.iter().map(String::as_str));
    Ok(doc! {"$and": [id, cond.document(), unchanged]})
}

fn updated(schema: &Schema, document: Document) -> Result<Written, Fault> {
    Ok(Written::Updated(Box::new(crate::decode::object(schema, document)?)))
}

async fn delete(link: &mut Link<'_>, schema: &Schema, filter: &Filter) -> Result<u64, Fault> {
    let class = &schema.class;
    let single = filter.named_id().is_some();
    let resolved = read::resolve(link, filter).await?;
    match compile::filter(schema, &resolved)? {
        Part { cond, exact: true } if single => return link.delete_one(class, cond.document()).await,
        Part { cond, exact: true } => return link.delete_all(class, cond.document()).await,
        Part { exact: false, .. } => {}
    }
    if link.session.is_some() {
        let select = Wish { fields: Some(&[]), ..Wish::all(&resolved) };
        let found = read::find(link, schema, select).await?;
        let ids: Vec<_> = found.iter().map(|object| encode::id(class, &object.id)).collect();
        return link.delete_all(class, doc! {"_id": {"$in": ids}}).await;
    }
    if !single {
        return Err(Error::Unsupported(STANDALONE).into());
    }
    for _ in 0..TRIES {
        let Some((document, _)) = read::documents(link, schema, &resolved, 1).await?.pop() else {
            return Ok(0);
        };
        let still = still(link, schema, &resolved, &document, []).await?;
        if link.delete_one(class, still).await? > 0 {
            return Ok(1);
        }
    }
    Err(Error::Conflict("the object changes too often to be deleted; try again".into()).into())
}

/// Adds what isn't there and removes the rest; rows that two nodes add at once are one member all the same.
async fn relate(
    link: &mut Link<'_>,
    schema: &Schema,
    key: &str,
    owner: &ObjectId,
    add: &[ObjectId],
    remove: &[ObjectId],
) -> Result<Written, Fault> {
    let join = layout::join(&schema.class, key);
    if !add.is_empty() {
        let there = read::members(link, &schema.class, key, owner, add).await?;
        let mut new: Vec<&ObjectId> = add.iter().filter(|id| there.binary_search(id).is_err()).collect();
        new.sort();
        new.dedup();
        let row = |id: &&ObjectId| {
            doc! {"_id": oid::ObjectId::new(), "owningId": owner.as_str(), "relatedId": id.as_str()}
        };
        let rows: Vec<Document> = new.iter().map(row).collect();
        match rows.as_slice() {
            [] => {}
            [one] => link.insert(&join, one).await?,
            many => link.insert_all(&join, many).await?,
        }
    }
    if !remove.is_empty() {
        let gone: Vec<&str> = remove.iter().map(|id| id.as_str()).collect();
        link.delete_all(&join, doc! {"owningId": owner.as_str(), "relatedId": {"$in": gone}}).await?;
    }
    Ok(Written::Related)
}
