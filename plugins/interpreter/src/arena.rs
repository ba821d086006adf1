//! Memory of the guest: a bump allocator that never frees.
//!
//! Each call runs in a fresh instance, so all memory returns to the host when the call is over.

use alloc::vec::Vec;
use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size};
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const PAGE: usize = 65536;

unsafe extern "C" {
    /// Set by the linker: the first byte after stack and static data. Only its address is meaningful.
    static __heap_base: u8;
}

/// There is only one thread, yet the positions are atomic: the compiler assumes that an allocation has no visible side
/// effects, and might keep using outdated copies of plain ones. On this target atomics cost nothing.
struct Arena {
    /// First free byte; 0 before the first allocation.
    next: AtomicUsize,
    /// End of the linear memory that the arena may use.
    end: AtomicUsize,
}

#[global_allocator]
static ARENA: Arena = Arena {
    next: AtomicUsize::new(0),
    end: AtomicUsize::new(0),
};

/// Frees bytes that must not leave a trace in a memory snapshot.
pub(crate) fn discard(mut bytes: Vec<u8>) {
    bytes.fill(0);
    // Without this the compiler may drop writes to memory that is freed immediately.
    drop(core::hint::black_box(bytes));
}

impl Arena {
    /// Takes `size` bytes at a multiple of `align`; null if the memory can't grow any more.
    fn take(&self, size: usize, align: usize) -> *mut u8 {
        if self.next.load(Relaxed) == 0 {
            self.next.store((&raw const __heap_base).addr(), Relaxed);
            self.end.store(memory_size(0) * PAGE, Relaxed);
        }
        let Some(from) = self.next.load(Relaxed).checked_next_multiple_of(align) else {
            return core::ptr::null_mut();
        };
        let Some(to) = from.checked_add(size) else {
            return core::ptr::null_mut();
        };
        let end = self.end.load(Relaxed);
        if to > end {
            let pages = (to - end).div_ceil(PAGE);
            if memory_grow(0, pages) == usize::MAX {
                return core::ptr::null_mut();
            }
            self.end.store(end + pages * PAGE, Relaxed);
        }
        self.next.store(to, Relaxed);
        core::ptr::with_exposed_provenance_mut(from)
    }
}

// SAFETY: `take` hands out each byte once, with the requested size and alignment.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.take(layout.size(), layout.align())
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size <= layout.size() {
            return old;
        }
        if old.addr() + layout.size() == self.next.load(Relaxed) {
            // The newest allocation grows in place.
            let more = self.take(size - layout.size(), 1);
            return if more.is_null() { more } else { old };
        }
        let new = self.take(size, layout.align());
        if !new.is_null() {
            // SAFETY: both blocks are valid for the old size, which is the smaller one, and do not overlap.
            unsafe { core::ptr::copy_nonoverlapping(old, new, layout.size()) };
        }
        new
    }
}
