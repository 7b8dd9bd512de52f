//! What one guest's store holds: its handles, what they lead to, what is left of its budget.

use std::{
    borrow::Cow,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use data::{Context, Data, Grant, PluginCall};
use model::{Code, Path};
use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::{
    Config,
    convert::weight,
    fault::{Answer, Stop, UNGRANTED, denied, fault},
    limit::{Budget, Limiter},
    mask::{Mask, Verb},
    member::Member,
    subject::{Export, Made, Subject},
    touched::Touched,
    wasi,
};

/// Paths of one call that are kept, so that a path asked of each row is read once.
const PATHS: usize = 16;

/// The longest path that a guest may name, in bytes.
const MAX_PATH: usize = 1_024;

/// Everything behind one invocation. Made for it, dropped with it.
pub(crate) struct State {
    pub(crate) table: ResourceTable,
    pub(crate) limiter: Limiter,
    pub(crate) budget: Budget,
    pub(crate) config: Arc<Config>,
    pub(crate) data: Data,
    pub(crate) cx: Context,
    pub(crate) member: Arc<Member>,
    pub(crate) export: Export,
    pub(crate) target: Arc<str>,
    pub(crate) subject: Subject,
    pub(crate) drafts: Vec<Made>,
    /// Readers and writers opened so far.
    pub(crate) opened: u32,
    pub(crate) touched: Touched,
    pub(crate) log_lines: u32,
    pub(crate) began: Instant,
    pub(crate) deadline: Instant,
    /// The purpose that was declared last.
    pub(crate) purpose: Option<Arc<str>>,
    paths: Vec<Path>,
    wasi: Option<Box<WasiCtx>>,
}

impl State {
    pub(crate) fn new(
        config: &Arc<Config>,
        data: &Data,
        cx: &Context,
        member: &Arc<Member>,
        export: Export,
        target: Arc<str>,
        subject: Subject,
    ) -> State {
        let began = Instant::now();
        let mut table = ResourceTable::new();
        table.set_max_capacity(usize::try_from(config.handles).unwrap_or(usize::MAX));
        State {
            table,
            limiter: Limiter {
                memory: member.loaded.memory,
                table: usize::try_from(config.table_elements).unwrap_or(usize::MAX),
                hit: None,
            },
            budget: Budget { calls: config.host_calls, bytes: config.host_bytes, rows: config.rows },
            config: config.clone(),
            data: data.clone(),
            cx: cx.clone(),
            member: member.clone(),
            export,
            target,
            subject,
            drafts: Vec::new(),
            opened: 0,
            touched: Touched::default(),
            log_lines: 0,
            began,
            deadline: cx.deadline(),
            purpose: None,
            paths: Vec::new(),
            wasi: None,
        }
    }

    /// Starts the clock of the call.
    pub(crate) fn begin(&mut self) {
        self.began = Instant::now();
        self.deadline = (self.began + self.member.loaded.deadline).min(self.cx.deadline());
    }

    /// When the call began, in milliseconds since 1970.
    pub(crate) fn began_at(&self) -> i64 {
        let ago = self.began.elapsed();
        let moment = SystemTime::now().checked_sub(ago).unwrap_or(UNIX_EPOCH);
        let since = moment.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    /// Pays for a call of a host function that takes so many bytes.
    pub(crate) fn pay(&mut self, bytes: usize) -> Answer<()> {
        Ok(self.budget.call(bytes)?)
    }

    /// Pays for text that a call gives back.
    pub(crate) fn give(&mut self, text: String) -> Answer<String> {
        self.budget.bytes(text.len())?;
        Ok(text)
    }

    /// Reads a path of a guest.
    ///
    /// # Errors
    /// Fault 105 when it isn't one.
    pub(crate) fn path(&mut self, text: &str) -> Answer<Path> {
        if let Some(known) = self.paths.iter().find(|known| known.as_str() == text) {
            return Ok(known.clone());
        }
        let path = path(text)?;
        if self.paths.len() < PATHS {
            self.paths.push(path.clone());
        }
        Ok(path)
    }

    /// Adds a handle.
    pub(crate) fn lend<T: Send + 'static>(&mut self, entry: T) -> Answer<Resource<T>> {
        Ok(self.table.push(entry)?)
    }

    /// The mask of objects of a class that the hook is lent.
    pub(crate) fn mask(&self, class: &str) -> Arc<Mask> {
        self.member.loaded.mask(class)
    }

    /// How a field of a class is named in the record of the call.
    pub(crate) fn label<'a>(&self, class: &str, field: &'a str) -> Cow<'a, str> {
        match self.subject.class() {
            Some(own) if *own == *class => Cow::Borrowed(field),
            _ => Cow::Owned(format!("{class}.{field}")),
        }
    }

    /// Checks the grant of one verb on a field, and notes a refused attempt in the trail.
    ///
    /// # Errors
    /// Fault 119 without the grant.
    pub(crate) fn check(&mut self, mask: &Mask, class: &str, verb: Verb, field: &str) -> Answer<()> {
        if mask.allows(verb, field) {
            return Ok(());
        }
        Err(self.refuse(class, verb, field))
    }

    /// Records an attempt without a grant; answers the fault for the guest.
    pub(crate) fn refuse(&mut self, class: &str, verb: Verb, field: &str) -> Stop {
        let shown: String = field
            .chars()
            .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
            .take(64)
            .collect();
        let label = self.label(class, &shown);
        if self.touched.deny(verb, &label) {
            let mut call = self.record();
            let set = match verb {
                Verb::Read => &mut call.read,
                Verb::Write => &mut call.written,
                Verb::Redact => &mut call.masked,
            };
            set.insert(label.into());
            call.outcome = data::CallOutcome::Denied;
            tracing::warn!(plugin = %self.member.loaded.name, request = %self.cx.request_id(), class, field = shown, verb = ?verb,
                "a plugin tried what it isn't granted");
            if let Err(error) = self.data.note_call(&self.cx, call) {
                return error.into();
            }
        }
        denied(format!("{UNGRANTED} this on {class}.{shown}"))
    }

    /// Refuses what has no field: a class, a purpose, an act.
    pub(crate) fn refuse_act(&mut self, verb: Verb, what: &str) -> Stop {
        if self.touched.deny(verb, what) {
            let mut call = self.record();
            call.outcome = data::CallOutcome::Denied;
            tracing::warn!(plugin = %self.member.loaded.name, request = %self.cx.request_id(), what, "a plugin tried what it isn't granted");
            if let Err(error) = self.data.note_call(&self.cx, call) {
                return error.into();
            }
        }
        denied(format!("{UNGRANTED} this: {what}"))
    }

    /// The record of this call, as far as it is known, without the fields that were touched.
    pub(crate) fn record(&self) -> PluginCall {
        PluginCall {
            plugin: self.member.identity.clone(),
            export: self.export.name(),
            target: self.target.clone(),
            class: self.subject.class().cloned(),
            objects: self.subject.lent(),
            read: Default::default(),
            written: Default::default(),
            masked: Default::default(),
            rows: self.touched.rows.max(self.touched.hidden),
            outcome: data::CallOutcome::Ok,
            duration: self.began.elapsed(),
            purpose: self.purpose.clone(),
        }
    }

    /// Narrows the caller's context to a grant, for a purpose.
    ///
    /// # Errors
    /// Fault 119 when the class or the purpose isn't granted.
    pub(crate) fn narrow(
        &mut self,
        grant: Option<&Arc<Grant>>,
        class: &str,
        purpose: &str,
    ) -> Answer<Context> {
        let grant = match grant {
            Some(grant) if grant.classes.contains_key(class) => grant,
            _ => return Err(self.refuse_act(Verb::Read, &format!("class {}", shorten(class)))),
        };
        if !grant.purposes.contains(purpose) {
            return Err(self.refuse_act(Verb::Read, &format!("purpose {}", shorten(purpose))));
        }
        let cx = self.cx.for_plugin(grant, purpose)?;
        self.purpose = Some(purpose.into());
        Ok(cx)
    }
}

/// A name that a guest made up, as it may be repeated.
pub(crate) fn shorten(name: &str) -> String {
    name.chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || "_:.-".contains(*letter))
        .take(64)
        .collect()
}

/// Reads a path of a guest.
///
/// # Errors
/// Fault 105 when it isn't one.
fn path(text: &str) -> Answer<Path> {
    if text.len() > MAX_PATH {
        return Err(Stop::Fault(fault(Code::InvalidKeyName, "the path is too long")));
    }
    Ok(Path::new(text)?)
}

/// How many bytes a value that a guest gives costs, its path included.
pub(crate) fn cost(path: &str, value: &crate::bindings::parapet::cloud::types::Value) -> usize {
    path.len().saturating_add(weight(value))
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        // Most guests never ask: the world is made for those that do.
        WasiCtxView { ctx: self.wasi.get_or_insert_with(|| Box::new(wasi::inert())), table: &mut self.table }
    }
}
