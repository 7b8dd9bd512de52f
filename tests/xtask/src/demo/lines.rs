//! The lines of the demo: each shows one thing, and can be run by a person or checked here.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::server::Server;
use crate::{say, web::Answer};

/// The password of the demo's users: they exist on this machine for as long as the demo runs.
const PASSWORD: &str = "demo only, not a secret";

/// What one line must answer, checked by words that say what was expected.
type Expectation = fn(&Answer) -> Result<(), &'static str>;

/// One request of the story.
struct Line {
    title: &'static str,
    method: &'static str,
    path: &'static str,
    session: Option<String>,
    body: Option<Value>,
    right: Expectation,
}

/// One command of the story.
struct Ask {
    title: &'static str,
    arguments: Vec<String>,
    right: fn(&str) -> Result<(), &'static str>,
}

/// Everything that is shown.
pub(crate) struct Story {
    url: String,
    app_id: String,
    rest_key: String,
    parapet: PathBuf,
    lines: Vec<Line>,
    asks: Vec<Ask>,
}

impl Story {
    /// Makes the class, two users and three patients, and writes down what is to be shown.
    ///
    /// # Errors
    /// Anything that doesn't come out as expected.
    pub(crate) fn prepare(server: &Server, parapet: &Path) -> anyhow::Result<Story> {
        let app_id = server.key("app_id")?.to_owned();
        let rest_key = server.key("rest")?.to_owned();
        let master =
            [("X-Parse-Application-Id", app_id.as_str()), ("X-Parse-Master-Key", server.key("master")?)];
        let client =
            [("X-Parse-Application-Id", app_id.as_str()), ("X-Parse-REST-API-Key", rest_key.as_str())];
        let post = |keys: &[(&str, &str)], path: &str, body: Value| -> anyhow::Result<Value> {
            let answer = server.ask("POST", &format!("/parse/{path}"), keys, Some(&body))?;
            if answer.status >= 300 {
                bail!("{path}: status {}, {}", answer.status, answer.body);
            }
            Ok(answer.body)
        };
        let seed = |path: &str, body: Value| post(&master, path, body);
        let text = || json!({"type": "String"});
        let signed_in = || json!({"requiresAuthentication": true});
        seed(
            "schemas/Patient",
            json!({
                "className": "Patient",
                "fields": {
                    "name": text(), "nameKey": text(), "ssn": text(), "email": text(), "phone": text(),
                    "birthDate": {"type": "Date"},
                },
                "classLevelPermissions": {
                    "find": signed_in(), "get": signed_in(), "count": signed_in(), "create": signed_in(),
                    "update": signed_in(), "delete": {}, "addField": {},
                },
            }),
        )?;
        let user = |name: &str| -> anyhow::Result<(String, String)> {
            let body = post(&client, "users", json!({"username": name, "password": PASSWORD}))?;
            let word = |field: &str| body.get(field).and_then(Value::as_str).map(str::to_owned);
            word("objectId").zip(word("sessionToken")).context("a user came out without a session")
        };
        let (clinician, as_clinician) = user("clinician")?;
        let (_, as_clerk) = user("clerk")?;
        let member = json!({"__type": "Pointer", "className": "_User", "objectId": clinician});
        seed(
            "roles",
            json!({
                "name": "clinician", "ACL": {"*": {"read": true}},
                "users": {"__op": "AddRelation", "objects": [member]},
            }),
        )?;
        for (name, ssn, born, email) in [
            ("Grace Hopper", "756.9217.0769.85", "1936-12-09", "grace@example.org"),
            ("Alan Turing", "756.1234.5678.97", "1982-06-23", "alan@example.org"),
            ("Florence Nightingale", "756.3047.5009.62", "1990-05-12", "florence@example.org"),
        ] {
            let born = json!({"__type": "Date", "iso": format!("{born}T00:00:00.000Z")});
            seed("classes/Patient", json!({"name": name, "ssn": ssn, "birthDate": born, "email": email}))?;
        }
        Ok(Story {
            url: server.url(),
            app_id,
            rest_key,
            parapet: parapet.to_owned(),
            lines: lines(&as_clinician, &as_clerk),
            asks: asks(&server.data_dir()),
        })
    }

    /// Prints the lines for a person to run.
    pub(crate) fn print(&self) {
        say::line(format!("\nParapet answers on {}/parse. Try these lines:", self.url));
        for line in &self.lines {
            say::line(format!("\n# {}\n{}", line.title, self.curl(line)));
        }
        for ask in &self.asks {
            say::line(format!("\n# {}\n{} {}", ask.title, self.parapet.display(), quoted(&ask.arguments)));
        }
        say::line("\nCtrl-C ends the demo and removes its folder.");
    }

    /// Runs the lines, prints what they answer, and counts those that weren't right.
    pub(crate) fn tell_and_check(&self, server: &Server) -> anyhow::Result<usize> {
        let mut wrong = 0_usize;
        let mut judge = |verdict: Result<(), &'static str>| match verdict {
            Ok(()) => say::line("-> right"),
            Err(expected) => {
                wrong = wrong.saturating_add(1);
                say::line(format!("-> WRONG: {expected}"));
            }
        };
        for line in &self.lines {
            say::line(format!("\n# {}\n{}", line.title, self.curl(line)));
            let mut headers = vec![
                ("X-Parse-Application-Id", self.app_id.as_str()),
                ("X-Parse-REST-API-Key", self.rest_key.as_str()),
            ];
            headers.extend(line.session.as_deref().map(|token| ("X-Parse-Session-Token", token)));
            let answer = server.ask(line.method, line.path, &headers, line.body.as_ref())?;
            say::line(format!("{} {}", answer.status, answer.body));
            judge((line.right)(&answer));
        }
        // A checkpoint is signed within a second of a record; with it there is something to verify.
        std::thread::sleep(Duration::from_millis(1500));
        for ask in &self.asks {
            say::line(format!("\n# {}\n{} {}", ask.title, self.parapet.display(), quoted(&ask.arguments)));
            let output = super::command(&self.parapet).args(&ask.arguments).output()?;
            let said = String::from_utf8_lossy(&output.stdout);
            say::line(said.trim_end());
            if !output.status.success() {
                say::line(String::from_utf8_lossy(&output.stderr).trim_end());
            }
            judge(if output.status.success() {
                (ask.right)(&said)
            } else {
                Err("the command should succeed")
            });
        }
        Ok(wrong)
    }

    fn curl(&self, line: &Line) -> String {
        let mut text = format!("curl -s -X {} '{}{}'", line.method, self.url, line.path);
        let headers = [
            ("X-Parse-Application-Id", Some(self.app_id.as_str())),
            ("X-Parse-REST-API-Key", Some(self.rest_key.as_str())),
            ("X-Parse-Session-Token", line.session.as_deref()),
        ];
        for (name, value) in headers {
            if let Some(value) = value {
                text.push_str(&format!(" \\\n  -H '{name}: {value}'"));
            }
        }
        if let Some(body) = &line.body {
            text.push_str(&format!(" \\\n  -H 'Content-Type: application/json' -d '{body}'"));
        }
        text
    }
}

fn quoted(arguments: &[String]) -> String {
    let plain =
        |word: &str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:=".contains(&byte));
    let words = arguments.iter().map(|word| if plain(word) { word.clone() } else { format!("'{word}'") });
    words.collect::<Vec<_>>().join(" ")
}

/// A text of an answer.
fn text<'a>(answer: &'a Answer, at: &str) -> &'a str {
    answer.body.pointer(at).and_then(Value::as_str).unwrap_or_default()
}

fn lines(as_clinician: &str, as_clerk: &str) -> Vec<Line> {
    let find = "/parse/classes/Patient?order=name&limit=1";
    vec![
        Line {
            title: "The plugin refuses a patient without a name.",
            method: "POST",
            path: "/parse/classes/Patient",
            session: Some(as_clinician.to_owned()),
            body: Some(json!({"ssn": "756.9217.0769.85"})),
            right: |answer| {
                let refused = answer.status == 400 && answer.body.get("code") == Some(&json!(142));
                refused.then_some(()).ok_or("status 400 with code 142 is expected")
            },
        },
        Line {
            title: "The plugin tidies what is saved: see which fields come back changed.",
            method: "POST",
            path: "/parse/classes/Patient",
            session: Some(as_clinician.to_owned()),
            body: Some(
                json!({"name": "  Ada   Lovelace ", "ssn": "7569217076985", "email": "ADA@Example.org"}),
            ),
            right: |answer| {
                let changed = answer.status == 201 && text(answer, "/name") == "Ada Lovelace";
                changed.then_some(()).ok_or("status 201 with the name Ada Lovelace is expected")
            },
        },
        Line {
            title: "A clinician reads a patient.",
            method: "GET",
            path: find,
            session: Some(as_clinician.to_owned()),
            body: None,
            right: |answer| {
                let open = text(answer, "/results/0/name") == "Ada Lovelace"
                    && text(answer, "/results/0/ssn") == "756.9217.0769.85";
                open.then_some(()).ok_or("the identifier is expected, with its digits grouped")
            },
        },
        Line {
            title: "A clerk reads the same patient: the plugin masks the identifiers.",
            method: "GET",
            path: find,
            session: Some(as_clerk.to_owned()),
            body: None,
            right: |answer| {
                let named = text(answer, "/results/0/name") == "Ada Lovelace";
                let masked = !answer.body.to_string().contains("9217.0769")
                    && !answer.body.to_string().contains("ada@");
                (named && masked).then_some(()).ok_or("the name is expected, and no identifier")
            },
        },
        Line {
            title: "A function of the plugin computes over a query.",
            method: "POST",
            path: "/parse/functions/ageHistogram",
            session: Some(as_clinician.to_owned()),
            body: Some(json!({})),
            right: |answer| {
                let counted =
                    answer.status == 200 && answer.body.get("result").is_some_and(|result| !result.is_null());
                counted.then_some(()).ok_or("status 200 with a result is expected")
            },
        },
    ]
}

fn asks(data_dir: &str) -> Vec<Ask> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    vec![
        Ask {
            title: "The trail: every call of the plugin, with the fields it touched.",
            arguments: words(&["audit", "show", "--data-dir", data_dir, "--where", "plugin=patient-guard"]),
            right: |said| {
                let shown = said.contains("PLUGIN.CALL") && said.contains("ssn");
                shown.then_some(()).ok_or("calls of the plugin are expected, with the field ssn")
            },
        },
        Ask {
            title: "The trail is whole.",
            arguments: words(&["audit", "verify", "--data-dir", data_dir]),
            right: |said| {
                said.contains("The trail is whole.").then_some(()).ok_or("a whole trail is expected")
            },
        },
    ]
}
