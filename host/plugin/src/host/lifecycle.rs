//! Install, approve, activate, roll back, disable, remove; each goes through the door, so the trail has it.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use data::{About, Act, Context, Data, PluginVersion, Principal};
use model::Date;
use semver::Version;
use sha2::{Digest as _, Sha256};

use super::Host;
use crate::{
    Approval, Digest, Error, Package, Result,
    approval::{Decision, decide},
    error::Problems,
    loaded::import_problems,
    report::{Activation, Inspection, Removal},
    store::{Entry, Installed, Saved, Step},
};

/// Steps of its history that a plugin keeps.
const MAX_HISTORY: usize = 100;

impl Host {
    /// Installs a packed component; nothing of it runs.
    ///
    /// Installing the same bytes again changes nothing.
    ///
    /// # Errors
    /// 142 with every problem of the component, 137 when its version is installed with other bytes, 403 without the
    /// master key.
    pub async fn install(
        &self,
        data: &Data,
        cx: &Context,
        bytes: Vec<u8>,
    ) -> Result<Inspection, data::Error> {
        let bytes: Arc<[u8]> = bytes.into();
        let name = self.own_name(cx, bytes.clone()).await;
        let about = About::default();
        let work = async {
            let by = actor(cx);
            let examined = bytes.clone();
            let package = self.blocking(move |inner| inner.examine(&examined)).await?;
            about.note(told(&package.manifest.name, &package.manifest.version, package.digest, None));
            let mut saved = self.inner.saved.lock().await;
            let mut next = saved.clone();
            let entry = next.plugins.entry(package.manifest.name.clone()).or_default();
            let (version, digest) = (package.manifest.version.clone(), package.digest);
            match entry.versions.iter().find(|installed| installed.version == version) {
                Some(installed) if installed.digest == digest => {}
                Some(_) => {
                    return Err(Error::Conflict(format!(
                        "{} {version} is installed with other bytes; a version never changes, so raise it",
                        package.manifest.name
                    ))
                    .into());
                }
                None => {
                    entry.versions.push(Installed { version, digest, size: package.size, by, at: now() });
                    self.blocking(move |inner| inner.store.keep(digest, &bytes)).await?;
                    self.keep(&mut saved, next).await?;
                }
            }
            let entry = saved.plugins.get(&package.manifest.name).cloned().unwrap_or_default();
            Ok(self.report(package, &entry))
        };
        data.administer_plugin(cx, Act::PluginInstall, &name, &about, work).await
    }

    /// Approves a version, as far as the decision says; it isn't at work yet.
    ///
    /// # Errors
    /// 101 when there is no such plugin or version, 142 with everything that the decision grants without being asked,
    /// every import that it leaves without a grant, and every setting that doesn't fit; 403 without the master key.
    pub async fn approve(
        &self,
        data: &Data,
        cx: &Context,
        name: &str,
        which: Option<&str>,
        decision: Decision,
    ) -> Result<Approval, data::Error> {
        let about = About::default();
        let work = async {
            let mut saved = self.inner.saved.lock().await;
            let mut next = saved.clone();
            let entry = entry_mut(&mut next, name)?;
            let Installed { version, digest, .. } = pick(name, entry, which)?.clone();
            about.note(told(name, &version, digest, None));
            let package = self.blocking(move |inner| inner.package(digest)).await?;
            let mut problems = Problems::default();
            let (granted, settings) = decide(&package.manifest, &decision, &mut problems);
            problems.0.extend(import_problems(&package.imports, &granted, "granted").0);
            problems.settle()?;
            let by = match &decision.by {
                Some(person) => format!("{person} ({})", actor(cx)),
                None => actor(cx),
            };
            let mut approval = Approval {
                id: String::new(),
                digest,
                granted,
                settings,
                by,
                person: decision.by,
                key: Some(actor(cx)),
                at: now(),
                note: decision.note,
            };
            approval.id = approval_id(name, &approval)?;
            about.note(told(name, &version, digest, Some(&approval)));
            entry.approvals.push(approval.clone());
            self.keep(&mut saved, next).await?;
            Ok(approval)
        };
        data.administer_plugin(cx, Act::PluginApprove, name, &about, work).await
    }

    /// Puts an approved version to work. Requests under way keep what they began with.
    ///
    /// `which` is a version or a digest; `None` is what was approved last.
    ///
    /// # Errors
    /// 101 when there is no such plugin or version, 137 when it isn't approved or its functions collide with another
    /// plugin's, 142 when it can't be loaded, 403 without the master key.
    pub async fn activate(
        &self,
        data: &Data,
        cx: &Context,
        name: &str,
        which: Option<&str>,
    ) -> Result<Activation, data::Error> {
        let about = About::default();
        let work = async {
            let mut saved = self.inner.saved.lock().await;
            let entry = entry_of(&saved, name)?;
            let approval = match which {
                None => entry.approvals.last(),
                Some(_) => {
                    let digest = pick(name, entry, which)?.digest;
                    entry.approvals.iter().rev().find(|approval| approval.digest == digest)
                }
            };
            let approval = approval.ok_or_else(|| Error::Conflict(format!("{name} isn't approved yet")))?;
            note(&about, name, entry, approval);
            let id = approval.id.clone();
            self.switch(&mut saved, cx, name, Some(id)).await
        };
        data.administer_plugin(cx, Act::PluginActivate, name, &about, work).await
    }

    /// Puts a version to work that was at work before, under the approval that it had then.
    ///
    /// `which` is a version or a digest; `None` is the one before the present.
    ///
    /// # Errors
    /// 101 when it never was at work, 142 when it can't be loaded, 403 without the master key.
    pub async fn roll_back(
        &self,
        data: &Data,
        cx: &Context,
        name: &str,
        which: Option<&str>,
    ) -> Result<Activation, data::Error> {
        let about = About::default();
        let work = async {
            let mut saved = self.inner.saved.lock().await;
            let entry = entry_of(&saved, name)?;
            let wanted =
                which.map(|_| pick(name, entry, which).map(|installed| installed.digest)).transpose()?;
            let mut worked =
                entry.history.iter().rev().filter_map(|step| entry.approval(step.approval.as_ref()?));
            let earlier = worked.find(|approval| match wanted {
                Some(wanted) => approval.digest == wanted,
                None => entry.active.as_ref() != Some(&approval.id),
            });
            let earlier = earlier
                .ok_or_else(|| Error::NotFound(format!("{name} has no earlier version to go back to")))?;
            note(&about, name, entry, earlier);
            let id = earlier.id.clone();
            self.switch(&mut saved, cx, name, Some(id)).await
        };
        data.administer_plugin(cx, Act::PluginRollback, name, &about, work).await
    }

    /// Takes a plugin out of work; it stays installed and approved.
    ///
    /// # Errors
    /// 101 when there is no such plugin, 403 without the master key.
    pub async fn disable(&self, data: &Data, cx: &Context, name: &str) -> Result<Activation, data::Error> {
        let about = About::default();
        let work = async {
            let mut saved = self.inner.saved.lock().await;
            let entry = entry_of(&saved, name)?;
            if let Some(approval) = entry.current() {
                note(&about, name, entry, approval);
            }
            if entry.active.is_none() {
                // Nothing changes, so no generation begins.
                let (name, generation) = (name.to_owned(), saved.generation);
                return Ok(Activation { name, version: None, digest: None, approval: None, generation });
            }
            self.switch(&mut saved, cx, name, None).await
        };
        data.administer_plugin(cx, Act::PluginDisable, name, &about, work).await
    }

    /// Forgets a version, or with `None` the whole plugin.
    ///
    /// # Errors
    /// 101 when there is no such plugin or version, 137 while it is at work, 403 without the master key.
    pub async fn remove(
        &self,
        data: &Data,
        cx: &Context,
        name: &str,
        which: Option<&str>,
    ) -> Result<Removal, data::Error> {
        let about = About::default();
        let work = async {
            let mut saved = self.inner.saved.lock().await;
            let mut next = saved.clone();
            let entry = entry_mut(&mut next, name)?;
            let gone: Vec<Installed> = match which {
                Some(_) => vec![pick(name, entry, which)?.clone()],
                None => entry.versions.clone(),
            };
            for installed in &gone {
                about.note(told(name, &installed.version, installed.digest, None));
            }
            let active = entry.current().map(|approval| approval.digest);
            if gone.iter().any(|installed| Some(installed.digest) == active) {
                return Err(Error::Conflict(format!("{name} is at work; disable it first")).into());
            }
            entry.versions.retain(|installed| !gone.contains(installed));
            entry
                .approvals
                .retain(|approval| !gone.iter().any(|installed| installed.digest == approval.digest));
            if entry.versions.is_empty() {
                next.plugins.remove(name);
            }
            self.keep(&mut saved, next).await?;
            let digests: Vec<Digest> = gone.iter().map(|installed| installed.digest).collect();
            self.blocking(move |inner| {
                for digest in digests {
                    inner.store.forget(digest);
                    inner.cache.forget(digest);
                }
                Ok(())
            })
            .await?;
            let versions = gone.iter().map(|installed| installed.version.to_string()).collect();
            Ok(Removal { name: name.to_owned(), versions })
        };
        data.administer_plugin(cx, Act::PluginRemove, name, &about, work).await
    }

    /// What a component calls itself, for the trail; it is examined once the intent is recorded.
    async fn own_name(&self, cx: &Context, bytes: Arc<[u8]>) -> String {
        let most = self.inner.config.component_bytes();
        let read = match cx.may_administer() {
            true => self.blocking(move |_| Package::read(&bytes, most)).await.ok(),
            false => None,
        };
        read.map_or_else(|| "unreadable".to_owned(), |package| package.manifest.name)
    }

    /// Begins a new generation: built first, then durable, then seen.
    async fn switch(
        &self,
        saved: &mut Saved,
        cx: &Context,
        name: &str,
        approval: Option<String>,
    ) -> Result<Activation, data::Error> {
        let mut next = saved.clone();
        next.generation += 1;
        let generation = next.generation;
        let entry = entry_mut(&mut next, name)?;
        entry.active.clone_from(&approval);
        entry.history.push(Step { generation, approval: approval.clone(), by: actor(cx), at: now() });
        let excess = entry.history.len().saturating_sub(MAX_HISTORY);
        entry.history.drain(..excess);
        let digest = entry.current().map(|approval| approval.digest);
        let version = entry.versions.iter().find(|installed| Some(installed.digest) == digest);
        let version = version.map(|installed| installed.version.to_string());
        let registry = self.assemble(&next).await?;
        self.keep(saved, next).await?;
        self.inner.now.store(registry.into());
        tracing::info!(plugin = name, version, generation, "plugins changed");
        Ok(Activation { name: name.to_owned(), version, digest, approval, generation })
    }

    /// Makes a new state durable, then the present one.
    async fn keep(&self, saved: &mut Saved, next: Saved) -> Result<()> {
        let written = next.clone();
        self.blocking(move |inner| inner.store.save(&written)).await?;
        *saved = next;
        Ok(())
    }
}

fn unknown(name: &str) -> Error {
    Error::NotFound(format!("there is no plugin {:?}", crate::state::shorten(name)))
}

pub(super) fn entry_of<'a>(saved: &'a Saved, name: &str) -> Result<&'a Entry> {
    saved.plugins.get(name).ok_or_else(|| unknown(name))
}

fn entry_mut<'a>(saved: &'a mut Saved, name: &str) -> Result<&'a mut Entry> {
    saved.plugins.get_mut(name).ok_or_else(|| unknown(name))
}

/// Finds an installed version by its number or its digest.
pub(super) fn pick<'a>(name: &str, entry: &'a Entry, which: Option<&str>) -> Result<&'a Installed> {
    let found = match which {
        None => entry.versions.last(),
        Some(text) => match (Digest::parse(text), Version::parse(text)) {
            (Some(digest), _) => entry.versions.iter().find(|installed| installed.digest == digest),
            (None, Ok(version)) => entry.versions.iter().find(|installed| installed.version == version),
            _ => return Err(Error::invalid("a version is named by its number or by its SHA-256")),
        },
    };
    found.ok_or_else(|| Error::NotFound(format!("there is no such version of {name}")))
}

/// A version, as the record of an act on it names it.
fn told(name: &str, version: &Version, digest: Digest, approval: Option<&Approval>) -> PluginVersion {
    PluginVersion {
        name: name.to_owned(),
        version: version.to_string(),
        digest: digest.0,
        approval: approval.map(|approval| approval.id.clone()),
        approved_by: approval.and_then(|approval| match &approval.key {
            Some(_) => approval.person.clone(),
            None => Some(approval.by.clone()),
        }),
        approved_as: approval.and_then(|approval| approval.key.clone()),
    }
}

/// Notes the version that an approval is for.
fn note(about: &About, name: &str, entry: &Entry, approval: &Approval) {
    let installed = entry.versions.iter().find(|installed| installed.digest == approval.digest);
    if let Some(installed) = installed {
        about.note(told(name, &installed.version, approval.digest, Some(approval)));
    }
}

/// Who acts, as a record of the plugin folder names it.
fn actor(cx: &Context) -> String {
    match cx.principal() {
        Principal::Master => "master key".to_owned(),
        Principal::ReadOnlyMaster => "read-only master key".to_owned(),
        Principal::Maintenance => "maintenance key".to_owned(),
        Principal::User(identity) => format!("user {}", identity.user),
        Principal::Anonymous => "anonymous".to_owned(),
        Principal::System => "server".to_owned(),
    }
}

fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Date(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)).to_string()
}

/// Derives an approval's id from everything that it says, with a part that makes it unique.
fn approval_id(name: &str, approval: &Approval) -> Result<String> {
    let json = serde_json::to_vec(approval)
        .map_err(|error| Error::internal("the approval can't be written", error))?;
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| Error::internal("no random bytes", error))?;
    let hash = Sha256::new().chain_update(name).chain_update(json).chain_update(salt).finalize();
    Ok(hex::encode(hash.get(..12).unwrap_or_default()))
}
