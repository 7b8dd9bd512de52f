//! The settings of the door.

use std::collections::{BTreeMap, BTreeSet};

use auth::{lockout::Policy, password::Scheme};
use model::Denylist;
use serde::Deserialize;

/// For each class, and for each group of it, the fields that are hidden from the group.
pub type ProtectedFields = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// How the door behaves; defaults are those of the reference unless a safer one is known.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether a save by somebody without the master key may make a class.
    pub allow_client_class_creation: bool,
    /// Whether anybody whom the class lets create may make a role, as in the reference. Otherwise a role needs the
    /// master key, or class-level permissions of `_Role` that name who may `create`: a user, a role, or
    /// `requiresAuthentication`; `*` names nobody.
    pub allow_client_role_creation: bool,
    /// Whether the schema API neither makes nor changes classes, so that they stay as the settings define them.
    pub lock_schemas: bool,
    /// Whether clients may choose object ids.
    pub allow_custom_object_id: bool,
    /// How many letters and digits the id of a new object has, from 6 to 128.
    pub object_id_size: usize,
    /// Keys and values that no request may bring at any depth, nor a plugin save: a list of `{ key = …, value = … }`,
    /// of which either may be left out. A text is a regular expression that is looked for anywhere in the key or value.
    pub denied_keywords: Denylist,
    /// Whether new users are readable by themselves alone.
    pub enforce_private_users: bool,
    /// Whether users' addresses are stored in lower case. Queries and logins must then name them so.
    pub convert_email_to_lowercase: bool,
    /// Whether users' names are stored in lower case. Queries and logins must then name them so.
    pub convert_username_to_lowercase: bool,
    /// Fields that are hidden besides those that a class's own permissions hide: for each class, and for each group of
    /// it (`*`, `authenticated`, `role:X`, a user's id, `userField:<field>`). Users' `email` is hidden from `*` in any case.
    pub protected_fields: ProtectedFields,
    /// Whether users see all fields of their own object, whatever is hidden from others.
    pub protected_fields_owner_exempt: bool,
    /// Whether the answer to a save may tell of fields that a read hides.
    pub protected_fields_save_response_exempt: bool,
    /// Whether plugins that may read them get the fields of a stored object that are hidden from their caller.
    pub protected_fields_trigger_exempt: bool,
    /// Whether the read-only master key may aggregate.
    pub allow_read_only_aggregation: bool,
    /// Whether clients without the master key may ask how the database finds something.
    pub allow_public_explain: bool,
    /// Rows of a find that names no limit.
    pub default_limit: u64,
    /// The most rows of a find; 0 sets no limit.
    pub max_limit: u64,
    /// How long a session lives, in seconds.
    pub session_length: u64,
    /// Whether sessions expire at all.
    pub expire_inactive_sessions: bool,
    /// Whether a session that is used starts anew once half of its length has passed.
    pub extend_session_on_use: bool,
    /// Whether a changed password ends the user's other sessions.
    pub revoke_session_on_password_reset: bool,
    /// How new passwords are stored: `argon2id`, or `bcrypt` where the reference reads the same database.
    /// Both forms are always accepted at login.
    pub password_scheme: Scheme,
    /// Failed logins in a row before an account is locked; 0 never locks.
    pub lockout_threshold: u32,
    /// How long an account stays locked, in minutes; parts of one are fine.
    pub lockout_minutes: f64,
    /// How long a request may take, in seconds. What isn't answered then gets code 124 and is dropped; but whatever has
    /// begun to write goes on to its end, and its answer tells what has become of it.
    pub request_timeout: u64,
    /// How deep includes may reach.
    pub include_depth: usize,
    /// How many paths one query may include.
    pub include_count: usize,
    /// How deep sub-queries may nest.
    pub subquery_depth: usize,
    /// How many objects a sub-query may find for clients without the master key; 0 sets no limit. One that finds more is
    /// refused, because fewer of them make another answer, and of a negation a wider one.
    pub subquery_limit: u64,
    /// Whether such a sub-query is cut down to its limit instead, as in the reference.
    pub subquery_cut: bool,
    /// How deep `$or`, `$and` and `$nor` may nest.
    pub query_depth: usize,
    /// Whether clients without the master key may use `$regex`.
    pub allow_regex: bool,
    /// How many requests one batch may hold.
    pub batch_limit: usize,
    /// Where files are: what the address of one starts with, up to its name.
    ///
    /// Not read from the file: whoever knows where the API hangs fills it in. Without it files have no addresses.
    #[serde(skip)]
    pub files_url: Option<String>,
}

impl Config {
    /// Hides from everybody what is always another's own: a user's address (default of the reference).
    pub(crate) fn with_addresses_hidden(mut self) -> Config {
        let users = self.protected_fields.entry("_User".to_owned()).or_default();
        users.entry("*".to_owned()).or_default().insert("email".to_owned());
        self
    }
}

impl Default for Config {
    fn default() -> Config {
        Config {
            allow_client_class_creation: false,
            allow_client_role_creation: false,
            lock_schemas: false,
            allow_custom_object_id: false,
            object_id_size: 10,
            denied_keywords: Denylist::default(),
            enforce_private_users: true,
            convert_email_to_lowercase: false,
            convert_username_to_lowercase: false,
            protected_fields: BTreeMap::new(),
            protected_fields_owner_exempt: true,
            protected_fields_save_response_exempt: true,
            protected_fields_trigger_exempt: false,
            allow_read_only_aggregation: true,
            allow_public_explain: false,
            default_limit: 100,
            max_limit: 0,
            session_length: 31_536_000,
            expire_inactive_sessions: true,
            extend_session_on_use: false,
            revoke_session_on_password_reset: true,
            password_scheme: Scheme::Argon2id,
            lockout_threshold: 0,
            lockout_minutes: 5.0,
            request_timeout: 30,
            include_depth: 10,
            include_count: 100,
            subquery_depth: 10,
            subquery_limit: 0,
            subquery_cut: false,
            query_depth: 10,
            allow_regex: true,
            batch_limit: 100,
            files_url: None,
        }
    }
}

/// Why settings can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A limit of zero would refuse everything.
    #[error("{0} must be larger than 0")]
    Zero(&'static str),
    /// Ids that are too short meet, and those that are too long fit nowhere.
    #[error("object_id_size must be from 6 to 128")]
    IdSize,
    /// An account that locks at once, or for no time at all.
    #[error(transparent)]
    Lockout(#[from] auth::Error),
}

impl Config {
    /// Checks the settings; a server that starts must have asked.
    ///
    /// # Errors
    /// The first setting that can't be used.
    pub fn check(&self) -> Result<(), ConfigError> {
        let zeros = [
            (self.default_limit == 0, "default_limit"),
            (self.session_length == 0, "session_length"),
            (self.request_timeout == 0, "request_timeout"),
            (self.query_depth == 0, "query_depth"),
            (self.batch_limit == 0, "batch_limit"),
        ];
        if let Some((_, name)) = zeros.into_iter().find(|(zero, _)| *zero) {
            return Err(ConfigError::Zero(name));
        }
        if self.lockout_threshold > 0 {
            let policy = Policy { threshold: self.lockout_threshold, duration: self.lockout_minutes };
            policy.validate()?;
        }
        if (6..=128).contains(&self.object_id_size) { Ok(()) } else { Err(ConfigError::IdSize) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_work_are_told() {
        assert_eq!(Config::default().check(), Ok(()));
        let said = |change: fn(&mut Config)| {
            let mut config = Config::default();
            change(&mut config);
            config.check().unwrap_err().to_string()
        };
        assert_eq!(said(|config| config.request_timeout = 0), "request_timeout must be larger than 0");
        assert_eq!(said(|config| config.session_length = 0), "session_length must be larger than 0");
        assert!(said(|config| config.object_id_size = 5).starts_with("object_id_size"));
        assert!(said(|config| config.object_id_size = 129).starts_with("object_id_size"));
        let forgetful = Config { lockout_threshold: 3, lockout_minutes: 0.0, ..Config::default() };
        assert!(forgetful.check().is_err());
        assert!(Config { lockout_minutes: 0.0, ..Config::default() }.check().is_ok());
    }
}
