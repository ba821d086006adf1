//! Meanings of receipts' states, also for packs that do not have them all.

use super::Packs;
use cebridge_rule_compiler::compile;
use cebridge_rule_core::pack::{Concern, Pack, Said};
use cebridge_runtime::shipped_sources;

impl Packs {
    /// Returns the meaning of a receipt's state for its document. For packs made before rules distinguished complaints
    /// from returns, today's shipped rules help out.
    pub(crate) fn said(&self, pack: &Pack, receipt: usize, code: &str, status: &str, info: &str) -> Option<Said> {
        if pack.has_complaints() {
            return pack.said(receipt, status, info);
        }
        let known = self.shipped_today().and_then(|shipped| {
            let said = shipped.said(shipped.message(code)?, status, info)?;
            said.meaning.is_complaint().then_some(said)
        });
        known.or_else(|| pack.said(receipt, status, info))
    }

    /// Returns the document that the documents of a request are about; helped out as in [`Packs::said`].
    pub(crate) fn concern<'p>(&'p self, pack: &'p Pack, request: usize, code: &str) -> Option<&'p Concern> {
        if pack.has_complaints() {
            return pack.concern(request);
        }
        let shipped = self.shipped_today()?;
        shipped.concern(shipped.message(code)?)
    }

    pub(super) fn shipped_today(&self) -> Option<&Pack> {
        let newest = || {
            let mut editions: Vec<_> = self.shipped.iter().collect();
            editions.sort_by_key(|(_, shipped)| shipped.effective_from.as_str());
            let (edition, _) = editions.pop()?;
            compile(&shipped_sources(), edition).ok()
        };
        self.shipped_today.get_or_init(newest).as_ref()
    }
}
