//! What is PostgreSQL's own: the layout, several servers, faults, plans. The contract itself is `storage::conformance`.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use ::storage::{
    Error, Select, Storage, Write,
    conformance::{Indexed, indexed::Serves},
};
use model::{
    Acl, Date, Field, FieldName, FieldType, Filter, Limit, Object, ObjectId, Op, Path as FieldPath, Test,
    Unique, Update, Value,
    query::filter::{Access, Pattern},
    schema::IndexKind,
};

use super::*;
use crate::sample::{insert, name, object, schema, select, test};

mod faults;
mod helpers;
mod nodes;
mod plans;
mod takeover;
mod tls;

/// What indexes of PostgreSQL serve.
const SERVES: Serves = Serves { elements: true, places: Some("2dsphere"), alone: false };

/// A schema of the shared database, empty at first: as good as a database of its own, and made in no time.
pub(super) struct Place {
    pub(super) uri: String,
    pub(super) name: String,
}

impl Place {
    pub(super) async fn new() -> Place {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let base = tokio::task::spawn_blocking(servers::postgres::shared).await.unwrap().unwrap();
        let name = format!("t{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut connection = plain(&format!("{base}/postgres")).await;
        run::words(&mut connection, &format!("CREATE SCHEMA {name}")).await.unwrap();
        run::close(connection).await;
        Place { uri: format!("{base}/postgres?options=-c%20search_path%3D{name}"), name }
    }

    pub(super) fn config() -> PostgresConfig {
        PostgresConfig { pool: 8, patience_ms: 5000, accept_data_loss: true, ..PostgresConfig::default() }
    }

    pub(super) async fn open(&self) -> Postgres {
        Postgres::open(&self.uri, &Place::config()).await.unwrap()
    }

    /// Runs words as another user of the database would.
    pub(super) async fn run(&self, words: &str) {
        let mut connection = plain(&self.uri).await;
        run::words(&mut connection, words).await.unwrap();
        run::close(connection).await;
    }

    /// What another user of the database reads: each row's first column, as text.
    pub(super) async fn read(&self, words: &str) -> Vec<String> {
        let mut connection = plain(&self.uri).await;
        let texts = run::texts(&mut connection, crate::statement::Statement::new(words)).await.unwrap();
        run::close(connection).await;
        texts
    }
}

pub(super) async fn plain(uri: &str) -> wire::Wire {
    let config = PostgresConfig { patience_ms: 20_000, ..PostgresConfig::default() };
    let (options, _) = uri::options(uri, &config).unwrap();
    connect::first(&options, Limits::new(&config)).await.unwrap()
}

fn making() -> ::storage::conformance::Making {
    Box::pin(async { Arc::new(Place::new().await.open().await) as Arc<dyn Storage> })
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_the_contract() {
    let ran = ::storage::conformance::run(&making).await.unwrap();
    assert!(ran > 250, "only {ran} cases ran");
}

/// A database that parse-server has used with PostGIS has types, operators and functions of the same names beside
/// PostgreSQL's own; places mean the same there.
#[tokio::test(flavor = "multi_thread")]
async fn places_mean_the_same_beside_postgis() {
    let making = || -> ::storage::conformance::Making {
        Box::pin(async {
            let place = Place::new().await;
            place.run("CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public").await;
            let place = Place { uri: format!("{},public", place.uri), ..place };
            Arc::new(place.open().await) as Arc<dyn Storage>
        })
    };
    let place = Place::new().await;
    assert_eq!(
        place.read("SELECT count(*)::text FROM pg_available_extensions WHERE name = 'postgis'").await,
        ["1"]
    );
    let ran = ::storage::conformance::run_some(&making, "geo::").await.unwrap();
    assert!(ran >= 9, "only {ran} cases ran");
}

#[tokio::test(flavor = "multi_thread")]
async fn agrees_with_the_matcher() {
    ::storage::conformance::agree(&making, 60).await.unwrap();
}

/// With an index on every field, nothing of all this scans a table where one of them serves. Tables of a few rows are
/// scanned by choice, so scans are made unattractive.
#[tokio::test(flavor = "multi_thread")]
async fn no_query_of_the_suite_scans_where_an_index_serves() {
    let indexed = || -> ::storage::conformance::Making {
        Box::pin(async {
            let place = Place::new().await;
            let place = Place { uri: format!("{}%20-c%20enable_seqscan%3Doff", place.uri), ..place };
            Arc::new(Indexed::new(Arc::new(place.open().await), SERVES)) as Arc<dyn Storage>
        })
    };
    // Four hundred indexes of one class take longer to make than a statement may.
    let wanted = |case: &str| case != "name::many_fields_are_kept";
    let ran = ::storage::conformance::run_which(&indexed, &wanted).await.unwrap();
    assert!(ran > 250, "only {ran} cases ran");
    ::storage::conformance::agree(&indexed, 20).await.unwrap();
}
