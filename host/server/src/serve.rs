//! Serving: listen, answer until told to stop, let requests in flight finish, close.

mod unread;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

use unread::Unread;

use crate::{
    config::{Config, Server},
    exit::Exit,
    folder::Folder,
    keyfile::Fresh,
    stop::Stop,
    wire::{self, App, Sources},
};

/// The status of a process that a second signal ended before its requests were done.
const STOPPED_AT_ONCE: i32 = 130;

/// Is what stands once the server answers.
#[derive(Debug)]
pub struct Listening {
    /// Where Parse clients reach it: scheme, address, port and mount path.
    pub url: String,
    /// The keys that this start made, if it was the first.
    pub fresh: Option<Fresh>,
}

/// Runs a server from start to stop, by the signals of this process; `greet` is told once it listens.
///
/// # Errors
/// What kept it from starting, with its [`Exit`]; and what failed while it closed.
pub async fn run(config: Config, greet: impl FnOnce(&Listening)) -> anyhow::Result<()> {
    let mut stop = Stop::listen()?;
    config.check().context(Exit::Settings)?;
    let folder = Folder::open(&config.server.data_dir).context(Exit::Folder)?;
    let server = config.server.clone();
    // Listened on before anything is opened, so that a wrong port is told at once.
    let listener = bind(SocketAddr::new(server.host, server.port)).context(Exit::Address)?;
    let address = listener.local_addr()?;
    let mount = config.rest.mount_path.clone();

    let mut app = wire::build(config, Sources::default()).await?;
    let listening = Listening { url: format!("http://{address}{mount}"), fresh: app.fresh.take() };
    greet(&listening);
    tracing::info!(url = listening.url, "listening");

    let (tell, told) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let signal = stop.next().await;
        let _ = tell.send(signal);
        stop.next().await;
        std::process::exit(STOPPED_AT_ONCE);
    });
    let signal = async {
        // Awaited outside of the log line, which isn't evaluated when its level is off.
        let signal = told.await.unwrap_or("no signal");
        tracing::info!(signal, "stopping");
    };
    until(app, listener, &server, signal).await?;
    drop(folder);
    tracing::info!("stopped");
    Ok(())
}

/// Answers on a listener until `stop` comes to its end, lets requests in flight finish, and closes the server.
///
/// # Errors
/// What failed while it closed.
pub async fn until(
    app: App,
    listener: TcpListener,
    server: &Server,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    answer(&app.router, listener, server, &app.running, stop).await;
    app.close().await.context("closing")
}

/// Answers on a listener until `stop` comes to its end, and lets requests in flight finish.
pub(crate) async fn answer(
    router: &Router,
    listener: TcpListener,
    server: &Server,
    running: &rest::Running,
    stop: impl Future<Output = ()>,
) {
    let limits = Limits {
        connections: Arc::new(Semaphore::new(server.max_connections.max(1))),
        head: Duration::from_secs(server.header_timeout.max(1)),
    };
    let graceful = GracefulShutdown::new();
    tokio::select! {
        () = stop => {}
        () = accept(&listener, router, &limits, &graceful) => {}
    };
    // From here on, new connections are refused.
    drop(listener);
    let idle = async {
        graceful.shutdown().await;
        // A client that left early has no connection any more, but its request goes on.
        running.idle().await;
    };
    if tokio::time::timeout(Duration::from_secs(server.drain), idle).await.is_err() {
        tracing::warn!(seconds = server.drain, "some requests were still in flight when time was up");
    }
}

struct Limits {
    connections: Arc<Semaphore>,
    head: Duration,
}

/// Listens on an address, even one that a server of a moment ago left in TIME_WAIT.
pub(crate) fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let open = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(1024)
    };
    open().map_err(|error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AddrInUse => anyhow!(
            "port {} is in use: stop the other server, or choose another port with PORT or --port",
            address.port()
        ),
        std::io::ErrorKind::PermissionDenied => {
            anyhow!("this user may not listen on port {}: choose one from 1024 on", address.port())
        }
        std::io::ErrorKind::AddrNotAvailable => anyhow!("{} is no address of this machine", address.ip()),
        _ => anyhow!("{address}: {error}"),
    })
}

/// Accepts connections for as long as it is polled.
async fn accept(listener: &TcpListener, router: &Router, limits: &Limits, graceful: &GracefulShutdown) {
    loop {
        // A permit first: who can't be served yet waits in the kernel's queue and costs nothing here.
        let Ok(permit) = limits.connections.clone().acquire_owned().await else { return };
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, mostly: wait until some connection ends.
                tracing::warn!(%error, "a connection couldn't be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let connection = connection(stream, peer, router.clone(), limits.head);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A client that breaks off or talks nonsense concerns nobody else.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(permit);
        });
    }
}

/// Puts a connection together: its limits, and the router with the peer's address at hand.
fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    head: Duration,
) -> impl hyper_util::server::graceful::GracefulConnection<Output = hyper::Result<()>, Error = hyper::Error> {
    // Answers are written whole, so waiting for more to send only costs time.
    let _ = stream.set_nodelay(true);
    let answer = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let router = router.clone();
        async move {
            let answer: Result<_, Infallible> = router.oneshot(request).await;
            answer
        }
    });
    hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(128 * 1024)
        .serve_connection(TokioIo::new(Unread::new(stream)), answer)
}

#[cfg(test)]
mod tests;
