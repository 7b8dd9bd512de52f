//! PostgreSQL's complaints as what storage may answer: codes only, since a message might repeat a value.

use sqlx::postgres::PgDatabaseError;
use storage::Error;

const FULL: &str = "the database's disk is full: free space on its server, then try again";
const DISK: &str = "the database's disk reported an error: check the disk and the database server's log";
const DAMAGED: &str = "the database says that its data are damaged: restore a backup";
const READ_ONLY: &str = "the database takes no changes: connect to the primary server, not to a standby, as a user \
    without default_transaction_read_only";
const CROWDED: &str =
    "the database server has no connection left: raise its max_connections, or lower database.postgres.pool";
const MEMORY: &str = "the database server ran out of memory: give it more, or ask for less at a time";
const STOPPED: &str = "the database server is stopping or starting: wait until it is up again";
const LOCKED: &str = "a lock was waited for longer than database.postgres.lock_timeout_ms: somebody else holds the table or its rows, as a migration or a backup does; try again when that has ended";
const TIMEOUT: &str = "a statement took longer than database.postgres.statement_timeout_ms: narrow the \
    question, add an index, or raise the limit";
const BROKEN: &str = "the connection to the database broke: check that its server runs and can be reached";
const SILENT: &str = "the database fell silent in the middle of a statement: check that its server isn't stopped and that the \
    network between lets packets through";
const REFUSED: &str = "the database refuses the server's user: check user, password and pg_hba.conf";
const NO_DATABASE: &str = "there is no database of the name in the URI: make it first";
const FORBIDDEN: &str = "the database's user lacks a right: it must own the schema that it works in";
const TLS: &str = "the database server's certificate isn't accepted, or it offers no TLS: name its authority \
    with sslrootcert=FILE in the URI, or write sslmode=disable if the network between is private";

/// What kind of complaint it is, where the caller must know more than the answer.
#[derive(Debug)]
pub(crate) struct Fault {
    /// What storage answers.
    pub(super) error: Error,
    /// The statement was made for another state of the class: read the classes again.
    pub(super) stale: bool,
    /// Two transactions met, and this one was undone: trying again may help.
    pub(super) met: bool,
    /// The connection must not be used any more.
    pub(super) broken: bool,
    /// A server that is just starting, or not reachable just now.
    pub(super) may_pass: bool,
    /// A sum was larger than any number.
    pub(super) overflow: bool,
    /// The unique index that was hit.
    pub(super) index: Option<String>,
}

impl Fault {
    /// Says that nothing was heard of the server for too long.
    pub(super) fn silent() -> Fault {
        Fault { broken: true, ..Error::Unavailable(SILENT.to_owned()).into() }
    }

    /// Says that the server takes no changes.
    pub(super) fn read_only() -> Fault {
        Fault { broken: true, ..Error::Unavailable(READ_ONLY.to_owned()).into() }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault {
            error,
            stale: false,
            met: false,
            broken: false,
            may_pass: false,
            overflow: false,
            index: None,
        }
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Fault {
        let broken = |text: &str| Fault { broken: true, ..Error::Unavailable(text.to_owned()).into() };
        match &error {
            sqlx::Error::Database(inner) => match inner.try_downcast_ref::<PgDatabaseError>() {
                Some(inner) => coded(inner.code(), inner.constraint()),
                None => Error::Internal("an unknown database answered".into()).into(),
            },
            sqlx::Error::Tls(_) => broken(TLS),
            // So a handshake ends that finds the wrong certificate.
            sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => broken(TLS),
            sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => {
                Fault { may_pass: true, ..broken(BROKEN) }
            }
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => crate::row::unreadable().into(),
            _ => Fault { broken: true, ..Error::Internal("the database driver failed".into()).into() },
        }
    }
}

/// Reads an SQLSTATE.
fn coded(code: &str, constraint: Option<&str>) -> Fault {
    let unavailable = |text: &str| Fault::from(Error::Unavailable(text.to_owned()));
    let gone = |text: &str| Fault { broken: true, ..unavailable(text) };
    let class = code.get(..2).unwrap_or_default();
    match (class, code) {
        (_, "23505") => Fault {
            index: constraint.map(ToOwned::to_owned),
            ..Error::Duplicate { fields: Vec::new() }.into()
        },
        // Undefined table or column, a plan whose columns changed, a prepared statement that is gone.
        (_, "42P01" | "42703" | "42704") => stale(),
        // A field that came back with another type: its statements were prepared for the old one. Whatever else could
        // cause these was looked for before.
        (_, "0A000" | "26000" | "42804" | "42883" | "08P01" | "22P03" | "22021" | "22P05") => {
            Fault { broken: true, ..stale() }
        }
        // So it reads a JSON that is none; a fresh connection tells whether it was that.
        (_, "XX000") => Fault {
            stale: true,
            broken: true,
            ..Error::Internal("PostgreSQL answered code XX000".into()).into()
        },
        (_, "40001" | "40P01" | "23P01") => {
            Fault { met: true, ..Error::Conflict("another transaction was faster".into()).into() }
        }
        (_, "57014") => unavailable(TIMEOUT),
        (_, "55P03") => unavailable(LOCKED),
        (_, "25006") => gone(READ_ONLY),
        (_, "42501") => unavailable(FORBIDDEN),
        (_, "3D000") => gone(NO_DATABASE),
        (_, "53100") => unavailable(FULL),
        (_, "53300") => gone(CROWDED),
        ("53", _) => unavailable(MEMORY),
        ("28", _) => gone(REFUSED),
        ("57", _) => Fault { may_pass: true, ..gone(STOPPED) },
        ("08" | "25", _) => gone(BROKEN),
        ("58", _) => gone(DISK),
        ("XX", "XX001" | "XX002") => gone(DAMAGED),
        (_, "22001") => Error::Unsupported("a name or an id of this length").into(),
        (_, "22003") => Fault { overflow: true, ..Error::Unsupported("a number of this size").into() },
        // So it reads a number for a date, too.
        ("22", _) => Fault { stale: true, broken: true, ..Error::Unsupported("a date of this size").into() },
        (_, "54000") => Error::Unsupported("so large a value in an indexed field").into(),
        (_, "54011") => Error::Unsupported("so many fields in a class").into(),
        ("54", _) => Error::Unsupported("a filter of this size").into(),
        _ => Error::Internal(format!("PostgreSQL answered code {code}")).into(),
    }
}

fn stale() -> Fault {
    Fault { stale: true, ..Error::Conflict("the class was changed meanwhile".into()).into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_what_to_do() {
        for (code, says) in [
            ("53100", "free space"),
            ("53300", "max_connections"),
            ("57P01", "is up again"),
            ("57014", "statement_timeout_ms"),
            ("28P01", "pg_hba.conf"),
            ("25006", "primary"),
            ("42501", "right"),
            ("08006", "reached"),
        ] {
            let Error::Unavailable(text) = coded(code, None).error else { panic!("{code}") };
            assert!(text.contains(says), "{code}: {text}");
        }
        assert!(coded("42703", None).stale && !coded("42703", None).broken);
        assert!(coded("40P01", None).met && coded("40001", None).met);
        assert!(coded("57P01", None).broken && !coded("53100", None).broken);
    }
}
