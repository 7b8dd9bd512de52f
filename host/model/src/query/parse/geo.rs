//! Operands that are places.

use serde_json::{Map as JsonMap, Value as Json};

use super::{Parser, bad_value, improper};
use crate::{
    Code, ParseError, Test, Value, encode,
    query::geo::{EARTH_KILOMETERS, EARTH_MILES, Point, Region},
};

/// The members beside `$nearSphere` that say how far, and what a radian is in their unit.
const DISTANCES: [(&str, f64); 4] = [
    ("$maxDistance", 1.0),
    ("$maxDistanceInRadians", 1.0),
    ("$maxDistanceInMiles", EARTH_MILES),
    ("$maxDistanceInKilometers", EARTH_KILOMETERS),
];

/// Takes out of a field's operators how far `$nearSphere` reaches, in radians.
///
/// # Errors
/// 102 when there is no `$nearSphere`, 107 for what isn't a distance.
pub(super) fn distance(operators: &mut JsonMap<String, Json>) -> Result<Option<f64>, ParseError> {
    let mut radians: Option<f64> = None;
    for (name, unit) in DISTANCES {
        let Some(json) = operators.remove(name) else { continue };
        if !operators.contains_key("$nearSphere") {
            return Err(improper(name));
        }
        let distance =
            json.as_f64().filter(|distance| *distance >= 0.0).ok_or_else(|| bad_value(name))? / unit;
        radians = Some(radians.map_or(distance, |other| other.min(distance)));
    }
    Ok(radians)
}

fn bad(operator: &str, what: &str) -> ParseError {
    ParseError::new(Code::InvalidJson, format!("bad {operator} value; {what}"))
}

fn point(json: &Json) -> Option<Point> {
    encode::value(json.clone()).ok().as_ref().and_then(Point::of)
}

/// Reads a GeoPoint, or what has its two members: the reference looks at nothing else there.
fn bare_point(json: &Json) -> Option<Point> {
    let degrees = |key: &str| json.get(key).and_then(Json::as_f64);
    match json.get("__type") {
        Some(_) => point(json),
        None => Point::new(degrees("latitude")?, degrees("longitude")?),
    }
}

/// Reads a GeoPoint, or a bare pair in the order of the map: the longitude first.
fn point_or_pair(json: &Json) -> Option<Point> {
    match json.as_array().map(Vec::as_slice) {
        Some([longitude, latitude]) => Point::new(latitude.as_f64()?, longitude.as_f64()?),
        Some(_) => None,
        None => point(json),
    }
}

/// Reads an object with exactly one member.
fn only(json: Json) -> Option<(String, Json)> {
    match json {
        Json::Object(map) if map.len() == 1 => map.into_iter().next(),
        _ => None,
    }
}

impl Parser<'_> {
    pub(super) fn near(&mut self, json: &Json, radians: Option<f64>) -> Result<Test, ParseError> {
        self.spend(1)?;
        let point = bare_point(json).ok_or_else(|| bad_value("$nearSphere"))?;
        Ok(Test::Near { point, radians })
    }

    /// Reads `{"$box": [south-west, north-east]}`.
    pub(super) fn within(&mut self, json: Json) -> Result<Test, ParseError> {
        self.spend(2)?;
        let malformed = || ParseError::new(Code::InvalidJson, "malformatted $within arg");
        match only(json).ok_or_else(malformed)? {
            (name, Json::Array(corners)) if name == "$box" => match corners.as_slice() {
                [south_west, north_east] => Ok(Test::Within(Region::Box {
                    south_west: bare_point(south_west).ok_or_else(malformed)?,
                    north_east: bare_point(north_east).ok_or_else(malformed)?,
                })),
                _ => Err(malformed()),
            },
            _ => Err(malformed()),
        }
    }

    /// Reads `{"$polygon": …}` or `{"$centerSphere": [point, radians]}`.
    pub(super) fn geo_within(&mut self, json: Json) -> Result<Test, ParseError> {
        let operator = "$geoWithin";
        let (name, operand) = only(json).ok_or_else(|| bad_value(operator))?;
        let region = match name.as_str() {
            "$polygon" => self.polygon(operand)?,
            "$centerSphere" => self.sphere(operand)?,
            _ => return Err(bad_value(operator)),
        };
        Ok(Test::Within(region))
    }

    /// Reads points or pairs, or a Polygon, whose own pairs begin with the latitude as everywhere else.
    fn polygon(&mut self, json: Json) -> Result<Region, ParseError> {
        let bad = |what| bad("$geoWithin", what);
        let few = || bad("$polygon should contain at least 3 GeoPoints");
        let points: Option<Vec<Point>> = match json {
            Json::Array(items) => {
                self.spend(items.len())?;
                items.iter().map(point_or_pair).collect()
            }
            json @ Json::Object(_) => match encode::value(json) {
                Ok(Value::Polygon(ring)) => {
                    self.spend(ring.len())?;
                    ring.into_iter().map(|(latitude, longitude)| Point::new(latitude, longitude)).collect()
                }
                _ => None,
            },
            _ => None,
        };
        match points {
            Some(points) if points.len() >= 3 => Ok(Region::Polygon(points)),
            Some(_) => Err(few()),
            None => Err(bad("$polygon should be Polygon object or Array of Parse.GeoPoint's")),
        }
    }

    fn sphere(&mut self, json: Json) -> Result<Region, ParseError> {
        self.spend(2)?;
        let bad = |what| bad("$geoWithin", what);
        let Json::Array(items) = json else {
            return Err(bad("$centerSphere should be an array of Parse.GeoPoint and distance"));
        };
        let [center, radians, ..] = items.as_slice() else {
            return Err(bad("$centerSphere should be an array of Parse.GeoPoint and distance"));
        };
        Ok(Region::Sphere {
            center: point_or_pair(center).ok_or_else(|| bad("$centerSphere geo point invalid"))?,
            radians: radians
                .as_f64()
                .filter(|radians| *radians >= 0.0)
                .ok_or_else(|| bad("$centerSphere distance invalid"))?,
        })
    }

    /// Reads `{"$point": point}`.
    pub(super) fn geo_intersects(&mut self, json: Json) -> Result<Test, ParseError> {
        self.spend(1)?;
        match only(json) {
            Some((name, operand)) if name == "$point" => {
                let bad = || bad("$geoIntersect", "$point should be GeoPoint");
                Ok(Test::Covers(point(&operand).ok_or_else(bad)?))
            }
            _ => Err(bad_value("$geoIntersects")),
        }
    }
}
