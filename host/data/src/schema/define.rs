//! Classes as settings define them, brought about when the server starts.

use std::{borrow::Cow, collections::BTreeMap};

use model::{
    ClassName, Code, Permissions, Schema, SchemaEdit,
    schema::{ClassOp, Entities, IndexKeys},
};

use super::builtin;
use crate::{Context, Data, Error};

#[cfg(test)]
mod tests;

/// What settings define of classes (the reference's `schema` option).
#[derive(Debug, Clone, Default)]
pub struct Definitions {
    /// The classes: fields and indexes that are there, and permissions; without any, a class is the master key's.
    pub classes: Vec<SchemaEdit>,
    /// Whether fields that no definition names go, with their values.
    pub delete_extra_fields: bool,
    /// Whether a field of another type is made anew, without its values.
    pub recreate_modified_fields: bool,
    /// Whether indexes that no definition names stay.
    pub keep_unknown_indexes: bool,
    /// Whether classes, fields and types that differ from the definitions are told in the log.
    pub strict: bool,
}

/// The steps of an edit: what goes first, what comes then.
type Steps = [SchemaEdit; 2];

impl Data {
    /// Makes and changes classes until they are as defined, and takes adding fields by saving from all classes.
    ///
    /// What is as defined already isn't touched; each change is recorded. Objects stay, but for the fields that the
    /// definitions let go.
    ///
    /// # Errors
    /// A class that is defined twice, and what the schema API would refuse, with the class.
    pub async fn define(&self, definitions: &Definitions) -> Result<(), Error> {
        let mut defined = BTreeMap::new();
        for class in &definitions.classes {
            if defined.insert(class.class.clone(), class).is_some() {
                let text = format!("Class {} is defined twice.", class.class);
                return Err(Error::refused(Code::InvalidClassName, text));
            }
        }
        for class in defined.values() {
            self.define_class(definitions, class).await.map_err(|error| about(&class.class, error))?;
        }
        for known in self.inner.schemas.all() {
            if defined.contains_key(&known.class) {
                continue;
            }
            if definitions.strict && !known.class.is_system() {
                tracing::warn!(class = %known.class, "the database holds a class that no definition names");
            }
            let permissions = closed(known.permissions.clone());
            if permissions != known.permissions {
                let edit = SchemaEdit { permissions: Some(permissions), ..nothing(&known.class) };
                self.update_defined(edit).await.map_err(|error| about(&known.class, error))?;
            }
        }
        Ok(())
    }

    async fn define_class(&self, definitions: &Definitions, wanted: &SchemaEdit) -> Result<(), Error> {
        let Some(known) = self.inner.schemas.find(&wanted.class) else {
            let mut edit = wanted.clone();
            edit.fields.retain(|name, _| !builtin::is_default_field(&wanted.class, name));
            edit.permissions = Some(permissions(wanted));
            self.create_schema(&self.definer(), edit).await?;
            return Ok(());
        };
        for edit in steps(definitions, wanted, &known) {
            if edit != nothing(&wanted.class) {
                self.update_defined(edit).await?;
            }
        }
        Ok(())
    }

    async fn update_defined(&self, edit: SchemaEdit) -> Result<(), Error> {
        self.update_schema(&self.definer(), edit).await.map(drop)
    }

    /// Who brings definitions about: anew for each change, since an index of a large class takes its time.
    fn definer(&self) -> Context {
        self.system("schema definitions")
    }
}

/// What leads from a class as it is to the class as it is wanted.
fn steps(definitions: &Definitions, wanted: &SchemaEdit, known: &Schema) -> Steps {
    let class = &wanted.class;
    let (mut before, mut after) = (nothing(class), nothing(class));
    for (name, field) in &known.fields {
        if builtin::is_default_field(class, name) || name.is_internal() {
            continue;
        }
        match wanted.fields.get(name).and_then(Option::as_ref) {
            None if definitions.delete_extra_fields => {
                before.fields.insert(name.clone(), None);
            }
            None if definitions.strict => {
                tracing::warn!(%class, field = %name, "the database holds a field that the definition doesn't name");
            }
            Some(asked) if asked.kind != field.kind && definitions.recreate_modified_fields => {
                before.fields.insert(name.clone(), None);
                after.fields.insert(name.clone(), Some(asked.clone()));
            }
            Some(asked) if asked.kind != field.kind && definitions.strict => {
                let (defined, held) = (asked.kind.describe(), field.kind.describe());
                tracing::warn!(%class, field = %name, defined, held, "a field has another type than defined");
            }
            Some(asked) if asked.kind != field.kind => {}
            Some(asked) if asked != field => {
                after.fields.insert(name.clone(), Some(asked.clone()));
            }
            _ => {}
        }
    }
    for (name, field) in &wanted.fields {
        if !builtin::is_default_field(class, name) && !known.fields.contains_key(name) {
            after.fields.insert(name.clone(), field.clone());
        }
    }
    indexes(definitions, wanted, known, &mut before, &mut after);
    let permissions = permissions(wanted);
    after.permissions = (permissions != known.permissions).then_some(permissions);
    [before, after]
}

fn indexes(
    definitions: &Definitions,
    wanted: &SchemaEdit,
    known: &Schema,
    before: &mut SchemaEdit,
    after: &mut SchemaEdit,
) {
    // An index goes with its field.
    let goes =
        |keys: &IndexKeys| keys.keys().any(|field| before.fields.contains_key(super::index::bare(field)));
    let mut gone = BTreeMap::new();
    for (name, keys) in known.indexes.iter().filter(|(name, _)| !is_own_index(&wanted.class, name)) {
        let same = match wanted.indexes.get(name) {
            Some(Some(asked)) => asked == keys,
            _ => definitions.keep_unknown_indexes,
        };
        if goes(keys) {
            continue;
        }
        if !same {
            gone.insert(name.clone(), None);
        }
    }
    for (name, keys) in wanted.indexes.iter().filter(|(name, _)| !is_own_index(&wanted.class, name)) {
        let stays = known.indexes.get(name).is_some_and(|known| !goes(known)) && !gone.contains_key(name);
        if !stays && keys.is_some() {
            after.indexes.insert(name.clone(), keys.clone());
        }
    }
    before.indexes = gone;
}

/// Indexes that the server makes by itself, as the reference names them.
fn is_own_index(class: &ClassName, name: &str) -> bool {
    match class.as_str() {
        "_User" => {
            matches!(name, "case_insensitive_username" | "case_insensitive_email" | "username_1" | "email_1")
        }
        "_Role" => name == "name_1",
        _ => false,
    }
}

fn nothing(class: &ClassName) -> SchemaEdit {
    SchemaEdit { class: class.clone(), fields: BTreeMap::new(), permissions: None, indexes: BTreeMap::new() }
}

/// The permissions that a definition comes to: what it doesn't speak of is the master key's.
fn permissions(wanted: &SchemaEdit) -> Permissions {
    let locked = || Permissions {
        operations: ClassOp::ALL.into_iter().map(|op| (op, Entities::default())).collect(),
        ..Permissions::default()
    };
    closed(wanted.permissions.clone().unwrap_or_else(locked))
}

/// Leaves adding fields to the master key, so that classes stay as defined.
fn closed(mut permissions: Permissions) -> Permissions {
    permissions.operations.insert(ClassOp::AddField, Entities::default());
    permissions
}

/// Says which class was refused.
fn about(class: &ClassName, error: Error) -> Error {
    match error {
        Error::Refused(mut refused) => {
            refused.message = Cow::Owned(format!("the definition of {class}: {}", refused.message));
            Error::Refused(refused)
        }
        other => other,
    }
}
