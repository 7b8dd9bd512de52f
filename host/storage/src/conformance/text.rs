//! Texts of every script, as values, keys and ids.

use serde_json::json;

use crate::{
    Error,
    conformance::{
        Outcome,
        bench::{Bench, refused},
        cases,
    },
};

cases![
    forms_of_a_letter_are_not_one,
    a_text_with_a_zero_is_whole,
    a_key_with_a_zero_is_kept_or_refused,
    every_place_holds_every_text,
    every_text_is_an_id,
    case_is_never_folded,
];

const TEXTS: &[&str] = &[
    "é",
    "e\u{301}",
    "ñ",
    "ß",
    "ss",
    "ﬁ",
    "İ",
    "ı",
    "日本",
    "👩‍⚕️",
    "\u{200f}עברית",
    "عربى",
    "\u{feff}",
    "\u{10ffff}",
    "\u{fffd}",
    "a\tb",
    "\u{7f}",
    "\u{2028}",
];

async fn forms_of_a_letter_are_not_one(bench: Bench) -> Outcome {
    let class =
        bench.things("t:String", [("one", json!({"t": "é"})), ("two", json!({"t": "e\u{301}"}))]).await?;
    class
        .answers(&[
            (json!({"t": "é"}), "one"),
            (json!({"t": "e\u{301}"}), "two"),
            (json!({"t": {"$regex": "^e"}}), "two"),
            (json!({"t": {"$regex": "^.$"}}), "one"),
        ])
        .await
}

async fn a_text_with_a_zero_is_whole(bench: Bench) -> Outcome {
    if !bench.storage.features().nul_characters {
        return a_text_with_a_zero_is_refused(bench).await;
    }
    let class = bench
        .things(
            "t:String a:Array o:Object",
            [
                ("a", json!({"t": "x\0y", "a": ["x\0y"], "o": {"k": "x\0y"}})),
                ("b", json!({"t": "x", "a": ["x"], "o": {"k": "x"}})),
                ("c", json!({"t": "\0", "a": ["\0"], "o": {"k": "\0"}})),
            ],
        )
        .await?;
    class.holds("a", &class.object("a", json!({"t": "x\0y", "a": ["x\0y"], "o": {"k": "x\0y"}}))?).await?;
    for path in ["t", "a", "o.k"] {
        class
            .answers(&[
                (json!({ path: "x\0y" }), "a"),
                (json!({ path: "x" }), "b"),
                (json!({ path: "" }), ""),
                (json!({ path: {"$in": ["x\0y", "\0"]} }), "a c"),
                (json!({ path: {"$ne": "x"} }), "a c"),
                (json!({ path: {"$gt": "x"} }), "a"),
                (json!({ path: {"$regex": "y$"} }), "a"),
                (json!({ path: {"$regex": "^x"} }), "a b"),
                (json!({ path: {"$regex": "\\Q\0y\\E"} }), "a"),
            ])
            .await?;
    }
    class.sorts("t", "c b a").await
}

async fn a_key_with_a_zero_is_kept_or_refused(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "o:Object").await?;
    let object = class.object("a", json!({"o": {"z\0": 1}}))?;
    match class.commit(vec![class.inserting(object.clone())]).await {
        Ok(_) => class.holds("a", &object).await,
        // BSON ends a key at its first zero.
        Err(Error::Unsupported(_)) => class.answers(&[(json!({}), "")]).await,
        Err(other) => Err(other.into()),
    }
}

/// Where no text can hold it, saving one is refused, and asking for one finds nothing.
async fn a_text_with_a_zero_is_refused(bench: Bench) -> Outcome {
    let class = bench.things("t:String a:Array o:Object", [("a", json!({"t": "x", "a": ["x"]}))]).await?;
    let unsupported = |error: &Error| matches!(error, Error::Unsupported(_));
    for fields in
        [json!({"t": "x\0"}), json!({"a": ["\0"]}), json!({"o": {"k": "\0y"}}), json!({"o": {"z\0": 1}})]
    {
        let insert = class.inserting(class.object("b", fields.clone())?);
        refused(class.commit(vec![insert]).await, unsupported, "Unsupported")?;
        refused(class.commit(vec![class.updating("a", fields)?]).await, unsupported, "Unsupported")?;
    }
    for path in ["t", "a", "o.k"] {
        class
            .answers(&[
                (json!({ path: "x\0" }), ""),
                (json!({ path: {"$in": ["x\0", "\0"]} }), ""),
                (json!({ path: {"$ne": "x\0"} }), "a"),
                (json!({ path: {"$regex": "\\Q\0y\\E"} }), ""),
            ])
            .await?;
    }
    class.holds("a", &class.object("a", json!({"t": "x", "a": ["x"]}))?).await
}

async fn every_place_holds_every_text(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "t:String a:Array o:Object").await?;
    for (n, text) in TEXTS.iter().enumerate() {
        let object =
            class.object(&format!("o{n}"), json!({"t": text, "a": [text], "o": {"k": text, *text: n}}))?;
        class.insert_object(object.clone()).await?;
        class.holds(&format!("o{n}"), &object).await?;
    }
    for (n, text) in TEXTS.iter().enumerate() {
        let expected = format!("o{n}");
        class
            .answers(&[
                (json!({ "t": text }), &expected),
                (json!({ "a": text }), &expected),
                (json!({ "o.k": text }), &expected),
                (json!({"t": {"$in": [text, "none"]}}), &expected),
                (json!({"t": {"$regex": format!("^\\Q{text}\\E$")}}), &expected),
            ])
            .await?;
    }
    Ok(())
}

async fn every_text_is_an_id(bench: Bench) -> Outcome {
    let class = bench.class("Thing", "").await?;
    let ids = TEXTS.iter().filter(|text| !text.chars().any(char::is_control));
    class.fill(ids.clone().map(|id| (*id, json!({})))).await?;
    for id in ids {
        class.answers(&[(json!({ "objectId": id }), id)]).await?;
    }
    Ok(())
}

async fn case_is_never_folded(bench: Bench) -> Outcome {
    let class = bench
        .things(
            "t:String a:Array o:Object",
            [
                ("lower", json!({"t": "ärztin", "a": ["ärztin"], "o": {"k": "ärztin"}})),
                ("upper", json!({"t": "ÄRZTIN", "a": ["ÄRZTIN"], "o": {"k": "ÄRZTIN"}})),
            ],
        )
        .await?;
    for path in ["t", "a", "o.k"] {
        class
            .answers(&[
                (json!({ path: "ärztin" }), "lower"),
                (json!({ path: {"$in": ["ÄRZTIN"]} }), "upper"),
                (json!({ path: {"$regex": "^ä"} }), "lower"),
                (json!({ path: {"$regex": "^ä", "$options": "i"} }), "lower upper"),
            ])
            .await?;
    }
    Ok(())
}
