//! The schema API: classes made, changed and dropped by the master key.

use std::sync::Arc;

use model::{
    ClassName, Code, FieldName, FieldType, Filter, Object, ParseError, Schema, SchemaEdit, Test, Value,
};

use super::{builtin, check, index};
use crate::{
    Config, Context, Data, Error, Principal,
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
        let answer = self.used_schemas(cx).await;
        entry.finish(answer).await
    }

    async fn used_schemas(&self, cx: &Context) -> Result<Vec<Arc<Schema>>, Error> {
        needs_master(cx)?;
        let mut used = Vec::new();
        for schema in self.inner.schemas.all() {
            if self.is_used(&schema).await? {
                used.push(schema);
            }
        }
        Ok(used)
    }

    /// Whether a class is there for whoever asks: sessions and installations are once there is one, as in the reference.
    async fn is_used(&self, schema: &Arc<Schema>) -> Result<bool, Error> {
        let appears = matches!(schema.class.as_str(), "_Session" | "_Installation");
        Ok(!appears
            || !builtin::is_as_made(schema)
            || !self.inner.vault.find(&policy::system(schema), Wanted::any()).await?.is_empty())
    }

    /// Refuses whoever can't change classes, before anything else is told.
    ///
    /// # Errors
    /// 403 without the master key, 119 with the read-only one.
    pub fn may_change_schemas(&self, cx: &Context) -> Result<(), Error> {
        may_change(cx)
    }

    /// Answers one class.
    ///
    /// # Errors
    /// 403 without the master key, 103 when there is no such class.
    pub async fn schema(&self, cx: &Context, class: &ClassName) -> Result<Arc<Schema>, Error> {
        let entry = self.inner.ledger.begin(cx, Action::ReadSchema, &Target::class(class)).await?;
        let answer = self.used_schema(cx, class).await;
        entry.finish(answer).await
    }

    async fn used_schema(&self, cx: &Context, class: &ClassName) -> Result<Arc<Schema>, Error> {
        needs_master(cx)?;
        match self.inner.schemas.find(class) {
            Some(schema) if self.is_used(&schema).await? => Ok(schema),
            Some(_) => Err(no_such(class)),
            None => builtin::unstored(class).map(Arc::new).ok_or_else(|| no_such(class)),
        }
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
            None if class.starts_with("_Join:") => {
                let text = format!("{class} is a relation's: it is made with the field.");
                Err(Error::refused(Code::InvalidClassName, text))
            }
            None => {
                let mut schema = builtin::fresh(&class);
                apply(self.config(), &mut schema, edit, true)?;
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
            apply(self.config(), &mut schema, edit, false)?;
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
        self.inner.schemas.drop_class(vault, cx.begin_write()?, class, check).await
    }

    /// Deletes every object of a class, without asking hooks.
    ///
    /// # Errors
    /// 403 without the master key.
    pub async fn purge(&self, cx: &Context, class: &ClassName) -> Result<(), Error> {
        let mut entry = self.inner.ledger.begin(cx, Action::Purge, &Target::class(class)).await?;
        let mut gone = Vec::new();
        let answer = self.try_purge(cx, class, &mut gone).await;
        if !gone.is_empty() {
            // Also when it broke off: what is gone is gone.
            entry.removed(&gone);
            self.forget_identities(class);
        }
        entry.finish(answer).await
    }

    /// Puts the objects that it deleted into `gone`, ids alone.
    async fn try_purge(&self, cx: &Context, class: &ClassName, gone: &mut Vec<Object>) -> Result<(), Error> {
        may_change(cx)?;
        let Some(schema) = self.inner.schemas.find(class) else { return Ok(()) };
        let permit = policy::system(&schema);
        let wanted = Wanted::ids(Filter::all());
        let mut seen = self.inner.vault.find(&permit, wanted).await?;
        // All of it is one write, which time doesn't cut in half.
        let begun = cx.begin_write()?;
        // Just what was seen: an object saved meanwhile stays, and its own record tells of it.
        while !seen.is_empty() {
            let chunk: Vec<Object> = seen.drain(..seen.len().min(PURGED_AT_ONCE)).collect();
            let ids = chunk.iter().map(|object| Value::text(object.id.as_str())).collect();
            let those = Filter::test("objectId", Test::In(ids));
            self.inner.vault.commit(begun, vec![permit.delete_all(those)]).await?;
            gone.extend(chunk);
        }
        Ok(())
    }

    async fn change_schema(
        &self,
        cx: &Context,
        class: &ClassName,
        edit: impl FnOnce(Option<&Schema>) -> Result<Option<Schema>, Error>,
    ) -> Result<Arc<Schema>, Error> {
        may_change(cx)?;
        if self.config().lock_schemas && !matches!(cx.principal(), Principal::System) {
            let text = "Cannot perform this operation when schemas options is used.";
            return Err(Error::Denied(ParseError::new(Code::OperationForbidden, text)));
        }
        let begun = cx.begin_write()?;
        let changed = self.inner.schemas.change(&self.inner.vault, begun, class, edit).await?;
        changed.ok_or_else(|| no_such(class))
    }
}

fn needs_master(cx: &Context) -> Result<(), Error> {
    if cx.is_master() { Ok(()) } else { Err(Error::Forbidden("Permission denied")) }
}

fn may_change(cx: &Context) -> Result<(), Error> {
    needs_master(cx)?;
    if cx.may_administer() { Ok(()) } else { Err(policy::read_only("schema")) }
}

fn no_such(class: &ClassName) -> Error {
    Error::refused(Code::InvalidClassName, format!("Class {class} does not exist."))
}

fn names(edit: &SchemaEdit) -> Vec<String> {
    edit.fields.keys().map(|name| name.as_str().to_owned()).collect()
}

/// Carries out an edit of a class; a new one can't name the columns that it has anyway.
fn apply(config: &Config, schema: &mut Schema, edit: SchemaEdit, is_new: bool) -> Result<(), Error> {
    let gone = edit.fields.iter().filter(|(_, field)| field.is_none());
    let gone: Vec<FieldName> = gone.map(|(name, _)| name.clone()).collect();
    for (name, field) in edit.fields {
        if builtin::is_default_field(&schema.class, &name) {
            // Naming a default column with the type it has anyway changes nothing.
            let same = field.as_ref().map(|field| schema.kind(&name) == Some(&field.kind));
            return Err(match same {
                Some(true) if !is_new => continue,
                Some(false) if !is_new => exists(&name),
                Some(_) => Error::refused(Code::FieldImmutable, format!("field {name} cannot be added")),
                None => Error::refused(Code::FieldImmutable, format!("field {name} cannot be changed")),
            });
        }
        match field {
            None => delete_field(schema, &name)?,
            Some(field) => {
                // Whether it is required and what it is by default may change; what it is may not.
                if schema.fields.get(&name).is_some_and(|known| known.kind != field.kind) {
                    return Err(exists(&name));
                }
                if let Some(default) = &field.default {
                    check::default_fits(&schema.class, &name, &field.kind, default)?;
                }
                if field.kind == FieldType::GeoPoint
                    && let Some(other) = check::other_place(schema, &name)
                    && !gone.contains(other)
                {
                    return Err(check::two_places(&name, other));
                }
                schema.fields.insert(name, field);
            }
        }
    }
    for (name, index) in edit.indexes {
        match index {
            None => {
                schema.indexes.remove(&name).ok_or_else(|| {
                    Error::refused(Code::InvalidQuery, format!("Index {name} does not exist, cannot delete."))
                })?;
            }
            Some(keys) => {
                if schema.indexes.contains_key(&name) {
                    return Err(Error::refused(
                        Code::InvalidQuery,
                        format!("Index {name} exists, cannot update."),
                    ));
                }
                if let Some(missing) = keys.keys().find(|field| schema.kind(index::bare(field)).is_none()) {
                    return Err(Error::refused(
                        Code::InvalidQuery,
                        format!("Field {missing} does not exist, cannot add index."),
                    ));
                }
                index::check_kinds(schema, &keys)?;
                schema.indexes.insert(name, keys);
            }
        }
    }
    // An index goes with its field.
    schema
        .indexes
        .retain(|_, keys| !keys.keys().any(|field| gone.iter().any(|name| *name == *index::bare(field))));
    if let Some(permissions) = edit.permissions {
        check_permissions(config, schema, &permissions)?;
        schema.permissions = permissions;
    }
    Ok(())
}

fn exists(name: &FieldName) -> Error {
    Error::refused(Code::InvalidSchemaOperation, format!("Field {name} exists, cannot update."))
}

fn delete_field(schema: &mut Schema, name: &FieldName) -> Result<(), Error> {
    let missing = || {
        Error::refused(Code::InvalidSchemaOperation, format!("Field {name} does not exist, cannot delete."))
    };
    schema.fields.remove(name).map(drop).ok_or_else(missing)
}

/// Pointer fields must point to users; protected fields must exist and may not be default columns.
fn check_permissions(
    config: &Config,
    schema: &Schema,
    permissions: &model::Permissions,
) -> Result<(), Error> {
    let bad = |what: String| Error::refused(Code::InvalidJson, what);
    let named = permissions.operations.values().flat_map(|entities| &entities.groups);
    for group in named.chain(permissions.protected_fields.keys()) {
        // What is neither everybody, nor a role, nor a pointer is somebody's id, which has no signs in it.
        let is_id = group != "*" && !group.contains(':');
        let legal = config.allow_custom_object_id || group.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if is_id && !legal {
            let group = model::name::shown(group);
            return Err(bad(format!("'{group}' is not a valid key for class level permissions")));
        }
    }
    let pointers = permissions
        .operations
        .values()
        .flat_map(|entities| entities.pointer_fields.iter().map(|field| (field, "[object Object]")));
    let read = permissions.read_user_fields.iter().map(|field| (field, "readUserFields"));
    let write = permissions.write_user_fields.iter().map(|field| (field, "writeUserFields"));
    for (field, place) in pointers.chain(read).chain(write) {
        let fits = match schema.kind(field) {
            Some(FieldType::Pointer(class)) => *class == ClassName::user(),
            Some(FieldType::Array) => true,
            _ => false,
        };
        if !fits {
            return Err(bad(format!(
                "'{field}' is not a valid column for class level pointer permissions {place}"
            )));
        }
    }
    let protected = permissions.protected_fields.iter();
    for (group, field) in protected.flat_map(|(group, fields)| fields.iter().map(move |field| (group, field)))
    {
        if matches!(field.as_str(), "objectId" | "createdAt" | "updatedAt" | "ACL") {
            return Err(bad(format!("Default field '{field}' can not be protected")));
        }
        if schema.kind(field).is_none() {
            return Err(bad(format!("Field '{field}' in protectedFields:{group} does not exist")));
        }
    }
    Ok(())
}
