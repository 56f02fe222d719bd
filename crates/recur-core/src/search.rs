//! How configurations are proposed, and which of them are trained on more replicates and for more epochs.

use serde::{Deserialize, Serialize};

/// How configurations are proposed, instead of every combination of the axes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchSettings {
    /// What proposes them.
    pub method: SearchMethod,
    /// How many are proposed for each model.
    pub configurations: u32,
    /// Proposal `i` knows the results of proposals up to `i - ahead`; the others up to `i` may be running.
    pub ahead: u32,
    /// Every proposal is trained on this many replicates: on 0 to `replicates - 1`. Their mean is its result.
    pub replicates: u32,
}

/// What proposes configurations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchMethod {
    /// Independent points, each equally likely.
    Random,
    /// A scrambled Sobol sequence: points that fill the space evenly.
    Sobol,
    /// A tree-structured Parzen estimator, which proposes where good results are denser than others.
    Tpe,
}

impl SearchMethod {
    /// All of them, as specs write them.
    pub const NAMES: [&'static str; 3] = ["random", "sobol", "tpe"];
}

/// Configurations that are not good on a few replicates are trained on no more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Race {
    /// How many replicates each stage trains: stage `k` trains 0 to `replicates[k] - 1`. Ascending; the last is
    /// [`crate::plan::Plan::replicates`].
    pub replicates: Vec<u32>,
    /// The share of a model's configurations that goes on to the next stage; above 0, below 1.
    pub keep: f64,
    /// Those go on as well whose result is worse than that of the last kept by less than this.
    pub margin: Option<f64>,
}

impl Race {
    /// No stage but the first has fewer configurations of a model, if the model has as many: something to compare the best with.
    pub const FEWEST: u64 = 2;

    /// The share of `n` configurations that is kept, rounded up.
    pub fn share_of(&self, n: u64) -> u64 {
        // 0.1 of 30 is 3, whatever the rounding of the product.
        (self.keep * n as f64 - 1e-9).ceil().max(0.0) as u64
    }

    /// How many of `n` configurations go on to the next stage, those within the margin not counted: their share, and never fewer
    /// than [`Race::FEWEST`].
    pub fn n_kept(&self, n: u64) -> u64 {
        self.share_of(n).max(Self::FEWEST).min(n)
    }

    /// The most trials of a model with `n` configurations.
    pub fn most_trials(&self, n: u64) -> u64 {
        let all = u64::from(self.replicates.last().copied().unwrap_or(0));
        if self.margin.is_some() {
            return n.saturating_mul(all);
        }
        let (mut trials, mut left, mut before) = (0_u64, n, 0);
        for replicates in &self.replicates {
            trials = trials.saturating_add(left.saturating_mul(u64::from(replicates - before)));
            (left, before) = (self.n_kept(left), *replicates);
        }
        trials
    }
}

/// Configurations that are not good after a few epochs are trained no further: successive halving (Jamieson and Talwalkar 2016,
/// "Non-stochastic best arm identification and hyperparameter optimization"). It is for models that are trained in epochs.
///
/// A result after some epochs is that of the first epochs of the full training, so no decision depends on where a training was
/// stopped and continued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Halving {
    /// No configuration is stopped after fewer epochs; at least 1.
    pub shortest: u32,
    /// One of so many goes on each time, and is trained about so many times as long. At least 2.
    pub eta: u32,
}

impl Halving {
    /// After how many epochs configurations are compared before the end of `epochs`, ascending: each number is the next one
    /// divided by `eta`, rounded up.
    pub fn rungs(&self, epochs: u32) -> Vec<u32> {
        let eta = self.eta.max(2);
        let shorter =
            |&epochs: &u32| Some(epochs.div_ceil(eta)).filter(|&next| next >= self.shortest.max(1) && next < epochs);
        let mut rungs: Vec<u32> = std::iter::successors(Some(epochs), shorter).skip(1).collect();
        rungs.reverse();
        rungs
    }

    /// How many of `n` configurations go on: one of `eta`, rounded up, and never fewer than [`Race::FEWEST`].
    pub fn n_kept(&self, n: u64) -> u64 {
        n.div_ceil(u64::from(self.eta.max(2))).max(Race::FEWEST).min(n)
    }
}

/// How long a configuration is trained before it is compared with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Budget {
    /// On replicates 0 to `replicates - 1`.
    pub replicates: u32,
    /// For so many epochs; `None` is to the end of the training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epochs: Option<u32>,
}

impl Budget {
    /// So many replicates, each to the end of the training.
    pub const fn full(replicates: u32) -> Self {
        Self { replicates, epochs: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rungs_lie_before_the_end_of_the_training() {
        let rungs = |epochs, shortest, eta| Halving { shortest, eta }.rungs(epochs);
        assert_eq!(rungs(27, 3, 3), [3, 9]);
        assert_eq!(rungs(20, 2, 3), [3, 7]);
        assert_eq!(rungs(20, 30, 3), [0; 0]);
        assert_eq!(rungs(3, 0, 2), [1, 2]);
        assert_eq!(rungs(1, 1, 3), [0; 0]);
        assert_eq!(rungs(0, 1, 3), [0; 0]);
    }

    #[test]
    fn one_of_eta_goes_on_and_never_fewer_than_two() {
        let halving = Halving { shortest: 1, eta: 3 };
        assert_eq!([30, 10, 4, 3, 2, 1, 0].map(|n| halving.n_kept(n)), [10, 4, 2, 2, 2, 1, 0]);
    }

    #[test]
    fn a_race_keeps_its_share_and_never_fewer_than_two() {
        let race = Race { replicates: vec![1, 2, 5], keep: 0.33, margin: None };
        assert_eq!([200, 66, 22, 3, 2, 1].map(|n| race.n_kept(n)), [66, 22, 8, 2, 2, 1]);
        assert_eq!(race.most_trials(200), 200 + 66 + 3 * 22);
        assert_eq!(Race { margin: Some(0.01), ..race.clone() }.most_trials(200), 1000);
        assert_eq!(Race { keep: 0.1, ..race }.n_kept(30), 3);
    }
}
