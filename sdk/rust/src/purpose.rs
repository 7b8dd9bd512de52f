//! Why data is read or changed: codes of HL7 v3 PurposeOfUse, which a grant names and the audit trail records.

/// Treatment of a patient.
pub const TREAT: &str = "TREAT";
/// Emergency treatment.
pub const ETREAT: &str = "ETREAT";
/// Emergency access, allowed and loudly recorded ("break the glass").
pub const BTG: &str = "BTG";
/// Management of care.
pub const CAREMGT: &str = "CAREMGT";
/// Operation of the institution.
pub const HOPERAT: &str = "HOPERAT";
/// Payment for care.
pub const HPAYMT: &str = "HPAYMT";
/// Marketing, which needs the person's authorisation.
pub const HMARKT: &str = "HMARKT";
/// Research.
pub const HRESCH: &str = "HRESCH";
/// The patient's own request.
pub const PATRQT: &str = "PATRQT";
/// Public health.
pub const PUBHLTH: &str = "PUBHLTH";
