//! Roles.

use model::ClassName;

use super::{
    Call, Row,
    classes::{create_in, delete_in, find_in, get_in, id, update_in},
    row,
};
use crate::reply::Answer;

pub(super) const ROWS: &[Row] = &[
    row!(POST "/roles" Keys create),
    row!(GET "/roles" Keys find),
    row!(GET "/roles/{id}" Keys get),
    row!(PUT "/roles/{id}" Keys update),
    row!(DELETE "/roles/{id}" Keys delete),
];

async fn create(call: Call) -> Answer {
    create_in(call, ClassName::role()).await
}

async fn find(call: Call) -> Answer {
    find_in(call, ClassName::role()).await
}

async fn get(call: Call) -> Answer {
    let id = id(call.param(0))?;
    get_in(call, ClassName::role(), id).await
}

async fn update(call: Call) -> Answer {
    let id = id(call.param(0))?;
    update_in(call, ClassName::role(), id).await
}

async fn delete(call: Call) -> Answer {
    let id = id(call.param(0))?;
    delete_in(call, ClassName::role(), id).await
}
