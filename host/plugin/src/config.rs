//! The settings of the plugin host.

use std::time::Duration;

use serde::Deserialize;

/// How much plugins may use; a manifest's wishes are cut to these.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Guests that may run at once. A quarter of them is kept for calls that another plugin's work caused, level by
    /// level, so that a hook that saves can't wait for itself; of the least, 4, that leaves one for everybody else.
    pub slots: u32,
    /// Calls that may wait for a slot; the next one is answered "busy" at once.
    pub queue: u32,
    /// How long a call may wait for a slot, in milliseconds.
    pub slot_wait_ms: u64,
    /// How long a call may take when its manifest names no deadline, in milliseconds, waiting for data included.
    pub deadline_ms: u64,
    /// The longest deadline that a manifest gets, in milliseconds.
    pub max_deadline_ms: u64,
    /// How often a running guest lets others run and looks at its deadline, in milliseconds.
    pub tick_ms: u64,
    /// Linear memory of one guest when its manifest names none, in MiB.
    pub memory_mib: u32,
    /// The most memory that a manifest gets, in MiB; also what a slot reserves address space for.
    pub max_memory_mib: u32,
    /// Entries of all tables of one guest.
    pub table_elements: u32,
    /// Handles that one guest may hold at a time.
    pub handles: u32,
    /// Calls of host functions in one invocation.
    pub host_calls: u64,
    /// Bytes that host functions take and give in one invocation.
    pub host_bytes: u64,
    /// Bytes of guest memory that one call of a host function may copy.
    pub host_call_bytes: u64,
    /// Rows that one invocation may read through readers.
    pub rows: u64,
    /// Rows of one page.
    pub page: u32,
    /// Bytes of the JSON that a function answers.
    pub answer_bytes: usize,
    /// Lines that one invocation may write to the log.
    pub log_lines: u32,
    /// Bytes of one log line, its fields included.
    pub log_line_bytes: usize,
    /// Bytes of a fault's message that reach the client.
    pub message_bytes: usize,
    /// Bytes of a component that may be installed, in MiB.
    pub component_mib: u32,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            slots: 64,
            queue: 1024,
            slot_wait_ms: 2_000,
            deadline_ms: 1_000,
            max_deadline_ms: 10_000,
            tick_ms: 10,
            memory_mib: 32,
            max_memory_mib: 128,
            table_elements: 50_000,
            handles: 4_096,
            host_calls: 100_000,
            host_bytes: 32 << 20,
            host_call_bytes: 4 << 20,
            rows: 10_000,
            page: 100,
            answer_bytes: 4 << 20,
            log_lines: 50,
            log_line_bytes: 2_048,
            message_bytes: 512,
            component_mib: 32,
        }
    }
}

impl Config {
    /// Names every setting that can't work.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut need = |good: bool, text: &str| {
            if !good {
                problems.push(format!("plugin: {text}"));
            }
        };
        need((4..=1_000).contains(&self.slots), "slots must be between 4 and 1000");
        need(self.tick_ms >= 1 && self.tick_ms <= 1_000, "tick_ms must be between 1 and 1000");
        need(self.deadline_ms >= 1, "deadline_ms must be at least 1");
        need(self.max_deadline_ms >= self.deadline_ms, "max_deadline_ms must not be below deadline_ms");
        need(self.memory_mib >= 1, "memory_mib must be at least 1");
        need(self.max_memory_mib >= self.memory_mib, "max_memory_mib must not be below memory_mib");
        need(self.max_memory_mib <= 4_096, "max_memory_mib must not be above 4096");
        need(self.handles >= 16, "handles must be at least 16");
        need(self.page >= 1, "page must be at least 1");
        need(self.component_mib >= 1, "component_mib must be at least 1");
        problems
    }

    /// What a plugin gets of the time that it wishes for.
    pub(crate) fn deadline(&self, wish: Option<u32>) -> Duration {
        let wish = wish.map_or(self.deadline_ms, u64::from);
        Duration::from_millis(wish.min(self.max_deadline_ms))
    }

    /// What a plugin gets of the memory that it wishes for, in bytes.
    pub(crate) fn memory(&self, wish: Option<u32>) -> usize {
        let mib = wish.unwrap_or(self.memory_mib).min(self.max_memory_mib);
        usize::try_from(mib).unwrap_or(usize::MAX).saturating_mul(1 << 20)
    }

    /// The largest component, in bytes.
    pub fn component_bytes(&self) -> usize {
        usize::try_from(self.component_mib).unwrap_or(usize::MAX).saturating_mul(1 << 20)
    }

    /// Slots that only nested calls may take.
    pub(crate) fn reserve(&self) -> u32 {
        (self.slots / 4).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_work_and_bad_settings_are_named() {
        assert!(Config::default().problems().is_empty());
        let bad = Config { slots: 1, tick_ms: 0, page: 0, ..Config::default() };
        assert_eq!(bad.problems().len(), 3);
    }

    #[test]
    fn wishes_are_cut() {
        let config = Config::default();
        assert_eq!(config.deadline(None), Duration::from_millis(1_000));
        assert_eq!(config.deadline(Some(50)), Duration::from_millis(50));
        assert_eq!(config.deadline(Some(60_000)), Duration::from_millis(10_000));
        assert_eq!(config.memory(Some(4_000)), 128 << 20);
    }
}
