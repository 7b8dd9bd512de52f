//! Aggregations and distinct values: the master key's.

use model::ClassName;

use super::{Call, Row, row};
use crate::{
    extract::aggregate::{self, Asked},
    reply::{Answer, Reply, wire::ValuesJson},
};

pub(super) const ROWS: &[Row] = &[row!(GET "/aggregate/{class}" Master find)];

async fn find(call: Call) -> Answer {
    let class = ClassName::new(call.param(0))?;
    let data = &call.hall.data;
    let values = match aggregate::asked(&class, call.query.as_deref(), call.body, data.now())? {
        Asked::Pipeline(pipeline) => data.aggregate(&call.cx, &class, &pipeline).await?,
        Asked::Plan(pipeline, mode) => {
            Vec::from_iter(data.explain_aggregate(&call.cx, &class, &pipeline, mode).await?)
        }
        Asked::Distinct { query, path } => data.distinct(&call.cx, *query, &path).await?,
    };
    Reply::ok(&ValuesJson(&values))
}
