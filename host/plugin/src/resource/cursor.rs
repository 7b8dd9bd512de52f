//! The rows of a guest's own find, read page by page as they are asked for.

use std::sync::Arc;

use data::Context;
use model::{Event, Filter, Limit, ObjectId, Order, Path, Query, Test, Value};
use wasmtime::component::Resource;

use super::object::{Lent, Place};
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
    query: Query,
    mask: Arc<Mask>,
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
    pub(crate) fn new(cx: Context, mut query: Query, left: Option<u64>, mask: Arc<Mask>) -> Rows {
        let walk = match query.order.is_empty() && !cx.hooks().wants(Event::AfterFind, &query.class) {
            true => Walk::ById(None),
            false => Walk::ByCount(None),
        };
        // Ties must fall the same way on every page.
        if let Ok(path) = Path::new("objectId") {
            query.order.push(Order { path, descending: false });
        }
        Rows { cx, query, mask, left, walk, ended: false }
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

    async fn drop(&mut self, handle: Resource<Rows>) -> wasmtime::Result<()> {
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
            let Some(query) = rows.page(most) else { return Ok(Vec::new()) };
            let (cx, mask, class) = (rows.cx.clone(), rows.mask.clone(), query.class.clone());
            let Some(Limit::Rows(asked)) = query.limit else { return Ok(Vec::new()) };
            let found = self.data.find(&cx, query).await?;
            self.budget.rows(found.objects.len())?;
            self.table.get_mut(handle)?.turn(asked, &found);
            if found.objects.is_empty() {
                // A page that hooks emptied isn't the end; an empty answer would be.
                self.pay(0)?;
                continue;
            }
            let lent = |object| Lent {
                place: Place::Found(Arc::new(object)),
                class: class.clone(),
                mask: mask.clone(),
            };
            return Ok(found.objects.into_iter().map(lent).collect());
        }
    }
}
