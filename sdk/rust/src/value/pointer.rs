//! A reference to a stored object.

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::fmt;

/// A reference to a stored object. In JSON it is Parse's `{"__type": "Pointer", …}`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer {
    /// The class of the object referred to.
    pub class_name: String,
    /// Its object id.
    pub object_id: String,
}

impl Pointer {
    /// Makes a reference.
    pub fn new(class_name: impl Into<String>, object_id: impl Into<String>) -> Self {
        Self { class_name: class_name.into(), object_id: object_id.into() }
    }
}

impl fmt::Debug for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pointer({})", self.class_name)
    }
}

impl Serialize for Pointer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("__type", "Pointer")?;
        map.serialize_entry("className", &self.class_name)?;
        map.serialize_entry("objectId", &self.object_id)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Pointer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Rest {
            #[serde(rename = "__type")]
            kind: String,
            class_name: String,
            object_id: String,
        }
        let rest = Rest::deserialize(deserializer)?;
        // A fetched pointer comes as the whole object; it still points.
        if rest.kind != "Pointer" && rest.kind != "Object" {
            return Err(D::Error::custom("expected a Pointer"));
        }
        Ok(Self { class_name: rest.class_name, object_id: rest.object_id })
    }
}
