//! One connection to the card's local service: greeting, one call at a time, answers matched by id and method.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message, Utf8Bytes};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::protocol::{Answer, Args, Method, RequestTooLarge, STATUS_GOOD, request};

/// Largest answer in bytes. Certificates and signatures take a few kilobytes.
const MAX_ANSWER: usize = 256 * 1024;
/// Most unsolicited answers kept; arbitrary, none are expected.
const MAX_STRAYS: usize = 16;

/// Outcome of an abandoned call.
pub(crate) enum Settled {
    /// No such call.
    Nothing,
    /// It was answered late.
    Answered {
        /// The method called.
        method: Method,
        /// The answer.
        answer: Answer,
    },
    /// It was not answered; the link is unusable.
    Lost,
}

/// Error of a call without an answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    #[error(transparent)]
    TooLarge(#[from] RequestTooLarge),
    #[error("cannot connect: {0}")]
    Connect(String),
    #[error("no greeting within {0:?}")]
    NoGreeting(Duration),
    #[error("the greeting is refused with status {0:?}")]
    Greeting(String),
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    #[error("the connection ended: {0}")]
    Closed(String),
    #[error("unexpected data instead of an answer: {0}")]
    Garbage(String),
}

/// A greeted connection.
pub(crate) struct Link {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// An abandoned call that may still be answered.
    owed: Option<(i64, Method)>,
    /// Unexpected answers to signature requests. They may still reveal a wrong PIN.
    strays: Vec<Answer>,
}

impl Link {
    /// Connects and waits for the greeting.
    pub(crate) async fn open(url: &str, within: Duration) -> Result<Link, LinkError> {
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_ANSWER))
            .max_frame_size(Some(MAX_ANSWER));
        let deadline = Instant::now() + within;
        let (socket, _) = timeout_at(deadline, connect_async_with_config(url, Some(config), true))
            .await
            .map_err(|_| LinkError::Connect(format!("nothing within {within:?}")))?
            .map_err(|error| LinkError::Connect(error.to_string()))?;
        let mut link = Link {
            socket,
            owed: None,
            strays: Vec::new(),
        };
        let greeting = timeout_at(deadline, link.next()).await;
        let greeting = greeting.map_err(|_| LinkError::NoGreeting(within))??;
        if !greeting.is_greeting() {
            return Err(LinkError::Garbage(format!("{} instead of a greeting", greeting.method)));
        }
        match greeting.status == STATUS_GOOD {
            true => Ok(link),
            false => Err(LinkError::Greeting(greeting.status)),
        }
    }

    /// Sends a request and waits for the answer with the same id and method. Ids must not repeat. After a timeout the
    /// link stays open and still expects it; see [`Link::settle`].
    pub(crate) async fn call(
        &mut self,
        method: Method,
        id: i64,
        args: &Args<'_>,
        within: Duration,
    ) -> Result<Answer, LinkError> {
        let request = request(method, id, args)?;
        let text = Utf8Bytes::try_from(request.to_vec()).map_err(|error| LinkError::Garbage(error.to_string()))?;
        drop(request);
        self.owed = Some((id, method));
        let exchange = async {
            self.socket.send(Message::Text(text)).await.map_err(closed)?;
            self.answer_to(id, method).await
        };
        timeout(within, exchange)
            .await
            .map_err(|_| LinkError::Timeout(within))?
    }

    /// Waits a while for the answer to an abandoned call: the service does one thing at a time, and a late answer may
    /// reveal a wrong PIN.
    pub(crate) async fn settle(&mut self, within: Duration) -> Settled {
        let Some((id, method)) = self.owed else {
            return Settled::Nothing;
        };
        match timeout(within, self.answer_to(id, method)).await {
            Ok(Ok(answer)) => Settled::Answered { method, answer },
            Ok(Err(_)) | Err(_) => Settled::Lost,
        }
    }

    /// Takes the unexpected answers to signature requests.
    pub(crate) fn take_strays(&mut self) -> Vec<Answer> {
        std::mem::take(&mut self.strays)
    }

    async fn answer_to(&mut self, id: i64, method: Method) -> Result<Answer, LinkError> {
        loop {
            let answer = self.next().await?;
            if answer.answers(id, method) {
                self.owed = None;
                return Ok(answer);
            }
            if answer.method == Method::SignData.name() && self.strays.len() < MAX_STRAYS {
                self.strays.push(answer);
            }
        }
    }

    async fn next(&mut self) -> Result<Answer, LinkError> {
        loop {
            let text = match self.socket.next().await {
                Some(Ok(Message::Text(text))) => text,
                // Pongs are sent by the library.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                Some(Ok(Message::Close(_))) | None => return Err(LinkError::Closed("by the service".to_owned())),
                Some(Ok(_)) => return Err(LinkError::Garbage("a binary frame".to_owned())),
                Some(Err(error)) => return Err(closed(error)),
            };
            return Answer::parse(&text).map_err(|error| LinkError::Garbage(error.to_string()));
        }
    }
}

fn closed(error: SocketError) -> LinkError {
    LinkError::Closed(error.to_string())
}
