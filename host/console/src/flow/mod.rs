//! Payment data on demand (Announcements 2018-165 and 2018-179): customs asks, the data is uploaded within two minutes.
//!
//! A request is on disk before it is answered. The payload is on disk before it is uploaded, and every attempt, also
//! after a restart, uploads the same bytes.

pub(crate) mod routes;
pub(crate) mod source;
pub(crate) mod store;
pub(crate) mod upload;
mod work;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cebridge_pay179::{Method, OpenRequest, Prepared, Reply, SignFault, Unsigned, errors};
use cebridge_signature::{Certificate, SigningKey};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::clock::Clock;
use source::PaymentSource;
use store::{Record, State, Store, StoreError};
use upload::Upload;

/// Where lines for people go.
pub type Tell = Arc<dyn Fn(&str) + Send + Sync>;

/// How the endpoint works.
#[derive(Debug, Clone)]
pub struct FlowOptions {
    /// Address and port; plain HTTP, as customs calls it.
    pub listen: SocketAddr,
    /// Folder of the requests, `requests/` is made in it.
    pub folder: PathBuf,
    /// Wait before the second upload; doubled each time, at most 16 times as long.
    pub first_wait: Duration,
    /// Most time for one upload.
    pub upload_timeout: Duration,
}

/// What signs payment data; given by the host.
pub trait Sealer: Send + Sync {
    /// The complete `payExInfoStr`.
    ///
    /// # Errors
    /// [`SignFault`].
    fn seal(&self, unsigned: &Unsigned) -> Result<String, SignFault>;
}

/// Signs by a key at hand.
pub struct KeySealer {
    /// The key.
    pub key: Arc<dyn SigningKey>,
    /// Its certificate.
    pub certificate: Certificate,
    /// Method over the one that the key's kind gives.
    pub method: Option<Method>,
}

impl Sealer for KeySealer {
    fn seal(&self, unsigned: &Unsigned) -> Result<String, SignFault> {
        unsigned.sign(self.key.as_ref(), self.method, &self.certificate)
    }
}

/// The flow's counterparts.
pub struct FlowParts {
    /// Where payment data comes from.
    pub source: Arc<dyn PaymentSource>,
    /// What signs it.
    pub sealer: Arc<dyn Sealer>,
    /// Where it goes.
    pub upload: Arc<dyn Upload>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// Requests of customs and what becomes of them.
pub struct Flow {
    store: Store,
    parts: FlowParts,
    options: FlowOptions,
    tell: Tell,
    handle: Handle,
    /// Uploads at once.
    room: Arc<Semaphore>,
    /// Two requests of one session must not both be new.
    taking: Mutex<()>,
}

impl Flow {
    pub(crate) fn open(
        options: &FlowOptions,
        parts: FlowParts,
        tell: Tell,
        handle: Handle,
    ) -> Result<Arc<Self>, StoreError> {
        Ok(Arc::new(Self {
            store: Store::open(&options.folder.join("requests"))?,
            parts,
            options: options.clone(),
            tell,
            handle,
            room: Arc::new(Semaphore::new(8)),
            taking: Mutex::new(()),
        }))
    }

    /// Takes up what was accepted and is not done.
    pub(crate) fn resume(self: &Arc<Self>) {
        let (records, broken) = self.store.open_records();
        for error in broken {
            (self.tell)(&format!("payment data: {error}"));
        }
        for record in records {
            (self.tell)(&format!(
                "payment data: session {} for order {} is taken up again",
                record.session_id, record.order_no
            ));
            self.start(record.session_id);
        }
    }

    /// Answers a request of customs. Blocks on the disk.
    pub(crate) fn take(self: &Arc<Self>, open_req: &str) -> Reply {
        let now = self.parts.clock.now_ms();
        let reply = OpenRequest::read(open_req)
            .map_err(|error| error.to_string())
            .and_then(|request| self.record(&request, now));
        match reply {
            Ok(()) => Reply::done(self.parts.clock.now_ms()),
            Err(reason) => {
                (self.tell)(&format!("payment data: request refused: {reason}"));
                Reply::failed(reason, self.parts.clock.now_ms())
            }
        }
    }

    fn record(self: &Arc<Self>, request: &OpenRequest, now: i64) -> Result<(), String> {
        let _taking = self.taking.lock().unwrap_or_else(PoisonError::into_inner);
        // Customs is told no paths.
        let unable = |error: StoreError| {
            (self.tell)(&format!("payment data: {error}"));
            "the request can't be recorded; ask again later".to_owned()
        };
        if let Some(known) = self.store.read(&request.session_id).map_err(unable)? {
            if known.order_no != request.order_no {
                return Err(format!("session {} asked for another order before", known.session_id));
            }
            if matches!(known.state, State::Accepted | State::Delivered) {
                return Ok(());
            }
            // It ended without delivery; customs asks again, so it is tried again.
        }
        self.prepared(&request.order_no)?;
        let record = Record::new(request, now);
        self.store.write(&record).map_err(unable)?;
        (self.tell)(&format!(
            "payment data: customs asks for order {} (session {})",
            record.order_no, record.session_id
        ));
        self.start(record.session_id);
        Ok(())
    }

    /// The order's data, checked; the error is what customs is told.
    fn prepared(&self, order_no: &str) -> Result<Prepared, String> {
        let prepared = self
            .parts
            .source
            .load(order_no)?
            .ok_or_else(|| format!("no payment data for order {order_no} 无此订单的支付原始数据"))?;
        let mut problems: Vec<String> = errors(&prepared).iter().map(ToString::to_string).collect();
        let orders = &prepared.pay_exchange_info_lists;
        if !orders.is_empty() && !orders.iter().any(|order| order.order_no == order_no) {
            problems.push(format!("payExchangeInfoLists does not name order {order_no}"));
        }
        if problems.is_empty() {
            Ok(prepared)
        } else {
            Err(format!("payment data of order {order_no}: {}", problems.join("; ")))
        }
    }
}
