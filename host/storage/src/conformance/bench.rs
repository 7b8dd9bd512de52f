//! What a case works with: a fresh backend, classes in short notation, objects and filters as REST JSON.

use std::{fmt::Debug, sync::Arc};

use model::{
    Acl, ClassName, Date, Field, FieldName, FieldType, Filter, Object, ObjectId, Order, Path, Schema, Unique,
    encode, parse_update,
    query::{self, By},
};
use serde_json::{Value as Json, json};

use crate::{
    Error, Select, Storage, Write, Written,
    conformance::{Outcome, Wrong, ensure},
};

/// The moment at which the objects of cases are made.
pub(super) const MADE: Date = Date(1_700_000_000_000);

/// A fresh backend.
pub(super) struct Bench {
    pub(super) storage: Arc<dyn Storage>,
}

impl Bench {
    pub(super) fn new(storage: Arc<dyn Storage>) -> Bench {
        Bench { storage }
    }

    /// Makes a class from a text like `name:String ward:*Ward friends:<Patient`.
    pub(super) async fn class(&self, name: &str, fields: &str) -> Result<Class, Wrong> {
        self.put(schema(name, fields)?).await
    }

    /// Makes a class with groups of unique fields.
    pub(super) async fn unique(&self, name: &str, fields: &str, groups: &[&[&str]]) -> Result<Class, Wrong> {
        let mut schema = schema(name, fields)?;
        schema.unique = groups.iter().map(|group| unique(group)).collect::<Result<_, _>>()?;
        self.put(schema).await
    }

    /// Makes the class `Thing` and fills it.
    pub(super) async fn things<const N: usize>(
        &self,
        fields: &str,
        objects: [(&str, Json); N],
    ) -> Result<Class, Wrong> {
        let class = self.class("Thing", fields).await?;
        class.fill(objects).await?;
        Ok(class)
    }

    /// Brings a class to a state.
    pub(super) async fn put(&self, schema: Schema) -> Result<Class, Wrong> {
        self.storage.put_schema(&schema).await?;
        Ok(Class { storage: Arc::clone(&self.storage), schema: Arc::new(schema) })
    }
}

/// Reads a class in short notation.
pub(super) fn schema(name: &str, fields: &str) -> Result<Schema, Wrong> {
    let mut schema = Schema::new(ClassName::new(name)?);
    for field in fields.split_whitespace() {
        let (name, kind) = field.split_once(':').ok_or_else(|| Wrong(format!("bad notation {field}")))?;
        let bad = || Wrong(format!("bad notation {field}"));
        let kind = match (kind.strip_prefix('*'), kind.strip_prefix('<')) {
            (Some(class), _) => FieldType::Pointer(ClassName::new(class)?),
            (_, Some(class)) => FieldType::Relation(ClassName::new(class)?),
            _ => FieldType::from_name(kind, || Err(bad()))?.ok_or_else(bad)?,
        };
        schema.fields.insert(FieldName::new(name)?, Field::new(kind));
    }
    Ok(schema)
}

/// Names a group of unique fields in which case matters.
pub(super) fn unique(fields: &[&str]) -> Result<Unique, Wrong> {
    let fields = fields.iter().map(|name| FieldName::new(name)).collect::<Result<_, _>>()?;
    Ok(Unique { fields, ignore_case: false })
}

/// Makes an object's id.
pub(super) fn id(text: &str) -> Result<ObjectId, Wrong> {
    Ok(ObjectId::new(text)?)
}

/// Makes a pointer's JSON.
pub(super) fn pointer(class: &str, id: &str) -> Json {
    json!({"__type": "Pointer", "className": class, "objectId": id})
}

/// Makes a date's JSON.
pub(super) fn date(iso: &str) -> Json {
    json!({"__type": "Date", "iso": iso})
}

/// Reads a `where`.
pub(super) fn filter(json: Json) -> Result<Filter, Wrong> {
    Ok(query::parse::filter(json, &query::Limits::trusted(), MADE)?)
}

/// Reads sort keys like `-age,name`.
pub(super) fn order(text: &str) -> Result<Vec<Order>, Wrong> {
    let key = |key: &str| {
        let path = Path::new(key.trim_start_matches('-'))?;
        Ok(Order { path, descending: key.starts_with('-'), by: By::Value })
    };
    text.split(',').filter(|key| !key.is_empty()).map(key).collect()
}

/// Ends the case unless an answer is an error of a kind.
pub(super) fn refused<T: Debug>(answer: Result<T, Error>, kind: fn(&Error) -> bool, name: &str) -> Outcome {
    match answer {
        Err(error) if kind(&error) => Ok(()),
        Err(error) => Err(Wrong(format!("expected {name}, got the error: {error:?}"))),
        Ok(answer) => Err(Wrong(format!("expected {name}, got {answer:?}"))),
    }
}

/// A class of the backend.
#[derive(Clone)]
pub(super) struct Class {
    pub(super) storage: Arc<dyn Storage>,
    pub(super) schema: Arc<Schema>,
}

impl Class {
    /// Makes an object without storing it.
    pub(super) fn object(&self, id: &str, fields: Json) -> Result<Object, Wrong> {
        let mut object = Object::new(self.schema.class.clone(), ObjectId::new(id)?, MADE);
        let Json::Object(fields) = fields else { return Err(Wrong("fields must be an object".into())) };
        for (name, json) in fields {
            object.fields.insert(FieldName::new(&name)?, encode::value(json)?);
        }
        Ok(object)
    }

    /// The write that inserts an object.
    pub(super) fn inserting(&self, object: Object) -> Write {
        Write::Insert { schema: Arc::clone(&self.schema), object }
    }

    /// The write that updates an object by id.
    pub(super) fn updating(&self, id: &str, body: Json) -> Result<Write, Wrong> {
        self.updating_where(Filter::id(&ObjectId::new(id)?), body)
    }

    /// The write that updates the object that a filter passes.
    pub(super) fn updating_where(&self, filter: Filter, body: Json) -> Result<Write, Wrong> {
        let Json::Object(body) = body else { return Err(Wrong("a body must be an object".into())) };
        let update = parse_update::update(body)?.update;
        Ok(Write::Update { schema: Arc::clone(&self.schema), filter, update, at: Date(MADE.ms() + 1_000) })
    }

    /// The write that deletes what a filter passes.
    pub(super) fn deleting(&self, filter: Filter, must_exist: bool) -> Write {
        Write::Delete { schema: Arc::clone(&self.schema), filter, must_exist }
    }

    /// The write that edits a relation.
    pub(super) fn relating(
        &self,
        key: &str,
        owner: &str,
        add: &[&str],
        remove: &[&str],
    ) -> Result<Write, Wrong> {
        let ids = |texts: &[&str]| texts.iter().map(|text| id(text)).collect::<Result<Vec<_>, _>>();
        let (add, remove) = (ids(add)?, ids(remove)?);
        Ok(Write::Relate {
            schema: Arc::clone(&self.schema),
            key: key.to_owned(),
            owner: id(owner)?,
            add,
            remove,
        })
    }

    /// Inserts an object.
    pub(super) async fn insert(&self, id: &str, fields: Json) -> Outcome {
        self.insert_object(self.object(id, fields)?).await
    }

    /// Inserts objects in one commit.
    pub(super) async fn fill<'a>(&self, objects: impl IntoIterator<Item = (&'a str, Json)>) -> Outcome {
        let write = |(id, fields)| Ok(self.inserting(self.object(id, fields)?));
        let writes = objects.into_iter().map(write).collect::<Result<Vec<_>, Wrong>>()?;
        self.commit(writes).await?;
        Ok(())
    }

    /// Inserts an object with an ACL of readers and writers.
    pub(super) async fn insert_guarded(&self, id: &str, read: &[&str], write: &[&str]) -> Outcome {
        let mut object = self.object(id, json!({}))?;
        object.acl = Some(Acl::from_groups(read, write));
        self.insert_object(object).await
    }

    /// Inserts an object as it is.
    pub(super) async fn insert_object(&self, object: Object) -> Outcome {
        let answer = self.storage.commit(vec![self.inserting(object)]).await?;
        ensure!(answer == [Written::Inserted], "an insert answered {answer:?}");
        Ok(())
    }

    /// Updates an object by id, and answers it as the backend does.
    pub(super) async fn update(&self, id: &str, body: Json) -> Result<Object, Wrong> {
        match self.storage.commit(vec![self.updating(id, body)?]).await?.pop() {
            Some(Written::Updated(object)) => Ok(*object),
            other => Err(Wrong(format!("an update answered {other:?}"))),
        }
    }

    /// Updates an object, and ends the case unless its field then is as expected, in the answer and when found.
    pub(super) async fn becomes(&self, id: &str, body: Json, field: &str, expected: Json) -> Outcome {
        let answered = self.update(id, body.clone()).await?;
        let found = self.one(id).await?;
        for (object, from) in [(answered, "answered"), (found, "found")] {
            let got = object.field(field).map_or(Json::Null, encode::json);
            ensure!(got == expected, "{body}: {from} {field} = {got}, expected {expected}");
        }
        Ok(())
    }

    /// Ends the case unless an update is refused for the type of a value on its way, and changes nothing.
    pub(super) async fn mismatches(&self, id: &str, body: Json, field: &str, expected: &str) -> Outcome {
        let before = self.one(id).await?;
        match self.commit(vec![self.updating(id, body.clone())?]).await {
            Err(Error::Mismatch { field: f, expected: e }) => {
                ensure!(
                    f == field && e == expected,
                    "{body}: {f} needs {e}, expected {field} and {expected}"
                );
            }
            other => return Err(Wrong(format!("{body}: expected Mismatch, got {other:?}"))),
        }
        self.holds(id, &before).await
    }

    /// Ends the case unless an object has no such field, not even a null.
    pub(super) async fn lacks(&self, id: &str, field: &str) -> Outcome {
        let found = self.one(id).await?;
        ensure!(found.field(field).is_none(), "{id} has {field}: {:?}", found.field(field));
        Ok(())
    }

    /// A find of everything that a filter passes.
    pub(super) fn select(&self, filter: Filter) -> Select {
        Select::new(Arc::clone(&self.schema), filter)
    }

    /// The one object with an id.
    pub(super) async fn one(&self, id: &str) -> Result<Object, Wrong> {
        let mut found = self.storage.find(&self.select(Filter::id(&ObjectId::new(id)?))).await?;
        match (found.pop(), found.is_empty()) {
            (Some(object), true) => Ok(object),
            (None, _) => Err(Wrong(format!("{id} isn't found"))),
            (Some(_), false) => Err(Wrong(format!("{id} is found more than once"))),
        }
    }

    /// An object as the backend gives it back: some have no place for a null of its own or for a file's address.
    pub(super) fn kept(&self, object: &Object) -> Object {
        let mut object = object.clone();
        self.storage.features().fit(&mut object);
        object
    }

    /// Ends the case unless an object is stored exactly so.
    pub(super) async fn holds(&self, id: &str, expected: &Object) -> Outcome {
        let found = self.one(id).await?;
        let expected = &self.kept(expected);
        ensure!(
            found == *expected,
            "found {}, expected {}",
            Json::Object(encode::object_json(&found)),
            Json::Object(encode::object_json(expected))
        );
        Ok(())
    }

    /// Ends the case unless a filter passes exactly these objects, in whatever order, and as many are counted.
    pub(super) async fn passes(&self, filter: &Filter, expected: &[&str]) -> Outcome {
        let mut ids = self.ids(&self.select(filter.clone())).await?;
        ids.sort();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        ensure!(ids == expected, "{filter:?} found {ids:?}, expected {expected:?}");
        let count = self.storage.count(&self.schema, filter).await?;
        ensure!(count == expected.len() as u64, "{filter:?} counted {count}, expected {}", expected.len());
        Ok(())
    }

    /// Ends the case unless each `where` passes exactly its objects, whose ids stand in a text like `a b`.
    pub(super) async fn answers(&self, rows: &[(Json, &str)]) -> Outcome {
        for (json, expected) in rows {
            let expected: Vec<&str> = expected.split(' ').filter(|id| !id.is_empty()).collect();
            let answer = self.passes(&filter(json.clone())?, &expected).await;
            answer.map_err(|Wrong(what)| Wrong(format!("where {json}: {what}")))?;
        }
        Ok(())
    }

    /// Ends the case unless everything in the class comes in this order: `-n,t` and `b a c`.
    pub(super) async fn sorts(&self, keys: &str, expected: &str) -> Outcome {
        let select = Select { order: order(keys)?, ..self.select(Filter::all()) };
        let ids = self.ids(&select).await?.join(" ");
        ensure!(ids == expected, "order {keys}: found {ids}, expected {expected}");
        Ok(())
    }

    /// The ids that a find answers, in its order.
    pub(super) async fn ids(&self, select: &Select) -> Result<Vec<String>, Wrong> {
        let found = self.storage.find(select).await?;
        Ok(found.into_iter().map(|object| object.id.as_str().to_owned()).collect())
    }

    /// Commits writes.
    pub(super) async fn commit(&self, writes: Vec<Write>) -> Result<Vec<Written>, Error> {
        self.storage.commit(writes).await
    }
}
