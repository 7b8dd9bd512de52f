//! A patient's national identifier: a Swiss AHV number or a US social security number.

use crate::settings::Country;
use parapet::{Fault, Object};

/// Checks the identifier and regroups its digits.
pub(crate) fn check(patient: &Object, country: Country) -> Result<(), Fault> {
    let Some(given) = patient.get::<String>("ssn")? else { return Ok(()) };
    let Some(grouped) = regroup(&given, country) else {
        return Err(Fault::invalid(match country {
            Country::Any => "ssn is neither an AHV number nor a social security number",
            Country::Switzerland => "ssn is not an AHV number",
            Country::UnitedStates => "ssn is not a social security number",
        }));
    };
    if grouped != given {
        patient.set("ssn", grouped)?;
    }
    Ok(())
}

/// The identifier in its usual groups; `None` when it is none.
fn regroup(given: &str, country: Country) -> Option<String> {
    let separator = |c: char| c.is_whitespace() || matches!(c, '-' | '.');
    let digits: Vec<u8> = given
        .trim()
        .chars()
        .filter(|c| !separator(*c))
        .map(|c| c.to_digit(10).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let swiss = || ahv(&digits);
    let american = || social_security(&digits);
    match country {
        Country::Any => swiss().or_else(american),
        Country::Switzerland => swiss(),
        Country::UnitedStates => american(),
    }
}

/// `756.9217.0769.85`: country 756, nine digits, and the check digit of EAN-13.
fn ahv(digits: &[u8]) -> Option<String> {
    if digits.len() != 13 || !digits.starts_with(&[7, 5, 6]) {
        return None;
    }
    // Weights 1 and 3 in turn; with the check digit itself the sum ends in 0.
    let sum: u32 =
        digits.iter().zip([1u32, 3].into_iter().cycle()).map(|(d, weight)| u32::from(*d) * weight).sum();
    sum.is_multiple_of(10).then(|| group(digits, &[3, 4, 4, 2], '.'))
}

/// `123-45-6789`: area not 000, 666 or 9xx, group not 00, serial not 0000 (20 CFR 422.103).
fn social_security(digits: &[u8]) -> Option<String> {
    let [a1, a2, a3, g1, g2, s1, s2, s3, s4] = *<&[u8; 9]>::try_from(digits).ok()?;
    let wrong = matches!([a1, a2, a3], [0, 0, 0] | [6, 6, 6] | [9, _, _])
        || [g1, g2] == [0, 0]
        || [s1, s2, s3, s4] == [0, 0, 0, 0];
    (!wrong).then(|| group(digits, &[3, 2, 4], '-'))
}

fn group(digits: &[u8], sizes: &[usize], separator: char) -> String {
    let mut digits = digits.iter().map(|digit| char::from(b'0' + digit));
    let mut text = String::new();
    for size in sizes {
        if !text.is_empty() {
            text.push(separator);
        }
        text.extend(digits.by_ref().take(*size));
    }
    text
}

/// What may be shown of an identifier: its groups, with all digits but the last four hidden.
///
/// `None` when it is too short to hide enough of it.
pub(crate) fn last_four(identifier: &str) -> Option<String> {
    let digits = identifier.chars().filter(char::is_ascii_digit).count();
    if digits < 9 || identifier.chars().any(|c| !c.is_ascii_digit() && !matches!(c, '-' | '.' | ' ')) {
        return None;
    }
    let mut left = digits;
    let mask = |c: char| {
        if !c.is_ascii_digit() {
            return c;
        }
        left -= 1;
        if left < 4 { c } else { '*' }
    };
    Some(identifier.chars().map(mask).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regroups_what_is_valid() {
        assert_eq!(regroup(" 123456789", Country::Any).as_deref(), Some("123-45-6789"));
        assert_eq!(regroup("7569217076985", Country::Any).as_deref(), Some("756.9217.0769.85"));
        assert_eq!(regroup("756.9217.0769.85", Country::Switzerland).as_deref(), Some("756.9217.0769.85"));
    }

    #[test]
    fn refuses_what_was_never_given_out() {
        for never in [
            "000-12-3456",
            "666-12-3456",
            "900-12-3456",
            "123-00-4567",
            "123-45-0000",
            "12-345-678",
            "",
            "abc",
        ] {
            assert_eq!(regroup(never, Country::Any), None, "{never}");
        }
        for wrong in ["756.9217.0769.84", "757.9217.0769.85", "756.9217.0769.8", "756.9217.0769.8x"] {
            assert_eq!(regroup(wrong, Country::Any), None, "{wrong}");
        }
        assert_eq!(regroup("123-45-6789", Country::Switzerland), None);
        assert_eq!(regroup("756.9217.0769.85", Country::UnitedStates), None);
    }

    #[test]
    fn shows_four_digits_or_nothing() {
        assert_eq!(last_four("123-45-6789").as_deref(), Some("***-**-6789"));
        assert_eq!(last_four("756.9217.0769.85").as_deref(), Some("***.****.**69.85"));
        assert_eq!(last_four("1234"), None);
        assert_eq!(last_four("MRN 123456789"), None);
    }
}
