//! Making components ready: reading, checking, compiling, linking.

use std::sync::Arc;

use super::{Host, Inner};
use crate::{
    Approval, Config, Digest, Error, Package, Result,
    cache::Cache,
    engine,
    error::Problems,
    loaded::{Loaded, import_problems},
    manifest::Asks,
    member::Member,
    registry::Registry,
    report::Check,
    store::Saved,
};

/// Names everything about a package that shows without compiling it.
fn static_problems(package: &Package) -> Problems {
    let mut problems = import_problems(&package.imports, &package.manifest.asks, "asked for in the manifest");
    problems.0.extend(package.handler_problems().0);
    problems
}

/// Looks at a component without a server: what would keep it from being installed.
///
/// Compiles it, but runs nothing of it. `scratch` is a folder for compiled code, such as one below `target/`.
///
/// # Errors
/// [`Error::Invalid`] when it can't be read at all; everything else is in the report.
pub fn check(bytes: &[u8], config: &Config, scratch: &std::path::Path) -> Result<Check> {
    let package = Package::read(bytes, config.component_bytes())?;
    let mut problems = static_problems(&package);
    if problems.0.is_empty() {
        let engine = engine::start(config)?;
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|error| Error::internal("no random bytes", error))?;
        let cache = Cache::open(scratch.to_owned(), key)?;
        let loaded = cache.load(&engine, bytes).and_then(|component| {
            let manifest = Arc::new(package.manifest.clone());
            let asks = &package.manifest.asks;
            Loaded::new(&engine, config, &component, package.digest, manifest, asks, "{}".into())
        });
        cache.forget(package.digest);
        match loaded {
            Ok(_) => {}
            Err(Error::Invalid(found)) => problems.0.extend(found.0),
            Err(error) => return Err(error),
        }
    }
    Ok(Check {
        digest: package.digest,
        size: package.size,
        imports: package.imports,
        exports: package.exports,
        manifest: package.manifest,
        problems: problems.0,
    })
}

impl Inner {
    /// Reads a package and checks that it could be put to work if it were granted all that it asks for. Blocks.
    pub(super) fn examine(&self, bytes: &[u8]) -> Result<Package> {
        let package = Package::read(bytes, self.config.component_bytes())?;
        let mut problems = static_problems(&package);
        if problems.0.is_empty() {
            match self.load(bytes, &package, &package.manifest.asks, "{}".into()) {
                Ok(_) => {}
                Err(Error::Invalid(found)) => problems.0.extend(found.0),
                Err(error) => return Err(error),
            }
        }
        problems.settle()?;
        Ok(package)
    }

    fn load(&self, bytes: &[u8], package: &Package, granted: &Asks, settings: Arc<str>) -> Result<Loaded> {
        let component = self.cache.load(&self.runner.engine, bytes)?;
        let manifest = Arc::new(package.manifest.clone());
        Loaded::new(
            &self.runner.engine,
            &self.config,
            &component,
            package.digest,
            manifest,
            granted,
            settings,
        )
    }

    /// Makes an approved component ready. Blocks.
    fn load_approved(&self, approval: &Approval) -> Result<Loaded> {
        let bytes = self.store.component(approval.digest)?;
        let package = Package::read(&bytes, usize::MAX)?;
        let beyond = approval.granted.beyond(&package.manifest.asks);
        Problems(beyond.into_iter().map(|line| format!("granted without being asked for: {line}")).collect())
            .settle()?;
        import_problems(&package.imports, &approval.granted, "granted").settle()?;
        self.load(&bytes, &package, &approval.granted, approval.settings.to_string().into())
    }

    /// Reads the package of an installed component. Blocks.
    pub(super) fn package(&self, digest: Digest) -> Result<Package> {
        Package::read(&self.store.component(digest)?, usize::MAX)
    }
}

impl Host {
    /// Runs work that blocks, such as compiling, off the threads that serve requests.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let inner = self.inner.clone();
        tokio::task::spawn_blocking(move || work(&inner)).await.map_err(Host::blocking_error)?
    }

    /// Builds the generation that a saved state describes; components at work already are used again.
    pub(super) async fn assemble(&self, saved: &Saved) -> Result<Registry> {
        let now = self.inner.now.load_full();
        let mut members = Vec::new();
        for (name, entry) in &saved.plugins {
            let Some(id) = &entry.active else { continue };
            let approval = entry.approval(id).cloned().ok_or_else(|| {
                Error::internal(format!("plugin {name} is at work under an approval that isn't there"), id)
            })?;
            let kept = now.members.get(name).filter(|member| *member.identity.grant == *approval.id);
            let loaded = match kept {
                Some(member) => member.loaded.clone(),
                None => {
                    let approval = approval.clone();
                    let loaded = self.blocking(move |inner| inner.load_approved(&approval)).await;
                    Arc::new(loaded.map_err(|error| within(name, error))?)
                }
            };
            members.push(Arc::new(Member::new(loaded, &approval, saved.generation)));
        }
        Registry::new(saved.generation, self.inner.runner.clone(), members)
    }
}

/// Says which plugin an error is about.
fn within(name: &str, error: Error) -> Error {
    match error {
        Error::Invalid(problems) => Error::Invalid(Problems(
            problems.0.into_iter().map(|problem| format!("{name}: {problem}")).collect(),
        )),
        Error::Internal { what, cause } => Error::Internal { what: format!("{name}: {what}"), cause },
        other => other,
    }
}
