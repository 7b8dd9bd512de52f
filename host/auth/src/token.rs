//! What must not be guessed: session tokens, object ids, generated keys.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{Error, Result};

const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Makes a session token: `r:` and 32 lower-case hex digits, 128 bits of randomness.
///
/// # Panics
/// If the machine has no randomness; see [`check_randomness`].
pub fn session_token() -> String {
    format!("r:{}", hex::encode(random::<16>().as_slice()))
}

/// Makes an object id of the given length from `[A-Za-z0-9]`; Parse's are 10 long.
///
/// Every character is equally likely: a byte that would favour some is thrown away.
///
/// # Panics
/// If the machine has no randomness; see [`check_randomness`].
pub fn object_id(length: usize) -> String {
    let mut id = String::with_capacity(length);
    while id.len() < length {
        let bytes = random::<32>();
        let fair = bytes.iter().filter_map(|byte| letter(*byte)).take(length.saturating_sub(id.len()));
        id.extend(fair);
    }
    id
}

/// Maps a random byte to a letter; the last 8 of 256 are refused, since 62 doesn't divide 256.
fn letter(byte: u8) -> Option<char> {
    let fair = byte < 248;
    let letter = ALPHANUMERIC.get(usize::from(byte) % ALPHANUMERIC.len());
    letter.filter(|_| fair).map(|letter| char::from(*letter))
}

/// Makes the name of a user who gave none, such as an anonymous one: 25 characters of `[A-Za-z0-9]`.
///
/// # Panics
/// If the machine has no randomness; see [`check_randomness`].
pub fn username() -> String {
    object_id(25)
}

/// Makes a key for a server that was given none: 32 lower-case hex digits, 128 bits of randomness.
///
/// # Panics
/// If the machine has no randomness; see [`check_randomness`].
pub fn key() -> String {
    hex::encode(random::<16>().as_slice())
}

/// Tells whether a text has the shape of a session token, so that nothing else is looked up as one.
pub fn is_session_token(text: &str) -> bool {
    text.strip_prefix("r:")
        .is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
}

/// Names a session in the audit trail: the first 16 bytes of the SHA-256 of its token.
///
/// Two records of one session carry the same name, and the token can't be found from it.
pub fn session_hash(token: &str) -> [u8; 16] {
    let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    let [head @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = digest;
    head
}

/// Checks at start that the machine has randomness.
///
/// Everything that is made here must be unguessable or not be made; so call this once before
/// serving. A source that has answered once doesn't dry up.
///
/// # Errors
/// [`Error::Unavailable`] if it has none.
pub fn check_randomness() -> Result<()> {
    try_random::<16>().map(|_| ())
}

/// Fills an array with randomness of the machine; it is wiped when dropped.
pub(crate) fn try_random<const N: usize>() -> Result<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|_| Error::Unavailable("randomness"))?;
    Ok(bytes)
}

fn random<const N: usize>() -> Zeroizing<[u8; N]> {
    #[expect(
        clippy::expect_used,
        reason = "checked at start by check_randomness; the kernel's source doesn't fail once it is seeded, \
                  and a guessable token would be worse than a refused request"
    )]
    try_random().expect("the machine has randomness")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn session_tokens_have_their_shape_and_differ() {
        let tokens: HashSet<String> = (0..1000).map(|_| session_token()).collect();
        assert_eq!(tokens.len(), 1000);
        assert!(tokens.iter().all(|token| is_session_token(token) && token.len() == 34));
    }

    #[test]
    fn only_session_tokens_look_like_session_tokens() {
        let hex = "0123456789abcdef0123456789abcdef";
        assert!(is_session_token(&format!("r:{hex}")));
        for bad in [
            "",
            "r:",
            hex,
            "r:0123456789ABCDEF0123456789abcdef",
            "R:0123456789abcdef0123456789abcdef",
            "r:0123456789abcdef0123456789abcde",
            "r:0123456789abcdef0123456789abcdef0",
            "r:0123456789abcdef0123456789abcdeg",
            " r:0123456789abcdef0123456789abcdef",
            "r:0123456789abcdef0123456789abcdé",
        ] {
            assert!(!is_session_token(bad), "{bad:?}");
        }
    }

    #[test]
    fn object_ids_are_of_any_length_alphanumeric_and_differ() {
        for length in [0, 1, 10, 25, 33, 500] {
            let id = object_id(length);
            assert_eq!(id.len(), length);
            assert!(id.bytes().all(|b| b.is_ascii_alphanumeric()));
        }
        let ids: HashSet<String> = (0..10_000).map(|_| object_id(10)).collect();
        assert_eq!(ids.len(), 10_000);
        assert_eq!(username().len(), 25);
    }

    #[test]
    fn every_letter_stands_for_four_bytes() {
        let mut counts = std::collections::HashMap::new();
        (0..=u8::MAX).filter_map(letter).for_each(|letter| *counts.entry(letter).or_insert(0) += 1);
        assert_eq!(counts.len(), 62);
        assert!(counts.values().all(|count| *count == 4));
        assert!((248..=u8::MAX).all(|byte| letter(byte).is_none()));
    }

    #[test]
    fn object_ids_use_every_letter_about_equally() {
        let mut counts = [0_u32; 128];
        object_id(62_000).bytes().for_each(|b| counts[usize::from(b)] += 1);
        // Each count has mean 1000 and deviation 31: eight deviations never happen by chance.
        assert!(ALPHANUMERIC.iter().all(|b| (750..1250).contains(&counts[usize::from(*b)])));
    }

    #[test]
    fn keys_are_hex_and_differ() {
        assert_ne!(key(), key());
        assert!(key().len() == 32 && key().bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
        assert_eq!(check_randomness(), Ok(()));
    }

    #[test]
    fn a_session_hash_is_the_head_of_sha_256() {
        assert_eq!(hex::encode(session_hash("abc")), "ba7816bf8f01cfea414140de5dae2223");
        assert_ne!(session_hash("r:a"), session_hash("r:b"));
    }
}
