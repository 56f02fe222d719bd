//! Calls into polars, which panics on some damaged files where it should return an error.
//!
//! Such a panic is an error of the file, so a user should see the error and not the text of a panic. What is written at a
//! panic is the business of the process's hook: it may ask [`panics_are_quiet`].

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread is caught and becomes an error, so that only a developer can use its text.
pub fn panics_are_quiet() -> bool {
    // A panic may come while the thread ends.
    QUIET.try_with(Cell::get).unwrap_or(false)
}

/// What `read` returns, or nothing if it panics.
pub(crate) fn quietly<T>(read: impl FnOnce() -> T) -> Option<T> {
    let before = QUIET.replace(true);
    let read = catch_unwind(AssertUnwindSafe(read));
    QUIET.set(before);
    read.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_quiet_inside_only() {
        assert_eq!(quietly(panics_are_quiet), Some(true));
        assert_eq!(quietly(|| -> u8 { panic!("a damaged file") }), None);
        assert!(!panics_are_quiet());
    }
}
