//! The routes that settings leave to clients.

use std::fmt;

use data::{Context, Principal};
use regex::{RegexSet, RegexSetBuilder};
use serde::Deserialize;

use super::Row;
use crate::error::Failure;

/// The most memory that the compiled patterns may take, in bytes.
const COMPILED_BYTES: usize = 1 << 20;

/// Which routes are open to who brings no key of power, as patterns for whole paths below the mount path.
///
/// A path is matched as the route table has it: fixed words in their own case, what stands between them decoded.
#[derive(Clone, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct AllowedRoutes {
    set: RegexSet,
    patterns: Vec<String>,
}

impl TryFrom<Vec<String>> for AllowedRoutes {
    type Error = String;

    fn try_from(patterns: Vec<String>) -> Result<AllowedRoutes, String> {
        let whole = patterns.iter().map(|pattern| format!("^(?:{pattern})$"));
        let mut builder = RegexSetBuilder::new(whole);
        let set = builder.size_limit(COMPILED_BYTES).dfa_size_limit(COMPILED_BYTES).build().map_err(|_| {
            "an allowed route isn't a regular expression that can be used: look-around and back-references can't"
        })?;
        Ok(AllowedRoutes { set, patterns })
    }
}

impl fmt::Debug for AllowedRoutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.patterns.fmt(f)
    }
}

impl AllowedRoutes {
    /// Refuses a route that isn't among them, unless a key of power asks.
    ///
    /// # Errors
    /// 119.
    pub(crate) fn check(&self, cx: &Context, row: &Row, params: &[String]) -> Result<(), Failure> {
        let powerful = cx.is_master() || matches!(cx.principal(), Principal::Maintenance);
        if powerful || self.set.is_match(&path(row, params)) {
            return Ok(());
        }
        Err(data::Error::denied("The settings don't open this route to clients.").into())
    }
}

/// The path of a request as the table has it, without slashes around it.
fn path(row: &Row, params: &[String]) -> String {
    let mut params = params.iter();
    let segments = row.path.split('/').skip(1).map(|segment| match segment.starts_with('{') {
        true => params.next().map_or("", String::as_str),
        false => segment,
    });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::route::{Match, find};

    fn allows(patterns: &[&str], asked: &str) -> bool {
        let list =
            AllowedRoutes::try_from(patterns.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
        let Match::Row(row, params) = find(&Method::GET, asked) else { unreachable!("tests ask for routes") };
        list.set.is_match(&path(row, &params))
    }

    #[test]
    fn a_pattern_is_for_the_whole_path() {
        assert!(allows(&["classes/Note"], "classes/Note") && allows(&["classes/Note"], "CLASSES/Note/"));
        assert!(!allows(&["classes/Note"], "classes/Notes") && !allows(&["Note"], "classes/Note"));
        assert!(!allows(&["classes/Note"], "classes/note"), "classes differ by case");
        assert!(
            allows(&["users/me|classes/A", "login"], "login") && !allows(&["users/me|login"], "users/me2")
        );
        assert!(allows(&["classes/[^/]+/.*"], "classes/Note/abc"));
        assert!(
            !allows(&["classes/N.*"], "classes/%53ecret") && allows(&["classes/Secret"], "classes/%53ecret")
        );
        assert!(!allows(&[], "health"));
    }

    #[test]
    fn a_pattern_that_cannot_be_is_told() {
        assert!(AllowedRoutes::try_from(vec!["classes/(?!A)".to_owned()]).is_err());
    }
}
