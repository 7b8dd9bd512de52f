//! The keys as settings give them: each may be left out.

use auth::{AddressList, Secret};
use serde::Deserialize;

/// Holds the keys that the settings name; what is left out comes from the key file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Keys {
    /// Names the application; public.
    pub app_id: Option<String>,
    /// Opens everything, from `master_ips`.
    pub master: Option<Secret>,
    /// Opens everything for reading.
    pub read_only_master: Option<Secret>,
    /// Opens internal fields for maintenance.
    pub maintenance: Option<Secret>,
    /// Is the REST client key.
    pub rest: Option<Secret>,
    /// Is the JavaScript client key.
    pub javascript: Option<Secret>,
    /// Is the mobile client key.
    pub client: Option<Secret>,
    /// Is the .NET client key.
    pub dot_net: Option<Secret>,
    /// Lists where the master key may come from. Default: this machine.
    pub master_ips: Option<AddressList>,
    /// Lists where the read-only master key may come from. Default: everywhere.
    pub read_only_master_ips: Option<AddressList>,
    /// Lists where the maintenance key may come from. Default: this machine.
    pub maintenance_ips: Option<AddressList>,
    /// Whether a key of power may be one that clients carry; no settings file can say so.
    #[serde(skip)]
    pub shared: bool,
}

impl Keys {
    /// Whether the settings leave every key to the key file.
    pub fn is_silent(&self) -> bool {
        let keys = [
            &self.master,
            &self.read_only_master,
            &self.maintenance,
            &self.rest,
            &self.javascript,
            &self.client,
            &self.dot_net,
        ];
        self.app_id.is_none() && keys.iter().all(|key| key.is_none())
    }

    /// Fills what is left out from other keys.
    pub fn or(self, other: Keys) -> Keys {
        Keys {
            app_id: self.app_id.or(other.app_id),
            master: self.master.or(other.master),
            read_only_master: self.read_only_master.or(other.read_only_master),
            maintenance: self.maintenance.or(other.maintenance),
            rest: self.rest.or(other.rest),
            javascript: self.javascript.or(other.javascript),
            client: self.client.or(other.client),
            dot_net: self.dot_net.or(other.dot_net),
            master_ips: self.master_ips.or(other.master_ips),
            read_only_master_ips: self.read_only_master_ips.or(other.read_only_master_ips),
            maintenance_ips: self.maintenance_ips.or(other.maintenance_ips),
            shared: self.shared,
        }
    }

    /// Turns the settings into the keys that requests are judged by.
    ///
    /// # Errors
    /// A missing application id or master key, and keys that must differ but don't.
    pub fn resolve(self) -> anyhow::Result<auth::Keys> {
        let (Some(app_id), Some(master)) = (self.app_id, self.master) else {
            anyhow::bail!("the application id or the master key is missing");
        };
        let mut keys = auth::Keys::new(app_id, master);
        keys.read_only_master = self.read_only_master;
        keys.maintenance = self.maintenance;
        keys.rest = self.rest;
        keys.javascript = self.javascript;
        keys.client = self.client;
        keys.dot_net = self.dot_net;
        keys.shared = self.shared;
        if let Some(ips) = self.master_ips {
            keys.master_ips = ips;
        }
        if let Some(ips) = self.read_only_master_ips {
            keys.read_only_master_ips = ips;
        }
        if let Some(ips) = self.maintenance_ips {
            keys.maintenance_ips = ips;
        }
        keys.validate()?;
        Ok(keys)
    }
}
