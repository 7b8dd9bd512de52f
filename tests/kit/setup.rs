//! What a scenario's server is made of, before it starts.

use serde_json::{Value as Json, json};
use server::Config;

use crate::kit::{APP_ID, Kit, MASTER_KEY};

/// Collects what a scenario wants of its server.
pub struct Setup {
    pub(crate) config: Config,
    pub(crate) plugins: Vec<Wanted>,
    pub(crate) classes: Vec<Json>,
}

/// A plugin that is active from the start.
pub(crate) struct Wanted {
    pub(crate) component: Vec<u8>,
    pub(crate) settings: Option<Json>,
}

impl Setup {
    pub(crate) fn new() -> Setup {
        let mut config = Config::default();
        config.keys.app_id = Some(APP_ID.to_owned());
        config.keys.master = Some(auth::Secret::new(MASTER_KEY.to_owned()));
        // A folder per scenario: nobody needs 64 MiB kept aside in each.
        config.audit.reserve_bytes = 0;
        // What scenarios share answers before it flushes.
        config.database.postgres.accept_data_loss = true;
        // Signed at once, so that a log that is looked at while it is written is sealed.
        config.audit.checkpoint_ms = 50;
        Setup { config, plugins: Vec::new(), classes: Vec::new() }
    }

    /// Changes settings.
    #[must_use]
    pub fn configure(mut self, change: impl FnOnce(&mut Config)) -> Setup {
        change(&mut self.config);
        self
    }

    /// Makes a class: `fields` as the schema API takes them, open to everybody.
    #[must_use]
    pub fn class(self, name: &str, fields: Json) -> Setup {
        self.schema(json!({"className": name, "fields": fields}))
    }

    /// Makes a class from a whole schema.
    #[must_use]
    pub fn schema(mut self, schema: Json) -> Setup {
        self.classes.push(schema);
        self
    }

    /// Installs, approves and activates a plugin of `plugins/` or `examples/`, by its package name.
    #[must_use]
    pub fn plugin(self, package: &str) -> Setup {
        self.component(crate::guest::plugin(package), None)
    }

    /// Installs, approves and activates a plugin with settings.
    #[must_use]
    pub fn plugin_with(self, package: &str, settings: Json) -> Setup {
        self.component(crate::guest::plugin(package), Some(settings))
    }

    /// Installs, approves and activates a component that was built elsewhere.
    #[must_use]
    pub fn component(mut self, component: Vec<u8>, settings: Option<Json>) -> Setup {
        self.plugins.push(Wanted { component, settings });
        self
    }

    /// Starts the server.
    pub async fn start(self) -> Kit {
        Kit::start(self).await
    }
}
