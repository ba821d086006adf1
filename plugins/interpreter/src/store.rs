//! The one loaded pack.

use alloc::borrow::ToOwned;
use alloc::string::String;
use cebridge_rule_core::pack::GuestPack;
use core::cell::OnceCell;

struct Slot(OnceCell<GuestPack>);

// SAFETY: the component is built without the threads proposal and the host refuses shared memory, so there is never a
// second thread that could see the cell.
unsafe impl Sync for Slot {}

static PACK: Slot = Slot(OnceCell::new());

/// Takes the pack in; a second pack is refused, because a baked component must stay what it is.
pub(crate) fn set(pack: GuestPack) -> Result<(), String> {
    PACK.0.set(pack).map_err(|_| "a pack is loaded already".to_owned())
}

/// The pack, once loaded.
pub(crate) fn get() -> Option<&'static GuestPack> {
    PACK.0.get()
}
