//! SQLite's complaints as what storage may answer: codes only, since a message might repeat a value.

use sqlx::sqlite::SqliteError;
use storage::Error;

const FULL: &str = "the disk is full, or the database has reached max_size_mb: free space or raise the limit, then try again";
const DISK: &str =
    "the disk reported an input/output error: check the disk, its free space and the system's log";
const READ_ONLY: &str = "the database is read-only: make its file and folder writable for the server's user";
const CANT_OPEN: &str = "the database file can't be opened: its folder must exist, and both must be readable and writable for the server's user";
const LOCKED: &str = "another process holds the database: stop it, or wait until it is done";
const DAMAGED: &str = "the file is damaged or not a database: restore a backup";
const MEMORY: &str = "the database ran out of memory";
const BROKEN: &str = "the connection to the database broke: restart the server if it doesn't recover";

/// The extended result codes of a flush that failed: what the disk holds now is unknown.
const FAILED_FLUSHES: [i32; 2] = [1034, 1290];

/// What kind of complaint it is, where the caller must know more than the answer.
#[derive(Debug)]
pub(crate) struct Fault {
    /// What storage answers.
    pub(crate) error: Error,
    /// The statement names a table or column that isn't there: the schema changed meanwhile.
    pub(crate) stale: bool,
    /// A flush failed, so that no later success may be believed.
    pub(crate) flush: bool,
    /// The columns of the unique group that was hit.
    pub(crate) columns: Vec<String>,
}

impl Fault {
    /// Whether the transaction may be gone, and with it every change in it.
    pub(crate) fn is_fatal(&self) -> bool {
        matches!(self.error, Error::Unavailable(_))
    }

    /// Whether somebody else had the database until the patience was over: nothing was begun.
    pub(crate) fn is_locked(&self) -> bool {
        matches!(&self.error, Error::Unavailable(text) if text == LOCKED)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault { error, stale: false, flush: false, columns: Vec::new() }
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Fault {
        match &error {
            sqlx::Error::Database(inner) => match inner.try_downcast_ref::<SqliteError>() {
                Some(inner) => coded(inner),
                None => Error::Internal("an unknown database answered".into()).into(),
            },
            sqlx::Error::Io(_) => Error::Unavailable(DISK.into()).into(),
            sqlx::Error::WorkerCrashed | sqlx::Error::PoolClosed | sqlx::Error::Protocol(_) => {
                Error::Unavailable(BROKEN.into()).into()
            }
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => crate::row::unreadable().into(),
            _ => Error::Internal("the database driver failed".into()).into(),
        }
    }
}

fn coded(inner: &SqliteError) -> Fault {
    use sqlx::error::DatabaseError as _;
    let code = inner.code().and_then(|code| code.parse::<i32>().ok()).unwrap_or_default();
    let message = inner.message();
    let unavailable = |text: &str| Error::Unavailable(text.to_owned());
    let error = match code & 0xff {
        1 if message.starts_with("no such ") || message.contains(" has no column ") => {
            return Fault { stale: true, ..Error::Conflict("the class was changed meanwhile".into()).into() };
        }
        1 if message.contains("too many")
            || message.contains("too large")
            || message.contains("overflow") =>
        {
            Error::Unsupported("a filter of this size")
        }
        3 | 8 | 23 => unavailable(READ_ONLY),
        5 | 6 => unavailable(LOCKED),
        7 => unavailable(MEMORY),
        10 => unavailable(DISK),
        11 | 26 => unavailable(DAMAGED),
        13 => unavailable(FULL),
        14 => unavailable(CANT_OPEN),
        18 => Error::Unsupported("a value of this size"),
        // Names of tables and columns only: `UNIQUE constraint failed: Patient.a, Patient.b`.
        19 if matches!(code, 1555 | 2067 | 2579) => {
            let columns = message.split_once(": ").map(|(_, list)| list.split(", ")).into_iter().flatten();
            let columns =
                columns.filter_map(|name| name.rsplit_once('.')).map(|(_, column)| column.to_owned());
            return Fault { columns: columns.collect(), ..Error::Duplicate { fields: Vec::new() }.into() };
        }
        _ => Error::Internal(format!("SQLite answered code {code}")),
    };
    Fault { flush: FAILED_FLUSHES.contains(&code), ..error.into() }
}
