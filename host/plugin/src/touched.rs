//! What one invocation saw and did, noted by the host as it happens.

use std::{collections::BTreeSet, sync::Arc};

use model::Value;

use crate::mask::Verb;

/// Texts kept to recognise, in bytes; beyond them everything is suspected.
const KEPT: usize = 64 << 10;

/// Attempts that are recorded one by one.
const DENIALS: usize = 16;

/// Fields read, written and hidden, and the texts that were seen.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    pub(crate) read: BTreeSet<Arc<str>>,
    pub(crate) written: BTreeSet<Arc<str>>,
    pub(crate) masked: BTreeSet<Arc<str>>,
    /// What the guest tried without a grant.
    pub(crate) denied: BTreeSet<(Verb, String)>,
    /// Objects that were lent.
    pub(crate) rows: u64,
    /// Objects of which a field was hidden without lending them.
    pub(crate) hidden: u64,
    seen: Seen,
}

impl Touched {
    /// Notes a field, by its name or, for an object of another class, as `Class.field`.
    pub(crate) fn note(&mut self, verb: Verb, field: &str) {
        let set = match verb {
            Verb::Read => &mut self.read,
            Verb::Write => &mut self.written,
            Verb::Redact => &mut self.masked,
        };
        if !set.contains(field) {
            set.insert(field.into());
        }
    }

    /// Notes an attempt without a grant; whether it is the first of its kind.
    pub(crate) fn deny(&mut self, verb: Verb, field: &str) -> bool {
        self.denied.len() < DENIALS && self.denied.insert((verb, field.to_owned()))
    }

    /// Keeps what a guest was shown, so that it is recognised on its way out.
    pub(crate) fn show(&mut self, value: &Value) {
        self.seen.add(value);
    }

    /// Whether a text holds something that the guest was shown.
    pub(crate) fn tells(&self, text: &str) -> bool {
        self.seen.inside(text)
    }
}

/// Texts that a guest was shown, in lower case. It never prints them.
#[derive(Default)]
struct Seen {
    texts: BTreeSet<String>,
    size: usize,
    full: bool,
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Seen({} texts)", self.texts.len())
    }
}

impl Seen {
    fn add(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.keep(text.trim()),
            Value::Number(number) => {
                let text = model::encode::number_json(*number).to_string();
                // Small numbers are counts and codes everywhere; they would silence every line.
                if text.len() >= 4 {
                    self.keep(&text);
                }
            }
            Value::Date(date) => {
                let text = date.to_string();
                self.keep(text.get(..10).unwrap_or(&text));
                self.keep(&date.ms().to_string());
            }
            Value::File { name, .. } => self.keep(name),
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            Value::Object(map) => map.values().for_each(|item| self.add(item)),
            _ => {}
        }
    }

    fn keep(&mut self, text: &str) {
        if text.is_empty() || self.full {
            return;
        }
        if self.size + text.len() > KEPT {
            self.full = true;
            return;
        }
        let text = text.to_lowercase();
        let size = text.len();
        if self.texts.insert(text) {
            self.size += size;
        }
    }

    fn inside(&self, text: &str) -> bool {
        if self.full {
            return true;
        }
        if self.texts.is_empty() {
            return false;
        }
        let text = text.to_lowercase();
        self.texts.iter().any(|seen| match seen.chars().count() {
            // A code of two letters is in half of all words; alone it may be the value itself.
            0..=2 => text.trim() == seen.as_str(),
            3..=7 => holds_word(&text, seen),
            _ => text.contains(seen.as_str()),
        })
    }
}

fn holds_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(start, _)| {
        let before = text.get(..start).and_then(|part| part.chars().next_back());
        let after = text.get(start + word.len()..).and_then(|part| part.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(values: &[Value]) -> Touched {
        let mut touched = Touched::default();
        values.iter().for_each(|value| touched.show(value));
        touched
    }

    #[test]
    fn what_was_seen_is_recognised() {
        let touched = shown(&[
            Value::from("Jane Doe"),
            Value::from("male"),
            Value::from("CH"),
            Value::Number(44_123.5),
            Value::Number(3.0),
            Value::Date(model::Date(0)),
            Value::Array(vec![Value::from("penicillin")]),
        ]);
        for leak in
            ["patient jane doe has no MRN", "is MALE", "ch", "n=44123.5", "born 1970-01-01", "Penicillin!"]
        {
            assert!(touched.tells(leak), "{leak}");
        }
        for fine in ["female", "the chart", "3 rows", "name is required"] {
            assert!(!touched.tells(fine), "{fine}");
        }
        assert!(!format!("{touched:?}").contains("jane"));
    }

    #[test]
    fn too_much_to_remember_is_all_suspect() {
        let touched = shown(&[Value::String("x".repeat(KEPT + 1))]);
        assert!(touched.tells("anything"));
    }

    #[test]
    fn denials_are_kept_once_and_bounded() {
        let mut touched = Touched::default();
        assert!(touched.deny(Verb::Read, "ssn"));
        assert!(!touched.deny(Verb::Read, "ssn"));
        assert!(touched.deny(Verb::Write, "ssn"));
        (0..100).for_each(|n| {
            touched.deny(Verb::Read, &n.to_string());
        });
        assert_eq!(touched.denied.len(), DENIALS);
    }
}
