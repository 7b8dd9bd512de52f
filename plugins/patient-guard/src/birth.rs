//! A patient's date of birth.

use parapet::{Date, Fault, Object, Value};

/// Nobody has lived longer than this many years.
const OLDEST: i32 = 130;

/// A day begins up to so many milliseconds earlier elsewhere on earth than in UTC.
const AHEAD_OF_UTC: i64 = 14 * 3_600_000;

/// Refuses a date that can't be a date of birth.
pub(crate) fn check(patient: &Object, now: Date) -> Result<(), Fault> {
    let Some(born) = read(patient)? else { return Ok(()) };
    if born.millis() > now.millis().saturating_add(AHEAD_OF_UTC) {
        return Err(Fault::invalid("birthDate is in the future"));
    }
    match years_between(born, now) {
        Some(years) if years <= OLDEST => Ok(()),
        _ => Err(Fault::invalid(format!("birthDate is more than {OLDEST} years ago"))),
    }
}

/// The age in full years; `None` when the date of birth isn't known or can't be one.
pub(crate) fn age(patient: &Object, now: Date) -> Result<Option<u32>, Fault> {
    // A patient stored before the guard was there may hold anything: it counts as unknown.
    let born = match read(patient) {
        Err(fault) if fault.code() == Fault::INVALID => None,
        other => other?,
    };
    let years = born.and_then(|born| years_between(born, now)).filter(|years| *years <= OLDEST);
    Ok(years.and_then(|years| u32::try_from(years).ok()))
}

/// Reads Parse's Date, or a day as text.
fn read(patient: &Object) -> Result<Option<Date>, Fault> {
    match patient.get::<Value>("birthDate")? {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Date(date)) => Ok(Some(date)),
        Some(Value::Text(text)) => match Date::parse(text.trim()) {
            Some(date) => Ok(Some(date)),
            None => Err(Fault::invalid("birthDate is no day of the calendar (YYYY-MM-DD)")),
        },
        Some(_) => Err(Fault::invalid("birthDate is not a date")),
    }
}

/// The birthdays between two moments.
fn years_between(born: Date, now: Date) -> Option<i32> {
    let (year, month, day) = born.ymd()?;
    let (this_year, this_month, this_day) = now.ymd()?;
    let had_birthday = (this_month, this_day) >= (month, day);
    Some(this_year - year - i32::from(!had_birthday))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_grows_on_the_birthday() {
        let born = Date::from_ymd(2000, 2, 29).unwrap();
        for (year, month, day, age) in [(2026, 2, 28, 25), (2026, 3, 1, 26), (2028, 2, 29, 28)] {
            assert_eq!(years_between(born, Date::from_ymd(year, month, day).unwrap()), Some(age));
        }
    }
}
