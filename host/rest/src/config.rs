//! The settings of the REST API.

use http::HeaderValue;
use ipnet::IpNet;
use serde::Deserialize;

use crate::route::AllowedRoutes;

/// How the REST API is reached and what it takes; defaults are those of the reference.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the API hangs. Default: `/parse`; `/` hangs it at the root.
    pub mount_path: String,
    /// The address that clients use, mount path included, such as `https://api.clinic.example/parse`.
    ///
    /// `Location` headers start with it, and batches may write their paths below it. Default: the mount path.
    pub public_url: Option<String>,
    /// The largest body, in bytes. Default: 20 MiB.
    pub max_body: usize,
    /// The most values that one JSON body may hold, so that a small body can't fill the memory. Default: 1,000,000.
    pub max_values: usize,
    /// The longest URL, in bytes. Default: 32 KiB.
    pub max_url: usize,
    /// How long a client may take to send a body, in seconds. Default: 60.
    pub body_timeout: u64,
    /// The origins that browsers may call from; empty allows every one. Default: empty.
    pub allow_origin: Vec<String>,
    /// Headers that browsers may send beyond the protocol's own. Default: none.
    pub allow_headers: Vec<String>,
    /// The networks whose `X-Forwarded-For` is believed, such as `10.0.0.0/8`. Default: none.
    pub trusted_proxies: Vec<IpNet>,
    /// How many requests of one batch are worked on at once. Default: 8.
    pub batch_concurrency: usize,
    /// The routes that are open to who brings no key of power, such as `["classes/Note(/.*)?", "login"]`: patterns for
    /// whole paths below the mount path. Default: every route.
    pub allowed_routes: Option<AllowedRoutes>,
    /// Whether clients read `Permission denied` instead of why policy said no. Default: true.
    pub sanitise_errors: bool,
    /// The application's id, so that a wrong one in a header gives way to one in the body.
    ///
    /// Not read from the file: whoever knows the keys fills it in. Without it every id in a header is tried.
    #[serde(skip)]
    pub app_id: Option<String>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            mount_path: "/parse".to_owned(),
            public_url: None,
            max_body: 20 * 1024 * 1024,
            max_values: 1_000_000,
            max_url: 32 * 1024,
            body_timeout: 60,
            allow_origin: Vec::new(),
            allow_headers: Vec::new(),
            trusted_proxies: Vec::new(),
            batch_concurrency: 8,
            allowed_routes: None,
            sanitise_errors: true,
            app_id: None,
        }
    }
}

/// Why settings can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The mount path isn't a plain path.
    #[error("mount_path must start with / and hold letters, digits, -, _, . and / only")]
    MountPath,
    /// The public URL isn't one.
    #[error("public_url must start with http:// or https://")]
    PublicUrl,
    /// An origin or a header name holds characters that no header can carry.
    #[error("{0} holds a value that can't stand in a header")]
    Header(&'static str),
    /// A limit of zero would refuse everything.
    #[error("{0} must be larger than 0")]
    Zero(&'static str),
}

impl Config {
    /// Checks the settings; a server that starts must have asked.
    ///
    /// # Errors
    /// The first setting that can't be used.
    pub fn check(&self) -> Result<(), ConfigError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
        if !self.mount_path.starts_with('/') || !self.mount_path.bytes().all(plain) {
            return Err(ConfigError::MountPath);
        }
        let http = |url: &String| url.starts_with("http://") || url.starts_with("https://");
        if self.public_url.as_ref().is_some_and(|url| !http(url) || HeaderValue::from_str(url).is_err()) {
            return Err(ConfigError::PublicUrl);
        }
        let bad = |texts: &[String]| texts.iter().any(|text| HeaderValue::from_str(text).is_err());
        if bad(&self.allow_origin) {
            return Err(ConfigError::Header("allow_origin"));
        }
        if bad(&self.allow_headers) {
            return Err(ConfigError::Header("allow_headers"));
        }
        let zeros = [
            (self.max_body, "max_body"),
            (self.max_values, "max_values"),
            (self.max_url, "max_url"),
            (usize::from(self.body_timeout > 0), "body_timeout"),
            (self.batch_concurrency, "batch_concurrency"),
        ];
        match zeros.into_iter().find(|(value, _)| *value == 0) {
            Some((_, name)) => Err(ConfigError::Zero(name)),
            None => Ok(()),
        }
    }

    /// The mount path without slashes around it.
    pub(crate) fn mount(&self) -> &str {
        self.mount_path.trim_matches('/')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_work_are_told() {
        assert_eq!(Config::default().check(), Ok(()));
        let check = |change: fn(&mut Config)| {
            let mut config = Config::default();
            change(&mut config);
            config.check().unwrap_err().to_string()
        };
        assert!(check(|config| config.mount_path = "parse".into()).starts_with("mount_path"));
        assert!(check(|config| config.mount_path = "/a?b".into()).starts_with("mount_path"));
        assert!(check(|config| config.public_url = Some("clinic".into())).starts_with("public_url"));
        assert!(check(|config| config.allow_origin = vec!["a\nb".into()]).starts_with("allow_origin"));
        assert!(check(|config| config.allow_headers = vec!["a\nb".into()]).starts_with("allow_headers"));
        assert!(check(|config| config.body_timeout = 0).starts_with("body_timeout"));
    }
}
