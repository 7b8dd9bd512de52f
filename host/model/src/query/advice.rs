//! What a query tells the database besides what it asks: none of it changes the answer.

use std::fmt;

use serde_json::{Map, Value as Json};

use crate::{Code, ParseError};

/// The longest comment, in bytes.
const COMMENT_BYTES: usize = 512;

/// What a query tells the database's planner, router and log. A backend without a use for a part ignores it.
#[derive(Clone, Default, PartialEq)]
pub struct Advice {
    /// The index to use.
    pub hint: Option<Hint>,
    /// Words for the database's own log; never for the server's.
    pub comment: Option<String>,
    /// Which members of a replicated database may answer.
    pub read_preference: Option<ReadPreference>,
}

/// Names an index.
#[derive(Debug, Clone, PartialEq)]
pub enum Hint {
    /// By its name.
    Index(String),
    /// By its fields, as `{"createdAt": -1}`.
    Keys(Map<String, Json>),
}

/// Which members of a replicated database may answer a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadPreference {
    /// The primary alone.
    Primary,
    /// The primary while there is one.
    PrimaryPreferred,
    /// A secondary alone.
    Secondary,
    /// A secondary while there is one.
    SecondaryPreferred,
    /// Whichever is nearest.
    Nearest,
}

/// How much an explanation of a find tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Explain {
    /// The plan.
    QueryPlanner,
    /// The plan, with what the planner knows of it.
    QueryPlannerExtended,
    /// The plan and how it went.
    ExecutionStats,
    /// How every plan that was tried went.
    AllPlansExecution,
}

impl Advice {
    /// Reads a hint: an index's name, or its fields; nothing for null and an empty text.
    ///
    /// # Errors
    /// 102 for anything else.
    pub fn hint(json: Json) -> Result<Option<Hint>, ParseError> {
        match json {
            Json::Null => Ok(None),
            Json::String(name) if name.is_empty() => Ok(None),
            Json::String(name) => Ok(Some(Hint::Index(name))),
            Json::Object(keys) => Ok(Some(Hint::Keys(keys))),
            _ => Err(invalid("bad hint value: it must be an index's name or its fields")),
        }
    }

    /// Reads a comment; nothing for null and an empty text.
    ///
    /// # Errors
    /// 102 when it isn't a text of at most 512 bytes.
    pub fn comment(json: Json) -> Result<Option<String>, ParseError> {
        match json {
            Json::Null => Ok(None),
            Json::String(text) if text.is_empty() => Ok(None),
            Json::String(text) if text.len() <= COMMENT_BYTES => Ok(Some(text)),
            _ => Err(invalid("bad comment value: it must be a text of at most 512 bytes")),
        }
    }
}

impl ReadPreference {
    /// Reads a preference as the protocol spells it, in letters of any case; nothing for null and an empty text.
    ///
    /// # Errors
    /// 102 for an unknown one.
    pub fn parse(json: &Json) -> Result<Option<ReadPreference>, ParseError> {
        let name = match json {
            Json::Null => return Ok(None),
            Json::String(name) => name.to_ascii_uppercase(),
            _ => return Err(invalid("Not supported read preference.")),
        };
        Ok(Some(match name.as_str() {
            "" => return Ok(None),
            "PRIMARY" => ReadPreference::Primary,
            "PRIMARY_PREFERRED" => ReadPreference::PrimaryPreferred,
            "SECONDARY" => ReadPreference::Secondary,
            "SECONDARY_PREFERRED" => ReadPreference::SecondaryPreferred,
            "NEAREST" => ReadPreference::Nearest,
            _ => return Err(invalid("Not supported read preference.")),
        }))
    }
}

impl Explain {
    /// Reads what the protocol takes for `explain`; nothing for false and null.
    ///
    /// # Errors
    /// 102 for anything but a flag or the name of a mode.
    pub fn parse(json: &Json) -> Result<Option<Explain>, ParseError> {
        Ok(Some(match json {
            Json::Null | Json::Bool(false) => return Ok(None),
            Json::Bool(true) => Explain::AllPlansExecution,
            Json::String(mode) => match mode.as_str() {
                "queryPlanner" => Explain::QueryPlanner,
                "queryPlannerExtended" => Explain::QueryPlannerExtended,
                "executionStats" => Explain::ExecutionStats,
                "allPlansExecution" => Explain::AllPlansExecution,
                _ => return Err(invalid("Invalid value for explain")),
            },
            _ => return Err(invalid("Invalid value for explain")),
        }))
    }
}

fn invalid(text: &'static str) -> ParseError {
    ParseError::new(Code::InvalidQuery, text)
}

/// Shows what is there, never the words: a comment may hold anything.
impl fmt::Debug for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hint, comment) = (self.hint.is_some(), self.comment.is_some());
        write!(f, "Advice(hint: {hint}, comment: {comment}, {:?})", self.read_preference)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_protocol_allows_is_read() {
        assert_eq!(Advice::hint(json!("by_name")).unwrap(), Some(Hint::Index("by_name".into())));
        assert!(matches!(Advice::hint(json!({"_id": 1})).unwrap(), Some(Hint::Keys(_))));
        assert_eq!(Advice::hint(Json::Null).unwrap(), None);
        assert_eq!(Advice::comment(json!("why")).unwrap().unwrap(), "why");
        assert_eq!(ReadPreference::parse(&json!("secondary")).unwrap(), Some(ReadPreference::Secondary));
        assert_eq!(ReadPreference::parse(&json!("")).unwrap(), None);
        assert_eq!(Explain::parse(&json!(true)).unwrap(), Some(Explain::AllPlansExecution));
        assert_eq!(Explain::parse(&json!(false)).unwrap(), None);
        for (name, mode) in [
            ("queryPlanner", Explain::QueryPlanner),
            ("queryPlannerExtended", Explain::QueryPlannerExtended),
            ("executionStats", Explain::ExecutionStats),
            ("allPlansExecution", Explain::AllPlansExecution),
        ] {
            assert_eq!(Explain::parse(&json!(name)).unwrap(), Some(mode));
        }
    }

    #[test]
    fn anything_else_is_a_bad_query() {
        let refusals = [
            Advice::hint(json!(1)).err(),
            Advice::comment(json!("x".repeat(513))).err(),
            Advice::comment(json!(["x"])).err(),
            ReadPreference::parse(&json!("TERTIARY")).err(),
            ReadPreference::parse(&json!(1)).err(),
            Explain::parse(&json!("loud")).err(),
            Explain::parse(&json!(1)).err(),
        ];
        for refusal in refusals {
            assert_eq!(refusal.unwrap().code, Code::InvalidQuery);
        }
    }
}
