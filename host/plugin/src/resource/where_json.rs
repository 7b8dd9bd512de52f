//! The conditions of a find, written out as far as a guest may see them.
//!
//! A condition on a field that isn't granted is left out. On one that is granted, but not to be read, the guest learns
//! that there is a condition and of which kind; its operand is null. So a masking plugin can refuse searches by what it
//! masks.

use std::{collections::BTreeSet, sync::Arc};

use model::{
    ClassName, Filter, Query, Test, Value, encode,
    query::{
        filter::Pattern,
        geo::{Point, Region},
        text::Search,
    },
};
use serde_json::{Map, Value as Json, json};

use crate::{
    convert::flat,
    mask::{Mask, Verb},
};

/// What was shown on the way.
#[derive(Default)]
pub(crate) struct Shown {
    pub(crate) read: BTreeSet<String>,
    pub(crate) values: Vec<Value>,
}

/// Writes the conditions of a query through the masks of the classes that it names.
pub(crate) fn encode(
    query: &Query,
    masks: &dyn Fn(&str) -> Arc<Mask>,
    shown: &mut Shown,
) -> Map<String, Json> {
    Writer { class: &query.class, mask: masks(&query.class), masks, top: true }.filter(&query.filter, shown)
}

struct Writer<'a> {
    class: &'a ClassName,
    mask: Arc<Mask>,
    masks: &'a dyn Fn(&str) -> Arc<Mask>,
    /// Whether this is the client's own query and not one inside it.
    top: bool,
}

impl Writer<'_> {
    fn filter(&self, filter: &Filter, shown: &mut Shown) -> Map<String, Json> {
        match filter {
            Filter::And(parts) => {
                let parts = self.parts(parts, shown);
                // Conditions on different fields read best side by side.
                let mut names = BTreeSet::new();
                let apart = parts.iter().flat_map(|part| part.keys()).all(|key| names.insert(key.clone()));
                match apart {
                    true => parts.into_iter().flatten().collect(),
                    false => one("$and", list(parts)),
                }
            }
            Filter::Or(parts) => one("$or", list(self.parts(parts, shown))),
            Filter::Nor(parts) => one("$nor", list(self.parts(parts, shown))),
            Filter::Test(path, test) => {
                if !self.mask.names(path.root()) {
                    return Map::new();
                }
                let reads = self.mask.allows(Verb::Read, path.root());
                if reads {
                    let root = path.root();
                    shown.read.insert(if self.top {
                        root.to_owned()
                    } else {
                        format!("{}.{root}", self.class)
                    });
                }
                one(path, self.test(test, reads, shown))
            }
            // Rows that the caller may see are the door's affair.
            Filter::Acl(..) => Map::new(),
            Filter::RelatedTo { owner_class, owner, key } => {
                let object = json!({"__type": "Pointer", "className": owner_class.as_str(), "objectId": owner.as_str()});
                one("$relatedTo", json!({"object": object, "key": key.as_str()}))
            }
        }
    }

    fn parts(&self, parts: &[Filter], shown: &mut Shown) -> Vec<Map<String, Json>> {
        parts.iter().map(|part| self.filter(part, shown)).filter(|part| !part.is_empty()).collect()
    }

    fn test(&self, test: &Test, reads: bool, shown: &mut Shown) -> Json {
        let name = test.name();
        let operand = match test {
            Test::Eq(value) if reads => return show(value, shown),
            _ if !reads => Json::Null,
            Test::Eq(value)
            | Test::Ne(value)
            | Test::Lt(value)
            | Test::Lte(value)
            | Test::Gt(value)
            | Test::Gte(value) => show(value, shown),
            Test::In(values) | Test::Nin(values) | Test::All(values) | Test::ContainedBy(values) => {
                values.iter().map(|value| show(value, shown)).collect()
            }
            Test::Exists(there) => Json::Bool(*there),
            Test::AllRegex(patterns) => {
                patterns.iter().map(|pattern| Json::Object(regex(pattern, shown))).collect()
            }
            Test::Regex(pattern) => return Json::Object(regex(pattern, shown)),
            Test::Near { point, radians } => {
                let mut map = one(name, point_json(*point, shown));
                map.extend(radians.map(|radians| ("$maxDistance".to_owned(), encode::number_json(radians))));
                return Json::Object(map);
            }
            Test::Within(region) => region_json(region, shown),
            Test::Covers(point) => json!({"$point": point_json(*point, shown)}),
            Test::Text(search) => text_json(search, shown),
            Test::InQuery { query, .. } => self.subquery(query, shown),
            Test::Select { query, key, .. } => {
                json!({"query": self.subquery(query, shown), "key": key.as_str()})
            }
        };
        Json::Object(one(name, operand))
    }

    fn subquery(&self, query: &Query, shown: &mut Shown) -> Json {
        let inner =
            Writer { class: &query.class, mask: (self.masks)(&query.class), masks: self.masks, top: false };
        json!({"className": query.class.as_str(), "where": inner.filter(&query.filter, shown)})
    }
}

fn one(key: &str, value: Json) -> Map<String, Json> {
    Map::from_iter([(key.to_owned(), value)])
}

fn list(parts: Vec<Map<String, Json>>) -> Json {
    Json::Array(parts.into_iter().map(Json::Object).collect())
}

fn show(value: &Value, shown: &mut Shown) -> Json {
    let value = flat(value.clone());
    let json = encode::json(&value);
    shown.values.push(value);
    json
}

fn point_json(point: Point, shown: &mut Shown) -> Json {
    show(&Value::GeoPoint { latitude: point.latitude, longitude: point.longitude }, shown)
}

fn region_json(region: &Region, shown: &mut Shown) -> Json {
    match region {
        Region::Box { south_west, north_east } => {
            json!({"$box": [point_json(*south_west, shown), point_json(*north_east, shown)]})
        }
        Region::Polygon(ring) => {
            json!({"$polygon": ring.iter().map(|point| point_json(*point, shown)).collect::<Vec<_>>()})
        }
        Region::Sphere { center, radians } => {
            json!({"$centerSphere": [point_json(*center, shown), encode::number_json(*radians)]})
        }
    }
}

fn text_json(search: &Search, shown: &mut Shown) -> Json {
    shown.values.push(Value::from(search.term.as_str()));
    let mut map = one("$term", search.term.as_str().into());
    map.extend(search.language.as_deref().map(|language| ("$language".to_owned(), language.into())));
    for (name, flag) in
        [("$caseSensitive", search.case_sensitive), ("$diacriticSensitive", search.diacritic_sensitive)]
    {
        map.extend(flag.then(|| (name.to_owned(), true.into())));
    }
    json!({"$search": map})
}

fn regex(pattern: &Pattern, shown: &mut Shown) -> Map<String, Json> {
    shown.values.push(Value::from(pattern.source.as_str()));
    let mut map = one("$regex", pattern.source.as_str().into());
    if !pattern.options.is_empty() {
        map.insert("$options".to_owned(), pattern.options.as_str().into());
    }
    map
}

#[cfg(test)]
mod tests {
    use model::query::parse;

    use super::*;
    use crate::manifest::{Fields, FieldsAsk};

    fn shown(conditions: Json) -> Json {
        let ask = FieldsAsk {
            read: Fields::from(["ward", "age"]),
            redact: Fields::from(["ssn"]),
            ..FieldsAsk::default()
        };
        let (mask, nothing) = (Arc::new(Mask::lent(&ask)), Arc::new(Mask::default()));
        let mut query = Query::new(ClassName::new("Visit").unwrap());
        query.filter = parse::filter(conditions, &parse::Limits::default(), model::Date(0)).unwrap();
        let masks = |class: &str| if class == "Visit" { mask.clone() } else { nothing.clone() };
        Json::Object(encode(&query, &masks, &mut Shown::default()))
    }

    #[test]
    fn what_may_be_read_comes_out_as_it_went_in() {
        let place = json!({"__type": "GeoPoint", "latitude": 1, "longitude": 2});
        for same in [
            json!({"ward": "3A"}),
            json!({"ward": {"$in": ["3A", "3B"]}, "age": {"$gt": 3}}),
            json!({"$or": [{"ward": "3A"}, {"age": {"$exists": false}}]}),
            json!({"ward": {"$regex": "^3", "$options": "i"}}),
            json!({"ward": {"$nearSphere": place, "$maxDistance": 0.5}}),
            json!({"ward": {"$within": {"$box": [place, place]}}}),
            json!({"ward": {"$geoWithin": {"$polygon": [place, place, place]}}}),
            json!({"ward": {"$geoWithin": {"$centerSphere": [place, 1]}}}),
            json!({"ward": {"$geoIntersects": {"$point": place}}}),
            json!({"ward": {"$text": {"$search": {"$term": "a", "$caseSensitive": true}}}}),
            json!({}),
        ] {
            assert_eq!(shown(same.clone()), same);
        }
        assert_eq!(
            shown(json!({"age": {"$gt": 3, "$lt": 9}})),
            json!({"$and": [{"age": {"$gt": 3}}, {"age": {"$lt": 9}}]})
        );
    }

    #[test]
    fn what_may_not_be_read_shows_no_operand() {
        assert_eq!(shown(json!({"ssn": "123", "ward": "3A"})), json!({"ssn": {"$eq": null}, "ward": "3A"}));
        assert_eq!(shown(json!({"name": "Jane"})), json!({}));
        let nested = json!({"ward": {"$inQuery": {"className": "Ward", "where": {"secret": "x"}}}});
        assert!(!shown(nested).to_string().contains("secret"));
    }
}
