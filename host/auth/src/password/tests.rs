//! Passwords made here, elsewhere, and by nobody.

use super::*;

/// Hashes made by other programs: bcryptjs, as Parse stores them; pyca/bcrypt; argon2-cffi.
const ELSEWHERE: &[(&str, &str, Scheme)] = &[
    ("", "$2b$04$Xf/ZnNI0yUp4HTebxYv33uY8g6u.JSkHde9YANE03CqS3dnCAWdhm", Scheme::Bcrypt),
    ("abc", "$2b$05$5dq2/haXswFflsAJO1kJJ.ri1yMUZooOcA/3tQPOi6Um4ayQV3Woa", Scheme::Bcrypt),
    ("pässwörd 密码", "$2b$04$C5PbVQB2r/o3Iz7OktrPT.EIEbN.TTJFKRme0YqbvsEkt7gTHO1S6", Scheme::Bcrypt),
    ("pässwörd", "$2a$05$DuK7Qmdx119i8zCnJcAY3..lFEeBXaqLwnHSbBaDZRsbA1DwR5hGm", Scheme::Bcrypt),
    (
        "pässwörd",
        "$argon2id$v=19$m=512,t=1,p=2$lMPMzwDuht4wv4hpf1kPKA$vYHP+74188nnn5sP7L0bk+TY+shaYZN7vMytWdbJG/s",
        Scheme::Argon2id,
    ),
];

/// What bcryptjs makes of 80 times `x`.
const LONG: &str = "$2b$04$Omza6DkCqzg8PRQzHUJNDOJ48ILECT/n.w3qooJv6Pl/pHXCozRFu";

#[test]
fn what_was_made_elsewhere_verifies() {
    for (given, stored, made_by) in ELSEWHERE {
        assert!(verify(Some(stored), given), "{stored}");
        assert!(!verify(Some(stored), &format!("{given}x")), "{stored}");
        assert_eq!(scheme(stored), Some(*made_by));
        assert!(is_outdated(stored, *made_by), "{stored} took less work than today's");
    }
}

#[test]
fn the_three_letters_of_bcrypt_are_one_algorithm_and_x_is_none() {
    let (given, stored, _) = ELSEWHERE[1];
    for letter in ["2a", "2b", "2y"] {
        assert!(verify(Some(&stored.replace("2b", letter)), given), "{letter}");
    }
    assert!(!verify(Some(&stored.replace("2b", "2x")), given));
}

#[test]
fn what_is_made_here_verifies_and_is_salted() {
    for wanted in [Scheme::Argon2id, Scheme::Bcrypt] {
        for given in ["", "pässwörd 密码", "with\0nul", &"long".repeat(500)] {
            let stored = hash_at(Cost::WEAK, wanted, given).unwrap();
            assert!(verify(Some(&stored), given));
            assert!(!verify(Some(&stored), "other"));
            assert_ne!(stored, hash_at(Cost::WEAK, wanted, given).unwrap());
            assert!(!stored.contains("pässwörd"));
            assert_eq!(scheme(&stored), Some(wanted));
        }
    }
}

#[test]
fn a_hash_takes_the_work_it_promises() {
    let argon2id = hash(Scheme::Argon2id, "x").unwrap();
    assert!(argon2id.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{argon2id}");
    let bcrypt = hash(Scheme::Bcrypt, "x").unwrap();
    assert!(bcrypt.starts_with("$2b$10$") && bcrypt.len() == 60, "{bcrypt}");
    assert!(!is_outdated(&argon2id, Scheme::Argon2id) && !is_outdated(&bcrypt, Scheme::Bcrypt));
    assert!(is_outdated(&argon2id, Scheme::Bcrypt) && is_outdated(&bcrypt, Scheme::Argon2id));
    assert!(is_outdated("", Scheme::Argon2id));
}

#[test]
fn bcrypt_ends_at_72_bytes_as_parse_does_and_argon2id_does_not() {
    let (long, longer) = ("a".repeat(72), "a".repeat(73));
    let bcrypt = hash_at(Cost::WEAK, Scheme::Bcrypt, &longer).unwrap();
    assert!(verify(Some(&bcrypt), &long));
    assert!(verify(Some(LONG), &"x".repeat(80)) && verify(Some(LONG), &"x".repeat(72)));
    assert!(!verify(Some(LONG), &"x".repeat(71)));
    let argon2id = hash_at(Cost::WEAK, Scheme::Argon2id, &longer).unwrap();
    assert!(!verify(Some(&argon2id), &long));
}

#[test]
fn what_is_malformed_or_too_costly_is_false_and_never_a_panic() {
    let (_, bcrypt, _) = ELSEWHERE[1];
    let (_, argon2id, _) = ELSEWHERE[4];
    let bad = [
        String::new(),
        "abc".into(),
        "$2b$".into(),
        bcrypt[..59].into(),
        format!("{bcrypt}x"),
        bcrypt.replace("$05$", "$31$"),
        bcrypt.replace("$05$", "$16$"),
        bcrypt.replace("$05$", "$xx$"),
        bcrypt.replace("$05$", "$00$"),
        format!("$2b$05${}", "é".repeat(26)) + "a",
        argon2id.replace("m=512", "m=4294967295"),
        argon2id.replace("m=512", "m=262145"),
        argon2id.replace("t=1", "t=17"),
        argon2id.replace("p=2", "p=17"),
        argon2id.replace("argon2id", "argon2i"),
        argon2id.replace("argon2id", "argon2d"),
        argon2id.rsplit_once('$').unwrap().0.into(),
        "$argon2id$".into(),
    ];
    for stored in &bad {
        assert_eq!(scheme(stored), None, "{stored}");
        assert!(is_outdated(stored, Scheme::Argon2id) && is_outdated(stored, Scheme::Bcrypt), "{stored}");
    }
    // Each of these burns the standard work, so only a few are verified for real.
    for stored in [&bad[0], &bad[5], &bad[10]] {
        assert!(!verify(Some(stored), "abc"), "{stored}");
    }
}

#[test]
fn nobody_takes_as_long_as_somebody() {
    fn timed(work: impl FnOnce()) -> std::time::Duration {
        let start = std::time::Instant::now();
        work();
        start.elapsed()
    }
    let argon2id = hash(Scheme::Argon2id, "x").unwrap();
    let bcrypt = hash(Scheme::Bcrypt, "x").unwrap();
    // Taken in turns, so that other tests on the same cores disturb both alike; the least of each counts.
    let rounds: Vec<[std::time::Duration; 4]> = (0..10)
        .map(|_| {
            [
                timed(|| assert!(!verify(Some(&argon2id), "guess"))),
                timed(|| assert!(!verify(None, "guess"))),
                timed(|| assert!(!verify(Some(&bcrypt), "guess"))),
                timed(|| burn(Scheme::Bcrypt, "guess")),
            ]
        })
        .collect();
    let least = |column: usize| rounds.iter().map(|round| round[column]).min().unwrap();
    for (somebody, nobody) in [(least(0), least(1)), (least(2), least(3))] {
        assert!(nobody * 2 > somebody && somebody * 2 > nobody, "{nobody:?} against {somebody:?}");
    }
}
