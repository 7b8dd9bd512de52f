//! Regular expressions as queries write them.

use regex::{Regex, RegexBuilder};

use super::ahead;
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
    /// `\Q…\E` quotes, as in PCRE; options are letters out of `imxsu`. Of what PCRE has beyond regular languages,
    /// only looks ahead at the start of the text are taken; other look-around, back-references and possessive
    /// repetition are refused: they are what makes matching explode.
    ///
    /// # Errors
    /// 102 for a letter that isn't an option, and for a pattern that is malformed, too large or not regular.
    pub fn compile(&self) -> Result<Compiled, ParseError> {
        let source = unquoted(&self.source, self.options.contains('x'));
        let apart = if self.options.contains(['m', 'x']) { None } else { ahead::apart(&source) };
        let Some(apart) = apart else {
            return Ok(Compiled { all: vec![self.one(&source, COMPILED_BYTES)?], none: Vec::new() });
        };
        // They share what one pattern may take.
        let bytes = COMPILED_BYTES / (apart.all.len() + apart.none.len());
        let each = |sources: &[String]| -> Result<Vec<Regex>, ParseError> {
            sources.iter().map(|source| self.one(source, bytes)).collect()
        };
        Ok(Compiled { all: each(&apart.all)?, none: each(&apart.none)? })
    }

    fn one(&self, source: &str, bytes: usize) -> Result<Regex, ParseError> {
        let mut builder = RegexBuilder::new(source);
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
        let built = builder.size_limit(bytes).dfa_size_limit(bytes).build();
        // The engine's text would repeat the pattern.
        built.map_err(|error| {
            let reason = match &error {
                regex::Error::Syntax(text) if text.contains("look-around") => {
                    "look-around is supported only as (?=…) and (?!…) right after a ^ at the start"
                }
                regex::Error::Syntax(text) if text.contains("backreferences") => {
                    "back-references are not supported"
                }
                regex::Error::CompiledTooBig(_) => "the pattern is too large",
                _ => "not a pattern this server supports",
            };
            ParseError::new(Code::InvalidQuery, format!("Bad $regex value for query: {reason}"))
        })
    }
}

/// A pattern made ready.
#[derive(Debug, Clone)]
pub struct Compiled {
    all: Vec<Regex>,
    none: Vec<Regex>,
}

impl Compiled {
    /// Whether the pattern is found in a text.
    pub fn is_match(&self, text: &str) -> bool {
        self.all.iter().all(|pattern| pattern.is_match(text))
            && !self.none.iter().any(|pattern| pattern.is_match(text))
    }

    /// The pattern as a single one that tells where it was found, unless it looks ahead.
    pub fn single(&self) -> Option<&Regex> {
        match (self.all.as_slice(), self.none.as_slice()) {
            ([pattern], []) => Some(pattern),
            _ => None,
        }
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
    fn looks_ahead_at_the_start() {
        let words = "^(?=.*ann)(?=.*ward).*$";
        assert!(matches(words, "i", "Ward of Ann") && matches(words, "", "ann, ward"));
        assert!(!matches(words, "", "ann") && !matches(words, "", "Ann, ward"));
        assert!(
            matches(r"^(?=.*\Q(a)\E)(?!.*b)", "", "x (a)") && !matches(r"^(?=.*\Q(a)\E)(?!.*b)", "", "(a) b")
        );
        assert!(
            matches(r"(?i)^(?=.*\d)[a-z\d]{3,}$", "", "AB1") && !matches(r"^(?=.*\d)[a-z\d]{3,}$", "", "abc")
        );
        assert!(matches("^((?!spam).)*$", "", "eggs") && !matches("^((?!spam).)*$", "", "a spam"));
        assert!(!matches("^((?!spam).)*$", "", "a\nb") && matches("^((?!spam).)*$", "s", "a\nb"));
    }

    #[test]
    fn refusals_tell_what_is_not_supported() {
        for (source, options, reason) in [
            ("a(?!b)", "", "look-around"),
            ("(?<=a)b", "", "look-around"),
            ("^(?=a(?!b))", "", "look-around"),
            ("^(?=a)b", "m", "look-around"),
            (r"(a)\1", "", "back-references"),
            ("(a{1000}){1000}", "", "too large"),
            ("(secret", "", "not a pattern"),
            (&format!("^{}", "(?=a)".repeat(17)), "", "look-around"),
            (r"^(?=\w{60})(?=\w{60})(?=\w{60})", "", "too large"),
        ] {
            let error = Pattern { source: source.into(), options: options.into() }.compile().unwrap_err();
            assert!(error.message.contains(reason) && !error.message.contains("secret"), "{source}: {error}");
        }
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
