//! Reads a manifest piece by piece, so that one bad piece doesn't hide the next.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use super::{Asks, Capability, CapabilityAsk, Limits, Manifest, check};
use crate::{Error, Result, error::Problems};

impl Manifest {
    /// Reads and checks the text of a `plugin.toml`.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every problem found.
    pub fn from_toml(text: &str) -> Result<Manifest> {
        let table: Json = toml::from_str(text)
            .map_err(|error| Error::invalid(format!("plugin.toml: {}", error.message())))?;
        Manifest::from_value(table)
    }

    /// Reads and checks the JSON that a packed component carries.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every problem found.
    pub fn from_json(bytes: &[u8]) -> Result<Manifest> {
        let value = serde_json::from_slice(bytes)
            .map_err(|error| Error::invalid(format!("the manifest is no JSON: {error}")))?;
        Manifest::from_value(value)
    }

    fn from_value(value: Json) -> Result<Manifest> {
        let Json::Object(map) = value else { return Err(Error::invalid("the manifest is no table")) };
        let mut reader = Reader { map, problems: Problems::default() };
        let manifest = Manifest {
            name: reader.must("name").unwrap_or_default(),
            version: reader.must("version").unwrap_or(semver::Version::new(0, 0, 0)),
            api: reader.must("api").unwrap_or_default(),
            description: reader.may("description").unwrap_or_default(),
            hooks: reader.each("hook"),
            functions: reader.each("function"),
            asks: Asks { capabilities: reader.capabilities(), fields: reader.each("fields") },
            limits: reader.may::<Limits>("limits").unwrap_or_default(),
            settings: reader.may("settings"),
        };
        for key in reader.map.keys() {
            reader.problems.push(format!("there is no key {key:?} in a manifest"));
        }
        // A piece that couldn't be read would only be reported again.
        if reader.problems.0.is_empty() {
            check::check(&manifest, &mut reader.problems);
        }
        reader.problems.settle()?;
        Ok(manifest)
    }
}

struct Reader {
    map: Map<String, Json>,
    problems: Problems,
}

impl Reader {
    fn piece<T: DeserializeOwned>(&mut self, name: &str, value: Json) -> Option<T> {
        serde_json::from_value(value).map_err(|error| self.problems.push(format!("{name}: {error}"))).ok()
    }

    fn may<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        let value = self.map.remove(key)?;
        self.piece(key, value)
    }

    fn must<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        if !self.map.contains_key(key) {
            self.problems.push(format!("{key} is missing"));
        }
        self.may(key)
    }

    fn each<T: DeserializeOwned>(&mut self, key: &str) -> Vec<T> {
        match self.map.remove(key) {
            None => Vec::new(),
            Some(Json::Array(items)) => items
                .into_iter()
                .enumerate()
                .filter_map(|(index, item)| self.piece(&format!("{key} {}", index + 1), item))
                .collect(),
            Some(_) => {
                self.problems.push(format!("{key} must be a list of tables: [[{key}]]"));
                Vec::new()
            }
        }
    }

    fn capabilities(&mut self) -> std::collections::BTreeMap<Capability, CapabilityAsk> {
        let Some(value) = self.map.remove("capabilities") else { return Default::default() };
        let Json::Object(map) = value else {
            self.problems.push("capabilities must be tables: [capabilities.log]");
            return Default::default();
        };
        map.into_iter()
            .filter_map(|(name, ask)| {
                let capability = Capability::from_name(&name);
                if capability.is_none() {
                    self.problems.push(format!("there is no capability {name:?}"));
                }
                let ask = self.piece(&format!("capabilities.{name}"), ask);
                capability.zip(ask)
            })
            .collect()
    }
}
