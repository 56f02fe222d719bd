//! How long trials of a model take: by its own trials, or by those of others.

use super::rate::{Observation, Rate, without_configurations};
use super::{Entry, Model, WorkKind};

/// How seconds of a model are found.
#[derive(Clone)]
pub(super) enum Expected {
    /// By a rate, and by how much slower this run is than what the rate is from.
    Known(Rate, f64),
    /// So many seconds for a trial, as other models take.
    OfTrial(f64),
}

impl Expected {
    /// As many times as long.
    pub(super) fn stretch(&mut self, factor: f64) {
        match self {
            Expected::Known(_, speed) => *speed *= factor,
            Expected::OfTrial(seconds) => *seconds *= factor,
        }
    }

    /// Seconds of an epoch.
    pub(super) fn seconds(&self, entry: &Entry) -> f64 {
        match self {
            Expected::Known(rate, speed) => speed * rate.seconds(entry.configuration, entry.cost),
            Expected::OfTrial(seconds) => seconds / entry.epochs,
        }
    }
}

/// How much longer trials take in this run than in those before, by the models that both have; 1 where that is unknown.
pub(super) fn speed(observations: &[Vec<Observation>]) -> f64 {
    let ratio = |all: &Vec<Observation>| {
        let (now, before): (Vec<Observation>, Vec<Observation>) = all.iter().partition(|it| it.is_of_this_run);
        Rate::of(&before)?.relative_to(&now)
    };
    median(observations.iter().filter_map(ratio).collect()).unwrap_or(1.0)
}

/// What other models take, for those of which nothing is known.
pub(super) struct Others {
    /// Networks that cost as much, whatever the model.
    network: Option<Expected>,
    /// Solvers that cost as much.
    solver: Option<Expected>,
    /// Of those whose cost is unknown.
    seconds_of_epoch: Option<f64>,
}

impl Others {
    pub(super) fn of(models: &[Model], observations: &[Vec<Observation>]) -> Self {
        let of = |kind: Option<WorkKind>| {
            let such = models.iter().zip(observations).filter(move |(model, _)| model.kind == kind);
            such.flat_map(|(_, all)| all.iter().copied()).collect::<Vec<Observation>>()
        };
        let by_cost = |kind: WorkKind| match Rate::of(&without_configurations(&of(Some(kind)))) {
            Some(rate) => Expected::Known(rate, 1.0),
            // As much slower than usual as the other kind is.
            None => {
                let slower = Rate::usual(kind.other()).relative_to(&of(Some(kind.other())));
                Expected::Known(Rate::usual(kind), slower.unwrap_or(1.0))
            }
        };
        let has_any = observations.iter().any(|all| !all.is_empty());
        let [network, solver] = [WorkKind::Network, WorkKind::Solver].map(|kind| has_any.then(|| by_cost(kind)));
        Self { network, solver, seconds_of_epoch: median(of(None).iter().map(|it| it.seconds).collect()) }
    }

    /// The expectation for a model; `usual` are the seconds of an epoch of any model.
    pub(super) fn expected(&self, model: &Model, usual: Option<f64>) -> Option<Expected> {
        match model.kind {
            Some(WorkKind::Network) => self.network.clone(),
            Some(WorkKind::Solver) => self.solver.clone(),
            None => self.seconds_of_epoch.or(usual).map(Expected::OfTrial),
        }
    }
}

/// The middle value, the mean of two where there are two.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    (n > 0).then(|| f64::midpoint(values[(n - 1) / 2], values[n / 2]))
}
