//! Class-level permissions as `_SCHEMA` keeps them.

use model::{
    Acl, Permissions,
    encode::{acl, acl_json},
    schema::{ClassOp, Entities, Names},
};
use serde_json::{Map, Value as Json, json};

/// Writes permissions.
pub(crate) fn json(permissions: &Permissions) -> Json {
    let mut map = Map::new();
    for (op, entities) in &permissions.operations {
        let mut entry: Map<String, Json> =
            entities.groups.iter().map(|group| (group.clone(), true.into())).collect();
        if !entities.pointer_fields.is_empty() {
            entry.insert("pointerFields".into(), json!(entities.pointer_fields));
        }
        map.insert(op.name().to_owned(), Json::Object(entry));
    }
    for (key, fields) in [
        ("readUserFields", &permissions.read_user_fields),
        ("writeUserFields", &permissions.write_user_fields),
    ] {
        if !fields.is_empty() {
            map.insert(key.into(), json!(fields));
        }
    }
    map.insert("protectedFields".into(), json!(permissions.protected_fields));
    if let Some(acl) = &permissions.default_acl {
        map.insert("ACL".into(), acl_json(acl));
    }
    Json::Object(map)
}

/// Reads permissions back; `None` when they aren't what [`json`] writes.
pub(crate) fn read(json: &Json) -> Option<Permissions> {
    let mut permissions = Permissions::default();
    for op in ClassOp::ALL {
        if let Some(entry) = json.get(op.name()) {
            let mut entities = Entities::default();
            for (key, value) in entry.as_object()? {
                match key.as_str() {
                    "pointerFields" => entities.pointer_fields = names(value)?,
                    // Older servers wrote groups that may not, too.
                    group if value.as_bool() == Some(true) => {
                        entities.groups.insert(group.to_owned());
                    }
                    _ => {}
                }
            }
            permissions.operations.insert(op, entities);
        }
    }
    let list = |key: &str| json.get(key).map_or(Some(Names::default()), names);
    permissions.read_user_fields = list("readUserFields")?;
    permissions.write_user_fields = list("writeUserFields")?;
    if let Some(protected) = json.get("protectedFields") {
        for (group, fields) in protected.as_object()? {
            permissions.protected_fields.insert(group.clone(), names(fields)?);
        }
    }
    permissions.default_acl = match json.get("ACL") {
        Some(json) => Some(acl(json).ok()?),
        None => None::<Acl>,
    };
    Some(permissions)
}

fn names(json: &Json) -> Option<Names> {
    json.as_array()?.iter().map(|name| name.as_str().map(ToOwned::to_owned)).collect()
}
