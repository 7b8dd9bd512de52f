//! Classes themselves, and emptying one: the master key's.

use model::{ClassName, Schema, SchemaEdit, schema_json};
use serde_json::{Value as Json, json};

use super::{Call, Row, row};
use crate::{
    error::Failure,
    reply::{Answer, Reply},
};

pub(super) const ROWS: &[Row] = &[
    row!(GET "/schemas" Master list),
    row!(POST "/schemas" Master create),
    row!(GET "/schemas/{class}" Master get),
    row!(POST "/schemas/{class}" Master create),
    row!(PUT "/schemas/{class}" Master update),
    row!(DELETE "/schemas/{class}" Master delete),
    row!(DELETE "/purge/{class}" Master purge),
];

async fn list(call: Call) -> Answer {
    let schemas = call.hall.data.schemas(&call.cx).await?;
    let results: Vec<Json> = schemas.iter().map(|schema| schema_json::encode(schema)).collect();
    Reply::ok(&json!({ "results": results }))
}

async fn get(call: Call) -> Answer {
    let class = ClassName::new(call.param(0))?;
    shown(&*call.hall.data.schema(&call.cx, &class).await?)
}

async fn create(mut call: Call) -> Answer {
    let edit = edit(&mut call)?;
    shown(&*call.hall.data.create_schema(&call.cx, edit).await?)
}

async fn update(mut call: Call) -> Answer {
    let edit = edit(&mut call)?;
    shown(&*call.hall.data.update_schema(&call.cx, edit).await?)
}

/// Reads an edit; whoever may not make any isn't told what is wrong with it.
fn edit(call: &mut Call) -> Result<SchemaEdit, Failure> {
    let class = call.params.first().map(String::as_str);
    schema_json::parse(std::mem::take(&mut call.body), class).map_err(|error| {
        let may = call.hall.data.may_change_schemas(&call.cx);
        may.err().map_or_else(|| error.into(), Failure::from)
    })
}

async fn delete(call: Call) -> Answer {
    let class = ClassName::new(call.param(0))?;
    call.hall.data.delete_schema(&call.cx, &class).await?;
    Ok(Reply::empty())
}

async fn purge(call: Call) -> Answer {
    let class = ClassName::new(call.param(0))?;
    call.hall.data.purge(&call.cx, &class).await?;
    Ok(Reply::empty())
}

fn shown(schema: &Schema) -> Answer {
    Reply::ok(&schema_json::encode(schema))
}
