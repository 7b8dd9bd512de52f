//! What administrators do, recorded like everything else.

use parking_lot::Mutex;

use crate::{
    Act, Context, Data, Error, Principal,
    action::{Action, Target},
};

/// A version of a plugin that an act is about, as its record names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginVersion {
    /// The plugin.
    pub name: String,
    /// The version.
    pub version: String,
    /// SHA-256 of its component.
    pub digest: [u8; 32],
    /// The approval that counts, if there is one: the grant that its calls name.
    pub approval: Option<String>,
    /// Who approved, as that person is called.
    pub approved_by: Option<String>,
    /// With which authority.
    pub approved_as: Option<String>,
}

/// The versions that an act turns out to be about; also an act that fails was about them.
#[derive(Debug, Default)]
pub struct About(Mutex<Vec<PluginVersion>>);

impl About {
    /// Notes a version; what is said later of the same component counts.
    pub fn note(&self, version: PluginVersion) {
        let mut versions = self.0.lock();
        versions.retain(|noted| noted.digest != version.digest);
        versions.push(version);
    }
}

impl Data {
    /// Carries out an administrator's act: its intent is durable before it is tried, its outcome before it is answered.
    ///
    /// `name` says what it is done to, such as a plugin; it is a name, never a value.
    ///
    /// # Errors
    /// 403 without the master key (looking is open to the read-only one), and the act's own errors.
    pub async fn administer<T>(
        &self,
        cx: &Context,
        act: Act,
        name: &str,
        work: impl Future<Output = Result<T, Error>> + Send,
    ) -> Result<T, Error> {
        self.administer_plugin(cx, act, name, &About::default(), work).await
    }

    /// As [`Data::administer`], for an act on versions of a plugin, which `work` tells to `about` as it learns them.
    ///
    /// # Errors
    /// As [`Data::administer`].
    pub async fn administer_plugin<T>(
        &self,
        cx: &Context,
        act: Act,
        name: &str,
        about: &About,
        work: impl Future<Output = Result<T, Error>> + Send,
    ) -> Result<T, Error> {
        let mut entry = self.inner.ledger.begin(cx, Action::Administer(act), &Target::named(name)).await?;
        let looks = !Action::Administer(act).changes() && matches!(cx.principal(), Principal::ReadOnlyMaster);
        let answer = match (cx.may_administer() && cx.grant().is_none()) || looks {
            true => work.await,
            false => Err(Error::Forbidden("unauthorized: master key is required")),
        };
        entry.concerns(std::mem::take(&mut *about.0.lock()));
        entry.finish(answer).await
    }
}
