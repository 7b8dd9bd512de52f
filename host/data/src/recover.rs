//! After a crash: intents that were left open are closed by looking at what is stored.

use audit::{Code, Draft, Outcome, Ref, Stage, Status};
use model::{Date, FieldName, Filter, Schema, Test, Value};

use crate::{Data, Error, ledger, policy, vault::Wanted};

impl Data {
    /// Records that the server starts, closes the intents that a crash left open, and answers how many there were.
    ///
    /// A save happened if the object stands there with the `updatedAt` that the intent announced; a deletion
    /// happened if the object is gone. What can't be told that way is recorded as unknown.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when trail or storage are: the server must not start then.
    pub async fn recover(&self, open: Vec<audit::Record>) -> Result<usize, Error> {
        let count = open.len();
        let cx = self.system("SYSTEM");
        let mut last = self.say(Code::SystemStart, 0)?;
        for intent in open {
            let status = self.happened(&intent).await?;
            let mut draft = Draft::new(
                intent.code,
                Stage::Outcome { intent: intent.seq },
                intent.request.clone(),
                ledger::actor(&cx),
            );
            draft.object = intent.object.clone();
            draft.version = intent.version;
            draft.fields.dropped.clone_from(&intent.fields.dropped);
            draft.outcome = Some(Outcome { status, code: None, rows: 0, bytes: 0 });
            last = self.inner.ledger.sink().enqueue(draft)?;
        }
        if count > 0 {
            last = self.say(Code::SystemRecover, count as u64)?;
        }
        last.durable().await?;
        Ok(count)
    }

    /// Records that the server stops; the trail is closed by whoever opened it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the trail can't take the record.
    pub(crate) async fn say_stop(&self) -> Result<(), Error> {
        self.say(Code::SystemStop, 0)?.durable().await?;
        Ok(())
    }

    fn say(&self, code: Code, rows: u64) -> Result<audit::Ticket, Error> {
        let cx = self.system("SYSTEM");
        let mut draft =
            Draft::new(code, Stage::Single, audit::Name::clean(cx.request_id()), ledger::actor(&cx));
        draft.outcome = Some(Outcome { status: Status::Ok, code: None, rows, bytes: 0 });
        Ok(self.inner.ledger.sink().enqueue(draft)?)
    }

    async fn happened(&self, intent: &audit::Record) -> Result<Status, Error> {
        let Some((objects, wanted)) =
            intent.object.as_ref().and_then(|objects| Some((objects, *objects.refs.first()?)))
        else {
            return Ok(Status::Unknown);
        };
        let Some(schema) = self.inner.schemas.find(objects.class.as_str()) else { return Ok(Status::Error) };
        match intent.code {
            // A role's record says neither; only a save announces a version.
            Code::RoleChange if intent.version.is_none() => self.gone(&schema, wanted).await,
            Code::PhiDelete => self.gone(&schema, wanted).await,
            Code::PhiCreate | Code::PhiUpdate | Code::RoleChange | Code::AuthSignup | Code::AuthSession => {
                let Some(version) = intent.version.map(Date) else { return Ok(Status::Unknown) };
                let since = Filter::test("updatedAt", Test::Gte(Value::Date(version)));
                Ok(match self.stands(&schema, wanted, since).await? {
                    Some(at) if at == version => Status::Ok,
                    // A later write hides whether this one happened.
                    Some(_) => Status::Unknown,
                    None => Status::Error,
                })
            }
            _ => Ok(Status::Unknown),
        }
    }

    async fn gone(&self, schema: &std::sync::Arc<Schema>, wanted: Ref) -> Result<Status, Error> {
        Ok(match self.stands(schema, wanted, Filter::all()).await? {
            Some(_) => Status::Error,
            None => Status::Ok,
        })
    }

    /// When the object of a pseudonym was last changed; `None` when no row of the filter is that object.
    async fn stands(
        &self,
        schema: &std::sync::Arc<Schema>,
        wanted: Ref,
        filter: Filter,
    ) -> Result<Option<Date>, Error> {
        let wanted_rows = Wanted { fields: Some(Vec::<FieldName>::new()), ..Wanted::all(filter) };
        let rows = self.inner.vault.find(&policy::system(schema), wanted_rows).await?;
        let found = rows.iter().find(|row| self.inner.ledger.reference(&row.class, &row.id) == wanted);
        Ok(found.map(|row| row.updated_at))
    }
}
