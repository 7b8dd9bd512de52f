//! The resolved settings as a person reads them.

use std::fmt::{Debug, Write as _};

use super::Config;

/// Writes all settings, section by section; secrets show as `[secret]`.
pub fn show(config: &Config) -> String {
    let mut text = String::new();
    section(&mut text, "server", &config.server);
    section(&mut text, "keys", &config.keys);
    section(&mut text, "data", &config.data);
    section(&mut text, "rest", &config.rest);
    section(&mut text, "plugin", &config.plugin);
    section(&mut text, "audit", &config.audit);
    let uri = config.database.shown_uri().unwrap_or_else(|| "(unset)".to_owned());
    let _ = writeln!(text, "[database]\nuri = {uri}\n");
    section(&mut text, "database.sqlite", &config.database.sqlite);
    section(&mut text, "database.postgres", &config.database.postgres);
    text
}

/// Writes one section: the lines of its pretty `Debug`, as `name = value`.
fn section(text: &mut String, name: &str, settings: &dyn Debug) {
    let _ = writeln!(text, "[{name}]");
    let shown = format!("{settings:#?}");
    for line in shown.lines().filter_map(|line| line.strip_prefix("    ")) {
        let line = match line.split_once(": ") {
            Some((field, value)) if !field.starts_with(' ') => format!("{field} = {value}"),
            _ => line.to_owned(),
        };
        let line = line.strip_suffix(',').unwrap_or(&line);
        let _ = writeln!(
            text,
            "{}",
            line.strip_suffix(" = None").map_or(line.to_owned(), |l| format!("{l} = (unset)"))
        );
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_settings_and_no_secret() {
        let mut config = Config::default();
        config.keys.master = Some("hunter2".into());
        let text = show(&config);
        assert!(
            text.contains("[server]\nhost = 127.0.0.1\nport = 1337\ndata_dir = \"parapet-data\"\n"),
            "{text}"
        );
        assert!(text.contains("app_id = (unset)\n") && text.contains("[secret]"), "{text}");
        assert!(!text.contains("hunter2"));
    }
}
