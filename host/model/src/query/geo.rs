//! Places on the globe, and which points they hold.

use std::fmt;

use crate::Value;

/// The radius of the earth by which kilometres become radians.
pub const EARTH_KILOMETERS: f64 = 6371.0;
/// The radius of the earth by which miles become radians.
pub const EARTH_MILES: f64 = 3959.0;

/// A place on the globe, in degrees.
#[derive(Clone, Copy, PartialEq)]
pub struct Point {
    /// North positive, from -90 to 90.
    pub latitude: f64,
    /// East positive, from -180 to 180.
    pub longitude: f64,
}

impl Point {
    /// Makes a point; `None` when it isn't on the globe.
    pub fn new(latitude: f64, longitude: f64) -> Option<Point> {
        let on_globe = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        on_globe.then_some(Point { latitude, longitude })
    }

    /// The place that a value is; `None` for anything but a GeoPoint on the globe.
    pub fn of(value: &Value) -> Option<Point> {
        match value {
            Value::GeoPoint { latitude, longitude } => Point::new(*latitude, *longitude),
            _ => None,
        }
    }

    /// The distance to another point along the surface, in radians (haversine).
    pub fn distance(self, other: Point) -> f64 {
        let half = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
        let across = self.latitude.to_radians().cos() * other.latitude.to_radians().cos();
        let chord = half(other.latitude - self.latitude) + across * half(other.longitude - self.longitude);
        2.0 * chord.clamp(0.0, 1.0).sqrt().asin()
    }
}

/// An area of the globe. Its edges belong to it.
#[derive(Clone, PartialEq)]
pub enum Region {
    /// Between two latitudes and two longitudes, on the flat map: it doesn't reach across the date line.
    Box {
        /// The south-western corner.
        south_west: Point,
        /// The north-eastern corner.
        north_east: Point,
    },
    /// Inside a ring of points, on the flat map; the last one joins the first.
    Polygon(Vec<Point>),
    /// At most so far from a point, along the surface.
    Sphere {
        /// The centre.
        center: Point,
        /// How far, in radians.
        radians: f64,
    },
}

impl Region {
    /// Whether a point is inside or on an edge.
    pub fn holds(&self, point: Point) -> bool {
        match self {
            Region::Box { south_west, north_east } => {
                (south_west.latitude..=north_east.latitude).contains(&point.latitude)
                    && (south_west.longitude..=north_east.longitude).contains(&point.longitude)
            }
            Region::Polygon(ring) => encloses(ring.iter().map(|at| (at.latitude, at.longitude)), point),
            Region::Sphere { center, radians } => center.distance(point) <= *radians,
        }
    }
}

/// Whether a ring of (latitude, longitude) on the flat map holds a point or has it on an edge.
pub fn ring_holds(ring: &[(f64, f64)], point: Point) -> bool {
    encloses(ring.iter().copied(), point)
}

fn encloses(ring: impl DoubleEndedIterator<Item = (f64, f64)> + Clone, point: Point) -> bool {
    let (y, x) = (point.latitude, point.longitude);
    let Some(mut before) = ring.clone().next_back() else { return false };
    let mut inside = false;
    for at in ring {
        let ((y1, x1), (y2, x2)) = (before, at);
        let side = (x2 - x1) * (y - y1) - (x - x1) * (y2 - y1);
        let beside = (x1.min(x2)..=x1.max(x2)).contains(&x) && (y1.min(y2)..=y1.max(y2)).contains(&y);
        if side == 0.0 && beside {
            return true;
        }
        if (y1 > y) != (y2 > y) && x < (x2 - x1) * (y - y1) / (y2 - y1) + x1 {
            inside = !inside;
        }
        before = at;
    }
    inside
}

/// Shows no place: where somebody was is PHI.
impl fmt::Debug for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Point")
    }
}

/// Shows the form, never where it is.
impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Region::Box { .. } => f.write_str("Box"),
            Region::Polygon(ring) => write!(f, "Polygon({} points)", ring.len()),
            Region::Sphere { .. } => f.write_str("Sphere"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(latitude: f64, longitude: f64) -> Point {
        Point::new(latitude, longitude).unwrap()
    }

    #[test]
    fn distances_follow_the_surface() {
        let (vienna, tokyo) = (at(48.2082, 16.3738), at(35.6762, 139.6503));
        let kilometers = vienna.distance(tokyo) * EARTH_KILOMETERS;
        assert!((9_126.0..9_128.0).contains(&kilometers), "{kilometers}");
        assert_eq!(vienna.distance(vienna), 0.0);
        assert!((at(0.0, 0.0).distance(at(0.0, 180.0)) - std::f64::consts::PI).abs() < 1e-9);
        assert!(at(0.0, 179.9).distance(at(0.0, -179.9)) < 0.01);
        assert!(Point::new(90.1, 0.0).is_none() && Point::new(0.0, -180.1).is_none());
        assert!(Point::new(f64::NAN, 0.0).is_none());
    }

    #[test]
    fn edges_belong_to_a_region() {
        let square = Region::Box { south_west: at(0.0, 0.0), north_east: at(2.0, 2.0) };
        assert!(square.holds(at(2.0, 0.0)) && square.holds(at(1.0, 1.0)) && !square.holds(at(2.1, 1.0)));
        let open = vec![at(0.0, 0.0), at(0.0, 4.0), at(4.0, 0.0)];
        let closed = [open.clone(), vec![at(0.0, 0.0)]].concat();
        for ring in [open, closed] {
            let triangle = Region::Polygon(ring);
            for (point, inside) in
                [((1.0, 1.0), true), ((2.0, 2.0), true), ((0.0, 4.0), true), ((0.0, 2.0), true)]
                    .into_iter()
                    .chain([((2.1, 2.1), false), ((-0.1, 1.0), false), ((0.0, 4.1), false)])
            {
                assert_eq!(triangle.holds(at(point.0, point.1)), inside, "{point:?}");
            }
        }
        let sphere = Region::Sphere { center: at(0.0, 0.0), radians: 1.0_f64.to_radians() };
        assert!(sphere.holds(at(0.0, 0.99)) && !sphere.holds(at(0.8, 0.8)));
        assert!(!Region::Polygon(Vec::new()).holds(at(0.0, 0.0)));
    }
}
