//! The connection: options that keep promises, and what the server at its other end offers.

use std::{net::IpAddr, time::Duration};

use mongodb::{
    Client, Database,
    bson::{Document, doc},
    options::{
        Acknowledgment, ClientOptions, ConnectionString, ReadConcern, SelectionCriteria, ServerAddress, Tls,
        TlsOptions, WriteConcern,
    },
};
use storage::{Error, Features};

use crate::{Config, config::DATABASE, error::Fault};

const MALFORMED: &str = "database.uri isn't a MongoDB connection string: write mongodb://USER:PASSWORD@HOST/DATABASE, with \
                         %-signs for what isn't a letter or digit in user and password, and only options that MongoDB's \
                         drivers know";

/// What a server can do that not every server can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// Several changes at once, all or none; and news of changes that other nodes make.
    pub transactions: bool,
}

impl Offer {
    pub(crate) fn features(self) -> Features {
        let Offer { transactions } = self;
        Features { transactions, change_feed: transactions, explain: true, ..Features::default() }
    }
}

/// Connects, and asks the server what it offers.
///
/// # Errors
/// [`Error::Unavailable`] when nobody answers in time, with what to do.
pub(crate) async fn connect(config: &Config) -> Result<(Client, Database, Offer), Fault> {
    let client = Client::with_options(options(config).await?)?;
    let database = client.default_database().unwrap_or_else(|| client.database(DATABASE));
    let offer = offer(&client).await?;
    Ok((client, database, offer))
}

/// A change is answered when a majority has it in its journal: nothing acknowledged is ever taken back.
pub(crate) fn durable() -> WriteConcern {
    WriteConcern::builder().w(Acknowledgment::Majority).journal(true).build()
}

/// Reads a connection string as far as that needs no network.
///
/// # Errors
/// [`Error::Unavailable`]: a text that can't be read may hold the password, so nothing of it is repeated.
pub(crate) fn understand(uri: &str) -> Result<(), Error> {
    ConnectionString::parse(uri).map(drop).map_err(|_| Error::Unavailable(MALFORMED.into()))
}

async fn options(config: &Config) -> Result<ClientOptions, Fault> {
    let mut options = match ClientOptions::parse(&config.uri).await {
        Ok(options) => options,
        Err(error) => {
            let fault = Fault::from(error);
            // A text that can't be read may hold the password, so nothing of it is repeated.
            return Err(match fault.error {
                Error::Unavailable(_) => fault,
                _ => Error::Unavailable(MALFORMED.into()).into(),
            });
        }
    };
    secure(&mut options)?;
    let patience = Duration::from_millis(config.patience_ms);
    options.app_name = Some(options.app_name.unwrap_or_else(|| "parapet".into()));
    options.max_pool_size = Some(options.max_pool_size.unwrap_or(config.connections.max(1)));
    options.server_selection_timeout = Some(patience);
    options.connect_timeout = Some(options.connect_timeout.unwrap_or(patience));
    options.retry_reads = Some(true);
    options.retry_writes = Some(true);
    options.write_concern = Some(durable());
    options.read_concern = Some(ReadConcern::local());
    options.selection_criteria =
        Some(SelectionCriteria::ReadPreference(mongodb::options::ReadPreference::Primary));
    Ok(options)
}

/// Demands TLS, and certificates that are checked, of servers that aren't on this machine: what goes over that wire is PHI
/// (45 CFR 164.312(e)). `tls=false` says that it is meant otherwise.
fn secure(options: &mut ClientOptions) -> Result<(), Fault> {
    let elsewhere = |host: &ServerAddress| match host {
        ServerAddress::Tcp { host, .. } => {
            let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
            host != "localhost" && !address.is_ok_and(|address| address.is_loopback())
        }
        _ => false,
    };
    match &options.tls {
        None if options.hosts.iter().any(elsewhere) => {
            options.tls = Some(Tls::Enabled(TlsOptions::default()));
        }
        Some(Tls::Enabled(tls)) if tls.allow_invalid_certificates == Some(true) => {
            let text = "database.uri turns the check of MongoDB's certificate off: leave tlsInsecure and \
                        tlsAllowInvalidCertificates out, and name the authority that issued it in tlsCAFile";
            return Err(Error::Unavailable(text.into()).into());
        }
        _ => {}
    }
    Ok(())
}

async fn offer(client: &Client) -> Result<Offer, Fault> {
    let hello = client.database("admin").run_command(doc! {"hello": 1}).await?;
    // A router of a sharded cluster names itself so.
    let router = hello.get_str("msg").is_ok_and(|message| message == "isdbgrid");
    let transactions = router || hello.get_str("setName").is_ok();
    Ok(Offer { transactions })
}

/// Asks whether the primary takes changes.
///
/// # Errors
/// [`Error::Unavailable`] with what to do.
pub(crate) async fn ping(database: &Database) -> Result<(), Fault> {
    let hello: Document = database.run_command(doc! {"hello": 1}).await?;
    if hello.get_bool("isWritablePrimary").unwrap_or_default() {
        return Ok(());
    }
    Err(Error::Unavailable(
        "MongoDB's server isn't the primary now: wait for an election, or name all nodes in database.uri"
            .into(),
    )
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn tls(uri: &str) -> Result<Option<bool>, String> {
        let config = Config { uri: uri.to_owned(), ..Config::default() };
        let options = options(&config).await.map_err(|fault| fault.error.to_string())?;
        Ok(options.tls.map(|tls| matches!(tls, Tls::Enabled(_))))
    }

    #[tokio::test]
    async fn servers_elsewhere_are_spoken_to_over_tls_unless_it_is_said_otherwise() {
        for (uri, expected) in [
            ("mongodb://db.example.org/x", Some(true)),
            ("mongodb://127.0.0.1,db.example.org/x", Some(true)),
            ("mongodb://db.example.org/x?tls=true", Some(true)),
            ("mongodb://db.example.org/x?tls=false", Some(false)),
            ("mongodb://localhost:27017,127.0.0.1,[::1]/x", None),
        ] {
            assert_eq!(tls(uri).await, Ok(expected), "{uri}");
        }
        for insecure in ["tlsInsecure=true", "tlsAllowInvalidCertificates=true"] {
            let said = tls(&format!("mongodb://u:hunter2@db.example.org/x?tls=true&{insecure}")).await;
            let said = said.unwrap_err();
            assert!(said.contains("tlsCAFile") && !said.contains("hunter2"), "{said}");
        }
    }
}
