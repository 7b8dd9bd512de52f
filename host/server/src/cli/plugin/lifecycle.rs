//! `parapet plugin install … remove`: the life cycle on a running server.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use reqwest::Method;
use serde_json::{Map, Value as Json, json};

use super::{report, summary};
use crate::{
    admin::PLUGINS,
    cli::{
        block_on, print,
        remote::{Remote, Sent, Target},
    },
    config,
};

/// Which server, and how its answer is printed.
#[derive(Debug, Args)]
pub(super) struct Talk {
    #[command(flatten)]
    pub(super) target: Target,
    /// Prints the server's answer as JSON.
    #[arg(long)]
    pub(super) json: bool,
}

/// Brings a built plugin to a running server; nothing of it runs yet.
#[derive(Debug, Args)]
pub(in crate::cli) struct Install {
    /// The file that `parapet plugin build` wrote.
    file: PathBuf,
    #[command(flatten)]
    talk: Talk,
}

/// Lists the plugins of a running server.
#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    #[command(flatten)]
    talk: Talk,
}

/// Shows what a plugin asks, what it is granted now, and the difference.
#[derive(Debug, Args)]
pub(in crate::cli) struct Inspect {
    /// The plugin's name.
    name: String,
    /// A version, or the digest of one. Default: the newest.
    version: Option<String>,
    /// Shows everything that the server tells of it: limits, settings, imports, exports, its last approval.
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    talk: Talk,
}

/// Grants a version what it asks, or less.
#[derive(Debug, Args)]
pub(in crate::cli) struct Approve {
    /// The plugin's name.
    name: String,
    /// A version, or the digest of one. Default: the newest.
    version: Option<String>,
    /// Who approves it, for the trail. Default: the user of this terminal.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Grants what this file names and nothing more (TOML, with the manifest's capabilities and fields).
    #[arg(long, value_name = "FILE")]
    grant: Option<PathBuf>,
    /// The plugin's settings (JSON).
    #[arg(long, value_name = "FILE")]
    settings_file: Option<PathBuf>,
    /// Doesn't ask.
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    talk: Talk,
}

/// Puts an approved version to work.
#[derive(Debug, Args)]
pub(in crate::cli) struct Activate {
    /// The plugin's name.
    name: String,
    /// A version, or the digest of one. Default: the newest that is approved.
    version: Option<String>,
    #[command(flatten)]
    talk: Talk,
}

/// Puts an earlier version to work again.
#[derive(Debug, Args)]
pub(in crate::cli) struct Rollback {
    /// The plugin's name.
    name: String,
    /// A version, or the digest of one. Default: the one that worked before.
    version: Option<String>,
    #[command(flatten)]
    talk: Talk,
}

/// Takes a plugin out of work; its versions stay.
#[derive(Debug, Args)]
pub(in crate::cli) struct Disable {
    /// The plugin's name.
    name: String,
    #[command(flatten)]
    talk: Talk,
}

/// Forgets a plugin and all its versions.
#[derive(Debug, Args)]
pub(in crate::cli) struct Remove {
    /// The plugin's name.
    name: String,
    #[command(flatten)]
    talk: Talk,
}

impl Talk {
    /// Asks once, and prints the answer: as JSON, or as `show` has it.
    fn once(&self, method: Method, path: &str, sent: Sent, show: fn(&Json)) -> anyhow::Result<()> {
        let answer = block_on(self.target.open()?.ask(method, path, sent))?;
        match self.json {
            true => print::line(serde_json::to_string_pretty(&answer)?),
            false => show(&answer),
        }
        Ok(())
    }

    /// Posts an act on one plugin, with the version it concerns.
    fn act(&self, name: &str, act: &str, version: Option<&str>) -> anyhow::Result<()> {
        let body = version.map_or_else(|| json!({}), |version| json!({ "version": version }));
        self.once(Method::POST, &format!("{}/{act}", one(name)?), Sent::Json(body), show)
    }
}

/// The path of one plugin. A name is checked here, so that it can't reach another route.
fn one(name: &str) -> anyhow::Result<String> {
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.is_empty() || !name.bytes().all(legal) {
        bail!("a plugin's name is lower-case letters, digits and hyphens");
    }
    Ok(format!("{PLUGINS}/{name}"))
}

fn version_path(name: &str, version: Option<&str>) -> anyhow::Result<String> {
    let version = version.unwrap_or("latest");
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b".-+:".contains(&byte);
    if version.is_empty() || !version.bytes().all(legal) {
        bail!("a version is 1.2.3, or the digest of one");
    }
    Ok(format!("{}/versions/{}", one(name)?, version.replace('+', "%2B")))
}

fn sum_up(answer: &Json) {
    print::lines(summary::lines(answer));
}

fn show(answer: &Json) {
    print::lines(report::lines(answer));
}

impl Install {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let bytes = std::fs::read(&self.file).with_context(|| self.file.display().to_string())?;
        self.talk.once(Method::POST, PLUGINS, Sent::Component(bytes), sum_up)
    }
}

impl List {
    pub(super) fn run(self) -> anyhow::Result<()> {
        self.talk.once(Method::GET, PLUGINS, Sent::Nothing, |answer| print::lines(report::list(answer)))
    }
}

impl Inspect {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let path = version_path(&self.name, self.version.as_deref())?;
        self.talk.once(Method::GET, &path, Sent::Nothing, if self.full { show } else { sum_up })
    }
}

impl Approve {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let by = self.by.clone().or_else(config::user_name).context("say with --by who approves it")?;
        let grant = self.grant.as_deref().map(read_toml).transpose()?;
        let settings = self.settings_file.as_deref().map(read_json).transpose()?;
        let path = version_path(&self.name, self.version.as_deref())?;
        let remote = self.talk.target.open()?;
        let answer = block_on(async {
            let asked = remote.ask(Method::GET, &path, Sent::Nothing).await?;
            if !self.yes {
                sum_up(&asked);
                if !confirm("Grant this?")? {
                    bail!("nothing was granted");
                }
            }
            // What was shown is approved, even if another version arrives meanwhile.
            let digest = asked.get("digest").and_then(Json::as_str).context("the server named no digest")?;
            approve(&remote, &self.name, digest, &by, grant, settings).await
        })?;
        match self.talk.json {
            true => print::line(serde_json::to_string_pretty(&answer)?),
            false => show(&answer),
        }
        Ok(())
    }
}

/// Approves one version.
pub(super) async fn approve(
    remote: &Remote,
    name: &str,
    digest: &str,
    by: &str,
    granted: Option<Json>,
    settings: Option<Json>,
) -> anyhow::Result<Json> {
    let mut body = Map::new();
    body.insert("version".to_owned(), digest.into());
    body.insert("by".to_owned(), by.into());
    body.extend(granted.map(|granted| ("granted".to_owned(), granted)));
    body.extend(settings.map(|settings| ("settings".to_owned(), settings)));
    remote.ask(Method::POST, &format!("{}/approve", one(name)?), Sent::Json(Json::Object(body))).await
}

/// Puts one version to work.
pub(super) async fn activate(remote: &Remote, name: &str, digest: &str) -> anyhow::Result<Json> {
    let body = Sent::Json(json!({ "version": digest }));
    remote.ask(Method::POST, &format!("{}/activate", one(name)?), body).await
}

impl Activate {
    pub(super) fn run(self) -> anyhow::Result<()> {
        self.talk.act(&self.name, "activate", self.version.as_deref())
    }
}

impl Rollback {
    pub(super) fn run(self) -> anyhow::Result<()> {
        self.talk.act(&self.name, "rollback", self.version.as_deref())
    }
}

impl Disable {
    pub(super) fn run(self) -> anyhow::Result<()> {
        self.talk.act(&self.name, "disable", None)
    }
}

impl Remove {
    pub(super) fn run(self) -> anyhow::Result<()> {
        self.talk.once(Method::DELETE, &one(&self.name)?, Sent::Nothing, show)
    }
}

/// Asks the person at the terminal; without one the answer is no.
pub(super) fn confirm(question: &str) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        print::aside(format!("{question} Nobody is there to answer: --yes says yes."));
        return Ok(false);
    }
    print::aside(format!("{question} [y/N]"));
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn read_json(file: &Path) -> anyhow::Result<Json> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    serde_json::from_str(&text).map_err(|error| anyhow!("{}: {error}", file.display()))
}

fn read_toml(file: &Path) -> anyhow::Result<Json> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    toml::from_str(&text).map_err(|error| anyhow!("{}: {}", file.display(), error.message()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions_reach_their_own_route_only() {
        assert_eq!(one("patient-guard").unwrap(), "/parapet/v1/plugins/patient-guard");
        assert_eq!(version_path("a", None).unwrap(), "/parapet/v1/plugins/a/versions/latest");
        assert_eq!(
            version_path("a", Some("1.0.0-rc.1+b")).unwrap(),
            "/parapet/v1/plugins/a/versions/1.0.0-rc.1%2Bb"
        );
        for bad in ["", "A", "a/b", "..", "a b", "a%2f"] {
            assert!(one(bad).is_err(), "{bad}");
        }
        for bad in ["", "1/2", "1 2", "é"] {
            assert!(version_path("a", Some(bad)).is_err(), "{bad}");
        }
    }
}
