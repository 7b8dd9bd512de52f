//! Made-up filters and orders get the matcher's answers, whether SQL says them exactly or not.

use model::{
    Map, Order,
    query::{
        By, Sorter,
        matcher::{Matcher, NoRelations},
    },
};

use super::*;

/// A small generator of made-up things: the same seed gives the same things.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % end
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Texts that SQL might take for something else are among them.
    fn text(&mut self) -> Value {
        (*self.pick(&[
            "",
            "a",
            "ab",
            "abc",
            "A",
            "a\0b",
            "a\nb",
            "5",
            "true",
            "null",
            "é",
            "ab\u{10FFFF}",
            "\"",
            "%",
        ]))
        .into()
    }

    fn number(&mut self) -> Value {
        (*self.pick(&[0.0, -0.0, 1.0, -1.5, 0.1 + 0.2, 1e300, 9_007_199_254_740_993.0, 5.0, 1e-7])).into()
    }

    fn pointer(&mut self) -> Value {
        let class = ClassName::new(self.pick::<&str>(&["_User", "Patient"])).unwrap();
        Value::pointer(class, ObjectId::new(self.pick::<&str>(&["a", "b", "a'\""])).unwrap())
    }

    fn any(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 8 } else { 10 }) {
            0 => Value::Null,
            1 => self.number(),
            2 | 3 => self.text(),
            4 => Value::Boolean(self.below(2) == 0),
            5 => Value::Date(Date(self.below(3) as i64)),
            6 => self.pointer(),
            7 => Value::Bytes(vec![self.below(3) as u8]),
            8 => self.list(depth - 1),
            _ => self.map(depth - 1),
        }
    }

    fn list(&mut self, depth: usize) -> Value {
        Value::Array((0..self.below(4)).map(|_| self.any(depth)).collect())
    }

    fn map(&mut self, depth: usize) -> Value {
        let keys = ["a", "b", "0", "A"];
        Value::Object(
            (0..self.below(4)).map(|_| ((*self.pick(&keys)).to_owned(), self.any(depth))).collect::<Map>(),
        )
    }

    fn of(&mut self, kind: &FieldType) -> Value {
        match kind {
            FieldType::String => self.text(),
            FieldType::Number => self.number(),
            FieldType::Boolean => Value::Boolean(self.below(2) == 0),
            FieldType::Date => Value::Date(Date(self.below(4) as i64)),
            FieldType::Object => self.map(2),
            FieldType::Array => self.list(2),
            FieldType::Bytes => Value::Bytes(vec![self.below(3) as u8; self.below(3)]),
            FieldType::Pointer(class) => {
                Value::pointer(class.clone(), ObjectId::new(self.pick::<&str>(&["a", "b", "a'\""])).unwrap())
            }
            FieldType::File => Value::File { name: (*self.pick(&["a", "b"])).into(), url: None },
            FieldType::GeoPoint => Value::GeoPoint { latitude: self.below(3) as f64, longitude: 0.5 },
            FieldType::Polygon => {
                Value::Polygon(vec![(0.0, 0.0), (self.below(3) as f64, 1.0), (1.0, 0.0), (0.0, 0.0)])
            }
            other => panic!("no value of {other:?}"),
        }
    }

    fn object(&mut self, schema: &Schema, n: usize) -> Object {
        let mut object = object(&format!("o{n}"), &[]);
        (object.created_at, object.updated_at) = (Date(self.below(3) as i64), Date(self.below(3) as i64));
        for (name, field) in &schema.fields {
            match self.below(5) {
                0 => {}
                1 => drop(object.fields.insert(name.clone(), Value::Null)),
                _ => drop(object.fields.insert(name.clone(), self.of(&field.kind))),
            }
        }
        if self.below(2) == 0 {
            let groups = ["*", "ann", "x\"bob", "role:x y", "a\\", "bob\\"];
            let (read, write) = (self.below(6), self.below(6));
            object.acl = Some(Acl::from_groups(&groups[read..], &groups[..write]));
        }
        object
    }

    fn path(&mut self, schema: &Schema) -> FieldPath {
        let fields: Vec<_> = schema.fields.keys().map(|name| name.as_str()).collect();
        let path = match self.below(8) {
            0 => (*self.pick(&[
                "map.a",
                "map.a.b",
                "map.0",
                "list.0",
                "list.a",
                "list.0.a",
                "map.a.0.b",
                "text.a",
            ]))
            .into(),
            1 => (*self.pick(&["objectId", "createdAt", "updatedAt", "unknown", "unknown.a"])).to_owned(),
            _ => (*self.pick(&fields)).to_owned(),
        };
        FieldPath::new(&path).unwrap()
    }

    /// An operand that often has the field's own type, so that it sometimes matches.
    fn operand(&mut self, schema: &Schema, path: &FieldPath) -> Value {
        match schema.kind(path.root()) {
            Some(kind) if !path.is_dotted() && self.below(3) > 0 => self.of(&kind.clone()),
            _ => self.any(1),
        }
    }

    fn filter(&mut self, schema: &Schema, depth: usize) -> Filter {
        if depth > 0 && self.below(3) == 0 {
            let parts = (0..self.below(4)).map(|_| self.filter(schema, depth - 1)).collect();
            return match self.below(3) {
                0 => Filter::And(parts),
                1 => Filter::Or(parts),
                _ => Filter::Nor(parts),
            };
        }
        if self.below(12) == 0 {
            let access = *self.pick(&[Access::Read, Access::Write]);
            return Filter::Acl(
                access,
                vec![(*self.pick(&["*", "ann", "bob", ",", "bob\\", "role:x y"])).into(), "bea".into()],
            );
        }
        let path = self.path(schema);
        let value = self.operand(schema, &path);
        let values: Vec<Value> = (0..self.below(4)).map(|_| self.operand(schema, &path)).collect();
        let patterns = [
            "^\\Qa\\E",
            "\\Qb\\E",
            "b\\E$",
            "^a",
            "a.b",
            "^ab|5",
            "",
            "B$",
            "^\\Qab\u{10FFFF}\\E",
            "^[0-9]+$",
        ];
        let pattern = Pattern {
            source: (*self.pick(&patterns)).into(),
            options: (*self.pick(&["", "", "i", "ms", "u"])).into(),
        };
        let test = match self.below(13) {
            0 | 1 => Test::Eq(value),
            2 => Test::Ne(value),
            3 => Test::Lt(value),
            4 => Test::Lte(value),
            5 => Test::Gt(value),
            6 => Test::Gte(value),
            7 => Test::In(values),
            8 => Test::Nin(values),
            9 => Test::Exists(self.below(2) == 0),
            10 => Test::All(values),
            11 => Test::ContainedBy(values),
            _ if self.below(4) == 0 => Test::AllRegex(vec![pattern]),
            _ => Test::Regex(pattern),
        };
        Filter::Test(path, test)
    }

    fn order(&mut self, schema: &Schema) -> Vec<Order> {
        let mut order: Vec<Order> = (0..self.below(3))
            .map(|_| Order { path: self.path(schema), descending: self.below(2) == 0, by: By::Value })
            .collect();
        // Ids break ties, so that there is one right answer.
        let path = FieldPath::new("objectId").unwrap();
        order.push(Order { path, descending: self.below(2) == 0, by: By::Value });
        order
    }
}

#[tokio::test]
async fn with_the_matcher_about_made_up_filters() {
    let rounds =
        std::env::var("STORAGE_SQL_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1000);
    let mut dice = Dice(0x5EED_0001);
    let place = Place::new();
    let storage = place.open().await;
    let schema = Arc::new(schema(&[
        ("text", FieldType::String),
        ("number", FieldType::Number),
        ("flag", FieldType::Boolean),
        ("at", FieldType::Date),
        ("bytes", FieldType::Bytes),
        ("doctor", FieldType::Pointer(ClassName::user())),
        ("list", FieldType::Array),
        ("map", FieldType::Object),
        ("file", FieldType::File),
        ("place", FieldType::GeoPoint),
        ("area", FieldType::Polygon),
    ]));
    storage.put_schema(&schema).await.unwrap();
    let objects: Vec<Object> = (0..150).map(|n| dice.object(&schema, n)).collect();
    storage.commit(objects.iter().map(|object| insert(&schema, object.clone())).collect()).await.unwrap();
    let everything = storage.find(&select(&schema, Filter::all())).await.unwrap();
    assert!(everything == objects, "every object reads back");

    for round in 0..rounds {
        let filter = dice.filter(&schema, 3);
        let matcher = Matcher::new(&filter).unwrap();
        let mut expected: Vec<&Object> =
            objects.iter().filter(|object| matcher.matches(object, &NoRelations)).collect();
        let what = || format!("round {round}: {filter:#?}");
        assert_eq!(storage.count(&schema, &filter).await.unwrap(), expected.len() as u64, "{}", what());
        let order = dice.order(&schema);
        Sorter::new(&order, &filter).sort(&mut expected);
        let (skip, rows) = (dice.below(4), dice.below(60));
        let limit = if rows == 0 { Limit::All } else { Limit::Rows(rows as u64) };
        let fields = (dice.below(2) == 0).then(|| vec![name("text"), name("map"), name("unknown")]);
        let select = Select {
            order: order.clone(),
            skip: skip as u64,
            limit,
            fields: fields.clone(),
            ..select(&schema, filter.clone())
        };
        let found = storage.find(&select).await.unwrap();
        let expected: Vec<Object> = expected
            .into_iter()
            .skip(skip)
            .take(if rows == 0 { usize::MAX } else { rows })
            .map(|object| {
                let mut object = object.clone();
                object.fields.retain(|name, _| fields.as_ref().is_none_or(|fields| fields.contains(name)));
                object
            })
            .collect();
        let ids = |objects: &[Object]| objects.iter().map(|object| object.id.to_string()).collect::<Vec<_>>();
        assert_eq!(ids(&found), ids(&expected), "{} by {order:?}", what());
        assert!(found == expected, "{}", what());
    }
}
