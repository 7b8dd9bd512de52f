//! Whether requests would work now.

use crate::{Data, Error};

impl Data {
    /// Asks the trail and the storage.
    ///
    /// # Errors
    /// [`Error::Unavailable`] with which of the two it is.
    pub async fn health(&self) -> Result<(), Error> {
        self.inner.ledger.sink().health()?;
        self.inner.vault.ping().await
    }
}
