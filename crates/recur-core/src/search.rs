//! How configurations are proposed, and which of them are trained on more replicates.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_race_keeps_its_share_and_never_fewer_than_two() {
        let race = Race { replicates: vec![1, 2, 5], keep: 0.33, margin: None };
        assert_eq!([200, 66, 22, 3, 2, 1].map(|n| race.n_kept(n)), [66, 22, 8, 2, 2, 1]);
        assert_eq!(race.most_trials(200), 200 + 66 + 3 * 22);
        assert_eq!(Race { margin: Some(0.01), ..race.clone() }.most_trials(200), 1000);
        assert_eq!(Race { keep: 0.1, ..race }.n_kept(30), 3);
    }
}
