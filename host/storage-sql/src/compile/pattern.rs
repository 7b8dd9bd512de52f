//! Regular expressions that mean a plain text: what the SDKs' startsWith, contains and endsWith send.

use model::query::filter::Pattern;

/// What a pattern comes down to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Literal {
    /// `^\Qtext\E`
    Prefix(String),
    /// `\Qtext\E`
    Inside(String),
    /// `\Qtext\E$`, save that `$` may see a line's end before the text's.
    Suffix(String),
}

/// The plain text that a pattern without options means, if it is of one of the three forms.
pub(super) fn literal(pattern: &Pattern) -> Option<Literal> {
    // NUL ends a text in SQL functions.
    let found = pattern.literal().filter(|found| !found.any_case && !found.text.contains('\0'))?;
    match (found.starts, found.ends) {
        (true, false) => Some(Literal::Prefix(found.text)),
        (false, false) => Some(Literal::Inside(found.text)),
        (false, true) => Some(Literal::Suffix(found.text)),
        (true, true) => None,
    }
}

/// The smallest text above all texts with a prefix; `None` if there is none.
pub(super) fn after(prefix: &str) -> Option<String> {
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

    fn of(source: &str, options: &str) -> Option<Literal> {
        literal(&Pattern { source: source.into(), options: options.into() })
    }

    #[test]
    fn knows_what_the_sdks_send() {
        assert_eq!(of(r"^\Qa.b\E", ""), Some(Literal::Prefix("a.b".into())));
        assert_eq!(of(r"\Qa.b\E", ""), Some(Literal::Inside("a.b".into())));
        assert_eq!(of(r"\Qa.b\E$", ""), Some(Literal::Suffix("a.b".into())));
        assert_eq!(of("^abc", "u"), Some(Literal::Prefix("abc".into())));
        assert_eq!(of("abc", ""), Some(Literal::Inside("abc".into())));
    }

    #[test]
    fn leaves_the_rest_to_the_matcher() {
        for source in
            [r"^\Qa\E.*", "a|b", "ab*", "ab?", "a.c", r"\d", r"^\Qa\E$", r"\Qa\E\\E\Qb\E", "", "^", r"\Q\E"]
        {
            assert_eq!(of(source, ""), None, "{source}");
        }
        assert_eq!(of("^abc", "i"), None);
        assert_eq!(of("^abc", "m"), None);
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
