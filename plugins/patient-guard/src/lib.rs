#![doc = include_str!("../README.md")]

mod birth;
mod contact;
mod histogram;
mod identifier;
mod mask;
mod name;
mod settings;

/// The plugin.
#[parapet::plugin]
pub mod patient_guard {
    use crate::histogram::{Histogram, Wish};
    use crate::settings::Guard;
    use crate::{birth, contact, identifier, mask, name};
    use parapet::{
        Fault, Find, Invocation, Object, Params, Principal, Query, Results, Settings, log, purpose,
    };

    /// Checks and normalises the fields that the save changes.
    #[before_save("Patient")]
    fn check(inv: &Invocation, patient: &Object, guard: Settings<Guard>) -> Result<(), Fault> {
        if inv.original().is_none() || patient.is_dirty("name") {
            name::check(patient)?;
        }
        if patient.is_dirty("birthDate") {
            birth::check(patient, inv.started_at())?;
        }
        if patient.is_dirty("ssn") {
            identifier::check(patient, guard.country)?;
        }
        contact::check(patient)?;
        log::debug(inv, "patient checked", &[("fields", &patient.dirty_keys().len())]);
        Ok(())
    }

    /// Refuses searches by a field that the caller will see masked.
    #[before_find("Patient")]
    fn search(query: &Query, caller: &Principal, guard: Settings<Guard>) -> Result<(), Fault> {
        if guard.sees_identifiers(caller)? {
            return Ok(());
        }
        match mask::searched(query)? {
            Some(field) => Err(Fault::forbidden(format!("only clinicians search patients by {field}"))),
            None => Ok(()),
        }
    }

    /// Masks the identifiers for callers who aren't clinicians.
    #[after_find("Patient")]
    fn veil(results: &Results, caller: &Principal, guard: Settings<Guard>) -> Result<(), Fault> {
        if guard.sees_identifiers(caller)? {
            return Ok(());
        }
        mask::veil(results, guard.mask)
    }

    /// Counts the patients that the caller may see, by age.
    #[function]
    fn age_histogram(
        inv: &Invocation,
        wish: Params<Wish>,
        guard: Settings<Guard>,
    ) -> Result<Histogram, Fault> {
        let Params(wish) = wish;
        let mut histogram = Histogram::new(&wish.bands)?;
        let patients = inv.reader("Patient", purpose::HOPERAT)?;
        for patient in patients.find(Find::matching(wish.conditions.into()), &["birthDate"])? {
            histogram.count(birth::age(&patient?, inv.started_at())?);
        }
        Ok(histogram.without_cells_below(guard.smallest_cell))
    }
}

#[cfg(test)]
mod tests;
