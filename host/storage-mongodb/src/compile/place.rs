//! Tests on points: narrowed by MongoDB, decided by the matcher, since edges and great circles differ.

use model::{
    Test,
    query::geo::{Point, Region},
};
use mongodb::bson::{Bson, doc};

use super::{Bound, Part, Place};

/// How much wider than asked MongoDB looks, in degrees and in parts of a distance: the two round differently.
const MARGIN: f64 = 1e-6;

/// Distances from which on it isn't worth looking, in radians: half of a half circle.
const FAR: f64 = std::f64::consts::FRAC_PI_2;

pub(super) fn test(place: &Place<'_>, test: &Test, bound: Bound) -> Part {
    let within = match test {
        Test::Near { point, radians: Some(radians) } => sphere(*point, *radians),
        Test::Within(Region::Sphere { center, radians }) => sphere(*center, *radians),
        Test::Within(Region::Box { south_west, north_east }) => around(&[*south_west, *north_east]),
        Test::Within(Region::Polygon(ring)) => around(ring),
        _ => None,
    };
    match within {
        Some(within) => Part::upper(place.clause(doc! {"$geoWithin": within}), bound),
        None => place.present(bound),
    }
}

fn sphere(center: Point, radians: f64) -> Option<Bson> {
    let wide = radians * (1.0 + MARGIN) + MARGIN.to_radians();
    let near = (0.0..FAR).contains(&wide);
    near.then(|| doc! {"$centerSphere": [[center.longitude, center.latitude], wide]}.into())
}

/// The box that holds all of some points.
fn around(points: &[Point]) -> Option<Bson> {
    let mut all = points.iter().map(|at| (at.longitude, at.latitude));
    let first = all.next()?;
    let (low, high) = all.fold((first, first), |(low, high), at| {
        ((low.0.min(at.0), low.1.min(at.1)), (high.0.max(at.0), high.1.max(at.1)))
    });
    Some(doc! {"$box": [[low.0 - MARGIN, low.1 - MARGIN], [high.0 + MARGIN, high.1 + MARGIN]]}.into())
}
