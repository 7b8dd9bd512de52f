//! The resolved settings as a person reads them.

use std::fmt::{Debug, Write as _};

use super::Config;

/// What stands among the settings, but no file can set.
const UNSETTABLE: &[(&str, &str)] = &[("keys", "shared"), ("rest", "app_id")];

/// Writes all settings, section by section; secrets show as `[secret]`.
pub fn show(config: &Config) -> String {
    let mut text = String::new();
    section(&mut text, "server", &config.server);
    section(&mut text, "keys", &config.keys);
    section(&mut text, "data", &config.data);
    section(&mut text, "rest", &config.rest);
    section(&mut text, "plugin", &config.plugin);
    section(&mut text, "audit", &config.audit);
    section(&mut text, "schema", &config.schema);
    let uri = config.database.shown_uri().unwrap_or_else(|| "(unset)".to_owned());
    let _ = writeln!(text, "[database]\nuri = {uri}\n");
    section(&mut text, "database.sqlite", &config.database.sqlite);
    section(&mut text, "database.postgres", &config.database.postgres);
    section(&mut text, "database.mongodb", &config.database.mongodb);
    text
}

/// Writes one section: the lines of its pretty `Debug`, as `name = value`.
fn section(text: &mut String, name: &str, settings: &dyn Debug) {
    let _ = writeln!(text, "[{name}]");
    let shown = format!("{settings:#?}");
    let mut lines = shown.lines().filter_map(|line| line.strip_prefix("    ")).peekable();
    while let Some(line) = lines.next() {
        let Some((field, value)) = line.split_once(": ").filter(|(field, _)| !field.starts_with(' ')) else {
            // Between what a list holds the commas stay.
            let _ = writeln!(text, "{}", if line.starts_with(' ') { line } else { bare(line) });
            continue;
        };
        if UNSETTABLE.contains(&(name, field)) {
            continue;
        }
        let value = match (value, lines.peek().map(|next| next.trim_start())) {
            // What is set stands in three lines, of which the second says it.
            ("Some(", Some(inner)) if !inner.trim_end().ends_with(['(', '[', '{']) => {
                let value = word(inner);
                lines.next();
                lines.next();
                value
            }
            _ => word(value),
        };
        let _ = writeln!(text, "{field} = {value}");
    }
    text.push('\n');
}

/// A value as the settings file has it: a choice is a word in lower case.
fn word(value: &str) -> String {
    let value = bare(value);
    let choice = value.starts_with(|c: char| c.is_ascii_uppercase())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match value {
        "None" => "(unset)".to_owned(),
        _ if choice => format!("\"{}\"", value.to_ascii_lowercase()),
        _ => value.to_owned(),
    }
}

fn bare(line: &str) -> &str {
    line.strip_suffix(',').unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_settings_and_no_secret() {
        let mut config = Config::default();
        config.keys.master = Some("hunter2".into());
        config.keys.master_ips = Some("127.0.0.1, 10.0.0.0/8".parse().unwrap());
        config.rest.public_url = Some("https://parse.example.org/parse".to_owned());
        config.rest.allow_origin = vec!["https://a.example.org".to_owned()];
        let text = show(&config);
        assert!(
            text.contains("[server]\nhost = 127.0.0.1\nport = 1337\ndata_dir = \"parapet-data\"\n"),
            "{text}"
        );
        assert!(text.contains("app_id = (unset)\n") && text.contains("[secret]"), "{text}");
        assert!(!text.contains("hunter2"));
        for line in [
            "master = [secret]\nread_only_master = (unset)",
            "master_ips = [127.0.0.1,10.0.0.0/8]",
            "public_url = \"https://parse.example.org/parse\"",
            "allow_origin = [\n    \"https://a.example.org\",\n]",
            "log_format = \"text\"",
            "password_scheme = \"argon2id\"",
        ] {
            assert!(text.contains(&format!("\n{line}\n")), "no {line} in {text}");
        }
        assert!(!text.contains("Some(") && !text.contains("shared"), "{text}");
        assert_eq!(text.matches("app_id").count(), 1, "{text}");
    }
}
