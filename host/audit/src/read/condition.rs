//! Conditions on records, as people type them.

use std::net::IpAddr;
use std::str::FromStr;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::draft::{Stage, Status};
use crate::error::Error;
use crate::record::Record;
use crate::reference::{Ref, RefKey};

/// A condition on records: terms that all have to hold.
///
/// `code=PHI.READ,PHI.QUERY actor=u1 class=Patient field=ssn seq>=10 time>=2026-01-01`. Keys: `code` (`PHI.*` takes a
/// family), `actor`, `kind`, `role`, `plugin`, `class`, `field`, `request`, `purpose`, `rule`, `ip`, `stage`,
/// `outcome`, `ref` (a reference in hexadecimal), `object` (`<Class>/<id>`, needs the [`RefKey`]) with `=`; `seq`,
/// `parent` and `time` also with `>=`, `<=`, `>`, `<`. A comma means "or"; a value with spaces stands in `"`.
#[derive(Debug, Clone, Default)]
pub struct Where {
    text: String,
    terms: Vec<Term>,
}

#[derive(Debug, Clone)]
enum Term {
    Word { key: Word, values: Vec<String> },
    Number { key: Number, compare: Compare, value: u64 },
    Refs(Vec<(Option<String>, Ref)>),
}

#[derive(Debug, Clone, Copy)]
enum Word {
    Code,
    Actor,
    Kind,
    Role,
    Plugin,
    Class,
    Field,
    Request,
    Purpose,
    Rule,
    Ip,
    Stage,
    Outcome,
}

#[derive(Debug, Clone, Copy)]
enum Number {
    Seq,
    Parent,
    Time,
}

#[derive(Debug, Clone, Copy)]
enum Compare {
    Equal,
    AtLeast,
    AtMost,
    More,
    Less,
}

const FORM: Error = bad("a term is key=value; seq, parent and time also take >=, <=, > and <");

const KEY: Error = bad(
    "the keys are code, actor, kind, role, plugin, class, field, request, purpose, rule, ip, stage, outcome, ref, \
     object, seq, parent and time",
);

const MOMENT: Error = bad("time takes a day such as 2026-01-31, or a moment such as 2026-01-31T08:00:00Z");

const fn bad(why: &'static str) -> Error {
    Error::Invalid { what: "condition", why }
}

impl Where {
    /// Reads a condition; the empty one holds for every record.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when a term has an unknown key or a value it can't have, or when `object=` is used without a
    /// key.
    pub fn parse(text: &str, key: Option<&RefKey>) -> Result<Where, Error> {
        let terms = words(text)?.iter().map(|word| term(word, key)).collect::<Result<_, _>>()?;
        Ok(Where { text: text.to_owned(), terms })
    }

    /// Tells whether it holds for a record.
    pub fn matches(&self, record: &Record) -> bool {
        self.terms.iter().all(|term| term.holds(record))
    }

    /// Shows it as it was typed.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Where {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Where::parse(text, None)
    }
}

/// Splits at spaces outside of quotes.
fn words(text: &str) -> Result<Vec<String>, Error> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if quoted {
        return Err(bad("a quotation mark is not closed"));
    }
    if !word.is_empty() {
        words.push(word);
    }
    Ok(words)
}

fn term(word: &str, refkey: Option<&RefKey>) -> Result<Term, Error> {
    let at = word.find(['=', '<', '>']).ok_or(FORM)?;
    let (key, rest) = word.split_at(at);
    let (compare, value) = [
        (">=", Compare::AtLeast),
        ("<=", Compare::AtMost),
        (">", Compare::More),
        ("<", Compare::Less),
        ("=", Compare::Equal),
    ]
    .into_iter()
    .find_map(|(sign, compare)| Some((compare, rest.strip_prefix(sign)?)))
    .ok_or(FORM)?;
    if value.is_empty() {
        return Err(FORM);
    }
    let number = |key, value| Ok(Term::Number { key, compare, value });
    let seq = || value.parse().map_err(|_| bad("seq and parent take the number of a record"));
    match key {
        "seq" => return number(Number::Seq, seq()?),
        "parent" => return number(Number::Parent, seq()?),
        "time" => return number(Number::Time, moment(value)?),
        _ => {}
    }
    if !matches!(compare, Compare::Equal) {
        return Err(FORM);
    }
    let values: Vec<String> = value.split(',').map(str::to_owned).collect();
    let key = match key {
        "ref" => {
            let refs = values.iter().map(|text| Ok((None, text.parse()?)));
            return Ok(Term::Refs(refs.collect::<Result<_, Error>>()?));
        }
        "object" => {
            let refkey = refkey.ok_or(bad("object= needs the reference key"))?;
            let refs = values.iter().map(|text| {
                let (class, id) = text.split_once('/').ok_or(bad("object= takes <Class>/<id>"))?;
                Ok((Some(class.to_owned()), refkey.of(class, id)))
            });
            return Ok(Term::Refs(refs.collect::<Result<_, Error>>()?));
        }
        "code" => Word::Code,
        "actor" => Word::Actor,
        "kind" => Word::Kind,
        "role" => Word::Role,
        "plugin" => Word::Plugin,
        "class" => Word::Class,
        "field" => Word::Field,
        "request" => Word::Request,
        "purpose" => Word::Purpose,
        "rule" => Word::Rule,
        "ip" => Word::Ip,
        "stage" => Word::Stage,
        "outcome" => Word::Outcome,
        _ => return Err(KEY),
    };
    if values.iter().any(|value| !key.allows(value)) {
        return Err(bad(key.takes()));
    }
    Ok(Term::Word { key, values })
}

/// Reads a day or a moment (RFC 3339) as nanoseconds since 1970.
fn moment(text: &str) -> Result<u64, Error> {
    let day = format!("{text}T00:00:00Z");
    let text = if text.len() == 10 { day.as_str() } else { text };
    let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| MOMENT)?;
    u64::try_from(moment.unix_timestamp_nanos()).map_err(|_| MOMENT)
}

impl Word {
    /// Keeps typing errors from looking like "no such record".
    fn allows(self, value: &str) -> bool {
        match self {
            Word::Code => value.ends_with(".*") || value.parse::<crate::Code>().is_ok(),
            Word::Kind => ["user", "service", "plugin", "operator", "system", "anonymous"].contains(&value),
            Word::Stage => ["intent", "outcome", "single"].contains(&value),
            Word::Outcome => ["ok", "denied", "error", "unknown"].contains(&value),
            Word::Ip => value.parse::<IpAddr>().is_ok(),
            _ => true,
        }
    }

    /// Says what `allows` lets through.
    fn takes(self) -> &'static str {
        match self {
            Word::Code => {
                "code= takes codes as `audit verify` lists them, such as PHI.READ, or a family such as PHI.*"
            }
            Word::Kind => "kind= takes user, service, plugin, operator, system or anonymous",
            Word::Stage => "stage= takes intent, outcome or single",
            Word::Outcome => "outcome= takes ok, denied, error or unknown",
            Word::Ip => "ip= takes an IP address",
            _ => "it takes any word",
        }
    }

    fn is(self, record: &Record, value: &str) -> bool {
        match self {
            Word::Code => match value.strip_suffix('*') {
                Some(family) => record.code.as_str().starts_with(family),
                None => record.code.as_str() == value,
            },
            Word::Actor => {
                [&record.actor.id, &record.actor.on_behalf_of].into_iter().flatten().any(|id| *id == value)
            }
            Word::Kind => format!("{:?}", record.actor.kind).eq_ignore_ascii_case(value),
            Word::Role => record.actor.roles.iter().any(|role| *role == value),
            Word::Plugin => {
                record.plugin.as_ref().is_some_and(|plugin| plugin.name == value)
                    || record.plugin_versions.iter().any(|plugin| plugin.name == value)
            }
            Word::Class => record.object.as_ref().is_some_and(|object| object.class == value),
            Word::Field => record.fields.lists().into_iter().flatten().any(|field| *field == value),
            Word::Request => record.request == value,
            Word::Purpose => record.purpose.as_ref().is_some_and(|purpose| *purpose == value),
            Word::Rule => record.decision.as_ref().is_some_and(|decision| decision.rule == value),
            Word::Ip => record.source.ip.is_some_and(|ip| value.parse() == Ok(ip)),
            Word::Stage => matches!(
                (record.stage, value),
                (Stage::Intent, "intent") | (Stage::Outcome { .. }, "outcome") | (Stage::Single, "single")
            ),
            Word::Outcome => record.outcome.is_some_and(|outcome| {
                matches!(
                    (outcome.status, value),
                    (Status::Ok, "ok")
                        | (Status::Denied, "denied")
                        | (Status::Error, "error")
                        | (Status::Unknown, "unknown")
                )
            }),
        }
    }
}

impl Term {
    fn holds(&self, record: &Record) -> bool {
        match self {
            Term::Word { key, values } => values.iter().any(|value| key.is(record, value)),
            Term::Refs(refs) => record.object.as_ref().is_some_and(|object| {
                refs.iter().any(|(class, wanted)| {
                    class.as_ref().is_none_or(|class| object.class == class.as_str())
                        && object.refs.contains(wanted)
                })
            }),
            Term::Number { key, compare, value } => {
                let found = match key {
                    Number::Seq => Some(record.seq),
                    Number::Parent => record.parent,
                    Number::Time => Some(record.ts),
                };
                found.is_some_and(|found| match compare {
                    Compare::Equal => found == *value,
                    Compare::AtLeast => found >= *value,
                    Compare::AtMost => found <= *value,
                    Compare::More => found > *value,
                    Compare::Less => found < *value,
                })
            }
        }
    }
}
