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
    let authenticated = named("requiresAuthentication");
    if authenticated && cx.user().is_none() {
        return Err(Error::Withheld(ParseError::new(
            Code::ObjectNotFound,
            "Permission denied, user needs to be authenticated.",
        )));
    }
    let by_class = match op {
        ClassOp::Find | ClassOp::Get | ClassOp::Count => &permissions.read_user_fields,
        _ => &permissions.write_user_fields,
    };
    let fields: Vec<&String> = by_class.iter().chain(&entities.pointer_fields).collect();
    // Whoever has a session still reaches only the rows that point to it, where the class names such fields.
    match (fields.is_empty() || op == ClassOp::Create, authenticated) {
        (true, true) => return Ok(Filter::all()),
        (true, false) => return Err(refused(schema, op)),
        (false, _) => {}
    }
    let Some(identity) = cx.user() else {
        return match op {
            ClassOp::Get => Err(Error::not_found()),
            // Nobody's rows: a find answers nothing, a change answers 101.
            _ => Ok(Filter::Or(Vec::new())),
        };
    };
    let me = Value::pointer(ClassName::user(), identity.user.clone());
    let mine = fields
        .into_iter()
        .filter(|field| matches!(schema.kind(field), Some(FieldType::Pointer(_) | FieldType::Array)))
        .filter_map(|field| Some(Filter::Test(Path::new(field).ok()?, Test::Eq(me.clone()))))
        .collect();
    Ok(Filter::Or(mine))
}

fn refused(schema: &Schema, op: ClassOp) -> Error {
    Error::denied(format!("Permission denied for action {} on class {}.", op.name(), schema.class))
}
