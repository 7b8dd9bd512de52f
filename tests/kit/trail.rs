//! The trail as a scenario states it: one line a record.

use std::fmt::Write as _;
use std::path::Path;

use audit::{ActorKind, Name, Record, Records, Stage, Status};

use crate::stable::Stable;

/// The trail of a running server, read as far as it goes.
pub(crate) struct Trail {
    reader: Records,
    records: Vec<Record>,
}

impl Trail {
    pub(crate) fn open(dir: &Path) -> Trail {
        Trail { reader: Records::open(dir).expect("the trail is there"), records: Vec::new() }
    }

    /// Every record up to now.
    pub(crate) fn all(&mut self) -> Vec<Record> {
        for record in self.reader.by_ref() {
            self.records.push(record.expect("a record reads back"));
        }
        self.records.clone()
    }
}

/// Renders records, one a line:
/// `code stage by actor class×count fields query -> status code rows`, indented when they lie within another operation.
pub(crate) fn render(records: &[Record], stable: &mut Stable) -> String {
    let mut lines = String::new();
    for record in records {
        let mut line = String::new();
        if record.parent.is_some() {
            line.push_str("  ");
        }
        line.push_str(record.code.as_str());
        match record.stage {
            Stage::Intent => line.push_str(" intent"),
            Stage::Outcome { .. } => line.push_str(" outcome"),
            Stage::Single => {}
        }
        let _ = write!(line, " by {}", actor(record, stable));
        if let Some(plugin) = &record.plugin {
            let _ = write!(line, " {}@{} {}", plugin.name, plugin.version, plugin.export);
        }
        if let Some(object) = &record.object {
            let _ = write!(line, " {}", object.class);
            // A count without references is a count; with them both have to agree.
            match object.refs.len() as u64 {
                0 => {}
                refs if refs == object.count => {
                    let _ = write!(line, "*{refs}");
                }
                refs => {
                    let _ = write!(line, "*{refs}/{}", object.count);
                }
            }
        }
        for version in &record.plugin_versions {
            let _ = write!(line, " [{}@{}", version.name, version.version);
            if version.approval.is_some() {
                line.push_str(" approved");
            }
            if let Some(person) = &version.approved_by {
                let _ = write!(line, " by {person}");
            }
            if let Some(authority) = &version.approved_as {
                let _ = write!(line, " with the {authority}");
            }
            line.push(']');
        }
        for (verb, fields) in [
            ("read", &record.fields.read),
            ("wrote", &record.fields.written),
            ("masked", &record.fields.masked),
            ("dropped", &record.fields.dropped),
        ] {
            if !fields.is_empty() {
                let names: Vec<&str> = fields.iter().map(Name::as_str).collect();
                let _ = write!(line, " {verb}({})", names.join(" "));
            }
        }
        if let Some(query) = &record.query {
            let _ = write!(line, " where[{query}]");
        }
        if let Some(purpose) = &record.purpose {
            let _ = write!(line, " for {purpose}");
        }
        if let Some(outcome) = &record.outcome {
            let status = match outcome.status {
                Status::Ok => "ok",
                Status::Denied => "denied",
                Status::Error => "error",
                Status::Unknown => "unknown",
            };
            let _ = write!(line, " -> {status}");
            if let Some(code) = outcome.code {
                let _ = write!(line, " {code}");
            }
            if outcome.rows > 0 {
                let _ = write!(line, " rows {}", outcome.rows);
            }
        }
        if let Some(decision) = &record.decision {
            let _ = write!(line, " by rule {}", decision.rule);
        }
        lines.push_str(&line);
        lines.push('\n');
    }
    lines.pop();
    lines
}

fn actor(record: &Record, stable: &mut Stable) -> String {
    let actor = &record.actor;
    let id = actor.id.as_ref().map(Name::as_str);
    let mut text = match (actor.kind, id) {
        (ActorKind::Anonymous, None) => "anonymous".to_owned(),
        (ActorKind::Anonymous, Some(id)) => format!("anonymous, then {}", stable.id(id)),
        (ActorKind::User, Some(id)) => stable.id(id),
        (ActorKind::User, None) => "somebody".to_owned(),
        (ActorKind::Operator | ActorKind::System | ActorKind::Service, id) => id.unwrap_or("?").to_owned(),
        (ActorKind::Plugin, id) => format!("plugin {}", id.unwrap_or("?")),
    };
    if !actor.roles.is_empty() {
        let roles: Vec<&str> = actor.roles.iter().map(Name::as_str).collect();
        text.push_str(&format!("({})", roles.join(" ")));
    }
    if let Some(for_whom) = &actor.on_behalf_of {
        text.push_str(&format!(" for {}", stable.id(for_whom.as_str())));
    }
    text
}
