//! Hooks in place of plugins: they note what they see and do what a test says.

use std::sync::Arc;

use async_trait::async_trait;
use model::{ClassName, Code, Event, Filter, Object, ParseError, Query, Test, Value};
use parking_lot::Mutex;

use crate::{After, Change, Context, Data, HookSource, Hooks, Refusal, RefusalKind, Shown};

/// Stamps saves, refuses what is called `refuse`, hides `ssn` after a find, narrows finds to `open`.
#[derive(Clone, Default)]
pub(super) struct Fake {
    pub(super) seen: Arc<Mutex<Vec<String>>>,
}

impl HookSource for Fake {
    fn current(&self) -> Arc<dyn Hooks> {
        Arc::new(self.clone())
    }
}

pub(super) fn refusal(text: &'static str) -> Refusal {
    Refusal {
        error: ParseError::new(Code::ValidationError, text),
        kind: RefusalKind::Refused,
        plugin: Some("fake".into()),
    }
}

#[async_trait]
impl Hooks for Fake {
    fn wants(&self, _: Event, class: &ClassName) -> bool {
        *class == "Patient"
    }

    async fn before(
        &self,
        data: &Data,
        cx: &Context,
        event: Event,
        mut change: Change,
    ) -> Result<Change, Refusal> {
        self.seen.lock().push(format!("{event} original={}", change.original.is_some()));
        let name = change.value(&model::Path::new("name").unwrap());
        match name.as_ref().and_then(Value::as_str) {
            Some("refuse") => return Err(refusal("not this one")),
            Some("again") => {
                let body = super::read(serde_json::json!({"name": "again"}));
                let saved = data.create(cx, &change.class, body).await;
                saved.map_err(|_| refusal("too deep"))?;
            }
            Some("sneaky") => {
                change
                    .update
                    .set(model::Path::new("_hashed_password").unwrap(), model::Op::Set(Value::text("x")));
            }
            _ => {}
        }
        if event == Event::BeforeSave {
            change.update.set(model::Path::new("stamp").unwrap(), model::Op::Set(Value::text("checked")));
        }
        Ok(change)
    }

    async fn after(
        &self,
        _: &Data,
        _: &Context,
        event: Event,
        change: Arc<Change>,
    ) -> Result<After, Refusal> {
        self.seen.lock().push(format!("{event} saved={}", change.saved.is_some()));
        Err(refusal("after"))
    }

    async fn before_find(&self, _: &Data, _: &Context, mut query: Query) -> Result<Query, Refusal> {
        self.seen.lock().push("before-find".into());
        query.filter = query.filter.and(Filter::test("name", Test::Ne(Value::text("closed"))));
        Ok(query)
    }

    async fn after_find(
        &self,
        _: &Data,
        _: &Context,
        _: &ClassName,
        mut rows: Vec<Object>,
    ) -> Result<Shown, Refusal> {
        self.seen.lock().push(format!("after-find {}", rows.len()));
        if rows.iter().any(|row| row.field("name").and_then(Value::as_str) == Some("broken")) {
            return Err(refusal("masker broke"));
        }
        let mut shown = Shown::default();
        for row in &mut rows {
            shown.masked.extend(row.fields.remove("ssn").map(|_| "ssn".into()));
        }
        Ok(Shown { rows, ..shown })
    }

    async fn call(
        &self,
        _: &Data,
        _: &Context,
        name: &str,
        input: Value,
    ) -> Result<Option<Option<Value>>, Refusal> {
        Ok((name == "echo").then_some(Some(input)))
    }
}
