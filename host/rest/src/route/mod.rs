//! The one table of all routes: a method, a path, a handler, and who may come.

mod aggregate;
mod allowed;
mod batch;
mod classes;
mod functions;
mod later;
mod roles;
mod schemas;
mod sessions;
mod system;
mod users;

use std::{pin::Pin, sync::Arc};

use data::{Context, Error, Unheard};
use http::Method;
use model::{ClassName, Code};
use serde_json::{Map as JsonMap, Value as Json};

use crate::{error::Failure, extract::url, hall::Hall, reply::Answer};

pub use allowed::AllowedRoutes;

/// Each resource's rows; an earlier one wins.
static TABLE: &[&[Row]] = &[
    classes::ROWS,
    users::ROWS,
    sessions::ROWS,
    roles::ROWS,
    functions::ROWS,
    schemas::ROWS,
    aggregate::ROWS,
    batch::ROWS,
    system::ROWS,
    later::ROWS,
];

/// Answers every route, in the order in which they are tried.
pub fn table() -> impl Iterator<Item = &'static Row> {
    TABLE.iter().copied().flatten()
}

/// Who may come to a route; what it then may do, the door decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// Anybody at all, without any key.
    Nobody,
    /// Anybody with the application's keys; classes and ACLs decide the rest.
    Keys,
    /// Only who brings a session.
    Session,
    /// Only the master key.
    Master,
}

/// One route.
#[derive(Debug)]
pub struct Row {
    /// The method, after a tunnelled request was taken out of its POST.
    pub method: Method,
    /// The path below the mount path; `{…}` stands for one segment.
    pub path: &'static str,
    /// The handler's name.
    pub name: &'static str,
    /// Who may come.
    pub auth: Auth,
    /// Whether the route is part of the protocol but not built yet: it answers code 108.
    pub later: bool,
    /// Whether a session token is left alone, because a stale one must not be in the way.
    pub(crate) ignores_session: bool,
    pub(crate) handler: Handler,
}

type Future = Pin<Box<dyn std::future::Future<Output = Answer> + Send>>;

/// What answers a route.
pub(crate) enum Handler {
    /// Answers before anybody was asked for keys; the body isn't read.
    Keyless(fn(Arc<Hall>) -> Future),
    /// Answers somebody whom the door let in.
    Open(fn(Call) -> Future),
    /// Says that the feature isn't built yet.
    Later(&'static str),
}

impl std::fmt::Debug for Handler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Handler::Keyless(_) => "Keyless",
            Handler::Open(_) => "Open",
            Handler::Later(_) => "Later",
        })
    }
}

/// Writes a row: a method, a path, who may come, and the handler.
macro_rules! row {
    ($method:ident $path:literal $auth:ident $handler:ident) => {
        $crate::route::row!($method $path $auth $handler, session: true)
    };
    ($method:ident $path:literal $auth:ident $handler:ident, session: $session:literal) => {
        $crate::route::Row {
            method: http::Method::$method,
            path: $path,
            name: stringify!($handler),
            auth: $crate::route::Auth::$auth,
            later: false,
            ignores_session: !$session,
            handler: $crate::route::Handler::Open(|call| Box::pin($handler(call))),
        }
    };
}
use row;

/// A request on its way to its handler.
pub(crate) struct Call {
    pub(crate) hall: Arc<Hall>,
    pub(crate) cx: Context,
    /// The segments that the row's `{…}` stood for, decoded.
    pub(crate) params: Vec<String>,
    /// The URL's query, as it was sent.
    pub(crate) query: Option<String>,
    pub(crate) body: JsonMap<String, Json>,
    /// The session token, which only a look at an expired session needs.
    pub(crate) token: Option<Arc<str>>,
}

impl Call {
    /// One of the path's segments; empty when the row has no such.
    pub(crate) fn param(&self, place: usize) -> &str {
        self.params.get(place).map_or("", String::as_str)
    }

    /// Carries the request to its handler, for as long as it has time; a refusal that no operation has recorded is
    /// recorded here.
    pub(crate) async fn answer(self, row: &'static Row) -> Answer {
        let (data, cx) = (self.hall.data.clone(), self.cx.clone());
        let class = self.params.first().cloned();
        let closed = self.hall.open_to(&cx, row, &self.params).err();
        let is_closed = closed.is_some();
        let answer = match closed {
            Some(failure) => Err(failure),
            None => cx.in_time(self.carry(row)).await.unwrap_or_else(|error| Err(error.into())),
        };
        if let Err(failure) = &answer
            && !cx.is_recorded()
        {
            let code = failure.code();
            let rule = match (failure, code.map(Code::from_number)) {
                _ if is_closed => "route",
                (Failure::Data(Error::Forbidden(_)), _) => "master-key",
                (_, Some(Code::CommandUnavailable)) => "unsupported",
                (_, Some(Code::Timeout)) => "deadline",
                _ => "unreadable",
            };
            let asked = asked(&row.method, row.path, class.as_deref());
            data.unheard(&cx, Unheard { asked: &asked, rule, code }).await?;
        }
        answer
    }

    fn carry(self, row: &'static Row) -> Future {
        match row.handler {
            Handler::Open(handler) => handler(self),
            Handler::Keyless(handler) => handler(self.hall),
            Handler::Later(feature) => {
                let may = row.auth != Auth::Master || self.cx.is_master();
                let refusal = if may { later::not_yet(feature) } else { later::forbidden() };
                Box::pin(async move { Err(refusal) })
            }
        }
    }
}

/// Says what a request asks in words that hold nothing of it but a class: a method and the fixed start of its route.
pub(crate) fn asked(method: &Method, path: &'static str, first: Option<&str>) -> String {
    let fixed = path.split("/{").next().unwrap_or_default();
    let class = first.filter(|_| path.contains("{class}")).filter(|class| ClassName::new(class).is_ok());
    let class = class.map(|class| format!("/{class}")).unwrap_or_default();
    format!("{method} {fixed}{class}")
}

/// The first route of a path, whatever its method, and what its `{…}` stand for.
pub(crate) fn first(path: &str) -> Option<(&'static Row, Vec<String>)> {
    let segments = segments(path);
    let row = table().find(|row| fits(row.path, &segments))?;
    Some((row, captures(row.path, &segments)?))
}

/// What the table says of a method and a path.
pub(crate) enum Match {
    /// The row, and what its `{…}` stand for.
    Row(&'static Row, Vec<String>),
    /// The path has other methods.
    Methods(String),
    /// No route has the path.
    Nothing,
}

/// Whether any method has the path.
pub(crate) fn knows(path: &str) -> bool {
    let segments = segments(path);
    table().any(|row| fits(row.path, &segments))
}

/// Finds the route of a method and a path below the mount path, without a leading slash.
///
/// Case doesn't matter in the words of a route, and one slash at the end is forgiven.
pub(crate) fn find(method: &Method, path: &str) -> Match {
    let segments = segments(path);
    let mut methods: Vec<&str> = Vec::new();
    for row in table().filter(|row| fits(row.path, &segments)) {
        if row.method == *method {
            return match captures(row.path, &segments) {
                Some(params) => Match::Row(row, params),
                None => Match::Nothing,
            };
        }
        if !methods.contains(&row.method.as_str()) {
            methods.push(row.method.as_str());
        }
    }
    if methods.is_empty() { Match::Nothing } else { Match::Methods(methods.join(", ")) }
}

fn segments(path: &str) -> Vec<&str> {
    // More than any route has is as good as too many.
    path.strip_suffix('/').unwrap_or(path).split('/').take(8).collect()
}

fn pattern(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/').skip(1)
}

fn fits(path: &'static str, segments: &[&str]) -> bool {
    let mut given = segments.iter();
    pattern(path).all(|wanted| {
        given.next().is_some_and(|given| {
            if wanted.starts_with('{') { !given.is_empty() } else { wanted.eq_ignore_ascii_case(given) }
        })
    }) && given.next().is_none()
}

fn captures(path: &'static str, segments: &[&str]) -> Option<Vec<String>> {
    pattern(path)
        .zip(segments)
        .filter(|(wanted, _)| wanted.starts_with('{'))
        .map(|(_, given)| url::segment(given).map(std::borrow::Cow::into_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn found(method: Method, path: &str) -> (String, Vec<String>) {
        match find(&method, path) {
            Match::Row(row, params) => (row.path.to_owned(), params),
            Match::Methods(methods) => (methods, Vec::new()),
            Match::Nothing => ("nothing".to_owned(), Vec::new()),
        }
    }

    #[test]
    fn paths_are_found_as_the_reference_finds_them() {
        let cases: &[(Method, &str, &str, &[&str])] = &[
            (Method::GET, "classes/Patient", "/classes/{class}", &["Patient"]),
            (Method::GET, "CLASSES/Patient/", "/classes/{class}", &["Patient"]),
            (Method::PUT, "classes/Patient/a%20b", "/classes/{class}/{id}", &["Patient", "a b"]),
            (Method::GET, "users/me", "/users/me", &[]),
            (Method::GET, "Users/ME", "/users/me", &[]),
            (Method::GET, "users/me2", "/users/{id}", &["me2"]),
            (Method::GET, "sessions/me", "/sessions/me", &[]),
            (Method::POST, "functions/a.b", "/functions/{name}", &["a.b"]),
            (Method::PATCH, "classes/Patient", "POST, GET", &[]),
            (Method::GET, "classes", "nothing", &[]),
            (Method::GET, "classes//x", "nothing", &[]),
            (Method::GET, "classes/Patient/x//", "nothing", &[]),
            (Method::GET, "classes/Patient/x/y", "nothing", &[]),
            (Method::GET, "classes/%FF", "nothing", &[]),
            (Method::GET, "", "nothing", &[]),
            (Method::GET, "nosuch", "nothing", &[]),
            (Method::GET, "a/b/c/d/e/f/g/h/i/j", "nothing", &[]),
        ];
        for (method, path, row, params) in cases {
            let params: Vec<String> = params.iter().map(|param| (*param).to_owned()).collect();
            assert_eq!(found(method.clone(), path), ((*row).to_owned(), params), "{method} {path}");
        }
        assert!(knows("health") && knows("classes/A") && !knows("nosuch"));
    }

    #[test]
    fn every_row_can_be_reached_and_stands_once() {
        let mut seen = BTreeSet::new();
        for row in table() {
            assert!(seen.insert((row.method.as_str(), row.path)), "{} {} stands twice", row.method, row.path);
            let path = row.path.trim_start_matches('/').replace(['{', '}'], "");
            assert_eq!(found(row.method.clone(), &path).0, row.path, "{} {}", row.method, row.path);
        }
        assert!(seen.len() > 80);
    }
}
