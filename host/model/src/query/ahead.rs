//! Look-ahead at the start of a pattern, taken apart into patterns without any.
//!
//! `^(?=.*a)(?!.*b)c` holds where `^.*a` and `^c` do and `^.*b` doesn't: so it costs what three regular patterns cost,
//! where an engine that goes back and tries again could be made to try without end.

/// The most looks ahead of one pattern.
const MOST: usize = 16;

/// A pattern taken apart: all of some must be found, and none of the others.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Apart {
    pub(super) all: Vec<String>,
    pub(super) none: Vec<String>,
}

/// Takes a pattern apart that begins with looks ahead; `None` for any other.
///
/// Quotes must be resolved already; `^` has to mean the start of the text, and blanks themselves.
pub(super) fn apart(source: &str) -> Option<Apart> {
    let (flags, rest) = flags(source);
    let mut rest = rest.strip_prefix('^').or_else(|| rest.strip_prefix("\\A"))?;
    if let Some(word) = never(rest) {
        return Some(Apart { all: vec![format!("{flags}^.*$")], none: vec![format!("{flags}{word}")] });
    }
    let mut found = Apart { all: Vec::new(), none: Vec::new() };
    loop {
        let (into, inner) = match (rest.strip_prefix("(?="), rest.strip_prefix("(?!")) {
            (Some(inner), _) => (&mut found.all, inner),
            (None, Some(inner)) => (&mut found.none, inner),
            (None, None) => break,
        };
        let (inner, after) = group(inner)?;
        into.push(format!("{flags}^(?:{inner})"));
        if found.all.len() + found.none.len() > MOST {
            return None;
        }
        rest = after;
    }
    if found.all.is_empty() && found.none.is_empty() {
        return None;
    }
    // A look that may be missing or come again isn't one, and what has alternatives begins more than once.
    if rest.starts_with(['*', '+', '?', '{']) || has_alternatives(rest) {
        return None;
    }
    found.all.push(format!("{flags}^{rest}"));
    Some(found)
}

/// Flags such as `(?i)` at the very start, and what follows.
fn flags(source: &str) -> (&str, &str) {
    let end = source.strip_prefix("(?").and_then(|rest| rest.find(|c: char| !matches!(c, 'i' | 's' | 'u')));
    match end.map(|end| source.split_at(end + 3)) {
        Some((flags, rest)) if flags.len() > 3 && flags.ends_with(')') => (flags, rest),
        _ => ("", source),
    }
}

/// What a text must nowhere hold by `((?!word).)*$`.
fn never(rest: &str) -> Option<&str> {
    let inner = rest.strip_prefix("(?:").or_else(|| rest.strip_prefix('('))?.strip_prefix("(?!")?;
    let (word, after) = group(inner)?;
    (after == ".)*$" && !word.is_empty()).then_some(word)
}

/// What is inside a group that was opened, and what follows its end.
fn group(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (at, c) in plain(text) {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return Some((text.get(..at)?, text.get(at + 1..)?)),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn has_alternatives(text: &str) -> bool {
    let mut depth = 0_usize;
    plain(text).into_iter().any(|(_, c)| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == '|' && depth == 0
    })
}

/// The characters that are neither escaped nor in a class, with their places.
fn plain(text: &str) -> Vec<(usize, char)> {
    let mut found = Vec::new();
    let mut chars = text.char_indices();
    // Where the class begins that is open.
    let mut class: Option<usize> = None;
    while let Some((at, c)) = chars.next() {
        match (c, class) {
            ('\\', _) => drop(chars.next()),
            ('[', None) => class = Some(at),
            // A bracket right at the start of a class is one of its letters.
            (']', Some(start)) if !matches!(text.get(start + 1..at), Some("" | "^")) => class = None,
            (_, None) => found.push((at, c)),
            (_, Some(_)) => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_become_patterns() {
        for (source, all, none) in [
            ("^(?=.*a)(?!.*b)c", vec!["^(?:.*a)", "^c"], vec!["^(?:.*b)"]),
            ("(?i)^(?=a|(b))", vec!["(?i)^(?:a|(b))", "(?i)^"], vec![]),
            (r"^(?=[)(]\))x", vec![r"^(?:[)(]\))", "^x"], vec![]),
            ("^(?=[]()])x(a|b)", vec!["^(?:[]()])", "^x(a|b)"], vec![]),
            ("^((?!word).)*$", vec!["^.*$"], vec!["word"]),
            ("^(?:(?!a|b).)*$", vec!["^.*$"], vec!["a|b"]),
        ] {
            assert_eq!(
                apart(source),
                Some(Apart {
                    all: all.into_iter().map(str::to_owned).collect(),
                    none: none.into_iter().map(str::to_owned).collect(),
                }),
                "{source}"
            );
        }
        for source in
            ["a", "^a", "(?=a)b", "^(?=a)b|c", "^(?=a)?b", "^(?=a", "a(?!b)", "^(?m)(?=a)", "^(?<=a)b"]
        {
            assert_eq!(apart(source), None, "{source}");
        }
    }
}
