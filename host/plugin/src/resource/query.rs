//! The find that is about to run, as a guest may see and narrow it.

use model::{Code, Limit, ParseError, Path, Query};
use serde_json::{Map, Value as Json};
use wasmtime::component::Resource;

use super::{where_json, wish};
use crate::{
    bindings::parapet::cloud::{invocation::HostQuery, types::Fault},
    convert,
    fault::{Answer, denied, settle},
    mask::Verb,
    state::State,
    subject::{Asked, Subject},
};

/// A handle to the find.
pub struct Search;

/// Rows that a find gives when the client named no limit, for comparing only.
const DEFAULT_LIMIT: u64 = 100;

impl HostQuery for State {
    fn where_json(&mut self, _: Resource<Search>) -> wasmtime::Result<String> {
        self.budget.call(0)?;
        let Subject::Finding { query, .. } = &self.subject else { return Ok("{}".to_owned()) };
        let mut shown = where_json::Shown::default();
        let json = where_json::encode(query, &|class| self.member.loaded.mask(class), &mut shown);
        let text = Json::Object(json).to_string();
        self.budget.bytes(text.len())?;
        for field in &shown.read {
            self.touched.note(Verb::Read, field);
        }
        for value in &shown.values {
            self.touched.show(value);
        }
        Ok(text)
    }

    fn constrain(&mut self, _: Resource<Search>, conditions: String) -> wasmtime::Result<Result<(), Fault>> {
        settle((|| {
            self.pay(conditions.len())?;
            let now = self.data.now();
            let Subject::Finding { query, .. } = &mut self.subject else {
                return Err(denied("there is no find here"));
            };
            Ok(wish::constrain(query, &conditions, now)?)
        })())
    }

    fn options_json(&mut self, _: Resource<Search>) -> wasmtime::Result<String> {
        self.budget.call(0)?;
        let Subject::Finding { query, .. } = &self.subject else { return Ok("{}".to_owned()) };
        let text = Json::Object(options(query)).to_string();
        self.budget.bytes(text.len())?;
        Ok(text)
    }

    fn set_options(&mut self, _: Resource<Search>, wishes: String) -> wasmtime::Result<Result<(), Fault>> {
        settle((|| {
            self.pay(wishes.len())?;
            let wishes = convert::json_object(&wishes)?;
            let Subject::Finding { query, asked } = &mut self.subject else {
                return Err(denied("there is no find here"));
            };
            let mut narrowed = Query::clone(query);
            for (key, value) in wishes {
                set_option(&mut narrowed, asked, &key, &value)?;
            }
            **query = narrowed;
            Ok(())
        })())
    }

    fn is_get(&mut self, _: Resource<Search>) -> wasmtime::Result<bool> {
        self.budget.call(0)?;
        // The hooks before may have added conditions: what the client asked for is the first of them.
        Ok(matches!(&self.subject, Subject::Finding { asked, .. } if asked.get))
    }

    fn is_count(&mut self, _: Resource<Search>) -> wasmtime::Result<bool> {
        self.budget.call(0)?;
        Ok(
            matches!(&self.subject, Subject::Finding { query, .. } if query.count && query.limit == Some(Limit::Rows(0))),
        )
    }

    fn drop(&mut self, handle: Resource<Search>) -> wasmtime::Result<()> {
        let _ = self.table.delete(handle);
        Ok(())
    }
}

fn joined(paths: &[Path]) -> Json {
    Json::String(paths.iter().map(Path::as_str).collect::<Vec<_>>().join(","))
}

/// The options as REST names them; a key is there only if it was asked for.
fn options(query: &Query) -> Map<String, Json> {
    let mut map = Map::new();
    if !query.order.is_empty() {
        let order: Vec<String> = query
            .order
            .iter()
            .map(|key| format!("{}{}", if key.descending { "-" } else { "" }, key.path))
            .collect();
        map.insert("order".to_owned(), order.join(",").into());
    }
    if let Some(Limit::Rows(limit)) = query.limit {
        map.insert("limit".to_owned(), limit.into());
    }
    if query.skip > 0 {
        map.insert("skip".to_owned(), query.skip.into());
    }
    if let Some(keys) = &query.keys {
        map.insert("keys".to_owned(), joined(keys));
    }
    if !query.exclude_keys.is_empty() {
        map.insert("excludeKeys".to_owned(), joined(&query.exclude_keys));
    }
    if !query.include.is_empty() || query.include_all {
        let include = if query.include_all { Json::from("*") } else { joined(&query.include) };
        map.insert("include".to_owned(), include);
    }
    map
}

/// Sets one option, unless it would show more than the client asked for.
fn set_option(query: &mut Query, asked: &Asked, key: &str, value: &Json) -> Answer<()> {
    let wider = || denied(format!("a plugin can't widen {key}"));
    match key {
        "order" => query.order = wish::order(value)?,
        "skip" => query.skip = wish::number(key, value)?,
        "limit" => {
            let limit = wish::number(key, value)?;
            let most = match asked.limit {
                Some(Limit::Rows(most)) => most,
                Some(Limit::All) => u64::MAX,
                None => DEFAULT_LIMIT,
            };
            if limit > most {
                return Err(wider());
            }
            query.limit = Some(Limit::Rows(limit));
        }
        "keys" => {
            let keys = wish::paths(key, value)?;
            if asked.keys.as_ref().is_some_and(|most| !keys.iter().all(|path| covers(most, path))) {
                return Err(wider());
            }
            query.keys = Some(keys);
        }
        "excludeKeys" => {
            let excluded = wish::paths(key, value)?;
            if !asked.exclude_keys.iter().all(|path| excluded.contains(path)) {
                return Err(wider());
            }
            query.exclude_keys = excluded;
        }
        "include" => {
            let include = wish::paths(key, value)?;
            let within = |path: &Path| {
                covered_include(&asked.include, path) || (asked.include_all && !path.is_dotted())
            };
            if !include.iter().all(within) {
                return Err(wider());
            }
            query.include = include;
            query.include_all = false;
        }
        _ => {
            return Err(ParseError::new(Code::InvalidQuery, "there is no such option of a find").into());
        }
    }
    Ok(())
}

/// Whether a list of paths holds a path or something above it.
fn covers(list: &[Path], path: &Path) -> bool {
    list.iter().any(|held| {
        held == path || path.strip_prefix(held.as_str()).is_some_and(|rest| rest.starts_with('.'))
    })
}

/// Whether an include was asked for: each prefix of an asked path is included too.
fn covered_include(list: &[Path], path: &Path) -> bool {
    list.iter().any(|held| {
        held == path || held.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::ClassName;
    use serde_json::json;

    fn path(text: &str) -> Path {
        Path::new(text).unwrap()
    }

    fn query() -> Query {
        let mut query = Query::new(ClassName::new("Visit").unwrap());
        query.limit = Some(Limit::Rows(50));
        query.keys = Some(vec![path("name"), path("address")]);
        query.exclude_keys = vec![path("ssn")];
        query.include = vec![path("doctor.clinic")];
        query
    }

    fn set(options: Json) -> Result<Query, ()> {
        let mut query = query();
        let asked = Asked::of(&query);
        for (key, value) in options.as_object().unwrap() {
            set_option(&mut query, &asked, key, value).map_err(|_| ())?;
        }
        Ok(query)
    }

    #[test]
    fn a_find_is_narrowed_and_never_widened() {
        let narrowed = set(json!({"limit": 10, "keys": "name,address.city", "excludeKeys": "ssn,phone",
            "include": "doctor", "order": "-name", "skip": 3}))
        .unwrap();
        assert_eq!(narrowed.limit, Some(Limit::Rows(10)));
        assert_eq!(narrowed.keys.unwrap().len(), 2);
        for wider in [
            json!({"limit": 51}),
            json!({"limit": -1}),
            json!({"keys": "name,ssn"}),
            json!({"excludeKeys": "phone"}),
            json!({"include": "patient"}),
            json!({"readPreference": "x"}),
        ] {
            assert!(set(wider.clone()).is_err(), "{wider}");
        }
    }

    #[test]
    fn options_say_what_the_client_sent() {
        let shown = Json::Object(options(&query()));
        assert_eq!(
            shown,
            json!({"limit": 50, "keys": "name,address", "excludeKeys": "ssn", "include": "doctor.clinic"})
        );
        assert!(options(&Query::new(ClassName::new("A").unwrap())).is_empty());
    }
}
