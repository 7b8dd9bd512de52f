//! Where a database is, as a URI says it: libpq's words and parse-server's.

use std::net::IpAddr;

use percent_encoding::percent_decode_str;
use sqlx::{
    ConnectOptions as _,
    postgres::{PgConnectOptions, PgSslMode},
};
use storage::Error;

use super::PostgresConfig;

/// Reads a URI; no text of an error quotes any of it, for it holds a password.
///
/// TLS that is asked for is always verified: the authority and the name. A database on another machine is asked for TLS
/// unless the URI says `sslmode=disable`.
///
/// # Errors
/// [`Error::Unavailable`] for what isn't understood.
pub(super) fn options(uri: &str, config: &PostgresConfig) -> Result<(PgConnectOptions, usize), Error> {
    let (place, query) = uri.split_once('?').unwrap_or((uri, ""));
    let mut kept = Vec::new();
    let (mut mode, mut pool) = (None, config.pool);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match name {
            "sslmode" | "ssl-mode" => {
                mode = Some(match value {
                    "disable" => PgSslMode::Disable,
                    "require" | "verify-ca" | "verify-full" => PgSslMode::VerifyFull,
                    "allow" | "prefer" => {
                        return Err(bad("sslmode must say whether: write verify-full or disable"));
                    }
                    _ => return Err(bad("sslmode must be disable, require, verify-ca or verify-full")),
                });
            }
            "ssl" => {
                mode = Some(match value {
                    "true" | "1" => PgSslMode::VerifyFull,
                    "false" | "0" => PgSslMode::Disable,
                    _ => return Err(bad("ssl must be true or false")),
                });
            }
            "rejectUnauthorized" if value == "true" => mode = Some(PgSslMode::VerifyFull),
            "rejectUnauthorized" => {
                return Err(bad(
                    "rejectUnauthorized=false leaves the server unverified: name its authority with sslrootcert=FILE",
                ));
            }
            "ca" | "sslrootcert" => {
                mode = mode.or(Some(PgSslMode::VerifyFull));
                kept.push(file("sslrootcert", value)?);
            }
            "cert" | "sslcert" => kept.push(file("sslcert", value)?),
            "key" | "sslkey" => kept.push(file("sslkey", value)?),
            "poolSize" | "max" => {
                let size = value.parse().ok().filter(|size| *size > 0);
                pool = size.ok_or_else(|| bad("poolSize must be a number from 1 on"))?;
            }
            "host" | "hostaddr" | "port" | "user" | "password" | "dbname" | "application_name"
            | "options" => {
                kept.push(pair.to_owned());
            }
            // Of parse-server's driver; they mean nothing here.
            "keepAlive"
            | "idleTimeoutMillis"
            | "binary"
            | "client_encoding"
            | "fallback_application_name" => {}
            "query_timeout" | "connect_timeout" => {
                return Err(bad(
                    "timeouts are settings: database.postgres.statement_timeout_ms and patience_ms",
                ));
            }
            _ => {
                return Err(bad(
                    "it has a parameter that isn't known; these are: sslmode, sslrootcert, sslcert, sslkey, poolSize, \
                     application_name, host, port, user, password, dbname, options",
                ));
            }
        }
    }
    let uri = if kept.is_empty() { place.to_owned() } else { format!("{place}?{}", kept.join("&")) };
    let options: PgConnectOptions =
        uri.parse().map_err(|_| bad("write postgres://USER:PASSWORD@HOST/DATABASE"))?;
    let mode = mode.unwrap_or(if is_here(&options) { PgSslMode::Disable } else { PgSslMode::VerifyFull });
    let limit = |ms: u64| ms.to_string();
    let settings = [
        ("statement_timeout", limit(config.statement_timeout_ms)),
        ("lock_timeout", limit(config.lock_timeout_ms)),
        // A server that stops half-way must not hold its locks for ever.
        ("idle_in_transaction_session_timeout", limit(60_000)),
    ];
    let named = if uri.contains("application_name=") { options } else { options.application_name("parapet") };
    let options = named.ssl_mode(mode).options(settings).statement_cache_capacity(config.prepared);
    // The driver would log statements.
    Ok((options.disable_statement_logging(), pool.max(1)))
}

/// A parameter that names a file, which must be there: the driver would only say that TLS failed.
fn file(name: &'static str, value: &str) -> Result<String, Error> {
    let path = percent_decode_str(value).decode_utf8_lossy();
    match std::fs::File::open(&*path) {
        Ok(_) => Ok(format!("{name}={value}")),
        Err(error) => Err(bad(&format!("the file that {name} names can't be read: {}", error.kind()))),
    }
}

/// Whether the database is on this machine, so that nobody can listen on the way.
fn is_here(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn bad(what: &str) -> Error {
    Error::Unavailable(format!("the database URI isn't understood: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(uri: &str) -> Result<String, String> {
        let read = options(uri, &PostgresConfig::default());
        read.map(|(options, _)| format!("{:?}", options.get_ssl_mode())).map_err(|error| error.to_string())
    }

    #[test]
    fn tls_is_verified_or_refused_in_words() {
        for (uri, expected) in [
            ("postgres://u:hunter2@127.0.0.1:5432/d", "Disable"),
            ("postgres://u:hunter2@localhost/d", "Disable"),
            ("postgres://u:hunter2@[::1]/d", "Disable"),
            ("postgres://u:hunter2@%2Frun%2Fpg/d", "Disable"),
            ("postgres://u:hunter2@db.example/d", "VerifyFull"),
            ("postgresql://u:hunter2@db.example/d?sslmode=require", "VerifyFull"),
            ("postgres://u:hunter2@db.example/d?ssl=true&poolSize=5", "VerifyFull"),
            ("postgres://u:hunter2@localhost/d?ca=Cargo.toml", "VerifyFull"),
            ("postgres://u:hunter2@db.example/d?sslmode=disable", "Disable"),
        ] {
            assert_eq!(mode(uri), Ok(expected.to_owned()), "{uri}");
        }
        for (uri, says) in [
            ("postgres://u:hunter2@db.example/d?sslmode=prefer", "verify-full or disable"),
            ("postgres://u:hunter2@db.example/d?ssl=true&rejectUnauthorized=false", "sslrootcert"),
            ("postgres://u:hunter2@db.example/d?hunter2=x", "a parameter"),
            (
                "postgres://u:hunter2@db.example/d?sslrootcert=%2Fno%2Fhunter2.pem",
                "sslrootcert names can't be read",
            ),
            ("postgres://u:hunter2@db.example/d?poolSize=0", "from 1 on"),
            ("postgres://u:hunter2@db.example:x/d", "USER:PASSWORD"),
        ] {
            let said = mode(uri).unwrap_err();
            assert!(said.contains(says) && !said.contains("hunter2"), "{said}");
        }
    }

    #[test]
    fn the_size_of_the_pool_may_be_in_the_uri() {
        let read = |uri: &str| options(uri, &PostgresConfig::default()).unwrap().1;
        assert_eq!(
            (read("postgres://h/d?poolSize=7&sslmode=disable"), read("postgres://localhost/d")),
            (7, 20)
        );
    }
}
