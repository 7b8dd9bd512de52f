//! A field's value.

use std::{collections::BTreeMap, fmt};

use crate::{ClassName, Date, Object, ObjectId};

/// The members of an Object value, by key.
pub type Map = BTreeMap<String, Value>;

/// A reference to an object of another class.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer {
    /// The class that the pointer names.
    pub class: ClassName,
    /// The object that it names.
    pub id: ObjectId,
}

impl fmt::Debug for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pointer({})", self.class)
    }
}

/// Any value that a Parse field can hold; numbers are IEEE doubles, as on the wire.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// JSON's null: present, but nothing.
    Null,
    /// True or false.
    Boolean(bool),
    /// A double; never NaN or infinite.
    Number(f64),
    /// Text.
    String(String),
    /// A moment.
    Date(Date),
    /// Raw bytes; base64 on the wire.
    Bytes(Vec<u8>),
    /// Degrees.
    GeoPoint {
        /// North positive.
        latitude: f64,
        /// East positive.
        longitude: f64,
    },
    /// A closed ring of (latitude, longitude).
    Polygon(Vec<(f64, f64)>),
    /// A stored file.
    File {
        /// The name that the storage knows.
        name: String,
        /// Where it can be fetched, if given.
        url: Option<String>,
    },
    /// A reference to another object.
    Pointer(Pointer),
    /// The read-only mark of a relation field.
    Relation(ClassName),
    /// A list.
    Array(Vec<Value>),
    /// A nested object without identity.
    Object(Map),
    /// A whole object in place of a pointer: an include, or a function's answer. Never stored.
    Record(Box<Object>),
}

impl Value {
    /// Makes a text value.
    pub fn text(text: impl Into<String>) -> Value {
        Value::String(text.into())
    }

    /// Makes a pointer value.
    pub fn pointer(class: ClassName, id: ObjectId) -> Value {
        Value::Pointer(Pointer { class, id })
    }

    /// The name of the value's kind, as Parse's schema errors spell it.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "Null",
            Value::Boolean(_) => "Boolean",
            Value::Number(_) => "Number",
            Value::String(_) => "String",
            Value::Date(_) => "Date",
            Value::Bytes(_) => "Bytes",
            Value::GeoPoint { .. } => "GeoPoint",
            Value::Polygon(_) => "Polygon",
            Value::File { .. } => "File",
            Value::Pointer(_) => "Pointer",
            Value::Relation(_) => "Relation",
            Value::Array(_) => "Array",
            Value::Object(_) => "Object",
            Value::Record(_) => "Object",
        }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The pointer, if it is one; an expanded record answers a pointer to itself.
    pub fn as_pointer(&self) -> Option<Pointer> {
        match self {
            Value::Pointer(pointer) => Some(pointer.clone()),
            Value::Record(object) => Some(Pointer { class: object.class.clone(), id: object.id.clone() }),
            _ => None,
        }
    }

    /// Whether it is JSON's null.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Looks below the value along path parts; array parts are indexes.
    pub fn below<'a, 'p>(&'a self, mut parts: impl Iterator<Item = &'p str>) -> Option<&'a Value> {
        parts.try_fold(self, |value, part| match value {
            Value::Object(map) => map.get(part),
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            _ => None,
        })
    }
}

/// Shows the kind and size, never the content.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Array(items) => write!(f, "Array({} items)", items.len()),
            Value::Object(map) => write!(f, "Object({} keys)", map.len()),
            Value::Pointer(pointer) => pointer.fmt(f),
            Value::Record(object) => object.fmt(f),
            other => f.write_str(other.kind()),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::String(text.to_owned())
    }
}
impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::String(text)
    }
}
impl From<f64> for Value {
    fn from(number: f64) -> Value {
        Value::Number(number)
    }
}
impl From<bool> for Value {
    fn from(flag: bool) -> Value {
        Value::Boolean(flag)
    }
}
impl From<Date> for Value {
    fn from(date: Date) -> Value {
        Value::Date(date)
    }
}
