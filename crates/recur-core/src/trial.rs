//! A trial: one configuration on one replicate, and its identity.

use crate::NUMERIC_CONTRACT;
use crate::digest::Digest;
use crate::model::{ModelPlugin, Regime};
use crate::params::Params;
use crate::plan::Plan;
use crate::registry::{Registry, UnknownModel};
use crate::settings::{SplitSettings, TrainingSettings};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What names a trial: the digest of all that determines its result.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrialId(String);

impl TrialId {
    /// All 32 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 10 digits, for people.
    pub fn short(&self) -> &str {
        &self.0[..10]
    }
}

impl fmt::Display for TrialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One configuration on one replicate.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// The trial's name.
    pub id: TrialId,
    /// Index into [`Plan::configurations`].
    pub configuration: usize,
    /// 0 for the first. Equal replicates of different configurations share their split.
    pub replicate: u32,
    /// All that determines the result.
    pub identity: Identity,
}

/// All that determines a trial's result; a [`TrialId`] is its digest. Layout of the spec, file times, host and number
/// of threads are no part of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// [`NUMERIC_CONTRACT`].
    pub numeric_contract: u32,
    /// The model's id.
    pub model: String,
    /// The plugin's version.
    pub model_version: u32,
    /// Every parameter.
    pub params: Params,
    /// How it is trained; `None` for a one-shot model, which `training` does not concern.
    pub training: Option<TrainingSettings>,
    /// The content of the data set.
    pub dataset: Digest,
    /// How it is divided.
    pub split: SplitSettings,
    /// The root seed.
    pub seed: u64,
    /// The replicate.
    pub replicate: u32,
}

impl Identity {
    /// The trial's name.
    pub fn id(&self) -> TrialId {
        let canonical = serde_json::to_vec(self).expect("an identity holds no map with other keys than strings");
        TrialId(Digest::of(&canonical).as_str()[..32].to_owned())
    }
}

/// The trials of `plan` on the data set with digest `dataset`: replicate by replicate, configurations in plan order.
///
/// # Errors
/// If the plan names a model that `registry` does not have.
pub fn trials(plan: &Plan, dataset: &Digest, registry: &Registry) -> Result<Vec<Trial>, UnknownModel> {
    let plugins: Vec<&dyn ModelPlugin> = plan
        .configurations
        .iter()
        .map(|c| registry.get(&c.model).map(|p| p as &dyn ModelPlugin))
        .collect::<Result<_, _>>()?;
    let trial = |replicate: u32, configuration: usize| {
        let plugin = plugins[configuration];
        let identity = Identity {
            numeric_contract: NUMERIC_CONTRACT,
            model: plugin.id().to_owned(),
            model_version: plugin.version(),
            params: plan.configurations[configuration].params.clone(),
            training: (plugin.regime() == Regime::Iterative).then(|| plan.training.clone()),
            dataset: dataset.clone(),
            split: plan.split.clone(),
            seed: plan.seed,
            replicate,
        };
        Trial { id: identity.id(), configuration, replicate, identity }
    };
    let configurations = 0..plan.configurations.len();
    Ok((0..plan.replicates)
        .flat_map(|r| configurations.clone().map(move |c| (r, c)))
        .map(|(r, c)| trial(r, c))
        .collect())
}
