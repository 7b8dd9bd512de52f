//! Who asks: `wrk`, or a few requests of our own for a look whether everything runs.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::door::APP_ID;
use crate::figures::{self, Figures};
use crate::operation::Operation;
use crate::site::Site;

/// Asks one server for one thing, as often as it answers, over so many connections.
///
/// # Errors
/// A missing `wrk`, an answer that isn't a success.
pub(crate) async fn wrk(
    site: &Site,
    operation: Operation,
    connections: u32,
    seconds: u32,
) -> anyhow::Result<Figures> {
    let mut text = format!("wrk.headers['X-Parse-Application-Id'] = '{APP_ID}'\n");
    if let Some(body) = operation.body() {
        text.push_str("wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\n");
        text.push_str(&format!("wrk.body = [[{body}]]\n"));
    }
    let asked = script(&text, &operation.url(site), connections, seconds).await;
    asked.with_context(|| format!("{} at {connections} connections", operation.name()))
}

/// Asks an address for what a script says, as often as it answers, over so many connections.
///
/// # Errors
/// A missing `wrk`, an answer that isn't a success.
pub(crate) async fn script(text: &str, url: &str, connections: u32, seconds: u32) -> anyhow::Result<Figures> {
    let mut script = tempfile::Builder::new().suffix(".lua").tempfile()?;
    script.write_all(text.as_bytes())?;
    let mut wrk = Command::new("wrk");
    wrk.args(["--latency", "--threads", "1", "--timeout", "10s", "--connections", &connections.to_string()]);
    wrk.args(["--duration", &format!("{seconds}s"), "--script"]).arg(script.path()).arg(url);
    wrk.stdin(Stdio::null());
    let before = figures::used()?;
    let output = tokio::task::spawn_blocking(move || wrk.output()).await?;
    let used = figures::used()?.saturating_sub(before);
    let output = output.context("wrk can't be run; `cargo xtask bench` installs it")?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!("wrk failed: {said}{}", String::from_utf8_lossy(&output.stderr));
    }
    let figures = read(&said).with_context(|| said.clone().into_owned())?;
    Ok(Figures { work: Some(used.div_f64((figures.rate * f64::from(seconds)).max(1.0))), ..figures })
}

/// Reads what `wrk` prints.
fn read(said: &str) -> anyhow::Result<Figures> {
    for line in said.lines() {
        if line.contains("Non-2xx") || line.contains("Socket errors") {
            bail!("not every request succeeded");
        }
    }
    let after = |name: &str| {
        let line = said.lines().map(str::trim).find(|line| line.starts_with(name));
        line.and_then(|line| line.strip_prefix(name))
            .map(str::trim)
            .with_context(|| format!("wrk printed no {name}"))
    };
    Ok(Figures {
        rate: after("Requests/sec:")?.parse()?,
        p50: time(after("50%")?)?,
        p99: time(after("99%")?)?,
        work: None,
    })
}

/// Reads `1.23ms`.
fn time(text: &str) -> anyhow::Result<Duration> {
    let unit = text.find(|letter: char| letter.is_ascii_alphabetic()).context("a time has a unit")?;
    let (number, unit) = text.split_at(unit);
    let number: f64 = number.parse()?;
    let seconds = match unit {
        "us" => number / 1e6,
        "ms" => number / 1e3,
        "s" => number,
        "m" => number * 60.0,
        other => bail!("{other} is no unit of time"),
    };
    Ok(Duration::from_secs_f64(seconds))
}

/// Asks one server for one thing a few times, one after the other.
///
/// # Errors
/// An answer that isn't a success.
pub(crate) async fn quick(site: &Site, operation: Operation) -> anyhow::Result<Figures> {
    let client = reqwest::Client::new();
    let mut times = Vec::new();
    for _ in 0..10 {
        let url = operation.url(site);
        let request = match operation.body() {
            Some(body) => client.post(url).json(&body),
            None => client.get(url),
        };
        let start = Instant::now();
        let answer = request.header("X-Parse-Application-Id", APP_ID).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        times.push(start.elapsed());
        if !status.is_success() {
            bail!("{}: {status} {text}", operation.name());
        }
        // A masked find must not show what the plugin hides, and without the plugin it must be there.
        if !matches!(operation, Operation::Function | Operation::Create)
            && text.contains("756.") == site.shape.plugin
        {
            bail!(
                "{}: the plugin is {} and still the field is as it is",
                operation.name(),
                site.shape.plugin
            );
        }
    }
    Figures::of(&mut times).context("nothing was measured")
}
