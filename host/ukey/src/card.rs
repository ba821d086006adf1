//! Client of the card's local service: identifies the card and requests signatures, one at a time.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cebridge_signature::{Certificate, KeyFault, KeyKind, Scheme};
use serde::Deserialize;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::caution::{Caution, fault_without_pin};
use crate::check::{check, kind_of};
use crate::link::{Link, LinkError, Settled};
use crate::protocol::{Answer, Args, Method};

/// Default address of the service.
pub const DEFAULT_SERVICE: &str = "ws://127.0.0.1:61232";

/// Connection settings for the service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct CardConfig {
    /// Address, `ws://127.0.0.1:PORT`. Must be local, because requests carry the PIN.
    pub service: String,
    /// Time limit for connecting and the greeting.
    #[serde(with = "crate::seconds")]
    pub greeting_timeout: Duration,
    /// Time limit for a question about the card.
    #[serde(with = "crate::seconds")]
    pub call_timeout: Duration,
    /// Time limit for a signature. Cards have been seen to take 1.3 s.
    #[serde(with = "crate::seconds")]
    pub sign_timeout: Duration,
}

impl Default for CardConfig {
    fn default() -> CardConfig {
        CardConfig {
            service: DEFAULT_SERVICE.to_owned(),
            greeting_timeout: Duration::from_secs(5),
            call_timeout: Duration::from_secs(5),
            sign_timeout: Duration::from_secs(10),
        }
    }
}

/// A service address that is not on this machine.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is refused: the card service gets the PIN, so it must be on this machine; use {DEFAULT_SERVICE}")]
pub struct ServiceAddress(pub String);

/// Identity of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardIdentity {
    /// Card number (卡号).
    pub card_id: String,
    /// Number of the signing certificate as reported by the card (证书编号).
    pub cert_no: String,
    /// The signing certificate; its validity is read from it.
    pub certificate: Certificate,
}

/// The card behind the local service. `Debug` does not show the PIN.
pub struct CardClient {
    config: CardConfig,
    pin: Zeroizing<String>,
    link: Option<Link>,
    /// Never reused, even across reconnects, so that no answer can match two requests.
    last_id: i64,
    caution: Caution,
    /// The first card seen. The PIN belongs to it and is not sent to any other.
    known: Option<(CardIdentity, KeyKind)>,
}

impl fmt::Debug for CardClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CardClient")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl CardClient {
    /// Creates a client that connects on first use.
    ///
    /// # Errors
    /// If the address is not on this machine.
    pub fn new(config: CardConfig, pin: Zeroizing<String>) -> Result<CardClient, ServiceAddress> {
        if !is_local(&config.service) {
            return Err(ServiceAddress(config.service));
        }
        Ok(CardClient {
            config,
            pin,
            link: None,
            last_id: 0,
            caution: Caution::default(),
            known: None,
        })
    }

    /// The reason why the card is not asked to sign until the process is restarted: the PIN was refused, the card is
    /// locked or another card was inserted.
    pub fn stopped(&self) -> Option<&KeyFault> {
        self.caution.stopped()
    }

    /// Reads the card's identity; needs no PIN.
    ///
    /// # Errors
    /// [`KeyFault::Unavailable`] if service or card can't be reached.
    pub async fn identify(&mut self) -> Result<CardIdentity, KeyFault> {
        self.settle(self.config.call_timeout).await;
        let fresh = self.link.is_none();
        self.connect().await?;
        if !fresh {
            self.introduce().await?;
        }
        match &self.known {
            Some((identity, _)) => Ok(identity.clone()),
            None => Err(KeyFault::Unavailable("the card did not say who it is".to_owned())),
        }
    }

    /// Has the card sign a text (`SignedInfo` in canonical form). The value is verified with the card's certificate
    /// before it is returned.
    ///
    /// # Errors
    /// [`KeyFault`]. After a refused PIN, a locked card or a different card, every later call fails the same way
    /// without asking the card. Nor is the card asked once `deadline` has passed.
    pub async fn sign(&mut self, scheme: Scheme<'_>, message: &[u8], deadline: Instant) -> Result<Vec<u8>, KeyFault> {
        let text = std::str::from_utf8(message)
            .map_err(|_| KeyFault::Failed("the card signs texts in UTF-8 only".to_owned()))?;
        self.caution.permit()?;
        self.settle(self.config.sign_timeout).await;
        self.connect().await?;
        self.caution.permit()?;
        if Instant::now() >= deadline {
            return Err(KeyFault::Timeout(Duration::ZERO));
        }
        let (certificate, kind) = match &self.known {
            Some((identity, kind)) => (identity.certificate.clone(), *kind),
            None => return Err(KeyFault::Unavailable("the card did not say who it is".to_owned())),
        };
        if !scheme.fits(kind) {
            let scheme = scheme.to_string();
            return Err(KeyFault::WrongKind { kind, scheme });
        }
        let answer = self.ask_to_sign(text).await;
        self.examine_strays();
        let data = match answer?.outcome() {
            Ok(data) => data,
            Err(text) => {
                let fault = self.caution.refused(&text);
                if matches!(fault, KeyFault::Unavailable(_)) {
                    self.link = None;
                }
                return Err(fault);
            }
        };
        self.caution.signed();
        let value = data.first().and_then(|line| STANDARD.decode(line.trim()).ok());
        let value = value.ok_or_else(|| KeyFault::Failed("the card's signature is not Base64".to_owned()))?;
        check(&certificate, scheme, message, &value).map_err(|reason| {
            // Perhaps another card: identify it before the next signature.
            self.link = None;
            KeyFault::Failed(reason)
        })?;
        Ok(value)
    }

    async fn ask_to_sign(&mut self, text: &str) -> Result<Answer, KeyFault> {
        self.last_id += 1;
        let args = Args::Sign {
            in_data: text,
            passwd: &self.pin,
        };
        let Some(link) = &mut self.link else {
            return Err(KeyFault::Unavailable("not connected to the card service".to_owned()));
        };
        let result = link
            .call(Method::SignData, self.last_id, &args, self.config.sign_timeout)
            .await;
        result.map_err(|error| match error {
            LinkError::TooLarge(error) => KeyFault::Failed(error.to_string()),
            LinkError::Timeout(within) => {
                self.caution.unanswered();
                KeyFault::Timeout(within)
            }
            error => {
                self.caution.unanswered();
                self.unreachable(&error)
            }
        })
    }

    /// Waits for an outstanding answer; if it does not come, the connection is dropped.
    async fn settle(&mut self, within: Duration) {
        let Some(link) = &mut self.link else { return };
        match link.settle(within).await {
            Settled::Nothing => {}
            Settled::Answered {
                method: Method::SignData,
                answer,
            } => match answer.outcome() {
                Ok(_) => self.caution.signed(),
                Err(text) => drop(self.caution.refused(&text)),
            },
            Settled::Answered { .. } => {}
            Settled::Lost => self.link = None,
        }
        self.examine_strays();
    }

    /// Unsolicited answers are not used, but an error among them may be about the PIN.
    fn examine_strays(&mut self) {
        let strays = self.link.as_mut().map(Link::take_strays).unwrap_or_default();
        for text in strays.iter().filter_map(|answer| answer.outcome().err()) {
            drop(self.caution.refused(&text));
        }
    }

    async fn connect(&mut self) -> Result<(), KeyFault> {
        if self.link.is_some() {
            return Ok(());
        }
        match Link::open(&self.config.service, self.config.greeting_timeout).await {
            Ok(link) => self.link = Some(link),
            Err(error) => return Err(self.unreachable(&error)),
        }
        let introduced = self.introduce().await;
        if introduced.is_err() {
            self.link = None;
        }
        introduced
    }

    /// Identifies the card in the reader; a different card than before gets no PIN.
    async fn introduce(&mut self) -> Result<(), KeyFault> {
        let card_id = self.question(Method::CardId).await?;
        let cert_no = self.question(Method::CertNo).await?;
        let pem = self.question(Method::SignCertificate).await?;
        let failed = |error: &dyn fmt::Display| KeyFault::Failed(format!("the card's certificate: {error}"));
        let certificate = Certificate::from_pem(&armoured(&pem)).map_err(|error| failed(&error))?;
        let kind = kind_of(&certificate).map_err(|error| failed(&error))?;
        let identity = CardIdentity {
            card_id,
            cert_no,
            certificate,
        };
        match &self.known {
            None => self.known = Some((identity, kind)),
            Some((known, _)) if *known == identity => {}
            Some((known, _)) => {
                let fault = KeyFault::Unavailable(format!(
                    "card {} was replaced by card {}, and the PIN belongs to the former; put it back and start the \
                     agent again, or start it with the PIN of the new card",
                    known.card_id, identity.card_id
                ));
                self.caution.stop(fault.clone());
                return Err(fault);
            }
        }
        Ok(())
    }

    async fn question(&mut self, method: Method) -> Result<String, KeyFault> {
        self.last_id += 1;
        let Some(link) = &mut self.link else {
            return Err(KeyFault::Unavailable("not connected to the card service".to_owned()));
        };
        let result = link
            .call(method, self.last_id, &Args::None {}, self.config.call_timeout)
            .await;
        let answer = result.map_err(|error| self.unreachable(&error))?;
        let data = answer.outcome().map_err(|text| {
            self.link = None;
            fault_without_pin(&text)
        })?;
        let first = data.into_iter().next().map(|text| text.trim().to_owned());
        first
            .filter(|text| !text.is_empty())
            .ok_or_else(|| KeyFault::Unavailable(format!("the card service gave no data for {}", method.name())))
    }

    /// Closes the failed link; the fault says how to get it back.
    fn unreachable(&mut self, error: &LinkError) -> KeyFault {
        self.link = None;
        KeyFault::Unavailable(format!(
            "card service at {}: {error}; is the customs client program running? If it hangs, restart it",
            self.config.service
        ))
    }
}

/// A certificate as PEM; some descriptions have the service return the bare Base64 text.
fn armoured(text: &str) -> String {
    match text.contains("-----BEGIN") {
        true => text.to_owned(),
        false => format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"),
    }
}

/// Returns `true` if an address is `ws://` on this machine.
fn is_local(address: &str) -> bool {
    let Some(rest) = address.strip_prefix("ws://") else {
        return false;
    };
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.contains('@') {
        return false;
    }
    let host = match authority.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or_default(),
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    };
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pin_goes_to_this_machine_only() {
        for good in [
            "ws://127.0.0.1:61232",
            "ws://localhost:1/",
            "ws://[::1]:61232",
            "ws://127.0.0.1",
        ] {
            assert!(is_local(good), "{good}");
        }
        for bad in [
            "ws://10.0.0.5:61232",
            "wss://wss.singlewindow.cn:61231",
            "ws://127.0.0.1@evil.example:80",
            "ws://127.0.0.1.evil.example:80",
            "http://127.0.0.1:61232",
        ] {
            let config = CardConfig {
                service: bad.to_owned(),
                ..CardConfig::default()
            };
            let error = CardClient::new(config, Zeroizing::new("1".to_owned())).unwrap_err();
            assert!(error.to_string().contains("must be on this machine"), "{error}");
        }
    }
}
