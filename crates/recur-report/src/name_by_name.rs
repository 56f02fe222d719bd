//! Two models on the same test names: which of them is right where, and how sure the difference of macro-F1 is.

use crate::analysis::Analysis;
use recur_core::random::{Stream, StreamPath};
use recur_core::record::TestRecord;
use recur_stats::{GroupKinds, Interval, LabelCounts, PairedCounts, bootstrap_of_kinds, mcnemar_exact};

/// Replicates that are compared at once.
const MOST_THREADS: usize = 16;

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
    let pairs: Vec<(&TestRecord, &TestRecord)> =
        first.tests.iter().copied().zip(second.tests.iter().copied()).collect();
    let (n_resamples, splits) = (analysis.n_resamples, analysis.input.splits);
    let of = &|replicate: usize| {
        let (pair, stream) = (pairs[replicate], path.child("replicate").child(replicate).stream());
        of_replicate(pair, &splits[replicate].test_groups, n_labels, stream, n_resamples)
    };
    // A replicate has a stream of its own, so each may have a thread of its own, as far as there are threads to be had.
    let replicates: Vec<usize> = (0..pairs.len()).collect();
    let in_threads = |replicates: &[usize]| -> Vec<Paired> {
        std::thread::scope(|scope| {
            let start = |replicate: &usize| {
                let replicate = *replicate;
                let started = std::thread::Builder::new().spawn_scoped(scope, move || of(replicate));
                started.map_err(|_| replicate)
            };
            let threads: Vec<_> = replicates.iter().map(start).collect();
            let join = |thread: Result<std::thread::ScopedJoinHandle<'_, Paired>, usize>| match thread {
                Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                // The system grants no thread.
                Err(replicate) => of(replicate),
            };
            threads.into_iter().map(join).collect()
        })
    };
    replicates.chunks(MOST_THREADS).flat_map(in_threads).collect()
}

fn of_replicate(
    (first, second): (&TestRecord, &TestRecord),
    groups: &[u32],
    n_labels: usize,
    mut stream: Stream,
    n_resamples: usize,
) -> Paired {
    let pairs = || first.predictions.iter().zip(&second.predictions);
    let counts = PairedCounts::of(pairs().map(|(a, b)| (a.predicted == a.label, b.predicted == b.label)));
    let rows = groups.iter().zip(pairs()).map(|(group, (a, b))| (*group, a.label, a.predicted, b.predicted));
    let mut kinds = GroupKinds::new(n_labels, rows, LabelCounts::macro_f1);
    let of_kinds = kinds.counts().to_vec();
    let drawn = bootstrap_of_kinds(&of_kinds, n_resamples, || stream.next_u32(), |drawn| kinds.over(drawn));
    Paired {
        n_names: first.predictions.len(),
        counts,
        mcnemar_p: mcnemar_exact(&counts),
        macro_f1: Some(kinds.over(&of_kinds)).filter(|value| value.is_finite()),
        interval: drawn.and_then(|drawn| drawn.bca(0.95)),
    }
}
