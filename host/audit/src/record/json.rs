//! The form of a record that people read.

use serde::ser::{Serialize, SerializeMap, Serializer};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::draft::Stage;
use crate::record::Record;

/// RFC 3339 with all nine digits, so that times stand in columns and sort as text.
const FORM: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:9]Z");

/// Renders a time of the log (ns since 1970 UTC) as RFC 3339.
pub(crate) fn moment(ts: u64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(ts))
        .ok()
        .and_then(|moment| moment.format(FORM).ok())
        .unwrap_or_else(|| ts.to_string())
}

/// The JSON projection: names as text, references and hashes in hexadecimal, absent parts left out.
impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("seq", &self.seq)?;
        map.serialize_entry("time", &moment(self.ts))?;
        map.serialize_entry("code", &self.code)?;
        match self.stage {
            Stage::Intent => map.serialize_entry("stage", "intent")?,
            Stage::Single => map.serialize_entry("stage", "single")?,
            Stage::Outcome { intent } => {
                map.serialize_entry("stage", "outcome")?;
                map.serialize_entry("intent", &intent)?;
            }
        }
        map.serialize_entry("request", &self.request)?;
        optional(&mut map, "parent", &self.parent)?;
        map.serialize_entry("actor", &self.actor)?;
        if self.roles_left_out > 0 {
            map.serialize_entry("rolesLeftOut", &self.roles_left_out)?;
        }
        optional(&mut map, "plugin", &self.plugin)?;
        if self.source.ip.is_some() || self.source.client.is_some() {
            map.serialize_entry("source", &self.source)?;
        }
        optional(&mut map, "purpose", &self.purpose)?;
        optional(&mut map, "object", &self.object)?;
        if !self.fields.is_empty() {
            map.serialize_entry("fields", &self.fields)?;
        }
        optional(&mut map, "query", &self.query)?;
        optional(&mut map, "decision", &self.decision)?;
        optional(&mut map, "outcome", &self.outcome)?;
        optional(&mut map, "version", &self.version)?;
        if !self.seals.is_empty() {
            map.serialize_entry("seals", &self.seals)?;
        }
        if !self.plugin_versions.is_empty() {
            map.serialize_entry("pluginVersions", &self.plugin_versions)?;
        }
        optional(&mut map, "part", &self.part)?;
        map.serialize_entry("tenant", &self.tenant)?;
        map.serialize_entry("process", &hex::encode(self.boot))?;
        optional(&mut map, "clockBehindNs", &self.behind)?;
        map.end()
    }
}

fn optional<M: SerializeMap, T: Serialize>(
    map: &mut M,
    key: &str,
    value: &Option<T>,
) -> Result<(), M::Error> {
    match value {
        Some(value) => map.serialize_entry(key, value),
        None => Ok(()),
    }
}
