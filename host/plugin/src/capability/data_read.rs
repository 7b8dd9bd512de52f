//! Capability `data-read`: stored objects, read as the caller.

use wasmtime::component::{HasSelf, Linker, Resource};

use super::{Entered, Opening};
use crate::{
    bindings::parapet::cloud::{
        data_read::{self, Host},
        types::Fault,
    },
    fault::{Answer, settle},
    resource::{invocation::Call, reader::Opened},
    state::State,
};

/// Lets a guest open classes for reading.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    data_read::add_to_linker::<State, HasSelf<State>>(linker, |state| state)
}

impl Host for State {
    fn open(
        &mut self,
        _: Resource<Call>,
        class_name: String,
        purpose: String,
    ) -> wasmtime::Result<Result<Resource<Opened>, Fault>> {
        let member = self.member.clone();
        settle(self.open_reader(member.read.as_ref(), &class_name, &purpose))
    }
}

impl State {
    /// Opens a class within a grant, for reading.
    pub(super) fn open_reader(
        &mut self,
        opening: Option<&Opening>,
        class: &str,
        purpose: &str,
    ) -> Answer<Resource<Opened>> {
        let Entered { cx, class, mask } = self.enter(opening, class, purpose)?;
        self.lend(Opened { cx, class, mask })
    }
}
