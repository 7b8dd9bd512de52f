//! Cross-origin headers, on every answer.

use http::{HeaderMap, HeaderValue, header};

use crate::Config;

/// The methods of the protocol.
const METHODS: HeaderValue = HeaderValue::from_static("GET,PUT,POST,DELETE,OPTIONS");
/// What browsers may send.
const HEADERS: &str = "X-Parse-Master-Key, X-Parse-REST-API-Key, X-Parse-Javascript-Key, X-Parse-Application-Id, \
                       X-Parse-Client-Version, X-Parse-Session-Token, X-Requested-With, X-Parse-Revocable-Session, \
                       X-Parse-Request-Id, Content-Type, Pragma, Cache-Control";
/// What browsers may read; the JavaScript SDK relies on both.
const EXPOSED: HeaderValue = HeaderValue::from_static("X-Parse-Job-Status-Id, X-Parse-Push-Status-Id");

/// The cross-origin headers, made once.
pub(crate) struct Cors {
    /// Allowed origins, the first of which answers for all others; empty allows every one.
    origins: Vec<HeaderValue>,
    headers: HeaderValue,
}

impl Cors {
    /// Makes the headers of the settings; what [`Config::check`] refuses is left out.
    pub(crate) fn new(config: &Config) -> Cors {
        let mut headers = HEADERS.to_owned();
        for name in &config.allow_headers {
            headers.push_str(", ");
            headers.push_str(name);
        }
        let closed = !config.allow_origin.is_empty();
        let mut origins: Vec<HeaderValue> =
            config.allow_origin.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect();
        if closed && origins.is_empty() {
            origins.push(HeaderValue::from_static("null"));
        }
        let headers = HeaderValue::from_str(&headers).unwrap_or_else(|_| HeaderValue::from_static(HEADERS));
        Cors { origins, headers }
    }

    /// Puts the headers onto an answer to a request from an origin.
    pub(crate) fn apply(&self, origin: Option<&HeaderValue>, answer: &mut HeaderMap) {
        let allowed = match self.origins.first() {
            None => HeaderValue::from_static("*"),
            Some(first) => {
                answer.insert(header::VARY, HeaderValue::from_static("Origin"));
                let echo = origin.filter(|origin| self.origins.contains(origin));
                echo.unwrap_or(first).clone()
            }
        };
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, self.headers.clone());
        answer.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(config: &Config, origin: &'static str) -> (String, bool) {
        let mut answer = HeaderMap::new();
        Cors::new(config).apply(Some(&HeaderValue::from_static(origin)), &mut answer);
        (answer["access-control-allow-origin"].to_str().unwrap().to_owned(), answer.contains_key("vary"))
    }

    #[test]
    fn every_origin_or_those_of_the_list() {
        let mut config = Config::default();
        assert_eq!(allowed(&config, "https://a.example"), ("*".into(), false));
        config.allow_origin = vec!["https://a.example".into(), "https://b.example".into()];
        assert_eq!(allowed(&config, "https://b.example"), ("https://b.example".into(), true));
        assert_eq!(allowed(&config, "https://c.example"), ("https://a.example".into(), true));
        config.allow_origin = vec!["\n".into()];
        assert_eq!(allowed(&config, "https://c.example"), ("null".into(), true));
    }

    #[test]
    fn further_headers_are_added() {
        let config = Config { allow_headers: vec!["X-Clinic".into()], ..Config::default() };
        let mut answer = HeaderMap::new();
        Cors::new(&config).apply(None, &mut answer);
        let headers = answer["access-control-allow-headers"].to_str().unwrap();
        assert!(headers.starts_with("X-Parse-Master-Key, ") && headers.ends_with("Cache-Control, X-Clinic"));
        assert_eq!(answer["access-control-expose-headers"], "X-Parse-Job-Status-Id, X-Parse-Push-Status-Id");
    }
}
