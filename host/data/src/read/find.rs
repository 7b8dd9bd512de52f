//! The way of a read through the rooms.

use std::{pin::Pin, sync::Arc};

use model::{
    ClassName, Code, Event, FieldName, FieldType, Filter, Limit, Object, ObjectId, Order, ParseError, Query,
    Schema, Test, Value, query::Explain, schema::ClassOp,
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Shape, include, select, shape};
use crate::{
    Context, Data, Error, Found,
    action::{Action, Target},
    ledger::Entry,
    policy::{self, Permit},
    vault::Wanted,
};

/// Is told of each field that a caller doesn't get to see, with the class of the object that has it.
pub(super) type Hidden<'a> = dyn FnMut(&ClassName, &str) + Send + 'a;

impl Data {
    /// Fetches one object.
    ///
    /// # Errors
    /// 101 when it isn't there or the caller may not see it, 119 when the class may not be read.
    pub async fn get(
        &self,
        cx: &Context,
        class: &ClassName,
        id: &ObjectId,
        shape: Shape,
    ) -> Result<Object, Error> {
        let mut query = Query::new(class.clone());
        query.filter = Filter::id(id);
        query.limit = Some(Limit::Rows(1));
        shape.onto(&mut query);
        let mut entry = self.inner.ledger.begin(cx, Action::Get, &Target::object(class, id)).await?;
        let answer = self.try_find(&cx.under(entry.intent()), &mut entry, query).await;
        let answer = answer.and_then(|mut found| found.objects.pop().ok_or_else(Error::not_found));
        let answer = answer.map(|mut user| {
            show_own_token(cx, &mut user);
            user
        });
        entry.finish(answer).await
    }

    /// Finds objects, counts them, or both.
    ///
    /// # Errors
    /// 102 for a query that can't be, 119 when the class or a field in the query may not be read.
    pub async fn find(&self, cx: &Context, query: Query) -> Result<Found, Error> {
        let action = match (query.single_id().is_some(), query.limit) {
            (true, _) => Action::Get,
            (false, Some(Limit::Rows(0))) if query.count => Action::Count,
            _ => Action::Find,
        };
        let target = Target { shape: shape::of(&query.filter), ..Target::class(&query.class) };
        let mut entry = self.inner.ledger.begin(cx, action, &target).await?;
        let answer = self.try_find(&cx.under(entry.intent()), &mut entry, query).await;
        if let (Action::Count, Ok(Found { count: Some(count), .. })) = (action, &answer) {
            entry.counted(*count);
        }
        entry.finish(answer).await
    }

    /// Turns a query to the class that the relation of its `redirectClassNameForKey` holds; rights are those of the new class.
    pub(super) fn redirect(&self, cx: &Context, query: &mut Query) -> Result<(), Error> {
        let Some(key) = query.redirect.take() else { return Ok(()) };
        let Some(schema) = self.inner.schemas.find(&query.class) else { return Ok(()) };
        if policy::permit(cx, &schema, ClassOp::Find)?.mask().conceals(&key) {
            return Err(policy::concealed(&key, &query.class));
        }
        if let Some(FieldType::Relation(class)) = schema.kind(&key) {
            query.class = class.clone();
        }
        Ok(())
    }

    pub(crate) async fn try_find(
        &self,
        cx: &Context,
        entry: &mut Entry,
        query: Query,
    ) -> Result<Found, Error> {
        include::check_limits(cx, self.config(), &query)?;
        let mut query = query;
        query.spread();
        let named = query.class.clone();
        self.redirect(cx, &mut query)?;
        let class = (query.class != named).then(|| query.class.clone());
        let Some(schema) = self.readable_class(cx, &query.class)? else {
            return Ok(Found { count: query.count.then_some(0), ..Found::default() });
        };
        // Parse checks `get` when a find names exactly one id, whatever a hook adds to it.
        let op = op(&query);
        if cx.hooks().wants(Event::BeforeFind, &query.class) {
            // The probe: hooks never run for a find that isn't allowed.
            policy::check_query(cx, &policy::permit(cx, &schema, op)?, &query)?;
            query = cx.hooks().before_find(self, &cx.deeper()?, query).await?;
        }
        query.limit = Some(self.limit(&query));
        if let Some(mode) = query.explain {
            let plan = Some(self.plan(cx, &schema, op, &query, mode).await?);
            return Ok(Found { plan, ..Found::default() });
        }
        let rows = match query.limit {
            Some(Limit::Rows(0)) => Vec::new(),
            _ => self.rows(cx, &schema, op, &query, &mut |class, field| entry.masked(class, field)).await?,
        };
        let count = match query.count {
            true => Some(self.total(cx, &schema, &query).await?),
            false => None,
        };
        let objects =
            self.finish_rows(cx, rows, &query, &mut |class, field| entry.masked(class, field)).await?;
        entry.leaves(&objects);
        Ok(Found { objects, count, class, plan: None })
    }

    /// Finds rows for an include or a sub-query: the caller's rights, the class's hooks, no record of its own.
    pub(super) fn nested<'a>(
        &'a self,
        cx: &'a Context,
        query: Query,
        hidden: &'a mut Hidden<'_>,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Object>, Error>> + Send + 'a>> {
        Box::pin(async move {
            let Some(schema) = self.readable_class(cx, &query.class)? else { return Ok(Vec::new()) };
            let op = op(&query);
            let mut query = query;
            if cx.hooks().wants(Event::BeforeFind, &query.class) {
                policy::check_query(cx, &policy::permit(cx, &schema, op)?, &query)?;
                query = cx.hooks().before_find(self, &cx.deeper()?, query).await?;
            }
            let rows = self.rows(cx, &schema, op, &query, hidden).await?;
            self.after_find(cx, &query.class, rows, hidden).await
        })
    }

    /// Loads the rows that the caller may see, with what is hidden from it taken out.
    async fn rows(
        &self,
        cx: &Context,
        schema: &Arc<Schema>,
        op: ClassOp,
        query: &Query,
        hidden: &mut Hidden<'_>,
    ) -> Result<Vec<Object>, Error> {
        let mut known = Arc::clone(schema);
        let (permit, mut rows) = loop {
            let (permit, wanted) = self.wanted(cx, &known, op, query).await?;
            let rows = self.inner.vault.find(&permit, wanted).await?;
            // The class that knows a new field says who may see it and ask for it.
            match self.inner.schemas.newer(&self.inner.vault, &known).await? {
                Some(now) => known = now,
                None => break (permit, rows),
            }
        };
        let complete = Completion::of(&known, self.config().files_url.as_deref());
        for row in &mut rows {
            complete.apply(row);
            permit.mask().apply(row, &mut |field| hidden(&query.class, field));
            withhold(cx, row);
        }
        Ok(rows)
    }

    /// What the caller may ask of a class: the permit, and the query's filter with sub-queries and relations resolved.
    pub(super) async fn permitted(
        &self,
        cx: &Context,
        schema: &Arc<Schema>,
        op: ClassOp,
        query: &Query,
    ) -> Result<(Permit, Filter), Error> {
        let permit = policy::permit(cx, schema, op)?;
        policy::check_query(cx, &permit, query)?;
        let filter = self.resolve(cx, query.filter.clone(), 0).await?;
        let filter = self.ask_relations(&permit, filter).await?;
        Ok((permit, filter))
    }

    /// What a query wants of storage: its filter resolved, its order made plain.
    async fn wanted(
        &self,
        cx: &Context,
        schema: &Arc<Schema>,
        op: ClassOp,
        query: &Query,
    ) -> Result<(Permit, Wanted), Error> {
        let (permit, filter) = self.permitted(cx, schema, op, query).await?;
        let fields = if permit.mask().looks_at_pointers() { None } else { select::roots(query) };
        let order = match query.order.is_empty() {
            true => Vec::from_iter(Order::implied(&filter)),
            false => query.order.clone(),
        };
        let wanted = Wanted {
            order,
            skip: query.skip,
            limit: query.limit.unwrap_or(Limit::All),
            fields,
            score: query.score,
            advice: query.advice.clone(),
            ..Wanted::all(filter)
        };
        Ok((permit, wanted))
    }

    /// Tells how the database would find something: the master key alone may know.
    async fn plan(
        &self,
        cx: &Context,
        schema: &Arc<Schema>,
        op: ClassOp,
        query: &Query,
        mode: Explain,
    ) -> Result<Value, Error> {
        if !cx.asks_as_master() && !self.config().allow_public_explain {
            return Err(Error::refused(
                Code::InvalidQuery,
                "Using the explain query parameter requires the master key",
            ));
        }
        let (permit, wanted) = self.wanted(cx, schema, op, query).await?;
        self.inner.vault.explain(&permit, wanted, mode).await
    }

    async fn total(&self, cx: &Context, schema: &Arc<Schema>, query: &Query) -> Result<u64, Error> {
        let mut known = Arc::clone(schema);
        loop {
            let (permit, filter) = self.permitted(cx, &known, ClassOp::Count, query).await?;
            let count = self.inner.vault.count(&permit, filter).await?;
            // A count by a field that the caller may not see would tell what stands in it.
            match self.inner.schemas.newer(&self.inner.vault, &known).await? {
                Some(now) => known = now,
                None => return Ok(count),
            }
        }
    }

    async fn finish_rows(
        &self,
        cx: &Context,
        rows: Vec<Object>,
        query: &Query,
        hidden: &mut Hidden<'_>,
    ) -> Result<Vec<Object>, Error> {
        let mut rows = rows;
        include::expand(self, cx, &mut rows, query, hidden).await?;
        let mut rows = self.after_find(cx, &query.class, rows, hidden).await?;
        select::prune(&mut rows, query);
        Ok(rows)
    }

    async fn after_find(
        &self,
        cx: &Context,
        class: &ClassName,
        rows: Vec<Object>,
        hidden: &mut Hidden<'_>,
    ) -> Result<Vec<Object>, Error> {
        if rows.is_empty() || !cx.hooks().wants(Event::AfterFind, class) {
            return Ok(rows);
        }
        let shown = cx.hooks().after_find(self, &cx.deeper()?, class, rows).await?;
        shown.masked.iter().for_each(|field| hidden(class, field));
        Ok(shown.rows)
    }

    /// The class, `None` when a find of it answers nothing.
    fn readable_class(&self, cx: &Context, class: &ClassName) -> Result<Option<Arc<Schema>>, Error> {
        policy::approach(cx, class, ClassOp::Find)?;
        match self.inner.schemas.find(class) {
            Some(schema) => Ok(Some(schema)),
            None if cx.is_master() || self.config().allow_client_class_creation => Ok(None),
            None => Err(policy::no_such_class(class)),
        }
    }

    /// How many rows a find gets: what it asks for, within the settings.
    fn limit(&self, query: &Query) -> Limit {
        let config = self.config();
        match query.limit {
            Some(Limit::All) => Limit::All,
            Some(Limit::Rows(rows)) if config.max_limit > 0 => Limit::Rows(rows.min(config.max_limit)),
            Some(limit) => limit,
            None => Limit::Rows(config.default_limit),
        }
    }
}

/// Which class-level permission a query asks for.
fn op(query: &Query) -> ClassOp {
    if query.single_id().is_some() { ClassOp::Get } else { ClassOp::Find }
}

/// Session tokens, other people's logins and passwords leave with nobody.
fn withhold(cx: &Context, row: &mut Object) {
    if row.class == ClassName::user() {
        row.fields.remove("password");
        row.fields.remove("sessionToken");
        let own = cx.user().is_some_and(|identity| identity.user == row.id);
        if !own && !cx.is_master() {
            row.fields.remove("authData");
        }
    }
    if !matches!(cx.principal(), crate::Principal::Maintenance) {
        row.fields.retain(|name, _| !name.is_internal());
    }
}

/// What isn't stored in the rows of a class: relations, which are always there, and where files are.
struct Completion<'a> {
    relations: Vec<(&'a FieldName, &'a ClassName)>,
    files: Vec<&'a FieldName>,
    files_url: &'a str,
}

impl<'a> Completion<'a> {
    fn of(schema: &'a Schema, files_url: Option<&'a str>) -> Completion<'a> {
        let (mut relations, mut files) = (Vec::new(), Vec::new());
        for (name, field) in &schema.fields {
            match &field.kind {
                FieldType::Relation(class) => relations.push((name, class)),
                FieldType::File if files_url.is_some() => files.push(name),
                _ => {}
            }
        }
        Completion { relations, files, files_url: files_url.unwrap_or_default() }
    }

    fn apply(&self, row: &mut Object) {
        for (name, class) in &self.relations {
            row.fields.insert((*name).clone(), Value::Relation((*class).clone()));
        }
        for name in &self.files {
            if let Some(Value::File { name, url: url @ None }) = row.fields.get_mut(*name) {
                *url = Some(format!("{}/{}", self.files_url, utf8_percent_encode(name, IN_A_PATH)));
            }
        }
    }
}

/// What can't stand in the path of a file's address as it is.
const IN_A_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'/');

/// A user who fetches itself reads its own token back.
fn show_own_token(cx: &Context, user: &mut Object) {
    if let Some(identity) = cx.user()
        && user.class == ClassName::user()
        && user.id == identity.user
        && cx.grant().is_none()
    {
        user.fields.insert(FieldName::known("sessionToken"), model::Value::text(&*identity.token));
    }
}

/// Refuses what nests deeper than a query may.
pub(super) fn too_deep() -> Error {
    Error::Refused(ParseError::new(Code::InvalidQuery, "The query nests too deep."))
}

/// A test that no value passes.
pub(super) fn nothing() -> Test {
    Test::In(Vec::new())
}
