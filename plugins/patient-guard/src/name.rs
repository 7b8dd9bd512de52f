//! A patient's name, and the key to search it by.

use parapet::{Fault, Object};

/// How many characters a name may have.
const LONGEST: usize = 200;

/// Requires a name, collapses its spaces and sets the search key.
pub(crate) fn check(patient: &Object) -> Result<(), Fault> {
    let given: String = patient.require("name")?;
    let name = collapse(&given);
    if name.is_empty() {
        return Err(Fault::invalid("name is required"));
    }
    if name.chars().count() > LONGEST {
        return Err(Fault::invalid(format!("name has more than {LONGEST} characters")));
    }
    if name.chars().any(char::is_control) {
        return Err(Fault::invalid("name has control characters"));
    }
    patient.set("nameKey", key(&name))?;
    if name != given {
        patient.set("name", name)?;
    }
    Ok(())
}

/// Drops the spaces around a text and makes one of each run inside it.
pub(crate) fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A name as one would type it in a hurry: lower case, without accents and punctuation.
fn key(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for c in name.chars().flat_map(char::to_lowercase) {
        match c {
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ą' | 'ă' => key.push('a'),
            'ç' | 'ć' | 'č' => key.push('c'),
            'è' | 'é' | 'ê' | 'ë' | 'ę' | 'ě' => key.push('e'),
            'ì' | 'í' | 'î' | 'ï' | 'ı' => key.push('i'),
            'ł' => key.push('l'),
            'ñ' | 'ń' | 'ň' => key.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ő' => key.push('o'),
            'ř' => key.push('r'),
            'ś' | 'š' | 'ş' => key.push('s'),
            'ù' | 'ú' | 'û' | 'ü' | 'ů' | 'ű' => key.push('u'),
            'ý' | 'ÿ' => key.push('y'),
            'ź' | 'ż' | 'ž' => key.push('z'),
            'æ' => key.push_str("ae"),
            'œ' => key.push_str("oe"),
            'ß' => key.push_str("ss"),
            c if c.is_alphanumeric() => key.push(c),
            '\'' | '’' => {}
            // A combining accent on its own belongs to the letter before it.
            '\u{300}'..='\u{36f}' => {}
            _ => key.push(' '),
        }
    }
    collapse(&key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_one_types_in_a_hurry() {
        for (name, wanted) in [
            ("Müller Ann", "muller ann"),
            ("Jean-Luc D’Arc", "jean luc darc"),
            ("O'Neill", "oneill"),
            ("ŁUKASZ Weiß", "lukasz weiss"),
            ("Ame\u{301}lie", "amelie"),
            ("山田 太郎", "山田 太郎"),
        ] {
            assert_eq!(key(name), wanted);
        }
    }
}
