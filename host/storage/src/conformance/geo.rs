//! Places: near, within, and polygons that hold a point.

use model::{Filter, Limit, Order};
use serde_json::{Value as Json, json};

use crate::{
    Select,
    conformance::{
        Outcome, Wrong,
        bench::{Bench, Class, filter},
        cases, ensure,
    },
};

cases![
    near_reaches_so_far,
    near_sorts_only_when_told,
    the_nearest_come_first,
    a_box_holds_what_is_inside,
    a_polygon_holds_what_is_inside,
    a_sphere_reaches_around,
    a_stored_polygon_holds_a_point,
    places_join_other_conditions,
    what_is_no_place_is_nowhere,
];

fn at(latitude: f64, longitude: f64) -> Json {
    json!({"__type": "GeoPoint", "latitude": latitude, "longitude": longitude})
}

/// Four towns and one object without a place.
async fn towns(bench: &Bench) -> Result<Class, Wrong> {
    let class = bench.class("Thing", "place:GeoPoint n:Number").await?;
    class
        .fill([
            ("vienna", json!({"place": at(48.2082, 16.3738), "n": 1})),
            ("bratislava", json!({"place": at(48.1486, 17.1077), "n": 2})),
            ("berlin", json!({"place": at(52.52, 13.405), "n": 3})),
            ("suva", json!({"place": at(-18.1416, 178.4419), "n": 4})),
            ("nowhere", json!({"n": 5})),
        ])
        .await?;
    Ok(class)
}

async fn near_reaches_so_far(bench: Bench) -> Outcome {
    let class = towns(&bench).await?;
    let near =
        |member: &str, distance: f64| json!({"place": {"$nearSphere": at(48.2, 16.37), member: distance}});
    class
        .answers(&[
            (near("$maxDistanceInKilometers", 10.0), "vienna"),
            (near("$maxDistanceInKilometers", 60.0), "vienna bratislava"),
            (near("$maxDistanceInMiles", 330.0), "vienna bratislava berlin"),
            (near("$maxDistance", 0.000_001), ""),
            (json!({"place": {"$nearSphere": at(48.2, 16.37)}}), "vienna bratislava berlin suva"),
        ])
        .await
}

/// The order that `$nearSphere` asks for by itself.
fn nearest(of: &Filter) -> Result<Vec<Order>, Wrong> {
    Ok(vec![Order::implied(of).ok_or_else(|| Wrong("$nearSphere implies no order".into()))?])
}

async fn the_nearest_come_first(bench: Bench) -> Outcome {
    let class = towns(&bench).await?;
    for (from, expected) in [
        (at(52.0, 13.0), "berlin vienna bratislava suva"),
        (at(48.1486, 17.1), "bratislava vienna berlin suva"),
        // Across the date line.
        (at(-18.0, -179.0), "suva berlin bratislava vienna"),
    ] {
        let of = filter(json!({"place": {"$nearSphere": from}}))?;
        let select = Select { order: nearest(&of)?, ..class.select(of.clone()) };
        let ids = class.ids(&select).await?.join(" ");
        ensure!(ids == expected, "the nearest first: found {ids}, expected {expected}");
        let page = Select { skip: 1, limit: Limit::Rows(2), ..select };
        let ids = class.ids(&page).await?.join(" ");
        let expected: Vec<&str> = expected.split(' ').skip(1).take(2).collect();
        ensure!(ids == expected.join(" "), "a page of them: found {ids}, expected {expected:?}");
    }
    Ok(())
}

async fn near_sorts_only_when_told(bench: Bench) -> Outcome {
    let class = towns(&bench).await?;
    let of = filter(json!({"place": {"$nearSphere": at(52.0, 13.0), "$maxDistanceInKilometers": 1_000}}))?;
    let select = Select { order: crate::conformance::bench::order("n")?, ..class.select(of) };
    let ids = class.ids(&select).await?.join(" ");
    ensure!(ids == "vienna bratislava berlin", "by n: found {ids}");
    Ok(())
}

async fn a_box_holds_what_is_inside(bench: Bench) -> Outcome {
    let class = towns(&bench).await?;
    let within = |south_west: Json, north_east: Json| json!({"place": {"$within": {"$box": [south_west, north_east]}}});
    class
        .answers(&[
            (within(at(48.0, 16.0), at(49.0, 18.0)), "vienna bratislava"),
            (within(at(-90.0, -180.0), at(90.0, 180.0)), "vienna bratislava berlin suva"),
            (within(at(0.0, 0.0), at(1.0, 1.0)), ""),
        ])
        .await
}

async fn a_polygon_holds_what_is_inside(bench: Bench) -> Outcome {
    let class = towns(&bench).await?;
    // A triangle whose box holds Bratislava, too.
    let corners = [at(47.0, 15.0), at(47.0, 18.0), at(50.0, 15.0)];
    let ring = json!({"__type": "Polygon", "coordinates": [[47, 15], [47, 18], [50, 15]]});
    class
        .answers(&[
            (json!({"place": {"$geoWithin": {"$polygon": corners}}}), "vienna"),
            (json!({"place": {"$geoWithin": {"$polygon": ring}}}), "vienna"),
        ])
        .await
}

async fn a_sphere_reaches_around(bench: Bench) -> Outcome {
    let class = towns(&bench).await?;
    let sphere =
        |center: Json, radians: f64| json!({"place": {"$geoWithin": {"$centerSphere": [center, radians]}}});
    class
        .answers(&[
            (sphere(json!([16.37, 48.2]), 60.0 / 6371.0), "vienna bratislava"),
            (sphere(at(48.2, 16.37), 10.0 / 6371.0), "vienna"),
            (sphere(at(-18.0, -179.0), 600.0 / 6371.0), "suva"),
        ])
        .await
}

async fn a_stored_polygon_holds_a_point(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "area:Polygon").await?;
    let ring = |points: Json| json!({"area": {"__type": "Polygon", "coordinates": points}});
    class
        .fill([
            ("square", ring(json!([[0, 0], [0, 10], [10, 10], [10, 0]]))),
            ("corner", ring(json!([[0, 0], [0, 10], [10, 0]]))),
            ("away", ring(json!([[20, 20], [20, 30], [30, 30]]))),
            ("none", json!({})),
        ])
        .await?;
    let holds = |point: Json| json!({"area": {"$geoIntersects": {"$point": point}}});
    class
        .answers(&[
            (holds(at(2.0, 2.0)), "square corner"),
            (holds(at(8.0, 8.0)), "square"),
            (holds(at(-5.0, 5.0)), ""),
        ])
        .await
}

async fn places_join_other_conditions(bench: Bench) -> Outcome {
    let class = towns(&bench).await?;
    let near = json!({"$nearSphere": at(48.2, 16.37), "$maxDistanceInKilometers": 60});
    class
        .answers(&[
            (json!({"place": near, "n": {"$gt": 1}}), "bratislava"),
            (json!({"place": near, "n": 5}), ""),
        ])
        .await?;
    let inside = json!({"place": {"$within": {"$box": [at(48.0, 16.0), at(49.0, 18.0)]}}});
    class
        .answers(&[
            (json!({"$or": [inside, {"n": 5}]}), "vienna bratislava nowhere"),
            (json!({"$nor": [inside, {"n": 5}]}), "berlin suva"),
        ])
        .await
}

async fn what_is_no_place_is_nowhere(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "n:Number").await?;
    class.fill([("a", json!({"n": 1})), ("b", json!({}))]).await?;
    for test in [
        json!({"$geoWithin": {"$centerSphere": [at(0.0, 0.0), 4]}}),
        json!({"$within": {"$box": [at(-90.0, -180.0), at(90.0, 180.0)]}}),
    ] {
        for field in ["n", "unknown"] {
            let Filter::Test(_, test) = filter(json!({field: test}))? else {
                return Err(Wrong("a place isn't one test".into()));
            };
            let of = Filter::Test(model::Path::new(field)?, test);
            class.passes(&of, &[]).await?;
        }
    }
    Ok(())
}
