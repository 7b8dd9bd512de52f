//! The keys of an application, judged in Parse's order.

use std::fmt;
use std::net::IpAddr;

use serde::Deserialize;

use crate::{AddressList, Error, Result, Secret};

/// Holds the keys an application is reached with.
///
/// Build it with [`Keys::new`] and change what differs, or read it from configuration; then
/// call [`Keys::validate`] before serving.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// Names the application. It is public.
    pub app_id: String,
    /// Opens everything.
    pub master: Secret,
    /// Opens everything for reading. Default: none.
    #[serde(default)]
    pub read_only_master: Option<Secret>,
    /// Opens internal fields for maintenance. Default: none.
    #[serde(default)]
    pub maintenance: Option<Secret>,
    /// Is the REST client key. Default: none.
    #[serde(default)]
    pub rest: Option<Secret>,
    /// Is the JavaScript client key. Default: none.
    #[serde(default)]
    pub javascript: Option<Secret>,
    /// Is the mobile client key. Default: none.
    #[serde(default)]
    pub client: Option<Secret>,
    /// Is the .NET client key. Default: none.
    #[serde(default)]
    pub dot_net: Option<Secret>,
    /// Lists where the master key may come from. Default: this machine.
    #[serde(default)]
    pub master_ips: AddressList,
    /// Lists where the read-only master key may come from. Default: everywhere.
    #[serde(default = "AddressList::everywhere")]
    pub read_only_master_ips: AddressList,
    /// Lists where the maintenance key may come from. Default: this machine.
    #[serde(default)]
    pub maintenance_ips: AddressList,
    /// Lets a key of power be the application id or a client key, as old test suites have it. Default: no.
    #[serde(skip)]
    pub shared: bool,
}

/// Is what one request presents.
///
/// Its `Debug` says which keys were presented, not what they are.
#[derive(Clone, Copy, Default)]
pub struct Presented<'a> {
    /// Names the application.
    pub app_id: Option<&'a str>,
    /// Is taken for the master key or the read-only master key.
    pub master: Option<&'a str>,
    /// Is taken for the maintenance key.
    pub maintenance: Option<&'a str>,
    /// Is taken for the REST client key.
    pub rest: Option<&'a str>,
    /// Is taken for the JavaScript client key.
    pub javascript: Option<&'a str>,
    /// Is taken for the mobile client key.
    pub client: Option<&'a str>,
    /// Is taken for the .NET client key.
    pub dot_net: Option<&'a str>,
    /// Says where the request comes from. Unknown is admitted only where everywhere is.
    pub address: Option<IpAddr>,
}

/// Is what the keys of a request amount to, before any session is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Reads and writes internal fields too.
    Maintenance,
    /// Does everything.
    Master,
    /// Reads everything, changes nothing.
    ReadOnlyMaster,
    /// Is an ordinary client: a session may say who.
    Client,
}

/// Refuses a request because of its keys; the client is told no more than `unauthorized`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum KeyRefusal {
    /// The application id is missing or another's.
    #[error("the application id is missing or unknown")]
    WrongApp,
    /// Client keys are configured and none that was presented is right.
    #[error("no right client key was presented")]
    WrongClientKey,
    /// A right master key, read-only or not, came from an address it may not come from.
    #[error("the master key came from an address that is not allowed")]
    MasterFromElsewhere,
    /// A right maintenance key came from an address it may not come from.
    #[error("the maintenance key came from an address that is not allowed")]
    MaintenanceFromElsewhere,
}

impl Keys {
    /// Holds an application id and a master key; everything else is at its default.
    pub fn new(app_id: impl Into<String>, master: impl Into<Secret>) -> Keys {
        Keys {
            app_id: app_id.into(),
            master: master.into(),
            read_only_master: None,
            maintenance: None,
            rest: None,
            javascript: None,
            client: None,
            dot_net: None,
            master_ips: AddressList::localhost(),
            read_only_master_ips: AddressList::everywhere(),
            maintenance_ips: AddressList::localhost(),
            shared: false,
        }
    }

    /// Checks that no key is empty and that no key of power is known otherwise.
    ///
    /// The three keys of power must differ from each other, as in Parse. They must also differ
    /// from the application id and from the client keys: every app on every phone carries those
    /// (unless [`Keys::shared`] says that it doesn't matter here).
    ///
    /// # Errors
    /// [`Error::Empty`] and [`Error::Same`], naming the settings at fault, not what they hold.
    pub fn validate(&self) -> Result<()> {
        let power = [
            ("master key", Some(&self.master)),
            ("read-only master key", self.read_only_master.as_ref()),
            ("maintenance key", self.maintenance.as_ref()),
        ];
        let client = [
            ("REST key", self.rest.as_ref()),
            ("JavaScript key", self.javascript.as_ref()),
            ("client key", self.client.as_ref()),
            (".NET key", self.dot_net.as_ref()),
        ];
        let all = power.iter().chain(&client).filter_map(|(name, key)| key.map(|key| (*name, key)));

        if self.app_id.is_empty() {
            return Err(Error::Empty("application id"));
        }
        if let Some((name, _)) = all.clone().find(|(_, key)| key.is_empty()) {
            return Err(Error::Empty(name));
        }
        for (index, (name, key)) in power.iter().enumerate() {
            let Some(key) = key else { continue };
            if !self.shared && key.matches(&self.app_id) {
                return Err(Error::Same(name, "application id"));
            }
            // Everything but the keys of power that were already compared with the rest.
            let public = client.iter().filter(|_| !self.shared);
            let others = power.iter().skip(index.saturating_add(1)).chain(public);
            for (other_name, other) in others {
                if other.is_some_and(|other| key.same_as(other)) {
                    return Err(Error::Same(name, other_name));
                }
            }
        }
        Ok(())
    }

    /// Judges what a request presents.
    ///
    /// The order is Parse's: application, maintenance key, master key, read-only master key,
    /// client keys. A wrong key of power is ignored, as Parse does; a right one from a wrong
    /// address ends the request. Keys are compared in constant time.
    ///
    /// # Errors
    /// [`KeyRefusal`], which the client gets as 403 `unauthorized` whatever its variant.
    pub fn judge(&self, presented: &Presented<'_>) -> std::result::Result<Standing, KeyRefusal> {
        if presented.app_id != Some(self.app_id.as_str()) {
            return Err(KeyRefusal::WrongApp);
        }
        let admits = |list: &AddressList| list.admits(presented.address);
        if equal(self.maintenance.as_ref(), presented.maintenance) {
            return if admits(&self.maintenance_ips) {
                Ok(Standing::Maintenance)
            } else {
                Err(KeyRefusal::MaintenanceFromElsewhere)
            };
        }
        let ranks = [
            (Some(&self.master), &self.master_ips, Standing::Master),
            (self.read_only_master.as_ref(), &self.read_only_master_ips, Standing::ReadOnlyMaster),
        ];
        for (key, ips, standing) in ranks {
            if equal(key, presented.master) {
                return if admits(ips) { Ok(standing) } else { Err(KeyRefusal::MasterFromElsewhere) };
            }
        }
        if self.client_passes(presented) { Ok(Standing::Client) } else { Err(KeyRefusal::WrongClientKey) }
    }

    /// Tells whether no client key is configured, or one that was presented is right.
    fn client_passes(&self, presented: &Presented<'_>) -> bool {
        let pairs = [
            (self.rest.as_ref(), presented.rest),
            (self.javascript.as_ref(), presented.javascript),
            (self.client.as_ref(), presented.client),
            (self.dot_net.as_ref(), presented.dot_net),
        ];
        let none_configured = pairs.iter().all(|(key, _)| key.is_none());
        // `|` and not `any`: which of the keys was right doesn't show in the time taken.
        pairs.into_iter().fold(none_configured, |passes, (key, given)| passes | equal(key, given))
    }
}

/// Tells whether a key is configured, presented and right.
fn equal(key: Option<&Secret>, given: Option<&str>) -> bool {
    key.zip(given).is_some_and(|(key, given)| key.matches(given))
}

impl fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presented")
            .field("app_id", &self.app_id.is_some())
            .field("master", &self.master.is_some())
            .field("maintenance", &self.maintenance.is_some())
            .field("rest", &self.rest.is_some())
            .field("javascript", &self.javascript.is_some())
            .field("client", &self.client.is_some())
            .field("dot_net", &self.dot_net.is_some())
            .field("address", &self.address.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests;
