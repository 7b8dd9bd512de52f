//! Regular expressions as queries write them.

use regex::{Regex, RegexBuilder};

use crate::{Code, ParseError, query::filter::Pattern};

/// The most memory that one compiled pattern may take, in bytes.
const COMPILED_BYTES: usize = 1 << 20;

/// The plain text that a pattern means, and where it must stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    /// The text; not empty.
    pub text: String,
    /// Whether the searched text begins with it.
    pub starts: bool,
    /// Whether the searched text, or the line before its last end, ends with it.
    pub ends: bool,
    /// Whether case is ignored.
    pub any_case: bool,
}

impl Pattern {
    /// The plain text that the pattern means, if it is of one of the forms that SDKs write for `startsWith`, `contains`
    /// and `endsWith`: `^\Qtext\E`, `\Qtext\E`, `\Qtext\E$`.
    pub fn literal(&self) -> Option<Literal> {
        if !self.options.chars().all(|option| matches!(option, 'u' | 'i')) {
            return None;
        }
        let unanchored = self.source.strip_prefix('^');
        let rest = unanchored.unwrap_or(&self.source);
        let (text, after) = match rest.strip_prefix("\\Q") {
            Some(quoted) => quoted.split_once("\\E").unwrap_or((quoted, "")),
            // Letters, digits and blanks mean themselves; what follows them (`*`, `{`, …) makes the form another one.
            None => {
                let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-');
                rest.split_at(rest.find(|c| !plain(c)).unwrap_or(rest.len()))
            }
        };
        (!text.is_empty() && matches!(after, "" | "$")).then(|| Literal {
            text: text.to_owned(),
            starts: unanchored.is_some(),
            ends: after == "$",
            any_case: self.options.contains('i'),
        })
    }

    /// Compiles the pattern for an engine that takes time linear in the text.
    ///
    /// `\Q…\E` quotes, as in PCRE; options are letters out of `imxsu`. What PCRE has beyond regular languages
    /// (look-around, back-references, possessive repetition) is refused: it is what makes matching explode.
    ///
    /// # Errors
    /// 102 for a letter that isn't an option, and for a pattern that is malformed, too large or not regular.
    pub fn compile(&self) -> Result<Regex, ParseError> {
        let extended = self.options.contains('x');
        let mut builder = RegexBuilder::new(&unquoted(&self.source, extended));
        for option in self.options.chars() {
            match option {
                'i' => builder.case_insensitive(true),
                'm' => builder.multi_line(true),
                's' => builder.dot_matches_new_line(true),
                'x' => builder.ignore_whitespace(true),
                // Patterns are always Unicode.
                'u' => &mut builder,
                other if other.is_ascii_alphanumeric() => {
                    return Err(ParseError::new(
                        Code::InvalidQuery,
                        format!("Bad $options value for query: {other}"),
                    ));
                }
                _ => return Err(ParseError::new(Code::InvalidQuery, "Bad $options value for query")),
            };
        }
        builder
            .size_limit(COMPILED_BYTES)
            .dfa_size_limit(COMPILED_BYTES)
            .build()
            // The engine's text would repeat the pattern.
            .map_err(|_| {
                ParseError::new(
                    Code::InvalidQuery,
                    "Bad $regex value for query: not a pattern this server supports",
                )
            })
    }
}

/// Turns `\Q…\E` into escaped characters; an open quote reaches to the end, a lone `\E` means nothing.
fn unquoted(source: &str, extended: bool) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        if let Some(quoted) = escape.strip_prefix("\\Q") {
            let (text, after) = quoted.split_once("\\E").unwrap_or((quoted, ""));
            quote(text, extended, &mut out);
            rest = after;
        } else if let Some(after) = escape.strip_prefix("\\E") {
            rest = after;
        } else {
            // A backslash and what it escapes travel together, so that `\\Q` doesn't open a quote.
            let end = escape.char_indices().nth(2).map_or(escape.len(), |(end, _)| end);
            let (pair, after) = escape.split_at(end);
            out.push_str(pair);
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

fn quote(text: &str, extended: bool, out: &mut String) {
    for part in text.split_inclusive(char::is_whitespace) {
        match part.chars().next_back() {
            // Under `x` a bare blank would be skipped.
            Some(blank) if extended && blank.is_whitespace() => {
                out.push_str(&regex::escape(part.strip_suffix(blank).unwrap_or_default()));
                out.push_str(&format!("\\x{{{:x}}}", u32::from(blank)));
            }
            _ => out.push_str(&regex::escape(part)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(source: &str, options: &str, text: &str) -> bool {
        Pattern { source: source.into(), options: options.into() }.compile().unwrap().is_match(text)
    }

    #[test]
    fn quotes_as_the_sdks_do() {
        assert!(matches(r"^\Qa.b\E", "", "a.bc"));
        assert!(!matches(r"^\Qa.b\E", "", "axbc"));
        assert!(matches(r"\Qc++\E$", "", "we like c++"));
        assert!(matches(r"\Qopen (", "", "an open ( bracket"));
        // An SDK writes a text that holds `\E` like this.
        assert!(matches(r"^\Qa\E\\E\Qb\E$", "", r"a\Eb"));
        assert!(matches(r"^\\Qa$", "", r"\Qa"));
        assert!(matches(r"a\E", "", "a"));
    }

    #[test]
    fn options_change_the_match() {
        assert!(matches("ÄRZTIN", "i", "ärztin"));
        assert!(!matches("a.b", "", "a\nb"));
        assert!(matches("a.b", "s", "a\nb"));
        assert!(matches("^b", "m", "a\nb"));
        assert!(matches("a b # comment", "x", "ab"));
        assert!(matches(r"\Qa b\E", "x", "a b"));
        assert!(matches("ä", "u", "ä"));
    }

    #[test]
    fn refuses_what_it_cannot_keep() {
        for (source, options) in
            [("(", ""), (r"(?=a)", ""), (r"(a)\1", ""), ("a", "g"), ("a", "é"), ("(a{1000}){1000}", "")]
        {
            let error = Pattern { source: source.into(), options: options.into() }.compile().unwrap_err();
            assert_eq!(error.code, Code::InvalidQuery);
        }
    }
}
