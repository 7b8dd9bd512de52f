//! A call of a guest with nothing around it: what the benches measure this host against.
//!
//! The same engine, the same component, a fresh store; the host functions that a small before-save needs answer from two
//! strings. No grant, no mask, no limit, no record: it must never see a request.

use std::time::{Duration, Instant};

use wasmtime::{
    Engine, Store, Trap, UpdateDeadline,
    component::{HasSelf, InstancePre, Linker, Resource, ResourceTable, ResourceType},
};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::{
    Error, Host, Result,
    bindings::{exports::parapet::cloud::before_save, parapet::cloud::types},
    resource::{invocation::Call, object::Lent, principal::Caller, query::Search, results::Answer},
    wasi,
};

/// The component of an active plugin, ready to be called barely.
pub struct Bare {
    engine: Engine,
    pre: InstancePre<Plain>,
    before_save: before_save::GuestIndices,
    host_call_bytes: usize,
    handles: usize,
}

/// What stands behind a bare call: one text to read, one to write.
struct Plain {
    class: String,
    value: String,
    written: Option<String>,
    table: ResourceTable,
    wasi: Option<Box<WasiCtx>>,
}

impl WasiView for Plain {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: self.wasi.get_or_insert_with(|| Box::new(wasi::inert())), table: &mut self.table }
    }
}

impl Host {
    /// Prepares the before-save hook of a plugin at work for bare calls; for benches alone.
    ///
    /// # Errors
    /// [`Error::NotFound`] when no such plugin is at work, [`Error::Invalid`] when it has no before-save hook.
    pub fn bare(&self, name: &str) -> Result<Bare> {
        let registry = self.registry();
        let member = registry.members.get(name);
        let member = member.ok_or_else(|| Error::NotFound(format!("{name} isn't at work")))?;
        let engine = registry.runner.engine.clone();
        let pre = link(&engine, member.loaded.pre.component())
            .map_err(|error| Error::internal("the bare linker can't be built", error))?;
        let before_save = before_save::GuestIndices::new(&pre)
            .map_err(|error| Error::invalid(format!("there is no before-save to call: {error:#}")))?;
        let config = &registry.runner.config;
        let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let (host_call_bytes, handles) = (size(config.host_call_bytes), size(config.handles.into()));
        Ok(Bare { engine, pre, before_save, host_call_bytes, handles })
    }
}

impl Bare {
    /// Calls before-save in a fresh store, with `value` behind every field; answers the text that was set last.
    ///
    /// # Errors
    /// [`Error::Internal`] when the guest traps or refuses.
    pub async fn before_save(&self, class: &str, value: &str) -> Result<Option<String>> {
        let fail = |error: wasmtime::Error| Error::internal("the bare call failed", format!("{error:#}"));
        let state = Plain {
            class: class.to_owned(),
            value: value.to_owned(),
            written: None,
            table: ResourceTable::new(),
            wasi: None,
        };
        let mut store = Store::new(&self.engine, state);
        let deadline = Instant::now() + Duration::from_secs(1);
        store.set_hostcall_fuel(self.host_call_bytes);
        store.set_max_component_handles(self.handles);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(move |_| match Instant::now() >= deadline {
            true => Err(Trap::Interrupt.into()),
            false => Ok(UpdateDeadline::Yield(1)),
        });
        let instance = self.pre.instantiate_async(&mut store).await.map_err(fail)?;
        let guest = self.before_save.load(&mut store, &instance).map_err(fail)?;
        let answer = guest.call_before_save(&mut store, Resource::new_own(1)).await.map_err(fail)?;
        match answer {
            Ok(()) => Ok(store.into_data().written),
            Err(fault) => Err(Error::internal("the guest refused", fault.code)),
        }
    }
}

fn link(engine: &Engine, component: &wasmtime::component::Component) -> wasmtime::Result<InstancePre<Plain>> {
    let mut linker: Linker<Plain> = Linker::new(engine);
    linker.allow_shadowing(true);
    linker.define_unknown_imports_as_traps(component)?;
    wasi::link(&mut linker)?;
    types::add_to_linker::<Plain, HasSelf<Plain>>(&mut linker, |state| state)?;
    let mut invocation = linker.instance("parapet:cloud/invocation@0.1.0")?;
    invocation.resource("invocation", ResourceType::host::<Call>(), |_, _| Ok(()))?;
    invocation.resource("object", ResourceType::host::<Lent>(), |_, _| Ok(()))?;
    invocation.resource("principal", ResourceType::host::<Caller>(), |_, _| Ok(()))?;
    invocation.resource("query", ResourceType::host::<Search>(), |_, _| Ok(()))?;
    invocation.resource("results", ResourceType::host::<Answer>(), |_, _| Ok(()))?;
    invocation.func_wrap("[method]invocation.target", |store, (_,): (Resource<Call>,)| {
        Ok((store.data().class.clone(),))
    })?;
    invocation.func_wrap("[method]invocation.object", |_, (_,): (Resource<Call>,)| {
        Ok((Some(Resource::<Lent>::new_own(1)),))
    })?;
    invocation.func_wrap("[method]object.get", |store, (_, _): (Resource<Lent>, String)| {
        let value = types::Value::Text(store.data().value.clone());
        Ok((std::result::Result::<_, types::Fault>::Ok(Some(value)),))
    })?;
    invocation.func_wrap(
        "[method]object.set",
        |mut store, (_, _, value): (Resource<Lent>, String, types::Value)| {
            if let types::Value::Text(text) = value {
                store.data_mut().written = Some(text);
            }
            Ok((std::result::Result::<(), types::Fault>::Ok(()),))
        },
    )?;
    linker.instantiate_pre(component)
}

impl types::Host for Plain {}

impl std::fmt::Debug for Bare {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bare")
    }
}
