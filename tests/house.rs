//! The rules of the house that a machine can keep, so that people need not remember them.

mod crates;
mod files;
mod tree;

use std::collections::BTreeMap;

use tree::Tree;

/// Fails with every offence at once, so that one run shows all there is to do.
fn keep(rule: &str, offences: Vec<String>) {
    assert!(offences.is_empty(), "{rule}\n  {}\n", offences.join("\n  "));
}

/// Which of our crates a crate may use; `None` for a crate that the plan doesn't name.
///
/// Lower layers first. Leaves of one layer never see each other, and what isn't listed doesn't
/// compile: neither `rest` nor `plugin` has a way around the door.
fn allowed(name: &str, folder: &str) -> Option<&'static [&'static str]> {
    const EVERYTHING: &[&str] = &[
        "model",
        "storage",
        "audit",
        "auth",
        "data",
        "rest",
        "plugin",
        "storage-sql",
        "storage-mongodb",
        "server",
        "parapet",
        "patient-guard",
        "hello-function",
        "guests",
        "servers",
    ];
    let plan: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("model", &[] as &[&str]),
        ("storage", &["model"]),
        ("audit", &["model"]),
        ("auth", &["model"]),
        ("data", &["model", "storage", "audit", "auth"]),
        ("rest", &["model", "data"]),
        ("plugin", &["model", "data"]),
        ("storage-sql", &["model", "storage", "servers"]),
        ("storage-mongodb", &["model", "storage", "servers"]),
        (
            "server",
            &[
                "model",
                "storage",
                "audit",
                "auth",
                "data",
                "rest",
                "plugin",
                "storage-sql",
                "storage-mongodb",
            ],
        ),
        ("parapet", &["parapet-macros"]),
        ("parapet-macros", &[]),
        ("xtask", &["servers"]),
        ("servers", &[]),
        ("tests", EVERYTHING),
        ("bench", EVERYTHING),
    ]);
    // What runs in the sandbox is written against the SDK and nothing else of ours.
    let guest = ["plugins/", "examples/", "tests/guests", "tests/golden"];
    plan.get(name)
        .copied()
        .or_else(|| guest.iter().any(|place| folder.starts_with(place)).then_some(&["parapet"] as &[&str]))
}

#[test]
fn arrows_point_down() {
    let mut offences = Vec::new();
    for member in crates::members() {
        let Some(allowed) = allowed(&member.name, &member.folder) else {
            offences.push(format!("{}: the plan names no layer for it; add it to house.rs", member.name));
            continue;
        };
        for used in member.uses.iter().filter(|used| used.ours && !allowed.contains(&used.name.as_str())) {
            offences.push(format!("{} uses {}", member.name, used.name));
        }
    }
    keep("A crate uses only crates of lower layers:", offences);
}

#[test]
fn only_the_plugin_host_names_wasmtime() {
    let offences = crates::members()
        .iter()
        .filter(|member| member.name != "plugin")
        .flat_map(|member| member.uses.iter().map(move |used| (member, used)))
        .filter(|(_, used)| used.name.starts_with("wasmtime"))
        .map(|(member, used)| format!("{} uses {}", member.name, used.name))
        .collect();
    keep("Only the crate plugin names wasmtime:", offences);
}

#[test]
fn every_crate_inherits_lints_and_versions() {
    let mut offences = Vec::new();
    for member in crates::members() {
        if !member.inherits_lints() {
            offences.push(format!("{}: Cargo.toml lacks [lints] workspace = true", member.folder));
        }
        for own in member.versions_of_its_own() {
            offences.push(format!("{}: {own} doesn't say workspace = true", member.folder));
        }
    }
    keep("Versions, features and lints are set in the root alone:", offences);
}

#[test]
fn the_workspace_denies_unsafe_code() {
    let root = crates::manifest("");
    let level = root["workspace"]["lints"]["rust"]["unsafe_code"].as_str();
    assert_eq!(level, Some("deny"));
}

#[test]
fn every_crate_opens_with_its_readme() {
    let tree = Tree::read();
    let mut offences = Vec::new();
    for member in crates::members() {
        let folder = &member.folder;
        match tree.text(&format!("{folder}/README.md")) {
            None => offences.push(format!("{folder}: no README.md")),
            Some(readme) => {
                let lines = readme.lines().count();
                if lines > 130 {
                    offences.push(format!("{folder}/README.md: {lines} lines are no screen"));
                }
                if !readme.starts_with("# ") {
                    offences.push(format!("{folder}/README.md: doesn't begin with a title"));
                }
            }
        }
        let root = tree.text(&member.root).unwrap_or_default();
        if !root.contains("README.md\")]") {
            offences.push(format!("{}: doesn't pull in the crate's README", member.root));
        }
    }
    keep("Every crate has a README of one screen, pulled in by its root file:", offences);
}

#[test]
fn no_file_outgrows_one_noun() {
    let tree = Tree::read();
    let offences = tree
        .rust()
        .filter(|file| !file.holds_only_tests())
        .map(|file| (file, file.lines_without_tests()))
        .filter(|(_, lines)| *lines > files::MOST_LINES)
        .map(|(file, lines)| format!("{}: {lines} lines", file.path))
        .collect();
    keep("A file stops at 400 lines, tests at its bottom not counted:", offences);
}

#[test]
fn every_file_opens_with_a_sentence() {
    let tree = Tree::read();
    let offences =
        tree.rust().filter_map(|file| file.opening_fault().map(|fault| format!("{}: {fault}", file.path)));
    keep("Every file opens with one `//!` sentence:", offences.collect());
}

#[test]
fn unsafe_code_stands_where_it_is_known() {
    // The first is the one place of the host; the others are generated code of guests.
    let known = [
        "host/plugin/src/cache.rs",
        "sdk/rust/src/bindings.rs",
        "sdk/rust/macros/src/emit.rs",
        "tests/golden/lib.rs",
        "tests/golden/stranger.rs",
    ];
    let tree = Tree::read();
    let offences = tree
        .rust()
        .filter(|file| file.permits_unsafe() && !known.contains(&file.path.as_str()))
        .map(|file| file.path.clone());
    keep("Unsafe code stands in one file of the host:", offences.collect());
}

#[test]
fn nothing_names_the_machine_it_was_written_on() {
    let tree = Tree::read();
    let offences = tree.all().flat_map(files::machine_marks).collect();
    keep("Nothing names a path of one machine or a package registry:", offences);
}

#[test]
fn every_misbehaving_guest_has_a_test_that_names_it() {
    let tree = Tree::read();
    let guests = tree.all().filter_map(|file| file.path.strip_prefix("tests/guests/")?.strip_suffix(".toml"));
    let scenarios: Vec<&str> = tree
        .rust()
        .filter(|file| file.path.starts_with("tests/") && !file.path.starts_with("tests/guests/"))
        .map(|file| file.text.as_str())
        .collect();
    let named = |guest: &str| scenarios.iter().any(|text| text.contains(&format!("\"{guest}\"")));
    let offences = guests.filter(|guest| *guest != "Cargo" && !named(guest)).map(str::to_owned).collect();
    keep("Every guest in tests/guests is run by a scenario:", offences);
}

#[test]
fn nothing_hides_from_the_one_test_command() {
    let tree = Tree::read();
    let mut offences = Vec::new();
    for file in tree.all() {
        let parts: Vec<&str> = file.path.split('/').collect();
        if matches!(parts[..], ["host", _, "tests", ..]) {
            offences.push(format!("{}: integration tests live in the one binary", file.path));
        }
        if parts.last() == Some(&"build.rs") {
            offences.push(format!("{}: no build scripts", file.path));
        }
        if file.path.ends_with(".wasm") {
            offences.push(format!("{}: guests are built, not kept", file.path));
        }
        if file.path.ends_with(".rs") && file.text.contains(concat!("#[", "ignore]")) {
            offences.push(format!("{}: a test is ignored without a reason", file.path));
        }
    }
    keep("One test binary, no build scripts, no binaries, no skipped tests:", offences);
}
