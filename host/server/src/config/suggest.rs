//! What somebody may have meant by a name that isn't known.

/// Finds the candidate nearest to a misspelt word, if one is near enough to be meant.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    let reach = (word.chars().count() / 4).clamp(1, 5);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= reach)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Says what may have been meant, as the end of a sentence; nothing if nothing is near.
pub(crate) fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, candidates).map(|near| format!("; did you mean {near}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_near_and_nothing_else() {
        let names = ["port", "host", "data_dir", "log_format"];
        assert_eq!(nearest("prot", names), Some("port"));
        assert_eq!(nearest("hots", names), Some("host"));
        assert_eq!(nearest("dataDir", names), Some("data_dir"));
        assert_eq!(nearest("logformat", names), Some("log_format"));
        assert_eq!(nearest("colour", names), None);
        assert_eq!(did_you_mean("prt", names), "; did you mean port?");
        assert_eq!(did_you_mean("zebra", names), "");
    }
}
