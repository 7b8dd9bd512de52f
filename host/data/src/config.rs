//! The settings of the door.

use std::collections::{BTreeMap, BTreeSet};

use auth::password::Scheme;
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
    /// Whether clients may choose object ids.
    pub allow_custom_object_id: bool,
    /// Whether new users are readable by themselves alone.
    pub enforce_private_users: bool,
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
    /// Whether a changed password ends the user's other sessions.
    pub revoke_session_on_password_reset: bool,
    /// How new passwords are stored: `argon2id`, or `bcrypt` where the reference reads the same database.
    /// Both forms are always accepted at login.
    pub password_scheme: Scheme,
    /// Failed logins in a row before an account is locked; 0 never locks.
    pub lockout_threshold: u32,
    /// How long an account stays locked, in minutes.
    pub lockout_minutes: u32,
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
            allow_custom_object_id: false,
            enforce_private_users: true,
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
            revoke_session_on_password_reset: true,
            password_scheme: Scheme::Argon2id,
            lockout_threshold: 0,
            lockout_minutes: 5,
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
