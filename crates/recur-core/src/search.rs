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
