//! Calling a plugin's function.

use model::{Code, Object, Value};

use crate::{
    Context, Data, Error,
    action::{Action, Target},
};

impl Data {
    /// Calls a function by name; `None` is Parse's `undefined`.
    ///
    /// # Errors
    /// 141 when there is no such function, whatever the plugin refuses with, 124 when it takes too long.
    pub async fn call(&self, cx: &Context, name: &str, params: Value) -> Result<Option<Value>, Error> {
        let mut entry = self.inner.ledger.begin(cx, Action::Call, &Target::named(name)).await?;
        let answer = match cx.deeper() {
            Ok(cx) => match cx.hooks().call(self, &cx, name, params).await {
                Ok(Some(answer)) => Ok(answer),
                Ok(None) => {
                    Err(Error::refused(Code::ScriptFailed, format!("Invalid function: \"{}\"", shown(name))))
                }
                Err(refusal) => Err(refusal.into()),
            },
            Err(error) => Err(error),
        };
        if let Ok(Some(value)) = &answer {
            let mut records = Vec::new();
            collect(value, &mut records);
            entry.leaves(&records);
        }
        entry.finish(answer).await
    }
}

/// A name as it may be repeated: what a caller made up isn't echoed at length.
fn shown(name: &str) -> String {
    name.chars().filter(|letter| letter.is_ascii_alphanumeric() || "._-".contains(*letter)).take(64).collect()
}

/// Objects that leave inside a function's answer.
fn collect(value: &Value, records: &mut Vec<Object>) {
    match value {
        Value::Record(object) => records.push(Object::clone(object)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, records)),
        Value::Object(map) => map.values().for_each(|member| collect(member, records)),
        _ => {}
    }
}
