//! An object's content as bytes that say the same in every storage, for its digest in the trail.

use audit::{Content, SealKey, Sealer};
use model::{Object, Value};

/// What the server keeps beside a user without a record of its own: counting wrong passwords changes nothing that
/// anybody could want to forge unseen, and every attempt is in the trail.
const UNSEALED: &[&str] = &["_failed_login_count", "_account_lockout_expires_at"];

/// Computes the digest of everything that is stored of an object.
///
/// What storages may tell in several ways is told in one: a null is no field, an ACL entry without rights is none,
/// a relation has no content here, a file is its name.
pub fn content(key: &SealKey, object: &Object) -> Content {
    let mut sealer = key.start();
    sealer.bytes(object.class.as_str().as_bytes());
    sealer.bytes(object.id.as_str().as_bytes());
    sealer.number(object.created_at.ms().cast_unsigned());
    sealer.number(object.updated_at.ms().cast_unsigned());
    match &object.acl {
        None => sealer.mark(0),
        Some(acl) => {
            sealer.mark(1);
            for (group, rights) in acl.0.iter().filter(|(_, rights)| rights.read || rights.write) {
                sealer.bytes(group.as_bytes());
                sealer.mark(u8::from(rights.read) | u8::from(rights.write) << 1);
            }
        }
    }
    for (name, field) in &object.fields {
        let kept = !matches!(field, Value::Null | Value::Relation(_)) && !UNSEALED.contains(&name.as_str());
        if kept {
            sealer.bytes(name.as_str().as_bytes());
            value(&mut sealer, field);
        }
    }
    sealer.finish()
}

fn value(sealer: &mut Sealer, value: &Value) {
    match value {
        Value::Null => sealer.mark(0),
        Value::Boolean(flag) => {
            sealer.mark(1);
            sealer.mark(u8::from(*flag));
        }
        Value::Number(number) => {
            sealer.mark(2);
            float(sealer, *number);
        }
        Value::String(text) => {
            sealer.mark(3);
            sealer.bytes(text.as_bytes());
        }
        Value::Date(date) => {
            sealer.mark(4);
            sealer.number(date.ms().cast_unsigned());
        }
        Value::Bytes(bytes) => {
            sealer.mark(5);
            sealer.bytes(bytes);
        }
        Value::GeoPoint { latitude, longitude } => {
            sealer.mark(6);
            float(sealer, *latitude);
            float(sealer, *longitude);
        }
        Value::Polygon(points) => {
            sealer.mark(7);
            sealer.number(points.len() as u64);
            for (latitude, longitude) in points {
                float(sealer, *latitude);
                float(sealer, *longitude);
            }
        }
        Value::File { name, .. } => {
            sealer.mark(8);
            sealer.bytes(name.as_bytes());
        }
        Value::Pointer(pointer) => {
            sealer.mark(9);
            sealer.bytes(pointer.class.as_str().as_bytes());
            sealer.bytes(pointer.id.as_str().as_bytes());
        }
        Value::Relation(class) => {
            sealer.mark(10);
            sealer.bytes(class.as_str().as_bytes());
        }
        Value::Array(items) => {
            sealer.mark(11);
            sealer.number(items.len() as u64);
            items.iter().for_each(|item| self::value(sealer, item));
        }
        Value::Object(map) => {
            sealer.mark(12);
            sealer.number(map.len() as u64);
            for (key, member) in map {
                sealer.bytes(key.as_bytes());
                self::value(sealer, member);
            }
        }
        // Stored, it is the pointer whose place it took.
        Value::Record(object) => {
            sealer.mark(9);
            sealer.bytes(object.class.as_str().as_bytes());
            sealer.bytes(object.id.as_str().as_bytes());
        }
    }
}

/// Zero has two signs, and not every storage keeps them.
fn float(sealer: &mut Sealer, number: f64) {
    let number = if number == 0.0 { 0.0 } else { number };
    sealer.number(number.to_bits());
}

#[cfg(test)]
mod tests {
    use model::{Acl, ClassName, Date, FieldName, ObjectId, Rights};

    use super::*;

    fn object(fields: Vec<(&'static str, Value)>) -> Object {
        let mut object =
            Object::new(ClassName::new("Patient").unwrap(), ObjectId::new("p1").unwrap(), Date(7));
        object.fields = fields.into_iter().map(|(name, value)| (FieldName::known(name), value)).collect();
        object
    }

    fn digest(object: &Object) -> Content {
        content(&audit::RefKey::from_bytes([1; 32]).seals(), object)
    }

    #[test]
    fn every_difference_shows() {
        let plain = object(vec![("name", Value::text("Ann"))]);
        let mut seen = vec![digest(&plain)];
        let mut differs = |object: &Object| {
            let digest = digest(object);
            assert!(!seen.contains(&digest), "{object:?}");
            seen.push(digest);
        };
        differs(&object(vec![("name", Value::text("Anne"))]));
        differs(&object(vec![("title", Value::text("Ann"))]));
        differs(&object(vec![]));
        let list = |items: &[&str]| Value::Array(items.iter().map(|item| Value::text(*item)).collect());
        differs(&object(vec![("name", list(&["Ann"]))]));
        differs(&object(vec![("name", list(&["An", "n"]))]));
        differs(&object(vec![("name", Value::Array(vec![list(&["An"]), Value::text("n")]))]));
        differs(&object(vec![("name", Value::Object([("Ann".to_owned(), Value::Null)].into()))]));
        differs(&object(vec![("name", Value::Number(1.0))]));
        differs(&object(vec![("name", Value::Boolean(true))]));
        differs(&object(vec![("name", Value::Date(Date(1)))]));
        differs(&object(vec![("name", Value::pointer(ClassName::user(), ObjectId::new("Ann").unwrap()))]));
        differs(&Object { updated_at: Date(8), ..plain.clone() });
        differs(&Object { created_at: Date(8), ..plain.clone() });
        differs(&Object { acl: Some(Acl::default()), ..plain.clone() });
        for (read, write) in [(true, false), (false, true), (true, true)] {
            let acl = Acl([("*".to_owned(), Rights { read, write })].into());
            differs(&Object { acl: Some(acl), ..plain.clone() });
        }
    }

    #[test]
    fn what_a_storage_may_tell_in_two_ways_makes_no_difference() {
        let same = |one: Vec<(&'static str, Value)>, other| {
            assert_eq!(digest(&object(one)), digest(&object(other)));
        };
        same(vec![("name", Value::Null)], vec![]);
        same(vec![("members", Value::Relation(ClassName::user()))], vec![]);
        same(vec![("n", Value::Number(0.0))], vec![("n", Value::Number(-0.0))]);
        same(vec![("_failed_login_count", Value::Number(3.0))], vec![]);
        let file = |url| Value::File { name: "a.txt".to_owned(), url };
        same(vec![("f", file(None))], vec![("f", file(Some("https://x.example/a.txt".to_owned())))]);
        let none = Acl([("*".to_owned(), Rights { read: false, write: false })].into());
        let acl = |acl| digest(&Object { acl: Some(acl), ..object(vec![]) });
        assert_eq!(acl(none), acl(Acl::default()));
    }
}
