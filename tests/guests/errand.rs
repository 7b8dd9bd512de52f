//! Uses every capability there is, each for one errand.

#![expect(clippy::panic, reason = "one of its errands ends in one")]

/// The plugin.
#[parapet::plugin]
pub mod errand {
    use parapet::{Fault, Find, Invocation, Params, log, purpose};
    use serde_json::Value as Json;

    /// Which object an errand is about.
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Errand {
        #[serde(default)]
        patient: String,
        #[serde(default)]
        name: String,
    }

    /// Reads as the caller.
    #[function]
    fn names(inv: &Invocation) -> Result<Vec<String>, Fault> {
        let reader = inv.reader("Patient", purpose::TREAT)?;
        reader.find(Find::all().order("name"), &["name"])?.map(|row| row?.require("name")).collect()
    }

    /// Writes as the caller, and says so in the log.
    #[function]
    fn rename(inv: &Invocation, errand: Params<Errand>) -> Result<String, Fault> {
        let writer = inv.writer("Patient", purpose::TREAT)?;
        let draft = writer.update(&errand.0.patient)?;
        draft.set("name", errand.0.name)?;
        log::warn(inv, "renamed a patient", &[("field", &"name")]);
        writer.save(&draft)
    }

    /// Makes and deletes, as the caller.
    #[function]
    fn replace(inv: &Invocation, errand: Params<Errand>) -> Result<String, Fault> {
        let writer = inv.writer("Patient", purpose::TREAT)?;
        let draft = writer.create()?;
        draft.set("name", errand.0.name)?;
        let made = writer.save(&draft)?;
        writer.delete(&errand.0.patient)?;
        Ok(made)
    }

    /// Reads with the system's authority.
    #[function]
    fn everyone(inv: &Invocation) -> Result<u64, Fault> {
        inv.elevated_reader("Patient", purpose::HOPERAT)?.count(Find::all())
    }

    /// Reads names, and then breaks: by a panic, or by never coming back.
    #[function]
    fn vanish(inv: &Invocation, errand: Params<Errand>) -> Result<usize, Fault> {
        let names = names(inv)?;
        let forever = errand.0.name == "loop";
        while std::hint::black_box(forever) {}
        panic!("{} names were read", names.len());
    }

    /// Reads whole documents.
    #[function]
    fn documents(inv: &Invocation) -> Result<Vec<Json>, Fault> {
        let mut rows = inv.reader("Patient", purpose::TREAT)?.find(Find::all().order("name"), &["name"])?;
        let mut all = Vec::new();
        loop {
            let page = rows.next_json(10, &["name"])?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page.into_iter().map(|row| row.get("name").cloned().unwrap_or_default()));
        }
    }
}
