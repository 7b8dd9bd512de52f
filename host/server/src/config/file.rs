//! The settings file: TOML, read whole or not at all.

use std::path::Path;

use anyhow::{Context as _, anyhow};

use super::{Config, suggest};

/// Reads a settings file.
pub(super) fn read(path: &Path) -> anyhow::Result<Config> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the settings file {} can't be read", path.display()))?;
    parse(&text).with_context(|| format!("the settings file {}", path.display()))
}

/// Parses the text of a settings file.
pub(super) fn parse(text: &str) -> anyhow::Result<Config> {
    toml::from_str(text).map_err(|error| explain(text, &error))
}

/// Says what is wrong and on which line, without the line itself: it may hold a secret.
pub(super) fn explain(text: &str, error: &toml::de::Error) -> anyhow::Error {
    let line = error.span().map(|span| {
        let before = text.get(..span.start).unwrap_or(text);
        before.matches('\n').count().saturating_add(1)
    });
    let place = line.map(|line| format!("line {line}: ")).unwrap_or_default();
    match unknown(error.message()) {
        Some((name, known)) => {
            let hint = suggest::did_you_mean(name, known.iter().copied());
            let known =
                if hint.is_empty() { format!(" (known here: {})", known.join(", ")) } else { String::new() };
            anyhow!("{place}there is no setting {name}{hint}{known}")
        }
        None => anyhow!("{place}{}", error.message()),
    }
}

/// Takes apart "unknown field `x`, expected one of `a`, `b`".
fn unknown(message: &str) -> Option<(&str, Vec<&str>)> {
    let rest = message.strip_prefix("unknown field ")?;
    let mut quoted = rest.split('`').skip(1).step_by(2);
    Some((quoted.next()?, quoted.collect()))
}
