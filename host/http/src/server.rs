//! Accepts connections within limits: number, time for the head of a request, total time.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use crate::problem::Problem;

/// Limits of a listener. The defaults are arbitrary except for the body: no message is larger.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Largest body in bytes.
    pub body: usize,
    /// Concurrent connections; further ones wait in the listener's queue.
    pub connections: usize,
    /// Concurrent requests; further ones are asked to retry.
    pub requests: usize,
    /// Time for a TLS handshake and for the head of a request: slow senders are cut off.
    pub head: Duration,
    /// Time for a request with its body and its answer.
    pub request: Duration,
    /// Longest life of a connection, however busy.
    pub connection: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 16 << 20,
            connections: 256,
            requests: 16,
            head: Duration::from_secs(10),
            request: Duration::from_secs(60),
            connection: Duration::from_secs(600),
        }
    }
}

/// Serves until `stop` turns true; running requests finish first.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<TlsAcceptor>,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(limits.connections));
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(&mut stop) => return,
        };
        let Ok((stream, _)) = accepted else {
            // Out of file descriptors, or the peer has left already: try again in a moment.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (router, tls, stop) = (router.clone(), tls.clone(), stop.clone());
        tokio::spawn(async move {
            let life = tokio::time::timeout(limits.connection, connection(stream, router, tls, limits, stop));
            // A connection that lived too long is dropped silently.
            let _ = life.await;
            drop(permit);
        });
    }
}

async fn connection(
    stream: TcpStream,
    router: Router,
    tls: Option<TlsAcceptor>,
    limits: Limits,
    stop: watch::Receiver<bool>,
) {
    // Answers are small; batching them would only delay them.
    let _ = stream.set_nodelay(true);
    match tls {
        None => http(stream, router, limits, stop).await,
        Some(acceptor) => {
            if let Ok(Ok(stream)) = tokio::time::timeout(limits.head, acceptor.accept(stream)).await {
                http(stream, router, limits, stop).await;
            }
        }
    }
}

async fn http<S>(stream: S, router: Router, limits: Limits, mut stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut served = pin!(served);
    tokio::select! {
        // Broken connections are the peer's concern.
        _ = served.as_mut() => {}
        () = stopped(&mut stop) => {
            served.as_mut().graceful_shutdown();
            let _ = served.await;
        }
    }
}

/// Returns when the host stops, or is gone.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stopped| *stopped).await;
}

/// Reads the whole body, up to the limit.
pub(crate) async fn body(headers: &HeaderMap, body: Body, limit: usize) -> Result<axum::body::Bytes, Problem> {
    let too_large = || {
        let detail = format!("the body has more than {limit} bytes; send messages one by one");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail)
    };
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    axum::body::to_bytes(body, limit).await.map_err(|error| {
        if std::error::Error::source(&error).is_some_and(|source| source.to_string().contains("length limit")) {
            too_large()
        } else {
            Problem::new(StatusCode::BAD_REQUEST, "incomplete", "the body did not arrive whole")
        }
    })
}

/// Cancels a request that takes too long.
pub(crate) async fn in_time<F>(limit: Duration, answer: F) -> Result<axum::response::Response, Infallible>
where
    F: Future<Output = axum::response::Response>,
{
    use axum::response::IntoResponse;
    Ok(tokio::time::timeout(limit, answer).await.unwrap_or_else(|_| {
        let detail = format!("no answer within {} seconds; try again", limit.as_secs());
        Problem::new(StatusCode::REQUEST_TIMEOUT, "timeout", detail).into_response()
    }))
}
