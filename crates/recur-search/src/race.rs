//! Which configurations of a model go on to the next stage of a race.

use crate::outcome::Outcome;
use recur_core::metric::Metric;
use recur_core::search::Race;

/// A stage of the race of one model, as far as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageResult {
    /// Those in it are trained on replicates 0 to `replicates - 1`.
    pub replicates: u32,
    /// How many configurations are in it. It grows while a search proposes.
    pub n_entered: usize,
    /// How many of them went on, or finished the last stage; none while it runs.
    pub n_went_on: Option<usize>,
}

/// No race has fewer configurations of a model in its last stage: something to compare the best with.
const FEWEST: usize = 2;

/// How many of `n` configurations go on at least.
pub(crate) fn n_kept(race: &Race, n: usize) -> usize {
    // A product such as 0.07 · 100 is above 7 by rounding only.
    let share = (race.keep * n as f64 - 1e-9).ceil().max(0.0) as usize;
    share.max(FEWEST).min(n)
}

/// The places in `outcomes` of those that go on, ascending. Equal outcomes are ordered by place.
pub(crate) fn survivors(race: &Race, metric: Metric, outcomes: &[Outcome]) -> Vec<usize> {
    let mut best_first: Vec<usize> = (0..outcomes.len()).collect();
    best_first.sort_by(|&a, &b| outcomes[a].compare(outcomes[b], metric));
    let n = n_kept(race, outcomes.len());
    let mut kept = best_first[..n].to_vec();
    if let (Some(margin), Some(&last)) = (race.margin, kept.last()) {
        kept.extend(best_first[n..].iter().filter(|&&next| is_close(outcomes[next], outcomes[last], margin, metric)));
    }
    kept.sort_unstable();
    kept
}

/// Whether `next` is worse than the last kept by less than `margin`.
fn is_close(next: Outcome, last: Outcome, margin: f64, metric: Metric) -> bool {
    match (next, last) {
        (Outcome::Mean(next), Outcome::Mean(last)) if metric.higher_is_better() => last - next < margin,
        (Outcome::Mean(next), Outcome::Mean(last)) => next - last < margin,
        _ => false,
    }
}
