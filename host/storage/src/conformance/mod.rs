//! The contract of [`Storage`] as cases that every backend must pass.
//!
//! ```ignore
//! storage::conformance::run(&|| Box::pin(async { Arc::new(Memory::new()) as Arc<dyn Storage> })).await.unwrap();
//! ```

mod acl;
mod aggregate;
mod agree;
mod bench;
mod commit;
mod distinct;
mod dotted;
mod element;
mod equality;
mod geo;
pub mod indexed;
mod insert;
mod list;
mod logic;
mod name;
mod order;
mod path;
mod pattern;
mod projection;
mod race;
mod range;
mod relation;
mod schema;
mod size;
mod text;
mod unique;
mod update;
mod window;
mod words;

pub use agree::{Disagreement, agree};
pub use indexed::Indexed;

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use crate::{Storage, conformance::bench::Bench};

/// A fresh, empty backend on its way.
pub type Making = Pin<Box<dyn Future<Output = Arc<dyn Storage>> + Send>>;

/// Runs every case, each on a fresh backend, and answers how many there were.
///
/// # Errors
/// Every case that failed, with its name and what was wrong.
pub async fn run(make: &(dyn Fn() -> Making + Sync)) -> Result<usize, Failures> {
    run_some(make, "").await
}

/// Runs the cases whose name (`insert::a_text_is_kept`) contains `part`: for whoever mends one of them.
///
/// # Errors
/// As [`run`].
pub async fn run_some(make: &(dyn Fn() -> Making + Sync), part: &str) -> Result<usize, Failures> {
    run_which(make, &|case| case.contains(part)).await
}

/// Runs the cases whose name is wanted: for a server of which it is known what it can't.
///
/// # Errors
/// As [`run`].
pub async fn run_which(
    make: &(dyn Fn() -> Making + Sync),
    wanted: &(dyn Fn(&str) -> bool + Sync),
) -> Result<usize, Failures> {
    let mut ran = 0;
    let mut failures = Vec::new();
    for case in GROUPS.iter().copied().flatten() {
        if !wanted(case.name()) {
            continue;
        }
        ran += 1;
        let storage = make().await;
        if let Err(Wrong(what)) = (case.run)(Bench::new(Arc::clone(&storage))).await {
            failures.push(Failure { case: case.name(), what });
        }
        storage.close().await;
    }
    if failures.is_empty() { Ok(ran) } else { Err(Failures(failures)) }
}

/// The cases, by the noun that they are about.
const GROUPS: &[&[Case]] = &[
    insert::CASES,
    update::CASES,
    dotted::CASES,
    element::CASES,
    equality::CASES,
    range::CASES,
    list::CASES,
    pattern::CASES,
    logic::CASES,
    path::CASES,
    order::CASES,
    window::CASES,
    projection::CASES,
    acl::CASES,
    relation::CASES,
    geo::CASES,
    words::CASES,
    distinct::CASES,
    aggregate::CASES,
    unique::CASES,
    commit::CASES,
    schema::CASES,
    text::CASES,
    size::CASES,
    race::CASES,
    name::CASES,
];

/// One thing that every backend must do.
struct Case {
    path: &'static str,
    run: fn(Bench) -> Pin<Box<dyn Future<Output = Outcome> + Send>>,
}

impl Case {
    fn name(&self) -> &'static str {
        self.path.split_once("conformance::").map_or(self.path, |(_, name)| name)
    }
}

/// How a case ends.
type Outcome = Result<(), Wrong>;

/// What a case found wrong. Cases hold made-up values only, so it may show them.
struct Wrong(String);

impl<E: std::error::Error> From<E> for Wrong {
    fn from(error: E) -> Wrong {
        Wrong(format!("unexpected error: {error}"))
    }
}

/// A case that a backend doesn't pass.
#[derive(Clone, PartialEq, Eq)]
pub struct Failure {
    /// The case: `insert::a_text_is_kept`.
    pub case: &'static str,
    /// What was wrong.
    pub what: String,
}

/// Every case that a backend doesn't pass.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub struct Failures(pub Vec<Failure>);

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} cases failed:", self.0.len())?;
        self.0.iter().try_for_each(|failure| writeln!(f, "- {}: {}", failure.case, failure.what))
    }
}

/// Reads as well as `Display`, for `unwrap` in tests.
impl fmt::Debug for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Lists a group's cases.
macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        pub(super) const CASES: &[crate::conformance::Case] = &[$(crate::conformance::Case {
            path: concat!(module_path!(), "::", stringify!($name)),
            run: |bench| Box::pin($name(bench)),
        }),*];
    };
}

/// Ends the case unless something holds.
macro_rules! ensure {
    ($holds:expr, $($text:tt)*) => {
        if !$holds {
            return Err(crate::conformance::Wrong(format!($($text)*)));
        }
    };
}
use {cases, ensure};
