//! Starts and stops the serving threads, and refuses unsafe settings before anything listens.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use cebridge_engine::Running;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use crate::error::StartError;
use crate::flow::{self, Flow, FlowOptions, FlowParts};
use crate::server::{self, Limits};
use crate::service::ServiceOptions;
use crate::service::routes::{self, Shared};
use crate::service::signing::Signing;
use crate::tell::Tell;
use crate::tls;

/// Time for running requests to finish when the host stops.
const PATIENCE: Duration = Duration::from_secs(5);

/// The threads behind all listeners. Dropping it stops them.
pub struct Web {
    runtime: Option<Runtime>,
    stop: watch::Sender<bool>,
    tell: Tell,
}

/// An open listener.
#[derive(Debug, Clone, Copy)]
pub struct Listener {
    /// Its address, with the actual port if 0 was requested.
    pub address: SocketAddr,
}

impl Web {
    /// Starts the threads. The callback gets a line for everything people should know.
    ///
    /// # Errors
    /// [`StartError::Threads`].
    pub fn new(tell: Tell) -> Result<Self, StartError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("http")
            .enable_all()
            .build()
            .map_err(StartError::Threads)?;
        Ok(Self {
            runtime: Some(runtime),
            stop: watch::Sender::new(false),
            tell,
        })
    }

    /// Opens the signing service of a running host.
    ///
    /// # Errors
    /// [`StartError`]; an address reachable by others is refused without TLS.
    pub fn sign_service(&self, options: &ServiceOptions, running: Running) -> Result<Listener, StartError> {
        if options.tls.is_none() && !options.listen.ip().is_loopback() {
            return Err(StartError::OpenWithoutTls(options.listen));
        }
        if options.clients.is_empty() {
            return Err(StartError::NoClient);
        }
        let acceptor = match &options.tls {
            Some(files) => Some(TlsAcceptor::from(tls::server(files)?)),
            None => None,
        };
        let shared = Arc::new(Shared {
            clients: options.clients.clone(),
            signing: Signing::new(running)?,
            tell: Arc::clone(&self.tell),
            strangers: Mutex::default(),
            limits: options.limits,
            room: Arc::new(Semaphore::new(options.limits.requests)),
        });
        self.open(options.listen, routes::router(shared), acceptor, options.limits)
    }

    /// Opens the endpoint where customs requests payment data, and resumes accepted requests that are not done.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn pay179(&self, options: &FlowOptions, parts: FlowParts) -> Result<Listener, StartError> {
        let Some(runtime) = &self.runtime else {
            return Err(StartError::Threads(std::io::Error::other("stopped already")));
        };
        let flow = Flow::open(options, parts, Arc::clone(&self.tell), runtime.handle().clone())?;
        let limits = Limits {
            body: 64 << 10,
            request: Duration::from_secs(20),
            ..Limits::default()
        };
        let listener = self.open(
            options.listen,
            flow::routes::router(Arc::clone(&flow), limits),
            None,
            limits,
        )?;
        flow.resume();
        Ok(listener)
    }

    fn open(
        &self,
        address: SocketAddr,
        router: Router,
        tls: Option<TlsAcceptor>,
        limits: Limits,
    ) -> Result<Listener, StartError> {
        let Some(runtime) = &self.runtime else {
            return Err(StartError::Threads(std::io::Error::other("stopped already")));
        };
        let failed = |source| StartError::Listen { address, source };
        let listener = runtime.block_on(TcpListener::bind(address)).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        runtime.spawn(server::serve(listener, router, tls, limits, self.stop.subscribe()));
        Ok(Listener { address })
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(runtime) = self.runtime.take() {
            // Every open connection holds a receiver; when the last one is gone, all answers have been sent.
            let ended = async { tokio::time::timeout(PATIENCE, self.stop.closed()).await };
            if runtime.block_on(ended).is_err() {
                (self.tell)("HTTP interface: some requests did not end in time and were cut off");
            }
            // Let running requests end; customs' requests are recorded and resumed at the next start.
            runtime.shutdown_timeout(PATIENCE);
        }
    }
}
