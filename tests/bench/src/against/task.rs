//! What both servers are asked, and how each answer is known to be right.

use anyhow::{Context as _, bail};
use serde_json::{Value as Json, json};

use super::server::{APP_ID, JAVASCRIPT_KEY, Server};
use crate::{guest::CLASS, site::patient};

/// Patients who are there from the start.
const PATIENTS: usize = 1_000;
/// The user who logs in.
const USER: &str = "bench";
const PASSWORD: &str = "correct horse battery";

/// What the database holds.
pub(crate) struct Site {
    /// Ids of patients.
    pub(crate) ids: Vec<String>,
}

/// One kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Task {
    /// A function that does nothing.
    Function,
    /// A create with a hook before it.
    Create,
    /// One object by its id, with a hook behind it.
    Get,
    /// A hundred objects, with a hook behind them.
    Find,
    /// A change of one object, with a hook before it.
    Update,
    /// Twenty creates in one request.
    Batch,
    /// A login by password; the hash is bcrypt's for both.
    #[value(name = "login")]
    LogIn,
}

/// Makes the class, its patients and the user, through a server.
///
/// # Errors
/// A server that refuses.
pub(crate) async fn fill(server: &Server) -> anyhow::Result<Site> {
    let text = || json!({"type": "String"});
    let fields = json!({
        "name": text(), "nameKey": text(), "ssn": text(), "ward": text(), "weight": {"type": "Number"},
    });
    server
        .ask("POST", &format!("/schemas/{CLASS}"), Some(&json!({"className": CLASS, "fields": fields})))
        .await?;
    let mut ids = Vec::new();
    while ids.len() < PATIENTS {
        let made = server.ask("POST", "/batch", Some(&batch(50))).await?;
        let made = made.as_array().context("a batch answers a list")?;
        ids.extend(
            made.iter().filter_map(|one| Some(of(of(one, "success"), "objectId").as_str()?.to_owned())),
        );
    }
    server.ask_as_app("POST", "/users", Some(&json!({"username": USER, "password": PASSWORD}))).await?;
    Ok(Site { ids })
}

/// A member of an answer; null if it isn't there.
fn of<'a>(answer: &'a Json, name: &str) -> &'a Json {
    answer.get(name).unwrap_or(&Json::Null)
}

fn batch(size: usize) -> Json {
    let one = json!({"method": "POST", "path": format!("/parse/classes/{CLASS}"), "body": patient()});
    json!({"requests": vec![one; size]})
}

impl Task {
    /// Every task.
    pub(crate) const ALL: [Task; 7] =
        [Task::Function, Task::Create, Task::Get, Task::Find, Task::Update, Task::Batch, Task::LogIn];

    /// Its name in the table.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Task::Function => "function",
            Task::Create => "create + beforeSave",
            Task::Get => "get + afterFind",
            Task::Find => "find 100 + afterFind",
            Task::Update => "update + beforeSave",
            Task::Batch => "batch of 20 creates",
            Task::LogIn => "login",
        }
    }

    /// How many times faster than the reference it has to be.
    pub(crate) const fn target(self) -> Option<f64> {
        match self {
            Task::Function | Task::Create | Task::Get => Some(10.0),
            Task::Find => Some(15.0),
            Task::Update | Task::Batch | Task::LogIn => None,
        }
    }

    fn method(self) -> &'static str {
        match self {
            Task::Get | Task::Find => "GET",
            Task::Update => "PUT",
            Task::Function | Task::Create | Task::Batch | Task::LogIn => "POST",
        }
    }

    fn path(self, id: &str) -> String {
        match self {
            Task::Function => "/functions/measure".to_owned(),
            Task::Create => format!("/classes/{CLASS}"),
            Task::Get | Task::Update => format!("/classes/{CLASS}/{id}"),
            Task::Find => format!("/classes/{CLASS}?limit=100"),
            Task::Batch => "/batch".to_owned(),
            Task::LogIn => "/login".to_owned(),
        }
    }

    fn body(self) -> Option<Json> {
        match self {
            Task::Get | Task::Find => None,
            Task::Function => Some(json!({})),
            Task::Create => Some(patient()),
            Task::Update => Some(json!({"name": "Ada King", "weight": 62})),
            Task::Batch => Some(batch(20)),
            Task::LogIn => Some(json!({"username": USER, "password": PASSWORD})),
        }
    }

    /// Asks once and looks whether the answer is what it should be: a fast wrong answer is worth nothing.
    ///
    /// # Errors
    /// An answer that isn't.
    pub(crate) async fn check(self, server: &Server, site: &Site) -> anyhow::Result<()> {
        let id = site.ids.first().context("there are patients")?;
        let answer = server.ask_as_app(self.method(), &self.path(id), self.body().as_ref()).await?;
        let masked = |row: &Json| row.get("ssn").is_none() && row.get("name").is_some();
        let right = match self {
            Task::Function => *of(&answer, "result") == 1,
            Task::Create => {
                let id = of(&answer, "objectId").as_str().context("a created object has an id")?;
                let path = format!("/classes/{CLASS}/{id}");
                *of(&server.ask("GET", &path, None).await?, "nameKey") == "ada byron king"
            }
            Task::Get => masked(&answer),
            Task::Find => of(&answer, "results")
                .as_array()
                .is_some_and(|rows| rows.len() == 100 && rows.iter().all(masked)),
            Task::Update => {
                of(&answer, "updatedAt").is_string()
                    && *of(&server.ask("GET", &self.path(id), None).await?, "nameKey") == "ada king"
            }
            Task::Batch => {
                answer.as_array().is_some_and(|all| all.iter().all(|one| of(one, "success").is_object()))
            }
            Task::LogIn => of(&answer, "sessionToken").is_string(),
        };
        if !right {
            bail!("the answer isn't right: {answer}");
        }
        Ok(())
    }

    /// The script that makes `wrk` ask for it; gets and updates take another patient each time.
    pub(crate) fn script(self, site: &Site) -> String {
        let mut script = format!(
            "wrk.headers['X-Parse-Application-Id'] = '{APP_ID}'\n\
             wrk.headers['X-Parse-Javascript-Key'] = '{JAVASCRIPT_KEY}'\n\
             wrk.method = '{}'\n",
            self.method()
        );
        if let Some(body) = self.body() {
            script.push_str(&format!(
                "wrk.headers['Content-Type'] = 'application/json'\nwrk.body = [[{body}]]\n"
            ));
        }
        match self {
            Task::Get | Task::Update => {
                let ids: Vec<String> = site.ids.iter().map(|id| format!("'{id}'")).collect();
                script.push_str(&format!(
                    "local ids = {{{}}}\nlocal next = 0\nrequest = function()\n  next = next % #ids + 1\n  \
                     return wrk.format(nil, '/parse/classes/{CLASS}/' .. ids[next])\nend\n",
                    ids.join(",")
                ));
            }
            _ => script.push_str(&format!(
                "request = function() return wrk.format(nil, '/parse{}') end\n",
                self.path("")
            )),
        }
        script
    }
}
