//! A place on earth.

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::fmt;

/// A place on earth, in degrees. In JSON it is Parse's `{"__type": "GeoPoint", …}`.
#[derive(Clone, Copy, PartialEq)]
pub struct GeoPoint {
    /// Degrees north, from -90 to 90.
    pub latitude: f64,
    /// Degrees east, from -180 to 180.
    pub longitude: f64,
}

impl fmt::Debug for GeoPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GeoPoint")
    }
}

impl Serialize for GeoPoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("__type", "GeoPoint")?;
        map.serialize_entry("latitude", &self.latitude)?;
        map.serialize_entry("longitude", &self.longitude)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for GeoPoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Rest {
            #[serde(rename = "__type")]
            kind: String,
            latitude: f64,
            longitude: f64,
        }
        let rest = Rest::deserialize(deserializer)?;
        if rest.kind != "GeoPoint" {
            return Err(D::Error::custom("expected a GeoPoint"));
        }
        Ok(Self { latitude: rest.latitude, longitude: rest.longitude })
    }
}
