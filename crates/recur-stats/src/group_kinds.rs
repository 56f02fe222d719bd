//! The difference of a metric between two runs on groups of rows that were drawn again.

use crate::label_counts::LabelCounts;
use std::collections::BTreeMap;

/// A true label, the first run's prediction and the second's.
type Triple = [u16; 3];

/// As [`LabelDifference`](crate::LabelDifference), for a bootstrap over groups of rows with
/// [`bootstrap_of_kinds`](crate::bootstrap_of_kinds). Two groups are of the same kind if they hold the same rows, as to true
/// label and both predictions, whatever their order. There are far fewer kinds than groups. C is the number of labels, K
/// that of kinds, D that of distinct triples of labels.
///
/// Where every group has one row this is a bootstrap over rows.
#[derive(Clone, Debug)]
pub struct GroupKinds<F> {
    /// (K); the groups of each kind.
    counts: Vec<u32>,
    /// (D); ascending.
    triples: Vec<Triple>,
    /// How often each triple is in a group of each kind, where it is at all; by triple, then by kind.
    parts: Vec<Part>,
    first: LabelCounts,
    second: LabelCounts,
    metric: F,
}

#[derive(Clone, Copy, Debug)]
struct Part {
    triple: u32,
    kind: u32,
    times: u32,
}

impl<F: Fn(&LabelCounts) -> Option<f64>> GroupKinds<F> {
    /// Rows are (group, true label, the first run's prediction, the second's); groups are any numbers, and their rows need not
    /// follow each other. `metric` is for example [`LabelCounts::macro_f1`].
    ///
    /// # Panics
    /// If a label is not below `n_classes` (C).
    pub fn new(n_classes: usize, rows: impl IntoIterator<Item = (u32, u16, u16, u16)>, metric: F) -> Self {
        let kinds = kinds(rows);
        let mut triples: Vec<Triple> = kinds.keys().flatten().copied().collect();
        triples.sort_unstable();
        triples.dedup();
        let is_label = |label: &u16| usize::from(*label) < n_classes;
        assert!(triples.as_flattened().iter().all(is_label), "a label beyond {n_classes}");
        Self {
            parts: parts(&triples, kinds.keys()),
            counts: kinds.into_values().collect(),
            triples,
            first: LabelCounts::new(n_classes),
            second: LabelCounts::new(n_classes),
            metric,
        }
    }

    /// The number of groups of each kind, (K).
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// The first run's metric minus the second's on `drawn` (K) groups of each kind; NaN where it is undefined.
    ///
    /// # Panics
    /// If `drawn` has not an entry for each kind.
    pub fn over(&mut self, drawn: &[u32]) -> f64 {
        assert_eq!(drawn.len(), self.counts.len(), "a count for each kind");
        self.first.clear();
        self.second.clear();
        for parts in self.parts.chunk_by(|a, b| a.triple == b.triple) {
            let [truth, first, second] = self.triples[parts[0].triple as usize].map(usize::from);
            let n = parts.iter().map(|part| u64::from(part.times) * u64::from(drawn[part.kind as usize])).sum();
            self.first.add(truth, first, n);
            self.second.add(truth, second, n);
        }
        let metric = |counts| (self.metric)(counts).unwrap_or(f64::NAN);
        metric(&self.first) - metric(&self.second)
    }
}

/// The rows of a group of each kind, ascending, and the number of such groups.
fn kinds(rows: impl IntoIterator<Item = (u32, u16, u16, u16)>) -> BTreeMap<Vec<Triple>, u32> {
    let mut rows: Vec<(u32, Triple)> =
        rows.into_iter().map(|(group, truth, first, second)| (group, [truth, first, second])).collect();
    rows.sort_unstable();
    let mut kinds: BTreeMap<Vec<Triple>, u32> = BTreeMap::new();
    for group in rows.chunk_by(|a, b| a.0 == b.0) {
        *kinds.entry(group.iter().map(|(_, triple)| *triple).collect()).or_default() += 1;
    }
    kinds
}

fn parts<'a>(triples: &[Triple], kinds: impl Iterator<Item = &'a Vec<Triple>>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for (kind, rows) in kinds.enumerate() {
        for same in rows.chunk_by(|a, b| a == b) {
            let triple = triples.partition_point(|other| other < &same[0]) as u32;
            parts.push(Part { triple, kind: kind as u32, times: same.len() as u32 });
        }
    }
    parts.sort_by_key(|part| (part.triple, part.kind));
    parts
}
