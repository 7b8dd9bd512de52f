//! The settings of the log.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::name::Name;

/// The `[audit]` part of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The folder of the log; made with mode 0700.
    pub dir: PathBuf,
    /// The folder of the log's keys; better not on the same volume as the log.
    pub keys_dir: PathBuf,
    /// The node's name in the log's origin `<host>/audit/<tenant>`.
    pub host: String,
    /// Whose log it is: the application id.
    pub tenant: String,
    /// How many bytes are kept aside so that outcomes, refusals and the stop can be recorded on a full disk.
    pub reserve_bytes: u64,
    /// How many bytes of records may wait for the disk before more are refused.
    pub queue_bytes: usize,
    /// After how many milliseconds without an answer of the disk the log counts as unavailable.
    pub slow_ms: u64,
    /// How many milliseconds after the first new record a checkpoint is signed at the latest.
    pub checkpoint_ms: u64,
    /// After how many records a checkpoint is signed before that.
    pub checkpoint_records: u64,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            dir: "audit".into(),
            keys_dir: "keys".into(),
            host: "localhost".to_owned(),
            tenant: "parapet".to_owned(),
            reserve_bytes: 64 << 20,
            queue_bytes: 64 << 20,
            slow_ms: 5_000,
            checkpoint_ms: 1_000,
            checkpoint_records: 10_000,
        }
    }
}

impl Config {
    /// Gives the origin of the log, `<host>/audit/<tenant>`, the name under which it signs.
    ///
    /// Bytes that a note's key name can't hold are written as `%XX`.
    pub fn origin(&self) -> String {
        format!("{}/audit/{}", escape(&self.host), escape(&self.tenant))
    }
}

/// Tells whether a log of this origin is a tenant's own, given the tenant's name as records hold it.
pub(crate) fn is_origin_of(origin: &str, tenant: &str) -> bool {
    let own = origin.rsplit_once("/audit/").and_then(|(_, escaped)| unescape(escaped));
    own.is_some_and(|own| Name::clean(&own) == tenant)
}

fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        rest = more;
        if *first == b'%' {
            let (digits, more) = rest.split_first_chunk::<2>()?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = more;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b':') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_have_no_plus_and_no_space() {
        let config = Config { host: "h:1".into(), tenant: "my app+/ä".into(), ..Config::default() };
        assert_eq!(config.origin(), "h:1/audit/my%20app%2B%2F%C3%A4");
        assert!(is_origin_of(&config.origin(), Name::clean(&config.tenant).as_str()));
        assert!(!is_origin_of(&config.origin(), "my app"));
        assert!(!is_origin_of("h/audit/%4", "h"));
    }
}
