//! Capability `data-bulk`: whole documents in one crossing.

use model::{Path, encode};
use serde_json::{Map, Value as Json};
use wasmtime::component::{HasSelf, Linker, Resource};

use crate::{
    bindings::parapet::cloud::{
        data_bulk::{self, Host},
        types::Fault,
    },
    convert,
    fault::{Answer, denied, settle},
    mask::Verb,
    resource::{cursor::Rows, object::Lent},
    state::State,
};

/// Lets a guest read and write documents.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    data_bulk::add_to_linker::<State, HasSelf<State>>(linker, |state| state)
}

impl Host for State {
    fn to_json(
        &mut self,
        obj: Resource<Lent>,
        fields: Option<Vec<String>>,
    ) -> wasmtime::Result<Result<String, Fault>> {
        settle((|| {
            self.pay(fields.iter().flatten().map(String::len).sum())?;
            let lent = self.lent(&obj)?;
            let text = self.document(&lent, fields.as_deref())?;
            self.give(text)
        })())
    }

    fn merge_json(&mut self, obj: Resource<Lent>, patch: String) -> wasmtime::Result<Result<(), Fault>> {
        settle(self.merge(&obj, &patch))
    }

    async fn next_json(
        &mut self,
        rows: Resource<Rows>,
        max: u32,
        fields: Vec<String>,
    ) -> wasmtime::Result<Result<Vec<String>, Fault>> {
        settle(self.next_documents(rows, max, &fields).await)
    }
}

impl State {
    /// An object as REST JSON, through its mask.
    fn document(&mut self, lent: &Lent, fields: Option<&[String]>) -> Answer<String> {
        let mut map = Map::new();
        for name in ["objectId", "createdAt", "updatedAt"] {
            if let Some(value) = self.value(&lent.place, &Path::new(name)?) {
                let json = match value {
                    // Dates of every object are plain text in REST.
                    model::Value::Date(date) => Json::String(date.to_string()),
                    value => encode::json(&value),
                };
                map.insert(name.to_owned(), json);
            }
        }
        let names = match fields {
            Some(fields) => fields.to_vec(),
            None => self
                .granted_names(lent)
                .into_iter()
                .filter(|name| lent.view.mask.allows(Verb::Read, name))
                .collect(),
        };
        for name in names {
            let path = self.path(&name)?;
            if map.contains_key(path.root()) {
                continue;
            }
            if let Some(value) = self.read(lent, &path)? {
                map.insert(name, encode::json(&value));
            }
        }
        Ok(Json::Object(map).to_string())
    }

    fn merge(&mut self, obj: &Resource<Lent>, patch: &str) -> Answer<()> {
        self.pay(patch.len())?;
        let lent = self.lent(obj)?;
        let body = model::parse_update::update(convert::json_object(patch)?)?;
        if body.object_id.is_some() || body.created_at.is_some() || body.updated_at.is_some() {
            return Err(denied("objectId, createdAt and updatedAt can't be set"));
        }
        // All or none: every grant is checked before anything is changed.
        let roots: Vec<String> = body.update.roots().map(str::to_owned).collect();
        for root in &roots {
            self.check(&lent.view.mask, &lent.view.class, Verb::Write, root)?;
        }
        if let Some(acl) = body.update.acl {
            let op = match acl {
                Some(acl) => model::Op::Set(encode::value(encode::acl_json(&acl))?),
                None => model::Op::Delete,
            };
            self.write(&lent, Path::new("ACL")?, op)?;
        }
        for (path, op) in body.update.ops {
            self.write(&lent, path, op)?;
        }
        Ok(())
    }

    async fn next_documents(
        &mut self,
        rows: Resource<Rows>,
        max: u32,
        fields: &[String],
    ) -> Answer<Vec<String>> {
        self.pay(fields.iter().map(String::len).sum())?;
        let page = self.next_page(&rows, max).await?;
        let mut documents = Vec::with_capacity(page.len());
        for lent in &page {
            let text = self.document(lent, Some(fields))?;
            documents.push(self.give(text)?);
        }
        Ok(documents)
    }
}
