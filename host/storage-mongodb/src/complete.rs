//! Indexes that no class names and that are missing, as in a database taken over from parse-server.

use std::{collections::BTreeSet, sync::Arc};

use model::{FieldType, Schema};
use mongodb::{IndexModel, bson::Document, bson::doc};
use storage::lookup;

use crate::{error::Fault, index, layout, node::Node, run::Link, schema};

/// Makes what is missing while requests go on. What can't be made is told, and nothing else fails.
pub(crate) async fn complete(node: Arc<Node>) {
    let mut link = node.link(None);
    let looked = async {
        let there = link.database.list_collection_names().await?.into_iter().collect::<BTreeSet<String>>();
        Ok::<_, Fault>((there, schema::read(&mut link).await?))
    };
    let (there, schemas) = match looked.await {
        Ok(found) => found,
        Err(fault) => {
            tracing::warn!(error = %fault.error, "missing indexes can't be looked for; the next start tries again");
            return;
        }
    };
    for schema in &schemas {
        for (name, keys) in wanted(schema) {
            if !there.contains(&format!("{}{name}", link.prefix)) {
                continue;
            }
            let class = schema.class.as_str();
            match ensure(&link, &name, keys).await {
                Ok(false) => {}
                Ok(true) => tracing::info!(class, collection = name, "an index that was missing is made"),
                Err(fault) => tracing::warn!(
                    class, collection = name, error = %fault.error,
                    "an index can't be made: look-ups in it read all of it until the next start can make it"
                ),
            }
        }
    }
}

/// The collections of a class with the indexes that the server's own look-ups need.
pub(crate) fn wanted(schema: &Schema) -> Vec<(String, Document)> {
    let found = lookup::fields(&schema.class).iter().filter(|field| schema.fields.contains_key(**field));
    let found = found.map(|field| (schema.class.to_string(), doc! {layout::key(schema, field): 1}));
    let relations = schema.fields.iter().filter(|(_, field)| matches!(field.kind, FieldType::Relation(_)));
    let ends = relations.flat_map(|(name, _)| {
        let join = layout::join(&schema.class, name);
        ["owningId", "relatedId"].map(|end| (join.clone(), doc! {end: 1}))
    });
    found.chain(ends).collect()
}

/// Whether an index of a class's collection is one that [`ensure`] made.
pub(crate) fn is_helper(schema: &Schema, index: &IndexModel) -> bool {
    let mut wanted = wanted(schema).into_iter();
    let Some((_, keys)) =
        wanted.find(|(collection, keys)| *collection == *schema.class && *keys == index.keys)
    else {
        return false;
    };
    // The driver names what nobody named.
    keys.keys().next().is_some_and(|key| index::name_of(index) == Some(format!("{key}_1").as_str()))
        && is_whole(index)
}

/// Whether an index holds every object, each value as it is.
fn is_whole(index: &IndexModel) -> bool {
    index.options.as_ref().is_none_or(|options| {
        options.partial_filter_expression.is_none()
            && options.sparse != Some(true)
            && options.collation.is_none()
    })
}

/// Makes an index unless one begins with its keys, and answers whether it did.
pub(crate) async fn ensure(link: &Link<'_>, collection: &str, keys: Document) -> Result<bool, Fault> {
    let collection = link.collection(collection);
    let there = index::there(&collection).await?;
    let serves = |index: &IndexModel| is_whole(index) && index.keys.keys().next() == keys.keys().next();
    if there.iter().any(serves) {
        return Ok(false);
    }
    collection.create_index(IndexModel::builder().keys(keys).build()).await?;
    Ok(true)
}
