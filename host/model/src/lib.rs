#![doc = include_str!("../README.md")]

pub mod acl;
pub mod aggregate;
pub mod apply;
pub mod code;
pub mod date;
pub mod denylist;
pub mod encode;
pub mod error;
pub mod event;
pub mod name;
pub mod object;
pub mod parse_update;
pub mod query;
pub mod schema;
pub mod schema_json;
pub mod update;
pub mod value;

pub use acl::{Acl, Rights};
pub use aggregate::Pipeline;
pub use apply::ApplyError;
pub use code::Code;
pub use date::Date;
pub use denylist::Denylist;
pub use error::ParseError;
pub use event::Event;
pub use name::{ClassName, FieldName, ObjectId, Path};
pub use object::{Fields, Object};
pub use query::{Filter, Limit, Order, Query, Test};
pub use schema::{Field, FieldType, Permissions, Schema, SchemaEdit, Unique};
pub use update::{Op, Update};
pub use value::{Map, Pointer, Value};
