//! Opens the services that the configuration asks for.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cebridge_clock::SystemClock;
use cebridge_engine::Running;
use cebridge_engine::config::{Config, Service};

use crate::auth::{Client, Clients};
use crate::error::StartError;
use crate::flow::payment_signer::PaymentSigner;
use crate::flow::source::FolderSource;
use crate::flow::upload::HttpUpload;
use crate::flow::{FlowOptions, FlowParts};
use crate::server::Limits;
use crate::service::ServiceOptions;
use crate::tell::Tell;
use crate::tls::TlsFiles;
use crate::web::Web;

/// Opens the configured services; `None` if there are none. Keep the result for as long as they should run.
///
/// # Errors
/// [`StartError`].
pub fn start(running: &Running, tell: &Tell) -> Result<Option<Web>, StartError> {
    let engine = running.engine();
    let config = &engine.config;
    if config.service.listen.is_none() && config.pay179.listen.is_none() {
        return Ok(None);
    }
    let web = Web::new(Arc::clone(tell))?;
    if let Some(listen) = config.service.listen {
        let options = service_options(config, &config.service, listen)?;
        let opened = web.sign_service(&options, running.clone())?;
        let scheme = if options.tls.is_some() { "https" } else { "http" };
        tell(&format!("the signing service listens on {scheme}://{}", opened.address));
    }
    if let Some(listen) = config.pay179.listen {
        let options = FlowOptions {
            listen,
            folder: config.path(&config.pay179.folder),
            first_wait: Duration::from_secs(1),
            upload_timeout: Duration::from_secs(20),
        };
        let opened = web.pay179(&options, flow_parts(running)?)?;
        tell(&format!(
            "payment data: http://{}/platDataOpen waits for customs",
            opened.address
        ));
    }
    Ok(Some(web))
}

fn service_options(config: &Config, service: &Service, listen: SocketAddr) -> Result<ServiceOptions, StartError> {
    let tls = match (&service.certificate, &service.key) {
        (Some(certificate), Some(key)) => Some(TlsFiles {
            certificate: config.path(certificate),
            key: config.path(key),
            client_ca: service.client_ca.as_ref().map(|path| config.path(path)),
        }),
        (None, None) if service.client_ca.is_none() => None,
        _ => return Err(StartError::IncompleteTls),
    };
    let clients: Result<Vec<Client>, _> = service
        .clients
        .iter()
        .map(|client| Client::new(&client.name, &client.token_sha256, client.enterprises.clone()))
        .collect();
    let standard = Limits::default();
    Ok(ServiceOptions {
        listen,
        tls,
        clients: Clients::new(clients?)?,
        limits: Limits {
            requests: service.requests.unwrap_or(standard.requests).max(1),
            request: service
                .timeout
                .map_or(standard.request, |seconds| Duration::from_secs(seconds.max(1))),
            ..standard
        },
    })
}

fn flow_parts(running: &Running) -> Result<FlowParts, StartError> {
    let engine = running.engine();
    let settings = &engine.config.pay179;
    let url = settings.upload_url.as_ref().ok_or(StartError::NoUploadUrl)?;
    let owner = engine.config.choose_enterprise(settings.enterprise.as_deref())?;
    if engine.keys(owner).is_none() {
        return Err(StartError::NoPaymentKey(owner.id().to_owned()));
    }
    let trust = settings.upload_trust.as_ref().map(|path| engine.config.path(path));
    Ok(FlowParts {
        source: Arc::new(FolderSource::new(engine.config.path(&settings.folder).join("orders"))),
        signer: PaymentSigner::new(running.clone(), owner.clone(), settings.method),
        upload: Arc::new(HttpUpload::new(url, trust.as_deref())?),
        clock: Arc::new(SystemClock),
    })
}
