//! How to reach a patient: e-mail address and telephone.

use crate::name::collapse;
use parapet::{Fault, Object};

/// The longest address that mail can carry (RFC 5321, 4.5.3.1.3).
const LONGEST: usize = 254;

/// Checks and normalises what the save changes of e-mail address and telephone.
pub(crate) fn check(patient: &Object) -> Result<(), Fault> {
    normalise(patient, "email", |given| {
        let address = given.trim().to_lowercase();
        if is_address(&address) { Ok(address) } else { Err("email is no e-mail address") }
    })?;
    normalise(patient, "phone", |given| {
        let number = collapse(given);
        let digits = number.chars().filter(char::is_ascii_digit).count();
        let dialled = number.chars().all(|c| c.is_ascii_digit() || "+-/(). #*".contains(c));
        if dialled && (3..=20).contains(&digits) { Ok(number) } else { Err("phone is no telephone number") }
    })
}

fn normalise(
    patient: &Object,
    field: &str,
    form: impl FnOnce(&str) -> Result<String, &'static str>,
) -> Result<(), Fault> {
    if !patient.is_dirty(field) {
        return Ok(());
    }
    let Some(given) = patient.get::<String>(field)? else { return Ok(()) };
    let normal = form(&given).map_err(Fault::invalid)?;
    if normal != given {
        patient.set(field, normal)?;
    }
    Ok(())
}

/// Whether a text has the shape of an address: it may still reach nobody.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    !local.is_empty()
        && text.len() <= LONGEST
        && !local.contains(|c: char| c.is_whitespace() || c.is_control() || "@,;<>()".contains(c))
        && domain.contains('.')
        && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_an_address_by_its_shape() {
        for good in ["ann@example.org", "a.b+c@mail.example.org", "ann@käse.ch"] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "ann",
            "@example.org",
            "ann@",
            "ann@example",
            "ann@.org",
            "a b@example.org",
            "a@b@c.org",
            "ann@-x.org",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
