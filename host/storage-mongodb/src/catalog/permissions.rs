//! Class-level permissions as `_SCHEMA` keeps them.

use model::{
    Acl, Permissions, Rights,
    schema::{ClassOp, Entities, Names},
};
use mongodb::bson::{Bson, Document, doc};

const UNSPOKEN: &str = "unspoken";

/// Writes permissions; an operation that they don't speak of is everybody's, and written so.
pub(super) fn document(permissions: &Permissions) -> Document {
    let mut document = Document::new();
    for op in ClassOp::ALL {
        let mut entry = Document::new();
        match permissions.operations.get(&op) {
            None => {
                entry.insert("*", true);
            }
            Some(entities) => {
                entry.extend(entities.groups.iter().map(|group| (group.clone(), Bson::Boolean(true))));
                if !entities.pointer_fields.is_empty() {
                    entry.insert("pointerFields", names(&entities.pointer_fields));
                }
            }
        }
        document.insert(op.name(), entry);
    }
    for (key, fields) in [
        ("readUserFields", &permissions.read_user_fields),
        ("writeUserFields", &permissions.write_user_fields),
    ] {
        if !fields.is_empty() {
            document.insert(key, names(fields));
        }
    }
    let protected = permissions.protected_fields.iter();
    let protected: Document = protected.map(|(group, fields)| (group.clone(), names(fields))).collect();
    document.insert("protectedFields", protected);
    if let Some(acl) = &permissions.default_acl {
        document.insert("ACL", acl_document(acl));
    }
    document
}

/// Which operations the permissions don't speak of, for the reader of what is written as everybody's.
pub(super) fn unspoken(permissions: &Permissions) -> Option<(String, Bson)> {
    let silent = ClassOp::ALL.iter().filter(|op| !permissions.operations.contains_key(op));
    let silent: Vec<&str> = silent.map(|op| op.name()).collect();
    (!silent.is_empty()).then(|| (UNSPOKEN.to_owned(), silent.into()))
}

/// Reads permissions; an operation that they leave out belongs to the master key, as in the reference.
pub(super) fn read(document: &Document, ours: Option<&Document>) -> Permissions {
    let mut permissions = Permissions::default();
    let unspoken = names_of(ours.and_then(|ours| ours.get(UNSPOKEN)));
    let everybody = doc! {"*": true};
    for op in ClassOp::ALL {
        // Whoever changed it meanwhile has spoken.
        if unspoken.contains(op.name()) && document.get_document(op.name()).is_ok_and(|is| *is == everybody) {
            continue;
        }
        let entry = document.get_document(op.name()).ok();
        permissions.operations.insert(op, entry.map(entities).unwrap_or_default());
    }
    permissions.read_user_fields = names_of(document.get("readUserFields"));
    permissions.write_user_fields = names_of(document.get("writeUserFields"));
    if let Ok(protected) = document.get_document("protectedFields") {
        permissions.protected_fields =
            protected.iter().map(|(group, fields)| (group.clone(), names_of(Some(fields)))).collect();
    }
    let everyone = Acl::from_groups(&["*"], &["*"]);
    permissions.default_acl = document.get_document("ACL").ok().map(acl).filter(|acl| *acl != everyone);
    permissions
}

fn entities(entry: &Document) -> Entities {
    let mut entities =
        Entities { pointer_fields: names_of(entry.get("pointerFields")), ..Entities::default() };
    let allowed = entry.iter().filter(|(_, value)| **value == Bson::Boolean(true));
    entities.groups = allowed.map(|(group, _)| group.clone()).collect();
    entities
}

fn acl_document(acl: &Acl) -> Document {
    let rights = |rights: &Rights| {
        let mut entry = Document::new();
        for (right, granted) in [("read", rights.read), ("write", rights.write)] {
            if granted {
                entry.insert(right, true);
            }
        }
        entry
    };
    acl.0.iter().map(|(group, granted)| (group.clone(), Bson::Document(rights(granted)))).collect()
}

fn acl(document: &Document) -> Acl {
    let rights = |value: &Bson| {
        let right = |name| value.as_document().is_some_and(|entry| entry.get_bool(name).unwrap_or_default());
        Rights { read: right("read"), write: right("write") }
    };
    Acl(document.iter().map(|(group, value)| (group.clone(), rights(value))).collect())
}

fn names(names: &Names) -> Bson {
    Bson::Array(names.iter().map(|name| Bson::String(name.clone())).collect())
}

fn names_of(value: Option<&Bson>) -> Names {
    let items = value.and_then(Bson::as_array).into_iter().flatten();
    items.filter_map(|item| item.as_str().map(ToOwned::to_owned)).collect()
}
