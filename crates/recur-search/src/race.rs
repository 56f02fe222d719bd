//! Which configurations of a model go on to the next stage.

use crate::outcome::Outcome;
use recur_core::metric::Metric;
use recur_core::search::{Budget, Halving, Race};

/// A stage of one model, as far as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageResult {
    /// How long those in it are trained.
    pub budget: Budget,
    /// How many configurations are in it. It grows while a search proposes.
    pub n_entered: usize,
    /// How many of them went on, or finished the last stage; none while it runs.
    pub n_went_on: Option<usize>,
}

/// The places in `outcomes` of those that are trained for more epochs, ascending. One that diverged is not.
pub(crate) fn promoted(halving: Halving, metric: Metric, outcomes: &[Outcome]) -> Vec<usize> {
    let mut places = best_first(metric, outcomes);
    places.truncate(halving.n_kept(outcomes.len() as u64) as usize);
    places.retain(|&place| outcomes[place] != Outcome::Worst);
    places.sort_unstable();
    places
}

/// The places in `outcomes` of those that are trained on more replicates, ascending.
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

/// All places, the best first. Equal outcomes are ordered by place.
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
