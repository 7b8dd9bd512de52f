//! TLS that is asked for is verified.

use std::{
    os::unix::fs::{PermissionsExt as _, chown},
    path::Path,
    process::Command,
};

use ::servers::postgres::Cluster;

use super::*;

/// Makes an authority and a certificate of a server for a name, in a folder.
fn certify(folder: &Path, name: &str) {
    let openssl = |words: &str| {
        let done = Command::new("openssl").args(words.split_whitespace()).current_dir(folder).output();
        let done = done.expect("the tests need openssl");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    std::fs::write(folder.join("names"), format!("subjectAltName={name}")).unwrap();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(&format!("req -x509 {key} -keyout ca.key -out ca.pem -subj /CN=authority -days 2"));
    openssl(&format!("req {key} -keyout server.key -out server.csr -subj /CN=server"));
    openssl(
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile names",
    );
    // Readable for the server's user, which isn't root's.
    let _ = chown(folder.join("server.key"), None, Some(65_534));
    for (file, mode) in [("server.key", 0o640), ("server.pem", 0o644), ("ca.pem", 0o644), ("", 0o755)] {
        std::fs::set_permissions(folder.join(file), std::fs::Permissions::from_mode(mode)).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_right_server_is_spoken_to() {
    let folder = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    certify(folder.path(), "DNS:localhost");
    certify(other.path(), "DNS:localhost");
    let place = |file: &str| folder.path().join(file).display().to_string();
    let settings = [
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", place("server.pem")),
        format!("ssl_key_file={}", place("server.key")),
        "fsync=off".to_owned(),
    ];
    let cluster = tokio::task::spawn_blocking(move || {
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        Cluster::start(&settings).unwrap()
    });
    let port = cluster.await.unwrap();
    let (cluster, port) = (&port, port.port());
    let config = PostgresConfig { patience_ms: 500, ..Place::config() };
    let uri = |host: &str, rest: &str| format!("postgres://postgres@{host}:{port}/postgres?{rest}");
    let authority = format!("sslmode=require&sslrootcert={}", place("ca.pem"));

    let storage = Postgres::open(&uri("localhost", &authority), &config).await.unwrap();
    let mut lent = storage.inner.pool.lend().await.unwrap();
    let text = "SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let used = run::texts(lent.connection(), crate::statement::Statement::new(text)).await;
    lent.back(&used);
    assert_eq!(used.unwrap(), ["true"]);

    let stranger = format!("ssl=true&ca={}", other.path().join("ca.pem").display());
    for refused in [uri("localhost", "ssl=true"), uri("localhost", &stranger), uri("127.0.0.1", &authority)] {
        let Err(Error::Unavailable(text)) = Postgres::open(&refused, &config).await else {
            panic!("{refused} opens")
        };
        assert!(text.contains("certificate"), "{text}");
    }
    drop(storage);
    let _ = cluster;
}
