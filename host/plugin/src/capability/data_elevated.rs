//! Capability `data-elevated`: stored objects, touched with the system's authority within the grant alone.

use wasmtime::component::{HasSelf, Linker, Resource};

use crate::{
    bindings::parapet::cloud::{
        data_elevated::{self, Host},
        types::Fault,
    },
    fault::settle,
    resource::{invocation::Call, reader, writer},
    state::State,
};

/// Lets a guest open classes whoever the caller is.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    data_elevated::add_to_linker::<State, HasSelf<State>>(linker, |state| state)
}

impl Host for State {
    fn open_reader(
        &mut self,
        _: Resource<Call>,
        class_name: String,
        purpose: String,
    ) -> wasmtime::Result<Result<Resource<reader::Opened>, Fault>> {
        let member = self.member.clone();
        settle(State::open_reader(self, member.elevated.as_ref(), &class_name, &purpose))
    }

    fn open_writer(
        &mut self,
        _: Resource<Call>,
        class_name: String,
        purpose: String,
    ) -> wasmtime::Result<Result<Resource<writer::Opened>, Fault>> {
        let member = self.member.clone();
        settle(State::open_writer(self, member.elevated.as_ref(), &class_name, &purpose))
    }
}
