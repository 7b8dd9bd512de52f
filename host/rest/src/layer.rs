//! What stands around every handler.

pub(crate) mod cors;
pub(crate) mod detach;
