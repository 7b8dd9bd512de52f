//! What administrators do, recorded like everything else.

use crate::{
    Act, Context, Data, Error, Principal,
    action::{Action, Target},
};

impl Data {
    /// Carries out an administrator's act: its intent is durable before it is tried, its outcome before it is answered.
    ///
    /// `name` says what it is done to, such as a plugin; it is a name, never a value.
    ///
    /// # Errors
    /// 403 without the master key (looking is open to the read-only one), and the act's own errors.
    pub async fn administer<T>(
        &self,
        cx: &Context,
        act: Act,
        name: &str,
        work: impl Future<Output = Result<T, Error>> + Send,
    ) -> Result<T, Error> {
        let entry = self.inner.ledger.begin(cx, Action::Administer(act), &Target::named(name)).await?;
        let looks = !Action::Administer(act).changes() && matches!(cx.principal(), Principal::ReadOnlyMaster);
        let answer = match (cx.may_administer() && cx.grant().is_none()) || looks {
            true => work.await,
            false => Err(Error::Forbidden("unauthorized: master key is required")),
        };
        entry.finish(answer).await
    }
}
