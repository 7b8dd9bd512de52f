//! What is said to the person at the terminal.

use std::fmt::Display;
use std::io::Write as _;

/// Writes a line to standard output; a reader who has left isn't an error.
pub(crate) fn line(text: impl Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}");
    let _ = out.flush();
}

/// Writes lines that hold a plugin's own words to standard output, without what could move a terminal's cursor:
/// these words must not hide the others.
pub(crate) fn lines(lines: impl IntoIterator<Item = String>) {
    for text in lines {
        line(text.replace(char::is_control, "?"));
    }
}

/// Writes a line to standard error.
pub(crate) fn aside(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
