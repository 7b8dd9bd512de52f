//! Values as the reference's options have them; an error says what is expected, not what was given.

use anyhow::Context as _;
use serde_json::Value as Json;

/// A text that isn't empty.
pub(super) fn text(value: &Json) -> anyhow::Result<String> {
    let text = value.as_str().filter(|text| !text.is_empty());
    text.map(ToOwned::to_owned).context("a text is expected")
}

/// Texts: one, several between commas, or a list of them.
pub(super) fn texts(value: &Json) -> anyhow::Result<Vec<String>> {
    match value {
        Json::String(text) => Ok(text.split(',').map(|part| part.trim().to_owned()).collect()),
        Json::Array(items) => items.iter().map(text).collect(),
        _ => Err(anyhow::anyhow!("a text or a list of texts is expected")),
    }
}

/// True or false.
pub(super) fn flag(value: &Json) -> anyhow::Result<bool> {
    value.as_bool().context("true or false is expected")
}

/// A limit from 1 on; -1 is none, and what is none in the reference's tests must be none here.
pub(super) fn limit(value: &Json) -> anyhow::Result<usize> {
    match value.as_i64() {
        Some(-1) => Ok(usize::MAX),
        Some(limit) if limit > 0 => usize::try_from(limit).context("a smaller number is expected"),
        _ => Err(anyhow::anyhow!("a whole number from 1 on, or -1 for no limit, is expected")),
    }
}

/// A whole number from `least` on.
pub(super) fn whole(value: &Json, least: u64) -> anyhow::Result<u64> {
    let whole = value.as_u64().filter(|number| *number >= least);
    whole.with_context(|| format!("a whole number from {least} on is expected"))
}

/// A size in bytes, as a number or as a text such as `20mb`.
pub(super) fn size(value: &Json) -> anyhow::Result<usize> {
    let expected = "a size such as 20mb is expected";
    if let Some(bytes) = value.as_u64() {
        return usize::try_from(bytes).context(expected);
    }
    let text = value.as_str().context(expected)?.trim().to_ascii_lowercase();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let unit = match text.get(digits.len()..).unwrap_or_default().trim() {
        "" | "b" => 1,
        "kb" => 1 << 10,
        "mb" => 1 << 20,
        "gb" => 1 << 30,
        _ => return Err(anyhow::anyhow!(expected)),
    };
    let number: f64 = digits.parse().ok().context(expected)?;
    Ok((number * f64::from(unit)).max(0.0) as usize)
}
