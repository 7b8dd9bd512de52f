//! The rules that a manifest must keep beyond its shape.

use std::collections::BTreeSet;

use model::{ClassName, Event, name::is_identifier};

use super::{ANY, API, Asks, Capability, CapabilityAsk, Fields, Manifest, OnFailure};
use crate::error::Problems;

/// Notes everything that is wrong.
pub(super) fn check(manifest: &Manifest, problems: &mut Problems) {
    if !is_plugin_name(&manifest.name) {
        problems.push(
            "name must be a lower-case letter followed by at most 62 lower-case letters, digits and hyphens",
        );
    }
    if manifest.api != API {
        problems.push(format!("api must be {API:?}, the contract that this host speaks"));
    }
    if manifest.description.len() > 500 {
        problems.push("description must not be longer than 500 bytes");
    }
    if manifest.hooks.is_empty() && manifest.functions.is_empty() {
        problems.push("there is neither a hook nor a function, so nothing would ever call the plugin");
    }
    hooks(manifest, problems);
    functions(manifest, problems);
    asks(&manifest.asks, problems);
    lent(manifest, problems);
    for (name, wish) in
        [("deadline-ms", manifest.limits.deadline_ms), ("memory-mib", manifest.limits.memory_mib)]
    {
        if wish == Some(0) {
            problems.push(format!("limits.{name} must be at least 1"));
        }
    }
    if let Some(settings) = &manifest.settings {
        for problem in settings.problems() {
            problems.push(format!("settings{problem}"));
        }
    }
}

fn is_plugin_name(name: &str) -> bool {
    name.len() <= 63
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_class_or_any(class: &str) -> bool {
    class == ANY || ClassName::new(class).is_ok()
}

fn hooks(manifest: &Manifest, problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for hook in &manifest.hooks {
        let place = format!("hook {} on {:?}", hook.on, hook.class);
        let Some(event) = Event::from_name(&hook.on) else {
            problems.push(format!("there is no hook {:?}", hook.on));
            continue;
        };
        if !is_class_or_any(&hook.class) {
            problems.push(format!("{place}: this is not a class name"));
        }
        if !seen.insert((event, &hook.class)) {
            problems.push(format!("{place} is named twice"));
        }
        // What narrows or masks must never be passed over (a broken masker would let unmasked rows out).
        if hook.on_failure == OnFailure::Open && matches!(event, Event::BeforeFind | Event::AfterFind) {
            problems.push(format!("{place} can't fail open"));
        }
    }
}

fn functions(manifest: &Manifest, problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for function in &manifest.functions {
        let name = &function.name;
        if name.len() > 128
            || !name.split('.').all(|part| is_identifier(part.strip_prefix('_').unwrap_or(part)))
        {
            problems
                .push(format!("function {name:?}: a name is letters, digits and _, with . between parts"));
        }
        if !seen.insert(name) {
            problems.push(format!("function {name:?} is named twice"));
        }
    }
}

/// Checks what is asked for or granted, whoever wrote it.
pub(crate) fn asks(asks: &Asks, problems: &mut Problems) {
    for (capability, ask) in &asks.capabilities {
        capability_ask(*capability, ask, problems);
    }
    let mut seen = BTreeSet::new();
    for fields in &asks.fields {
        let place = format!("fields of {:?}", fields.class);
        if !is_class_or_any(&fields.class) {
            problems.push(format!("{place}: this is not a class name"));
        }
        if !seen.insert(&fields.class) {
            problems.push(format!("{place} are asked for twice"));
        }
        if fields.reason.trim().is_empty() {
            problems.push(format!("{place}: a reason is missing"));
        }
        if fields.read.is_empty() && fields.write.is_empty() && fields.redact.is_empty() {
            problems.push(format!("{place}: one of read, write and redact is needed"));
        }
        for names in [&fields.read, &fields.write, &fields.redact] {
            field_names(&place, names, problems);
        }
    }
}

fn capability_ask(capability: Capability, ask: &CapabilityAsk, problems: &mut Problems) {
    let place = format!("capabilities.{}", capability.name());
    if ask.reason.trim().is_empty() {
        problems.push(format!("{place}: a reason is missing"));
    }
    if !capability.opens_classes() {
        if !ask.classes.is_empty() || !ask.purposes.is_empty() {
            problems.push(format!("{place} opens no classes, so it takes neither classes nor purposes"));
        }
        return;
    }
    if ask.purposes.is_empty() {
        problems.push(format!("{place}: at least one purpose is needed"));
    }
    for purpose in &ask.purposes {
        if purpose.is_empty() || purpose.len() > 16 || !purpose.bytes().all(|byte| byte.is_ascii_uppercase())
        {
            problems.push(format!("{place}: {purpose:?} is not a PurposeOfUse code"));
        }
    }
    if ask.classes.is_empty() {
        problems.push(format!("{place}: at least one class is needed"));
    }
    for (class, fields) in &ask.classes {
        let place = format!("{place}.classes.{class}");
        field_names(&place, &fields.read, problems);
        field_names(&place, &fields.write, problems);
        let writes = !fields.write.is_empty() || fields.creates() || fields.delete;
        match capability {
            Capability::DataRead if writes => {
                problems.push(format!("{place}: data-read changes nothing; ask for data-write"));
            }
            Capability::DataWrite if !writes => problems.push(format!("{place}: nothing to write is named")),
            _ if !writes && fields.read.is_empty() => problems.push(format!("{place}: no field is named")),
            _ => {}
        }
    }
}

fn field_names(place: &str, fields: &Fields, problems: &mut Problems) {
    for name in &fields.0 {
        if matches!(name.as_str(), "password" | "authData" | "sessionToken") {
            problems.push(format!("{place}: {name} is never lent"));
        } else if name != "*" && !is_identifier(name) {
            problems.push(format!("{place}: {name:?} is not a field name"));
        }
    }
}

/// Fields of classes that no hook is lent an object of would be granted for nothing.
fn lent(manifest: &Manifest, problems: &mut Problems) {
    for fields in &manifest.asks.fields {
        let used = manifest.hooks.iter().any(|hook| hook.class == fields.class || hook.class == ANY);
        if !used && fields.class != ANY {
            problems.push(format!(
                "fields of {:?} are asked for, but no hook listens to that class",
                fields.class
            ));
        }
    }
}
