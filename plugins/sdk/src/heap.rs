//! The heap of a component: first a part of its initial memory, then what it grows by.
//!
//! Many a call gets a fresh instance, and growing its memory takes the host two system calls and as many page
//! faults as pages are touched. What is there from the start costs nothing of that. Small pieces come from `small` where there
//! are some.

use std::alloc::Layout;

use talc::base::Talc;
use talc::base::binning::Binning;
use talc::cell::TalcSyncCell;
use talc::source::Source;
use talc::wasm::WasmBinning;

use crate::small::Small;

/// Enough for nearly every call; zeroes that are not touched cost nothing.
const ARENA_BYTES: usize = 1 << 20;
/// WebAssembly's page.
const PAGE_BYTES: usize = 1 << 16;
/// What talc keeps of a piece of memory for itself, at most.
const CLAIM_BYTES: usize = 64;

static mut ARENA: [u8; ARENA_BYTES] = [0; ARENA_BYTES];

#[global_allocator]
static HEAP: Small<TalcSyncCell<ArenaThenGrowth, WasmBinning>> =
    Small::before(TalcSyncCell::new_wasm(ArenaThenGrowth { arena_taken: false }));

#[derive(Debug)]
struct ArenaThenGrowth {
    arena_taken: bool,
}

// SAFETY: it allocates nothing, and each piece of memory is claimed once: the arena, which nothing else names,
// and pages that have just come into being.
unsafe impl Source for ArenaThenGrowth {
    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        let needed = layout.size() + layout.align() + CLAIM_BYTES;
        let (base, bytes) = if !talc.source.arena_taken && needed <= ARENA_BYTES {
            talc.source.arena_taken = true;
            ((&raw mut ARENA).cast::<u8>(), ARENA_BYTES)
        } else {
            grow(needed.div_ceil(PAGE_BYTES)).ok_or(())?
        };
        // SAFETY: see above.
        unsafe { talc.claim(base, bytes) }.map(drop).ok_or(())
    }
}

/// Fresh pages; none when the host allows no more.
fn grow(pages: usize) -> Option<(*mut u8, usize)> {
    let before = core::arch::wasm32::memory_grow::<0>(pages);
    (before != usize::MAX).then(|| ((before * PAGE_BYTES) as *mut u8, pages * PAGE_BYTES))
}
