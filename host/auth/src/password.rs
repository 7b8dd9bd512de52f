//! Stored passwords: made, verified, recognised.

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use serde::Deserialize;

use crate::token::try_random;
use crate::{Error, Result};

/// Names how a password is stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// `$argon2id$…`: 19 MiB of memory, two passes, one lane (the OWASP recommendation).
    #[default]
    Argon2id,
    /// `$2b$10$…`, as Parse stores it. Bytes after the 72nd don't count.
    Bcrypt,
}

/// Says how much work a hash is.
#[derive(Clone, Copy)]
struct Cost {
    /// Memory of Argon2id, in KiB.
    memory: u32,
    /// Passes of Argon2id over its memory.
    passes: u32,
    /// The power of two of bcrypt's rounds.
    rounds: u32,
}

impl Cost {
    const STANDARD: Cost = Cost { memory: 19 * 1024, passes: 2, rounds: 10 };
    /// Quick enough for a debug build that makes many.
    #[cfg(test)]
    const WEAK: Cost = Cost { memory: 64, passes: 1, rounds: 4 };

    fn argon2id(self) -> Result<Argon2<'static>> {
        let params =
            Params::new(self.memory, self.passes, 1, None).map_err(|_| Error::Unavailable("hashing"))?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }
}

/// The most work a stored hash may ask for: what came in by an import must not tie up the machine.
const MOST: Cost = Cost { memory: 256 * 1024, passes: 16, rounds: 15 };
const MOST_LANES: u32 = 16;

/// Hashes a password for storage, with a salt of its own.
///
/// Keeps a core busy for tens of milliseconds: call it where blocking is allowed
/// (`tokio::task::spawn_blocking`). No rule on what a good password is applies here.
///
/// # Errors
/// [`Error::Unavailable`] if the machine lacks the randomness or the memory.
pub fn hash(scheme: Scheme, given: &str) -> Result<String> {
    hash_at(Cost::STANDARD, scheme, given)
}

fn hash_at(cost: Cost, scheme: Scheme, given: &str) -> Result<String> {
    let salt = try_random::<16>()?;
    match scheme {
        Scheme::Argon2id => cost
            .argon2id()?
            .hash_password_with_salt(given.as_bytes(), salt.as_slice())
            .map(|hash| hash.to_string())
            .map_err(|_| Error::Unavailable("memory for a password hash")),
        Scheme::Bcrypt => bcrypt::hash_with_salt(given, cost.rounds, *salt)
            .map(|parts| parts.to_string())
            .map_err(|_| Error::Unavailable("hashing")),
    }
}

/// Verifies a password against what is stored: `$argon2id$`, `$2a$`, `$2b$` or `$2y$`.
///
/// `None` (no such user, or one without a password) and a stored text that is none of these
/// are false, after the work of [`Scheme::Argon2id`], so that the time taken doesn't tell who
/// exists. Where stored passwords are bcrypt, call [`burn`] with that scheme for users who
/// don't exist instead. A stored hash that asks for absurd work (more than 256 MiB or 16
/// passes of Argon2id, or 2^15 rounds of bcrypt) is false too.
///
/// Keeps a core busy for tens of milliseconds: call it where blocking is allowed
/// (`tokio::task::spawn_blocking`).
pub fn verify(stored: Option<&str>, given: &str) -> bool {
    match stored.and_then(Stored::read) {
        Some(Stored::Argon2id(hash)) => Argon2::default().verify_password(given.as_bytes(), &*hash).is_ok(),
        Some(Stored::Bcrypt(text)) => bcrypt::verify(given, text).unwrap_or(false),
        None => {
            burn(Scheme::default(), given);
            false
        }
    }
}

/// Does the work of verifying a password, for the time it takes.
///
/// Keeps a core busy as [`verify`] does.
pub fn burn(scheme: Scheme, given: &str) {
    const SALT: [u8; 16] = *b"salt of a nobody";
    match scheme {
        Scheme::Argon2id => {
            let mut out = [0_u8; Params::DEFAULT_OUTPUT_LEN];
            // A failure is lack of memory, which a real verification would run into as well.
            let done = Cost::STANDARD
                .argon2id()
                .map(|argon2| argon2.hash_password_into(given.as_bytes(), &SALT, &mut out));
            std::hint::black_box((done.is_ok(), out));
        }
        Scheme::Bcrypt => {
            let done = bcrypt::hash_with_salt(given, Cost::STANDARD.rounds, SALT);
            std::hint::black_box(done.is_ok());
        }
    }
}

/// Tells how a stored password was made; `None` if it is nothing that [`verify`] accepts.
pub fn scheme(stored: &str) -> Option<Scheme> {
    Stored::read(stored).map(|stored| match stored {
        Stored::Argon2id(_) => Scheme::Argon2id,
        Stored::Bcrypt(_) => Scheme::Bcrypt,
    })
}

/// Tells whether a stored password should be made anew after the next right log-in.
///
/// It should if it was made by another scheme, or with less work than is done today.
pub fn is_outdated(stored: &str, wanted: Scheme) -> bool {
    match (Stored::read(stored), wanted) {
        (Some(Stored::Argon2id(hash)), Scheme::Argon2id) => Params::try_from(&*hash)
            .is_ok_and(|p| p.m_cost() < Cost::STANDARD.memory || p.t_cost() < Cost::STANDARD.passes),
        (Some(Stored::Bcrypt(text)), Scheme::Bcrypt) => {
            bcrypt_rounds(text).is_some_and(|rounds| rounds < Cost::STANDARD.rounds)
        }
        _ => true,
    }
}

/// A stored password of a known scheme that asks for bearable work.
enum Stored<'a> {
    Argon2id(Box<PasswordHash>),
    Bcrypt(&'a str),
}

impl Stored<'_> {
    fn read(text: &str) -> Option<Stored<'_>> {
        if text.starts_with("$argon2id$") {
            let hash = PasswordHash::new(text).ok()?;
            let params = Params::try_from(&hash).ok()?;
            let bearable = params.m_cost() <= MOST.memory
                && params.t_cost() <= MOST.passes
                && params.p_cost() <= MOST_LANES;
            return (bearable && hash.salt.is_some() && hash.hash.is_some())
                .then(|| Stored::Argon2id(Box::new(hash)));
        }
        (4..=MOST.rounds).contains(&bcrypt_rounds(text)?).then_some(Stored::Bcrypt(text))
    }
}

/// Reads the cost of a bcrypt hash; `$2x$`, an old faulty kind, isn't one.
fn bcrypt_rounds(text: &str) -> Option<u32> {
    let known = ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| text.starts_with(prefix));
    known.then(|| text.parse::<bcrypt::HashParts>().ok()).flatten().map(|parts| parts.get_cost())
}

#[cfg(test)]
mod tests;
