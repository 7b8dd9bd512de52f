//! What an approver decides on: what a version asks, what is granted now, and the difference.

use serde_json::Value as Json;

/// Writes an inspection for whoever is to approve it; what else the server told stands behind `--full`.
pub(super) fn lines(answer: &Json) -> Vec<String> {
    let word = |at: &str| answer.get(at).and_then(Json::as_str).unwrap_or_default();
    let digest: String = word("digest").chars().take(12).collect();
    let state = match (answer.get("active") == Some(&Json::Bool(true)), word_at(answer, "/approval/by")) {
        (true, _) => "at work".to_owned(),
        (false, "") => "not approved".to_owned(),
        (false, by) => format!("approved by {by}, not at work"),
    };
    let mut lines = vec![format!("{} {}  {digest}  {state}", word("name"), word("version"))];
    lines.extend(Some(word("description")).filter(|text| !text.is_empty()).map(ToOwned::to_owned));
    section(&mut lines, "runs", runs(answer));
    section(&mut lines, "asks", rights(answer.get("requested")));
    section(&mut lines, "granted now", rights(answer.get("granted")));
    let signed = |at: &str, sign: &str| -> Vec<String> {
        texts(answer.get(at)).into_iter().map(|line| format!("{sign} {line}")).collect()
    };
    section(&mut lines, "difference", [signed("added", "+"), signed("removed", "-")].concat());
    lines.push("limits, settings, imports and exports: --full".to_owned());
    lines
}

fn section(lines: &mut Vec<String>, title: &str, items: Vec<String>) {
    match items.is_empty() {
        true => lines.push(format!("{title}: nothing")),
        false => {
            lines.push(format!("{title}:"));
            lines.extend(items.into_iter().map(|item| format!("  {item}")));
        }
    }
}

/// When it runs: its hooks, and the functions that clients may call.
fn runs(answer: &Json) -> Vec<String> {
    let each = |at: &str| answer.get(at).and_then(Json::as_array).into_iter().flatten();
    let hooks = each("hooks").map(|hook| format!("{} {}", word_at(hook, "/on"), word_at(hook, "/class")));
    let functions = each("functions").map(|function| format!("function {}", word_at(function, "/name")));
    hooks.chain(functions).collect()
}

/// The rights of an ask or a grant: one line a class, with the reason that the plugin gives.
fn rights(asks: Option<&Json>) -> Vec<String> {
    let mut lines = Vec::new();
    let Some(asks) = asks else { return lines };
    for fields in asks.get("fields").and_then(Json::as_array).into_iter().flatten() {
        let place = format!("objects of {} in hooks", word_at(fields, "/class"));
        lines.push(with_reason(format!("{place}: {}", verbs(fields)), fields));
    }
    for (name, ask) in asks.get("capabilities").and_then(Json::as_object).into_iter().flatten() {
        let purposes = texts(ask.get("purposes"));
        let named = match purposes.is_empty() {
            true => name.clone(),
            false => format!("{name} for {}", purposes.join(", ")),
        };
        lines.push(with_reason(named, ask));
        for (class, rights) in ask.get("classes").and_then(Json::as_object).into_iter().flatten() {
            lines.push(format!("  {name} on {class}: {}", verbs(rights)));
        }
    }
    lines
}

fn verbs(rights: &Json) -> String {
    let fields = ["read", "write", "redact"].into_iter().filter_map(|verb| {
        let names = texts(rights.get(verb));
        (!names.is_empty()).then(|| format!("{verb} {}", names.join(", ")))
    });
    let whole = ["create", "delete"].into_iter().filter_map(|verb| match rights.get(verb) {
        Some(Json::Bool(true)) => Some(verb.to_owned()),
        Some(Json::Bool(false)) if verb == "create" => Some("no create".to_owned()),
        _ => None,
    });
    fields.chain(whole).collect::<Vec<_>>().join("; ")
}

fn with_reason(line: String, ask: &Json) -> String {
    match word_at(ask, "/reason") {
        "" => line,
        reason => format!("{line} ({reason})"),
    }
}

fn word_at<'a>(value: &'a Json, at: &str) -> &'a str {
    value.pointer(at).and_then(Json::as_str).unwrap_or_default()
}

fn texts(value: Option<&Json>) -> Vec<String> {
    let items = value.and_then(Json::as_array).into_iter().flatten();
    items.filter_map(Json::as_str).map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_approver_reads_what_it_asks_what_it_has_and_the_difference() {
        let answer = json!({
            "name": "guard", "version": "0.2.0", "digest": "0123456789abcdef", "size": 9, "active": false,
            "description": "Guards.", "imports": ["parapet:cloud/log"], "memoryMib": 64,
            "hooks": [{"on": "before-save", "class": "Patient"}], "functions": [{"name": "ages"}],
            "requested": {
                "fields": [{"class": "Patient", "read": ["name", "ssn"], "redact": ["email"], "reason": "to check"}],
                "capabilities": {
                    "data-read": {"purposes": ["TREAT"], "classes": {"Visit": {"read": ["*"]}}, "reason": "to count"},
                    "log": {"reason": "to tell"},
                },
            },
            "granted": {"fields": [{"class": "Patient", "read": ["name"]}]},
            "added": ["hooks on Patient: read ssn"], "removed": ["hooks on Patient: write note"],
        });
        assert_eq!(
            lines(&answer).join("\n"),
            "guard 0.2.0  0123456789ab  not approved\nGuards.\n\
             runs:\n  before-save Patient\n  function ages\n\
             asks:\n  objects of Patient in hooks: read name, ssn; redact email (to check)\n  \
             data-read for TREAT (to count)\n    data-read on Visit: read *\n  log (to tell)\n\
             granted now:\n  objects of Patient in hooks: read name\n\
             difference:\n  + hooks on Patient: read ssn\n  - hooks on Patient: write note\n\
             limits, settings, imports and exports: --full"
        );
    }

    #[test]
    fn a_plugin_that_asks_nothing_says_so() {
        let answer =
            json!({"name": "idle", "version": "1.0.0", "digest": "ff", "active": true, "granted": null});
        assert_eq!(
            lines(&answer),
            [
                "idle 1.0.0  ff  at work",
                "runs: nothing",
                "asks: nothing",
                "granted now: nothing",
                "difference: nothing",
                "limits, settings, imports and exports: --full",
            ]
        );
    }
}
