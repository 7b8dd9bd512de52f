//! One invocation, from the slot it waits for to the record it leaves.

use std::{
    collections::BTreeSet,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use data::{Context, Data, Refusal};
use futures_util::FutureExt as _;
use model::Event;
use tokio::time::timeout;
use wasmtime::{Engine, Store, Trap, UpdateDeadline, WasmBacktrace};

use crate::{
    Config,
    bindings::parapet::cloud::types::Fault,
    fault::{Failure, UNGRANTED},
    member::Member,
    resource::invocation::Call,
    slots::{Slots, level},
    state::State,
    subject::{Export, Subject},
    touched::Touched,
};

/// Handles beyond the cap of the table: those that wasmtime makes for itself.
const SPARE_HANDLES: u32 = 64;

/// What runs guests: the engine, the places in its pool, the limits.
pub(crate) struct Runner {
    pub(crate) engine: Engine,
    pub(crate) config: Arc<Config>,
    pub(crate) slots: Slots,
}

/// What an invocation leaves behind.
pub(crate) struct Done {
    /// The subject as the guest left it; to be thrown away when the answer is a refusal.
    pub(crate) subject: Subject,
    /// Fields that the guest took out of what leaves.
    pub(crate) masked: BTreeSet<Arc<str>>,
    /// A function's answer, as JSON; `None` for hooks and for Parse's `undefined`.
    pub(crate) answer: Result<Option<String>, Refusal>,
}

impl Runner {
    /// Calls an export in a store of its own, and records the call.
    pub(crate) async fn invoke(
        &self,
        data: &Data,
        cx: &Context,
        member: &Arc<Member>,
        export: Export,
        target: Arc<str>,
        subject: Subject,
    ) -> Done {
        let mut state = State::new(&self.config, data, cx, member, export, target, subject);
        let left = cx.deadline().saturating_duration_since(Instant::now());
        let slot = self.slots.take(level(cx.depth()), left).await;
        // The plugin's own time begins when it may run.
        state.begin();
        let (result, mut state) = match slot {
            Some(_slot) => self.run(state).await,
            None => (Err(Failure::Busy), state),
        };
        let masked = state.touched.masked.clone();
        let result = self.record(&mut state, result);
        let answer = result.map_err(|failure| {
            failure.refusal(&member.loaded.name, cx.request_id(), self.config.message_bytes)
        });
        Done { subject: state.subject, masked, answer }
    }

    async fn run(&self, state: State) -> (Result<Option<String>, Failure>, State) {
        let deadline = state.deadline;
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.limiter);
        store.set_hostcall_fuel(usize::try_from(self.config.host_call_bytes).unwrap_or(usize::MAX));
        // Above the cap of our own table, whose error has a type.
        let handles = self.config.handles.saturating_add(SPARE_HANDLES);
        store.set_max_component_handles(usize::try_from(handles).unwrap_or(usize::MAX));
        store.set_epoch_deadline(1);
        // At every tick others get their turn; past the deadline the guest is ended where it is.
        store.epoch_deadline_callback(move |_| match Instant::now() >= deadline {
            true => Err(Trap::Interrupt.into()),
            false => Ok(UpdateDeadline::Yield(1)),
        });
        // The clock of the engine doesn't reach into host calls, so the whole call has one of its own, a little later
        // so that a spinning guest is told apart by its trap.
        let left =
            deadline.saturating_duration_since(Instant::now()) + Duration::from_millis(self.config.tick_ms);
        let called = AssertUnwindSafe(timeout(left, call(&mut store))).catch_unwind().await;
        let hit = store.data().limiter.hit;
        let result = match called {
            Err(_) => Err(Failure::Broken("panic")),
            Ok(Err(_)) => Err(Failure::TimedOut),
            Ok(Ok(Err(error))) => {
                let failure = Failure::of(&error, hit);
                let state = store.data();
                let frames = frames(&error);
                tracing::warn!(plugin = %state.member.loaded.name, request = %state.cx.request_id(),
                    digest = %state.member.loaded.digest, export = state.export.name(), outcome = ?failure.outcome(), frames,
                    "a plugin failed");
                Err(failure)
            }
            Ok(Ok(Ok(Ok(answer))))
                if answer.as_ref().is_some_and(|text| text.len() > self.config.answer_bytes) =>
            {
                Err(Failure::Broken("answer-bytes"))
            }
            Ok(Ok(Ok(Ok(answer)))) => Ok(answer),
            Ok(Ok(Ok(Err(fault)))) => {
                let touched = &store.data().touched;
                let denied = !touched.denied.is_empty() && fault.message.starts_with(UNGRANTED);
                let tells = !denied && touched.tells(&fault.message);
                Err(Failure::Fault { fault, denied, tells })
            }
        };
        (result, store.into_data())
    }

    /// Leaves the record of the call; one that can't be recorded counts as failed.
    fn record(
        &self,
        state: &mut State,
        result: Result<Option<String>, Failure>,
    ) -> Result<Option<String>, Failure> {
        let mut call = state.record();
        let Touched { read, written, masked, .. } = std::mem::take(&mut state.touched);
        (call.read, call.written, call.masked) = (read, written, masked);
        if let Err(failure) = &result {
            call.outcome = failure.outcome();
        }
        match state.data.note_call(&state.cx, call) {
            Ok(()) => result,
            Err(error) => {
                tracing::error!(%error, plugin = %state.member.loaded.name, "a plugin call can't be recorded");
                Err(Failure::Unrecorded)
            }
        }
    }
}

/// Makes the instance and calls the export that the state names.
async fn call(store: &mut Store<State>) -> wasmtime::Result<Result<Option<String>, Fault>> {
    let (member, export) = (store.data().member.clone(), store.data().export);
    let instance = member.loaded.pre.instantiate_async(&mut *store).await?;
    let inv = store.data_mut().table.push(Call)?;
    let exports = &member.loaded.exports;
    macro_rules! hook {
        ($indices:ident, $call:ident) => {
            match &exports.$indices {
                Some(indices) => {
                    let guest = indices.load(&mut *store, &instance)?;
                    guest.$call(&mut *store, inv).await.map(|answer| answer.map(|()| None))
                }
                None => missing(export),
            }
        };
    }
    match export {
        Export::Hook(Event::BeforeSave) => hook!(before_save, call_before_save),
        Export::Hook(Event::AfterSave) => hook!(after_save, call_after_save),
        Export::Hook(Event::BeforeDelete) => hook!(before_delete, call_before_delete),
        Export::Hook(Event::AfterDelete) => hook!(after_delete, call_after_delete),
        Export::Hook(Event::BeforeFind) => hook!(before_find, call_before_find),
        Export::Hook(Event::AfterFind) => hook!(after_find, call_after_find),
        Export::Functions => match &exports.functions {
            Some(indices) => {
                let guest = indices.load(&mut *store, &instance)?;
                guest.call_call(&mut *store, inv).await
            }
            None => missing(export),
        },
    }
}

/// Where a guest was when it trapped, as far as it has names: functions, never values.
fn frames(error: &wasmtime::Error) -> String {
    let Some(trace) = error.downcast_ref::<WasmBacktrace>() else { return String::new() };
    let names = trace.frames().iter().take(8).map(|frame| match frame.func_name() {
        Some(name) => name.to_owned(),
        None => format!("function {}", frame.func_index()),
    });
    names.collect::<Vec<_>>().join(" < ")
}

/// An export that was there when the plugin was approved.
fn missing<T>(export: Export) -> wasmtime::Result<T> {
    Err(wasmtime::Error::msg(format!("the component has no {}", export.name())))
}
