//! Made-up classes, objects, changes and questions about which a backend must agree with the matcher.

mod bare;
mod class;
mod draw;
mod pool;
mod trial;

use std::{fmt, sync::Arc};

use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::{
    Storage,
    conformance::{Making, Wrong, agree::trial::Trial},
};

/// The most steps that are taken to make a failing trial smaller.
const STEPS: usize = 400;

/// Draws trials, the same ones each time, and has a backend answer them as the matcher does.
///
/// A trial is a class with some objects, a few commits, and questions. All run on one backend, each in classes of its own.
///
/// # Errors
/// The first trial in which they disagree, made as small as it gets.
pub async fn agree(make: &(dyn Fn() -> Making + Sync), cases: u32) -> Result<(), Disagreement> {
    let storage = make().await;
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let trials = draw::trial();
    for number in 0..cases {
        let mut tree = trials.new_tree(&mut runner).map_err(|reason| Disagreement {
            number,
            what: reason.to_string(),
            trial: String::new(),
        })?;
        if let Some(mut what) = wrong(&tree.current(), &storage).await {
            let mut smallest = tree.current();
            for _ in 0..STEPS {
                match wrong(&tree.current(), &storage).await {
                    Some(now) => {
                        (what, smallest) = (now, tree.current());
                        if !tree.simplify() {
                            break;
                        }
                    }
                    None if !tree.complicate() => break,
                    None => {}
                }
            }
            return Err(Disagreement { number, what, trial: smallest.to_string() });
        }
    }
    storage.close().await;
    Ok(())
}

async fn wrong(trial: &Trial, storage: &Arc<dyn Storage>) -> Option<String> {
    trial.run(storage).await.err().map(|Wrong(what)| what)
}

/// A trial in which a backend and the matcher disagree. Its values are made up, so it may show them.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub struct Disagreement {
    number: u32,
    what: String,
    trial: String,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "trial {}: {}\n{}", self.number, self.what, self.trial)
    }
}

/// Reads as well as `Display`, for `unwrap` in tests.
impl fmt::Debug for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
