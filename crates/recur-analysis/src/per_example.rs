//! Two models on the same test examples: which of them is right where, and how sure the difference of macro-F1 is.

use crate::difference::{CONFIDENCE, LEVEL};
use crate::ranked::Ranked;
use crate::summary::ends;
use recur_core::metric::Metric;
use recur_core::random::{Stream, StreamPath};
use recur_core::record::TestRecord;
use recur_stats::{GroupKinds, Interval, LabelCounts, PairedCounts, bootstrap_of_kinds, holm, mcnemar_exact};
use serde::Serialize;

/// Replicates that are compared at once.
const MOST_THREADS: usize = 16;

/// Two models on the same test examples.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PerExample {
    /// The best model's id.
    pub first: String,
    /// The id of the next in the ranking.
    pub second: String,
    /// One entry a replicate.
    pub replicates: Vec<OnExamples>,
}

/// What the test examples of one replicate say of two models.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OnExamples {
    /// The number of test examples.
    pub examples: usize,
    /// Examples that both got right.
    pub both_right: u64,
    /// Examples that only the first got right.
    pub only_first_right: u64,
    /// Examples that only the second got right.
    pub only_second_right: u64,
    /// Examples that both got wrong.
    pub both_wrong: u64,
    /// Accuracy of the first minus that of the second.
    pub accuracy_difference: Option<f64>,
    /// McNemar's exact p-value of "both are right equally often".
    pub mcnemar_p: f64,
    /// Whether that is below the level.
    pub mcnemar_is_significant: bool,
    /// Macro-F1 of the first minus that of the second; `None` without examples.
    pub macro_f1_difference: Option<f64>,
    /// The BCa interval (95 %) of that difference; `None` where it is undefined.
    #[serde(serialize_with = "ends")]
    pub macro_f1_interval: Option<Interval>,
}

/// A model and the baseline on the same test examples, with the p-value corrected over all models.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ToBaseline {
    /// The model's id.
    pub model: String,
    /// The model as the first, the baseline as the second.
    pub on_examples: OnExamples,
    /// McNemar's exact p-value after Holm's correction over all models.
    pub mcnemar_p_holm: f64,
}

impl OnExamples {
    /// The metrics compared: that of the bootstrap and that of McNemar's test.
    pub const METRICS: [Metric; 2] = [Metric::MacroF1, Metric::Accuracy];

    /// Whether the interval lies on one side of zero, and on which: 1 if above, −1 if below, else 0.
    pub fn side(&self) -> i8 {
        match self.macro_f1_interval {
            Some(interval) if interval.low > 0.0 => 1,
            Some(interval) if interval.high < 0.0 => -1,
            _ => 0,
        }
    }
}

impl PerExample {
    /// The best model and the next; `None` with fewer than two ranked models, or where they read other texts.
    pub(crate) fn of_best(ranked: &Ranked<'_>) -> Option<Self> {
        let [first, second, ..] = ranked.ranking[..] else { return None };
        let id = |model: usize| ranked.models[model].id.to_owned();
        ranked.outcomes.shares_examples().then(|| Self {
            first: id(first),
            second: id(second),
            replicates: paired(ranked, first, second),
        })
    }
}

/// Each ranked model, best first, against the baseline on the test examples of the one replicate. Only where experiments or
/// trials are compared that have one: then there are no replicates to compare over.
pub(crate) fn to_baseline(ranked: &Ranked<'_>) -> Vec<ToBaseline> {
    let is_asked = ranked.outcomes.comparison.is_some() && ranked.outcomes.plan.replicates == 1;
    let Some(baseline) = ranked.baseline().filter(|model| is_asked && ranked.ranking.contains(model)) else {
        return Vec::new();
    };
    let others = ranked.ranking.iter().copied().filter(|model| *model != baseline);
    let found: Vec<(usize, OnExamples)> =
        others.filter_map(|model| Some((model, paired(ranked, model, baseline).into_iter().next()?))).collect();
    let corrected = holm(&found.iter().map(|(_, on_examples)| on_examples.mcnemar_p).collect::<Vec<_>>());
    let named = |((model, on_examples), mcnemar_p_holm): ((usize, OnExamples), f64)| ToBaseline {
        model: ranked.models[model].id.to_owned(),
        on_examples,
        mcnemar_p_holm,
    };
    found.into_iter().zip(corrected).map(named).collect()
}

/// One entry a replicate: the chosen configurations of two ranked models on its test examples.
///
/// The random numbers are those of the plan's seed and `report/names/FIRST/SECOND/replicate/R`.
fn paired(ranked: &Ranked<'_>, first: usize, second: usize) -> Vec<OnExamples> {
    let (first, second) = (&ranked.models[first], &ranked.models[second]);
    let n_labels = ranked.outcomes.label_names.len();
    let path = StreamPath::root(ranked.outcomes.plan.seed).child("report/names").child(first.id).child(second.id);
    let pairs: Vec<(&TestRecord, &TestRecord)> =
        first.tests.iter().copied().zip(second.tests.iter().copied()).collect();
    let (n_resamples, splits) = (ranked.n_resamples, ranked.outcomes.splits);
    let of = &|replicate: usize| {
        let (pair, stream) = (pairs[replicate], path.child("replicate").child(replicate).stream());
        of_replicate(pair, &splits[replicate].test_groups, n_labels, stream, n_resamples)
    };
    // A replicate has a stream of its own, so each may have a thread of its own, as far as the system has them.
    let replicates: Vec<usize> = (0..pairs.len()).collect();
    let in_threads = |replicates: &[usize]| -> Vec<OnExamples> {
        std::thread::scope(|scope| {
            let start = |replicate: &usize| {
                let replicate = *replicate;
                let started = std::thread::Builder::new().spawn_scoped(scope, move || of(replicate));
                started.map_err(|_| replicate)
            };
            let threads: Vec<_> = replicates.iter().map(start).collect();
            let join = |thread: Result<std::thread::ScopedJoinHandle<'_, OnExamples>, usize>| match thread {
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
) -> OnExamples {
    let pairs = || first.predictions.iter().zip(&second.predictions);
    let counts = PairedCounts::of(pairs().map(|(a, b)| (a.predicted == a.label, b.predicted == b.label)));
    let rows = groups.iter().zip(pairs()).map(|(group, (a, b))| (*group, a.label, a.predicted, b.predicted));
    let mut kinds = GroupKinds::new(n_labels, rows, LabelCounts::macro_f1);
    let of_kinds = kinds.counts().to_vec();
    let mcnemar_p = mcnemar_exact(&counts);
    let drawn = bootstrap_of_kinds(&of_kinds, n_resamples, || stream.next_u32(), |drawn| kinds.over(drawn));
    OnExamples {
        examples: first.predictions.len(),
        both_right: counts.both_right,
        only_first_right: counts.only_first,
        only_second_right: counts.only_second,
        both_wrong: counts.both_wrong,
        accuracy_difference: counts.accuracy_difference(),
        mcnemar_p,
        mcnemar_is_significant: mcnemar_p < LEVEL,
        macro_f1_difference: Some(kinds.over(&of_kinds)).filter(|value| value.is_finite()),
        macro_f1_interval: drawn.and_then(|drawn| drawn.bca(CONFIDENCE)),
    }
}
