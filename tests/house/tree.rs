//! Everything that is kept in the repository, read once.

use std::path::{Path, PathBuf};

/// One text file.
pub(super) struct File {
    /// Relative to the root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

/// The files of the repository, without what is built or fetched.
pub(super) struct Tree {
    files: Vec<File>,
}

/// The root of the workspace.
pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

impl Tree {
    /// Reads the tree; files that aren't text have an empty text.
    pub(super) fn read() -> Tree {
        let mut files = Vec::new();
        let mut folders = vec![root()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("a folder is readable") {
                let entry = entry.expect("a folder is readable");
                let kind = entry.file_type().expect("a file has a type");
                let name = entry.file_name().to_string_lossy().into_owned();
                let skipped = ["target", "node_modules", ".git", "parapet-data"].contains(&name.as_str());
                if skipped || kind.is_symlink() {
                    continue;
                }
                if kind.is_dir() {
                    folders.push(entry.path());
                    continue;
                }
                let path = entry.path();
                let relative =
                    path.strip_prefix(root()).expect("inside the root").to_string_lossy().replace('\\', "/");
                let text = std::fs::read(&path).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                files.push(File { path: relative, text: text.unwrap_or_default() });
            }
        }
        assert!(files.len() > 100, "the tree has only {} files", files.len());
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Tree { files }
    }

    /// Every file.
    pub(super) fn all(&self) -> impl Iterator<Item = &File> {
        self.files.iter()
    }

    /// Rust files that are compiled, so not the fill-in-the-blank ones of a template.
    pub(super) fn rust(&self) -> impl Iterator<Item = &File> {
        self.all().filter(|file| file.path.ends_with(".rs") && !file.path.contains("/template/"))
    }

    /// The text of one file.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.all().find(|file| file.path == path).map(|file| file.text.as_str())
    }
}
