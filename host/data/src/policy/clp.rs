//! Class-level permissions.

use model::{ClassName, Code, FieldType, Filter, ParseError, Path, Schema, Test, Value, schema::ClassOp};

use crate::{Context, Error};

/// Decides an operation by the class's permissions and answers which rows it may reach (parse protocol 4.3).
/// `groups` are those of the context.
///
/// # Errors
/// 119, or 101 where a login would help, as the reference answers.
pub(super) fn rows(cx: &Context, groups: &[String], schema: &Schema, op: ClassOp) -> Result<Filter, Error> {
    let permissions = &schema.permissions;
    let Some(entities) = permissions.operations.get(&op) else { return Ok(Filter::all()) };
    let named = |group: &str| entities.groups.contains(group);
    if named("*") || groups.iter().any(|group| named(group)) {
        return Ok(Filter::all());
    }
    if named("requiresAuthentication") {
        if cx.user().is_some() {
            return Ok(Filter::all());
        }
        return Err(Error::Denied(ParseError::new(
            Code::ObjectNotFound,
            "Permission denied, user needs to be authenticated.",
        )));
    }
    if op == ClassOp::Create {
        return Err(Error::denied());
    }
    let by_class = match op {
        ClassOp::Find | ClassOp::Get | ClassOp::Count => &permissions.read_user_fields,
        _ => &permissions.write_user_fields,
    };
    let fields: Vec<&String> = by_class.iter().chain(&entities.pointer_fields).collect();
    if fields.is_empty() {
        return Err(Error::denied());
    }
    let Some(identity) = cx.user() else {
        // Nobody's rows: a find answers nothing, a get or a change answers 101.
        return Ok(Filter::Or(Vec::new()));
    };
    let me = Value::pointer(ClassName::user(), identity.user.clone());
    let mine = fields
        .into_iter()
        .filter(|field| matches!(schema.kind(field), Some(FieldType::Pointer(_) | FieldType::Array)))
        .filter_map(|field| Some(Filter::Test(Path::new(field).ok()?, Test::Eq(me.clone()))))
        .collect();
    Ok(Filter::Or(mine))
}
