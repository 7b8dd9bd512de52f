//! The indexes of a class: those that it names, and those that keep groups of fields unique.

use futures_util::TryStreamExt as _;
use model::{Code, FieldType, ParseError, Schema, Unique, schema::IndexKeys};
use mongodb::{
    Collection, IndexModel,
    bson::{Binary, Bson, DateTime, Document, doc, spec::BinarySubtype},
    options::{Collation, CollationStrength, IndexOptions},
};
use storage::Error;

use crate::{catalog, complete, error::Fault, layout, run::Link};

/// There is such an index already under another name or with other options.
const SAME_KEYS: [i32; 2] = [85, 86];
/// There is no such collection or index.
const MISSING: [i32; 2] = [26, 27];

/// An index that isn't legal, or that objects don't fit: bad values, unknown kinds, places off the map, parallel lists.
const CANT_BE: [i32; 6] = [2, 14, 67, 171, 197, 16755];

const TAKEN: &str = "MongoDB has an index on these keys under another name, or one of this name on other keys: use that one, or drop it first";
const IMPOSSIBLE: &str =
    "MongoDB can't make such an index: check its fields, their kinds and the objects there are";

/// Makes the indexes that a class wants and drops those that it wanted before; if it can't make all, leaves what was there.
pub(crate) async fn put(link: &Link<'_>, wanted: &Schema, before: Option<&Schema>) -> Result<(), Fault> {
    if before.is_some_and(|before| before.indexes == wanted.indexes && before.unique == wanted.unique) {
        return Ok(());
    }
    let collection = link.collection(&wanted.class);
    let there = there(&collection).await?;
    let mut turn = Turn { collection, there, made: Vec::new(), dropped: Vec::new() };
    match Box::pin(turn.carry_out(wanted, before)).await {
        Err(fault) => {
            turn.take_back(wanted).await;
            Err(fault)
        }
        done => done,
    }
}

/// A change of a class's indexes: what there was before it, and what it has done.
struct Turn {
    collection: Collection<Document>,
    there: Vec<IndexModel>,
    made: Vec<String>,
    dropped: Vec<IndexModel>,
}

impl Turn {
    async fn carry_out(&mut self, wanted: &Schema, before: Option<&Schema>) -> Result<(), Fault> {
        self.make_groups(wanted).await?;
        // What replaces nothing comes first: until it is there, nothing is missed.
        let replaces = |name: &str| before.is_some_and(|before| before.indexes.contains_key(name));
        for last in [false, true] {
            for (name, index) in wanted.indexes.iter().filter(|(name, _)| replaces(name) == last) {
                self.make(name, index, wanted, before).await?;
            }
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
        for name in gone.iter().filter(|name| !kept.contains(name)) {
            if let Some(old) = self.called(name) {
                self.drop(old).await?;
            }
        }
        Ok(())
    }

    /// The index that had a name before.
    fn called(&self, name: &str) -> Option<IndexModel> {
        self.there.iter().find(|index| name_of(index) == Some(name)).cloned()
    }

    async fn drop(&mut self, index: IndexModel) -> Result<(), Fault> {
        match self.collection.drop_index(name_of(&index).unwrap_or_default()).await {
            Err(error) if Fault::is_code(&error, &MISSING) => Ok(()),
            Err(error) => Err(error.into()),
            Ok(()) => {
                self.dropped.push(index);
                Ok(())
            }
        }
    }

    /// Makes the indexes of unique groups that aren't there yet.
    async fn make_groups(&mut self, wanted: &Schema) -> Result<(), Fault> {
        for group in &wanted.unique {
            for index in unique(wanted, group)? {
                if self.there.iter().any(|old| keeps(old, &index)) {
                    continue;
                }
                let done = self.collection.create_index(index).await;
                self.made.push(done.map_err(|error| named(error.into(), group))?.index_name);
            }
        }
        Ok(())
    }

    /// Makes an index that a class names, in the place of what is in its way and isn't wanted any more.
    async fn make(
        &mut self,
        name: &str,
        index: &IndexKeys,
        wanted: &Schema,
        before: Option<&Schema>,
    ) -> Result<(), Fault> {
        let was = before.and_then(|before| before.indexes.get(name));
        // Whoever wrote that the class has it knew the index.
        let is_old = was == Some(index);
        let keys = keys(wanted, index);
        match (self.called(name), was) {
            (None, _) => {}
            (Some(_), Some(_)) if is_old => return Ok(()),
            (Some(old), Some(_)) => self.drop(old).await?,
            (Some(old), None) if has_keys(&old, &keys) => return Ok(()),
            (Some(_), None) => return Err(refused(TAKEN)),
        }
        let options = IndexOptions::builder().name(name.to_owned()).build();
        let model = IndexModel::builder().keys(keys.clone()).options(options).build();
        let mut done = self.collection.create_index(model.clone()).await;
        if let Err(error) = &done
            && Fault::is_code(error, &SAME_KEYS)
            && let Some(old) = self.there.iter().find(|old| old.keys == keys && is_free(old, wanted, before))
        {
            // What it serves for, the new one does as well.
            self.drop(old.clone()).await?;
            done = self.collection.create_index(model).await;
        }
        match done {
            Ok(done) => self.made.push(done.index_name),
            Err(error) if Fault::is_code(&error, &SAME_KEYS) && is_old => {}
            Err(error) if Fault::is_code(&error, &SAME_KEYS) => return Err(refused(TAKEN)),
            Err(error) if Fault::is_code(&error, &CANT_BE) => return Err(refused(IMPOSSIBLE)),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Drops what was made, and makes again what was dropped: the class still names it.
    async fn take_back(&mut self, wanted: &Schema) {
        for name in self.made.drain(..) {
            self.collection.drop_index(name).await.ok();
        }
        for old in self.dropped.drain(..) {
            let index = name_of(&old).unwrap_or_default().to_owned();
            if let Err(error) = self.collection.create_index(old).await {
                tracing::warn!(
                    class = %wanted.class, index, error = %Fault::from(error).error,
                    "an index is lost, dropped for one that couldn't be made: drop it from the class, then add it again"
                );
            }
        }
    }
}

/// The indexes of a collection; none where parse-server hasn't made the collection yet.
pub(crate) async fn there(collection: &Collection<Document>) -> Result<Vec<IndexModel>, Fault> {
    match collection.list_indexes().await {
        Err(error) if Fault::is_code(&error, &MISSING) => Ok(Vec::new()),
        listed => Ok(listed?.try_collect().await?),
    }
}

/// Whether nobody would miss an index by its name: the class is about to lose it or to have another one so called, or never
/// named it.
fn is_free(index: &IndexModel, wanted: &Schema, before: Option<&Schema>) -> bool {
    let Some(name) = name_of(index) else { return false };
    match (before.and_then(|before| before.indexes.get(name)), wanted.indexes.get(name)) {
        (Some(was), is) => is != Some(was),
        (None, None) => complete::is_helper(wanted, index),
        (None, Some(_)) => false,
    }
}

fn refused(text: &'static str) -> Fault {
    Error::Refused(ParseError::new(Code::InvalidQuery, text)).into()
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

/// The name of an index.
pub(crate) fn name_of(index: &IndexModel) -> Option<&str> {
    index.options.as_ref().and_then(|options| options.name.as_deref())
}

/// Whether an index is on these keys; one on words hides which they are.
fn has_keys(index: &IndexModel, keys: &Document) -> bool {
    index.keys.contains_key("_fts") || index.keys.keys().eq(keys.keys())
}

/// The keys of an index; a pointer's is found under its own name and under the one that parse-server wants to hear.
fn keys(schema: &Schema, index: &IndexKeys) -> Document {
    catalog::index_keys(index)
        .into_iter()
        .map(|(field, direction)| (layout::key(schema, &field).into_owned(), direction))
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
