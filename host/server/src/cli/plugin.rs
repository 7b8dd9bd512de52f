//! `parapet plugin`: from a template to a plugin that a running server trusts.

mod lifecycle;
mod new;
mod pack;
mod project;
mod report;
mod summary;
mod trial;
mod watch;

use clap::Subcommand;

/// Makes, builds and tries plugins, and manages those of a running server.
#[derive(Debug, Subcommand)]
pub(super) enum Plugin {
    /// Writes the folder of a new plugin from a template.
    New(new::New),
    /// Compiles the plugin and packs its manifest into one .wasm file.
    Build(pack::Build),
    /// Compares a built plugin with its manifest and with what the host offers, without a server.
    Check(pack::Check),
    /// Runs the plugin's own tests natively, then builds and checks it.
    Test(pack::Test),
    /// Runs one event through the plugin on a server in memory.
    Run(trial::Run),
    /// Builds on every change and swaps the plugin into a local server.
    Watch(watch::Watch),
    /// Brings a built plugin to a running server; nothing of it runs yet.
    Install(lifecycle::Install),
    /// Lists the plugins of a running server.
    List(lifecycle::List),
    /// Shows what a plugin asks, compared with what it is granted now.
    Inspect(lifecycle::Inspect),
    /// Grants a version what it asks, or less.
    Approve(lifecycle::Approve),
    /// Puts an approved version to work.
    Activate(lifecycle::Activate),
    /// Puts an earlier version to work again.
    Rollback(lifecycle::Rollback),
    /// Takes a plugin out of work; its versions stay.
    Disable(lifecycle::Disable),
    /// Forgets a plugin and all its versions.
    Remove(lifecycle::Remove),
}

impl Plugin {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Plugin::New(new) => new.run(),
            Plugin::Build(build) => build.run(),
            Plugin::Check(check) => check.run(),
            Plugin::Test(test) => test.run(),
            Plugin::Run(run) => run.run(),
            Plugin::Watch(watch) => watch.run(),
            Plugin::Install(install) => install.run(),
            Plugin::List(list) => list.run(),
            Plugin::Inspect(inspect) => inspect.run(),
            Plugin::Approve(approve) => approve.run(),
            Plugin::Activate(activate) => activate.run(),
            Plugin::Rollback(rollback) => rollback.run(),
            Plugin::Disable(disable) => disable.run(),
            Plugin::Remove(remove) => remove.run(),
        }
    }
}
