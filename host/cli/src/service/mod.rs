//! The services that `run` opens: the signing service and the payment data endpoint, as configured.

mod signing;

use crate::context::Failure;
use cebridge_clock::SystemClock;
use cebridge_engine::config::{Config, Enterprise, Service};
use cebridge_engine::running::Running;
use cebridge_http::{
    Client, Clients, FlowOptions, FlowParts, FolderSource, HttpUpload, Limits, Sealer, ServiceOptions, Tell, TlsFiles,
    Web,
};
use cebridge_pay179::{Method, SignFault, Unsigned};
use cebridge_signature::KeyFault;
use signing::EngineSigner;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Opens the configured services; `None` if there are none. Keep the result for as long as they should run.
pub(crate) fn start(running: &Running, tell: &Tell) -> Result<Option<Web>, Failure> {
    let engine = running.engine();
    let config = &engine.config;
    if config.service.listen.is_none() && config.pay179.listen.is_none() {
        return Ok(None);
    }
    let fail = |error: &dyn std::fmt::Display| Failure::Other(error.to_string());
    let web = Web::new(Arc::clone(tell)).map_err(|error| fail(&error))?;
    if let Some(listen) = config.service.listen {
        let options = options(config, &config.service, listen)?;
        let host = Arc::new(EngineSigner::new(running.clone(), Arc::clone(tell))?);
        let running = web
            .sign_service(&options, host.clone(), host)
            .map_err(|error| fail(&error))?;
        let scheme = if options.tls.is_some() { "https" } else { "http" };
        tell(&format!(
            "the signing service listens on {scheme}://{}",
            running.address
        ));
    }
    if let Some(listen) = config.pay179.listen {
        let running = web
            .pay179(&flow_options(config, listen), flow_parts(running)?)
            .map_err(|error| fail(&error))?;
        tell(&format!(
            "payment data: http://{}/platDataOpen waits for customs",
            running.address
        ));
    }
    Ok(Some(web))
}

fn options(config: &Config, service: &Service, listen: SocketAddr) -> Result<ServiceOptions, Failure> {
    let tls = match (&service.certificate, &service.key) {
        (Some(certificate), Some(key)) => Some(TlsFiles {
            certificate: config.path(certificate),
            key: config.path(key),
            client_ca: service.client_ca.as_ref().map(|path| config.path(path)),
        }),
        (None, None) if service.client_ca.is_none() => None,
        _ => {
            let text = "[service] certificate and key go together, and client-ca needs both; set all that are missing";
            return Err(Failure::Other(text.to_owned()));
        }
    };
    let clients: Result<Vec<Client>, _> = service
        .clients
        .iter()
        .map(|client| Client::new(&client.name, &client.token_sha256, client.enterprises.clone()))
        .collect();
    let clients = clients
        .and_then(Clients::new)
        .map_err(|error| Failure::Other(error.to_string()))?;
    let standard = Limits::default();
    Ok(ServiceOptions {
        listen,
        tls,
        clients,
        limits: Limits {
            requests: service.requests.unwrap_or(standard.requests).max(1),
            request: service
                .timeout
                .map_or(standard.request, |seconds| Duration::from_secs(seconds.max(1))),
            ..standard
        },
    })
}

fn flow_options(config: &Config, listen: SocketAddr) -> FlowOptions {
    FlowOptions {
        listen,
        folder: config.path(&config.pay179.folder),
        first_wait: Duration::from_secs(1),
        upload_timeout: Duration::from_secs(20),
    }
}

fn flow_parts(running: &Running) -> Result<FlowParts, Failure> {
    let engine = running.engine();
    let settings = &engine.config.pay179;
    let Some(url) = &settings.upload_url else {
        let text = "[pay179] upload-url is missing; set the address that customs gave for realTimeDataUpload";
        return Err(Failure::Other(text.to_owned()));
    };
    let owner = engine.config.choose_enterprise(settings.enterprise.as_deref())?;
    if engine.keys(owner).is_none() {
        let text = format!("[pay179] needs a key of {} to sign by", owner.id());
        return Err(Failure::Other(text));
    }
    let trust = settings.upload_trust.as_ref().map(|path| engine.config.path(path));
    let upload = HttpUpload::new(url, trust.as_deref()).map_err(|error| Failure::Other(error.to_string()))?;
    Ok(FlowParts {
        source: Arc::new(FolderSource::new(engine.config.path(&settings.folder).join("orders"))),
        sealer: Arc::new(EngineSealer {
            method: settings.method,
            enterprise: owner.clone(),
            running: running.clone(),
        }),
        upload: Arc::new(upload),
        clock: Arc::new(SystemClock),
    })
}

/// Signs payment data with the enterprise's key.
struct EngineSealer {
    running: Running,
    enterprise: Enterprise,
    method: Option<Method>,
}

impl Sealer for EngineSealer {
    fn seal(&self, unsigned: &Unsigned) -> Result<String, SignFault> {
        let missing =
            |what: &str| SignFault::Key(KeyFault::Unavailable(format!("{} has no {what}", self.enterprise.id())));
        let engine = self.running.engine();
        let pool = engine.keys(&self.enterprise).ok_or_else(|| missing("key"))?;
        pool.with_key(
            |key| key.certificate().is_some(),
            |lease| {
                let certificate = lease.certificate().ok_or_else(|| missing("certificate"))?;
                unsigned.sign(lease.signing_key().as_ref(), self.method, certificate)
            },
        )
    }
}
