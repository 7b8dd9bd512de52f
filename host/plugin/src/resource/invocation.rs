//! The call itself: why the guest was called, for whom, on what.

use std::{sync::Arc, time::Instant};

use model::{Code, ParseError, encode};
use wasmtime::component::Resource;

use super::{
    object::{Lent, Place, View},
    principal::Caller,
    query::Search,
    results::Answer as Rows,
};
use crate::{
    bindings::parapet::cloud::{invocation::HostInvocation, types::Fault},
    convert,
    fault::{Answer, settle},
    state::State,
    subject::Subject,
};

/// The handle that an export is called with. All authority of the call comes from it.
pub struct Call;

/// Keys and bytes of the scratch that the hooks of one request share.
const SCRATCH_KEYS: usize = 64;
const SCRATCH_BYTES: usize = 16 << 10;

impl State {
    fn lend_object(&mut self, place: Place) -> wasmtime::Result<Option<Resource<Lent>>> {
        let Some(change) = self.subject.change() else { return Ok(None) };
        let class = change.class.clone();
        let view = Arc::new(View { mask: self.mask(&class), class });
        self.touched.rows = self.touched.rows.max(1);
        Ok(Some(self.table.push(Lent { place, view })?))
    }

    fn text(&mut self, text: String) -> wasmtime::Result<String> {
        self.budget.call(text.len())?;
        Ok(text)
    }
}

impl HostInvocation for State {
    fn request_id(&mut self, _: Resource<Call>) -> wasmtime::Result<String> {
        let id = self.cx.request_id().to_string();
        self.text(id)
    }

    fn trigger(&mut self, _: Resource<Call>) -> wasmtime::Result<String> {
        self.text(self.export.trigger().to_owned())
    }

    fn target(&mut self, _: Resource<Call>) -> wasmtime::Result<String> {
        self.text(self.target.as_ref().to_owned())
    }

    fn principal(&mut self, _: Resource<Call>) -> wasmtime::Result<Resource<Caller>> {
        self.budget.call(0)?;
        Ok(self.table.push(Caller)?)
    }

    fn object(&mut self, _: Resource<Call>) -> wasmtime::Result<Option<Resource<Lent>>> {
        self.budget.call(0)?;
        self.lend_object(Place::Subject)
    }

    fn original(&mut self, _: Resource<Call>) -> wasmtime::Result<Option<Resource<Lent>>> {
        self.budget.call(0)?;
        match &self.subject {
            Subject::Deleting(_) => Ok(None),
            subject if subject.change().is_some_and(|change| change.original.is_some()) => {
                self.lend_object(Place::Original)
            }
            _ => Ok(None),
        }
    }

    fn query(&mut self, _: Resource<Call>) -> wasmtime::Result<Option<Resource<Search>>> {
        self.budget.call(0)?;
        match &self.subject {
            Subject::Finding { .. } => Ok(Some(self.table.push(Search)?)),
            _ => Ok(None),
        }
    }

    fn results(&mut self, _: Resource<Call>) -> wasmtime::Result<Option<Resource<Rows>>> {
        self.budget.call(0)?;
        match &self.subject {
            Subject::Found(_) => Ok(Some(self.table.push(Rows)?)),
            _ => Ok(None),
        }
    }

    fn params_json(&mut self, _: Resource<Call>) -> wasmtime::Result<String> {
        let text = match &self.subject {
            Subject::Called(input) => encode::json(input).to_string(),
            _ => "{}".to_owned(),
        };
        self.text(text)
    }

    fn settings_json(&mut self, _: Resource<Call>) -> wasmtime::Result<String> {
        let text = self.member.loaded.settings.to_string();
        self.text(text)
    }

    fn started_at(&mut self, _: Resource<Call>) -> wasmtime::Result<i64> {
        self.budget.call(0)?;
        Ok(self.began_at())
    }

    fn remaining_ms(&mut self, _: Resource<Call>) -> wasmtime::Result<u64> {
        self.budget.call(0)?;
        let left = self.deadline.saturating_duration_since(Instant::now());
        Ok(u64::try_from(left.as_millis()).unwrap_or(u64::MAX))
    }

    fn context_get(&mut self, _: Resource<Call>, key: String) -> wasmtime::Result<Option<String>> {
        self.budget.call(key.len())?;
        let text = self.cx.scratch().lock().get(&key).map(ToString::to_string);
        self.budget.bytes(text.as_ref().map_or(0, String::len))?;
        Ok(text)
    }

    fn context_set(
        &mut self,
        _: Resource<Call>,
        key: String,
        json: String,
    ) -> wasmtime::Result<Result<(), Fault>> {
        settle(self.scribble(key, &json))
    }

    fn drop(&mut self, handle: Resource<Call>) -> wasmtime::Result<()> {
        let _ = self.table.delete(handle);
        Ok(())
    }
}

impl State {
    fn scribble(&mut self, key: String, json: &str) -> Answer<()> {
        self.pay(key.len() + json.len())?;
        if key.is_empty() || key.len() > 128 || json.len() > SCRATCH_BYTES {
            return Err(ParseError::new(Code::ObjectTooLarge, "a context key or value is too long").into());
        }
        let value = convert::json(json)?;
        let mut scratch = self.cx.scratch().lock();
        if scratch.len() >= SCRATCH_KEYS && !scratch.contains_key(&key) {
            return Err(ParseError::new(Code::ObjectTooLarge, "the context holds too many keys").into());
        }
        scratch.insert(key, value);
        Ok(())
    }
}
