//! Two models on the same test names: which of them is right where, and how sure the difference of macro-F1 is.

use crate::analysis::Analysis;
use recur_core::random::{Stream, StreamPath};
use recur_core::record::TestRecord;
use recur_stats::{Interval, LabelCounts, PairedCounts, bootstrap, mcnemar_exact};
use std::collections::BTreeMap;

/// What the test names of one replicate say of two models.
pub(crate) struct Paired {
    /// The number of test names.
    pub(crate) n_names: usize,
    /// Names that both, one alone, or none of the models got right.
    pub(crate) counts: PairedCounts,
    /// McNemar's exact p-value of "both are right equally often".
    pub(crate) mcnemar_p: f64,
    /// Macro-F1 of the first minus that of the second; `None` without names.
    pub(crate) macro_f1: Option<f64>,
    /// The BCa interval (95 %) of that difference; `None` where it is undefined.
    pub(crate) interval: Option<Interval>,
}

impl Paired {
    /// Whether the interval lies on one side of zero, and on which: 1 if above, −1 if below, else 0.
    pub(crate) fn side(&self) -> i8 {
        match self.interval {
            Some(interval) if interval.low > 0.0 => 1,
            Some(interval) if interval.high < 0.0 => -1,
            _ => 0,
        }
    }
}

/// One entry a replicate: the chosen configurations of two ranked models on its test names.
///
/// The random numbers are those of the plan's seed and `report/names/FIRST/SECOND/replicate/R`.
pub(crate) fn paired(analysis: &Analysis<'_>, first: usize, second: usize) -> Vec<Paired> {
    let (first, second) = (&analysis.models[first], &analysis.models[second]);
    let n_labels = analysis.input.label_names.len();
    let path = StreamPath::root(analysis.input.plan.seed).child("report/names").child(first.id).child(second.id);
    // A replicate has a stream of its own, so each may have a thread of its own.
    let pairs: Vec<(&TestRecord, &TestRecord)> =
        first.tests.iter().copied().zip(second.tests.iter().copied()).collect();
    let n_resamples = analysis.n_resamples;
    std::thread::scope(|scope| {
        let threads: Vec<_> = pairs
            .iter()
            .enumerate()
            .map(|(replicate, (a, b))| {
                let stream = path.child("replicate").child(replicate).stream();
                scope.spawn(move || of_replicate(a, b, n_labels, stream, n_resamples))
            })
            .collect();
        let joined = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined.map(|result| result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

fn of_replicate(
    first: &TestRecord,
    second: &TestRecord,
    n_labels: usize,
    mut stream: Stream,
    n_resamples: usize,
) -> Paired {
    let pairs = || first.predictions.iter().zip(&second.predictions);
    let counts = PairedCounts::of(pairs().map(|(a, b)| (a.predicted == a.label, b.predicted == b.label)));
    let rows = pairs().map(|(a, b)| [a.label, a.predicted, b.predicted]);
    let mut difference = MacroF1Difference::new(n_labels, rows);
    let n_names = difference.kind_of_row.len();
    let drawn = bootstrap(n_names, n_resamples, |n| below(&mut stream, n), |rows| difference.resampled(rows));
    Paired {
        n_names,
        counts,
        mcnemar_p: mcnemar_exact(&counts),
        macro_f1: Some(difference.over(&(0..n_names as u32).collect::<Vec<_>>())).filter(|value| value.is_finite()),
        interval: drawn.and_then(|drawn| drawn.bca(0.95)),
    }
}

/// As [`Stream::below`], number for number; its division, most of the time of a bootstrap, is left out where it cannot matter.
fn below(stream: &mut Stream, n: u32) -> u32 {
    loop {
        let product = u64::from(stream.next_u32()) * u64::from(n);
        let low = product as u32;
        // The remainder is less than n.
        if low >= n || low >= n.wrapping_neg() % n {
            return (product >> 32) as u32;
        }
    }
}

/// As [`recur_stats::LabelDifference`] with macro-F1, several times as fast: names with the same true and predicted labels are
/// of one kind, of which there are far fewer than names, and a drawn row is one addition.
struct MacroF1Difference {
    /// True label and both predictions of each kind.
    kinds: Vec<[u16; 3]>,
    kind_of_row: Vec<u32>,
    /// How often each kind was drawn.
    drawn: Vec<u32>,
    /// The difference on all rows but one of a kind.
    without: Vec<Option<f64>>,
    first: LabelCounts,
    second: LabelCounts,
}

impl MacroF1Difference {
    fn new(n_labels: usize, rows: impl Iterator<Item = [u16; 3]>) -> Self {
        let mut numbers: BTreeMap<[u16; 3], u32> = BTreeMap::new();
        let mut kinds = Vec::new();
        let number = |row: [u16; 3]| {
            *numbers.entry(row).or_insert_with(|| {
                kinds.push(row);
                kinds.len() as u32 - 1
            })
        };
        let kind_of_row: Vec<u32> = rows.map(number).collect();
        let drawn = vec![0; kinds.len()];
        let without = vec![None; kinds.len()];
        Self {
            kinds,
            kind_of_row,
            drawn,
            without,
            first: LabelCounts::new(n_labels),
            second: LabelCounts::new(n_labels),
        }
    }

    /// As [`Self::over`], for the calls of [`bootstrap`]: where one row is missing, it is each row in turn, once, and rows of
    /// a kind give the same.
    fn resampled(&mut self, rows: &[u32]) -> f64 {
        let n = self.kind_of_row.len();
        if rows.len() + 1 != n {
            return self.over(rows);
        }
        let sum: u64 = rows.iter().map(|row| u64::from(*row)).sum();
        let missing = (n * (n - 1) / 2) as u64 - sum;
        let kind = self.kind_of_row[missing as usize] as usize;
        if let Some(known) = self.without[kind] {
            return known;
        }
        let value = self.over(rows);
        self.without[kind] = Some(value);
        value
    }

    /// The difference on `rows`, indices that may repeat; NaN without rows.
    fn over(&mut self, rows: &[u32]) -> f64 {
        self.drawn.fill(0);
        for row in rows {
            self.drawn[self.kind_of_row[*row as usize] as usize] += 1;
        }
        self.first.clear();
        self.second.clear();
        for ([truth, first, second], n) in self.kinds.iter().zip(&self.drawn) {
            self.first.add(usize::from(*truth), usize::from(*first), u64::from(*n));
            self.second.add(usize::from(*truth), usize::from(*second), u64::from(*n));
        }
        let figure = |counts: &LabelCounts| counts.macro_f1().unwrap_or(f64::NAN);
        figure(&self.first) - figure(&self.second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use recur_stats::LabelDifference;

    #[test]
    fn numbers_are_those_of_the_stream() {
        for n in [1, 2, 5_600, 3_000_000_000] {
            let path = StreamPath::root(1).child(n);
            let (mut first, mut second) = (path.stream(), path.stream());
            assert!((0..1_000).all(|_| below(&mut first, n) == second.below(n)), "{n}");
        }
    }

    #[test]
    fn counting_kinds_gives_what_counting_rows_gives() {
        let mut stream = StreamPath::root(1).child("rows").stream();
        let rows: Vec<[u16; 3]> = (0..200).map(|_| [0; 3].map(|_: u16| stream.below(4) as u16)).collect();
        let mut of_kinds = MacroF1Difference::new(5, rows.iter().copied());
        let triples = rows.iter().map(|[truth, first, second]| (*truth, *first, *second));
        let mut of_rows = LabelDifference::new(5, triples, LabelCounts::macro_f1);
        for n in [1, 2, 50, 200, 300] {
            let drawn: Vec<u32> = (0..n).map(|_| stream.below(200)).collect();
            assert_eq!(of_kinds.over(&drawn).to_bits(), of_rows.over(&drawn).to_bits());
        }
        let path = StreamPath::root(1).child("draws");
        let (mut first, mut second) = (path.stream(), path.stream());
        let got = bootstrap(200, 100, |below| first.below(below), |rows| of_kinds.resampled(rows));
        assert_eq!(got, bootstrap(200, 100, |below| second.below(below), |rows| of_rows.over(rows)));
    }
}
