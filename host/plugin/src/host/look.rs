//! Looks at what is installed, without changing it.

use data::{Act, Context, Data};

use super::{
    Host,
    lifecycle::{entry_of, pick},
};
use crate::{
    Package, Result,
    report::{Inspection, Listed},
    store::Entry,
};

impl Host {
    /// Lists every installed plugin.
    ///
    /// # Errors
    /// 403 without the master key.
    pub async fn list(&self, data: &Data, cx: &Context) -> Result<Vec<Listed>, data::Error> {
        let work = async {
            let saved = self.inner.saved.lock().await;
            Ok(saved.plugins.iter().map(|(name, entry)| listed(name, entry)).collect())
        };
        data.administer(cx, Act::PluginRead, "*", work).await
    }

    /// Looks at a version: what it asks for, against what the plugin is granted now.
    ///
    /// `which` is a version or a digest; `None` is the version that was installed last.
    ///
    /// # Errors
    /// 101 when there is no such plugin or version, 403 without the master key.
    pub async fn inspect(
        &self,
        data: &Data,
        cx: &Context,
        name: &str,
        which: Option<&str>,
    ) -> Result<Inspection, data::Error> {
        let work = async {
            let entry = self.entry(name).await?;
            let digest = pick(name, &entry, which)?.digest;
            let package = self.blocking(move |inner| inner.package(digest)).await?;
            Ok(self.report(package, &entry))
        };
        data.administer(cx, Act::PluginRead, name, work).await
    }

    async fn entry(&self, name: &str) -> Result<Entry> {
        entry_of(&*self.inner.saved.lock().await, name).cloned()
    }

    /// Says what a version asks for, against what the plugin is granted now.
    pub(super) fn report(&self, package: Package, entry: &Entry) -> Inspection {
        let config = &self.inner.config;
        let Package { manifest, digest, imports, exports, size, .. } = package;
        let current = entry.current();
        let granted = current.map(|approval| approval.granted.clone());
        let none = crate::manifest::Asks::default();
        let now = granted.as_ref().unwrap_or(&none);
        Inspection {
            added: manifest.asks.beyond(now),
            removed: now.beyond(&manifest.asks),
            name: manifest.name,
            version: manifest.version.to_string(),
            digest,
            size,
            description: manifest.description,
            hooks: manifest.hooks,
            functions: manifest.functions,
            requested: manifest.asks,
            deadline_ms: u64::try_from(config.deadline(manifest.limits.deadline_ms).as_millis())
                .unwrap_or(u64::MAX),
            memory_mib: u64::try_from(config.memory(manifest.limits.memory_mib) >> 20).unwrap_or(u64::MAX),
            settings: manifest.settings,
            settings_now: current.map(|approval| approval.settings.clone()),
            imports,
            exports,
            approval: entry.approvals.iter().rev().find(|approval| approval.digest == digest).cloned(),
            active: current.is_some_and(|approval| approval.digest == digest),
            granted,
        }
    }
}

fn listed(name: &str, entry: &Entry) -> Listed {
    let active = entry.current().map(|approval| approval.digest);
    let version = entry.versions.iter().find(|installed| Some(installed.digest) == active);
    Listed {
        name: name.to_owned(),
        active,
        active_version: version.map(|installed| installed.version.to_string()),
        versions: entry.versions.clone(),
        approved: entry.approvals.iter().map(|approval| approval.digest).collect(),
        history: entry.history.clone(),
    }
}
