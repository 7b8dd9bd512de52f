//! The path and the query of a URL.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Takes the mount path off a path; `None` when the path lies elsewhere.
///
/// Case doesn't matter, leading slashes count as one, and so does what follows the mount path.
pub(crate) fn below<'a>(path: &'a str, mount: &str) -> Option<&'a str> {
    let path = path.trim_start_matches('/');
    if mount.is_empty() {
        return Some(path);
    }
    let (head, rest) = path.split_at_checked(mount.len())?;
    if !head.eq_ignore_ascii_case(mount) || !(rest.is_empty() || rest.starts_with('/')) {
        return None;
    }
    Some(rest.trim_start_matches('/'))
}

/// Decodes one segment of a path; `None` when it isn't UTF-8 then.
pub(crate) fn segment(text: &str) -> Option<Cow<'_, str>> {
    percent_decode_str(text).decode_utf8().ok()
}

/// Takes a query apart; a name without `=` has an empty value.
pub(crate) fn pairs(query: Option<&str>) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mount_path_comes_off() {
        let cases = [
            ("/parse/classes/A", "parse", Some("classes/A")),
            ("/PARSE/classes/A", "parse", Some("classes/A")),
            ("//parse//classes/A", "parse", Some("classes/A")),
            ("/parse", "parse", Some("")),
            ("/parser/classes", "parse", None),
            ("/other", "parse", None),
            ("/p", "parse", None),
            ("/pars\u{e9}x", "parse", None),
            ("/a/b/classes", "a/b", Some("classes")),
            ("/classes/A", "", Some("classes/A")),
        ];
        for (path, mount, rest) in cases {
            assert_eq!(below(path, mount), rest, "{path}");
        }
    }

    #[test]
    fn queries_and_segments_are_decoded() {
        let read: Vec<_> = pairs(Some("where=%7B%7D&a=b+c&d")).collect();
        assert_eq!(
            read,
            [("where".into(), "{}".into()), ("a".into(), "b c".into()), ("d".into(), "".into())]
        );
        assert_eq!(pairs(None).count(), 0);
        assert_eq!(segment("a%20b").as_deref(), Some("a b"));
        assert_eq!(segment("%FF"), None);
    }
}
