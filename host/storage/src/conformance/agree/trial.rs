//! One trial: carried out on a backend and, beside it, on plain objects.

use std::{collections::BTreeSet, fmt, sync::Arc};

use model::{
    Acl, ClassName, Date, FieldName, FieldType, Filter, Limit, Object, ObjectId, Order, Path, encode,
    parse_update,
    query::{By, Matcher, Relations, Sorter, filter::Access, geo::Point},
};
use serde_json::Value as Json;

use crate::{
    Error, Select, Storage, Write, Written,
    conformance::{
        Outcome, Wrong,
        agree::{bare::Bare, class::Fields},
        bench::{Bench, Class, MADE, filter, order},
        ensure,
    },
};

/// What is drawn.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    pub(super) class: Fields,
    pub(super) indexed: bool,
    pub(super) objects: Vec<Drawn>,
    /// Pairs of an owner and an object: `w1` and `o3`.
    pub(super) members: Vec<(usize, usize)>,
    pub(super) commits: Vec<Vec<Change>>,
    pub(super) questions: Vec<Question>,
}

/// An object.
#[derive(Clone, Debug)]
pub(super) struct Drawn {
    pub(super) fields: Json,
    pub(super) acl: Option<(Vec<String>, Vec<String>)>,
    pub(super) made: i64,
    pub(super) saved: i64,
}

/// A change.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// A save of the object with a number.
    Update(usize, Json),
    /// A delete of what a `where` finds.
    Delete(Json),
}

/// A find.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) condition: Json,
    pub(super) bare: Option<Bare>,
    pub(super) groups: Option<Vec<String>>,
    pub(super) writes: bool,
    pub(super) order: Vec<String>,
    pub(super) skip: u64,
    pub(super) limit: Option<u64>,
    pub(super) fields: Option<Vec<String>>,
    /// Whether the nearest come first, before all other keys.
    pub(super) nearest: Option<bool>,
}

/// The members of the one relation.
struct Members(BTreeSet<(String, String)>);

impl Relations for Members {
    fn holds(&self, class: &ClassName, owner: &ObjectId, key: &Path, member: &ObjectId) -> bool {
        let pair = (owner.as_str().to_owned(), member.as_str().to_owned());
        *class == "Ward" && *key == "members" && self.0.contains(&pair)
    }
}

impl Trial {
    /// Runs the trial, in classes that it makes and drops.
    pub(super) async fn run(&self, storage: &Arc<dyn Storage>) -> Outcome {
        let answer = self.agrees(&Bench::new(Arc::clone(storage))).await;
        for class in ["Thing", "Ward"] {
            storage.drop_schema(&ClassName::new(class)?).await?;
        }
        answer
    }

    async fn agrees(&self, bench: &Bench) -> Outcome {
        let class = bench.put(self.class.schema("Thing", self.indexed)?).await?;
        let wards = bench.class("Ward", "members:<Thing").await?;

        let mut objects = Vec::new();
        for (n, drawn) in self.objects.iter().enumerate() {
            let mut object = class.object(&format!("o{n}"), storable(&class, &drawn.fields))?;
            object.acl = drawn.acl.as_ref().map(|(read, write)| Acl::from_groups(read, write));
            object.created_at = Date(MADE.ms() + drawn.made);
            object.updated_at = Date(MADE.ms() + drawn.saved);
            objects.push(class.kept(&object));
        }
        class.commit(objects.iter().cloned().map(|object| class.inserting(object)).collect()).await?;
        let mut members = BTreeSet::new();
        let mut writes = Vec::new();
        for (owner, member) in &self.members {
            let (owner, member) = (format!("w{owner}"), format!("o{member}"));
            writes.push(wards.relating("members", &owner, &[&member], &[])?);
            members.insert((owner, member));
        }
        wards.commit(writes).await?;
        let members = Members(members);

        for commit in &self.commits {
            self.carry_out(commit, &class, &mut objects, &members).await?;
        }
        for question in &self.questions {
            ask(question, &class, &objects, &members).await?;
        }
        Ok(())
    }

    async fn carry_out(
        &self,
        changes: &[Change],
        class: &Class,
        objects: &mut Vec<Object>,
        members: &Members,
    ) -> Outcome {
        let mut staged = objects.clone();
        let mut writes = Vec::new();
        let mut expected = Ok(Vec::new());
        for change in changes {
            let done = match change {
                Change::Update(n, body) => {
                    let Some(write) = save(class, *n, body)? else { continue };
                    let Write::Update { filter, update, at, .. } = &write else { continue };
                    let matcher = Matcher::new(filter)?;
                    match staged.iter_mut().find(|object| matcher.matches(object, members)) {
                        None => {
                            writes.push(write);
                            Err(Error::NotFound)
                        }
                        Some(object) => {
                            let mut changed = object.clone();
                            let applied = changed.apply(update);
                            changed.updated_at = *at;
                            // A place made below an absent list would be an Object: what the caller checks first.
                            if applied.is_ok() && !fits(&changed, class) {
                                continue;
                            }
                            writes.push(write);
                            match applied {
                                Ok(()) => {
                                    let changed = class.kept(&changed);
                                    *object = changed.clone();
                                    Ok(Written::Updated(Box::new(changed)))
                                }
                                Err(error) => {
                                    Err(Error::Mismatch { field: error.field, expected: error.expected })
                                }
                            }
                        }
                    }
                }
                Change::Delete(condition) => {
                    let filter = filter(condition.clone())?;
                    let matcher = Matcher::new(&filter)?;
                    let before = staged.len();
                    staged.retain(|object| !matcher.matches(object, members));
                    writes.push(class.deleting(filter, false));
                    Ok(Written::Deleted((before - staged.len()) as u64))
                }
            };
            match (done, &mut expected) {
                (Ok(done), Ok(all)) => all.push(done),
                (Err(error), _) => {
                    expected = Err(error);
                    break;
                }
                (Ok(_), Err(_)) => break,
            }
        }
        let answer = class.commit(writes).await;
        ensure!(answer == expected, "commit {changes:?} answered {answer:?}, expected {expected:?}");
        if expected.is_ok() {
            *objects = staged;
        }
        Ok(())
    }
}

/// What is drawn, as far as the backend can store it.
fn storable(class: &Class, json: &Json) -> Json {
    if class.storage.features().nul_characters {
        return json.clone();
    }
    let text = |text: &str| text.replace('\0', " ");
    match json {
        Json::String(string) => Json::String(text(string)),
        Json::Array(items) => items.iter().map(|item| storable(class, item)).collect(),
        Json::Object(map) => {
            let members = map.iter().map(|(key, member)| (text(key), storable(class, member)));
            Json::Object(members.collect())
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => json.clone(),
    }
}

/// The write of a save; `None` when its body isn't a legal one.
fn save(class: &Class, n: usize, body: &Json) -> Result<Option<Write>, Wrong> {
    let body = &storable(class, body);
    let legal = body.as_object().is_some_and(|body| parse_update::update(body.clone()).is_ok());
    if legal { class.updating(&format!("o{n}"), body.clone()).map(Some) } else { Ok(None) }
}

fn fits(object: &Object, class: &Class) -> bool {
    object
        .fields
        .iter()
        .all(|(name, value)| FieldType::of(value).is_none_or(|kind| class.schema.kind(name) == Some(&kind)))
}

async fn ask(question: &Question, class: &Class, objects: &[Object], members: &Members) -> Outcome {
    let mut filter = filter(question.condition.clone())?;
    if let Some(bare) = &question.bare {
        filter = filter.and(bare.filter()?);
    }
    if let Some(groups) = &question.groups {
        let access = if question.writes { Access::Write } else { Access::Read };
        filter = filter.and(Filter::Acl(access, groups.clone()));
    }
    let matcher = Matcher::new(&filter)?;
    let mut expected: Vec<Object> =
        objects.iter().filter(|object| matcher.matches(object, members)).cloned().collect();
    let count = class.storage.count(&class.schema, &filter).await?;
    ensure!(count == expected.len() as u64, "{question}: counted {count}, expected {}", expected.len());

    // The id breaks ties, so that there is one right answer.
    let mut order = order(&[question.order.as_slice(), &["objectId".to_owned()]].concat().join(","))?;
    if let (Some(descending), Some(point)) = (question.nearest, Point::new(0.1, 0.1)) {
        order.insert(0, Order { path: Path::new("g")?, descending, by: By::Distance(point) });
    }
    Sorter::new(&order, &filter).sort(&mut expected);
    let fields =
        question.fields.as_ref().map(|names| names.iter().map(|name| FieldName::new(name)).collect());
    let fields: Option<Vec<FieldName>> = fields.transpose()?;
    if let Some(fields) = &fields {
        for object in &mut expected {
            object.fields.retain(|name, _| fields.contains(name));
        }
    }
    let skip = usize::try_from(question.skip).unwrap_or(usize::MAX);
    let most = question.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let expected: Vec<Object> = expected.into_iter().skip(skip).take(most).collect();
    let limit = question.limit.map_or(Limit::All, Limit::Rows);
    let select = Select { order, skip: question.skip, limit, fields, ..class.select(filter) };
    let found = class.storage.find(&select).await?;
    ensure!(found == expected, "{question}: found {}, expected {}", shown(&found), shown(&expected));
    Ok(())
}

fn shown(objects: &[Object]) -> String {
    let objects: Vec<Json> = objects.iter().map(|object| Json::Object(encode::object_json(object))).collect();
    Json::Array(objects).to_string()
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Question { condition, bare, groups, writes, order, skip, limit, fields, nearest } = self;
        write!(
            f,
            "where {condition} and {bare:?}, groups {groups:?} (writing: {writes}), order {order:?}, "
        )?;
        write!(f, "skip {skip}, limit {limit:?}, fields {fields:?}, nearest {nearest:?}")
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?}", self.class)?;
        for (n, drawn) in self.objects.iter().enumerate() {
            writeln!(f, "o{n}: {} ACL {:?} at {} and {}", drawn.fields, drawn.acl, drawn.made, drawn.saved)?;
        }
        writeln!(f, "members: {:?}, indexed: {}", self.members, self.indexed)?;
        for changes in &self.commits {
            writeln!(f, "commit {changes:?}")?;
        }
        self.questions.iter().try_for_each(|question| writeln!(f, "{question}"))
    }
}
