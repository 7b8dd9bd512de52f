//! Sort keys.

use crate::Path;

/// One sort key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The field, or `objectId`, `createdAt`, `updatedAt`.
    pub path: Path,
    /// Largest first.
    pub descending: bool,
}
