//! Finds and counts: the command, then what MongoDB left to do.

use std::borrow::Cow;

use model::{
    ClassName, FieldName, FieldType, Filter, Limit, Object, ObjectId, Order, Schema,
    query::{Advice, By, Hint, ReadPreference},
};
use mongodb::{
    bson::{Bson, Document, doc},
    options::{self, FindOptions},
};
use storage::{
    Error, Wish, recheck,
    sift::{Done, Sift},
};

use crate::{
    compile::{self, Part},
    decode, encode,
    error::Fault,
    layout,
    run::Link,
};

/// More objects than any class holds.
const MOST: u64 = 1 << 40;

/// A find as the server is asked for it, and what of it the server does.
pub(crate) struct Asked {
    pub(crate) filter: Document,
    pub(crate) options: FindOptions,
    done: Done,
}

/// Puts a wish whose relations are resolved into the server's words.
pub(crate) fn asked(schema: &Schema, wish: &Wish<'_>) -> Result<Asked, Error> {
    let Part { cond, exact } = compile::filter(schema, wish.filter)?;
    let sort = sort(schema, wish.order);
    let done = Done { exact, sorted: sort.is_some() };
    let mut options = advised(schema, wish.advice);
    options.sort = sort.filter(|keys| !keys.is_empty());
    options.projection = projection(schema, wish, done.windowed());
    if done.windowed() {
        options.skip = (wish.skip > 0).then_some(wish.skip);
        options.limit = match wish.limit {
            Limit::Rows(rows) if rows <= MOST => i64::try_from(rows).ok(),
            Limit::Rows(_) | Limit::All => None,
        };
    }
    Ok(Asked { filter: cond.document(), options, done })
}

/// Finds objects.
pub(crate) async fn find(link: &mut Link<'_>, schema: &Schema, wish: Wish<'_>) -> Result<Vec<Object>, Fault> {
    // Servers add skip and limit; no collection is so large that this matters.
    if wish.limit == Limit::Rows(0) || wish.skip > MOST {
        return Ok(Vec::new());
    }
    let filter = resolve(link, wish.filter).await?;
    let wish = Wish { filter: &filter, ..wish };
    let Asked { filter, options, done } = asked(schema, &wish)?;
    let hint = options.hint.clone();
    let rows = link.find(&schema.class, filter, options).await;
    let mut rows = rows.map_err(|fault| fault.hinted(hint.as_ref()))?;
    let mut sift = Sift::new(&wish, done)?;
    while let Some(document) = link.next(&mut rows).await? {
        if !sift.take(decode::object_with(schema, document, &mut link.stray)?) {
            break;
        }
    }
    Ok(sift.finish())
}

/// What the server is told besides the question.
fn advised(schema: &Schema, advice: Option<&Advice>) -> FindOptions {
    let mut options = FindOptions::default();
    let Some(advice) = advice else { return options };
    options.hint = advice.hint.as_ref().map(|hint| match hint {
        Hint::Index(name) => options::Hint::Name(name.clone()),
        Hint::Keys(keys) => {
            let direction = |value: &serde_json::Value| match value {
                serde_json::Value::String(kind) => Bson::String(kind.clone()),
                other => encode::number(other.as_f64().unwrap_or(1.0)),
            };
            // Keys of MongoDB's own spelling are no fields, and stay as they are.
            let key = |name: &str| layout::key(schema, name).into_owned();
            options::Hint::Keys(keys.iter().map(|(name, value)| (key(name), direction(value))).collect())
        }
    });
    options.comment = advice.comment.clone().map(Bson::String);
    options.selection_criteria = advice.read_preference.map(|preference| {
        let anyone = Default::default;
        options::SelectionCriteria::ReadPreference(match preference {
            ReadPreference::Primary => options::ReadPreference::Primary,
            ReadPreference::PrimaryPreferred => {
                options::ReadPreference::PrimaryPreferred { options: anyone() }
            }
            ReadPreference::Secondary => options::ReadPreference::Secondary { options: anyone() },
            ReadPreference::SecondaryPreferred => {
                options::ReadPreference::SecondaryPreferred { options: anyone() }
            }
            ReadPreference::Nearest => options::ReadPreference::Nearest { options: anyone() },
        })
    });
    options
}

/// Counts objects.
pub(crate) async fn count(link: &mut Link<'_>, schema: &Schema, filter: &Filter) -> Result<u64, Fault> {
    let filter = resolve(link, filter).await?;
    let Part { cond, exact } = compile::filter(schema, &filter)?;
    if exact {
        return link.count(&schema.class, cond.document()).await;
    }
    let matcher = recheck::matcher(&filter)?;
    let wish = Wish { fields: Some(&[]), ..Wish::all(&filter) };
    let options = FindOptions::builder().projection(projection(schema, &wish, false)).build();
    let mut rows = link.find(&schema.class, cond.document(), options).await?;
    let mut count = 0;
    while let Some(document) = link.next(&mut rows).await? {
        count += u64::from(recheck::passes(&matcher, &decode::object(schema, document)?));
    }
    Ok(count)
}

/// The documents that pass, as they are stored, and at most so many.
pub(crate) async fn documents(
    link: &mut Link<'_>,
    schema: &Schema,
    filter: &Filter,
    most: usize,
) -> Result<Vec<(Document, Object)>, Fault> {
    let filter = resolve(link, filter).await?;
    let Part { cond, exact } = compile::filter(schema, &filter)?;
    let matcher = if exact { None } else { Some(recheck::matcher(&filter)?) };
    let mut rows = link.find(&schema.class, cond.document(), FindOptions::default()).await?;
    let mut found = Vec::new();
    while let Some(document) = link.next(&mut rows).await? {
        let object = decode::object(schema, document.clone())?;
        if matcher.as_ref().is_none_or(|matcher| recheck::passes(matcher, &object)) {
            found.push((document, object));
        }
        if found.len() >= most {
            break;
        }
    }
    Ok(found)
}

/// Looks up the members of every relation that the filter names.
pub(crate) async fn resolve<'f>(link: &mut Link<'_>, filter: &'f Filter) -> Result<Cow<'f, Filter>, Fault> {
    let mut relations = Vec::new();
    recheck::relations(filter, &mut relations);
    let mut members = Vec::with_capacity(relations.len());
    for relation in relations {
        if let Filter::RelatedTo { owner_class, owner, key } = relation {
            let ids = related(link, owner_class, key, owner).await?;
            members.push(ids.iter().map(|id| id.as_str().to_owned()).collect());
        }
    }
    Ok(match members.is_empty() {
        true => Cow::Borrowed(filter),
        false => Cow::Owned(recheck::resolved(filter, &mut members.into_iter())),
    })
}

/// The ids in a relation, sorted, each once; none when there is no such relation.
pub(crate) async fn related(
    link: &mut Link<'_>,
    class: &ClassName,
    key: &str,
    owner: &str,
) -> Result<Vec<ObjectId>, Fault> {
    ends(link, class, key, doc! {"owningId": owner}, "relatedId").await
}

/// Which of some ids are in a relation, sorted, each once.
pub(crate) async fn members(
    link: &mut Link<'_>,
    class: &ClassName,
    key: &str,
    owner: &str,
    of: &[ObjectId],
) -> Result<Vec<ObjectId>, Fault> {
    let of: Vec<&str> = of.iter().map(|id| id.as_str()).collect();
    ends(link, class, key, doc! {"owningId": owner, "relatedId": {"$in": of}}, "relatedId").await
}

/// The ids of the objects whose relation holds one of some members, sorted, each once.
pub(crate) async fn owners(
    link: &mut Link<'_>,
    class: &ClassName,
    key: &str,
    members: &[ObjectId],
) -> Result<Vec<ObjectId>, Fault> {
    let members: Vec<&str> = members.iter().map(|id| id.as_str()).collect();
    ends(link, class, key, doc! {"relatedId": {"$in": members}}, "owningId").await
}

async fn ends(
    link: &mut Link<'_>,
    class: &ClassName,
    key: &str,
    filter: Document,
    end: &str,
) -> Result<Vec<ObjectId>, Fault> {
    let options = FindOptions::builder().projection(doc! {end: 1, "_id": 0}).build();
    let rows = link.all(&layout::join(class, key), filter, options).await?;
    let mut ids: Vec<ObjectId> =
        rows.iter().filter_map(|row| ObjectId::new(row.get_str(end).ok()?).ok()).collect();
    ids.sort();
    ids.dedup();
    Ok(ids)
}

/// MongoDB's sort keys; `None` when only the matcher knows the order.
fn sort(schema: &Schema, order: &[Order]) -> Option<Document> {
    let mut keys = Document::new();
    for Order { path, descending, by } in order {
        match by {
            By::Value => {}
            By::Distance(_) | By::Score => return None,
        }
        let plain = match schema.kind(path.root()) {
            // Nobody has it, so it tells nothing apart.
            None | Some(FieldType::Relation(_)) => continue,
            Some(
                FieldType::String
                | FieldType::Number
                | FieldType::Boolean
                | FieldType::Date
                | FieldType::Bytes
                | FieldType::Pointer(_),
            ) => {
                if path.is_dotted() {
                    continue;
                }
                true
            }
            Some(
                FieldType::Object
                | FieldType::Array
                | FieldType::GeoPoint
                | FieldType::Polygon
                | FieldType::File
                | FieldType::Acl,
            ) => false,
        };
        if !plain {
            return None;
        }
        let key = layout::key(schema, path.as_str());
        // Of a key that is named twice, the first one decides.
        if !keys.contains_key(&*key) {
            keys.insert(key, if *descending { -1 } else { 1 });
        }
    }
    Some(keys)
}

/// The keys to load: those that are asked for and, unless MongoDB does it all, those that the matcher looks at.
fn projection(schema: &Schema, wish: &Wish<'_>, native: bool) -> Option<Document> {
    let fields = wish.fields?;
    let mut names: Vec<&str> = fields.iter().map(FieldName::as_str).collect();
    if !native {
        wish.filter.each_path(&mut |path| names.push(path.root()));
        names.extend(wish.order.iter().map(|key| key.path.root()));
    }
    // Nobody knows the names of all providers.
    if names.iter().any(|name| layout::is_spread(schema, name)) {
        return None;
    }
    let mut keys: Document = layout::HEAD.iter().map(|key| ((*key).to_owned(), Bson::Int32(1))).collect();
    for name in names {
        keys.insert(layout::key(schema, name), 1);
        // A pointer that was created as null stands without prefix.
        if schema.fields.contains_key(name) {
            keys.insert(name, 1);
        }
    }
    Some(keys)
}
