//! The memory allocator of the program: that of the system, which names the running trials when the system has no more.
//!
//! Rust ends a process whose memory is refused. No code of ours can change that safely (an allocator must not unwind), but
//! it can say before what was going on. It is the only `unsafe` code outside of `recur-kernels`.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write as _;
use std::sync::{Mutex, PoisonError, TryLockError};

/// The allocator of the system; where it refuses memory, the running trials are named on standard error. A program
/// may take it: `#[global_allocator] static ALLOCATOR: recur_terminal::Allocator = recur_terminal::Allocator;`.
#[derive(Clone, Copy, Debug)]
pub struct Allocator;

// SAFETY:
// - every call is passed on to `System` with the arguments as they came, and its result is returned as it is, so
//   `System` keeps the contract of `GlobalAlloc` for both;
// - `refused` does not unwind: it writes bytes that are there to standard error and drops the outcome.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that `System` asks for.
        let place = unsafe { System.alloc(layout) };
        if place.is_null() {
            refused(layout.size());
        }
        place
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        let place = unsafe { System.alloc_zeroed(layout) };
        if place.is_null() {
            refused(layout.size());
        }
        place
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above; `place` came from `System`, as all memory of this allocator does.
        let place = unsafe { System.realloc(place, layout, size) };
        if place.is_null() {
            refused(size);
        }
        place
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(place, layout) }
    }
}

/// The work under way, in words that are safe to show. A vector, as a map would take memory where there is none.
static UNDER_WAY: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Work that has been named; it ends with this value.
#[derive(Debug)]
pub struct UnderWay(String);

/// Names `work` until the value that is returned ends.
pub fn under_way(work: &str) -> UnderWay {
    let words = recur_core::visible::visible(work).into_owned();
    UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).push(words.clone());
    UnderWay(words)
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut all = UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = all.iter().position(|words| *words == self.0) {
            all.swap_remove(at);
        }
    }
}

/// Says that `n_bytes` were refused, and what was under way. Takes no memory, and waits for no lock of ours.
#[cold]
fn refused(n_bytes: usize) {
    let all = match UNDER_WAY.try_lock() {
        Ok(all) => all,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => return,
    };
    // Standard error has no buffer, and what cannot be written there cannot be said at all.
    let mut to = std::io::stderr();
    let _ = write!(to, "out of memory: the system refused {n_bytes} bytes while ");
    let _ = to.write_all(if all.is_empty() {
        b"no trial was under way: recur needs more memory than its limit allows (ulimit -v)"
    } else {
        b"this was under way: ".as_slice()
    });
    for (index, words) in all.iter().enumerate() {
        let _ = to.write_all(if index == 0 { b"" } else { b"; " });
        let _ = to.write_all(words.as_bytes());
    }
    let _ = to.write_all(b"\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_under_way_until_its_value_ends() {
        let is_there = |words: &str| UNDER_WAY.lock().unwrap().iter().any(|other| other == words);
        let first = under_way("one\u{1b} of a test");
        let twice = [under_way("two of a test"), under_way("two of a test")];
        assert!(is_there("one\\x1b of a test") && is_there("two of a test"));
        drop(first);
        assert!(!is_there("one\\x1b of a test") && is_there("two of a test"));
        let [second, third] = twice;
        drop(second);
        assert!(is_there("two of a test"));
        drop(third);
        assert!(!is_there("two of a test"));
    }
}
