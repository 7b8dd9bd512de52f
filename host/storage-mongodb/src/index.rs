//! The indexes of a class: those that it names, and those that keep groups of fields unique.

use futures_util::TryStreamExt as _;
use model::{
    Code, FieldType, ParseError, Schema, Unique,
    schema::{IndexKeys, IndexKind},
};
use mongodb::{
    Collection, IndexModel,
    bson::{Binary, Bson, DateTime, Document, doc, spec::BinarySubtype},
    options::{Collation, CollationStrength, IndexOptions},
};
use storage::Error;

use crate::{error::Fault, layout, run::Link};

/// There is such an index already under another name or with other options, or no such index to drop.
const SAME_KEYS: [i32; 2] = [85, 86];
const MISSING: [i32; 2] = [26, 27];

/// An index that isn't legal, or that objects don't fit: bad values, unknown kinds, places off the map, parallel lists.
const CANT_BE: [i32; 6] = [2, 14, 67, 171, 197, 16755];

/// Makes the indexes that a class wants and drops those that it wanted before; makes none if it can't make all.
pub(crate) async fn put(link: &Link<'_>, wanted: &Schema, before: Option<&Schema>) -> Result<(), Fault> {
    let collection = link.collection(&wanted.class);
    let there: Vec<IndexModel> = collection.list_indexes().await?.try_collect().await?;
    let mut made = Vec::new();
    if let Err(fault) = make(&collection, wanted, &there, &mut made).await {
        for name in made {
            collection.drop_index(name).await.ok();
        }
        return Err(fault);
    }
    let Some(before) = before else { return Ok(()) };
    let mut gone: Vec<String> =
        before.indexes.keys().filter(|name| !wanted.indexes.contains_key(*name)).cloned().collect();
    for group in before.unique.iter().filter(|group| !wanted.unique.contains(group)) {
        gone.extend(unique(before, group)?.into_iter().filter_map(|index| index.options?.name));
    }
    // Groups may share an index: the exact one of a group that ignored case until now.
    let kept = wanted.unique.iter().map(|group| unique(wanted, group)).collect::<Result<Vec<_>, _>>()?;
    let kept: Vec<String> = kept.into_iter().flatten().filter_map(|index| index.options?.name).collect();
    for name in gone.iter().filter(|name| name_of(&there, name) && !kept.contains(name)) {
        match collection.drop_index(name).await {
            Err(error) if Fault::is_code(&error, &MISSING) => {}
            other => other?,
        }
    }
    Ok(())
}

/// Makes what isn't there yet, and says what it made.
async fn make(
    collection: &Collection<Document>,
    wanted: &Schema,
    there: &[IndexModel],
    made: &mut Vec<String>,
) -> Result<(), Fault> {
    for group in &wanted.unique {
        for index in unique(wanted, group)? {
            if there.iter().any(|old| keeps(old, &index)) {
                continue;
            }
            let done = collection.create_index(index).await.map_err(|error| named(error.into(), group))?;
            made.push(done.index_name);
        }
    }
    for (name, index) in &wanted.indexes {
        if name_of(there, name) {
            continue;
        }
        let options = IndexOptions::builder().name(name.clone()).build();
        let model = IndexModel::builder().keys(keys(wanted, index)).options(options).build();
        match collection.create_index(model).await {
            Err(error) if Fault::is_code(&error, &SAME_KEYS) => {}
            Err(error) if Fault::is_code(&error, &CANT_BE) => {
                let text = "MongoDB can't make such an index: check its fields, their kinds and the objects there are";
                return Err(Error::Refused(ParseError::new(Code::InvalidQuery, text)).into());
            }
            other => made.push(other?.index_name),
        }
    }
    Ok(())
}

/// Says the group whose values repeat.
fn named(fault: Fault, group: &Unique) -> Fault {
    match fault.error {
        Error::Duplicate { .. } => {
            let fields = group.fields.iter().map(|name| name.as_str().to_owned()).collect();
            Fault { error: Error::Duplicate { fields }, ..fault }
        }
        _ => fault,
    }
}

fn name_of(there: &[IndexModel], name: &str) -> bool {
    there.iter().any(|index| index.options.as_ref().and_then(|options| options.name.as_deref()) == Some(name))
}

/// The keys of an index; a pointer's is found under its own name and under the one that parse-server wants to hear.
fn keys(schema: &Schema, index: &IndexKeys) -> Document {
    let kind = |kind: &IndexKind| match kind {
        IndexKind::Ascending => Bson::Int32(1),
        IndexKind::Descending => Bson::Int32(-1),
        IndexKind::Named(name) => Bson::String(name.clone()),
    };
    index
        .iter()
        .map(|(field, direction)| (layout::key(schema, field).into_owned(), kind(direction)))
        .collect()
}

/// Whether an index that is there keeps at least what another one would.
fn keeps(old: &IndexModel, new: &IndexModel) -> bool {
    let (Some(is), Some(wanted)) = (&old.options, &new.options) else { return false };
    let strength = |options: &IndexOptions| {
        options.collation.as_ref().and_then(|collation| collation.strength).map(|strength| strength as u32)
    };
    is.unique == Some(true)
        && old.keys == new.keys
        && strength(is).filter(|strength| *strength < 3) == strength(wanted)
        // Without a condition, it keeps nulls apart as well.
        && (is.partial_filter_expression.is_none()
            || is.partial_filter_expression == wanted.partial_filter_expression)
}

/// The indexes that keep a group unique: values of the fields' types only, so that null and absent never collide.
///
/// Where case is ignored there is a second one, since only an index without collation serves exact look-ups.
fn unique(schema: &Schema, group: &Unique) -> Result<Vec<IndexModel>, Error> {
    let mut keys = Document::new();
    let mut condition = Document::new();
    for name in &group.fields {
        let kind = schema.kind(name);
        let least =
            kind.and_then(least).ok_or(Error::Unsupported("unique groups of lists, points or relations"))?;
        let key = layout::key(schema, name).into_owned();
        // A range within the type, which the planner knows to hold for every value that is looked up.
        condition.insert(&key, doc! {"$gte": least});
        keys.insert(key, 1);
    }
    let name = keys.keys().map(|key| format!("{key}_1")).collect::<Vec<_>>().join("_");
    let index = |name: String, collation: Option<Collation>| {
        let options = IndexOptions::builder()
            .name(name)
            .unique(true)
            .partial_filter_expression(condition.clone())
            .collation(collation);
        IndexModel::builder().keys(keys.clone()).options(options.build()).build()
    };
    let mut indexes = vec![index(format!("parapet_{name}"), None)];
    if group.ignore_case {
        let collation =
            Collation::builder().locale("en_US".to_owned()).strength(CollationStrength::Secondary).build();
        indexes.push(index(format!("parapet_{name}_ci"), Some(collation)));
    }
    Ok(indexes)
}

/// The smallest value of a type.
fn least(kind: &FieldType) -> Option<Bson> {
    Some(match kind {
        FieldType::String | FieldType::Pointer(_) | FieldType::File => Bson::String(String::new()),
        FieldType::Number => Bson::Double(f64::NEG_INFINITY),
        FieldType::Boolean => Bson::Boolean(false),
        // The year 1: not every server reads earlier dates.
        FieldType::Date => Bson::DateTime(DateTime::from_millis(-62_135_596_800_000)),
        FieldType::Bytes => Bson::Binary(Binary { subtype: BinarySubtype::Generic, bytes: Vec::new() }),
        FieldType::Object | FieldType::Polygon => Bson::Document(Document::new()),
        FieldType::Array | FieldType::GeoPoint | FieldType::Relation(_) | FieldType::Acl => return None,
    })
}
