//! MongoDB's complaints as what storage may answer: codes and names of indexes only, since a message repeats values.

use model::{Code, ParseError, Schema};
use mongodb::{
    bson::{Document, RawDocumentBuf},
    error::{ErrorKind, TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT, WriteFailure},
    options::Hint,
};
use storage::Error;

use crate::layout;

const NOBODY: &str = "no MongoDB server answers, or none of them is the primary: check that it runs, that database.uri names it, that the network lets it through, and that it speaks TLS if it is on another machine (tls=false in database.uri does without)";
const BROKEN: &str = "the connection to MongoDB broke; it is made again by itself: check the server and the network if this goes on";
const CREDENTIALS: &str = "MongoDB refuses the user and password of database.uri: correct them";
const RIGHTS: &str = "MongoDB's user may not do this: give it the role readWrite on the database";
const TLS: &str =
    "the TLS settings in database.uri don't fit the server: check tlsCAFile and the certificates";
const DNS: &str = "the name in database.uri can't be resolved: check it and the machine's name servers";
const MOVING: &str = "MongoDB is choosing a new primary or shutting down: it recovers by itself when a majority of its nodes runs";
const SLOW: &str = "MongoDB took longer than database.mongodb.read_time_ms allows: add an index, narrow the query, or raise the limit";
const UNSORTED: &str =
    "MongoDB can't sort so many objects without an index on the order: add one, or narrow the query";
const MAJORITY: &str = "a majority of MongoDB's nodes didn't confirm the change in time, so it may be taken back or stay: check the replica set";
const FULL: &str = "MongoDB's disk is full: free space, then try again";
const FAILED: &str = "MongoDB failed inside: look into its log, and restart it if this goes on";
const CLOSED: &str = "the storage was closed; open it again";

pub(crate) const UNTOLD: &str = "MongoDB doesn't tell how a commit ended, so it may be done or not: look before trying again, and check the server and the network if this goes on";
pub(crate) const STANDALONE: &str = "changing several objects at once on a MongoDB that is no replica set";

/// The server knows nothing of a transaction, or no longer.
pub(crate) const NO_SUCH_TRANSACTION: i32 = 251;

/// Codes of plans that can't be made.
const BAD_HINT: [i32; 3] = [2, 291, 17007];

/// What kind of complaint it is, where the caller must know more than the answer.
#[derive(Debug)]
pub(crate) struct Fault {
    /// What storage answers.
    pub(crate) error: Error,
    /// The server's word for it.
    pub(crate) code: Option<i32>,
    /// The whole transaction may be tried again.
    pub(crate) transient: bool,
    /// Whether the commit happened is unknown; asking for it again finds out.
    pub(crate) uncertain: bool,
    /// The keys of the unique index that was hit.
    pub(crate) keys: Vec<String>,
}

impl Fault {
    /// Whether the server had another complaint with this code.
    pub(crate) fn is_code(error: &mongodb::error::Error, codes: &[i32]) -> bool {
        code(error).is_some_and(|code| codes.contains(&code))
    }

    /// Says that the hint, if there was one, is to blame for a question that the planner couldn't plan.
    pub(crate) fn hinted(self, hint: Option<&Hint>) -> Fault {
        if hint.is_none() || !self.code.is_some_and(|code| BAD_HINT.contains(&code)) {
            return self;
        }
        let text = "bad hint value: the class has no such index";
        Error::Refused(ParseError::new(Code::InvalidQuery, text)).into()
    }

    /// Says the fields of the unique group where the server named its keys.
    pub(crate) fn named(self, schema: &Schema) -> Fault {
        if !matches!(self.error, Error::Duplicate { .. }) {
            return self;
        }
        let name = |key: &String| match key.as_str() {
            "_id" => "objectId".to_owned(),
            key => layout::field(schema, key).map_or_else(|| key.to_owned(), |name| name.as_str().to_owned()),
        };
        let fields = self.keys.iter().map(name).collect();
        Fault { error: Error::Duplicate { fields }, ..self }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault { error, code: None, transient: false, uncertain: false, keys: Vec::new() }
    }
}

impl From<mongodb::error::Error> for Fault {
    fn from(error: mongodb::error::Error) -> Fault {
        let answer = answer(&error);
        let keys = match &answer {
            Error::Duplicate { .. } => keys(&error),
            _ => Vec::new(),
        };
        Fault {
            error: answer,
            code: code(&error),
            transient: error.contains_label(TRANSIENT_TRANSACTION_ERROR),
            uncertain: error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT),
            keys,
        }
    }
}

fn answer(error: &mongodb::error::Error) -> Error {
    let unavailable = |text: &str| Error::Unavailable(text.to_owned());
    if let Some(code) = code(error) {
        return coded(code);
    }
    match &*error.kind {
        ErrorKind::ServerSelection { .. } => unavailable(NOBODY),
        ErrorKind::Io(_) | ErrorKind::ConnectionPoolCleared { .. } | ErrorKind::InvalidResponse { .. } => {
            unavailable(BROKEN)
        }
        ErrorKind::Authentication { .. } => unavailable(CREDENTIALS),
        ErrorKind::DnsResolve { .. } => unavailable(DNS),
        ErrorKind::InvalidTlsConfig { .. } => unavailable(TLS),
        ErrorKind::Shutdown => unavailable(CLOSED),
        ErrorKind::SessionsNotSupported => Error::Unsupported(STANDALONE),
        ErrorKind::Write(WriteFailure::WriteConcernError(_)) => unavailable(MAJORITY),
        ErrorKind::Bson(_) => Error::Unsupported("a text of this form as a key"),
        // A document that is larger than the server's limit is refused before it is sent.
        ErrorKind::InvalidArgument { .. } => Error::Unsupported("a value of this size or form"),
        _ => Error::Internal("the driver of MongoDB failed".into()),
    }
}

/// The code of the server's complaint.
fn code(error: &mongodb::error::Error) -> Option<i32> {
    match &*error.kind {
        ErrorKind::Command(command) => Some(command.code),
        ErrorKind::Write(WriteFailure::WriteError(write)) => Some(write.code),
        ErrorKind::InsertMany(many) => many.write_errors.as_ref()?.first().map(|write| write.code),
        _ => None,
    }
}

/// See MongoDB's `error_codes.yml`.
fn coded(code: i32) -> Error {
    let unavailable = |text: &str| Error::Unavailable(text.to_owned());
    match code {
        11000 | 11001 | 12582 => Error::Duplicate { fields: Vec::new() },
        24 | 112 | 244 | 246 | NO_SUCH_TRANSACTION => {
            Error::Conflict("another change was faster; try again".into())
        }
        13 | 8000 => unavailable(RIGHTS),
        18 | 11 => unavailable(CREDENTIALS),
        50 | 262 | 290 => unavailable(SLOW),
        292 => Error::Refused(ParseError::new(Code::InvalidQuery, UNSORTED)),
        64 | 79 | 100 => unavailable(MAJORITY),
        6 | 7 | 43 | 89 | 202 | 237 | 317 | 384 | 9001 | 11601 => unavailable(BROKEN),
        91 | 133 | 134 | 189 | 10058 | 10107 | 11600 | 11602 | 13435 | 13436 => unavailable(MOVING),
        14031 => unavailable(FULL),
        // Nobody knows what a server has done that doesn't know what happened to it.
        1 | 8 => unavailable(FAILED),
        // Transaction numbers on a server that has no replica set.
        20 | 263 => Error::Unsupported(STANDALONE),
        15 | 10334 | 17260 | 17261 | 17419 | 17420 => Error::Unsupported("a value of this size or depth"),
        other => Error::Internal(format!("MongoDB answered code {other}")),
    }
}

/// The keys of the index that a duplicate hit: from the reply, else from the index's name in the message.
fn keys(error: &mongodb::error::Error) -> Vec<String> {
    let replied = error.server_response().and_then(pattern);
    if let Some(pattern) = replied {
        return pattern.keys().cloned().collect();
    }
    let message = match &*error.kind {
        ErrorKind::Command(command) => Some(command.message.as_str()),
        ErrorKind::Write(WriteFailure::WriteError(write)) => Some(write.message.as_str()),
        ErrorKind::InsertMany(many) => {
            many.write_errors.as_ref().and_then(|all| all.first()).map(|write| write.message.as_str())
        }
        _ => None,
    };
    message.and_then(index_name).map(keys_of_name).unwrap_or_default()
}

fn pattern(response: &RawDocumentBuf) -> Option<Document> {
    let response = Document::try_from(response.as_ref()).ok()?;
    if let Ok(pattern) = response.get_document("keyPattern") {
        return Some(pattern.clone());
    }
    let first = response.get_array("writeErrors").ok()?.first()?.as_document()?;
    first.get_document("keyPattern").ok().cloned()
}

/// The name between `index: ` and ` dup key`; what follows holds values.
fn index_name(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once(" index: ")?;
    rest.split_once(" dup key").map(|(name, _)| name)
}

/// The keys that an index's name spells: `a_1_b_1`, as drivers and [`crate::schema`] name them.
fn keys_of_name(name: &str) -> Vec<String> {
    if name == "_id_" {
        return vec!["_id".to_owned()];
    }
    let name = name.strip_prefix("parapet_").unwrap_or(name);
    let name = name.strip_suffix("_ci").unwrap_or(name);
    let name = name.strip_suffix("_1").unwrap_or(name);
    name.split("_1_").map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_gives_up_the_index_and_nothing_else() {
        let message = "E11000 duplicate key error collection: a.Patient index: parapet_name_1_ward_1_ci dup key: { name: \"Ann index: x dup key\" }";
        let name = index_name(message).unwrap();
        assert_eq!(keys_of_name(name), ["name", "ward"]);
        assert_eq!(keys_of_name("_id_"), ["_id"]);
        assert_eq!(keys_of_name("username_1"), ["username"]);
    }

    #[test]
    fn codes_become_what_the_caller_can_do() {
        assert_eq!(coded(11000), Error::Duplicate { fields: vec![] });
        assert!(matches!(coded(112), Error::Conflict(_)));
        assert!(matches!(coded(10107), Error::Unavailable(_)));
        assert!(matches!(coded(20), Error::Unsupported(_)));
        assert!(matches!(coded(1), Error::Unavailable(_)));
        assert!(matches!(coded(59), Error::Internal(_)));
    }
}
