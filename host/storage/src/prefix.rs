//! What texts that match a pattern begin with, as a range that an index serves.

use model::query::filter::Pattern;

/// The plain text that a pattern begins with, if it is bound to the start of the text and has no alternatives.
pub fn beginning(pattern: &Pattern) -> Option<String> {
    let rest = pattern.source.strip_prefix('^')?;
    if !pattern.options.chars().all(|option| matches!(option, 'u' | 's')) || rest.contains('|') {
        return None;
    }
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-');
    let (text, after) = match rest.strip_prefix("\\Q") {
        Some(quoted) => quoted.split_once("\\E")?,
        None => rest.split_at(rest.find(|c| !plain(c)).unwrap_or(rest.len())),
    };
    let mut chars = text.chars();
    if after.starts_with(['*', '?', '{', '+']) {
        // It may be missing.
        chars.next_back();
    }
    Some(chars.as_str().to_owned()).filter(|text| !text.is_empty())
}

/// The smallest text above all texts with a prefix; `None` if there is none.
pub fn after(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        // The code points between U+D7FF and U+E000 aren't characters.
        let next = if last == '\u{D7FF}' { Some('\u{E000}') } else { char::from_u32(u32::from(last) + 1) };
        if let Some(next) = next {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_a_match_begins_with() {
        let of = |source: &str, options: &str| {
            beginning(&Pattern { source: source.into(), options: options.into() })
        };
        for (source, text) in [
            (r"^\Qa.b\E$", "a.b"),
            ("^ab$", "ab"),
            ("^ab.*c", "ab"),
            ("^abc?", "ab"),
            ("^ab*", "a"),
            (r"^\Qa.b\E+", "a."),
            (r"^ab\d", "ab"),
        ] {
            assert_eq!(of(source, "s").as_deref(), Some(text), "{source}");
        }
        for source in ["ab", "", "^", "^a*", "^ab|c", r"^\Qa\E|c", "^(ab)", r"^\Qa"] {
            assert_eq!(of(source, ""), None, "{source}");
        }
        assert!(["i", "m", "x"].into_iter().all(|option| of("^ab", option).is_none()));
    }

    #[test]
    fn the_end_of_a_prefix_is_above_it() {
        assert_eq!(after("ab").unwrap(), "ac");
        assert_eq!(after("a\u{10FFFF}").unwrap(), "b");
        assert_eq!(after("\u{D7FF}").unwrap(), "\u{E000}");
        assert_eq!(after("\u{10FFFF}"), None);
        assert!("ab\u{10FFFF}\u{10FFFF}" < after("ab").unwrap().as_str());
    }
}
