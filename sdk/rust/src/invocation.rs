//! The call itself: why the plugin was called, for whom, on what.

use crate::host::invocation as wire;
use crate::{Date, Fault, Object, Principal, Query, Results};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ops::Deref;
use std::time::Duration;

/// The call itself, lent until it ends. Everything that a plugin may see or do in it is reached from here.
#[derive(Debug)]
pub struct Invocation(pub(crate) wire::Invocation);

impl Invocation {
    /// The id of the client's request, the same in log and audit trail.
    pub fn request_id(&self) -> String {
        self.0.request_id()
    }

    /// What called: `beforeSave`, `afterSave`, `beforeDelete`, `afterDelete`, `beforeFind`, `afterFind` or `function`.
    pub fn trigger(&self) -> String {
        self.0.trigger()
    }

    /// The class of a hook; the name of a function.
    pub fn target(&self) -> String {
        self.0.target()
    }

    /// Who asks.
    pub fn principal(&self) -> Principal {
        Principal(self.0.principal())
    }

    /// The object that is saved or deleted.
    ///
    /// # Errors
    /// 141 in finds and functions, which have none.
    pub fn object(&self) -> Result<Object, Fault> {
        self.0.object().map(Object).ok_or_else(|| Fault::script("this call has no object"))
    }

    /// The object as stored before an update; `None` for a create.
    pub fn original(&self) -> Option<Object> {
        self.0.original().map(Object)
    }

    /// The find that is about to run.
    ///
    /// # Errors
    /// 141 elsewhere than in before-find.
    pub fn query(&self) -> Result<Query, Fault> {
        self.0.query().map(Query).ok_or_else(|| Fault::script("this call has no query"))
    }

    /// The answer of the find.
    ///
    /// # Errors
    /// 141 elsewhere than in after-find.
    pub fn results(&self) -> Result<Results, Fault> {
        self.0.results().map(Results).ok_or_else(|| Fault::script("this call has no results"))
    }

    /// Reads the parameters of a function.
    ///
    /// # Errors
    /// 142 when they don't have the shape of `T`.
    pub fn params<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        serde_json::from_str(&self.0.params_json()).map_err(|error| {
            Fault::invalid("the parameters don't have the expected shape").with_detail(error.to_string())
        })
    }

    /// Reads the settings that the administrator gave this plugin.
    ///
    /// # Errors
    /// 141 when they don't have the shape of `T`: `T` and the manifest disagree.
    pub fn settings<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        serde_json::from_str(&self.0.settings_json()).map_err(|error| {
            Fault::script("the plugin's settings don't have the expected shape")
                .with_detail(error.to_string())
        })
    }

    /// When the call began: one moment for the whole call, so that a plugin needs no clock.
    pub fn started_at(&self) -> Date {
        Date::from_millis(self.0.started_at())
    }

    /// How long until the host ends the call.
    pub fn remaining(&self) -> Duration {
        Duration::from_millis(self.0.remaining_ms())
    }

    /// Reads a key of the request's context, which the hooks of one request share.
    ///
    /// # Errors
    /// 141 when the value doesn't have the shape of `T`.
    pub fn context<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Fault> {
        let json = self.0.context_get(key);
        Ok(json.map(|json| serde_json::from_str(&json)).transpose()?)
    }

    /// Sets a key of the request's context.
    ///
    /// # Errors
    /// When the value can't be written as JSON, or the context grew too large.
    pub fn set_context(&self, key: &str, value: &impl Serialize) -> Result<(), Fault> {
        Ok(self.0.context_set(key, &serde_json::to_string(value)?)?)
    }
}

/// What a handler can ask for as a parameter.
///
/// A handler takes `&Invocation`, or just what it needs of it: `&Object`, `&Principal`, `&Query`, `&Results`,
/// [`Params<T>`], [`Settings<T>`], or a type of yours that implements this.
#[diagnostic::on_unimplemented(
    message = "a handler can't take `{Self}`",
    label = "not something that an invocation holds",
    note = "take `&Invocation`, `&Object`, `&Principal`, `&Query`, `&Results`, `Params<T>` or `Settings<T>`"
)]
pub trait FromInvocation: Sized {
    /// Takes it out of the call.
    ///
    /// # Errors
    /// When this call has none, or it doesn't have the expected shape.
    fn from_invocation(inv: &Invocation) -> Result<Self, Fault>;
}

impl FromInvocation for Object {
    fn from_invocation(inv: &Invocation) -> Result<Self, Fault> {
        inv.object()
    }
}

impl FromInvocation for Principal {
    fn from_invocation(inv: &Invocation) -> Result<Self, Fault> {
        Ok(inv.principal())
    }
}

impl FromInvocation for Query {
    fn from_invocation(inv: &Invocation) -> Result<Self, Fault> {
        inv.query()
    }
}

impl FromInvocation for Results {
    fn from_invocation(inv: &Invocation) -> Result<Self, Fault> {
        inv.results()
    }
}

/// The parameters of a function, as a parameter of its handler: `Params(wish): Params<Wish>`.
#[derive(Clone, Copy)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned> FromInvocation for Params<T> {
    fn from_invocation(inv: &Invocation) -> Result<Self, Fault> {
        inv.params().map(Self)
    }
}

impl<T> Deref for Params<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// The plugin's settings, as a parameter of a handler: `settings: Settings<Limits>`.
#[derive(Clone, Copy)]
pub struct Settings<T>(pub T);

impl<T: DeserializeOwned> FromInvocation for Settings<T> {
    fn from_invocation(inv: &Invocation) -> Result<Self, Fault> {
        inv.settings().map(Self)
    }
}

impl<T> Deref for Settings<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
