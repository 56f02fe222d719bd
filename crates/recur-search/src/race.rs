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

/// The places in `outcomes` of the best `n`, the best first, and of no fewer than [`Race::FEWEST`]. Equal outcomes are ordered by
/// place.
pub(crate) fn best(metric: Metric, outcomes: &[Outcome], n: usize) -> Vec<usize> {
    let mut places = best_first(metric, outcomes);
    places.truncate(n.max(Race::FEWEST as usize));
    places
}

/// The places in `outcomes` of those that go on, ascending.
pub(crate) fn survivors(race: &Race, metric: Metric, outcomes: &[Outcome]) -> Vec<usize> {
    let places = best_first(metric, outcomes);
    let (kept, others) = places.split_at(race.n_kept(outcomes.len() as u64) as usize);
    let mut survivors = kept.to_vec();
    if let (Some(margin), Some(&last)) = (race.margin, kept.last()) {
        survivors.extend(others.iter().filter(|&&next| is_close(outcomes[next], outcomes[last], margin, metric)));
    }
    survivors.sort_unstable();
    survivors
}

fn best_first(metric: Metric, outcomes: &[Outcome]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..outcomes.len()).collect();
    places.sort_by(|&a, &b| outcomes[a].compare(outcomes[b], metric));
    places
}

/// Whether `next` is worse than the last kept by less than `margin`.
fn is_close(next: Outcome, last: Outcome, margin: f64, metric: Metric) -> bool {
    match (next, last) {
        (Outcome::Mean(next), Outcome::Mean(last)) if metric.higher_is_better() => last - next < margin,
        (Outcome::Mean(next), Outcome::Mean(last)) => next - last < margin,
        _ => false,
    }
}
