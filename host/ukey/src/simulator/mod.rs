//! The customs card's local service, simulated: a software key behind the real protocol, with faults on demand.

mod card;
mod faults;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

pub use card::{CardCounters, CardSpec, RsaDigest, SimulatedCard};
pub use faults::{Fault, FaultKind, NoFault};

use card::Outcome;

use crate::protocol::{GREETING_ID, GREETING_METHOD, Method, STATUS_GOOD};

/// Time an out-of-order answer is held back if no other comes.
const HELD: Duration = Duration::from_millis(300);

/// Callback that gets one line per request with its outcome.
pub type SimulatorObserver = Arc<dyn Fn(&str) + Send + Sync>;

/// A running service. Its connections end when it is dropped; the card stays.
pub struct UkeySimulator {
    address: SocketAddr,
    card: Arc<SimulatedCard>,
    task: JoinHandle<()>,
}

impl fmt::Debug for UkeySimulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UkeySimulator")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl UkeySimulator {
    /// Starts the service in front of a card.
    ///
    /// # Errors
    /// Listening on the address failed.
    pub async fn start(
        listen: SocketAddr,
        card: Arc<SimulatedCard>,
        observer: SimulatorObserver,
    ) -> io::Result<UkeySimulator> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(accept(listener, Arc::clone(&card), observer));
        Ok(UkeySimulator { address, card, task })
    }

    /// The listening address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The card.
    #[must_use]
    pub fn card(&self) -> &Arc<SimulatedCard> {
        &self.card
    }

    /// Ends the service and waits until its port is free.
    pub async fn stop(mut self) {
        self.task.abort();
        // Cancelled, as asked.
        drop((&mut self.task).await);
    }

    /// Serves until it is dropped.
    pub async fn run(mut self) {
        // The task ends only with the simulator.
        drop((&mut self.task).await);
    }
}

impl Drop for UkeySimulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, card: Arc<SimulatedCard>, observer: SimulatorObserver) {
    // Aborted with this task.
    let mut connections = JoinSet::new();
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            let (card, observer) = (Arc::clone(&card), Arc::clone(&observer));
            connections.spawn(async move { serve(stream, &card, &observer).await });
        }
        while connections.try_join_next().is_some() {}
    }
}

#[derive(Deserialize)]
struct Request {
    #[serde(rename = "_method")]
    method: String,
    #[serde(rename = "_id")]
    id: i64,
    #[serde(default)]
    args: RequestArgs,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RequestArgs {
    #[serde(rename = "inData")]
    in_data: String,
    passwd: String,
}

/// Output to one connection, in order.
enum Out {
    Text(String),
    Close,
}

async fn serve(stream: TcpStream, card: &SimulatedCard, observer: &SimulatorObserver) {
    let Ok(socket) = accept_async(stream).await else { return };
    let (mut sink, mut requests) = socket.split();
    let (out, mut outgoing) = mpsc::unbounded_channel();
    let write = async {
        while let Some(Out::Text(text)) = outgoing.recv().await {
            if sink.send(Message::text(text)).await.is_err() {
                return;
            }
        }
        // A client that is already gone needs no goodbye.
        drop(sink.close().await);
    };
    if !card.keeps_silent() {
        drop(out.send(Out::Text(frame(GREETING_ID, GREETING_METHOD, Ok(Vec::new())))));
    }
    let read = async {
        let mut held: Option<String> = None;
        loop {
            let message = tokio::select! {
                message = requests.next() => message,
                () = sleep(HELD), if held.is_some() => {
                    release(&mut held, &out);
                    continue;
                }
            };
            let text = match message {
                Some(Ok(Message::Text(text))) => text,
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => continue,
            };
            let Ok(request) = serde_json::from_str::<Request>(&text) else {
                observer("a request that is no JSON; the connection is closed");
                drop(out.send(Out::Close));
                return;
            };
            let hold = answer(&request, card, observer, &out).await;
            release(&mut held, &out);
            held = hold;
        }
    };
    tokio::join!(write, async {
        read.await;
        // Nothing more goes out to a client that is gone.
        drop(out.send(Out::Close));
    });
}

fn release(held: &mut Option<String>, out: &mpsc::UnboundedSender<Out>) {
    if let Some(text) = held.take() {
        drop(out.send(Out::Text(text)));
    }
}

/// Answers a request; returns an answer to hold back, if any.
async fn answer(
    request: &Request,
    card: &SimulatedCard,
    observer: &SimulatorObserver,
    out: &mpsc::UnboundedSender<Out>,
) -> Option<String> {
    let Request { method, id, args } = request;
    // The connection may be gone by the time an answer is ready.
    let send = |text: String| drop(out.send(Out::Text(text)));
    if method != Method::SignData.name() {
        let outcome = card.light(None).and_then(|()| question(method, card));
        observer(&told(method, *id, &outcome, &[]));
        send(frame(*id, method, outcome));
        return None;
    }
    let faults = card.begin_sign();
    let has = |kind| faults.contains(&kind);
    let mut outcome = match card.light(Some(&faults)) {
        Err(error) => Err(error),
        Ok(()) if has(FaultKind::UnknownError) => Err("未知错误 Err:Custom99999".to_owned()),
        Ok(()) => card.sign(&args.in_data, &args.passwd).await,
    };
    if let (true, Ok(data)) = (has(FaultKind::WrongValue), &mut outcome) {
        data.first_mut().map(spoil);
    }
    observer(&told(method, *id, &outcome, &faults));
    let text = frame(*id, method, outcome);
    if has(FaultKind::Foreign) {
        let foreign = || Ok(vec!["Zm9yZWlnbg==".to_owned()]);
        send(frame(*id + 1000, method, foreign()));
        send(frame(*id, Method::CardId.name(), foreign()));
    }
    if has(FaultKind::Hang) {
        return None;
    }
    if has(FaultKind::Close) {
        drop(out.send(Out::Close));
        return None;
    }
    if has(FaultKind::Garbage) {
        send("\u{0}not json".to_owned());
        return None;
    }
    let late = faults.iter().find_map(|kind| match kind {
        FaultKind::Late(time) => Some(*time),
        _ => None,
    });
    if let Some(time) = late {
        let out = out.clone();
        tokio::spawn(async move {
            sleep(time).await;
            drop(out.send(Out::Text(text)));
        });
        return None;
    }
    if has(FaultKind::OutOfOrder) {
        return Some(text);
    }
    send(text);
    None
}

fn question(method: &str, card: &SimulatedCard) -> Outcome {
    let known = Method::ALL.into_iter().find(|known| known.name() == method);
    match known {
        Some(Method::CardId) => Ok(vec![card.card_id().to_owned()]),
        Some(Method::CertNo) => Ok(vec![card.certificate().serial_hex()]),
        Some(Method::SignCertificate) => Ok(vec![card.certificate().to_pem()]),
        Some(Method::SignData) | None => Err(format!("未知方法 {method}")),
    }
}

fn frame(id: i64, method: &str, outcome: Outcome) -> String {
    let (result, data, error) = match outcome {
        Ok(data) => (true, data, Vec::new()),
        Err(error) => (false, Vec::new(), vec![error]),
    };
    let frame: Value = json!({
        "_id": id, "_method": method, "_status": STATUS_GOOD,
        "_args": {"Result": result, "Data": data, "Error": error},
    });
    frame.to_string()
}

/// Changes one digit of a Base64 value.
fn spoil(line: &mut String) {
    let changed = if line.starts_with('A') { "B" } else { "A" };
    if !line.is_empty() {
        line.replace_range(..1, changed);
    }
}

/// Describes a request in one line, without the text or the PIN.
fn told(method: &str, id: i64, outcome: &Outcome, faults: &[FaultKind]) -> String {
    let outcome = match outcome {
        Ok(_) => "done".to_owned(),
        Err(error) => error.clone(),
    };
    match faults.is_empty() {
        true => format!("{method} {id}: {outcome}"),
        false => format!("{method} {id}: {outcome}, with faults {faults:?}"),
    }
}
