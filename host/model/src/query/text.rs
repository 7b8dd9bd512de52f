//! Words looked for in texts, and how well a text answers.

use std::{collections::BTreeSet, fmt};

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use crate::Value;

/// What `$text` looks for.
///
/// A text passes when it holds one of the words, every `"phrase in quotes"`, and no `-word`. Words are runs of letters
/// and digits; there are no stems and no stop words, whatever the language.
#[derive(Clone, PartialEq, Eq)]
pub struct Search {
    /// Words, quoted phrases, and words to leave out.
    pub term: String,
    /// The language that a backend with stems of its own goes by.
    pub language: Option<String>,
    /// Whether `Word` and `word` differ.
    pub case_sensitive: bool,
    /// Whether `café` and `cafe` differ.
    pub diacritic_sensitive: bool,
}

/// Shows nothing of what is looked for.
impl fmt::Debug for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Search")
    }
}

/// A search made ready to be asked about many texts.
pub struct Seeker {
    words: BTreeSet<String>,
    phrases: Vec<Vec<String>>,
    without: Vec<Vec<String>>,
    case_sensitive: bool,
    diacritic_sensitive: bool,
}

impl Seeker {
    /// Takes a search apart.
    pub fn new(search: &Search) -> Seeker {
        let mut seeker = Seeker {
            words: BTreeSet::new(),
            phrases: Vec::new(),
            without: Vec::new(),
            case_sensitive: search.case_sensitive,
            diacritic_sensitive: search.diacritic_sensitive,
        };
        for (place, part) in search.term.split('"').enumerate() {
            // What stands between an odd quote and the next one is a phrase.
            if place % 2 == 1 {
                let phrase = seeker.tokens(part);
                seeker.words.extend(phrase.iter().cloned());
                if phrase.len() > 1 {
                    seeker.phrases.push(phrase);
                } else if let [word] = phrase.as_slice() {
                    seeker.phrases.push(vec![word.clone()]);
                }
                continue;
            }
            for word in part.split_whitespace() {
                match word.strip_prefix('-') {
                    Some(left_out) => {
                        let left_out = seeker.tokens(left_out);
                        seeker.without.extend((!left_out.is_empty()).then_some(left_out));
                    }
                    None => {
                        let words = seeker.tokens(word);
                        seeker.words.extend(words);
                    }
                }
            }
        }
        seeker
    }

    /// How well the texts of a value answer, larger is better; `None` when they don't.
    pub fn score(&self, values: &[&Value]) -> Option<f64> {
        let mut texts = Vec::new();
        for value in values {
            match value {
                Value::String(text) => texts.push(self.tokens(text)),
                Value::Array(items) => {
                    texts.extend(items.iter().filter_map(Value::as_str).map(|text| self.tokens(text)));
                }
                _ => {}
            }
        }
        let holds = |phrase: &Vec<String>| {
            texts.iter().any(|text| text.windows(phrase.len()).any(|part| part == phrase))
        };
        if self.without.iter().any(holds) || !self.phrases.iter().all(holds) {
            return None;
        }
        let score: f64 = texts.iter().map(|text| self.frequency(text)).sum();
        (score > 0.0).then_some(score)
    }

    /// The weight of the words in one text, as MongoDB has it: a word counts less each time it comes again, more in a
    /// short text, and a tenth more when it is all there is.
    fn frequency(&self, text: &[String]) -> f64 {
        let all = text.len() as f64;
        let weigh = |word: &String| {
            let count = text.iter().filter(|token| *token == word).count();
            if count == 0 {
                return 0.0;
            }
            let again = 2.0 - 0.5_f64.powi(i32::try_from(count).unwrap_or(i32::MAX) - 1);
            again * (0.5 * count as f64 / all + 0.5) * if text.len() == 1 { 1.1 } else { 1.0 }
        };
        self.words.iter().map(weigh).sum()
    }

    fn tokens(&self, text: &str) -> Vec<String> {
        let text: String = match self.diacritic_sensitive {
            true => text.nfc().collect(),
            false => text.nfkd().filter(|c| !is_combining_mark(*c)).collect(),
        };
        let text = if self.case_sensitive { text } else { text.to_lowercase() };
        let words = text.split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c));
        words.filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(term: &str, text: &str) -> Option<f64> {
        sensitive(term, text, false, false)
    }

    fn sensitive(term: &str, text: &str, case_sensitive: bool, diacritic_sensitive: bool) -> Option<f64> {
        let search = Search { term: term.into(), language: None, case_sensitive, diacritic_sensitive };
        Seeker::new(&search).score(&[&Value::text(text)])
    }

    #[test]
    fn words_phrases_and_what_is_left_out() {
        for (term, text, passes) in [
            ("coffee", "Coffee and cream", true),
            ("coffee tea", "tea time", true),
            ("cof", "coffee", false),
            ("\"coffee shop\"", "the Coffee, shop!", true),
            ("\"coffee shop\"", "shop coffee", false),
            ("shop \"coffee\"", "the shop", false),
            ("leche -cafe", "Café con leche", false),
            ("leche -cafe", "leche", true),
            ("-cafe", "leche", false),
            ("", "leche", false),
            ("!", "leche", false),
            ("CAFÉ", "cafe", true),
            ("well-known", "known", true),
            ("Сырники", "сырники", true),
        ] {
            assert_eq!(score(term, text).is_some(), passes, "{term} in {text}");
        }
    }

    #[test]
    fn letters_are_told_apart_on_demand() {
        assert!(sensitive("Coffee", "coffee", true, false).is_none());
        assert!(sensitive("Coffee", "Coffee", true, false).is_some());
        assert!(sensitive("café", "cafe", false, true).is_none());
        assert!(sensitive("cafe\u{301}", "CAFÉ", false, true).is_some());
    }

    #[test]
    fn the_more_of_a_text_the_better() {
        let scores = ["coffee", "coffee coffee", "coffee shop", "coffee in a shop"];
        let scores: Vec<f64> = scores.map(|text| score("coffee", text).unwrap()).to_vec();
        assert_eq!(scores, [1.1, 1.5, 0.75, 0.625]);
        let list = Value::Array(vec!["tea".into(), "coffee".into(), Value::Null]);
        let search = Search {
            term: "coffee".into(),
            language: None,
            case_sensitive: false,
            diacritic_sensitive: false,
        };
        assert_eq!(Seeker::new(&search).score(&[&list]), Some(1.1));
    }
}
