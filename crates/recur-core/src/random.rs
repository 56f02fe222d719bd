//! Keyed random streams: every random number of recur is a function of the root seed and a path.
//!
//! A path such as `replicate/3/shuffle/epoch/7` is hashed with the root seed to the key of a counter-based generator
//! (ChaCha with 8 rounds), so no number depends on the order of execution, and adding a model, a value or a metric
//! changes nobody else's numbers. The few distributions are here, and not in a crate, because their exact bits are
//! part of recur's promise.

use crate::digest::Hasher;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// A place in the tree of random streams: the root seed and the path so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamPath {
    seed: u64,
    path: String,
}

impl StreamPath {
    /// The root of the tree for `seed`.
    pub fn root(seed: u64) -> Self {
        Self { seed, path: String::new() }
    }

    /// The child named `segment`. A segment may itself hold slashes: `child("a/b")` is `child("a").child("b")`.
    #[must_use]
    pub fn child(&self, segment: impl std::fmt::Display) -> Self {
        let path = if self.path.is_empty() { segment.to_string() } else { format!("{}/{segment}", self.path) };
        Self { seed: self.seed, path }
    }

    /// The path from the root, segments joined by slashes.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The stream of random numbers at this place, from its beginning.
    pub fn stream(&self) -> Stream {
        self.stream_at(&[self.path.as_bytes()])
    }

    /// The stream of `child(number)`, made without allocating: for numbers drawn anew at each step.
    pub fn numbered_stream(&self, number: u64) -> Stream {
        let mut digits = [0_u8; 20];
        let mut first = digits.len();
        let mut rest = number;
        loop {
            first -= 1;
            digits[first] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        let separator: &[u8] = if self.path.is_empty() { b"" } else { b"/" };
        self.stream_at(&[self.path.as_bytes(), separator, &digits[first..]])
    }

    fn stream_at(&self, path: &[&[u8]]) -> Stream {
        let mut hasher = Hasher::new();
        hasher.field(b"recur random stream 1").field(&self.seed.to_le_bytes()).joined_field(path);
        Stream(ChaCha8Rng::from_seed(hasher.finish_bytes()))
    }
}

/// A stream of random numbers; equal paths give equal streams on every machine.
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// Goes to where `drawn` numbers of 32 bits have been drawn from the beginning.
    pub fn seek(&mut self, drawn: u64) {
        self.0.set_word_pos(u128::from(drawn));
    }

    /// The next 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// A number in `0..n`, each equally likely (Lemire 2019, "Fast random integer generation in an interval").
    ///
    /// # Panics
    /// If `n` is zero.
    pub fn below(&mut self, n: u32) -> u32 {
        assert!(n > 0, "no number is below zero");
        loop {
            let product = u64::from(self.next_u32()) * u64::from(n);
            // The exact bound is below n and takes a division, so it is looked at last.
            if product as u32 >= n || product as u32 >= n.wrapping_neg() % n {
                return (product >> 32) as u32;
            }
        }
    }

    /// A number in `[0, 1)`: a multiple of 2⁻²⁴, each equally likely.
    pub fn unit_f32(&mut self) -> f32 {
        (self.next_u32() >> 8) as f32 * (1.0 / 16_777_216.0)
    }

    /// A number in `[-bound, bound)`: `2·bound·u - bound`, each operation rounded, with `u` from [`Stream::unit_f32`].
    pub fn symmetric_f32(&mut self, bound: f32) -> f32 {
        (2.0 * bound) * self.unit_f32() - bound
    }

    /// Permutes `items`, every order equally likely (Fisher and Yates, from the last place down).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(u32::try_from(last + 1).expect("more than 2^32 items")) as usize;
            items.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_paths_give_equal_streams_and_others_differ() {
        let root = StreamPath::root(7);
        let first = |path: &StreamPath| path.stream().next_u32();
        assert_eq!(first(&root.child("a").child("b")), first(&root.child("a/b")));
        assert_ne!(first(&root.child("a")), first(&root.child("b")));
        assert_ne!(first(&root.child("a")), first(&StreamPath::root(8).child("a")));
    }

    #[test]
    fn a_numbered_stream_is_that_of_the_child() {
        for path in [StreamPath::root(7), StreamPath::root(7).child("dropout/step")] {
            for number in [0, 9, 10, 120_345, u64::MAX] {
                assert_eq!(path.numbered_stream(number).next_u32(), path.child(number).stream().next_u32());
            }
        }
    }

    #[test]
    fn stream_values_never_change() {
        let mut stream = StreamPath::root(20_261_123).child("replicate/3/shuffle/epoch/7").stream();
        let drawn: Vec<u32> = (0..4).map(|_| stream.below(1000)).collect();
        assert_eq!(drawn, PINNED, "a change here changes every result of every user");
    }

    const PINNED: [u32; 4] = [876, 36, 16, 407];

    #[test]
    fn seeking_is_drawing_as_often() {
        let path = StreamPath::root(7).child("a");
        for drawn in [0, 1, 15, 16, 63, 64, 1_000] {
            let (mut one, mut other) = (path.stream(), path.stream());
            (0..drawn).for_each(|_| _ = one.next_u32());
            other.next_u32();
            other.seek(drawn);
            assert_eq!(one.next_u32(), other.next_u32(), "after {drawn}");
        }
    }

    #[test]
    fn below_reaches_each_value_equally_often() {
        let mut stream = StreamPath::root(1).child("x").stream();
        let mut counts = [0_u32; 7];
        for _ in 0..70_000 {
            counts[stream.below(7) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
    }

    #[test]
    fn shuffle_is_a_permutation() {
        let mut items: Vec<u32> = (0..100).collect();
        StreamPath::root(1).child("s").stream().shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn unit_stays_below_one() {
        let mut stream = StreamPath::root(3).child("u").stream();
        assert!((0..10_000).map(|_| stream.unit_f32()).all(|u| (0.0..1.0).contains(&u)));
    }
}
