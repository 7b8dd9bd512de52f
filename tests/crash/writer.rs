//! A client that creates, reads, changes and deletes objects of its own for as long as the server answers.

use std::sync::Arc;
use std::time::Duration;

use kit::{APP_ID, MASTER_KEY, process::Process};
use reqwest::{Client, Method};
use serde_json::{Value as Json, json};

use super::ledger::{Acknowledged, Ledger};

/// The class that is written.
pub(super) const CLASS: &str = "Patient";

/// Numbers that look random and can be had again from their seed.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(super) fn throw(&mut self, sides: u64) -> u64 {
        // Xorshift 64 (Marsaglia 2003).
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// One client.
pub(super) struct Writer {
    name: String,
    url: String,
    http: Client,
    ledger: Arc<Ledger>,
}

/// What came back.
pub(super) enum Answer {
    /// A whole answer.
    Told(u16, Json),
    /// None: it may have been done or not.
    Silence,
}

impl Writer {
    /// A client of a server that has just been started.
    pub(super) fn new(server: &Process, ledger: &Arc<Ledger>, name: impl Into<String>) -> Writer {
        Writer { name: name.into(), url: server.url.clone(), http: Client::new(), ledger: ledger.clone() }
    }

    /// Every object is as it was acknowledged, or as it was asked for when the server or its database died; `look` sees
    /// each one that is there.
    pub(super) async fn check(&self, look: impl Fn(&Json)) {
        for (number, (id, known)) in self.ledger.objects().into_iter().enumerate() {
            let path = format!("/classes/{CLASS}/{id}");
            let found = match self.ask(&format!("{}-{number}", self.name), Method::GET, &path, None).await {
                Answer::Told(200, body) => {
                    look(&body);
                    Some(body["value"].as_i64().unwrap_or_else(|| panic!("{body}")))
                }
                Answer::Told(404, body) if body["code"] == 101 => None,
                Answer::Told(status, body) => panic!("{id}: {status} {body}"),
                Answer::Silence => panic!("{}: the server doesn't answer", self.name),
            };
            assert!(known.allows(found), "{}: {id} is {found:?}, but was told to be {known:?}", self.name);
            self.ledger.settle(&id, found);
        }
    }

    /// Asks once, under a request id of its own.
    pub(super) async fn ask(&self, request: &str, method: Method, path: &str, body: Option<Json>) -> Answer {
        let mut asked = self
            .http
            .request(method, format!("{}{path}", self.url))
            .timeout(Duration::from_secs(20))
            .header("X-Parse-Application-Id", APP_ID)
            .header("X-Parse-Master-Key", MASTER_KEY)
            .header("X-Parse-Request-Id", request);
        if let Some(body) = body {
            asked = asked.json(&body);
        }
        let Ok(answer) = asked.send().await else { return Answer::Silence };
        let status = answer.status().as_u16();
        // Acknowledged is what arrived whole.
        let Ok(text) = answer.text().await else { return Answer::Silence };
        match serde_json::from_str(&text) {
            Ok(body) => Answer::Told(status, body),
            Err(_) => Answer::Silence,
        }
    }

    /// Works until the server is silent, or until it was told "no" in an unforeseen way; gives how many operations it did.
    pub(super) async fn work(self, mut dice: Dice) -> Result<usize, String> {
        let mut own: Vec<String> = Vec::new();
        for turn in 0.. {
            let request = format!("{}-{turn}", self.name);
            let done = |code| Acknowledged { request: request.clone(), code };
            let value = i64::try_from(dice.throw(1_000_000)).unwrap_or_default();
            let pick = if own.is_empty() { 0 } else { dice.throw(10) };
            let at = usize::try_from(dice.throw(own.len().max(1) as u64)).unwrap_or_default();
            let path = |id: &str| format!("/classes/{CLASS}/{id}");
            match pick {
                0..=4 => {
                    let body = json!({"value": value});
                    match self.ask(&request, Method::POST, &format!("/classes/{CLASS}"), Some(body)).await {
                        Answer::Told(201, body) => {
                            let id = body["objectId"].as_str().unwrap_or_default().to_owned();
                            self.ledger.acknowledge(&id, Some(value), done("PHI.CREATE"));
                            own.push(id);
                        }
                        Answer::Told(status, body) => return Err(format!("create: {status} {body}")),
                        Answer::Silence => return Ok(turn),
                    }
                }
                5..=7 => {
                    let id = own[at].clone();
                    self.ledger.ask(&id, Some(value));
                    match self.ask(&request, Method::PUT, &path(&id), Some(json!({"value": value}))).await {
                        Answer::Told(200, _) => self.ledger.acknowledge(&id, Some(value), done("PHI.UPDATE")),
                        Answer::Told(status, body) => return Err(format!("update: {status} {body}")),
                        Answer::Silence => return Ok(turn),
                    }
                }
                8 => match self.ask(&request, Method::GET, &path(&own[at]), None).await {
                    Answer::Told(200, _) => self.ledger.saw(done("PHI.READ")),
                    Answer::Told(status, body) => return Err(format!("read: {status} {body}")),
                    Answer::Silence => return Ok(turn),
                },
                _ => {
                    let id = own.swap_remove(at);
                    self.ledger.ask(&id, None);
                    match self.ask(&request, Method::DELETE, &path(&id), None).await {
                        Answer::Told(200, _) => self.ledger.acknowledge(&id, None, done("PHI.DELETE")),
                        Answer::Told(status, body) => return Err(format!("delete: {status} {body}")),
                        Answer::Silence => return Ok(turn),
                    }
                }
            }
        }
        unreachable!("turns don't end")
    }
}
