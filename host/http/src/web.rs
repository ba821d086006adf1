//! Starts and stops the serving threads, and refuses unsafe settings before anything listens.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use crate::flow::store::StoreError;
use crate::flow::{self, Flow, FlowOptions, FlowParts, Tell};
use crate::server::{self, Limits};
use crate::service::routes::{self, Shared};
use crate::service::{ServiceOptions, SignService, SignatureLog};
use crate::tls::{self, TlsError};

/// Time for running requests to finish when the host stops.
const PATIENCE: Duration = Duration::from_secs(5);

/// Error opening a listener.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A non-loopback address without TLS.
    #[error(
        "[service] listen = \"{0}\" can be reached from other machines without TLS; set certificate and key in [service], \
         or listen on 127.0.0.1"
    )]
    OpenWithoutTls(SocketAddr),
    /// No client is configured.
    #[error("[service] has no client; add [[service.clients]] with name, token-sha256 and enterprises")]
    NoClient,
    /// TLS can't be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address is taken or forbidden.
    #[error("cannot listen on {address}: {source}; choose another address, or give the program the right to use it")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The reason.
        source: std::io::Error,
    },
    /// The store for customs' requests failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The threads can't be started.
    #[error("cannot start the threads of the HTTP interface: {0}")]
    Threads(std::io::Error),
}

/// The threads behind all listeners. Dropping it stops them.
pub struct Web {
    runtime: Option<Runtime>,
    stop: watch::Sender<bool>,
    tell: Tell,
}

/// An open listener.
#[derive(Debug, Clone, Copy)]
pub struct Running {
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

    /// Opens the signing service.
    ///
    /// # Errors
    /// [`StartError`]; an address reachable by others is refused without TLS.
    pub fn sign_service(
        &self,
        options: &ServiceOptions,
        service: Arc<dyn SignService>,
        log: Arc<dyn SignatureLog>,
    ) -> Result<Running, StartError> {
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
            service,
            log,
            tell: Arc::clone(&self.tell),
            limits: options.limits,
            room: Arc::new(Semaphore::new(options.limits.requests)),
        });
        self.open(options.listen, routes::router(shared), acceptor, options.limits)
    }

    /// Opens the endpoint where customs requests payment data, and resumes accepted requests that are not done.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn pay179(&self, options: &FlowOptions, parts: FlowParts) -> Result<Running, StartError> {
        let Some(runtime) = &self.runtime else {
            return Err(StartError::Threads(std::io::Error::other("stopped already")));
        };
        let flow = Flow::open(options, parts, Arc::clone(&self.tell), runtime.handle().clone())?;
        let limits = Limits {
            body: 64 << 10,
            request: Duration::from_secs(20),
            ..Limits::default()
        };
        let running = self.open(
            options.listen,
            flow::routes::router(Arc::clone(&flow), limits),
            None,
            limits,
        )?;
        flow.resume();
        Ok(running)
    }

    fn open(
        &self,
        address: SocketAddr,
        router: Router,
        tls: Option<TlsAcceptor>,
        limits: Limits,
    ) -> Result<Running, StartError> {
        let Some(runtime) = &self.runtime else {
            return Err(StartError::Threads(std::io::Error::other("stopped already")));
        };
        let failed = |source| StartError::Listen { address, source };
        let listener = runtime.block_on(TcpListener::bind(address)).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        runtime.spawn(server::serve(listener, router, tls, limits, self.stop.subscribe()));
        Ok(Running { address })
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
