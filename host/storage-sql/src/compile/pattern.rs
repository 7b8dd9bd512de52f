//! Regular expressions that mean a plain text: what the SDKs' startsWith, contains and endsWith send.

use model::query::filter::Pattern;
use storage::prefix;

/// What a pattern comes down to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Literal {
    /// `^\Qtext\E`
    Prefix(String),
    /// `\Qtext\E`
    Inside(String),
    /// `\Qtext\E$`, save that `$` may see a line's end before the text's.
    Suffix(String),
    /// Begins with `text`, and more may be asked of it: `^text$`, `^text.*`.
    Begins(String),
}

/// The plain text that a pattern without options means, or that whatever it matches begins with.
pub(super) fn literal(pattern: &Pattern) -> Option<Literal> {
    // NUL ends a text in SQL functions.
    let found = match pattern.literal().filter(|found| !found.any_case) {
        Some(found) => match (found.starts, found.ends) {
            (true, false) => Literal::Prefix(found.text),
            (false, false) => Literal::Inside(found.text),
            (false, true) => Literal::Suffix(found.text),
            (true, true) => Literal::Begins(found.text),
        },
        None => Literal::Begins(prefix::beginning(pattern)?),
    };
    let (Literal::Prefix(text) | Literal::Inside(text) | Literal::Suffix(text) | Literal::Begins(text)) =
        &found;
    (!text.contains('\0')).then_some(found)
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
    fn knows_what_a_match_begins_with() {
        for (source, text) in [
            (r"^\Qa.b\E$", "a.b"),
            ("^ab$", "ab"),
            ("^ab.*c", "ab"),
            ("^abc?", "ab"),
            ("^ab*", "a"),
            (r"^\Qa.b\E+", "a."),
            (r"^ab\d", "ab"),
        ] {
            assert_eq!(of(source, "s"), Some(Literal::Begins(text.into())), "{source}");
        }
    }

    #[test]
    fn leaves_the_rest_to_the_matcher() {
        for source in [
            "a|b",
            "ab*",
            "ab?",
            "a.c",
            r"\d",
            r"\Qa\E\\E\Qb\E",
            "",
            "^",
            r"\Q\E",
            "^a*",
            "^ab|c",
            r"^\Qa\E|c",
            "^(ab)",
        ] {
            assert_eq!(of(source, ""), None, "{source}");
        }
        assert_eq!(of("^abc", "i"), None);
        assert_eq!(of("^abc", "m"), None);
    }
}
