//! Payment data on demand (Announcements 2018-165 and 2018-179): customs asks, the data is uploaded within two minutes.
//!
//! A request is on disk before it is answered. The payload is on disk before it is uploaded, and every attempt, even
//! after a restart, uploads the same bytes.

pub(crate) mod payment_signer;
pub(crate) mod routes;
pub(crate) mod source;
pub(crate) mod store;
pub(crate) mod upload;
mod work;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cebridge_clock::Clock;
use cebridge_pay179::{OpenRequest, Prepared, Reply, errors};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::tell::Tell;
use payment_signer::PaymentSigner;
use source::PaymentSource;
use store::{Record, State, Store, StoreError};
use upload::Upload;

/// Options of the endpoint.
#[derive(Debug, Clone)]
pub struct FlowOptions {
    /// Address and port; plain HTTP, as customs calls it.
    pub listen: SocketAddr,
    /// Folder in which `requests/` is created.
    pub folder: PathBuf,
    /// Wait before the second upload; doubled each time, up to 16 times as long.
    pub first_wait: Duration,
    /// Time limit for one upload.
    pub upload_timeout: Duration,
}

/// The flow's parts.
pub struct FlowParts {
    /// Source of payment data.
    pub source: Arc<dyn PaymentSource>,
    /// Signs it.
    pub signer: PaymentSigner,
    /// Uploads it.
    pub upload: Arc<dyn Upload>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// Requests from customs and their processing.
pub struct Flow {
    store: Store,
    parts: FlowParts,
    options: FlowOptions,
    tell: Tell,
    handle: Handle,
    /// Limits concurrent uploads.
    room: Arc<Semaphore>,
    /// Lock: two requests of one session must not both be new.
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

    /// Resumes accepted requests that are not done.
    pub(crate) fn resume(self: &Arc<Self>) {
        let (records, broken) = self.store.open_records();
        for error in broken {
            (self.tell)(&format!("payment data: {error}"));
        }
        for record in records {
            (self.tell)(&format!(
                "payment data: session {} for order {} is resumed",
                record.session_id, record.order_no
            ));
            self.start(record.session_id);
        }
    }

    /// Answers a request from customs. Blocks on disk I/O.
    pub(crate) fn take(self: &Arc<Self>, open_req: &str) -> Reply {
        let now = self.parts.clock.now().as_millisecond();
        let reply = OpenRequest::read(open_req)
            .map_err(|error| error.to_string())
            .and_then(|request| self.record(&request, now));
        match reply {
            Ok(()) => Reply::done(self.parts.clock.now().as_millisecond()),
            Err(reason) => {
                (self.tell)(&format!("payment data: request refused: {reason}"));
                Reply::failed(reason, self.parts.clock.now().as_millisecond())
            }
        }
    }

    fn record(self: &Arc<Self>, request: &OpenRequest, now: i64) -> Result<(), String> {
        let _taking = self.taking.lock().unwrap_or_else(PoisonError::into_inner);
        // Customs must not see paths.
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

    /// Loads and checks the order's data; the error is sent to customs.
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
