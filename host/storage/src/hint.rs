//! Hints at an index, where the database takes none.

use model::{
    Code, ParseError, Schema,
    query::{Advice, advice::Hint},
    schema::{IndexKeys, IndexKind},
};

use crate::{Error, lookup};

/// Checks that a hint names an index of the class, by its name or its fields, as MongoDB does: whoever asks for one that
/// isn't there is told so by every backend. What is used then is the planner's affair.
///
/// # Errors
/// [`Error::Refused`] with 102.
pub fn hinted(schema: &Schema, advice: &Advice) -> Result<(), Error> {
    let Some(hint) = &advice.hint else { return Ok(()) };
    let there = match hint {
        Hint::Index(name) => named(schema, name),
        Hint::Keys(keys) => {
            let kind = |asked: Option<f64>, named: Option<&str>| match (named, asked) {
                (Some(name), _) => IndexKind::Named(name.to_owned()),
                (None, Some(direction)) if direction < 0.0 => IndexKind::Descending,
                (None, _) => IndexKind::Ascending,
            };
            let keys =
                keys.iter().map(|(field, asked)| (field.clone(), kind(asked.as_f64(), asked.as_str())));
            keyed(schema, &keys.collect())
        }
    };
    if there {
        return Ok(());
    }
    let text = "bad hint value: the class has no such index";
    Err(Error::Refused(ParseError::new(Code::InvalidQuery, text)))
}

fn named(schema: &Schema, name: &str) -> bool {
    // What is unique has an index that the class doesn't name: these are the names that MongoDB and parse-server give it.
    let of_group = |fields: &[model::FieldName], ignore_case: bool| {
        let joined = fields.iter().map(|field| format!("{field}_1")).collect::<Vec<_>>().join("_");
        name == joined
            || ignore_case && fields.iter().any(|field| name == format!("case_insensitive_{field}"))
    };
    name == "_id_"
        || schema.indexes.contains_key(name)
        || schema.unique.iter().any(|group| of_group(&group.fields, group.ignore_case))
}

fn keyed(schema: &Schema, asked: &IndexKeys) -> bool {
    let alike = |index: &IndexKeys| {
        index.keys().len() == asked.keys().len()
            && index
                .iter()
                .zip(asked.iter())
                .all(|((field, kind), (asked, as_asked))| plain(field) == plain(asked) && kind == as_asked)
    };
    let ascending = |fields: &mut dyn Iterator<Item = &str>| {
        alike(&fields.map(|field| (field.to_owned(), IndexKind::Ascending)).collect())
    };
    // Whoever asks for the order that the objects lie in asks for no index.
    asked.keys().eq(["$natural"])
        || ascending(&mut std::iter::once("objectId"))
        || schema.indexes.values().any(alike)
        || lookup::fields(&schema.class).iter().any(|field| ascending(&mut std::iter::once(*field)))
        || schema.unique.iter().any(|group| ascending(&mut group.fields.iter().map(|field| field.as_str())))
}

/// A field in Parse's words, which may be asked for in those of MongoDB's layout.
fn plain(field: &str) -> &str {
    match field {
        "_id" => "objectId",
        "_created_at" => "createdAt",
        "_updated_at" => "updatedAt",
        other => other.strip_prefix("_p_").unwrap_or(other),
    }
}

#[cfg(test)]
mod tests {
    use model::{ClassName, FieldName, Unique};
    use serde_json::{Value as Json, json};

    use super::*;

    #[test]
    fn an_index_is_known_by_its_name_and_by_its_keys_in_their_order() {
        let mut schema = Schema::new(ClassName::user());
        let keys = [("n".to_owned(), IndexKind::Ascending), ("_p_owner".to_owned(), IndexKind::Descending)];
        schema.indexes.insert("by_n".into(), keys.into());
        schema.indexes.insert("words".into(), [("t".to_owned(), IndexKind::Named("text".into()))].into());
        let group = Unique { fields: vec![FieldName::known("username")], ignore_case: true };
        schema.unique.push(group);
        let is = |hint: Json| {
            let advice = Advice { hint: Advice::hint(hint).unwrap(), ..Advice::default() };
            hinted(&schema, &advice).is_ok()
        };
        for hint in [
            json!(null),
            json!("by_n"),
            json!("_id_"),
            json!("username_1"),
            json!("case_insensitive_username"),
            json!({"n": 1, "owner": -1}),
            json!({"n": 1, "_p_owner": -1}),
            json!({"t": "text"}),
            json!({"username": 1}),
            json!({"objectId": 1}),
            json!({"_perishable_token": 1}),
            json!({"$natural": -1}),
        ] {
            assert!(is(hint.clone()), "{hint}");
        }
        for hint in [
            json!("by_N"),
            json!("n"),
            json!({"owner": -1, "n": 1}),
            json!({"n": 1}),
            json!({"n": 1, "owner": 1}),
            json!({"t": 1}),
            json!({"username": -1}),
        ] {
            assert!(!is(hint.clone()), "{hint}");
        }
    }
}
