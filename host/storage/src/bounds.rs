//! The part of the map that a test on places can't leave, for an index to find.

use model::{
    Test,
    query::geo::{Point, Region},
};

/// How much wider than asked the map is searched, in degrees: databases round in ways of their own.
const MARGIN: f64 = 1e-6;

/// Distances from which on it isn't worth looking, in radians: half of a half circle.
const FAR: f64 = std::f64::consts::FRAC_PI_2;

/// A box on the flat map, in degrees; its edges belong to it.
#[derive(Clone, Copy, PartialEq)]
pub struct Bounds {
    /// The least latitude.
    pub south: f64,
    /// The least longitude.
    pub west: f64,
    /// The greatest latitude.
    pub north: f64,
    /// The greatest longitude.
    pub east: f64,
}

/// One box, or two on both sides of the date line, one of which holds each point that passes; `None` where a test
/// passes points from everywhere, or isn't about points.
pub fn of(test: &Test) -> Option<Vec<Bounds>> {
    match test {
        Test::Near { point, radians: Some(radians) } => around(*point, *radians),
        Test::Within(Region::Sphere { center, radians }) => around(*center, *radians),
        Test::Within(Region::Box { south_west, north_east }) => Some(vec![all(&[*south_west, *north_east])?]),
        Test::Within(Region::Polygon(ring)) => Some(vec![all(ring)?]),
        _ => None,
    }
}

/// The box that holds all of some points.
fn all(points: &[Point]) -> Option<Bounds> {
    let first = points.first()?;
    let start =
        Bounds { south: first.latitude, west: first.longitude, north: first.latitude, east: first.longitude };
    let hull = points.iter().fold(start, |hull, at| Bounds {
        south: hull.south.min(at.latitude),
        west: hull.west.min(at.longitude),
        north: hull.north.max(at.latitude),
        east: hull.east.max(at.longitude),
    });
    Some(wider(hull))
}

fn wider(hull: Bounds) -> Bounds {
    Bounds {
        south: hull.south - MARGIN,
        west: hull.west - MARGIN,
        north: hull.north + MARGIN,
        east: hull.east + MARGIN,
    }
}

/// What is at most so far away.
fn around(center: Point, radians: f64) -> Option<Vec<Bounds>> {
    if !(0.0..FAR).contains(&radians) {
        return None;
    }
    let (latitude, reach) = (center.latitude, radians.to_degrees());
    let band =
        |west: f64, east: f64| wider(Bounds { south: latitude - reach, west, north: latitude + reach, east });
    if latitude.abs() + reach >= 90.0 - MARGIN {
        // Around a pole, every longitude is near.
        return Some(vec![band(-180.0, 180.0)]);
    }
    let aside = (radians.sin() / latitude.to_radians().cos()).clamp(-1.0, 1.0).asin().to_degrees();
    let (west, east) = (center.longitude - aside, center.longitude + aside);
    Some(match (west < -180.0, east > 180.0) {
        (false, false) => vec![band(west, east)],
        (true, false) => vec![band(-180.0, east), band(west + 360.0, 180.0)],
        (false, true) => vec![band(west, 180.0), band(-180.0, east - 360.0)],
        (true, true) => vec![band(-180.0, 180.0)],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(latitude: f64, longitude: f64) -> Point {
        Point::new(latitude, longitude).unwrap()
    }

    fn holds(bounds: &[Bounds], point: Point) -> bool {
        bounds.iter().any(|bounds| {
            (bounds.south..=bounds.north).contains(&point.latitude)
                && (bounds.west..=bounds.east).contains(&point.longitude)
        })
    }

    #[test]
    fn no_point_that_is_near_is_outside() {
        let steps =
            |count: i32, most: f64| (-count..=count).map(move |n| f64::from(n) / f64::from(count) * most);
        for center in
            [at(48.2, 16.4), at(0.0, 0.0), at(-18.0, -179.5), at(66.0, 180.0), at(89.5, 20.0), at(-90.0, 0.0)]
        {
            for radians in [0.0, 1e-9, 0.001, 0.05, 0.4, 1.2, 1.5] {
                let bounds = around(center, radians).unwrap();
                assert!(holds(&bounds, center), "its own centre");
                for latitude in steps(90, 90.0) {
                    for longitude in steps(72, 180.0) {
                        let point = at(latitude, longitude);
                        assert!(
                            center.distance(point) > radians || holds(&bounds, point),
                            "{latitude} {longitude} is {} near {} {} and missed",
                            center.distance(point),
                            center.latitude,
                            center.longitude
                        );
                    }
                }
            }
        }
        assert!(around(at(0.0, 0.0), 2.0).is_none());
    }

    #[test]
    fn a_small_circle_has_a_small_box() {
        let bounds = around(at(60.0, 10.0), 0.01).unwrap();
        assert_eq!(bounds.len(), 1);
        let (high, wide) = (bounds[0].north - bounds[0].south, bounds[0].east - bounds[0].west);
        // Towards the poles, a degree of longitude is shorter.
        assert!((1.14..1.15).contains(&high) && (2.28..2.30).contains(&wide), "{high} {wide}");
        assert_eq!(around(at(0.0, 179.9), 0.01).unwrap().len(), 2);
    }
}
