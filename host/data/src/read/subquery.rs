//! Sub-queries become lists of values before storage sees the filter.

use std::pin::Pin;

use model::{Code, Filter, Limit, Path, Query, Test, Value};

use super::{
    find::{nothing, too_deep},
    shape,
};
use crate::{
    Context, Data, Error,
    action::{Action, Target},
    policy,
};

type Resolving<'a> = Pin<Box<dyn Future<Output = Result<Filter, Error>> + Send + 'a>>;

impl Data {
    /// Runs every sub-query of a filter with the caller's rights and puts its answer in its place.
    pub(super) fn resolve<'a>(&'a self, cx: &'a Context, filter: Filter, depth: usize) -> Resolving<'a> {
        Box::pin(async move {
            Ok(match filter {
                Filter::And(parts) => Filter::And(self.resolve_all(cx, parts, depth).await?),
                Filter::Or(parts) => Filter::Or(self.resolve_all(cx, parts, depth).await?),
                Filter::Nor(parts) => Filter::Nor(self.resolve_all(cx, parts, depth).await?),
                Filter::Test(path, Test::InQuery { mut query, negated }) => {
                    self.redirect(cx, &mut query)?;
                    let class = query.class.clone();
                    let rows = self.subquery(cx, *query, None, depth).await?;
                    let values =
                        rows.into_iter().map(|row| Value::pointer(class.clone(), row.id)).collect::<Vec<_>>();
                    membership(path, values, negated)
                }
                Filter::Test(path, Test::Select { mut query, key, negated }) => {
                    self.redirect(cx, &mut query)?;
                    let rows = self.subquery(cx, *query, Some(&key), depth).await?;
                    let values = rows.iter().filter_map(|row| value_at(row, &key)).collect();
                    membership(path, values, negated)
                }
                Filter::RelatedTo { owner_class, owner, key } => {
                    match self.relation_is_visible(cx, &owner_class, &owner, &key).await? {
                        true => Filter::RelatedTo { owner_class, owner, key },
                        // Whoever can't see the owner sees nobody in its relation.
                        false => Filter::Or(Vec::new()),
                    }
                }
                other => other,
            })
        })
    }

    async fn resolve_all(
        &self,
        cx: &Context,
        parts: Vec<Filter>,
        depth: usize,
    ) -> Result<Vec<Filter>, Error> {
        let mut resolved = Vec::with_capacity(parts.len());
        for part in parts {
            resolved.push(self.resolve(cx, part, depth).await?);
        }
        Ok(resolved)
    }

    async fn subquery(
        &self,
        cx: &Context,
        query: Query,
        key: Option<&Path>,
        depth: usize,
    ) -> Result<Vec<model::Object>, Error> {
        if depth >= self.config().subquery_depth && !cx.is_master() {
            return Err(too_deep());
        }
        let mut query = query;
        let target = Target { shape: shape::of(&query.filter), ..Target::class(&query.class) };
        query.filter = self.resolve(cx, query.filter, depth + 1).await?;
        // The reference ignores a sub-query's own limit, and so do its answers.
        let most = Some(self.config().subquery_limit).filter(|most| *most > 0 && !cx.is_master());
        let cut = self.config().subquery_cut;
        // One more than may be, so that it shows.
        let wanted = |most: u64| Limit::Rows(if cut { most } else { most.saturating_add(1) });
        query.limit = Some(most.map_or(Limit::All, wanted));
        query.skip = 0;
        if let Some(key) = key {
            // Reading a value through a test is reading it.
            if let Some(schema) = self.inner.schemas.find(&query.class) {
                let permit = policy::permit(cx, &schema, model::schema::ClassOp::Find)?;
                if permit.mask().conceals(key.root()) {
                    return Err(policy::concealed(key.root(), &query.class));
                }
            }
        }
        let rows = self.nested(cx, query, &mut |_, _| {}).await?;
        if let Some(most) = most.filter(|most| rows.len() as u64 > *most) {
            let text = format!("A sub-query finds more than the maximum of {most} objects.");
            return Err(Error::refused(Code::InvalidQuery, text));
        }
        // Whoever asks learns something of these objects, though none of them leaves.
        self.inner.ledger.looked_at(cx, Action::Find, &target, &rows, key.map(Path::root))?;
        Ok(rows)
    }

    /// Membership tells something of the owner: the caller must be able to see it and the field.
    async fn relation_is_visible(
        &self,
        cx: &Context,
        class: &model::ClassName,
        owner: &model::ObjectId,
        key: &Path,
    ) -> Result<bool, Error> {
        let Some(mut schema) = self.inner.schemas.find(class) else { return Ok(true) };
        let owner = loop {
            let permit = policy::permit(cx, &schema, model::schema::ClassOp::Get)?;
            if permit.mask().conceals(key.root()) {
                return Err(policy::concealed(key.root(), class));
            }
            let owner = self.inner.vault.one(&permit, owner).await?;
            match self.inner.schemas.newer(&self.inner.vault, &schema).await? {
                Some(now) => schema = now,
                None => break owner,
            }
        };
        match owner {
            Some(owner) => {
                let (target, rows) = (Target::class(class), std::slice::from_ref(&owner));
                self.inner.ledger.looked_at(cx, Action::Get, &target, rows, Some(key.root()))?;
                Ok(true)
            }
            None => Ok(cx.is_master()),
        }
    }
}

fn membership(path: Path, values: Vec<Value>, negated: bool) -> Filter {
    let test = match (negated, values.is_empty()) {
        (false, true) => nothing(),
        (false, false) => Test::In(values),
        (true, _) => Test::Nin(values),
    };
    Filter::Test(path, test)
}

fn value_at(row: &model::Object, key: &Path) -> Option<Value> {
    match key.as_str() {
        "objectId" => Some(Value::text(row.id.as_str())),
        "createdAt" => Some(Value::Date(row.created_at)),
        "updatedAt" => Some(Value::Date(row.updated_at)),
        _ => row.at(key).cloned(),
    }
}
