//! What one invocation may use, counted as it is used.

use std::fmt;

use wasmtime::ResourceLimiter;

/// A limit that an invocation ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    /// Linear memory.
    Memory,
    /// Table elements.
    Table,
    /// Calls of host functions.
    HostCalls,
    /// Bytes through host functions.
    HostBytes,
    /// Rows read.
    Rows,
}

impl Limit {
    /// Its name in the trail and the log.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Limit::Memory => "memory",
            Limit::Table => "table",
            Limit::HostCalls => "host-calls",
            Limit::HostBytes => "host-bytes",
            Limit::Rows => "rows",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the guest passed its limit of {}", self.name())
    }
}

impl std::error::Error for Limit {}

/// The limits that wasmtime asks about, and which of them was hit: its own errors are only text.
#[derive(Debug)]
pub(crate) struct Limiter {
    pub(crate) memory: usize,
    pub(crate) table: usize,
    pub(crate) hit: Option<Limit>,
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.check(desired <= self.memory, Limit::Memory)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.hit = Some(Limit::Memory);
        Err(error)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.check(desired <= self.table, Limit::Table)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.hit = Some(Limit::Table);
        Err(error)
    }
}

impl Limiter {
    /// Traps instead of answering -1: a guest that goes on without the memory it needs fails in worse ways.
    fn check(&mut self, within: bool, limit: Limit) -> wasmtime::Result<bool> {
        if within {
            return Ok(true);
        }
        self.hit = Some(limit);
        Err(wasmtime::Error::new(limit))
    }
}

/// What is left of an invocation's calls, bytes and rows.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(crate) calls: u64,
    pub(crate) bytes: u64,
    pub(crate) rows: u64,
}

impl Budget {
    /// Pays for one call of a host function that takes or gives so many bytes.
    pub(crate) fn call(&mut self, bytes: usize) -> Result<(), Limit> {
        take(&mut self.calls, 1, Limit::HostCalls)?;
        self.bytes(bytes)
    }

    /// Pays for bytes that a call gives back.
    pub(crate) fn bytes(&mut self, bytes: usize) -> Result<(), Limit> {
        take(&mut self.bytes, u64::try_from(bytes).unwrap_or(u64::MAX), Limit::HostBytes)
    }

    /// Pays for rows that were read.
    pub(crate) fn rows(&mut self, rows: usize) -> Result<(), Limit> {
        take(&mut self.rows, u64::try_from(rows).unwrap_or(u64::MAX), Limit::Rows)
    }
}

fn take(left: &mut u64, amount: u64, limit: Limit) -> Result<(), Limit> {
    *left = left.checked_sub(amount).ok_or(limit)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_ends_where_it_says() {
        let mut budget = Budget { calls: 2, bytes: 10, rows: 1 };
        assert_eq!(budget.call(4), Ok(()));
        assert_eq!(budget.bytes(7), Err(Limit::HostBytes));
        assert_eq!(budget.call(6), Ok(()));
        assert_eq!(budget.call(0), Err(Limit::HostCalls));
        assert_eq!(budget.rows(2), Err(Limit::Rows));
    }

    #[test]
    fn a_limiter_notes_what_was_hit() {
        let mut limiter = Limiter { memory: 100, table: 10, hit: None };
        assert!(limiter.memory_growing(0, 100, None).unwrap());
        let error = limiter.memory_growing(100, 101, None).unwrap_err();
        assert_eq!(error.downcast_ref::<Limit>(), Some(&Limit::Memory));
        assert_eq!(limiter.hit, Some(Limit::Memory));
        assert!(limiter.table_growing(0, 11, None).is_err());
    }
}
