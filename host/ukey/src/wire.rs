//! The frames between agent and gateway: four bytes of length (big-endian), then JSON, over TLS.
//!
//! The agent opens with `hello`, the gateway answers `welcome` or `refused`. From then on the gateway sends `sign` and
//! `ping`, the agent `signed` or `fault` with the id of the request, `card` when the card comes or goes, and `pong`.
//! None of them contains the PIN.

use std::io;
use std::time::Duration;

use cebridge_signature::{KeyFault, Scheme};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, WriteHalf};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Version of the frames; both sides must speak the same.
pub(crate) const VERSION: u32 = 1;
/// Largest frame in bytes: the largest text that a card signs, doubled by escapes, fits.
pub(crate) const MAX_FRAME: usize = 256 * 1024;
/// Time limit for writing a frame; a peer that does not read is gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// Frames from an agent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum FromAgent {
    /// The first frame.
    Hello {
        version: u32,
        /// Name and version of the program, for people.
        software: String,
        card: CardReport,
    },
    /// The card came, went or has a problem.
    Card { card: CardReport },
    /// The value, Base64.
    Signed { id: u64, value: String },
    /// The card did not sign.
    Fault { id: u64, fault: WireFault },
    /// Answer to a ping.
    Pong,
}

/// Frames from a gateway.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum FromGateway {
    /// The agent is accepted, under the name in its certificate.
    Welcome { version: u32, name: String },
    /// The agent is refused.
    Refused { reason: String },
    /// Sign a text. Pointless after `within_ms` milliseconds.
    Sign {
        id: u64,
        scheme: WireScheme,
        message: String,
        within_ms: u64,
    },
    /// Are you there?
    Ping,
}

/// The card behind an agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CardReport {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) card: Option<ReportedCard>,
    /// Reason if it can't sign now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<String>,
}

/// A card's identity, as reported by an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportedCard {
    pub(crate) card_id: String,
    pub(crate) cert_no: String,
    /// PEM.
    pub(crate) certificate: String,
}

/// [`Scheme`] in a frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum WireScheme {
    RsaSha1,
    RsaSha256,
    Sm2Sm3 { user_id: String },
}

impl From<Scheme<'_>> for WireScheme {
    fn from(scheme: Scheme<'_>) -> WireScheme {
        match scheme {
            Scheme::RsaSha1 => WireScheme::RsaSha1,
            Scheme::RsaSha256 => WireScheme::RsaSha256,
            Scheme::Sm2Sm3 { user_id } => WireScheme::Sm2Sm3 {
                user_id: user_id.to_owned(),
            },
        }
    }
}

impl WireScheme {
    pub(crate) fn scheme(&self) -> Scheme<'_> {
        match self {
            WireScheme::RsaSha1 => Scheme::RsaSha1,
            WireScheme::RsaSha256 => Scheme::RsaSha256,
            WireScheme::Sm2Sm3 { user_id } => Scheme::Sm2Sm3 { user_id },
        }
    }
}

/// [`KeyFault`] in a frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum WireFault {
    Pin { text: String },
    Locked { text: String },
    Unavailable { text: String },
    Busy { waiting: usize },
    Timeout { ms: u64 },
    Failed { text: String },
}

impl From<KeyFault> for WireFault {
    fn from(fault: KeyFault) -> WireFault {
        match fault {
            KeyFault::Pin(text) => WireFault::Pin { text },
            KeyFault::Locked(text) => WireFault::Locked { text },
            KeyFault::Unavailable(text) => WireFault::Unavailable { text },
            KeyFault::Busy { waiting } => WireFault::Busy { waiting },
            KeyFault::Timeout(time) => WireFault::Timeout {
                ms: u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
            },
            KeyFault::Failed(text) => WireFault::Failed { text },
            other => WireFault::Failed {
                text: other.to_string(),
            },
        }
    }
}

impl From<WireFault> for KeyFault {
    fn from(fault: WireFault) -> KeyFault {
        match fault {
            WireFault::Pin { text } => KeyFault::Pin(text),
            WireFault::Locked { text } => KeyFault::Locked(text),
            WireFault::Unavailable { text } => KeyFault::Unavailable(text),
            WireFault::Busy { waiting } => KeyFault::Busy { waiting },
            WireFault::Timeout { ms } => KeyFault::Timeout(Duration::from_millis(ms)),
            WireFault::Failed { text } => KeyFault::Failed(text),
        }
    }
}

/// Error that makes a connection unusable.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireError {
    #[error("the connection broke: {0}")]
    Broken(#[from] io::Error),
    #[error("the other side closed the connection")]
    Closed,
    #[error("the other side does not read")]
    Stuck,
    #[error("a frame of {0} bytes is refused: at most {MAX_FRAME} are allowed")]
    TooLarge(usize),
    #[error("a frame that is not understood: {0}")]
    Frame(#[from] serde_json::Error),
}

/// A connection that yields frames of type `In`. Reading runs in its own task, so that waiting for a frame can be
/// cancelled at any time without losing part of it.
pub(crate) struct Connection<S, In> {
    writer: WriteHalf<S>,
    frames: mpsc::Receiver<Result<In, WireError>>,
    reader: JoinHandle<()>,
}

impl<S, In> Connection<S, In>
where
    S: AsyncRead + AsyncWrite + Send + 'static,
    In: DeserializeOwned + Send + 'static,
{
    pub(crate) fn new(stream: S) -> Connection<S, In> {
        let (mut reader, writer) = tokio::io::split(stream);
        let (sender, frames) = mpsc::channel(8);
        let reader = tokio::spawn(async move {
            loop {
                let frame = read_frame(&mut reader).await;
                let last = frame.is_err();
                if sender.send(frame).await.is_err() || last {
                    return;
                }
            }
        });
        Connection { writer, frames, reader }
    }

    /// Returns the next frame. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Result<In, WireError> {
        self.frames.recv().await.unwrap_or(Err(WireError::Closed))
    }

    pub(crate) async fn send(&mut self, frame: &impl Serialize) -> Result<(), WireError> {
        let body = serde_json::to_vec(frame)?;
        let length = u32::try_from(body.len()).ok().filter(|_| body.len() <= MAX_FRAME);
        let length = length.ok_or(WireError::TooLarge(body.len()))?;
        let mut bytes = Vec::with_capacity(body.len() + 4);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&body);
        let write = async {
            self.writer.write_all(&bytes).await?;
            self.writer.flush().await
        };
        timeout(WRITE_TIMEOUT, write).await.map_err(|_| WireError::Stuck)??;
        Ok(())
    }

    /// Says goodbye, without ensuring that it arrives.
    pub(crate) async fn close(mut self) {
        drop(timeout(Duration::from_secs(1), self.writer.shutdown()).await);
    }
}

impl<S, In> Drop for Connection<S, In> {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

async fn read_frame<In: DeserializeOwned>(reader: &mut (impl AsyncRead + Unpin)) -> Result<In, WireError> {
    let mut length = [0; 4];
    match reader.read_exact(&mut length).await {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(WireError::Closed),
        Err(error) => return Err(error.into()),
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > MAX_FRAME {
        return Err(WireError::TooLarge(length));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await?;
    Ok(serde_json::from_slice(&body)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_cross_whole_and_large_ones_are_refused() {
        let (left, right) = tokio::io::duplex(64);
        let mut agent: Connection<_, FromGateway> = Connection::new(left);
        let mut gateway: Connection<_, FromAgent> = Connection::new(right);
        let sign = FromGateway::Sign {
            id: 9,
            scheme: WireScheme::Sm2Sm3 {
                user_id: "1234567812345678".to_owned(),
            },
            message: "文".repeat(2000),
            within_ms: 1000,
        };
        let (sent, got) = tokio::join!(gateway.send(&sign), agent.next());
        sent.unwrap();
        assert!(matches!(got.unwrap(), FromGateway::Sign { id: 9, message, .. } if message.chars().count() == 2000));

        let huge = FromAgent::Signed {
            id: 1,
            value: "x".repeat(MAX_FRAME),
        };
        assert!(matches!(agent.send(&huge).await, Err(WireError::TooLarge(_))));

        let (mut raw, right) = tokio::io::duplex(64);
        let mut gateway: Connection<_, FromAgent> = Connection::new(right);
        raw.write_all(&u32::MAX.to_be_bytes()).await.unwrap();
        assert!(matches!(gateway.next().await, Err(WireError::TooLarge(_))));
    }

    #[test]
    fn faults_cross_unchanged() {
        for fault in [
            KeyFault::Pin("p".to_owned()),
            KeyFault::Locked("l".to_owned()),
            KeyFault::Unavailable("u".to_owned()),
            KeyFault::Busy { waiting: 3 },
            KeyFault::Timeout(Duration::from_millis(1500)),
            KeyFault::Failed("f".to_owned()),
        ] {
            let json = serde_json::to_string(&WireFault::from(fault.clone())).unwrap();
            let back: WireFault = serde_json::from_str(&json).unwrap();
            assert_eq!(KeyFault::from(back), fault);
        }
    }
}
