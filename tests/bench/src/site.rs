//! A door behind the REST routes, on a free port of this machine.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::serve::ListenerExt as _;
use data::Item;
use model::{ClassName, ObjectId, parse_update, schema_json};
use serde_json::{Map, Value as Json, json};
use storage_sql::Sqlite;
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::door::{APP_ID, Door, Shape};
use crate::guest::CLASS;

/// Patients who are there from the start.
pub(crate) const PATIENTS: usize = 1_000;

/// A server that answers.
pub(crate) struct Site {
    pub(crate) shape: Shape,
    /// Where it is, with the mount path.
    pub(crate) url: String,
    /// One of its patients.
    pub(crate) patient: ObjectId,
    door: Door,
    serving: JoinHandle<()>,
    _folder: TempDir,
}

/// A patient's fields.
pub(crate) fn patient() -> Json {
    json!({"name": "Ada Byron King", "ssn": "756.1234.5678.97", "ward": "B3", "weight": 61.5})
}

impl Site {
    /// Opens a server of a shape, fills it, and begins to answer.
    ///
    /// # Errors
    /// Whatever keeps it from starting.
    pub(crate) async fn open(shape: Shape, component: &[u8]) -> anyhow::Result<Site> {
        let folder = tempfile::tempdir()?;
        let database = storage_sql::Config { path: folder.path().join("objects.db"), ..Default::default() };
        let storage = Arc::new(Sqlite::open(&database).await?);
        let door = Door::open(folder.path(), storage, shape, component).await?;
        let patient = fill(&door).await?;
        let settings = rest::Config { app_id: Some(APP_ID.to_owned()), ..rest::Config::default() };
        let router = rest::router(door.data.clone(), settings);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}/parse", listener.local_addr()?);
        let listener = listener.tap_io(|connection| {
            // As the real server does: an answer mustn't wait for more to send.
            let _ = connection.set_nodelay(true);
        });
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let serving = tokio::spawn(async move {
            // It ends when it is aborted, and a bench without a server shows.
            let _ = axum::serve(listener, service).await;
        });
        Ok(Site { shape, url, patient, door, serving, _folder: folder })
    }

    /// Stops it.
    ///
    /// # Errors
    /// A trail whose end can't be written.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.serving.abort();
        self.door.close().await
    }
}

/// Makes the class and its patients; gives one of them.
async fn fill(door: &Door) -> anyhow::Result<ObjectId> {
    let cx = door.master().await?;
    let class = ClassName::new(CLASS)?;
    let fields = json!({
        "name": {"type": "String"}, "nameKey": {"type": "String"}, "ssn": {"type": "String"},
        "ward": {"type": "String"}, "weight": {"type": "Number"},
    });
    let schema = Map::from_iter([("fields".to_owned(), fields)]);
    door.data.create_schema(&cx, schema_json::parse(schema, Some(CLASS))?).await?;
    let Json::Object(patient) = patient() else { anyhow::bail!("a patient is an object") };
    let item = |patient: &Map<String, Json>| {
        Ok::<_, model::ParseError>(Item::Create {
            class: class.clone(),
            body: parse_update::update(patient.clone())?,
        })
    };
    let mut first = None;
    for _ in 0..PATIENTS / 50 {
        let items = (0..50).map(|_| item(&patient)).collect::<Result<Vec<_>, _>>()?;
        for done in door.data.transaction(&cx, items).await? {
            if let (data::Done::Saved(saved), None) = (done, &first) {
                first = Some(saved.id.clone());
            }
        }
    }
    first.ok_or_else(|| anyhow::anyhow!("there are no patients"))
}
