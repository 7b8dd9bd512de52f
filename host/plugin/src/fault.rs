//! How an invocation can end badly, as the guest, the client and the trail are told.

use data::{CallOutcome, Refusal, RefusalKind};
use model::{Code, ParseError};
use wasmtime::{PoolConcurrencyLimitError, Trap, component::ResourceTableError};

use crate::{bindings::parapet::cloud::types::Fault, limit::Limit};

/// Why a host function doesn't answer what was asked.
pub(crate) enum Stop {
    /// The guest is told, and goes on.
    Fault(Fault),
    /// The invocation ends here.
    Trap(wasmtime::Error),
}

/// The answer of a host function.
pub(crate) type Answer<T> = Result<T, Stop>;

/// Puts an answer into the form that the bindings take.
pub(crate) fn settle<T>(answer: Answer<T>) -> wasmtime::Result<Result<T, Fault>> {
    match answer {
        Ok(value) => Ok(Ok(value)),
        Err(Stop::Fault(fault)) => Ok(Err(fault)),
        Err(Stop::Trap(error)) => Err(error),
    }
}

impl From<Limit> for Stop {
    fn from(limit: Limit) -> Stop {
        Stop::Trap(wasmtime::Error::new(limit))
    }
}

impl From<ResourceTableError> for Stop {
    fn from(error: ResourceTableError) -> Stop {
        Stop::Trap(error.into())
    }
}

impl From<ParseError> for Stop {
    fn from(error: ParseError) -> Stop {
        Stop::Fault(fault(error.code, error.message))
    }
}

impl From<data::Error> for Stop {
    fn from(error: data::Error) -> Stop {
        // A guest's words reach the client: it is told no more than the client would be.
        Stop::Fault(match error.without_reason() {
            data::Error::Ungranted => fault(Code::OperationForbidden, format!("{UNGRANTED} this")),
            data::Error::Refused(error)
            | data::Error::Denied(error)
            | data::Error::Vetoed(error)
            | data::Error::Withheld(error) => fault(error.code, error.message),
            data::Error::Forbidden(text) => fault(Code::OperationForbidden, text),
            data::Error::Unavailable { reason, .. } => {
                Fault { retryable: true, ..fault(Code::InternalServerError, reason) }
            }
            data::Error::Internal(cause) => {
                tracing::error!(%cause, "an operation of a plugin failed");
                fault(Code::InternalServerError, Code::InternalServerError.text())
            }
        })
    }
}

/// Makes a fault of the host's.
pub(crate) fn fault(code: Code, message: impl Into<String>) -> Fault {
    Fault { code: code.number(), message: message.into(), detail: None, retryable: false }
}

/// How the message begins by which a guest learns that it isn't granted something.
pub(crate) const UNGRANTED: &str = "the plugin isn't granted";

/// Makes the fault for what can't be done here.
pub(crate) fn denied(what: impl Into<String>) -> Stop {
    Stop::Fault(fault(Code::OperationForbidden, what))
}

/// Why an invocation gave no good answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The guest said no.
    Fault {
        /// What it said.
        fault: Fault,
        /// Whether it only passes on that it ran into its grant.
        denied: bool,
        /// Whether the message holds what the guest was shown.
        tells: bool,
    },
    /// It ran out of time.
    TimedOut,
    /// No slot became free.
    Busy,
    /// It broke, or a limit stopped it.
    Broken(&'static str),
    /// The trail doesn't take records.
    Unrecorded,
}

impl Failure {
    /// Finds out what a failed call means.
    ///
    /// Not every failure of wasmtime has a type; what has none counts as broken.
    pub(crate) fn of(error: &wasmtime::Error, hit: Option<Limit>) -> Failure {
        if let Some(limit) = hit.or_else(|| error.downcast_ref::<Limit>().copied()) {
            return Failure::Broken(limit.name());
        }
        if let Some(trap) = error.downcast_ref::<Trap>() {
            return match trap {
                Trap::Interrupt => Failure::TimedOut,
                Trap::StackOverflow => Failure::Broken("stack"),
                Trap::UnreachableCodeReached => Failure::Broken("unreachable"),
                Trap::MemoryOutOfBounds | Trap::HeapMisaligned => Failure::Broken("memory-access"),
                _ => Failure::Broken("trap"),
            };
        }
        if error.is::<wasmtime_wasi::I32Exit>() {
            return Failure::Broken("exit");
        }
        if error.is::<ResourceTableError>() {
            return Failure::Broken("handles");
        }
        if error.is::<PoolConcurrencyLimitError>() {
            return Failure::Busy;
        }
        // The one limit of wasmtime's that comes as text only; unrecognised, it is broken all the same.
        match format!("{error:#}").contains("too much data") {
            true => Failure::Broken("host-call-bytes"),
            false => Failure::Broken("untyped"),
        }
    }

    /// How the trail names it.
    pub(crate) fn outcome(&self) -> CallOutcome {
        match self {
            Failure::Fault { denied: true, fault, .. } if fault.code == Code::OperationForbidden.number() => {
                CallOutcome::Denied
            }
            Failure::Fault { fault, .. } => CallOutcome::Refused(fault.code),
            Failure::TimedOut => CallOutcome::TimedOut,
            Failure::Busy => CallOutcome::Busy,
            Failure::Broken(what) => CallOutcome::Failed(what),
            Failure::Unrecorded => CallOutcome::Failed("trail"),
        }
    }

    /// What the client is told; `reference` is the request's id, by which the operator finds the rest.
    pub(crate) fn refusal(&self, plugin: &std::sync::Arc<str>, reference: &str, most: usize) -> Refusal {
        let (kind, error) = match self {
            Failure::Fault { fault, tells, .. } => {
                // A guest that leaves the code at 0 means "no" without more.
                let code = if fault.code == 0 { Code::ScriptFailed } else { Code::from_number(fault.code) };
                let text = shown(&fault.message, most);
                let denied = self.outcome() == CallOutcome::Denied;
                // What exactly wasn't granted is for the trail.
                let error = match text.is_empty() || *tells || denied {
                    true => ParseError::of(code),
                    false => ParseError::new(code, text),
                };
                (if denied { RefusalKind::Denied } else { RefusalKind::Refused }, error)
            }
            Failure::TimedOut => (
                RefusalKind::TimedOut,
                ParseError::new(Code::Timeout, format!("Cloud code timed out (ref {reference}).")),
            ),
            Failure::Busy => (RefusalKind::Busy, ParseError::of(Code::RequestLimitExceeded)),
            Failure::Broken(_) => (
                RefusalKind::Failed,
                ParseError::new(Code::ScriptFailed, format!("Cloud code failed (ref {reference}).")),
            ),
            Failure::Unrecorded => (RefusalKind::Failed, ParseError::of(Code::InternalServerError)),
        };
        Refusal { error, kind, plugin: Some(plugin.clone()) }
    }
}

/// A guest's text, cut to a length and without control characters.
pub(crate) fn shown(text: &str, most: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(most));
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        if shown.len() + letter.len_utf8() > most {
            break;
        }
        shown.push(letter);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(failure: Failure) -> Refusal {
        failure.refusal(&"guard".into(), "r1", 20)
    }

    fn said(code: i32, message: &str) -> Failure {
        let fault = Fault { code, message: message.to_owned(), detail: None, retryable: false };
        Failure::Fault { fault, denied: false, tells: false }
    }

    #[test]
    fn the_guests_words_reach_the_client_in_measure() {
        let no = refusal(said(142, "name is\u{7} required, and more than that"));
        assert_eq!((no.error.code, &*no.error.message), (Code::ValidationError, "name is required, an"));
        assert_eq!(no.kind, RefusalKind::Refused);
        assert_eq!(refusal(said(0, "")).error, ParseError::of(Code::ScriptFailed));
        assert_eq!(refusal(said(4711, "x")).error.code, Code::Other(4711));
    }

    #[test]
    fn words_that_tell_what_was_read_are_withheld() {
        let Failure::Fault { fault, .. } = said(142, "Jane") else { unreachable!() };
        let no = refusal(Failure::Fault { fault, denied: false, tells: true });
        assert_eq!(no.error, ParseError::of(Code::ValidationError));
    }

    #[test]
    fn what_is_not_granted_is_for_the_trail() {
        let Failure::Fault { fault, .. } = said(119, "the plugin isn't granted this on Patient.ssn") else {
            unreachable!()
        };
        let no = refusal(Failure::Fault { fault, denied: true, tells: false });
        assert_eq!((no.kind, no.error), (RefusalKind::Denied, ParseError::of(Code::OperationForbidden)));
        assert_eq!(refusal(said(119, "clinicians only")).kind, RefusalKind::Refused);
    }

    #[test]
    fn a_guest_learns_what_its_caller_may_and_that_it_lacks_a_grant() {
        let told = |error: data::Error| match Stop::from(error) {
            Stop::Fault(fault) => (fault.code, fault.message),
            Stop::Trap(_) => unreachable!("an error of the door is told"),
        };
        let reason = "Permission denied for action find on class Salary.";
        assert_eq!(told(data::Error::denied(reason)), (119, "Permission denied".to_owned()));
        let (code, text) = told(data::Error::Ungranted);
        assert!(code == 119 && text.starts_with(UNGRANTED));
        assert_eq!(told(data::Error::not_found()), (101, "Object not found.".to_owned()));
    }

    #[test]
    fn failures_have_their_codes() {
        let cases = [
            (Failure::TimedOut, Code::Timeout, RefusalKind::TimedOut),
            (Failure::Busy, Code::RequestLimitExceeded, RefusalKind::Busy),
            (Failure::Broken("memory"), Code::ScriptFailed, RefusalKind::Failed),
        ];
        for (failure, code, kind) in cases {
            let no = refusal(failure);
            assert_eq!((no.error.code, no.kind), (code, kind));
        }
        assert!(refusal(Failure::Broken("trap")).error.message.contains("r1"));
    }

    #[test]
    fn errors_of_wasmtime_are_told_apart() {
        let of = |error: wasmtime::Error| Failure::of(&error, None).outcome();
        assert_eq!(of(Trap::Interrupt.into()), CallOutcome::TimedOut);
        assert_eq!(of(Trap::StackOverflow.into()), CallOutcome::Failed("stack"));
        assert_eq!(of(wasmtime::Error::new(Limit::HostBytes)), CallOutcome::Failed("host-bytes"));
        assert_eq!(of(ResourceTableError::Full.into()), CallOutcome::Failed("handles"));
        assert_eq!(of(wasmtime::Error::msg("odd")), CallOutcome::Failed("untyped"));
        let text = wasmtime::Error::msg("memory");
        assert_eq!(Failure::of(&text, Some(Limit::Memory)).outcome(), CallOutcome::Failed("memory"));
    }
}
