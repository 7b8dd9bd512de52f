//! A plugin as the list of its handlers, which `#[parapet::plugin]` writes.

use crate::{Fault, Invocation};
use serde::Serialize;
use std::fmt;

/// A moment at which the host calls a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hook {
    /// An object is about to be stored.
    BeforeSave,
    /// An object was stored.
    AfterSave,
    /// An object is about to be deleted.
    BeforeDelete,
    /// An object was deleted.
    AfterDelete,
    /// A find is about to run.
    BeforeFind,
    /// A find was answered.
    AfterFind,
}

impl Hook {
    /// The name in the manifest: `before-save`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BeforeSave => "before-save",
            Self::AfterSave => "after-save",
            Self::BeforeDelete => "before-delete",
            Self::AfterDelete => "after-delete",
            Self::BeforeFind => "before-find",
            Self::AfterFind => "after-find",
        }
    }

    /// Parse's name, which [`Invocation::trigger`] answers: `beforeSave`.
    pub const fn trigger(self) -> &'static str {
        match self {
            Self::BeforeSave => "beforeSave",
            Self::AfterSave => "afterSave",
            Self::BeforeDelete => "beforeDelete",
            Self::AfterDelete => "afterDelete",
            Self::BeforeFind => "beforeFind",
            Self::AfterFind => "afterFind",
        }
    }
}

/// A plugin: its handlers. `#[parapet::plugin] mod guard` makes one, named `guard::PLUGIN`.
#[derive(Clone, Copy, Debug)]
pub struct Plugin {
    /// The handlers; no two answer to the same hook and class, or to the same function name.
    pub handlers: &'static [Handler],
}

/// One handler: what it answers to, and the code.
#[derive(Clone, Copy)]
pub struct Handler {
    /// The class of a hook (`*`: every class that has no handler of its own), or the name of a function.
    pub target: &'static str,
    /// The code.
    pub run: Run,
}

/// The code of a handler.
#[derive(Clone, Copy)]
pub enum Run {
    /// A hook.
    Hook(Hook, fn(&Invocation) -> Result<(), Fault>),
    /// A function, which answers JSON.
    Function(fn(&Invocation) -> Result<Option<String>, Fault>),
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.run {
            Run::Hook(hook, _) => write!(f, "{} {}", hook.name(), self.target),
            Run::Function(_) => write!(f, "function {}", self.target),
        }
    }
}

impl Plugin {
    /// Runs the handler of a hook: the one of the class, else the one of `*`.
    ///
    /// # Errors
    /// What the handler answers; 141 when there is no handler, so that a wrong manifest fails closed.
    pub fn hook(&self, hook: Hook, inv: &Invocation) -> Result<(), Fault> {
        let class = inv.target();
        let find = |class: &str| {
            self.handlers.iter().find_map(|handler| match handler.run {
                Run::Hook(of, run) if of == hook && handler.target == class => Some(run),
                _ => None,
            })
        };
        match find(&class).or_else(|| find("*")) {
            Some(run) => run(inv),
            None => Err(Fault::script(format!("the plugin has no {} handler for {class}", hook.name()))),
        }
    }

    /// Runs a function and answers its JSON; `None` is Parse's `undefined`.
    ///
    /// # Errors
    /// What the handler answers; 141 when there is no such function.
    pub fn function(&self, inv: &Invocation) -> Result<Option<String>, Fault> {
        let name = inv.target();
        let run = self.handlers.iter().find_map(|handler| match handler.run {
            Run::Function(run) if handler.target == name => Some(run),
            _ => None,
        });
        match run {
            Some(run) => run(inv),
            None => Err(Fault::script("the plugin has no such function")),
        }
    }
}

/// Writes the answer of a function.
#[doc(hidden)]
pub fn reply(answer: impl Serialize) -> Result<Option<String>, Fault> {
    Ok(Some(serde_json::to_string(&answer)?))
}
