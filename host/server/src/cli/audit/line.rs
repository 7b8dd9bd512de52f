//! A record as one line for people.

use serde_json::Value as Json;

/// How much of a pseudonym is shown; enough to tell objects of one page apart.
const REF: usize = 8;

/// Writes a record, given in its JSON form, as one line; what is absent is left out.
pub(super) fn of(record: &Json) -> String {
    let mut line =
        format!("{:>6}  {}  {:<16}", number(record, "/seq"), text(record, "/time"), text(record, "/code"));
    let mut add = |name: &str, value: String| {
        if !value.is_empty() {
            line.push_str(&format!("  {name}{value}"));
        }
    };
    add("", text(record, "/outcome/status"));
    add("code=", number(record, "/outcome/code"));
    match text(record, "/stage").as_str() {
        "intent" => add("", "(intent)".to_owned()),
        "outcome" => add("of=", number(record, "/intent")),
        _ => {}
    }
    let id = text(record, "/actor/id");
    let kind = text(record, "/actor/kind");
    add("by=", if id.is_empty() { kind } else { format!("{kind}:{id}") });
    let plugin = text(record, "/plugin/name");
    if !plugin.is_empty() {
        let digest: String = text(record, "/plugin/digest").chars().take(REF).collect();
        add(
            "plugin=",
            format!(
                "{plugin}@{} ({digest}, generation {})",
                text(record, "/plugin/version"),
                number(record, "/plugin/generation")
            ),
        );
        add("hook=", text(record, "/plugin/export"));
        add("took=", format!("{}us", number(record, "/plugin/duration_us")));
    }
    for version in record.pointer("/pluginVersions").and_then(Json::as_array).into_iter().flatten() {
        let digest: String = text(version, "/digest").chars().take(REF).collect();
        add("version=", format!("{}@{} ({digest})", text(version, "/name"), text(version, "/version")));
        let (person, authority) = (text(version, "/approvedBy"), text(version, "/approvedAs"));
        add(
            "approved-by=",
            match (person.is_empty(), authority.is_empty()) {
                (_, true) => person,
                (true, false) => authority,
                (false, false) => format!("{person} with the {authority}"),
            },
        );
    }
    add("purpose=", text(record, "/purpose"));
    add("object=", object(record));
    add("read=", names(record, "/fields/read"));
    add("written=", names(record, "/fields/written"));
    add("dropped=", names(record, "/fields/dropped"));
    add("masked=", names(record, "/fields/masked"));
    add("rule=", text(record, "/decision/rule"));
    add("rows=", Some(number(record, "/outcome/rows")).filter(|rows| rows != "0").unwrap_or_default());
    line
}

fn object(record: &Json) -> String {
    let class = text(record, "/object/class");
    let Some(Json::Array(refs)) = record.pointer("/object/refs") else { return class };
    match refs.as_slice() {
        [] => class,
        [one] => {
            format!("{class}/{}", one.as_str().unwrap_or_default().chars().take(REF).collect::<String>())
        }
        many => format!("{class} ({} objects)", many.len()),
    }
}

fn text(record: &Json, at: &str) -> String {
    record.pointer(at).and_then(Json::as_str).unwrap_or_default().to_owned()
}

fn number(record: &Json, at: &str) -> String {
    record.pointer(at).filter(|value| value.is_number()).map(Json::to_string).unwrap_or_default()
}

fn names(record: &Json, at: &str) -> String {
    let Some(Json::Array(names)) = record.pointer(at) else { return String::new() };
    names.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn says_who_did_what_to_which_fields() {
        let record = json!({
            "seq": 7, "time": "2026-01-02T03:04:05Z", "code": "PLUGIN.CALL", "stage": "single",
            "actor": {"kind": "user", "id": "u1"},
            "plugin": {"name": "guard", "version": "1.0.0", "digest": "0123456789ab", "export": "before-save",
                       "generation": 3, "duration_us": 42},
            "object": {"class": "Patient", "refs": ["aabbccddeeff"]},
            "fields": {"read": ["name", "ssn"], "written": ["nameKey"]},
            "outcome": {"status": "ok", "rows": 0},
        });
        assert_eq!(
            of(&record),
            "     7  2026-01-02T03:04:05Z  PLUGIN.CALL       ok  by=user:u1  plugin=guard@1.0.0 (01234567, generation 3)  \
             hook=before-save  took=42us  object=Patient/aabbccdd  read=name,ssn  written=nameKey"
        );
    }

    #[test]
    fn leaves_out_what_is_absent() {
        let record = json!({"seq": 1, "time": "t", "code": "PHI.CREATE", "stage": "outcome", "intent": 0,
                            "actor": {"kind": "anonymous"}, "outcome": {"status": "denied", "code": 119, "rows": 2}});
        assert_eq!(of(&record), "     1  t  PHI.CREATE        denied  code=119  of=0  by=anonymous  rows=2");
    }
}
