//! A class opened for writing, for one purpose.

use std::sync::Arc;

use data::{Change, Context};
use model::{ClassName, ObjectId, Update, parse_update::Body};
use wasmtime::component::Resource;

use super::object::{Lent, Place, View};
use crate::{
    bindings::parapet::cloud::{data::HostWriter, types::Fault},
    fault::{Answer, Stop, denied, settle},
    mask::{Mask, Verb},
    state::State,
    subject::Made,
};

/// A handle to an opened class. The context in it is narrowed to caller and grant.
pub struct Opened {
    /// Tells this opening from every other one of the call.
    pub(crate) number: u32,
    pub(crate) cx: Context,
    pub(crate) class: ClassName,
    pub(crate) mask: Arc<Mask>,
    pub(crate) creates: bool,
    pub(crate) deletes: bool,
}

/// Drafts that one invocation may hold.
const MAX_DRAFTS: usize = 1_000;

impl HostWriter for State {
    fn create(&mut self, handle: Resource<Opened>) -> wasmtime::Result<Result<Resource<Lent>, Fault>> {
        settle((|| {
            self.pay(0)?;
            let opened = self.table.get(&handle)?;
            if !opened.creates {
                let what = format!("create {}", opened.class);
                return Err(self.refuse_act(Verb::Write, &what));
            }
            self.draft(&handle, None)
        })())
    }

    fn update(
        &mut self,
        handle: Resource<Opened>,
        object_id: String,
    ) -> wasmtime::Result<Result<Resource<Lent>, Fault>> {
        settle((|| {
            self.pay(object_id.len())?;
            self.draft(&handle, Some(ObjectId::new(&object_id)?))
        })())
    }

    async fn save(
        &mut self,
        handle: Resource<Opened>,
        obj: Resource<Lent>,
    ) -> wasmtime::Result<Result<String, Fault>> {
        settle(self.store(handle, obj).await)
    }

    async fn delete(
        &mut self,
        handle: Resource<Opened>,
        object_id: String,
    ) -> wasmtime::Result<Result<(), Fault>> {
        settle(self.erase(handle, &object_id).await)
    }

    fn drop(&mut self, handle: Resource<Opened>) -> wasmtime::Result<()> {
        let _ = self.table.delete(handle);
        Ok(())
    }
}

impl State {
    fn draft(&mut self, handle: &Resource<Opened>, id: Option<ObjectId>) -> Answer<Resource<Lent>> {
        let opened = self.table.get(handle)?;
        let (class, mask, writer) = (opened.class.clone(), opened.mask.clone(), opened.number);
        if self.drafts.len() >= MAX_DRAFTS {
            return Err(denied("a call can't hold that many drafts"));
        }
        let change = Change {
            class: class.clone(),
            id,
            announced: None,
            original: None,
            update: Update::new(),
            saved: None,
        };
        self.drafts.push(Made { writer, change });
        self.lend(Lent { place: Place::Made(self.drafts.len() - 1), view: Arc::new(View { class, mask }) })
    }

    async fn store(&mut self, handle: Resource<Opened>, obj: Resource<Lent>) -> Answer<String> {
        self.pay(0)?;
        let opened = self.table.get(&handle)?;
        let (cx, class, number) = (opened.cx.clone(), opened.class.clone(), opened.number);
        let Place::Made(draft) = self.lent(&obj)?.place else {
            return Err(denied("only a draft of this writer can be saved"));
        };
        let Some(made) = self.drafts.get_mut(draft).filter(|made| made.writer == number) else {
            return Err(denied("only a draft of this writer can be saved"));
        };
        let id = made.change.id.clone();
        let body = Body { update: std::mem::take(&mut made.change.update), ..Body::default() };
        let data = self.data.clone();
        let saved = detached(async move {
            match id {
                Some(id) => data.update(&cx, &class, &id, body).await,
                None => data.create(&cx, &class, body).await,
            }
        })
        .await?;
        if let Some(made) = self.drafts.get_mut(draft) {
            made.change.id = Some(saved.id.clone());
        }
        self.give(saved.id.as_str().to_owned())
    }

    async fn erase(&mut self, handle: Resource<Opened>, object_id: &str) -> Answer<()> {
        self.pay(object_id.len())?;
        let opened = self.table.get(&handle)?;
        let (cx, class) = (opened.cx.clone(), opened.class.clone());
        if !opened.deletes {
            return Err(self.refuse_act(Verb::Write, &format!("delete {class}")));
        }
        let id = ObjectId::new(object_id)?;
        let data = self.data.clone();
        detached(async move { data.delete(&cx, &class, &id).await }).await
    }
}

/// Runs a write on a task of its own: a guest that runs out of time must not leave it half done.
async fn detached<T: Send + 'static>(
    work: impl Future<Output = Result<T, data::Error>> + Send + 'static,
) -> Answer<T> {
    match tokio::spawn(work).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Stop::Trap(wasmtime::Error::msg("a write of a plugin panicked"))),
    }
}
