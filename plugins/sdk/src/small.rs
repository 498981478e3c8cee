//! Small pieces that were given back, kept by size for who asks for that size next. A call makes and drops hundreds of short
//! texts: to find room for each and to join it to its neighbours again takes longer than what is done with it. What is kept here
//! is as much as was in use at once of each size, and goes with the instance.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::ptr;

/// Sizes are told apart by so many bytes, which is also what the heap gives at least.
const STEP: usize = 16;
/// How many sizes there are: up to 512 bytes.
const SIZES: usize = 32;
/// Of every piece.
const ALIGN: usize = 8;

/// A heap behind its small pieces.
pub(super) struct Small<H> {
    heap: H,
    free: UnsafeCell<[*mut Free; SIZES]>,
}

/// A piece that nobody has: where the next one of its size is.
struct Free {
    next: *mut Free,
}

// SAFETY: a component has one thread.
unsafe impl<H: Sync> Sync for Small<H> {}

impl<H> Small<H> {
    pub(super) const fn before(heap: H) -> Self {
        Self { heap, free: UnsafeCell::new([ptr::null_mut(); SIZES]) }
    }

    /// Where pieces of this size are kept.
    fn list(&self, size: usize) -> *mut *mut Free {
        self.free.get().cast::<*mut Free>().wrapping_add(size)
    }
}

/// Which of the sizes it is.
fn size(layout: Layout) -> Option<usize> {
    let size = layout.size().wrapping_sub(1) / STEP;
    (size < SIZES && layout.align() <= ALIGN).then_some(size)
}

// SAFETY: a piece comes from the heap in the whole size of its list, and is in the list or with who asked for it.
unsafe impl<H: GlobalAlloc> GlobalAlloc for Small<H> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(size) = size(layout) else {
            // SAFETY: as the caller's.
            return unsafe { self.heap.alloc(layout) };
        };
        // SAFETY: the list's place is in the array, a piece in it is nobody's, and a size of the list is not zero.
        unsafe {
            let list = self.list(size);
            let piece = *list;
            if piece.is_null() {
                return self.heap.alloc(Layout::from_size_align_unchecked((size + 1) * STEP, ALIGN));
            }
            *list = (*piece).next;
            piece.cast()
        }
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        let Some(size) = size(layout) else {
            // SAFETY: as the caller's; the heap has given it under this layout.
            return unsafe { self.heap.dealloc(piece, layout) };
        };
        // SAFETY: it is large enough, aligned, and nobody's any more.
        unsafe {
            let (list, piece) = (self.list(size), piece.cast::<Free>());
            piece.write(Free { next: *list });
            *list = piece;
        }
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller gives a size that makes a layout.
        let new = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        match (size(layout), size(new)) {
            (Some(before), Some(after)) if before == after => piece,
            // SAFETY: as the caller's; the heap has given it under this layout.
            (None, None) => unsafe { self.heap.realloc(piece, layout, new_size) },
            // SAFETY: both are as large as is said, and not the same.
            _ => unsafe {
                let moved = self.alloc(new);
                if !moved.is_null() {
                    ptr::copy_nonoverlapping(piece, moved, layout.size().min(new_size));
                    self.dealloc(piece, layout);
                }
                moved
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::alloc::System;

    use super::*;

    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, 1).unwrap()
    }

    #[test]
    fn a_piece_is_given_again_to_who_asks_for_its_size() {
        let heap = Small::before(System);
        // SAFETY: each is used within its size, and given back once.
        unsafe {
            let [one, other] = [heap.alloc(layout(17)), heap.alloc(layout(32))];
            assert!(one != other);
            heap.dealloc(one, layout(17));
            assert_eq!(heap.alloc(layout(32)), one, "of the same list");
            assert!(![one, other].contains(&heap.alloc(layout(33))));
        }
    }

    #[test]
    fn what_grows_keeps_what_it_holds_from_list_to_list_and_to_the_heap() {
        let heap = Small::before(System);
        // SAFETY: as above.
        unsafe {
            let (mut piece, mut size) = (heap.alloc(layout(1)), 1);
            piece.write(7);
            for next in [2, 16, 17, 512, 513, 9_000, 20, 1] {
                piece = heap.realloc(piece, layout(size), next);
                size = next;
                assert_eq!(piece.read(), 7, "{next}");
                ptr::write_bytes(piece, 7, size);
            }
            heap.dealloc(piece, layout(size));
        }
    }

    #[test]
    fn what_is_large_or_aligned_otherwise_is_the_heap_s() {
        for (of, align, is_small) in [(1, 1, true), (512, 8, true), (513, 1, false), (8, 16, false)] {
            assert_eq!(size(Layout::from_size_align(of, align).unwrap()).is_some(), is_small, "{of}");
        }
    }
}
