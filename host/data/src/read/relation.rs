//! Tests on a relation become tests on the owners' ids before storage sees the filter.

use std::pin::Pin;

use model::{ClassName, FieldName, FieldType, Filter, ObjectId, Path, Test, Value};

use crate::{Data, Error, policy::Permit};

type Asking<'a> = Pin<Box<dyn Future<Output = Result<Filter, Error>> + Send + 'a>>;

impl Data {
    /// Asks the relations of the permit's class whom they hold: `{"users": {"__type": "Pointer", …}}`.
    ///
    /// Which of the owners the caller may see, the permit's rows say as for any other filter.
    pub(super) fn ask_relations<'a>(&'a self, permit: &'a Permit, filter: Filter) -> Asking<'a> {
        Box::pin(async move {
            Ok(match filter {
                Filter::And(parts) => Filter::And(self.ask_all(permit, parts).await?),
                Filter::Or(parts) => Filter::Or(self.ask_all(permit, parts).await?),
                Filter::Nor(parts) => Filter::Nor(self.ask_all(permit, parts).await?),
                Filter::Test(path, test) => match related(permit, &path) {
                    Some(class) => self.ask_one(permit, path, test, &class).await?,
                    None => Filter::Test(path, test),
                },
                other => other,
            })
        })
    }

    async fn ask_all(&self, permit: &Permit, parts: Vec<Filter>) -> Result<Vec<Filter>, Error> {
        let mut asked = Vec::with_capacity(parts.len());
        for part in parts {
            asked.push(self.ask_relations(permit, part).await?);
        }
        Ok(asked)
    }

    async fn ask_one(
        &self,
        permit: &Permit,
        path: Path,
        test: Test,
        class: &ClassName,
    ) -> Result<Filter, Error> {
        let (members, negated) = match &test {
            Test::Eq(value) => (members(std::slice::from_ref(value), class), false),
            Test::In(values) => (members(values, class), false),
            Test::Ne(value) => (members(std::slice::from_ref(value), class), true),
            Test::Nin(values) => (members(values, class), true),
            _ => return Ok(Filter::Test(path, test)),
        };
        let owners = match members.is_empty() {
            true => Vec::new(),
            false => self.inner.vault.owners(permit, path.root(), &members).await?,
        };
        let ids = owners.iter().map(|id| Value::text(id.as_str())).collect();
        let test = if negated { Test::Nin(ids) } else { Test::In(ids) };
        Ok(Filter::Test(FieldName::known("objectId").into(), test))
    }
}

/// The class that a path's relation holds, if the path is a relation.
fn related(permit: &Permit, path: &Path) -> Option<ClassName> {
    match permit.schema().kind(path.root()) {
        Some(FieldType::Relation(class)) if !path.is_dotted() => Some(class.clone()),
        _ => None,
    }
}

/// The objects among some values that a relation with this class can hold.
fn members(values: &[Value], class: &ClassName) -> Vec<ObjectId> {
    let pointers = values.iter().filter_map(Value::as_pointer);
    pointers.filter(|pointer| pointer.class == *class).map(|pointer| pointer.id).collect()
}
