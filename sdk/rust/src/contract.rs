//! Keeps the SDK and the contract in step.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn files(folder: &Path) -> BTreeMap<String, String> {
    fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wit"))
        .map(|path| {
            (path.file_stem().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap())
        })
        .collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("wit")
}

/// `wit` here is a link to the repository's folder, which a published crate carries as files. Where both are seen, a copy
/// that somebody put in place of the link must not drift.
#[test]
fn the_sdk_carries_the_contract_as_it_is() {
    let truth = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    if truth.exists() {
        assert_eq!(files(&folder()), files(&truth));
    }
}

#[test]
fn every_interface_has_its_bindings() {
    let bindings = include_str!("bindings.rs");
    let names: Vec<_> = files(&folder())
        .into_iter()
        .filter(|(name, text)| text.contains(&format!("interface {name} {{")))
        .map(|(name, _)| name)
        .collect();
    assert!(names.len() >= 15, "{names:?}");
    for name in names {
        let bound = ["import", "export"]
            .iter()
            .any(|verb| bindings.contains(&format!("{verb} parapet:cloud/{name}@0.1.0;")));
        assert!(bound, "{name} isn't named in bindings.rs");
    }
}

/// Every name in double braces that a text holds.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}").map(|(name, _)| name))
}

#[test]
fn the_template_has_only_the_placeholders_that_are_filled_in() {
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("template");
    let mut seen = Vec::new();
    for folder in [template.clone(), template.join("src"), template.join("events")] {
        for path in
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file())
        {
            assert!(path.extension().is_some_and(|extension| extension == "in"), "{}", path.display());
            let text = fs::read_to_string(&path).unwrap();
            seen.extend(placeholders(&text).map(str::to_owned));
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen, ["module", "name", "sdk"]);
}
