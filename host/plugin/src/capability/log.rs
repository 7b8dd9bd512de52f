//! Capability `log`: lines in the operator's log, without what the guest was shown.

use wasmtime::component::{HasSelf, Linker, Resource};

use crate::{
    bindings::parapet::cloud::log::{self, Host, Level},
    fault::shown,
    resource::invocation::Call,
    state::State,
};

/// Fields of one line.
const MAX_FIELDS: usize = 16;

/// Lets a guest write lines.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    log::add_to_linker::<State, HasSelf<State>>(linker, |state| state)
}

impl Host for State {
    fn write(
        &mut self,
        _: Resource<Call>,
        level: Level,
        message: String,
        fields: Vec<(String, String)>,
    ) -> wasmtime::Result<()> {
        let size = fields.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
        self.budget.call(message.len() + size)?;
        self.log_lines += 1;
        let most = self.config.log_lines;
        let (plugin, request) = (&self.member.loaded.name, self.cx.request_id());
        if self.log_lines > most {
            if self.log_lines == most + 1 {
                tracing::warn!(%plugin, %request, "the plugin logs more than its share; the rest of this call is dropped");
            }
            return Ok(());
        }
        let line = self.line(&message, &fields);
        let Some(line) = line else {
            tracing::warn!(%plugin, %request, "a log line of the plugin held a value that it was shown; dropped");
            return Ok(());
        };
        match level {
            Level::Debug => tracing::debug!(target: "plugin::guest", %plugin, %request, "{line}"),
            Level::Info => tracing::info!(target: "plugin::guest", %plugin, %request, "{line}"),
            Level::Warn => tracing::warn!(target: "plugin::guest", %plugin, %request, "{line}"),
            Level::Error => tracing::error!(target: "plugin::guest", %plugin, %request, "{line}"),
        }
        Ok(())
    }
}

impl State {
    /// The line as it may be written; `None` when the message itself tells what the guest was shown.
    fn line(&self, message: &str, fields: &[(String, String)]) -> Option<String> {
        line(message, fields, self.config.log_line_bytes, &|text| self.touched.tells(text))
    }
}

/// Writes a line out, without the fields that tell something.
fn line(
    message: &str,
    fields: &[(String, String)],
    most: usize,
    tells: &dyn Fn(&str) -> bool,
) -> Option<String> {
    if tells(message) {
        return None;
    }
    let mut line = message.to_owned();
    for (key, value) in fields.iter().take(MAX_FIELDS) {
        let named =
            key.len() <= 64 && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
        let value = match named && !tells(key) {
            false => continue,
            true if tells(value) => "[dropped]",
            true => value,
        };
        line.push_str(&format!(" {key}={value:?}"));
    }
    Some(shown(&line, most))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(message: &str, fields: &[(&str, &str)]) -> Option<String> {
        let fields: Vec<_> = fields.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        line(message, &fields, 60, &|text| text.contains("Jane"))
    }

    #[test]
    fn values_that_were_shown_never_come_out() {
        assert_eq!(write("Jane was here", &[]), None);
        let kept =
            write("saved", &[("who", "Jane Doe"), ("fields", "name"), ("Jane", "x"), ("bad key", "x")]);
        assert_eq!(kept.unwrap(), r#"saved who="[dropped]" fields="name""#);
    }

    #[test]
    fn lines_are_one_line_of_a_length() {
        assert_eq!(write("a\nb", &[("k", "c\nd")]).unwrap(), r#"ab k="c\nd""#);
        assert_eq!(write(&"x".repeat(100), &[]).unwrap().len(), 60);
    }
}
