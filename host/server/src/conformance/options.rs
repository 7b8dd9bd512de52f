//! The reference's option names, and what each is here.

mod fixed;
mod read;

use anyhow::{Context as _, bail};
use auth::{AddressList, Secret};
use serde_json::{Map as JsonMap, Value as Json, json};

use crate::{Config, config::suggest};
use fixed::{FIXED, Taken};
use read::{flag, limit, size, text, texts, whole};

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
    ("objectIdSize", |config, value| {
        set(&mut config.data.object_id_size, whole(value, 1).map(|size| size as usize))
    }),
    ("requestKeywordDenylist", |config, value| set(&mut config.data.denied_keywords, denied(value))),
    ("convertEmailToLowercase", |config, value| {
        set(&mut config.data.convert_email_to_lowercase, flag(value))
    }),
    ("convertUsernameToLowercase", |config, value| {
        set(&mut config.data.convert_username_to_lowercase, flag(value))
    }),
    ("extendSessionOnUse", |config, value| set(&mut config.data.extend_session_on_use, flag(value))),
    ("routeAllowList", |config, value| put(&mut config.rest.allowed_routes, routes(value))),
    ("schema", schema),
    ("collectionPrefix", collection_prefix),
    ("enableSanitizedErrorResponse", |config, value| set(&mut config.rest.sanitise_errors, flag(value))),
    ("databaseOptions", database_options),
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
        bail!("there is no option {name}{}", suggest::did_you_mean(name, names()));
    }
    for (name, taken) in FIXED {
        given.get(*name).map_or(Ok(()), |value| fixed::check(name, *taken, value))?;
    }
    let mut config = base.clone();
    for (name, apply) in UNDERSTOOD {
        if let Some(value) = given.get(*name) {
            apply(&mut config, value).with_context(|| format!("the option {name}"))?;
        }
    }
    config.keys.clone().resolve()?;
    config.check()?;
    Ok(config)
}

/// The names of all options of the reference.
fn names() -> impl Iterator<Item = &'static str> {
    UNDERSTOOD.iter().map(|(name, _)| *name).chain(FIXED.iter().map(|(name, _)| *name))
}

/// Every option by what becomes of it: acted on, taken whatever it says, taken with its default, refused.
pub(super) fn table() -> Json {
    let fixed = |wanted: fn(&Taken) -> bool| -> Vec<&str> {
        FIXED.iter().filter(|(_, taken)| wanted(taken)).map(|(name, _)| *name).collect()
    };
    json!({
        "options": UNDERSTOOD.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        "ignored": fixed(|taken| matches!(taken, Taken::Any)),
        "defaultOnly": fixed(|taken| matches!(taken, Taken::Only(_))),
        "refused": fixed(|taken| matches!(taken, Taken::Never)),
    })
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
    let given = members(value)?;
    for needed in ["threshold", "duration"] {
        given.get(needed).with_context(|| format!("{needed} is missing"))?;
    }
    for (name, value) in given {
        match name.as_str() {
            "threshold" => set(&mut config.data.lockout_threshold, whole(value, 1).and_then(attempts)),
            "duration" => set(&mut config.data.lockout_minutes, minutes(value)),
            "unlockOnPasswordReset" => flag(value).and_then(|unlocks| match unlocks {
                false => Ok(()),
                true => Err(anyhow::anyhow!("true is not supported yet")),
            }),
            _ => Err(anyhow::anyhow!("there is no such member")),
        }
        .with_context(|| name.clone())?;
    }
    Ok(())
}

fn attempts(value: u64) -> anyhow::Result<u32> {
    let value = u32::try_from(value).ok().filter(|value| *value < 1000);
    value.context("a number below 1000 is expected")
}

fn minutes(value: &Json) -> anyhow::Result<f64> {
    let minutes = value.as_f64().filter(|minutes| *minutes > 0.0 && *minutes <= 99_999.0);
    minutes.context("a number above 0 and below 100000 is expected")
}

fn request_complexity(config: &mut Config, value: &Json) -> anyhow::Result<()> {
    let data = &mut config.data;
    for (name, value) in members(value)? {
        match name.as_str() {
            "includeDepth" => set(&mut data.include_depth, limit(value)),
            "includeCount" => set(&mut data.include_count, limit(value)),
            "subqueryDepth" => set(&mut data.subquery_depth, limit(value)),
            // Here 0 is none.
            "subqueryLimit" => {
                // By this name it cuts; ours refuses.
                data.subquery_cut = true;
                limit(value)
                    .map(|most| data.subquery_limit = if most == usize::MAX { 0 } else { most as u64 })
            }
            "queryDepth" => set(&mut data.query_depth, limit(value)),
            "allowRegex" => set(&mut data.allow_regex, flag(value)),
            "batchRequestLimit" => set(&mut data.batch_limit, limit(value)),
            // There is no GraphQL to limit.
            "graphQLDepth" | "graphQLFields" => limit(value).map(drop),
            _ => Err(anyhow::anyhow!("there is no such member")),
        }
        .with_context(|| name.clone())?;
    }
    Ok(())
}

fn denied(value: &Json) -> anyhow::Result<model::Denylist> {
    let read = serde_json::from_value(value.clone());
    read.map_err(|error| anyhow::anyhow!("a list of objects with key and value is expected: {error}"))
}

fn routes(value: &Json) -> anyhow::Result<rest::route::AllowedRoutes> {
    let patterns = value.as_array().context("a list of texts is expected")?;
    let patterns: Vec<String> = patterns.iter().map(text).collect::<anyhow::Result<_>>()?;
    patterns.try_into().map_err(anyhow::Error::msg)
}

/// Defined classes; what is only for code can't be.
fn schema(config: &mut Config, value: &Json) -> anyhow::Result<()> {
    let schema = &mut config.schema;
    schema.definitions = Some(Vec::new());
    for (name, value) in members(value)?.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "definitions" => {
                put(&mut schema.definitions, value.as_array().cloned().context("a list is expected"))
            }
            "strict" => set(&mut schema.strict, flag(value)),
            "deleteExtraFields" => set(&mut schema.delete_extra_fields, flag(value)),
            "recreateModifiedFields" => set(&mut schema.recreate_modified_fields, flag(value)),
            "keepUnknownIndexes" => set(&mut schema.keep_unknown_indexes, flag(value)),
            "lockSchemas" => set(&mut config.data.lock_schemas, flag(value)),
            "beforeMigration" | "afterMigration" => bail!("{name} is code of the reference's own"),
            _ => bail!("there is no member {name}"),
        }
        .with_context(|| name.clone())?;
    }
    Ok(())
}

/// Only MongoDB's layout has a place for it.
fn collection_prefix(config: &mut Config, value: &Json) -> anyhow::Result<()> {
    let prefix = value.as_str().context("a text is expected");
    set(&mut config.database.mongodb.prefix, prefix.map(ToOwned::to_owned))
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
