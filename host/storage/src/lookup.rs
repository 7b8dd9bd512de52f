//! What the server looks objects of its own classes up by, beside their ids and what is unique.

/// The fields of a class that every backend keeps an index on, so that no look-up of the server's own reads a whole class.
pub fn fields(class: &str) -> &'static [&'static str] {
    match class {
        // Sessions end with their user, and with the next one of an installation.
        "_Session" => &["user"],
        "_Installation" => &["installationId", "deviceToken"],
        "_User" => &["_email_verify_token", "_perishable_token"],
        _ => &[],
    }
}
