//! Commands to the server, inside a transaction or outside of one.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use model::FieldName;
use mongodb::{
    ClientSession, Collection, Cursor, Database, SessionCursor,
    bson::{Document, doc},
    options::{FindOptions, ReturnDocument},
};

use crate::error::Fault;

/// Where commands go: a database, and the transaction that they belong to, if any.
pub(crate) struct Link<'a> {
    pub(crate) database: &'a Database,
    pub(crate) prefix: &'a str,
    pub(crate) session: Option<&'a mut ClientSession>,
    /// A field that a document has and its class, as the caller knows it, lacks.
    pub(crate) stray: Option<FieldName>,
    /// How long one read may take on the server.
    pub(crate) read_time: Duration,
}

/// Runs a command in the link's transaction.
macro_rules! tied {
    ($link:ident, $command:expr) => {
        match $link.session.as_deref_mut() {
            Some(session) => $command.session(session).await,
            None => $command.await,
        }
    };
}

impl Link<'_> {
    /// A collection by the name that parse-server gives it.
    pub(crate) fn collection(&self, name: &str) -> Collection<Document> {
        self.database.collection(&format!("{}{name}", self.prefix))
    }

    /// Starts a find.
    pub(crate) async fn find(
        &mut self,
        collection: &str,
        filter: Document,
        mut options: FindOptions,
    ) -> Result<Rows, Fault> {
        let collection = self.collection(collection);
        options.max_time = Some(self.read_time);
        let find = collection.find(filter).with_options(options);
        Ok(match self.session.as_deref_mut() {
            Some(session) => Rows::Tied(find.session(session).await?),
            None => Rows::Free(find.await?),
        })
    }

    /// The next document of a find.
    pub(crate) async fn next(&mut self, rows: &mut Rows) -> Result<Option<Document>, Fault> {
        Ok(match (rows, self.session.as_deref_mut()) {
            (Rows::Free(cursor), _) => cursor.try_next().await?,
            (Rows::Tied(cursor), Some(session)) => cursor.next(session).await.transpose()?,
            (Rows::Tied(_), None) => None,
        })
    }

    /// Everything that a find answers.
    pub(crate) async fn all(
        &mut self,
        collection: &str,
        filter: Document,
        options: FindOptions,
    ) -> Result<Vec<Document>, Fault> {
        let mut rows = self.find(collection, filter, options).await?;
        let mut all = Vec::new();
        while let Some(document) = self.next(&mut rows).await? {
            all.push(document);
        }
        Ok(all)
    }

    pub(crate) async fn count(&mut self, collection: &str, filter: Document) -> Result<u64, Fault> {
        let collection = self.collection(collection);
        let count = collection.count_documents(filter).max_time(self.read_time);
        Ok(tied!(self, count)?)
    }

    pub(crate) async fn insert(&mut self, collection: &str, document: &Document) -> Result<(), Fault> {
        let collection = self.collection(collection);
        tied!(self, collection.insert_one(document))?;
        Ok(())
    }

    pub(crate) async fn insert_all(&mut self, collection: &str, all: &[Document]) -> Result<(), Fault> {
        let collection = self.collection(collection);
        tied!(self, collection.insert_many(all))?;
        Ok(())
    }

    /// Changes one document and answers it as it then is; `None` when nothing passes the filter.
    pub(crate) async fn change(
        &mut self,
        collection: &str,
        filter: Document,
        change: Document,
    ) -> Result<Option<Document>, Fault> {
        let collection = self.collection(collection);
        let command = collection.find_one_and_update(filter, change).return_document(ReturnDocument::After);
        Ok(tied!(self, command)?)
    }

    /// Deletes the one document that a filter on the id passes.
    pub(crate) async fn delete_one(&mut self, collection: &str, filter: Document) -> Result<u64, Fault> {
        let collection = self.collection(collection);
        Ok(tied!(self, collection.delete_one(filter))?.deleted_count)
    }

    pub(crate) async fn delete_all(&mut self, collection: &str, filter: Document) -> Result<u64, Fault> {
        let collection = self.collection(collection);
        Ok(tied!(self, collection.delete_many(filter))?.deleted_count)
    }
}

/// The documents of a find, as they come.
pub(crate) enum Rows {
    /// Outside of a transaction.
    Free(Cursor<Document>),
    /// Inside of one.
    Tied(SessionCursor<Document>),
}

/// What must hold for some keys of a document to be as they were read.
pub(crate) fn unchanged<'k>(document: &Document, keys: impl IntoIterator<Item = &'k str>) -> Document {
    let same = keys.into_iter().map(|key| match document.get(key) {
        Some(value) => doc! {"$eq": [format!("${key}"), {"$literal": value.clone()}]},
        None => doc! {"$eq": [{"$type": format!("${key}")}, "missing"]},
    });
    doc! {"$expr": {"$and": same.collect::<Vec<_>>()}}
}
