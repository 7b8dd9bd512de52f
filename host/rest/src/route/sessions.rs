//! Sessions: the caller's own, unless the master key asks.

use model::ClassName;

use super::{
    Call, Row,
    classes::{delete_in, find_in, get_in, id, location, read, update_in},
    row,
};
use crate::reply::{Answer, Reply, wire::ObjectJson};

pub(super) const ROWS: &[Row] = &[
    row!(POST "/sessions" Session create),
    row!(GET "/sessions" Session find),
    row!(GET "/sessions/me" Session me, session: false),
    row!(GET "/sessions/{id}" Session get),
    row!(PUT "/sessions/{id}" Session update),
    row!(DELETE "/sessions/{id}" Session delete),
];

/// Opens a further session of the caller and answers it whole.
pub(super) async fn create(call: Call) -> Answer {
    let body = read(&call.hall, call.body)?.inserting();
    let session = call.hall.data.open_session(&call.cx, body).await?;
    Reply::created(&location(&call.hall, &session.class, &session.id), &ObjectJson(&session))
}

async fn find(call: Call) -> Answer {
    find_in(call, ClassName::session()).await
}

/// Shows the session of the token, even one that has expired.
async fn me(call: Call) -> Answer {
    let session = call.hall.data.session_me(&call.cx, call.token.as_deref()).await?;
    Reply::ok(&ObjectJson(&session))
}

async fn get(call: Call) -> Answer {
    let id = id(call.param(0))?;
    get_in(call, ClassName::session(), id).await
}

async fn update(call: Call) -> Answer {
    let id = id(call.param(0))?;
    update_in(call, ClassName::session(), id).await
}

async fn delete(call: Call) -> Answer {
    let id = id(call.param(0))?;
    delete_in(call, ClassName::session(), id).await
}
