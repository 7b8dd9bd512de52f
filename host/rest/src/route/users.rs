//! Users: signing up and in, and the caller's own user.

use data::LogIn;
use model::{ClassName, Code, ObjectId, ParseError};
use serde_json::{Map as JsonMap, Value as Json};

use super::{
    Call, Row,
    classes::{create_in, delete_in, find_in, get_in, id, update_in},
    row,
};
use crate::{
    error::Failure,
    extract::url,
    reply::{
        Answer, Reply,
        wire::{LoggedInJson, ObjectJson},
    },
};

pub(super) const ROWS: &[Row] = &[
    row!(POST "/users" Keys sign_up),
    row!(GET "/users" Keys find),
    row!(GET "/users/me" Session me),
    row!(GET "/users/{id}" Keys get),
    row!(PUT "/users/{id}" Session update),
    row!(DELETE "/users/{id}" Session delete),
    row!(GET "/login" Keys log_in, session: false),
    row!(POST "/login" Keys log_in, session: false),
    row!(POST "/loginAs" Master log_in_as),
    row!(POST "/logout" Keys log_out),
    row!(GET "/verifyPassword" Keys verify_password),
    row!(POST "/verifyPassword" Keys verify_password),
];

async fn sign_up(call: Call) -> Answer {
    create_in(call, ClassName::user()).await
}

async fn find(call: Call) -> Answer {
    find_in(call, ClassName::user()).await
}

async fn get(call: Call) -> Answer {
    let id = id(call.param(0))?;
    get_in(call, ClassName::user(), id).await
}

async fn update(call: Call) -> Answer {
    let id = id(call.param(0))?;
    update_in(call, ClassName::user(), id).await
}

async fn delete(call: Call) -> Answer {
    let id = id(call.param(0))?;
    delete_in(call, ClassName::user(), id).await
}

/// Also what the SDKs' `become` asks.
async fn me(call: Call) -> Answer {
    let me = call.hall.data.me(&call.cx).await?;
    Reply::ok(&LoggedInJson(&me))
}

async fn log_in(call: Call) -> Answer {
    let given = given(call.query.as_deref(), call.body)?;
    let user = call.hall.data.log_in(&call.cx, given).await?;
    Reply::ok(&LoggedInJson(&user))
}

async fn verify_password(call: Call) -> Answer {
    let given = given(call.query.as_deref(), call.body)?;
    let user = call.hall.data.verify_password(&call.cx, given).await?;
    Reply::ok(&ObjectJson(&user))
}

async fn log_in_as(call: Call) -> Answer {
    let user = call.body.get("userId").and_then(Json::as_str).and_then(|id| ObjectId::new(id).ok());
    let user = match user {
        Some(user) => user,
        None if call.cx.may_administer() => {
            let text = "userId must not be empty, null, or undefined";
            return Err(Failure::refused(Code::InvalidValue, text));
        }
        // Who may not do it at all isn't told how: the door refuses whoever it is, and records that.
        None => ObjectId::new("unnamed")?,
    };
    let user = call.hall.data.log_in_as(&call.cx, &user).await?;
    Reply::ok(&LoggedInJson(&user))
}

async fn log_out(call: Call) -> Answer {
    call.hall.data.log_out(&call.cx).await?;
    Ok(Reply::empty())
}

/// Reads what somebody logs in with, from the body or else from the URL.
fn given(query: Option<&str>, mut body: JsonMap<String, Json>) -> Result<LogIn, Failure> {
    if body.get("authData").is_some_and(|given| !given.is_null()) {
        return Err(ParseError::of(Code::UnsupportedService).into());
    }
    let mut part = |key: &str| {
        let from_url = || {
            url::pairs(query).find(|(name, _)| name == key).map(|(_, text)| Json::String(text.into_owned()))
        };
        body.remove(key).filter(|given| !given.is_null()).or_else(from_url)
    };
    Ok(LogIn { username: part("username"), email: part("email"), password: part("password") })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(query: Option<&str>, body: Json) -> Result<[Option<Json>; 3], i32> {
        let Json::Object(body) = body else { unreachable!("tests give objects") };
        match given(query, body) {
            Ok(given) => Ok([given.username, given.email, given.password]),
            Err(Failure::Data(error)) => Err(error.code().number()),
            Err(_) => Err(0),
        }
    }

    #[test]
    fn names_and_passwords_come_from_the_body_or_the_url() {
        let both = read(Some("username=url&password=p+q"), json!({"username": "body"})).unwrap();
        assert_eq!(both, [Some(json!("body")), None, Some(json!("p q"))]);
        // A name that looks like a number is a name.
        assert_eq!(read(Some("username=123"), json!({})).unwrap(), [Some(json!("123")), None, None]);
    }

    #[test]
    fn providers_are_not_supported() {
        assert_eq!(read(None, json!({"authData": {"mfa": {}}})).unwrap_err(), 252);
        assert!(read(None, json!({"authData": null})).is_ok());
    }
}
