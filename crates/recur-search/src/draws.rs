//! The random numbers of proposals: each is a function of the seed, the model, the proposal, the dimension's name and
//! how often that dimension was drawn before.

use recur_core::random::{Stream, StreamPath};

/// The random numbers of one proposal.
#[derive(Clone, Debug)]
pub(crate) struct Draws(StreamPath);

impl Draws {
    /// The root of all random numbers of the search for `model`.
    pub(crate) fn root(seed: u64, model: &str) -> StreamPath {
        StreamPath::root(seed).child("search").child(model)
    }

    /// The numbers of proposal `index` of the model with this root.
    pub(crate) fn of_proposal(root: &StreamPath, index: usize) -> Self {
        Self(root.child("proposal").child(index))
    }

    /// The `n`-th independent number for the choice of a box.
    pub(crate) fn for_box(&self, n: u32) -> f64 {
        nth(&self.0.child("box"), n)
    }

    /// The `n`-th independent number for the dimension `name`.
    pub(crate) fn for_dimension(&self, name: &str, n: u32) -> f64 {
        nth(&self.0.child("dimension").child(name), n)
    }

    /// A stream of its own for `purpose`.
    pub(crate) fn stream(&self, purpose: &str) -> Stream {
        self.0.child(purpose).stream()
    }

    /// A stream of its own for `purpose` in the dimension `name`.
    pub(crate) fn stream_of(&self, purpose: &str, name: &str) -> Stream {
        self.0.child(purpose).child("dimension").child(name).stream()
    }
}

fn nth(path: &StreamPath, n: u32) -> f64 {
    let mut stream = path.stream();
    stream.seek(2 * u64::from(n));
    unit(&mut stream)
}

/// A number in `[0, 1)`: a multiple of 2⁻⁵³, each equally likely. It takes two numbers of the stream.
pub(crate) fn unit(stream: &mut Stream) -> f64 {
    let (high, low) = (u64::from(stream.next_u32()), u64::from(stream.next_u32()));
    ((high << 32 | low) >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
}

/// `floor(u · n)`, for `u` in `[0, 1)`.
pub(crate) fn below(u: f64, n: usize) -> usize {
    ((u * n as f64) as usize).min(n.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_keyed_by_name_and_count() {
        let draws = Draws::of_proposal(&Draws::root(7, "gru"), 3);
        let mut stream = StreamPath::root(7).child("search/gru/proposal/3/dimension/dropout").stream();
        let drawn: Vec<f64> = (0..20).map(|_| unit(&mut stream)).collect();
        assert!((0..20).all(|n| draws.for_dimension("dropout", n) == drawn[n as usize]));
        assert_ne!(draws.for_dimension("width", 0), drawn[0]);
        assert_ne!(draws.for_box(0), drawn[0]);
    }

    #[test]
    fn numbers_never_change() {
        let draws = Draws::of_proposal(&Draws::root(20_261_129, "gru"), 0);
        assert_eq!(draws.for_dimension("dropout", 0), PINNED, "a change here changes the proposals of every user");
    }

    const PINNED: f64 = 0.802_315_505_114_648_1;

    #[test]
    fn units_fill_the_interval_evenly() {
        let mut stream = StreamPath::root(1).child("u").stream();
        let mut counts = [0_u32; 10];
        (0..100_000).for_each(|_| counts[below(unit(&mut stream), 10)] += 1);
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
    }
}
