//! Where time and chance come from, so that tests can fix both.

use std::time::{SystemTime, UNIX_EPOCH};

use model::{Date, ObjectId};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> Date;
}

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Date {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Date(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Makes up what nobody may guess or repeat.
pub trait Ids: Send + Sync {
    /// A new object id of so many letters and digits.
    fn object_id(&self, length: usize) -> ObjectId;
    /// A new session token.
    fn session_token(&self) -> String;
    /// A new request id.
    fn request_id(&self) -> String;
}

/// Ids from the system's randomness: letters and digits, as the reference makes them.
pub struct RandomIds;

impl Ids for RandomIds {
    fn object_id(&self, length: usize) -> ObjectId {
        #[expect(clippy::expect_used, reason = "1 to 128 letters and digits are always a legal id")]
        ObjectId::new(&auth::token::object_id(length.clamp(1, 128))).expect("a legal id")
    }
    fn session_token(&self) -> String {
        auth::token::session_token()
    }
    fn request_id(&self) -> String {
        auth::token::key()
    }
}
