//! Capability `data-write`: stored objects, changed as the caller.

use wasmtime::component::{HasSelf, Linker, Resource};

use super::{Entered, Opening};
use crate::{
    bindings::parapet::cloud::{
        data_write::{self, Host},
        types::Fault,
    },
    fault::{Answer, settle},
    resource::{invocation::Call, writer::Opened},
    state::State,
};

/// Lets a guest open classes for writing.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    data_write::add_to_linker::<State, HasSelf<State>>(linker, |state| state)
}

impl Host for State {
    fn open(
        &mut self,
        _: Resource<Call>,
        class_name: String,
        purpose: String,
    ) -> wasmtime::Result<Result<Resource<Opened>, Fault>> {
        let member = self.member.clone();
        settle(self.open_writer(member.write.as_ref(), &class_name, &purpose))
    }
}

impl State {
    /// Opens a class within a grant, for writing.
    pub(super) fn open_writer(
        &mut self,
        opening: Option<&Opening>,
        class: &str,
        purpose: &str,
    ) -> Answer<Resource<Opened>> {
        let Entered { cx, class, mask } = self.enter(opening, class, purpose)?;
        let granted = opening.and_then(|opening| opening.grant.classes.get(&class));
        let (creates, deletes) = granted.map_or((false, false), |granted| (granted.create, granted.delete));
        self.opened += 1;
        self.lend(Opened { number: self.opened, cx, class, mask, creates, deletes })
    }
}
