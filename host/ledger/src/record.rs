//! Events of the host that concern no document.

use jiff::Timestamp;
use serde_json::Value;

use crate::clock::canonical;
use crate::error::LedgerError;
use crate::store::Ledger;
use crate::trail::Entry;

impl Ledger {
    /// Notes an event of the host: an intake file set aside, a message signed for another system.
    ///
    /// # Errors
    /// `Invalid` if `detail_json` is not JSON, or when the ledger cannot be written.
    pub fn record_event(&self, actor: &str, kind: &str, detail_json: &str, at: Timestamp) -> Result<i64, LedgerError> {
        let at = canonical(at);
        let detail: Value = serde_json::from_str(detail_json)
            .map_err(|error| LedgerError::Invalid(format!("the detail of event `{kind}` is no JSON ({error})")))?;
        self.write(|trail| {
            Ok(trail.record(&Entry {
                at: &at,
                actor: Some(actor),
                kind,
                detail,
                ..Entry::default()
            })?)
        })
    }
}
