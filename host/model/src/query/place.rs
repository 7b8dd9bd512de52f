//! What a path finds in an object, through arrays of objects.

use crate::{Object, Path, Value, value::Map};

/// One thing that a path leads to; `None` where it leads to nothing.
pub(crate) type Branch<'a> = Option<&'a Value>;

/// Lends what the path finds: one branch, or one for each object of an array on the way.
///
/// A numeric part means an index, too. An array on the way that holds no objects gives no branch at all.
pub(crate) fn visit<T>(object: &Object, path: &Path, lend: impl FnOnce(&[Branch<'_>]) -> T) -> T {
    let own = match path.as_str() {
        "objectId" => Some(Value::text(object.id.as_str())),
        "createdAt" => Some(Value::Date(object.created_at)),
        "updatedAt" => Some(Value::Date(object.updated_at)),
        _ => None,
    };
    if let Some(own) = own {
        return lend(&[Some(&own)]);
    }
    below(object.fields.get(path.root()), path, lend)
}

/// Lends what the path finds in a map, as [`visit`] does.
pub(crate) fn visit_map<T>(map: &Map, path: &Path, lend: impl FnOnce(&[Branch<'_>]) -> T) -> T {
    below(map.get(path.root()), path, lend)
}

fn below<T>(root: Branch<'_>, path: &Path, lend: impl FnOnce(&[Branch<'_>]) -> T) -> T {
    if !path.is_dotted() {
        return lend(&[root]);
    }
    let parts: Vec<&str> = path.rest().collect();
    let mut branches = Vec::new();
    descend(root, &parts, &mut branches);
    lend(&branches)
}

fn descend<'a>(value: Branch<'a>, parts: &[&str], out: &mut Vec<Branch<'a>>) {
    let Some((part, rest)) = parts.split_first() else {
        out.push(value);
        return;
    };
    match value {
        Some(Value::Object(map)) => descend(map.get(*part), rest, out),
        Some(Value::Array(items)) => {
            let Some(index) = index(part) else {
                for item in items.iter().filter(|item| matches!(item, Value::Object(_))) {
                    descend(Some(item), parts, out);
                }
                return;
            };
            let members = items.iter().filter_map(|item| match item {
                Value::Object(map) => map.get(*part),
                _ => None,
            });
            let mut found = items.get(index).into_iter().chain(members).peekable();
            if found.peek().is_none() {
                out.push(None);
            }
            found.for_each(|there| descend(Some(there), rest, out));
        }
        _ => out.push(None),
    }
}

/// The index that a part of a path means; `None` when it isn't a plain number.
pub(crate) fn index(part: &str) -> Option<usize> {
    let plain = part.bytes().all(|byte| byte.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
    plain.then(|| part.parse().ok()).flatten()
}
