//! The schema API: classes made, changed and dropped by the master key.

use std::sync::Arc;

use model::{ClassName, Code, FieldName, FieldType, Filter, Object, Schema, SchemaEdit, Test, Value};

use super::{builtin, check};
use crate::{
    Context, Data, Error,
    action::{Action, Target},
    policy,
    vault::Wanted,
};

/// How many objects one commit of a purge deletes.
const PURGED_AT_ONCE: usize = 500;

impl Data {
    /// Answers every class.
    ///
    /// # Errors
    /// 403 without the master key.
    pub async fn schemas(&self, cx: &Context) -> Result<Vec<Arc<Schema>>, Error> {
        let entry = self.inner.ledger.begin(cx, Action::ReadSchema, &Target::default()).await?;
        let answer = needs_master(cx).map(|()| self.inner.schemas.all());
        entry.finish(answer).await
    }

    /// Answers one class.
    ///
    /// # Errors
    /// 403 without the master key, 103 when there is no such class.
    pub async fn schema(&self, cx: &Context, class: &ClassName) -> Result<Arc<Schema>, Error> {
        let entry = self.inner.ledger.begin(cx, Action::ReadSchema, &Target::class(class)).await?;
        let answer =
            needs_master(cx).and_then(|()| self.inner.schemas.find(class).ok_or_else(|| no_such(class)));
        entry.finish(answer).await
    }

    /// Makes a class.
    ///
    /// # Errors
    /// 403 without the master key, 103 when it exists, 105, 111 or 136 for a field that can't be.
    pub async fn create_schema(&self, cx: &Context, edit: SchemaEdit) -> Result<Arc<Schema>, Error> {
        let class = edit.class.clone();
        let target = Target { fields: names(&edit), ..Target::class(&class) };
        let entry = self.inner.ledger.begin(cx, Action::CreateSchema, &target).await?;
        let answer = self.change_schema(cx, &class, |known| match known {
            Some(_) => Err(Error::refused(Code::InvalidClassName, format!("Class {class} already exists."))),
            None => {
                let mut schema = Schema::new(class.clone());
                apply(&mut schema, edit)?;
                Ok(Some(schema))
            }
        });
        let answer = answer.await;
        entry.finish(answer).await
    }

    /// Changes a class: adds and deletes fields and indexes, replaces permissions.
    ///
    /// # Errors
    /// 403 without the master key, 103 when there is no such class, 136 or 255 for a field that can't change.
    pub async fn update_schema(&self, cx: &Context, edit: SchemaEdit) -> Result<Arc<Schema>, Error> {
        let class = edit.class.clone();
        let dropped = edit.fields.iter().filter(|(_, field)| field.is_none());
        let dropped = dropped.map(|(name, _)| name.as_str().to_owned()).collect();
        let target = Target { fields: names(&edit), dropped, ..Target::class(&class) };
        let entry = self.inner.ledger.begin(cx, Action::UpdateSchema, &target).await?;
        let answer = self.change_schema(cx, &class, |known| {
            let mut schema = known.cloned().ok_or_else(|| no_such(&class))?;
            apply(&mut schema, edit)?;
            Ok(Some(schema))
        });
        let answer = answer.await;
        entry.finish(answer).await
    }

    /// Drops an empty class; one that doesn't exist is fine.
    ///
    /// # Errors
    /// 403 without the master key, 255 when objects are left.
    pub async fn delete_schema(&self, cx: &Context, class: &ClassName) -> Result<(), Error> {
        let entry = self.inner.ledger.begin(cx, Action::DeleteSchema, &Target::class(class)).await?;
        let answer = self.try_delete_schema(cx, class).await;
        entry.finish(answer).await
    }

    async fn try_delete_schema(&self, cx: &Context, class: &ClassName) -> Result<(), Error> {
        may_change(cx)?;
        let Some(schema) = self.inner.schemas.find(class) else { return Ok(()) };
        if class.is_system() {
            return Err(Error::refused(
                Code::InvalidSchemaOperation,
                format!("Class {class} cannot be dropped."),
            ));
        }
        let vault = &self.inner.vault;
        let check = async {
            match vault.count(&policy::system(&schema), Filter::all()).await? {
                0 => Ok(()),
                rows => Err(Error::refused(
                    Code::InvalidSchemaOperation,
                    format!("Class {class} is not empty, contains {rows} objects, cannot drop schema."),
                )),
            }
        };
        self.inner.schemas.drop_class(vault, class, check).await
    }

    /// Deletes every object of a class, without asking hooks.
    ///
    /// # Errors
    /// 403 without the master key.
    pub async fn purge(&self, cx: &Context, class: &ClassName) -> Result<(), Error> {
        let mut entry = self.inner.ledger.begin(cx, Action::Purge, &Target::class(class)).await?;
        let answer = self.try_purge(cx, class).await;
        if let Ok(gone) = &answer {
            entry.removed(gone);
        }
        entry.finish(answer.map(drop)).await
    }

    /// Answers the objects that it deleted, ids alone.
    async fn try_purge(&self, cx: &Context, class: &ClassName) -> Result<Vec<Object>, Error> {
        may_change(cx)?;
        let Some(schema) = self.inner.schemas.find(class) else { return Ok(Vec::new()) };
        let permit = policy::system(&schema);
        let wanted = Wanted { fields: Some(Vec::new()), ..Wanted::all(Filter::all()) };
        let gone = self.inner.vault.find(&permit, wanted).await?;
        // Just what was seen: an object saved meanwhile stays, and its own record tells of it.
        for chunk in gone.chunks(PURGED_AT_ONCE) {
            let ids = chunk.iter().map(|object| Value::text(object.id.as_str())).collect();
            let those = Filter::test("objectId", Test::In(ids));
            self.inner.vault.commit(vec![permit.delete_all(those)]).await?;
        }
        self.forget_identities(class);
        Ok(gone)
    }

    async fn change_schema(
        &self,
        cx: &Context,
        class: &ClassName,
        edit: impl FnOnce(Option<&Schema>) -> Result<Option<Schema>, Error>,
    ) -> Result<Arc<Schema>, Error> {
        may_change(cx)?;
        let changed = self.inner.schemas.change(&self.inner.vault, class, edit).await?;
        changed.ok_or_else(|| no_such(class))
    }
}

fn needs_master(cx: &Context) -> Result<(), Error> {
    if cx.is_master() { Ok(()) } else { Err(Error::Forbidden("Permission denied")) }
}

fn may_change(cx: &Context) -> Result<(), Error> {
    needs_master(cx)?;
    if cx.may_administer() { Ok(()) } else { Err(Error::denied()) }
}

fn no_such(class: &ClassName) -> Error {
    Error::refused(Code::InvalidClassName, format!("Class {class} does not exist."))
}

fn names(edit: &SchemaEdit) -> Vec<String> {
    edit.fields.keys().map(|name| name.as_str().to_owned()).collect()
}

fn apply(schema: &mut Schema, edit: SchemaEdit) -> Result<(), Error> {
    for (name, field) in edit.fields {
        if builtin::is_default_field(&schema.class, &name) {
            // Naming a default column with the type it has anyway changes nothing.
            let same = field.as_ref().is_some_and(|field| schema.kind(&name) == Some(&field.kind));
            if same {
                continue;
            }
            return Err(Error::refused(Code::FieldImmutable, format!("field {name} cannot be changed")));
        }
        match field {
            None => delete_field(schema, &name)?,
            Some(field) => {
                if schema.fields.contains_key(&name) {
                    return Err(Error::refused(
                        Code::InvalidSchemaOperation,
                        format!("Field {name} exists, cannot update."),
                    ));
                }
                if field.default.as_ref().is_some_and(|value| !check::default_fits(&field.kind, value)) {
                    return Err(Error::refused(
                        Code::IncorrectType,
                        format!(
                            "schema mismatch for {}.{name} default value; expected {}",
                            schema.class,
                            field.kind.describe()
                        ),
                    ));
                }
                schema.fields.insert(name, field);
            }
        }
    }
    if schema.fields.values().filter(|field| field.kind == FieldType::GeoPoint).count() > 1 {
        return Err(Error::refused(
            Code::IncorrectType,
            "currently, only one GeoPoint field may exist in an object.",
        ));
    }
    for (name, index) in edit.indexes {
        match index {
            None => {
                schema.indexes.remove(&name).ok_or_else(|| {
                    Error::refused(Code::InvalidQuery, format!("Index {name} does not exist, cannot delete."))
                })?;
            }
            Some(index) => {
                if schema.indexes.contains_key(&name) {
                    return Err(Error::refused(
                        Code::InvalidQuery,
                        format!("Index {name} exists, cannot update."),
                    ));
                }
                if let Some(missing) = index.keys().find(|field| schema.kind(field).is_none()) {
                    return Err(Error::refused(
                        Code::InvalidQuery,
                        format!("Field {missing} does not exist, cannot add index."),
                    ));
                }
                schema.indexes.insert(name, index);
            }
        }
    }
    if let Some(permissions) = edit.permissions {
        check_permissions(schema, &permissions)?;
        schema.permissions = permissions;
    }
    Ok(())
}

fn delete_field(schema: &mut Schema, name: &FieldName) -> Result<(), Error> {
    let missing = || {
        Error::refused(Code::InvalidSchemaOperation, format!("Field {name} does not exist, cannot delete."))
    };
    schema.fields.remove(name).map(drop).ok_or_else(missing)
}

/// Pointer fields must point to users; protected fields must exist and may not be default columns.
fn check_permissions(schema: &Schema, permissions: &model::Permissions) -> Result<(), Error> {
    let bad = |what: String| Error::refused(Code::InvalidJson, what);
    let pointers = permissions.operations.values().flat_map(|entities| &entities.pointer_fields);
    for field in pointers.chain(&permissions.read_user_fields).chain(&permissions.write_user_fields) {
        let fits = match schema.kind(field) {
            Some(FieldType::Pointer(class)) => *class == ClassName::user(),
            Some(FieldType::Array) => true,
            _ => false,
        };
        if !fits {
            return Err(bad(format!(
                "'{field}' is not a valid column for class level pointer permissions of {}",
                schema.class
            )));
        }
    }
    for field in permissions.protected_fields.values().flatten() {
        if matches!(field.as_str(), "objectId" | "createdAt" | "updatedAt" | "ACL") {
            return Err(bad(format!("Default field '{field}' can not be protected")));
        }
        if schema.kind(field).is_none() {
            return Err(bad(format!("Field '{field}' in protectedFields does not exist")));
        }
    }
    Ok(())
}
