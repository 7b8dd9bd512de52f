//! The rows of a guest's own find, read page by page as they are asked for.

use std::sync::Arc;

use data::Context;
use model::{Event, Filter, Limit, ObjectId, Order, Path, Query, Test, Value};
use wasmtime::component::Resource;

use super::object::{Lent, Place, View};
use crate::{
    bindings::parapet::cloud::{data::HostCursor, types::Fault},
    fault::{Answer, settle},
    mask::Mask,
    state::State,
};

/// A handle to a find and to where it stands.
///
/// Without an order of its own it walks by object id, each page after the last row of the one before; so a scan stays
/// whole while objects come and go. With an order, or when hooks of the class may leave rows out, it counts rows.
pub struct Rows {
    cx: Context,
    view: Arc<View>,
    pages: Pages,
}

/// Which rows the next page holds.
struct Pages {
    query: Query,
    /// Rows that may still come, if the guest set a limit.
    left: Option<u64>,
    walk: Walk,
    ended: bool,
}

/// How the next page is found.
#[derive(Clone)]
enum Walk {
    /// After this object id.
    ById(Option<ObjectId>),
    /// After so many rows, of so many in all.
    ByCount(Option<u64>),
}

impl Rows {
    pub(crate) fn new(cx: Context, query: Query, left: Option<u64>, mask: Arc<Mask>) -> Rows {
        let hooked = cx.hooks().wants(Event::AfterFind, &query.class);
        let view = Arc::new(View { class: query.class.clone(), mask });
        Rows { cx, view, pages: Pages::new(query, left, hooked) }
    }
}

impl Pages {
    fn new(mut query: Query, left: Option<u64>, hooked: bool) -> Pages {
        if query.order.is_empty() {
            query.order.extend(Order::implied(&query.filter));
        }
        let walk = match query.order.is_empty() && !hooked {
            true => Walk::ById(None),
            false => Walk::ByCount(None),
        };
        // Ties must fall the same way on every page.
        if let Ok(path) = Path::new("objectId") {
            query.order.push(Order::ascending(path));
        }
        Pages { query, left, walk, ended: false }
    }

    /// The find for the next page.
    fn page(&self, most: u64) -> Option<Query> {
        let most = self.left.map_or(most, |left| left.min(most));
        if self.ended || most == 0 {
            return None;
        }
        let mut query = self.query.clone();
        query.limit = Some(Limit::Rows(most));
        match &self.walk {
            Walk::ById(Some(last)) => {
                let after = Test::Gt(Value::String(last.as_str().to_owned()));
                query.filter = query.filter.and(Filter::test("objectId", after));
                query.skip = 0;
            }
            Walk::ById(None) => {}
            Walk::ByCount(total) => query.count = total.is_none(),
        }
        Some(query)
    }

    /// Notes how far a page came.
    fn turn(&mut self, asked: u64, found: &data::Found) {
        let got = u64::try_from(found.objects.len()).unwrap_or(u64::MAX);
        self.left = self.left.map(|left| left.saturating_sub(asked));
        match &mut self.walk {
            Walk::ById(last) => {
                *last = found.objects.last().map(|object| object.id.clone()).or(last.take());
                self.ended = got < asked;
            }
            Walk::ByCount(total) => {
                let all = *total.get_or_insert(found.count.unwrap_or(0));
                // What a hook left out was passed all the same.
                self.query.skip = self.query.skip.saturating_add(asked);
                self.ended = self.query.skip >= all;
            }
        }
    }
}

impl HostCursor for State {
    async fn next(
        &mut self,
        handle: Resource<Rows>,
        max: u32,
    ) -> wasmtime::Result<Result<Vec<Resource<Lent>>, Fault>> {
        settle(self.next_lent(&handle, max).await)
    }

    fn drop(&mut self, handle: Resource<Rows>) -> wasmtime::Result<()> {
        let _ = self.table.delete(handle);
        Ok(())
    }
}

impl State {
    async fn next_lent(&mut self, handle: &Resource<Rows>, max: u32) -> Answer<Vec<Resource<Lent>>> {
        let page = self.next_page(handle, max).await?;
        page.into_iter().map(|lent| self.lend(lent)).collect()
    }

    /// Reads the next rows; none at the end.
    pub(crate) async fn next_page(&mut self, handle: &Resource<Rows>, max: u32) -> Answer<Vec<Lent>> {
        self.pay(0)?;
        // A page must not be cut by the door's own limit: a short page is the end of a walk.
        let widest = Some(self.data.config().max_limit).filter(|most| *most > 0).unwrap_or(u64::MAX);
        let most = u64::from(max.clamp(1, self.config.page)).min(widest);
        loop {
            let rows = self.table.get(handle)?;
            let Some(query) = rows.pages.page(most) else { return Ok(Vec::new()) };
            let (cx, view) = (rows.cx.clone(), rows.view.clone());
            let Some(Limit::Rows(asked)) = query.limit else { return Ok(Vec::new()) };
            let found = self.data.find(&cx, query).await?;
            self.budget.rows(found.objects.len())?;
            self.table.get_mut(handle)?.pages.turn(asked, &found);
            if found.objects.is_empty() {
                // A page that hooks emptied isn't the end; an empty answer would be.
                self.pay(0)?;
                continue;
            }
            let lent = |object| Lent { place: Place::Found(Arc::new(object)), view: view.clone() };
            return Ok(found.objects.into_iter().map(lent).collect());
        }
    }
}

#[cfg(test)]
mod tests {
    use data::Found;
    use model::{ClassName, Date, Object};

    use super::*;

    /// Rows `a`, `b`, … of a class, found as a backend and a hook that leaves `hidden` out would.
    fn find(all: &[&str], hidden: &[&str], query: &Query) -> Found {
        let after = match &query.filter {
            Filter::Test(_, Test::Gt(Value::String(last))) => last.clone(),
            _ => String::new(),
        };
        let matching: Vec<&&str> = all.iter().filter(|id| ***id > *after).collect();
        let Some(Limit::Rows(most)) = query.limit else { panic!("a page without a limit") };
        let rows = matching.iter().skip(query.skip as usize).take(most as usize);
        let object = |id: &str| Object::new(query.class.clone(), ObjectId::new(id).unwrap(), Date(0));
        Found {
            objects: rows.filter(|id| !hidden.contains(id)).map(|id| object(id)).collect(),
            count: query.count.then_some(matching.len() as u64),
            ..Found::default()
        }
    }

    fn walk(mut pages: Pages, most: u64, hidden: &[&str]) -> (String, usize) {
        let (mut seen, mut finds) = (String::new(), 0);
        while let Some(query) = pages.page(most) {
            let Some(Limit::Rows(asked)) = query.limit else { panic!("a page without a limit") };
            let found = find(&["a", "b", "c", "d", "e"], hidden, &query);
            found.objects.iter().for_each(|object| seen.push_str(&object.id));
            pages.turn(asked, &found);
            finds += 1;
            assert!(finds < 20, "the walk never ends");
        }
        (seen, finds)
    }

    fn query() -> Query {
        Query::new(ClassName::new("Visit").unwrap())
    }

    #[test]
    fn every_row_comes_once() {
        for most in 1..8 {
            assert_eq!(walk(Pages::new(query(), None, false), most, &[]).0, "abcde");
            assert_eq!(walk(Pages::new(query(), None, true), most, &[]).0, "abcde");
        }
    }

    #[test]
    fn rows_that_a_hook_leaves_out_end_nothing() {
        for most in 1..8 {
            assert_eq!(walk(Pages::new(query(), None, true), most, &["a", "b", "d"]).0, "ce");
        }
    }

    #[test]
    fn limit_and_skip_hold_over_pages() {
        let skipping = || Query { skip: 1, ..query() };
        for hooked in [false, true] {
            assert_eq!(walk(Pages::new(skipping(), Some(3), hooked), 2, &[]).0, "bcd");
            assert_eq!(walk(Pages::new(skipping(), Some(0), hooked), 2, &[]).1, 0);
            assert_eq!(walk(Pages::new(skipping(), None, hooked), 100, &[]), ("bcde".to_owned(), 1));
        }
    }
}
