//! What a request says, read into the words of the door.

pub(crate) mod address;
pub(crate) mod aggregate;
pub(crate) mod body;
pub(crate) mod caller;
pub(crate) mod json;
pub(crate) mod query;
pub(crate) mod url;
