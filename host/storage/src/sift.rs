//! What a database left to do with the rows of a find.

use model::{
    Limit, Object,
    query::{Sorter, matcher::Matcher},
};

use crate::{Error, Wish, recheck};

/// Checks, sorts, skips and limits objects as far as the database doesn't, as they come.
///
/// Made for one find: every object that comes goes into [`Sift::take`], and [`Sift::finish`] answers those that are left.
pub struct Sift<'a> {
    wish: &'a Wish<'a>,
    matcher: Option<Matcher>,
    sorted: bool,
    skip: usize,
    limit: usize,
    objects: Vec<Object>,
}

/// What the database does of a find by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// It passes no object that the filter doesn't.
    pub exact: bool,
    /// Objects come in order.
    pub sorted: bool,
}

impl Done {
    /// Whether the database can skip and limit as well: it must do both of these.
    pub fn windowed(self) -> bool {
        self.exact && self.sorted
    }
}

impl<'a> Sift<'a> {
    /// Begins.
    ///
    /// # Errors
    /// As [`recheck::matcher`], if the matcher is needed.
    pub fn new(wish: &'a Wish<'a>, done: Done) -> Result<Sift<'a>, Error> {
        let (skip, limit) = if done.windowed() { (0, Limit::All) } else { (wish.skip, wish.limit) };
        Ok(Sift {
            wish,
            matcher: if done.exact { None } else { Some(recheck::matcher(wish.filter)?) },
            sorted: done.sorted,
            skip: usize::try_from(skip).unwrap_or(usize::MAX),
            limit: match limit {
                Limit::Rows(rows) => usize::try_from(rows).unwrap_or(usize::MAX),
                Limit::All => usize::MAX,
            },
            objects: Vec::new(),
        })
    }

    /// Takes the next object, and says whether another one may be wanted.
    pub fn take(&mut self, object: Object) -> bool {
        if self.matcher.as_ref().is_some_and(|matcher| !recheck::passes(matcher, &object)) {
            return true;
        }
        if self.sorted && self.skip > 0 {
            self.skip -= 1;
            return true;
        }
        self.objects.push(object);
        !self.sorted || self.objects.len() < self.limit
    }

    /// Answers the objects of the find, with their scores if these are wanted, and without what was loaded for the matcher only.
    pub fn finish(self) -> Vec<Object> {
        let Sift { wish, sorted, skip, limit, mut objects, .. } = self;
        if !sorted {
            Sorter::new(wish.order, wish.filter).sort(&mut objects);
            objects.drain(..skip.min(objects.len()));
            objects.truncate(limit);
        }
        if wish.score {
            crate::score(wish.filter, &mut objects);
        }
        if let Some(fields) = wish.fields {
            for object in &mut objects {
                object.fields.retain(|name, _| fields.contains(name) || (wish.score && *name == *"score"));
            }
        }
        objects
    }
}
