//! The section of the settings that says which classes there are.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use data::Definitions;
use model::{ClassName, SchemaEdit, schema_json};
use serde::Deserialize;
use serde_json::{Map as JsonMap, Value as Json};

/// Says which classes there are; they are brought about at each start.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Schema {
    /// A JSON file with a list of classes, each as the schema API shows it; a relative one lies in the data folder.
    pub file: Option<PathBuf>,
    /// Classes beside those of the file, in the same form.
    pub definitions: Option<Vec<Json>>,
    /// Whether fields that no definition names go, **with their values**. Default: false.
    pub delete_extra_fields: bool,
    /// Whether a field of another type is made anew, **without its values**. Default: false.
    pub recreate_modified_fields: bool,
    /// Whether indexes that no definition names stay. Default: false.
    pub keep_unknown_indexes: bool,
    /// Whether the log warns of classes, fields and types that differ from the definitions. Default: false.
    pub strict: bool,
}

impl Schema {
    /// Reads the definitions; `None` when the settings name none.
    ///
    /// # Errors
    /// A file that can't be read, and the first class that isn't right.
    pub(crate) fn read(&self, data_dir: &Path) -> anyhow::Result<Option<Definitions>> {
        if self.file.is_none() && self.definitions.is_none() {
            return Ok(None);
        }
        let mut written = match &self.file {
            Some(file) => from_file(&data_dir.join(file))?,
            None => Vec::new(),
        };
        written.extend(self.definitions.iter().flatten().cloned());
        let classes = written.into_iter().enumerate().map(|(place, json)| {
            class(json)
                .with_context(|| format!("class {} of the schema definitions", place.saturating_add(1)))
        });
        Ok(Some(Definitions {
            classes: classes.collect::<anyhow::Result<_>>()?,
            delete_extra_fields: self.delete_extra_fields,
            recreate_modified_fields: self.recreate_modified_fields,
            keep_unknown_indexes: self.keep_unknown_indexes,
            strict: self.strict,
        }))
    }
}

fn from_file(file: &Path) -> anyhow::Result<Vec<Json>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} can't be read", file.display()))?;
    let json: Json = serde_json::from_str(&text)
        .map_err(|error| anyhow!("{}: line {}: not valid JSON", file.display(), error.line()))?;
    match json {
        Json::Array(classes) => Ok(classes),
        // What `GET /schemas` answers, kept as it came.
        Json::Object(mut answer) if answer.len() == 1 => match answer.remove("results") {
            Some(Json::Array(classes)) => Ok(classes),
            _ => bail!("{} must hold a list of classes", file.display()),
        },
        _ => bail!("{} must hold a list of classes", file.display()),
    }
}

/// Reads one class, without what every class has anyway.
fn class(json: Json) -> anyhow::Result<SchemaEdit> {
    let Json::Object(mut class) = json else { bail!("a class is an object with a className") };
    let mut without = |member: &str, names: &[&str]| {
        if let Some(Json::Object(map)) = class.get_mut(member) {
            map.retain(|name, _| !names.contains(&name.as_str()));
        }
    };
    without("fields", &["objectId", "createdAt", "updatedAt", "ACL"]);
    without("indexes", &["_id_"]);
    let deletes = |member: &str| {
        let map = class.get(member).and_then(Json::as_object);
        map.into_iter().flat_map(JsonMap::values).any(|value| value.get("__op").is_some())
    };
    if deletes("fields") || deletes("indexes") {
        bail!("a definition says what is there, without __op");
    }
    let name = class.get("className").and_then(Json::as_str).map(ToOwned::to_owned);
    let legal = |name: &String| ClassName::new(name).is_ok();
    schema_json::parse(class, None).map_err(|error| match name.filter(legal) {
        Some(name) => anyhow!("{name}: {}", error.message),
        None => anyhow!("{}", error.message),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(definitions: &[Json]) -> anyhow::Result<Option<Definitions>> {
        let schema = Schema { definitions: Some(definitions.to_vec()), ..Schema::default() };
        schema.read(Path::new("nowhere"))
    }

    #[test]
    fn classes_are_read_from_a_file_and_from_the_settings() {
        assert!(Schema::default().read(Path::new("nowhere")).unwrap().is_none());
        let folder = tempfile::tempdir().unwrap();
        let shown = json!({"results": [{
            "className": "Ward",
            "fields": {"objectId": {"type": "String"}, "ACL": {"type": "ACL"}, "beds": {"type": "Number"}},
            "indexes": {"_id_": {"_id": 1}},
        }]});
        std::fs::write(folder.path().join("schema.json"), shown.to_string()).unwrap();
        let toml = "[schema]\nfile = \"schema.json\"\nstrict = true\n[[schema.definitions]]\nclassName = \"Note\"\n\
                    fields.text = { type = \"String\" }\n";
        let schema = super::super::file::parse(toml).unwrap().schema;
        let read = schema.read(folder.path()).unwrap().unwrap();
        let classes: Vec<_> =
            read.classes.iter().map(|class| (class.class.as_str(), class.fields.len())).collect();
        assert_eq!((classes, read.strict), (vec![("Ward", 1), ("Note", 1)], true));
    }

    #[test]
    fn what_cannot_be_is_told_with_its_place() {
        let said = |json: Json| format!("{:#}", read(&[json!({"className": "A"}), json]).unwrap_err());
        assert_eq!(
            said(json!({"className": "B", "fields": {"a": {"type": "Tekst"}}}))
                .split(": ")
                .take(2)
                .collect::<Vec<_>>(),
            ["class 2 of the schema definitions", "B"]
        );
        assert!(said(json!([])).contains("a class is an object"));
        assert!(
            said(json!({"className": "B", "fields": {"a": {"__op": "Delete"}}})).contains("without __op")
        );
        let schema = Schema { file: Some("missing.json".into()), ..Schema::default() };
        assert!(
            format!("{:#}", schema.read(Path::new("/nowhere")).unwrap_err())
                .contains("/nowhere/missing.json")
        );
    }
}
