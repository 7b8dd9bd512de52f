//! The one table of Parse error codes: number, name, HTTP status and safe text.

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $status:literal, $text:literal;)*) => {
        /// A Parse error code; its row says its number, HTTP status and safe text.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* $name,)*
            /// A code that a plugin chose itself; it travels unchanged.
            Other(i32),
        }

        impl Code {
            /// Every named row, in the order of the table.
            pub const TABLE: &'static [Code] = &[$(Code::$name,)*];

            /// The number on the wire.
            pub const fn number(self) -> i32 {
                match self { $(Code::$name => $number,)* Code::Other(number) => number }
            }

            /// The HTTP status that goes with the code.
            pub const fn status(self) -> u16 {
                match self { $(Code::$name => $status,)* Code::Other(_) => 400 }
            }

            /// The name in the SDKs, as Parse spells its constants.
            pub const fn name(self) -> &'static str {
                match self { $(Code::$name => stringify!($name),)* Code::Other(_) => "Other" }
            }

            /// A text that is safe to send when nothing better is known.
            pub const fn text(self) -> &'static str {
                match self { $(Code::$name => $text,)* Code::Other(_) => "Request refused." }
            }

            /// Finds the row of a number; a number outside the table becomes [`Code::Other`].
            pub const fn from_number(number: i32) -> Code {
                match number { $($number => Code::$name,)* other => Code::Other(other) }
            }
        }
    };
}

codes! {
    /// Anything without a code of its own.
    OtherCause = -1, 400, "Request refused.";
    /// Something broke on the server.
    InternalServerError = 1, 500, "Internal server error.";
    /// A service is busy or unreachable.
    ConnectionFailed = 100, 400, "Connection failed.";
    /// The object is missing, unreadable or unwritable, or a login failed.
    ObjectNotFound = 101, 404, "Object not found.";
    /// The query is malformed.
    InvalidQuery = 102, 400, "Invalid query.";
    /// The class name is not legal, or the class is unknown to the schema API.
    InvalidClassName = 103, 400, "Invalid class name.";
    /// An object id is needed.
    MissingObjectId = 104, 400, "Missing object id.";
    /// A field name is not legal.
    InvalidKeyName = 105, 400, "Invalid key name.";
    /// A pointer is malformed.
    InvalidPointer = 106, 400, "Invalid pointer.";
    /// The body, or a value in it, has the wrong shape.
    InvalidJson = 107, 400, "Invalid JSON.";
    /// The command is not available.
    CommandUnavailable = 108, 400, "Not supported yet.";
    /// A value does not fit its field's type.
    IncorrectType = 111, 400, "Incorrect type.";
    /// The object or the answer is too large.
    ObjectTooLarge = 116, 400, "Object too large.";
    /// The operation isn't allowed to this principal.
    OperationForbidden = 119, 400, "Permission denied";
    /// A nested key holds a character that isn't allowed there.
    InvalidNestedKey = 121, 400, "Nested keys should not contain the '$' or '.' characters";
    /// The ACL is malformed.
    InvalidAcl = 123, 400, "Invalid ACL.";
    /// The operation took longer than it may.
    Timeout = 124, 400, "The request timed out.";
    /// The e-mail address is malformed.
    InvalidEmailAddress = 125, 400, "Email address format is invalid.";
    /// A class name is missing in a schema request.
    MissingClassName = 135, 400, "A class name is needed.";
    /// A default field can't be changed.
    FieldImmutable = 136, 400, "The field cannot be changed.";
    /// A unique index refuses the value.
    DuplicateValue = 137, 400, "A duplicate value for a field with unique values was provided";
    /// A plugin failed or refused without a code of its own.
    ScriptFailed = 141, 400, "Cloud code failed.";
    /// A value did not pass a validation.
    ValidationError = 142, 400, "Validation failed.";
    /// A request was sent twice.
    DuplicateRequest = 159, 400, "Duplicate request";
    /// Too many requests wait already.
    RequestLimitExceeded = 155, 400, "Too many requests wait; try again shortly.";
    /// A parameter has an impossible value.
    InvalidValue = 162, 400, "Invalid value.";
    /// A username is needed.
    UsernameMissing = 200, 400, "bad or missing username";
    /// A password is needed.
    PasswordMissing = 201, 400, "password is required";
    /// The username exists already.
    UsernameTaken = 202, 400, "Account already exists for this username.";
    /// The e-mail address exists already.
    EmailTaken = 203, 400, "Account already exists for this email address.";
    /// An e-mail address is needed.
    EmailMissing = 204, 400, "you must provide an email";
    /// The e-mail address is unknown, or not verified.
    EmailNotFound = 205, 400, "User email is not verified.";
    /// The operation needs the user's own session.
    SessionMissing = 206, 400, "Permission denied";
    /// The external account belongs to another user.
    AccountAlreadyLinked = 208, 400, "this auth is already used";
    /// The session token is unknown or expired.
    InvalidSessionToken = 209, 400, "Invalid session token";
    /// The authentication provider is not available.
    UnsupportedService = 252, 400, "This authentication method is unsupported.";
    /// The schema can't be changed that way.
    InvalidSchemaOperation = 255, 400, "Invalid schema operation.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_find_their_rows() {
        for code in Code::TABLE {
            assert_eq!(Code::from_number(code.number()), *code);
        }
        assert_eq!(Code::from_number(4711), Code::Other(4711));
    }

    #[test]
    fn statuses_follow_the_reference() {
        assert_eq!(Code::InternalServerError.status(), 500);
        assert_eq!(Code::ObjectNotFound.status(), 404);
        assert!(Code::TABLE.iter().filter(|code| code.status() != 400).count() == 2);
    }
}
