//! The answer of a find, pulled page by page.

use std::sync::Arc;

use wasmtime::component::Resource;

use super::object::{Lent, Place, View};
use crate::{
    bindings::parapet::cloud::{invocation::HostResults, types::Fault},
    fault::{Answer as Outcome, denied, settle},
    state::State,
    subject::Subject,
};

/// A handle to the rows of the answer.
pub struct Answer;

impl HostResults for State {
    fn next(
        &mut self,
        _: Resource<Answer>,
        max: u32,
    ) -> wasmtime::Result<Result<Vec<Resource<Lent>>, Fault>> {
        settle(self.next_rows(max))
    }

    fn omit(&mut self, _: Resource<Answer>, obj: Resource<Lent>) -> wasmtime::Result<Result<(), Fault>> {
        settle((|| {
            self.pay(0)?;
            let lent = self.lent(&obj)?;
            let (Place::Row(row), Subject::Found(found)) = (lent.place, &mut self.subject) else {
                return Err(denied("the object isn't one of this answer"));
            };
            if let Some(omitted) = found.omitted.get_mut(row) {
                *omitted = true;
            }
            Ok(())
        })())
    }

    fn redact(&mut self, _: Resource<Answer>, asked: String) -> wasmtime::Result<Result<(), Fault>> {
        settle((|| {
            self.pay(asked.len())?;
            let path = self.path(&asked)?;
            self.hide_everywhere(&path)
        })())
    }

    fn drop(&mut self, handle: Resource<Answer>) -> wasmtime::Result<()> {
        let _ = self.table.delete(handle);
        Ok(())
    }
}

impl State {
    fn next_rows(&mut self, max: u32) -> Outcome<Vec<Resource<Lent>>> {
        self.pay(0)?;
        let page = usize::try_from(max.clamp(1, self.config.page)).unwrap_or(1);
        let Subject::Found(found) = &mut self.subject else {
            return Err(denied("there is no answer here"));
        };
        let class = found.class.clone();
        let first = found.next;
        found.next = (first + page).min(found.rows.len());
        let range = first..found.next;
        let view = Arc::new(View { mask: self.mask(&class), class });
        self.touched.rows += u64::try_from(range.len()).unwrap_or(u64::MAX);
        range.map(|row| self.lend(Lent { place: Place::Row(row), view: view.clone() })).collect()
    }
}
