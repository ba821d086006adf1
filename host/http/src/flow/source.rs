//! Source of payment data: a folder that the enterprise fills.

use std::io::ErrorKind;
use std::path::PathBuf;

use cebridge_pay179::{PayloadError, Prepared, Problem};

/// Largest file of payment data that is read, in bytes: the limits of the fields allow far less.
const LARGEST: u64 = 4 << 20;

/// Provides the payment data of orders.
pub trait PaymentSource: Send + Sync {
    /// Loads the data of an order; `None` if not found.
    ///
    /// # Errors
    /// The reason it can't be loaded; customs gets this text, so it holds no paths and no data.
    fn load(&self, order_no: &str) -> Result<Option<Prepared>, String>;
}

/// Files `ORDERNO.json` in a folder: head and lists, as [`Prepared`] reads them.
#[derive(Debug, Clone)]
pub struct FolderSource {
    folder: PathBuf,
}

impl FolderSource {
    /// A folder; it need not exist yet.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }
}

impl PaymentSource for FolderSource {
    fn load(&self, order_no: &str) -> Result<Option<Prepared>, String> {
        // Order numbers come from outside: only plain file names in this folder are looked up.
        let plain = |c: char| c.is_alphanumeric() || "-_.".contains(c);
        if order_no.starts_with('.') || !order_no.chars().all(plain) {
            return Ok(None);
        }
        let path = self.folder.join(format!("{order_no}.json"));
        let unreadable = || format!("payment data of order {order_no} can't be read");
        match std::fs::metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(_) => return Err(unreadable()),
            Ok(about) if about.len() > LARGEST => return Err(format!("payment data of order {order_no} is too large")),
            Ok(_) => {}
        }
        let bytes = std::fs::read(&path).map_err(|_| unreadable())?;
        match Prepared::read(&bytes) {
            Ok(prepared) => Ok(Some(prepared)),
            // The error text could repeat a value, which must not reach the requester.
            Err(PayloadError::Json(error)) => Err(format!(
                "payment data of order {order_no} is no JSON (line {}, column {})",
                error.line(),
                error.column()
            )),
            // Faults name members, never values.
            Err(PayloadError::Shape(problems)) => {
                let faults: Vec<String> = problems.iter().map(Problem::to_string).collect();
                Err(format!("payment data of order {order_no}: {}", faults.join("; ")))
            }
            Err(_) => Err(unreadable()),
        }
    }
}
