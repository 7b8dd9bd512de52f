//! `parapet plugin watch`: every change is built and swapped into a local server.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use reqwest::Method;
use serde_json::Value as Json;

use super::{lifecycle, pack, project::Project, summary};
use crate::{
    admin::PLUGINS,
    cli::{
        block_on, print,
        remote::{Remote, Sent, Target},
    },
    config,
};

/// How often the sources are looked at.
const LOOK: Duration = Duration::from_millis(250);

/// How long sources must be quiet before they are built: editors save in several steps.
const QUIET: Duration = Duration::from_millis(100);

/// Builds on every change and swaps the plugin into a local server.
///
/// A change that asks for no more than is granted already goes to work by itself; one that asks for more
/// is shown, and waits for a yes.
#[derive(Debug, Args)]
pub(in crate::cli) struct Watch {
    /// The plugin's folder.
    #[arg(default_value = ".", value_name = "DIR")]
    path: PathBuf,
    /// Who approves it, for the trail. Default: the user of this terminal.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    #[command(flatten)]
    target: Target,
}

impl Watch {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let project = Project::open(&self.path)?;
        let by = self.by.clone().or_else(config::user_name).context("say with --by who approves it")?;
        let remote = self.target.open()?;
        block_on(async {
            let mut built = None;
            loop {
                let changed = project.changed();
                if changed == built {
                    tokio::time::sleep(LOOK).await;
                    continue;
                }
                tokio::time::sleep(QUIET).await;
                if project.changed() != changed {
                    continue;
                }
                built = changed;
                // A mistake is shown and the next change awaited.
                if let Err(error) = swap(&project, &remote, &by).await {
                    print::aside(format!("parapet: {error:#}"));
                }
            }
        })
    }
}

/// Builds the plugin and puts it to work, if it may.
async fn swap(project: &Project, remote: &Remote, by: &str) -> anyhow::Result<()> {
    let built = pack::build(project, None, pack::Stamp::Changed)?;
    let name = built.package.manifest.name.clone();
    let digest = built.package.digest.to_string();
    let asked = remote.ask(Method::POST, PLUGINS, Sent::Component(built.bytes)).await?;
    if asks_more(&asked) {
        print::lines(summary::lines(&asked));
        if !lifecycle::confirm("It asks for more than it is granted. Grant this?")? {
            print::aside("not activated; waiting for the next change");
            return Ok(());
        }
    }
    lifecycle::approve(remote, &name, &digest, by, None, None).await?;
    lifecycle::activate(remote, &name, &digest).await?;
    print::line(format!("{name} {} is at work", built.package.manifest.version));
    Ok(())
}

/// Whether a version asks for anything that isn't granted now; what can't be told counts as more.
fn asks_more(asked: &Json) -> bool {
    asked.get("added").and_then(Json::as_array).is_none_or(|added| !added.is_empty())
}
