//! The classes that Parse always has (parse protocol 2.4).

use model::{
    ClassName, Field, FieldName, FieldType, Schema, Unique,
    schema::{ClassOp, Entities, Permissions},
};

/// The schemas of the classes that exist from the start.
pub(super) fn all() -> Vec<Schema> {
    vec![user(), role(), session(), installation()]
}

/// The columns that a class can't lose.
pub(super) fn is_default_field(class: &ClassName, field: &str) -> bool {
    matches!(field, "objectId" | "createdAt" | "updatedAt" | "ACL")
        || all().iter().any(|schema| schema.class == *class && schema.fields.contains_key(field))
}

/// Whether a built-in class is just what it was made as.
pub(super) fn is_as_made(schema: &Schema) -> bool {
    all().iter().any(|made| {
        made.class == schema.class
            && made.permissions == schema.permissions
            && made.fields.len() == schema.fields.len()
    })
}

fn class(name: &str, fields: Vec<(&'static str, FieldType)>) -> Schema {
    #[expect(clippy::expect_used, reason = "only called with the names of system classes")]
    let mut schema = Schema::new(ClassName::new(name).expect("a system class"));
    for (name, kind) in fields {
        schema.fields.insert(FieldName::known(name), Field::new(kind));
    }
    schema
}

fn user() -> Schema {
    use FieldType::{Boolean, Number, Object, String};
    let mut schema = class(
        "_User",
        vec![
            ("username", String),
            ("password", String),
            ("email", String),
            ("emailVerified", Boolean),
            ("authData", Object),
            ("_hashed_password", String),
            ("_failed_login_count", Number),
            ("_account_lockout_expires_at", FieldType::Date),
        ],
    );
    for field in ["username", "email"] {
        schema.unique.push(Unique { fields: vec![FieldName::known(field)], ignore_case: true });
    }
    schema
}

fn role() -> Schema {
    let mut schema = class(
        "_Role",
        vec![
            ("name", FieldType::String),
            ("users", FieldType::Relation(ClassName::user())),
            ("roles", FieldType::Relation(ClassName::role())),
        ],
    );
    schema.unique.push(Unique { fields: vec![FieldName::known("name")], ignore_case: false });
    schema
}

fn session() -> Schema {
    let mut schema = class(
        "_Session",
        vec![
            ("user", FieldType::Pointer(ClassName::user())),
            ("installationId", FieldType::String),
            ("sessionToken", FieldType::String),
            ("expiresAt", FieldType::Date),
            ("createdWith", FieldType::Object),
        ],
    );
    schema.unique.push(Unique { fields: vec![FieldName::known("sessionToken")], ignore_case: false });
    schema
}

fn installation() -> Schema {
    use FieldType::{Array, Number, String};
    let mut schema = class(
        "_Installation",
        vec![
            ("installationId", String),
            ("deviceToken", String),
            ("deviceType", String),
            ("pushType", String),
            ("GCMSenderId", String),
            ("timeZone", String),
            ("localeIdentifier", String),
            ("appVersion", String),
            ("appName", String),
            ("appIdentifier", String),
            ("parseVersion", String),
            ("channels", Array),
            ("badge", Number),
        ],
    );
    // Until registration of devices is built, the class belongs to the master key alone.
    schema.permissions = masters(schema.permissions);
    schema
}

/// Permissions that leave a class to the master key.
fn masters(permissions: Permissions) -> Permissions {
    Permissions {
        operations: ClassOp::ALL.into_iter().map(|op| (op, Entities::default())).collect(),
        ..permissions
    }
}

/// A class as it is made: one of products has its columns from the start.
pub(super) fn fresh(name: &ClassName) -> Schema {
    use FieldType::{File, Number, String};
    match name.as_str() {
        "_Product" => class(
            "_Product",
            vec![
                ("productIdentifier", String),
                ("download", File),
                ("downloadName", String),
                ("icon", File),
                ("order", Number),
                ("title", String),
                ("subtitle", String),
            ],
        ),
        _ => Schema::new(name.clone()),
    }
}

/// A class of the protocol that is shown though nothing of it is stored here: of hooks, jobs, pushes and settings.
pub(super) fn unstored(class: &ClassName) -> Option<Schema> {
    use FieldType::{Array, Date, Number, Object, String};
    let fields: &[(&'static str, FieldType)] = match class.as_str() {
        "_Hooks" => {
            &[("functionName", String), ("className", String), ("triggerName", String), ("url", String)]
        }
        "_GlobalConfig" => &[("params", Object), ("masterKeyOnly", Object)],
        "_GraphQLConfig" => &[("config", Object)],
        "_Idempotency" => &[("reqId", String), ("expire", Date)],
        "_Audience" => &[("name", String), ("query", String), ("lastUsed", Date), ("timesUsed", Number)],
        "_JobStatus" => &[
            ("jobName", String),
            ("source", String),
            ("status", String),
            ("message", String),
            ("params", Object),
            ("finishedAt", Date),
        ],
        "_JobSchedule" => &[
            ("jobName", String),
            ("description", String),
            ("params", String),
            ("startAfter", String),
            ("daysOfWeek", Array),
            ("timeOfDay", String),
            ("lastRun", Number),
            ("repeatMinutes", Number),
        ],
        "_PushStatus" => &[
            ("pushTime", String),
            ("source", String),
            ("query", String),
            ("payload", String),
            ("title", String),
            ("expiry", Number),
            ("expiration_interval", Number),
            ("status", String),
            ("numSent", Number),
            ("numFailed", Number),
            ("pushHash", String),
            ("errorMessage", Object),
            ("sentPerType", Object),
            ("failedPerType", Object),
            ("sentPerUTCOffset", Object),
            ("failedPerUTCOffset", Object),
            ("count", Number),
        ],
        _ => return None,
    };
    let mut schema = Schema::new(class.clone());
    schema
        .fields
        .extend(fields.iter().map(|&(name, ref kind)| (FieldName::known(name), Field::new(kind.clone()))));
    schema.permissions = masters(schema.permissions);
    Some(schema)
}
