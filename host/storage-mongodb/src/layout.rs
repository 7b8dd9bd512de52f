//! Where a field stands in a document: parse-server's layout, so that either server may own the database.

use std::borrow::Cow;

use model::{ClassName, FieldName, FieldType, Path, Schema};

/// What the names of a user's columns for sign-in data begin with.
pub(crate) const AUTH: &str = "_auth_data_";

/// What every object needs to be read: id, dates, ACL.
pub(crate) const HEAD: [&str; 5] = ["_id", "_created_at", "_updated_at", "_rperm", "_wperm"];

/// Fields whose keys differ from their names, whatever their class.
const RENAMED: [(&str, &str); 6] = [
    ("objectId", "_id"),
    ("createdAt", "_created_at"),
    ("updatedAt", "_updated_at"),
    ("sessionToken", "_session_token"),
    ("lastUsed", "_last_used"),
    ("timesUsed", "times_used"),
];

/// The key of a field.
pub(crate) fn key<'a>(schema: &Schema, field: &'a str) -> Cow<'a, str> {
    if let Some((_, key)) = RENAMED.iter().find(|(name, _)| *name == field) {
        return Cow::Borrowed(key);
    }
    match schema.kind(field) {
        Some(FieldType::Pointer(_)) => Cow::Owned(format!("_p_{field}")),
        _ => Cow::Borrowed(field),
    }
}

/// The field that a key stands for; `None` for what belongs to no field of the class.
pub(crate) fn field(schema: &Schema, key: &str) -> Option<FieldName> {
    let name = match RENAMED.iter().find(|(_, renamed)| *renamed == key) {
        Some((name, _)) => name,
        None => match key.strip_prefix("_p_") {
            Some(name) if matches!(schema.kind(name), Some(FieldType::Pointer(_))) => name,
            _ => key,
        },
    };
    schema.fields.get_key_value(name).map(|(name, _)| name.clone())
}

/// The field that a key would stand for if the class had it; `None` for the server's own keys.
pub(crate) fn unknown(schema: &Schema, key: &str) -> Option<FieldName> {
    let name = match RENAMED.iter().find(|(_, renamed)| *renamed == key) {
        Some((name, _)) => name,
        None => key,
    };
    FieldName::new(name).ok().filter(|name| schema.kind(name).is_none() && !is_spread(schema, name))
}

/// Whether a field is the one that is spread over a key for each provider.
pub(crate) fn is_spread(schema: &Schema, field: &str) -> bool {
    schema.class == "_User" && field == "authData"
}

/// The dotted key of a path; `None` for sign-in data as a whole, which has no key of its own.
pub(crate) fn path(schema: &Schema, path: &Path) -> Option<String> {
    if is_spread(schema, path.root()) {
        let rest: Vec<&str> = path.rest().collect();
        return (!rest.is_empty()).then(|| format!("{AUTH}{}", rest.join(".")));
    }
    let mut out = key(schema, path.root()).into_owned();
    for part in path.rest() {
        out.push('.');
        out.push_str(part);
    }
    Some(out)
}

/// The collection of a relation's join rows.
pub(crate) fn join(class: &ClassName, key: &str) -> String {
    format!("_Join:{key}:{class}")
}

/// The class whose relation's join rows a collection holds.
pub(crate) fn joined(collection: &str) -> Option<&str> {
    collection.strip_prefix("_Join:")?.split_once(':').map(|(_, owner)| owner)
}

/// Whether ids of the class are numbers in the database: the reference's settings have the id 1.
pub(crate) fn has_number_ids(class: &str) -> bool {
    matches!(class, "_GlobalConfig" | "_GraphQLConfig")
}
