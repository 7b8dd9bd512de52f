//! The door as a whole, over storage and a trail in memory.

mod access;
mod account;
mod deadline;
mod fake;
mod hooked;
mod objects;
mod shared;
mod transaction;

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use model::{ClassName, Date, ObjectId, encode, parse_update, query};
use serde_json::{Value as Json, json};

use crate::{Clock, Config, Context, Credentials, Data, Error, Ids, Parts, Saved, Shape};

/// A clock that moves a second each time it is asked.
pub(crate) struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Date {
        Date(self.0.fetch_add(1000, Ordering::Relaxed))
    }
}

struct Counting(AtomicU64);

impl Ids for Counting {
    fn object_id(&self, _: usize) -> ObjectId {
        ObjectId::new(&format!("id{:08}", self.0.fetch_add(1, Ordering::Relaxed))).unwrap()
    }
    fn session_token(&self) -> String {
        format!("r:{:032x}", self.0.fetch_add(1, Ordering::Relaxed))
    }
    fn request_id(&self) -> String {
        format!("req{}", self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// A door with its storage and trail in memory.
pub(crate) struct House {
    pub(crate) data: Data,
    pub(crate) trail: Arc<audit::Memory>,
}

pub(crate) async fn house() -> House {
    house_with(Config { allow_client_class_creation: true, ..Config::default() }).await
}

pub(crate) async fn house_with(config: Config) -> House {
    house_on(Arc::new(storage::memory::Memory::new()), config).await
}

/// A door on a storage that others may use, too.
pub(crate) async fn house_on(storage: Arc<dyn storage::Storage>, config: Config) -> House {
    let trail = Arc::new(audit::Memory::new());
    let data = Data::open(Parts {
        storage,
        sink: trail.clone(),
        refs: audit::RefKey::from_bytes([7; 32]),
        keys: auth::Keys::new("app", "master"),
        config,
        clock: Arc::new(Ticking(AtomicI64::new(1_700_000_000_000))),
        ids: Arc::new(Counting(AtomicU64::new(1))),
    })
    .await
    .unwrap();
    House { data, trail }
}

impl House {
    pub(crate) async fn anyone(&self) -> Context {
        self.data.enter(Credentials { app_id: Some("app".into()), ..Credentials::default() }).await.unwrap()
    }

    pub(crate) async fn master(&self) -> Context {
        let credentials = Credentials {
            app_id: Some("app".into()),
            master_key: Some("master".into()),
            address: Some(IpAddr::from([127, 0, 0, 1])),
            ..Credentials::default()
        };
        self.data.enter(credentials).await.unwrap()
    }

    pub(crate) async fn with_token(&self, token: &str) -> Result<Context, Error> {
        let credentials = Credentials {
            app_id: Some("app".into()),
            session_token: Some(token.to_owned()),
            ..Credentials::default()
        };
        self.data.enter(credentials).await
    }

    /// Signs somebody up and answers their context and id.
    pub(crate) async fn user(&self, name: &str) -> (Context, ObjectId) {
        let saved = self
            .save(&self.anyone().await, "_User", json!({"username": name, "password": "secret"}))
            .await
            .unwrap();
        (self.with_token(&saved.session_token.clone().unwrap()).await.unwrap(), saved.id)
    }

    pub(crate) async fn save(&self, cx: &Context, class: &str, body: Json) -> Result<Saved, Error> {
        self.data.create(cx, &class_name(class), read(body)).await
    }

    pub(crate) async fn change(
        &self,
        cx: &Context,
        class: &str,
        id: &ObjectId,
        body: Json,
    ) -> Result<Saved, Error> {
        self.data.update(cx, &class_name(class), id, read(body)).await
    }

    pub(crate) async fn fetch(&self, cx: &Context, class: &str, id: &ObjectId) -> Result<Json, Error> {
        let object = self.data.get(cx, &class_name(class), id, Shape::default()).await?;
        Ok(Json::Object(encode::object_json(&object)))
    }

    pub(crate) async fn find(&self, cx: &Context, class: &str, filter: Json) -> Result<Vec<Json>, Error> {
        let mut query = model::Query::new(class_name(class));
        query.restrict(filter, &query::Limits::default(), Date(0))?;
        let found = self.data.find(cx, query).await?;
        Ok(found.objects.iter().map(|object| Json::Object(encode::object_json(object))).collect())
    }

    /// What was recorded since the last time this was asked, one line a record.
    pub(crate) fn records(&self, since: usize) -> Vec<String> {
        let line = |record: &audit::Record| {
            let stage = match record.stage {
                audit::Stage::Intent => "intent".to_owned(),
                audit::Stage::Single => "single".to_owned(),
                audit::Stage::Outcome { .. } => "outcome".to_owned(),
            };
            let status =
                record.outcome.as_ref().map(|outcome| format!(" {:?}", outcome.status)).unwrap_or_default();
            let class = record.object.as_ref().map(|object| format!(" {}x{}", object.class, object.count));
            format!("{:?} {stage}{status}{}", record.code, class.unwrap_or_default())
        };
        self.trail.records().iter().skip(since).map(line).collect()
    }
}

pub(crate) fn class_name(name: &str) -> ClassName {
    ClassName::new(name).unwrap()
}

pub(crate) fn read(body: Json) -> parse_update::Body {
    parse_update::update(body.as_object().unwrap().clone()).unwrap()
}

pub(crate) fn code(error: &Error) -> i32 {
    error.code().number()
}
