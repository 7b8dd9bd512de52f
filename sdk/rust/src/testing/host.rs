//! The test host's side of the border: the names and signatures of the generated bindings, in plain Rust.

pub(crate) mod data;
pub(crate) mod data_bulk;
pub(crate) mod invocation;
pub(crate) mod types;

use types::Fault;

/// Capability `log`.
pub(crate) mod log {
    use super::invocation::Invocation;
    pub(crate) use crate::testing::outcome::Level;
    use crate::testing::outcome::Line;

    pub(crate) fn write(inv: &Invocation, level: Level, message: &str, fields: &[(String, String)]) {
        let line = Line { level, message: message.to_owned(), fields: fields.to_vec() };
        inv.world.borrow_mut().lines.push(line);
    }
}

/// Capability `data-read`.
pub(crate) mod data_read {
    use super::data::Reader;
    use super::invocation::Invocation;
    use super::types::Fault;

    pub(crate) fn open(inv: &Invocation, class: &str, purpose: &str) -> Result<Reader, Fault> {
        let access = inv.world.borrow().grant.read.clone();
        Reader::open(inv, access, class, purpose)
    }
}

/// Capability `data-write`.
pub(crate) mod data_write {
    use super::data::Writer;
    use super::invocation::Invocation;
    use super::types::Fault;

    pub(crate) fn open(inv: &Invocation, class: &str, purpose: &str) -> Result<Writer, Fault> {
        let access = inv.world.borrow().grant.write.clone();
        Writer::open(inv, access, class, purpose)
    }
}

/// Capability `data-elevated`.
pub(crate) mod data_elevated {
    use super::data::{Reader, Writer};
    use super::invocation::Invocation;
    use super::types::Fault;

    pub(crate) fn open_reader(inv: &Invocation, class: &str, purpose: &str) -> Result<Reader, Fault> {
        let access = inv.world.borrow().grant.elevated.clone();
        Reader::open(inv, access, class, purpose)
    }

    pub(crate) fn open_writer(inv: &Invocation, class: &str, purpose: &str) -> Result<Writer, Fault> {
        let access = inv.world.borrow().grant.elevated.clone();
        Writer::open(inv, access, class, purpose)
    }
}

fn forbidden(message: impl Into<String>) -> Fault {
    crate::Fault::forbidden(message).into()
}

fn malformed(message: impl Into<String>) -> Fault {
    crate::Fault::new(107, message).into()
}
