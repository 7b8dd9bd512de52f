//! A server on a port of this machine: answers, limits, and its stop.

use super::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A server in memory that listens.
struct Served {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    done: JoinHandle<anyhow::Result<()>>,
    _memory: wire::Folder,
}

async fn serve(server: Server) -> Served {
    let memory = wire::in_memory(Config::default()).await.unwrap();
    let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, told) = oneshot::channel::<()>();
    let wire::Memory { app, folder, .. } = memory;
    let done = tokio::spawn(async move {
        until(app, listener, &server, async {
            let _ = told.await;
        })
        .await
    });
    Served { address, stop, done, _memory: folder }
}

const HEALTH: &[u8] = b"GET /parse/health HTTP/1.1\r\nHost: x\r\n\r\n";

async fn health(stream: &mut TcpStream) -> String {
    stream.write_all(HEALTH).await.unwrap();
    let mut answer = [0; 4096];
    let length = stream.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test]
async fn a_port_in_use_is_told_with_what_to_do() {
    let held = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let said = bind(held.local_addr().unwrap()).unwrap_err().to_string();
    assert!(said.starts_with(&format!("port {} is in use", held.local_addr().unwrap().port())), "{said}");
    let said = bind("192.0.2.1:0".parse().unwrap()).unwrap_err().to_string();
    assert!(said.contains("is no address of this machine"), "{said}");
}

#[tokio::test]
async fn stops_with_an_idle_connection_open_and_refuses_new_ones() {
    let served = serve(Server::default()).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    assert!(health(&mut stream).await.starts_with("HTTP/1.1 200 OK"));
    assert!(health(&mut stream).await.starts_with("HTTP/1.1 200 OK"), "the connection stays open");
    served.stop.send(()).unwrap();
    served.done.await.unwrap().unwrap();
    assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0, "the idle connection is closed");
    assert!(TcpStream::connect(served.address).await.is_err());
}

#[tokio::test]
async fn a_request_that_dawdles_is_cut_off_when_time_is_up() {
    let served = serve(Server { drain: 1, ..Server::default() }).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream.write_all(b"POST /parse/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{").await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    served.stop.send(()).unwrap();
    let closed = tokio::time::timeout(Duration::from_secs(10), served.done).await;
    closed.expect("the drain has a limit").unwrap().unwrap();
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut_off() {
    let served = serve(Server { header_timeout: 1, ..Server::default() }).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream.write_all(b"GET /parse/health HTTP/1.1\r\nHost:").await.unwrap();
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut rest)).await;
    ended.expect("the head has a limit").unwrap();
    assert!(!rest.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn connections_over_the_limit_wait_for_their_turn() {
    let served = serve(Server { max_connections: 1, ..Server::default() }).await;
    let mut first = TcpStream::connect(served.address).await.unwrap();
    assert!(health(&mut first).await.starts_with("HTTP/1.1 200 OK"));
    let mut second = TcpStream::connect(served.address).await.unwrap();
    let early = tokio::time::timeout(Duration::from_millis(300), health(&mut second)).await;
    assert!(early.is_err(), "nobody answers while the first connection is open");
    drop(first);
    let mut answer = [0; 64];
    let answered = tokio::time::timeout(Duration::from_secs(10), second.read(&mut answer)).await;
    answered.expect("its turn has come").unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 OK"));
}

/// What couldn't be read as HTTP was answered with nothing, which clients of a JSON API can't read.
#[tokio::test]
async fn what_is_no_http_is_refused_in_json() {
    let served = serve(Server::default()).await;
    let long = format!("GET /parse/{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(70_000));
    let wide = format!("GET /parse/health HTTP/1.1\r\nHost: x\r\nX-A: {}\r\n\r\n", "a".repeat(200_000));
    for (request, status) in [
        ("GET /parse/classes/A?where={\"a\":\"\u{e4}\"} HTTP/1.1\r\nHost: x\r\n\r\n", "400"),
        ("GET /parse/classes/A b HTTP/1.1\r\nHost: x\r\n\r\n", "400"),
        ("GET /parse/classes/<A> HTTP/1.1\r\nHost: x\r\n\r\n", "400"),
        ("GET /parse/health HTTP/1.1\r\nHo st: x\r\n\r\n", "400"),
        ("nonsense\r\n\r\n", "400"),
        (long.as_str(), "414"),
        (wide.as_str(), "431"),
    ] {
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        // The server may answer and close before it has taken everything.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer).unwrap();
        let shown: String = request.chars().take(60).collect();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{shown}: {answer}");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("content-type: application/json; charset=utf-8"), "{shown}: {answer}");
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert!(body["error"].as_str().is_some_and(|error| !error.is_empty()), "{shown}: {answer}");
    }
    served.stop.send(()).unwrap();
    served.done.await.unwrap().unwrap();
}
