//! Which roles a user holds, inherited ones included.

use std::{collections::BTreeSet, sync::Arc};

use model::{ClassName, FieldName, ObjectId, Test, Value};

use super::Recent;
use crate::{Data, Error, policy, vault::Wanted};

/// Roles lately worked out, by user. Emptied whenever a role changes.
pub(crate) type Roles = Recent<ObjectId, Arc<[String]>>;

impl Data {
    /// Works out the names of all roles that a user holds, sorted.
    ///
    /// A role's `roles` holds its children: their members hold the parent, too, and so on up; cycles end
    /// because each role is visited once (parse protocol 4.2).
    pub(crate) async fn roles_of(&self, user: &ObjectId) -> Result<Arc<[String]>, Error> {
        if let Some(roles) = self.inner.roles.get(user) {
            return Ok(roles);
        }
        let epoch = self.inner.roles.epoch();
        let schema = self.schema_of(&ClassName::role())?;
        let permit = policy::system(&schema);
        let mut held: BTreeSet<ObjectId> = BTreeSet::new();
        let mut found = self.inner.vault.owners(&permit, "users", std::slice::from_ref(user)).await?;
        while !found.is_empty() {
            found.retain(|role| held.insert(role.clone()));
            if !found.is_empty() {
                found = self.inner.vault.owners(&permit, "roles", &found).await?;
            }
        }
        let mut names = Vec::with_capacity(held.len());
        if !held.is_empty() {
            let ids = held.iter().map(|id| Value::text(id.as_str())).collect();
            let mut wanted = Wanted::all(model::Filter::test("objectId", Test::In(ids)));
            wanted.fields = Some(vec![FieldName::known("name")]);
            let roles = self.inner.vault.find(&permit, wanted).await?;
            names.extend(roles.iter().filter_map(|role| role.field("name")?.as_str().map(ToOwned::to_owned)));
        }
        names.sort();
        names.dedup();
        let roles: Arc<[String]> = names.into();
        self.inner.roles.keep(epoch, user.clone(), roles.clone());
        Ok(roles)
    }
}
