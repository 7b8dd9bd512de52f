//! What is asked of a server.

use serde_json::Value as Json;

use crate::Options;
use crate::site::{Site, patient};

/// One kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Operation {
    /// A function that does nothing.
    Function,
    /// A create; the plugin reads a field and sets one before it is saved.
    Create,
    /// One object by its id; the plugin hides a field of it.
    Get,
    /// A hundred objects; the plugin hides a field of each.
    Find,
}

impl Operation {
    /// Every operation.
    pub(crate) const ALL: [Operation; 4] =
        [Operation::Function, Operation::Create, Operation::Get, Operation::Find];

    /// Those that were asked for.
    pub(crate) fn chosen(options: &Options) -> Vec<Operation> {
        match options.operations.as_slice() {
            [] => Operation::ALL.to_vec(),
            some => some.to_vec(),
        }
    }

    /// Its name in the table.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Operation::Function => "function call",
            Operation::Create => "create + beforeSave",
            Operation::Get => "get + afterFind",
            Operation::Find => "find 100 + afterFind",
        }
    }

    /// Whether it can be asked of a server without the plugin.
    pub(crate) const fn works_without_plugin(self) -> bool {
        !matches!(self, Operation::Function)
    }

    /// The address to ask.
    pub(crate) fn url(self, site: &Site) -> String {
        match self {
            Operation::Function => format!("{}/functions/measure", site.url),
            Operation::Create => format!("{}/classes/Patient", site.url),
            Operation::Get => format!("{}/classes/Patient/{}", site.url, site.patient),
            Operation::Find => format!("{}/classes/Patient?limit=100", site.url),
        }
    }

    /// The body, for what is posted.
    pub(crate) fn body(self) -> Option<Json> {
        match self {
            Operation::Function => Some(Json::Object(serde_json::Map::new())),
            Operation::Create => Some(patient()),
            Operation::Get | Operation::Find => None,
        }
    }
}
