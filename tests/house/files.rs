//! What is asked of one file.

use super::tree::File;

/// Where a file stops.
pub(super) const MOST_LINES: usize = 400;

impl File {
    /// Whether the file is the tests of another one: `x/tests.rs` or what that one names.
    pub(super) fn holds_only_tests(&self) -> bool {
        let in_crate = !self.path.starts_with("tests/");
        in_crate && (self.path.ends_with("/tests.rs") || self.path.contains("/tests/"))
    }

    /// Counts lines down to the tests at the bottom.
    pub(super) fn lines_without_tests(&self) -> usize {
        let lines: Vec<&str> = self.text.lines().collect();
        let tests = lines.windows(2).position(|pair| {
            pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{')
        });
        tests.unwrap_or(lines.len())
    }

    /// What is wrong with the way the file opens, if anything is.
    pub(super) fn opening_fault(&self) -> Option<&'static str> {
        let first = self.text.lines().next().unwrap_or_default();
        if first.starts_with("#![doc = include_str!(") {
            return None;
        }
        let Some(sentence) = first.strip_prefix("//! ") else { return Some("opens without `//!`") };
        if sentence == "Being built." {
            return Some("is a place holder");
        }
        // A sentence may go on in the next lines, but it begins and ends.
        let whole: Vec<&str> = self.text.lines().map_while(|line| line.strip_prefix("//! ")).collect();
        let ends = whole.last().is_some_and(|line| line.ends_with(['.', ':', '?', '`', '|']));
        (!ends).then_some("opens with something that isn't a sentence")
    }

    /// Whether the file lifts the ban on unsafe code.
    pub(super) fn permits_unsafe(&self) -> bool {
        let squeezed: String = self.text.chars().filter(|c| !c.is_whitespace()).collect();
        ["allow(", "expect(", "warn("].iter().any(|lift| {
            squeezed.match_indices(lift).any(|(at, _)| {
                let rest = squeezed.get(at..).unwrap_or_default();
                rest.split(')').next().is_some_and(|inside| inside.contains(concat!("unsafe", "_code")))
            })
        })
    }
}

/// Finds what only means something on one machine.
pub(super) fn machine_marks(file: &File) -> Vec<String> {
    // Spelt in halves, so that this file doesn't find itself.
    let mut marks = vec![
        concat!("/wo", "rk/").to_owned(),
        concat!("/ro", "ot/").to_owned(),
        concat!("/Us", "ers/").to_owned(),
        concat!("/ho", "me/").to_owned(),
        concat!("/tmp", "/t/").to_owned(),
        concat!("/tmp", "/brief").to_owned(),
        concat!("registry.np", "mjs").to_owned(),
        concat!("static.cra", "tes.io").to_owned(),
        concat!("HOU", "SE.md").to_owned(),
        concat!("parse-", "protocol.md").to_owned(),
    ];
    // The place where this run was built can be anywhere; it must not be written down either.
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    if here.len() > 12 {
        marks.push(here.to_owned());
    }
    if file.path == "Cargo.lock" {
        return Vec::new();
    }
    let lines = file.text.lines().enumerate();
    lines
        .filter_map(|(at, line)| {
            let mark = marks.iter().find(|mark| line.contains(mark.as_str()))?;
            Some(format!("{}:{}: {mark}", file.path, at + 1))
        })
        .collect()
}
