//! Regular expressions: as plain texts where they mean one, since MongoDB's dialect is another than Parse's.

use model::{FieldType, query::filter::Pattern};
use mongodb::bson::doc;
use storage::prefix;

use super::{Bound, Cond, Part, Place};

/// Tests texts at a place, or elements of a list there.
pub(super) fn test(place: &Place<'_>, pattern: &Pattern, bound: Bound) -> Part {
    let text = |source: String| Cond::Clause(doc! {place.key: {"$regex": source}});
    // Of a list, one element must be inside the range, which two ends can't say.
    let single = *place.kind == FieldType::String && !place.path.is_dotted();
    match literal(pattern) {
        Some(Literal::Prefix(prefix)) if single => Part::exact(begins(place, &prefix)),
        Some(Literal::Prefix(prefix)) => Part::exact(text(format!("^{}", escaped(&prefix)))),
        Some(Literal::Inside(part)) => Part::exact(text(escaped(&part))),
        Some(Literal::Suffix(part)) => Part::upper(text(escaped(&part)), bound),
        // What ignores case is narrowed by MongoDB, whose idea of case agrees at least about these letters.
        Some(Literal::AnyCase(part)) => {
            let clause = doc! {place.key: {"$regex": escaped(&part), "$options": "i"}};
            Part::upper(Cond::Clause(clause), bound)
        }
        None => match prefix::beginning(pattern) {
            Some(prefix) if single => Part::upper(begins(place, &prefix), bound),
            _ => Part::upper(Cond::Clause(doc! {place.key: {"$type": "string"}}), bound),
        },
    }
}

/// Texts that begin with a prefix, as a range: they are in the order of their bytes.
fn begins(place: &Place<'_>, prefix: &str) -> Cond {
    let mut range = doc! {"$gte": prefix};
    if let Some(end) = prefix::after(prefix) {
        range.insert("$lt", end);
    }
    place.clause(range)
}

/// What a pattern comes down to.
#[derive(Debug, PartialEq, Eq)]
enum Literal {
    /// `^\Qtext\E`
    Prefix(String),
    /// `\Qtext\E`
    Inside(String),
    /// `\Qtext\E$`, save that `$` may see a line's end before the text's.
    Suffix(String),
    /// One of these with the option `i`, in letters without surprises.
    AnyCase(String),
}

/// The plain text that a pattern means, if it is of one of these forms.
fn literal(pattern: &Pattern) -> Option<Literal> {
    // MongoDB refuses a NUL in a pattern.
    let found = pattern.literal().filter(|found| !found.text.contains('\0'))?;
    if found.any_case {
        return found.text.is_ascii().then_some(Literal::AnyCase(found.text));
    }
    Some(match (found.starts, found.ends) {
        (true, false) => Literal::Prefix(found.text),
        (false, false) => Literal::Inside(found.text),
        (false, true) => Literal::Suffix(found.text),
        // Anchored at both ends, it is at least a text that begins so.
        (true, true) => return None,
    })
}

/// A text as a pattern that means it, in every dialect: only what is special somewhere gets its backslash.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        if matches!(
            letter,
            '\\' | '^'
                | '$'
                | '.'
                | '|'
                | '?'
                | '*'
                | '+'
                | '('
                | ')'
                | '['
                | ']'
                | '{'
                | '}'
                | '#'
                | '-'
                | '/'
                | '&'
                | '~'
        ) {
            out.push('\\');
        }
        out.push(letter);
    }
    out
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
        assert_eq!(of("^abc", "i"), Some(Literal::AnyCase("abc".into())));
        assert_eq!(of("^ärz", "i"), None);
    }

    #[test]
    fn leaves_the_rest_to_the_matcher() {
        for source in [r"^\Qa\E.*", "a|b", "ab*", "ab?", "a.c", r"\d", r"\Qa\E\\E\Qb\E", "", "^", r"\Q\E"] {
            assert_eq!(of(source, ""), None, "{source}");
        }
        assert_eq!(of("^abc", "m"), None);
        assert_eq!(of("^abc", "x"), None);
    }

    #[test]
    fn a_quoted_text_reaches_every_dialect_as_itself() {
        assert_eq!(escaped("c++ (new)"), r"c\+\+ \(new\)");
        assert_eq!(escaped(r"a\Eb"), r"a\\Eb");
        assert_eq!(escaped("ä_1"), "ä_1");
    }
}
