//! Who asks.

use data::Principal;
use wasmtime::component::Resource;

use crate::{
    bindings::parapet::cloud::{invocation::HostPrincipal, types::Fault},
    fault::settle,
    state::State,
};

/// A handle to the caller of the request.
pub struct Caller;

impl HostPrincipal for State {
    fn user_id(&mut self, _: Resource<Caller>) -> wasmtime::Result<Option<String>> {
        self.budget.call(0)?;
        Ok(self.cx.user().map(|identity| identity.user.as_str().to_owned()))
    }

    fn has_role(&mut self, _: Resource<Caller>, name: String) -> wasmtime::Result<Result<bool, Fault>> {
        settle(self.pay(name.len()).map(|()| self.cx.has_role(&name)))
    }

    fn is_master(&mut self, _: Resource<Caller>) -> wasmtime::Result<bool> {
        self.budget.call(0)?;
        // Neither the server itself nor a plugin with an elevated grant holds a key.
        Ok(self.cx.holds_master_key() && !matches!(self.cx.principal(), Principal::System))
    }

    fn drop(&mut self, handle: Resource<Caller>) -> wasmtime::Result<()> {
        let _ = self.table.delete(handle);
        Ok(())
    }
}
