//! The plain data that crosses the border.

#[derive(Clone)]
pub(crate) struct Pointer {
    pub(crate) class_name: String,
    pub(crate) object_id: String,
}

#[derive(Clone)]
pub(crate) enum Value {
    Null,
    Boolean(bool),
    Number(f64),
    Text(String),
    Date(i64),
    Bytes(Vec<u8>),
    Pointer(Pointer),
    Json(String),
}

pub(crate) struct Fault {
    pub(crate) code: i32,
    pub(crate) message: String,
    pub(crate) detail: Option<String>,
    pub(crate) retryable: bool,
}
