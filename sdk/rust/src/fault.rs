//! A refusal: what a handler answers when it doesn't agree.

use crate::host::types as wire;
use std::fmt;

/// A refusal, which becomes a Parse error for the client.
///
/// `?` makes one of a `&str` or `String` (code 141, like a thrown string in Parse Cloud Code). The message may reach the
/// client: it must hold no field value. What only the operator may see goes in [`Fault::with_detail`].
#[derive(Clone, PartialEq, Eq)]
pub struct Fault {
    code: i32,
    message: String,
    detail: Option<String>,
    retryable: bool,
}

impl Fault {
    /// Parse's code for an object that isn't there.
    pub const NOT_FOUND: i32 = 101;
    /// Parse's code for something that the caller or the plugin may not do.
    pub const FORBIDDEN: i32 = 119;
    /// Parse's code for a call that took too long.
    pub const TIMEOUT: i32 = 124;
    /// Parse's code for a failed script.
    pub const SCRIPT: i32 = 141;
    /// Parse's code for a failed validation.
    pub const INVALID: i32 = 142;
    /// Parse's code for too many requests.
    pub const BUSY: i32 = 155;

    /// Makes a refusal with any Parse code.
    pub fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), detail: None, retryable: false }
    }

    /// Refuses a value: validation failed (142).
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Self::INVALID, message)
    }

    /// Refuses for want of rights (119).
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(Self::FORBIDDEN, message)
    }

    /// Says that the object isn't there (101).
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Self::NOT_FOUND, message)
    }

    /// Says that the plugin failed (141).
    pub fn script(message: impl Into<String>) -> Self {
        Self::new(Self::SCRIPT, message)
    }

    /// Says that the caller should come back later (155); retryable.
    pub fn busy(message: impl Into<String>) -> Self {
        Self::new(Self::BUSY, message).retryable()
    }

    /// Adds what only the operator may see; the host handles it as PHI.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Says that the same call may succeed a little later.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }

    /// The Parse error code.
    pub fn code(&self) -> i32 {
        self.code
    }

    /// The text that may reach the client.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The text for the operator, if there is one.
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// Whether the same call may succeed a little later.
    pub fn is_retryable(&self) -> bool {
        self.retryable
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault")
            .field("code", &self.code)
            .field("message", &self.message)
            .field("detail", &self.detail.as_ref().map(|_| "[detail]"))
            .field("retryable", &self.retryable)
            .finish()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (code {})", self.message, self.code)
    }
}

impl std::error::Error for Fault {}

impl From<&str> for Fault {
    fn from(message: &str) -> Self {
        Self::script(message)
    }
}

impl From<String> for Fault {
    fn from(message: String) -> Self {
        Self::script(message)
    }
}

/// The text of the JSON error can quote a value, so it goes to the operator only.
impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::script("a JSON text doesn't have the expected shape").with_detail(error.to_string())
    }
}

impl From<wire::Fault> for Fault {
    fn from(fault: wire::Fault) -> Self {
        let wire::Fault { code, message, detail, retryable } = fault;
        Self { code, message, detail, retryable }
    }
}

impl From<Fault> for wire::Fault {
    fn from(fault: Fault) -> Self {
        let Fault { code, message, detail, retryable } = fault;
        Self { code, message, detail, retryable }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thrown() -> Result<(), Fault> {
        Err("no consent")?
    }

    #[test]
    fn a_thrown_text_is_a_failed_script() {
        assert_eq!(thrown().unwrap_err(), Fault::script("no consent"));
    }

    #[test]
    fn debug_and_display_keep_the_detail_back() {
        let fault = Fault::invalid("ssn is malformed").with_detail("123-CANARY");
        assert!(!format!("{fault:?} {fault}").contains("CANARY"));
        assert_eq!(fault.to_string(), "ssn is malformed (code 142)");
    }

    #[test]
    fn a_json_error_keeps_its_text_for_the_operator() {
        let error = serde_json::from_value::<u8>(serde_json::json!("CANARY")).unwrap_err();
        let fault = Fault::from(error);
        assert!(!fault.message().contains("CANARY"));
        assert!(fault.detail().unwrap().contains("CANARY"));
    }
}
