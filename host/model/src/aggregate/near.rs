//! `$geoNear`: objects by how near they are.

use serde_json::Value as Json;

use super::{
    Names,
    document::{FieldPath, put},
    invalid,
    plan::parts,
    run::Run,
};
use crate::{FieldType, ParseError, Value, encode, query::geo::Point, value::Map};

/// The radius of the earth by which MongoDB makes metres of radians.
const EARTH_METERS: f64 = 6_378_100.0;

/// `$geoNear`
pub(super) struct Near {
    from: Point,
    key: FieldPath,
    measure: Measure,
    least: f64,
    most: f64,
    factor: f64,
    distance: Option<Vec<String>>,
    place: Option<Vec<String>>,
}

/// What a distance is told in.
#[derive(Clone, Copy)]
enum Measure {
    /// Along the surface.
    Metres,
    /// Along the surface.
    Radians,
    /// On the flat map.
    Degrees,
}

impl Near {
    /// Reads from where, how far, and what is told of it.
    ///
    /// # Errors
    /// 102 for anything else.
    pub(super) fn parse(json: &Json, names: Names<'_>) -> Result<Near, ParseError> {
        let spherical = json.get("spherical").and_then(Json::as_bool).unwrap_or(false);
        let near = json.get("near").ok_or_else(|| invalid("$geoNear needs a near"))?;
        let bad = || invalid("near of $geoNear must be a GeoPoint, a GeoJSON point or [longitude, latitude]");
        let (from, measure) = match near {
            Json::Object(map) if map.contains_key("coordinates") => {
                (pair(map.get("coordinates").unwrap_or(&Json::Null)), Measure::Metres)
            }
            Json::Object(_) => {
                let point = encode::value(near.clone()).ok().as_ref().and_then(Point::of);
                (point, if spherical { Measure::Radians } else { Measure::Degrees })
            }
            near => (pair(near), if spherical { Measure::Radians } else { Measure::Degrees }),
        };
        let number = |key: &str, default: f64| match json.get(key) {
            None => Ok(default),
            Some(json) => match json.as_f64() {
                Some(number) if number >= 0.0 => Ok(number),
                _ => Err(invalid(format!("{key} of $geoNear must be a number from 0 on"))),
            },
        };
        let path = |key: &str| match json.get(key) {
            None => Ok(None),
            Some(name) => match name.as_str().and_then(parts) {
                Some(path) => Ok(Some(path)),
                None => Err(invalid(format!("{key} of $geoNear must be a field"))),
            },
        };
        Ok(Near {
            from: from.ok_or_else(bad)?,
            key: key(json.get("key"), names)?,
            measure,
            least: number("minDistance", 0.0)?,
            most: number("maxDistance", f64::INFINITY)?,
            factor: number("distanceMultiplier", 1.0)?,
            distance: path("distanceField")?,
            place: path("includeLocs")?,
        })
    }

    /// Keeps what is near enough, the nearest first, and tells how near it is.
    ///
    /// # Errors
    /// 102 when it is too much to copy.
    pub(super) fn measure(&self, documents: Vec<Map>, run: &Run<'_>) -> Result<Vec<Map>, ParseError> {
        let mut found: Vec<(f64, Value, Map)> = Vec::new();
        for document in documents {
            let Some(place) = self.key.find(&document) else { continue };
            let Some(distance) = Point::of(&place).map(|to| self.distance(to)) else { continue };
            if (self.least..=self.most).contains(&distance) {
                found.push((distance, place, document));
            }
        }
        found.sort_by(|(a, ..), (b, ..)| a.total_cmp(b));
        let mut out = Vec::with_capacity(found.len());
        for (distance, place, mut document) in found {
            if let Some(path) = &self.distance {
                put(&mut document, path, Value::Number(distance * self.factor), run)?;
            }
            if let Some(path) = &self.place {
                put(&mut document, path, place, run)?;
            }
            out.push(document);
        }
        Ok(out)
    }

    fn distance(&self, to: Point) -> f64 {
        match self.measure {
            Measure::Metres => self.from.distance(to) * EARTH_METERS,
            Measure::Radians => self.from.distance(to),
            Measure::Degrees => (to.latitude - self.from.latitude).hypot(to.longitude - self.from.longitude),
        }
    }
}

/// A point in the order of the map: the longitude first.
fn pair(json: &Json) -> Option<Point> {
    match json.as_array().map(Vec::as_slice) {
        Some([longitude, latitude]) => Point::new(latitude.as_f64()?, longitude.as_f64()?),
        _ => None,
    }
}

/// The field with the places: the one that is named, or the class's only one.
fn key(json: Option<&Json>, names: Names<'_>) -> Result<FieldPath, ParseError> {
    if let Some(json) = json {
        let path = json.as_str().and_then(FieldPath::parse);
        return path.ok_or_else(|| invalid("key of $geoNear must be a field"));
    }
    let fields = names.schema.into_iter().flat_map(|schema| &schema.fields);
    let mut places = fields.filter(|(_, field)| field.kind == FieldType::GeoPoint);
    match (places.next(), places.next()) {
        (Some((name, _)), None) => FieldPath::parse(name),
        _ => None,
    }
    .ok_or_else(|| invalid("$geoNear needs the field with the places as key"))
}
