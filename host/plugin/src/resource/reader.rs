//! A class opened for reading, for one purpose.

use std::sync::Arc;

use data::{Context, Shape};
use model::{ClassName, Limit, ObjectId, Path, Query};
use wasmtime::component::Resource;

use super::{
    cursor::Rows,
    object::{Lent, Place, View},
    wish,
};
use crate::{
    bindings::parapet::cloud::{data::HostReader, types::Fault},
    convert,
    fault::{Answer, settle},
    mask::{Mask, Verb},
    state::State,
};

/// A handle to an opened class. The context in it is narrowed to caller and grant.
pub struct Opened {
    pub(crate) cx: Context,
    pub(crate) class: ClassName,
    pub(crate) mask: Arc<Mask>,
}

/// What a guest asks of a reader, checked.
struct Asked {
    cx: Context,
    class: ClassName,
    mask: Arc<Mask>,
}

impl HostReader for State {
    async fn get(
        &mut self,
        handle: Resource<Opened>,
        object_id: String,
        fields: Vec<String>,
    ) -> wasmtime::Result<Result<Option<Resource<Lent>>, Fault>> {
        settle(self.fetch(handle, &object_id, fields).await)
    }

    fn find(
        &mut self,
        handle: Resource<Opened>,
        query_json: String,
        fields: Vec<String>,
    ) -> wasmtime::Result<Result<Resource<Rows>, Fault>> {
        settle((|| {
            self.pay(query_json.len() + fields.iter().map(String::len).sum::<usize>())?;
            let asked = self.asked(&handle)?;
            let (mask, keys) = self.fields(&asked, &fields)?;
            let (mut query, limit) = self.query(&asked, &query_json)?;
            query.keys = Some(keys);
            let rows = Rows::new(asked.cx, query, limit, Arc::new(mask));
            self.lend(rows)
        })())
    }

    async fn count(
        &mut self,
        handle: Resource<Opened>,
        query_json: String,
    ) -> wasmtime::Result<Result<u64, Fault>> {
        settle(self.total(handle, &query_json).await)
    }

    fn drop(&mut self, handle: Resource<Opened>) -> wasmtime::Result<()> {
        let _ = self.table.delete(handle);
        Ok(())
    }
}

impl State {
    fn asked(&self, handle: &Resource<Opened>) -> Answer<Asked> {
        let opened = self.table.get(handle)?;
        Ok(Asked { cx: opened.cx.clone(), class: opened.class.clone(), mask: opened.mask.clone() })
    }

    /// Checks that every field that a guest asks for is granted.
    fn fields(&mut self, asked: &Asked, fields: &[String]) -> Answer<(Mask, Vec<Path>)> {
        let mut keys = Vec::with_capacity(fields.len());
        for field in fields {
            let path = self.path(field)?;
            self.check(&asked.mask, &asked.class, Verb::Read, path.root())?;
            keys.push(path);
        }
        let roots: Vec<String> = keys.iter().map(|key| key.root().to_owned()).collect();
        keys.retain(|key| !matches!(key.root(), "objectId" | "createdAt" | "updatedAt"));
        if keys.is_empty() {
            // An empty list of keys would be everything to some.
            keys.push(Path::new("objectId")?);
        }
        Ok((asked.mask.narrowed(&roots), keys))
    }

    /// Reads a query of a guest; conditions and order tell about a field as much as its value does.
    fn query(&mut self, asked: &Asked, text: &str) -> Answer<(Query, Option<u64>)> {
        let mut query = Query::new(asked.class.clone());
        let mut limit = None;
        let wishes = match text.trim().is_empty() {
            true => serde_json::Map::new(),
            false => convert::json_object(text)?,
        };
        for (key, value) in wishes {
            match key.as_str() {
                "where" => wish::restrict(&mut query, value, self.data.now())?,
                "order" => query.order = wish::order(&value)?,
                "limit" => limit = Some(wish::number("limit", &value)?),
                "skip" => query.skip = wish::number("skip", &value)?,
                _ => {
                    return Err(model::ParseError::new(
                        model::Code::InvalidQuery,
                        "a query has where, order, limit and skip",
                    )
                    .into());
                }
            }
        }
        let mut roots: Vec<String> = query.order.iter().map(|key| key.path.root().to_owned()).collect();
        query.filter.each_path(&mut |path| roots.push(path.root().to_owned()));
        for root in roots {
            self.check(&asked.mask, &asked.class, Verb::Read, &root)?;
        }
        Ok((query, limit))
    }

    async fn fetch(
        &mut self,
        handle: Resource<Opened>,
        object_id: &str,
        fields: Vec<String>,
    ) -> Answer<Option<Resource<Lent>>> {
        self.pay(object_id.len() + fields.iter().map(String::len).sum::<usize>())?;
        let asked = self.asked(&handle)?;
        let (mask, keys) = self.fields(&asked, &fields)?;
        let Ok(id) = ObjectId::new(object_id) else { return Ok(None) };
        self.budget.rows(1)?;
        let shape = Shape { keys: Some(keys), ..Shape::default() };
        let object = match self.data.get(&asked.cx, &asked.class, &id, shape).await {
            Ok(object) => object,
            Err(data::Error::Refused(error)) if error.code == model::Code::ObjectNotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let place = Place::Found(Arc::new(object));
        self.lend(Lent { place, view: Arc::new(View { class: asked.class, mask: Arc::new(mask) }) }).map(Some)
    }

    async fn total(&mut self, handle: Resource<Opened>, query_json: &str) -> Answer<u64> {
        self.pay(query_json.len())?;
        let asked = self.asked(&handle)?;
        let (mut query, _) = self.query(&asked, query_json)?;
        query.count = true;
        query.limit = Some(Limit::Rows(0));
        let found = self.data.find(&asked.cx, query).await?;
        Ok(found.count.unwrap_or(0))
    }
}
