//! Somebody edits the trail of a real server: the verification says so, and how.

use std::fs;
use std::path::{Path, PathBuf};

use audit::verify::{self, Options};
use kit::Kit;
use serde_json::json;

/// A closed server's trail, copied out, with the key to check it by.
struct Evidence {
    folder: tempfile::TempDir,
    options: Options,
}

impl Evidence {
    async fn collect() -> Evidence {
        let kit = Kit::new().class("Note", json!({"n": {"type": "Number"}})).start().await;
        for n in 0..5 {
            let id = kit.post("/classes/Note").json(json!({"n": n})).as_user("ann").await.ok(201).id();
            kit.get(&format!("/classes/Note/{id}")).as_user("bob").await.ok(200);
        }
        let folder = tempfile::tempdir().unwrap();
        let (trail, key) = (kit.trail_dir(), kit.verifier());
        kit.close_and(|| copy(&trail, &folder.path().join("trail"))).await;
        Evidence { folder, options: Options { key: Some(key), ..Options::default() } }
    }

    fn trail(&self) -> PathBuf {
        self.folder.path().join("trail")
    }

    fn verdict(&self) -> u8 {
        verify::verify(&self.trail(), &self.options).unwrap().exit_code()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// Whether it is a partial tile that a wider one has replaced: it says nothing any more.
fn replaced(file: &Path, all: &[PathBuf]) -> bool {
    let width = |file: &Path| file.file_name()?.to_str()?.parse::<u32>().ok();
    let wider = |other: &PathBuf| other.parent() == file.parent() && width(other) > width(file);
    file.to_string_lossy().contains(".p/") && all.iter().any(wider)
}

#[tokio::test]
async fn any_changed_byte_is_found() {
    let evidence = Evidence::collect().await;
    assert_eq!(evidence.verdict(), 0);
    let mut tried = 0;
    let all = files(&evidence.trail());
    for file in &all {
        if replaced(file, &all) {
            continue;
        }
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let original = fs::read(file).unwrap();
        // Aids of the next start, not the trail.
        if ["lock", "reserve", "intents"].contains(&&*name) || original.is_empty() {
            continue;
        }
        for at in (0..original.len()).step_by(original.len() / 20 + 1) {
            let mut changed = original.clone();
            changed[at] ^= 0x01;
            fs::write(file, &changed).unwrap();
            assert_ne!(evidence.verdict(), 0, "byte {at} of {}", file.display());
            tried += 1;
        }
        fs::write(file, &original).unwrap();
    }
    assert_eq!(evidence.verdict(), 0);
    assert!(tried > 40, "{tried}");
}

#[tokio::test]
async fn a_missing_file_and_a_foreign_key_are_found() {
    let evidence = Evidence::collect().await;
    let all = files(&evidence.trail());
    let mut bundles = all.iter().filter(|file| file.to_string_lossy().contains("entries"));
    let bundle =
        bundles.find(|file| !replaced(file, &all)).expect("a closed trail has its entries in bundles");
    let kept = fs::read(bundle).unwrap();
    fs::remove_file(bundle).unwrap();
    assert_eq!(evidence.verdict(), 11);
    fs::write(bundle, kept).unwrap();
    assert_eq!(evidence.verdict(), 0);

    let other = Evidence::collect().await;
    let foreign = Evidence { folder: evidence.folder, options: other.options };
    assert_eq!(foreign.verdict(), 14);
}

#[tokio::test]
async fn yesterdays_copy_is_found_by_a_checkpoint_kept_elsewhere() {
    let mut kit = Kit::new().class("Note", json!({"n": {"type": "Number"}})).start().await;
    kit.seed("Note", json!({"n": 1})).await;
    kit.restart().await;
    let folder = tempfile::tempdir().unwrap();
    let yesterday = folder.path().join("yesterday");
    copy(&kit.trail_dir(), &yesterday);
    kit.seed("Note", json!({"n": 2})).await;
    let (trail, key) = (kit.trail_dir(), kit.verifier());
    let today = folder.path().join("today");
    kit.close_and(|| copy(&trail, &today)).await;
    let text = fs::read_to_string(today.join("checkpoint")).unwrap();
    let checkpoint = audit::Checkpoint::open(&text, &key).unwrap();
    let options = Options { key: Some(key), since: vec![checkpoint], ..Options::default() };
    assert_eq!(verify::verify(&today, &options).unwrap().exit_code(), 0);
    assert_eq!(verify::verify(&yesterday, &options).unwrap().exit_code(), 12);
}
