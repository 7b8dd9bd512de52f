//! Made-up classes, objects and filters for the tests of both databases.

use std::sync::Arc;

use model::{
    ClassName, Date, Field, FieldName, FieldType, Filter, Object, ObjectId, Path, Schema, Test, Value,
};
use storage::{Select, Write};

pub(crate) fn name(text: &str) -> FieldName {
    FieldName::new(text).unwrap()
}

pub(crate) fn schema(fields: &[(&str, FieldType)]) -> Schema {
    let mut schema = Schema::new(ClassName::new("Patient").unwrap());
    schema.fields = fields.iter().map(|(field, kind)| (name(field), Field::new(kind.clone()))).collect();
    schema
}

pub(crate) fn object(id: &str, fields: &[(&str, Value)]) -> Object {
    let mut object = Object::new(ClassName::new("Patient").unwrap(), ObjectId::new(id).unwrap(), Date(1000));
    object.fields = fields.iter().map(|(field, value)| (name(field), value.clone())).collect();
    object
}

pub(crate) fn insert(schema: &Arc<Schema>, object: Object) -> Write {
    Write::Insert { schema: Arc::clone(schema), object }
}

pub(crate) fn select(schema: &Arc<Schema>, filter: Filter) -> Select {
    Select::new(Arc::clone(schema), filter)
}

pub(crate) fn test(path: &str, test: Test) -> Filter {
    Filter::Test(Path::new(path).unwrap(), test)
}
