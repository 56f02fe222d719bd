//! Memory for numbers that starts at a cache line.

use crate::vector::MAX_LANES;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// Numbers that start at a cache line of 64 bytes: rows of whole vectors then lie across no line's end. Reading across
/// one takes twice as long, so weights and states are held this way; the results are the same.
#[derive(Clone, Default)]
pub struct AlignedVec {
    lines: Vec<Line>,
    len: usize,
}

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; MAX_LANES]);

impl AlignedVec {
    /// Zeros.
    pub fn zeros(len: usize) -> Self {
        Self { lines: vec![Line([0.0; MAX_LANES]); len.div_ceil(MAX_LANES)], len }
    }

    /// The first `len` numbers; grows to as many, the new ones zero, and never shrinks.
    pub fn take(&mut self, len: usize) -> &mut [f32] {
        if self.len < len {
            self.lines.resize(len.div_ceil(MAX_LANES), Line([0.0; MAX_LANES]));
            self.len = len;
        }
        &mut self[..len]
    }
}

impl Deref for AlignedVec {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: `lines` are at least `len` numbers end to end, as a `Line` is 16 numbers without padding.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }
}

impl DerefMut for AlignedVec {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as `deref`, and `self` is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.len) }
    }
}

impl fmt::Debug for AlignedVec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_start_at_a_line_and_stay_when_it_grows() {
        let mut numbers = AlignedVec::default();
        assert!(numbers.is_empty());
        for len in [1, 15, 16, 17, 40, 3, 1000] {
            numbers.take(len)[len - 1] = len as f32;
            assert_eq!(numbers.as_ptr().addr() % 64, 0);
        }
        assert_eq!(numbers.len(), 1000);
        assert_eq!([0, 2, 14, 15, 16, 39, 999].map(|i| numbers[i]), [1.0, 3.0, 15.0, 16.0, 17.0, 40.0, 1000.0]);
        assert_eq!(numbers.iter().filter(|x| **x != 0.0).count(), 7);
        assert_eq!(*AlignedVec::zeros(18), [0.0; 18]);
    }
}
