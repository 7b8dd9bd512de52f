//! What a server says of a plugin, as a person reads it.

use serde_json::Value as Json;

/// Writes a JSON answer as indented lines: a name and its value, a list item after a dash.
pub(super) fn lines(answer: &Json) -> Vec<String> {
    let mut lines = Vec::new();
    write(answer, 0, &mut lines);
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
    fn reads_like_notes() {
        let answer = json!({
            "name": "guard", "active": null, "hooks": [{"on": "before-save", "class": "Patient"}],
            "read": ["name", "ssn"], "problems": [], "reasons": ["to see it", "why not"], "limits": {},
        });
        assert_eq!(
            lines(&answer).join("\n"),
            "name: guard\nactive: -\nhooks:\n  -\n    class: Patient\n    on: before-save\nlimits: none\n\
             problems: none\nread: name, ssn\nreasons:\n  - to see it\n  - why not"
        );
    }
}
