//! Holds the one loaded pack.

use alloc::borrow::ToOwned;
use alloc::string::String;
use cebridge_rule_core::evaluate::Plan;
use cebridge_rule_core::pack::GuestPack;
use core::cell::OnceCell;

/// A pack with everything that can be computed from it in advance.
pub(crate) struct Loaded {
    pub(crate) pack: GuestPack,
    pub(crate) plan: Plan,
}

struct Slot(OnceCell<Loaded>);

// SAFETY: the component is built without the threads proposal and the host refuses shared memory, so there is never a
// second thread that could see the cell.
unsafe impl Sync for Slot {}

static PACK: Slot = Slot(OnceCell::new());

/// Stores the pack; a second one is refused, because a baked component must not change.
pub(crate) fn set(pack: Loaded) -> Result<(), String> {
    PACK.0.set(pack).map_err(|_| "a pack is loaded already".to_owned())
}

/// Returns the pack once loaded.
pub(crate) fn loaded() -> Option<&'static Loaded> {
    PACK.0.get()
}
