//! Who may do what to which rows and fields: a check yields a [`Permit`], and only here.

mod clp;
mod fields;
mod permit;

pub(crate) use fields::Mask;
pub(crate) use permit::{Authorised, Permit};

use std::sync::Arc;

use model::{
    ClassName, Code, FieldType, Filter, ParseError, Path, Query, Schema, query::filter::Access,
    schema::ClassOp,
};

use crate::{Context, Error, Principal};

/// Classes that only the master key may touch at all.
const MASTER_ONLY: &[&str] = &[
    "_JobStatus",
    "_PushStatus",
    "_Hooks",
    "_GlobalConfig",
    "_GraphQLConfig",
    "_JobSchedule",
    "_Audience",
    "_Idempotency",
];

/// Decides whether the principal may do an operation on a class, and on which of its rows and fields.
///
/// Each stage only narrows: plugin grant, key, class-level permissions, ACL, protected fields.
///
/// # Errors
/// [`Error::Denied`] with the code and text of the reference.
pub(crate) fn permit(cx: &Context, schema: &Arc<Schema>, op: ClassOp) -> Result<Permit, Error> {
    within_grant(cx, schema, op)?;
    let changes = matches!(op, ClassOp::Create | ClassOp::Update | ClassOp::Delete | ClassOp::AddField);
    if changes && matches!(cx.principal(), Principal::ReadOnlyMaster) {
        return Err(read_only(op.name()));
    }
    let mask = fields::mask(cx, schema);
    if cx.is_master() {
        return Ok(Permit::new(schema.clone(), Filter::all(), mask));
    }
    let class = schema.class.as_str();
    approach(cx, &schema.class, op)?;
    if class == "_Installation" && matches!(op, ClassOp::Find | ClassOp::Count | ClassOp::Delete) {
        return Err(Error::denied(format!(
            "Clients aren't allowed to perform the {} operation on the installation collection.",
            op.name()
        )));
    }
    let groups = cx.groups();
    let mut rows = clp::rows(cx, &groups, schema, op)?;
    let access = if changes { Access::Write } else { Access::Read };
    rows = rows.and(Filter::Acl(access, groups));
    if class == "_Session" {
        rows = rows.and(own_sessions(cx)?);
    }
    Ok(Permit::new(schema.clone(), rows, mask))
}

/// Refuses clients the classes that are the master key's, whether there are such classes yet or not, and everybody the rows
/// behind a relation, which are no objects here.
///
/// # Errors
/// 119 without the master key, 108 for a relation's rows with it.
pub(crate) fn approach(cx: &Context, class: &ClassName, op: ClassOp) -> Result<(), Error> {
    let is_join = class.starts_with("_Join:");
    match (is_join || MASTER_ONLY.contains(&class.as_str()), cx.is_master()) {
        (false, _) => return Ok(()),
        (true, true) if !is_join => return Ok(()),
        (true, true) => {
            let text = "The rows of a relation aren't objects: ask for what it holds with $relatedTo.";
            return Err(Error::refused(Code::CommandUnavailable, text));
        }
        (true, false) => {}
    }
    let text =
        format!("Clients aren't allowed to perform the {} operation on the {class} collection.", op.name());
    Err(Error::denied(text))
}

/// Refuses clients a class that isn't there.
pub(crate) fn no_such_class(class: &ClassName) -> Error {
    Error::denied(format!("This user is not allowed to access non-existent class: {class}"))
}

/// Refuses a query that names a field that the principal may not see.
pub(crate) fn concealed(field: &str, class: &ClassName) -> Error {
    Error::denied(format!("This user is not allowed to query {field} on class {class}"))
}

/// Refuses whoever asks for what is its own and brings no session.
pub(crate) fn nobody() -> Error {
    Error::Withheld(ParseError::new(Code::InvalidSessionToken, "Invalid session token"))
}

/// Refuses the read-only master key what changes something.
pub(crate) fn read_only(what: &str) -> Error {
    Error::denied(format!("read-only masterKey isn't allowed to perform the {what} operation."))
}

/// Lets the server itself do its own bookkeeping: sessions, roles, logins, recovery.
pub(crate) fn system(schema: &Arc<Schema>) -> Permit {
    Permit::new(schema.clone(), Filter::all(), Mask::default())
}

/// Refuses a query that tests or sorts by a field that the principal may not see: the answer would tell it. Also one
/// that compares a field with a relative time though it isn't a date.
pub(crate) fn check_query(cx: &Context, permit: &Permit, query: &Query) -> Result<(), Error> {
    let (mut refused, mut internal) = (None, None);
    let looks_inside = cx.asks_as_master();
    let mut look = |root: &str| {
        if permit.mask().conceals(root) {
            refused.get_or_insert_with(|| root.to_owned());
        }
        if root.starts_with('_') && !looks_inside {
            internal.get_or_insert_with(|| root.to_owned());
        }
    };
    query.filter.each_path(&mut |path| look(path.root()));
    relations_in(&query.filter, &mut |key| look(key));
    query.order.iter().for_each(|order| look(order.path.root()));
    let may_be_date = |path: &Path| permit.schema().kind(path).is_none_or(|kind| *kind == FieldType::Date);
    match (internal, refused) {
        // A name that the server itself made: it is safe to repeat.
        (Some(name), _) => Err(Error::refused(Code::InvalidKeyName, format!("Invalid key name: {name}"))),
        (None, Some(name)) => Err(concealed(&name, &permit.schema().class)),
        (None, None) if query.moments.iter().all(may_be_date) => Ok(()),
        (None, None) => {
            Err(Error::refused(Code::InvalidJson, "$relativeTime can only be used with a Date field"))
        }
    }
}

fn relations_in<'a>(filter: &'a Filter, visit: &mut dyn FnMut(&'a str)) {
    match filter {
        Filter::And(parts) | Filter::Or(parts) | Filter::Nor(parts) => {
            parts.iter().for_each(|part| relations_in(part, visit));
        }
        Filter::RelatedTo { key, .. } => visit(key),
        Filter::Test(..) | Filter::Acl(..) => {}
    }
}

fn own_sessions(cx: &Context) -> Result<Filter, Error> {
    let user = cx.user().ok_or_else(nobody)?;
    let me = model::Value::pointer(model::ClassName::user(), user.user.clone());
    Ok(Filter::test("user", model::Test::Eq(me)))
}

fn within_grant(cx: &Context, schema: &Schema, op: ClassOp) -> Result<(), Error> {
    use crate::FieldSet;
    let Some(grant) = cx.grant() else { return Ok(()) };
    let class = grant.classes.get(&schema.class).ok_or(Error::Ungranted)?;
    let allowed = match op {
        ClassOp::Find | ClassOp::Get | ClassOp::Count => class.read != FieldSet::Nothing,
        ClassOp::Create => class.create,
        // A field that it may write it may also be the first to write: which ones, is checked by name.
        ClassOp::Update | ClassOp::AddField => class.write != FieldSet::Nothing,
        ClassOp::Delete => class.delete,
    };
    if allowed { Ok(()) } else { Err(Error::Ungranted) }
}
