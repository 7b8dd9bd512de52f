//! What a database lacks of what Parapet offers, and what to do about it.

use storage::{Features, features::Who};

/// A line for everything that this database doesn't do, or does its own way.
pub(super) fn lines(features: &Features) -> Vec<String> {
    let Features {
        transactions,
        explicit_nulls,
        nul_characters,
        file_urls,
        text,
        geo,
        aggregate,
        explain,
        change_feed,
    } = *features;
    let has = [
        (
            transactions,
            "transactions: changes of several objects at once are refused, also signing up and deleting users; \
             make it a replica set, one node is enough",
        ),
        (explicit_nulls, "nulls: a field that is set to null reads back as missing"),
        (nul_characters, "NUL characters: a text that holds one is refused"),
        (file_urls, "addresses of files: only a file's name is kept"),
        (explain, "explanations: a find that asks for one is refused"),
        (change_feed, "news of changes: let no other server change its classes"),
    ];
    let does = [
        (text, "$text", "stems of words"),
        (geo, "tests on places", "edges of regions"),
        (aggregate, "aggregations", "operators of its own"),
    ];
    let lacks = has.iter().filter(|(has, _)| !has).map(|(_, text)| format!("lacks        {text}"));
    let differs = does.iter().filter_map(|(who, what, how)| match who {
        Who::Server => None,
        Who::Database => Some(format!("differs      {what}: it answers them itself, with {how}")),
        Who::Nobody => Some(format!("lacks        {what}: a request that asks for them is refused")),
    });
    lacks.chain(differs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_missing_and_what_differs() {
        let all = Features { explain: true, change_feed: true, ..Features::default() };
        assert_eq!(lines(&all), [""; 0]);
        let less = Features { file_urls: false, text: Who::Nobody, geo: Who::Database, ..all };
        assert_eq!(
            lines(&less),
            [
                "lacks        addresses of files: only a file's name is kept",
                "lacks        $text: a request that asks for them is refused",
                "differs      tests on places: it answers them itself, with edges of regions",
            ]
        );
        let nothing = Features {
            transactions: false,
            explicit_nulls: false,
            nul_characters: false,
            file_urls: false,
            text: Who::Nobody,
            geo: Who::Nobody,
            aggregate: Who::Nobody,
            explain: false,
            change_feed: false,
        };
        assert_eq!(lines(&nothing).len(), 9);
    }
}
