//! What a server says of a plugin, as a person reads it.

use serde_json::Value as Json;

/// Writes a JSON answer as indented lines: a name and its value, a list item after a dash.
pub(super) fn lines(answer: &Json) -> Vec<String> {
    let mut lines = Vec::new();
    write(answer, 0, &mut lines);
    lines
}

/// Writes the list of plugins: each with what is at work, then its versions.
pub(super) fn list(answer: &Json) -> Vec<String> {
    let plugins = answer.get("plugins").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    if plugins.is_empty() {
        return vec!["no plugin is installed".to_owned()];
    }
    let mut lines = Vec::new();
    for plugin in plugins {
        let text = |at: &str| plugin.get(at).and_then(Json::as_str);
        let work =
            text("activeVersion").map_or("not at work".to_owned(), |version| format!("at work: {version}"));
        lines.push(format!("{}  {work}", text("name").unwrap_or_default()));
        let approved = plugin.get("approved").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        for version in plugin.get("versions").and_then(Json::as_array).into_iter().flatten() {
            let text = |at: &str| version.get(at).and_then(Json::as_str).unwrap_or_default();
            let digest = version.get("digest").unwrap_or(&Json::Null);
            let mark = if approved.contains(digest) { "approved" } else { "not approved" };
            let short: String = text("digest").chars().take(12).collect();
            lines.push(format!("  {}  {short}  {mark}  installed {}", text("version"), text("at")));
        }
    }
    lines
}

/// What a person looks for first stands first; the rest follows in the order of its names.
fn ranked(fields: &serde_json::Map<String, Json>) -> Vec<(&String, &Json)> {
    let rank = |name: &str| {
        ["name", "version", "digest"].iter().position(|first| *first == name).unwrap_or(usize::MAX)
    };
    let mut ranked: Vec<_> = fields.iter().collect();
    ranked.sort_by_key(|(name, _)| rank(name));
    ranked
}

fn write(value: &Json, depth: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    match value {
        Json::Object(fields) => {
            for (name, value) in ranked(fields) {
                match plain(value) {
                    Some(text) => lines.push(format!("{indent}{name}: {text}")),
                    None => {
                        lines.push(format!("{indent}{name}:"));
                        write(value, depth.saturating_add(1), lines);
                    }
                }
            }
        }
        Json::Array(items) => {
            for item in items {
                match plain(item) {
                    Some(text) => lines.push(format!("{indent}- {text}")),
                    None => {
                        lines.push(format!("{indent}-"));
                        write(item, depth.saturating_add(1), lines);
                    }
                }
            }
        }
        other => lines.push(format!("{indent}{other}")),
    }
}

/// A value that fits on the line of its name: a scalar, an empty thing, a list of plain words.
fn plain(value: &Json) -> Option<String> {
    match value {
        Json::Null => Some("-".to_owned()),
        Json::String(text) => Some(text.clone()),
        Json::Bool(_) | Json::Number(_) => Some(value.to_string()),
        Json::Array(items) if items.is_empty() => Some("none".to_owned()),
        Json::Array(items) => {
            let words: Option<Vec<&str>> = items.iter().map(Json::as_str).collect();
            words.filter(|words| words.iter().all(|word| !word.contains(' '))).map(|words| words.join(", "))
        }
        Json::Object(fields) if fields.is_empty() => Some("none".to_owned()),
        Json::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_what_is_at_work_and_what_could_be() {
        assert_eq!(list(&json!({"plugins": []})), ["no plugin is installed"]);
        let versions = json!([{"version": "1.0.0", "digest": "aa", "at": "t1"}, {"version": "1.1.0", "digest": "bb", "at": "t2"}]);
        let one =
            json!({"name": "guard", "activeVersion": "1.0.0", "approved": ["aa"], "versions": versions});
        assert_eq!(
            list(&json!({"plugins": [one, {"name": "idle"}]})),
            [
                "guard  at work: 1.0.0",
                "  1.0.0  aa  approved  installed t1",
                "  1.1.0  bb  not approved  installed t2",
                "idle  not at work",
            ]
        );
    }

    #[test]
    fn reads_like_notes() {
        let answer = json!({
            "name": "guard", "active": null, "hooks": [{"on": "before-save", "class": "Patient"}],
            "read": ["name", "ssn"], "problems": [], "reasons": ["to see it", "why not"], "limits": {},
        });
        assert_eq!(
            lines(&answer).join("\n"),
            "name: guard\nactive: -\nhooks:\n  -\n    on: before-save\n    class: Patient\nread: name, ssn\n\
             problems: none\nreasons:\n  - to see it\n  - why not\nlimits: none"
        );
    }
}
