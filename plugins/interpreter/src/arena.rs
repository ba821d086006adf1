//! Memory of the guest: a bump allocator that starts over when everything of a call has been freed.
//!
//! A call runs in a fresh instance, so memory need not be given back piece by piece: allocation is an addition, and
//! freeing counts down. When as many allocations live as at [`keep`], nothing of the call is left and the arena starts
//! over; that keeps a reused instance (benchmarks) from growing.

use alloc::vec::Vec;
use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size};
use core::cell::Cell;

const PAGE: usize = 65536;

unsafe extern "C" {
    /// Set by the linker: the first byte after stack and static data. Only its address means something.
    static __heap_base: u8;
}

struct Arena {
    /// First free byte; 0 before the first allocation.
    next: Cell<usize>,
    /// End of the linear memory that the arena may use.
    end: Cell<usize>,
    /// Allocations that live.
    live: Cell<usize>,
    /// Where to start over, and at how many live allocations.
    start: Cell<usize>,
    kept: Cell<usize>,
}

// SAFETY: there is one thread (see `store`).
unsafe impl Sync for Arena {}

#[global_allocator]
static ARENA: Arena =
    Arena { next: Cell::new(0), end: Cell::new(0), live: Cell::new(0), start: Cell::new(0), kept: Cell::new(0) };

/// Makes everything that lives now permanent.
pub(crate) fn keep() {
    ARENA.start.set(ARENA.next.get());
    ARENA.kept.set(ARENA.live.get());
}

/// Frees bytes that must leave no trace in a snapshot of the memory.
pub(crate) fn discard(mut bytes: Vec<u8>) {
    bytes.fill(0);
    // Without this the compiler may leave out writes to memory that is freed right away.
    drop(core::hint::black_box(bytes));
}

impl Arena {
    /// Takes `size` bytes at a multiple of `align`; null when the memory may not grow any more.
    fn take(&self, size: usize, align: usize) -> *mut u8 {
        if self.next.get() == 0 {
            self.next.set((&raw const __heap_base).addr());
            self.end.set(memory_size(0) * PAGE);
        }
        let Some(from) = self.next.get().checked_next_multiple_of(align) else { return core::ptr::null_mut() };
        let Some(to) = from.checked_add(size) else { return core::ptr::null_mut() };
        if to > self.end.get() {
            let pages = (to - self.end.get()).div_ceil(PAGE);
            if memory_grow(0, pages) == usize::MAX {
                return core::ptr::null_mut();
            }
            self.end.set(self.end.get() + pages * PAGE);
        }
        self.next.set(to);
        core::ptr::with_exposed_provenance_mut(from)
    }
}

// SAFETY: `take` hands out each byte once until the arena starts over, which happens only when every allocation made
// since `keep` has been freed; sizes and alignments are those asked for.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let at = self.take(layout.size(), layout.align());
        if !at.is_null() {
            self.live.set(self.live.get() + 1);
        }
        at
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {
        let live = self.live.get() - 1;
        self.live.set(live);
        if live == self.kept.get() && self.start.get() != 0 {
            self.next.set(self.start.get());
        }
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let last = old.addr() + layout.size() == self.next.get();
        if last && size > layout.size() {
            // The newest allocation grows where it is.
            let more = self.take(size - layout.size(), 1);
            return if more.is_null() { more } else { old };
        }
        if size <= layout.size() {
            return old;
        }
        let new = self.take(size, layout.align());
        if !new.is_null() {
            // SAFETY: both blocks are valid for the old size, which is the smaller one, and do not overlap.
            unsafe { core::ptr::copy_nonoverlapping(old, new, layout.size()) };
        }
        new
    }
}
