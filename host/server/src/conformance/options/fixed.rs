//! Options of the reference that change nothing here, or can't be changed.

use serde_json::Value as Json;

/// Which values of an option are taken, though nothing acts on it.
#[derive(Clone, Copy)]
pub(super) enum Taken {
    /// Every one: it is Node's own concern, or only a person reads it.
    Any,
    /// What the reference does without it, as JSON; of an object any part.
    Only(&'static str),
    /// None.
    Never,
}

use Taken::{Any, Never, Only};

/// Every option that isn't understood, and what is taken of it.
pub(super) const FIXED: &[(&str, Taken)] = &[
    // Node's own concerns, and the names of things that only a person reads.
    ("appName", Any),
    ("cacheMaxSize", Any),
    ("cacheTTL", Any),
    ("directAccess", Any),
    ("enableExpressErrorHandler", Any),
    ("jsonLogs", Any),
    ("logLevel", Any),
    ("logLevels", Any),
    ("logsFolder", Any),
    ("maxLogFiles", Any),
    ("silent", Any),
    ("verbose", Any),
    ("verifyServerUrl", Any),
    // What this program decides by itself: it listens on this machine, where its arguments say.
    ("host", Only(r#""0.0.0.0""#)),
    ("port", Only("8378")),
    ("cluster", Never),
    // Accounts beyond passwords: providers, mails and pages come later. Users without names are answered 252 either way.
    ("enableAnonymousUsers", Any),
    ("auth", Never),
    ("allowExpiredAuthDataToken", Only("false")),
    ("enableInsecureAuthAdapters", Only("false")),
    ("emailAdapter", Never),
    ("verifyUserEmails", Only("false")),
    ("preventLoginWithUnverifiedEmail", Only("false")),
    ("preventSignupWithUnverifiedEmail", Only("false")),
    ("sendUserEmailVerification", Only("true")),
    ("emailVerifySuccessOnInvalidEmail", Only("true")),
    ("emailVerifyTokenReuseIfValid", Only("false")),
    ("emailVerifyTokenValidityDuration", Never),
    (
        "passwordPolicy",
        Only(
            r#"{"doNotAllowUsername":false,"maxPasswordHistory":0,"resetTokenReuseIfValid":false,
            "resetPasswordSuccessOnInvalidEmail":true}"#,
        ),
    ),
    ("customPages", Only("{}")),
    ("pages", Only("{}")),
    // Limits that come later.
    ("idempotencyOptions", Only(r#"{"paths":[],"ttl":300}"#)),
    ("rateLimit", Only("[]")),
    // Queries: each may ask for itself.
    ("query", Only(r#"{"aggregationRawFieldNames":false,"aggregationRawValues":false}"#)),
    ("enableCollationCaseComparison", Only("false")),
    // Cloud code is what plugins are for.
    ("cloud", Never),
    ("middleware", Never),
    ("requestContextMiddleware", Never),
    ("serverCloseComplete", Never),
    ("webhookKey", Never),
    // Files.
    ("encryptionKey", Never),
    ("fileDownload", Only("{}")),
    ("fileKey", Never),
    ("filesAdapter", Never),
    (
        "fileUpload",
        Only(
            r#"{"allowedFileUrlDomains":["*"],"enableForAnonymousUser":false,"enableForAuthenticatedUser":true,
            "enableForPublic":false}"#,
        ),
    ),
    ("preserveFileName", Only("false")),
    // Live queries, GraphQL, devices.
    ("liveQuery", Only(r#"{"classNames":[]}"#)),
    ("liveQueryServerOptions", Never),
    ("startLiveQueryServer", Only("false")),
    ("graphQLPath", Only(r#""/graphql""#)),
    ("graphQLPublicIntrospection", Only("false")),
    ("graphQLSchema", Never),
    ("mountGraphQL", Only("false")),
    ("mountPlayground", Only("false")),
    ("playgroundPath", Only(r#""/playground""#)),
    (
        "installation",
        Only(
            r#"{"duplicateDeviceTokenAction":"delete","duplicateDeviceTokenActionEnforceAuth":false,
            "duplicateDeviceTokenMergePriority":"deviceToken"}"#,
        ),
    ),
    ("push", Never),
    ("scheduledPush", Only("false")),
    // Parts of the reference that are exchanged by code.
    ("analyticsAdapter", Never),
    ("cacheAdapter", Never),
    ("databaseAdapter", Never),
    ("loggerAdapter", Never),
    ("masterKeyTtl", Never),
    // Others.
    ("enableProductPurchaseLegacyApi", Any),
    ("security", Only(r#"{"enableCheck":false,"enableCheckLog":false}"#)),
];

/// Refuses a value that isn't taken.
///
/// # Errors
/// What is expected.
pub(super) fn check(name: &str, taken: Taken, value: &Json) -> anyhow::Result<()> {
    match taken {
        Any => Ok(()),
        Never => anyhow::bail!("the option {name} is not supported yet"),
        Only(only) => {
            let only: Json = serde_json::from_str(only)?;
            match (within(value, &only), only.is_object()) {
                (true, _) => Ok(()),
                (false, true) => {
                    anyhow::bail!(
                        "the option {name} is not supported yet with other values than its defaults"
                    )
                }
                (false, false) => {
                    anyhow::bail!("the option {name} is not supported yet with another value than {only}")
                }
            }
        }
    }
}

/// Whether a value says nothing that another doesn't say.
fn within(value: &Json, whole: &Json) -> bool {
    match (value, whole) {
        (Json::Object(part), Json::Object(whole)) => part.iter().all(|(name, value)| {
            value.is_null() || whole.get(name).is_some_and(|whole| within(value, whole))
        }),
        _ => value == whole,
    }
}
