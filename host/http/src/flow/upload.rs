//! Upload to customs: a form field over HTTPS.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use cebridge_pay179::Reply;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

use crate::tls::{self, TlsError};

/// Error setting up uploads.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UploadError {
    /// The address is unusable.
    #[error("[pay179] upload-url is no usable address: {0}")]
    Url(String),
    /// Payment data would travel unprotected.
    #[error("[pay179] upload-url begins with http://, so others could read the payment data; use https://")]
    Unprotected,
    /// The trust file is unusable.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Largest answer that is read, in bytes.
const LARGEST: u64 = 64 << 10;

/// Delivers signed payment data.
pub trait Upload: Send + Sync {
    /// Uploads `payExInfoStr` and waits at most `timeout` for the answer.
    ///
    /// # Errors
    /// No answer, or none in customs' form; a retry is allowed.
    fn upload(&self, payload: &str, timeout: Duration) -> Result<Reply, String>;
}

/// Uploads by HTTP POST.
#[derive(Debug)]
pub struct HttpUpload {
    agent: ureq::Agent,
    url: String,
}

impl HttpUpload {
    /// Uploads to `url`. `trust` is a PEM file with the issuers whose server certificates are accepted; without it,
    /// those of the public web are.
    ///
    /// # Errors
    /// [`UploadError`]; plain HTTP is accepted only to the local machine.
    pub fn new(url: &str, trust: Option<&Path>) -> Result<Self, UploadError> {
        let parsed: ureq::http::Uri = url.parse().map_err(|error| UploadError::Url(format!("{error}")))?;
        let host = parsed.host().unwrap_or_default();
        match parsed.scheme_str() {
            Some("https") => {}
            Some("http") if is_own_machine(host) => {}
            Some("http") => return Err(UploadError::Unprotected),
            _ => return Err(UploadError::Url("write https://HOST/PATH".to_owned())),
        }
        let roots = match trust {
            None => RootCerts::WebPki,
            Some(path) => {
                let found = tls::certificates(path, "issuers of customs' certificate")?;
                let found: Vec<Certificate<'static>> =
                    found.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
                RootCerts::new_with_certs(&found)
            }
        };
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(tls::provider())
            .root_certs(roots)
            .build();
        let agent = ureq::Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            // Payment data goes to the configured address and nowhere else.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .build()
            .new_agent();
        Ok(Self {
            agent,
            url: url.to_owned(),
        })
    }
}

fn is_own_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Upload for HttpUpload {
    fn upload(&self, payload: &str, timeout: Duration) -> Result<Reply, String> {
        let mut response = self
            .agent
            .post(&self.url)
            .config()
            .timeout_global(Some(timeout))
            .build()
            .send_form([("payExInfoStr", payload)])
            .map_err(|error| error.to_string())?;
        let status = response.status().as_u16();
        let text = response
            .body_mut()
            .with_config()
            .limit(LARGEST)
            .read_to_string()
            .map_err(|error| format!("HTTP {status}, and its answer can't be read: {error}"))?;
        if status != 200 {
            return Err(format!("HTTP {status}"));
        }
        serde_json::from_str(&text).map_err(|error| format!("the answer is not of customs' form: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payment_data_leaves_the_machine_by_https_only() {
        for url in [
            "https://customs.example/up",
            "http://127.0.0.1:1/up",
            "http://[::1]:1/up",
            "http://localhost/up",
        ] {
            assert!(HttpUpload::new(url, None).is_ok(), "{url}");
        }
        for url in ["http://customs.example/up", "http://127.0.0.1.example/up"] {
            assert!(
                matches!(HttpUpload::new(url, None), Err(UploadError::Unprotected)),
                "{url}"
            );
        }
        for url in ["customs.example/up", "ftp://customs.example", ""] {
            assert!(matches!(HttpUpload::new(url, None), Err(UploadError::Url(_))), "{url}");
        }
    }
}
