//! Operands that are moments told from now on: `in 3 days`, `12 hours ago`, `now`.

use crate::{Code, Date, ParseError};

/// Reads a relative time.
///
/// # Errors
/// 107 for what isn't one.
pub(super) fn relative(operator: &str, text: &str, now: Date) -> Result<Date, ParseError> {
    let bad = |what: &str| {
        ParseError::new(Code::InvalidJson, format!("bad $relativeTime ({operator}) value. {what}"))
    };
    let text = text.to_lowercase();
    let mut words: Vec<&str> = text.split_whitespace().collect();
    if words == ["now"] {
        return Ok(now);
    }
    let ahead = words.first() == Some(&"in");
    let ago = words.last() == Some(&"ago");
    match (ahead, ago) {
        (true, true) => return Err(bad("Time cannot have both 'in' and 'ago'")),
        (false, false) => return Err(bad("Time should either start with 'in' or end with 'ago'")),
        (true, false) => drop(words.remove(0)),
        (false, true) => drop(words.pop()),
    }
    if words.is_empty() || !words.len().is_multiple_of(2) {
        return Err(bad("Invalid time string. Dangling unit or number."));
    }
    let mut seconds: i64 = 0;
    for pair in words.chunks(2) {
        let [number, unit] = pair else { continue };
        let number: i64 = number.parse().map_err(|_| bad("It holds what is not an integer."))?;
        let unit = unit_seconds(unit).ok_or_else(|| bad("Invalid interval."))?;
        let part = number.checked_mul(unit);
        seconds =
            part.and_then(|part| seconds.checked_add(part)).ok_or_else(|| bad("It is too far away."))?;
    }
    let away = seconds.checked_mul(if ahead { 1_000 } else { -1_000 });
    let moment = away.and_then(|away| now.ms().checked_add(away)).and_then(Date::from_ms);
    moment.ok_or_else(|| bad("It is too far away."))
}

fn unit_seconds(unit: &str) -> Option<i64> {
    Some(match unit {
        "yr" | "yrs" | "year" | "years" => 31_536_000,
        "wk" | "wks" | "week" | "weeks" => 604_800,
        "d" | "day" | "days" => 86_400,
        "hr" | "hrs" | "hour" | "hours" => 3_600,
        "min" | "mins" | "minute" | "minutes" => 60,
        "sec" | "secs" | "second" | "seconds" => 1,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_from_now_on() {
        let now = Date(1_700_000_000_000);
        for (text, seconds) in [
            ("now", 0),
            ("in 3 days", 3 * 86_400),
            ("12 hours ago", -12 * 3_600),
            ("In 1 yr 2 WKS 3 d  4 hrs 5 mins 6 secs", 31_536_000 + 1_209_600 + 259_200 + 14_400 + 306),
            ("1 second ago", -1),
        ] {
            assert_eq!(relative("$gt", text, now), Ok(Date(now.ms() + seconds * 1_000)), "{text}");
        }
        for text in [
            "",
            "soon",
            "in",
            "ago",
            "in ago",
            "in 3 days ago",
            "in 3",
            "in days",
            "in x days",
            "in 3 fortnights",
            "in 9223372036854775807 years",
            "in 99999999 years",
            "now ago",
        ] {
            assert_eq!(relative("$gt", text, now).unwrap_err().code, Code::InvalidJson, "{text}");
        }
    }
}
