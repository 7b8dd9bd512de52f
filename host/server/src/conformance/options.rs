//! The reference's option names, and what each is here.

mod read;

use anyhow::{Context as _, bail};
use auth::{AddressList, Secret};
use serde_json::{Map as JsonMap, Value as Json};

use crate::{Config, config::suggest};
use read::{flag, number, size, text, texts, whole};

/// Applies one option's value to the settings.
type Apply = fn(&mut Config, &Json) -> anyhow::Result<()>;

/// The options that are understood. Those that stand first decide what later ones are compared with.
const UNDERSTOOD: &[(&str, Apply)] = &[
    ("appId", |config, value| put(&mut config.keys.app_id, text(value))),
    ("masterKey", |config, value| key(&mut config.keys.master, value)),
    ("readOnlyMasterKey", |config, value| key(&mut config.keys.read_only_master, value)),
    ("maintenanceKey", |config, value| key(&mut config.keys.maintenance, value)),
    ("restAPIKey", |config, value| key(&mut config.keys.rest, value)),
    ("javascriptKey", |config, value| key(&mut config.keys.javascript, value)),
    ("clientKey", |config, value| key(&mut config.keys.client, value)),
    ("dotNetKey", |config, value| key(&mut config.keys.dot_net, value)),
    ("masterKeyIps", |config, value| put(&mut config.keys.master_ips, addresses(value))),
    ("readOnlyMasterKeyIps", |config, value| put(&mut config.keys.read_only_master_ips, addresses(value))),
    ("maintenanceKeyIps", |config, value| put(&mut config.keys.maintenance_ips, addresses(value))),
    ("databaseURI", |config, value| put(&mut config.database.uri, text(value))),
    ("mountPath", |config, value| set(&mut config.rest.mount_path, text(value))),
    ("publicServerURL", |config, value| put(&mut config.rest.public_url, text(value))),
    ("serverURL", server_url),
    ("maxUploadSize", |config, value| set(&mut config.rest.max_body, size(value))),
    ("allowOrigin", |config, value| set(&mut config.rest.allow_origin, texts(value))),
    ("allowHeaders", |config, value| set(&mut config.rest.allow_headers, texts(value))),
    ("trustProxy", trust_proxy),
    ("allowClientClassCreation", |config, value| {
        set(&mut config.data.allow_client_class_creation, flag(value))
    }),
    ("allowCustomObjectId", |config, value| set(&mut config.data.allow_custom_object_id, flag(value))),
    ("enforcePrivateUsers", |config, value| set(&mut config.data.enforce_private_users, flag(value))),
    ("defaultLimit", |config, value| set(&mut config.data.default_limit, whole(value, 1))),
    ("maxLimit", |config, value| set(&mut config.data.max_limit, whole(value, 1))),
    ("sessionLength", |config, value| set(&mut config.data.session_length, whole(value, 1))),
    ("expireInactiveSessions", |config, value| set(&mut config.data.expire_inactive_sessions, flag(value))),
    ("revokeSessionOnPasswordReset", |config, value| {
        set(&mut config.data.revoke_session_on_password_reset, flag(value))
    }),
    ("accountLockout", account_lockout),
    ("requestComplexity", request_complexity),
    ("protectedFields", |config, value| set(&mut config.data.protected_fields, fields(value))),
    ("userSensitiveFields", user_sensitive_fields),
    ("protectedFieldsOwnerExempt", |config, value| {
        set(&mut config.data.protected_fields_owner_exempt, flag(value))
    }),
    ("protectedFieldsSaveResponseExempt", |config, value| {
        set(&mut config.data.protected_fields_save_response_exempt, flag(value))
    }),
    ("protectedFieldsTriggerExempt", |config, value| {
        set(&mut config.data.protected_fields_trigger_exempt, flag(value))
    }),
    ("allowAggregationForReadOnlyMasterKey", |config, value| {
        set(&mut config.data.allow_read_only_aggregation, flag(value))
    }),
    ("enableSanitizedErrorResponse", |config, value| set(&mut config.rest.sanitise_errors, flag(value))),
    ("databaseOptions", database_options),
];

/// What this server does without an option, or has no need of: only this value, or any (`None`), is taken.
const FIXED: &[(&str, Option<&str>)] = &[
    // Node's own concerns, and the names of things that only a person reads.
    ("appName", None),
    ("cacheMaxSize", None),
    ("cacheTTL", None),
    ("directAccess", None),
    ("enableExpressErrorHandler", None),
    ("jsonLogs", None),
    ("logLevel", None),
    ("logLevels", None),
    ("logsFolder", None),
    ("maxLogFiles", None),
    ("schemaCacheTtl", None),
    ("silent", None),
    ("verbose", None),
    // What isn't built yet, switched off.
    ("enableAnonymousUsers", Some("false")),
    ("startLiveQueryServer", Some("false")),
    ("verifyUserEmails", Some("false")),
    ("preventLoginWithUnverifiedEmail", Some("false")),
    ("preventSignupWithUnverifiedEmail", Some("false")),
    ("mountGraphQL", Some("false")),
    ("mountPlayground", Some("false")),
    ("extendSessionOnUse", Some("false")),
    ("convertEmailToLowercase", Some("false")),
    ("convertUsernameToLowercase", Some("false")),
    ("allowExpiredAuthDataToken", Some("false")),
    ("enableInsecureAuthAdapters", Some("false")),
    // What this server always does.
    ("objectIdSize", Some("10")),
    ("port", Some("8378")),
    (
        "requestKeywordDenylist",
        Some(r#"[{"key":"_bsontype","value":"Code"},{"key":"constructor"},{"key":"__proto__"}]"#),
    ),
];

/// Options of the reference that this server has nothing for yet.
const LATER: &[&str] = &[
    "analyticsAdapter",
    "auth",
    "cacheAdapter",
    "cloud",
    "collectionPrefix",
    "customPages",
    "databaseAdapter",
    "emailAdapter",
    "emailVerifySuccessOnInvalidEmail",
    "emailVerifyTokenReuseIfValid",
    "emailVerifyTokenValidityDuration",
    "enableProductPurchaseLegacyApi",
    "encryptionKey",
    "fileDownload",
    "fileKey",
    "filesAdapter",
    "fileUpload",
    "graphQLPath",
    "graphQLPublicIntrospection",
    "graphQLSchema",
    "idempotencyOptions",
    "installation",
    "liveQuery",
    "liveQueryServerOptions",
    "loggerAdapter",
    "masterKeyTtl",
    "middleware",
    "pages",
    "passwordPolicy",
    "preserveFileName",
    "push",
    "rateLimit",
    "routeAllowList",
    "scheduledPush",
    "schema",
    "security",
    "sendUserEmailVerification",
    "serverCloseComplete",
    "webhookKey",
];

/// The options that every server of this program starts from.
pub(super) fn base() -> Config {
    let secret = |text: &str| Some(Secret::new(text));
    let mut config = Config::default();
    config.keys.shared = true;
    config.keys.app_id = Some("test".to_owned());
    config.keys.master = secret("test");
    config.keys.read_only_master = secret("read-only-test");
    config.keys.maintenance = secret("testing");
    config.keys.rest = secret("rest");
    config.keys.javascript = secret("test");
    config.keys.client = secret("client");
    config.rest.mount_path = "/1".to_owned();
    config.database.postgres.accept_data_loss = true;
    config.data.allow_client_class_creation = true;
    config.data.allow_client_role_creation = true;
    config
}

/// Puts options over a base; `null` leaves the base's.
///
/// # Errors
/// The first option that nobody knows, that isn't supported yet, or whose value isn't right, by its name.
pub(super) fn over(base: &Config, given: JsonMap<String, Json>) -> anyhow::Result<Config> {
    let given: JsonMap<String, Json> = given.into_iter().filter(|(_, value)| !value.is_null()).collect();
    if let Some(name) = given.keys().find(|name| !names().any(|known| known == *name)) {
        if LATER.contains(&name.as_str()) {
            bail!("the option {name} is not supported yet");
        }
        let known = names().chain(LATER.iter().copied());
        bail!("there is no option {name}{}", suggest::did_you_mean(name, known));
    }
    for (name, only) in FIXED {
        let Some((value, only)) = given.get(*name).zip(*only) else { continue };
        let only: Json = serde_json::from_str(only)?;
        if *value != only {
            bail!("the option {name} is not supported yet with another value than {only}");
        }
    }
    let mut config = base.clone();
    for (name, apply) in UNDERSTOOD {
        if let Some(value) = given.get(*name) {
            apply(&mut config, value).with_context(|| format!("the option {name}"))?;
        }
    }
    config.keys.clone().resolve()?;
    Ok(config)
}

/// The names of all options that are taken.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    UNDERSTOOD.iter().map(|(name, _)| *name).chain(FIXED.iter().map(|(name, _)| *name))
}

fn set<T>(field: &mut T, value: anyhow::Result<T>) -> anyhow::Result<()> {
    *field = value?;
    Ok(())
}

fn put<T>(field: &mut Option<T>, value: anyhow::Result<T>) -> anyhow::Result<()> {
    *field = Some(value?);
    Ok(())
}

fn key(field: &mut Option<Secret>, value: &Json) -> anyhow::Result<()> {
    put(field, text(value).map(Secret::new))
}

fn addresses(value: &Json) -> anyhow::Result<AddressList> {
    let entries = texts(value)?;
    Ok(AddressList::parse(entries.iter().map(String::as_str))?)
}

/// The reference calls itself there; here it only has to be the place where this server hangs.
fn server_url(config: &mut Config, value: &Json) -> anyhow::Result<()> {
    let url = text(value)?;
    let path = url.splitn(4, '/').nth(3).unwrap_or_default();
    if path.trim_matches('/') != config.rest.mount_path.trim_matches('/') {
        bail!("its path must be the mount path, {}", config.rest.mount_path);
    }
    Ok(())
}

fn trust_proxy(config: &mut Config, value: &Json) -> anyhow::Result<()> {
    let nets = match value {
        Json::Bool(false) => Vec::new(),
        Json::Bool(true) => vec!["0.0.0.0/0".to_owned(), "::/0".to_owned()],
        _ => texts(value)?,
    };
    let nets = nets.iter().map(|net| net.parse().context("true, false or networks are expected"));
    set(&mut config.rest.trusted_proxies, nets.collect())
}

fn account_lockout(config: &mut Config, value: &Json) -> anyhow::Result<()> {
    for (name, value) in members(value)? {
        match name.as_str() {
            "threshold" => set(&mut config.data.lockout_threshold, whole(value, 1).and_then(small)),
            "duration" => set(&mut config.data.lockout_minutes, whole(value, 1).and_then(small)),
            "unlockOnPasswordReset" if *value == Json::Bool(false) => Ok(()),
            _ => bail!("{name} is not supported yet"),
        }
        .with_context(|| name.clone())?;
    }
    Ok(())
}

fn small(value: u64) -> anyhow::Result<u32> {
    let value = u32::try_from(value).ok().filter(|value| *value < 100_000);
    value.context("a number below 100000 is expected")
}

fn request_complexity(config: &mut Config, value: &Json) -> anyhow::Result<()> {
    let data = &mut config.data;
    for (name, value) in members(value)? {
        match name.as_str() {
            "includeDepth" => set(&mut data.include_depth, limit(value)),
            "includeCount" => set(&mut data.include_count, limit(value)),
            "subqueryDepth" => set(&mut data.subquery_depth, limit(value)),
            // Here 0 is none, as it is there beside -1.
            "subqueryLimit" => {
                // By this name it cuts; ours refuses.
                data.subquery_cut = true;
                set(&mut data.subquery_limit, number(value).map(|most| most.max(0.0) as u64))
            }
            "queryDepth" => set(&mut data.query_depth, limit(value)),
            "allowRegex" => set(&mut data.allow_regex, flag(value)),
            "batchRequestLimit" => set(&mut data.batch_limit, limit(value)),
            // There is no GraphQL to limit.
            "graphQLDepth" | "graphQLFields" => number(value).map(drop),
            _ => bail!("{name} is not supported yet"),
        }
        .with_context(|| name.clone())?;
    }
    Ok(())
}

/// -1 is no limit; what is none in the reference's tests must be none here.
fn limit(value: &Json) -> anyhow::Result<usize> {
    let limit = number(value)?;
    Ok(if limit < 0.0 { usize::MAX } else { limit as usize })
}

fn fields(value: &Json) -> anyhow::Result<data::ProtectedFields> {
    let mut classes = data::ProtectedFields::new();
    for (class, groups) in members(value)? {
        let groups = members(groups).with_context(|| class.clone())?.iter();
        let groups = groups.map(|(group, fields)| Ok((group.clone(), texts(fields)?.into_iter().collect())));
        classes.insert(class.clone(), groups.collect::<anyhow::Result<_>>().with_context(|| class.clone())?);
    }
    Ok(classes)
}

fn user_sensitive_fields(config: &mut Config, value: &Json) -> anyhow::Result<()> {
    let groups = config.data.protected_fields.entry("_User".to_owned()).or_default();
    groups.entry("*".to_owned()).or_default().extend(texts(value)?);
    Ok(())
}

/// What the reference's drivers are told is theirs; one of them is about who may ask.
fn database_options(config: &mut Config, value: &Json) -> anyhow::Result<()> {
    if let Some(value) = members(value)?.get("allowPublicExplain") {
        set(&mut config.data.allow_public_explain, flag(value)).context("allowPublicExplain")?;
    }
    Ok(())
}

fn members(value: &Json) -> anyhow::Result<&JsonMap<String, Json>> {
    value.as_object().context("an object is expected")
}

#[cfg(test)]
mod tests;
