//! A trial: one configuration on one replicate, and its identity.

use crate::NUMERIC_CONTRACT;
use crate::digest::Digest;
use crate::model::{ModelPlugin, Regime};
use crate::params::Params;
use crate::plan::{Configuration, Plan};
use crate::registry::{Registry, UnknownModel};
use crate::settings::{SplitSettings, TrainingSettings};
use crate::weights::WeightsFile;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

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
    /// The weights to start from, in place of random ones. Their digest is part of the identity.
    pub initial_weights: Option<Arc<WeightsFile>>,
}

/// All that determines a trial's result; a [`TrialId`] is its digest. Layout of the spec, file times, host and number
/// of threads are no part of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// [`NUMERIC_CONTRACT`].
    pub numeric_contract: u32,
    /// The digest of the code that draws, divides, orders, trains and scores, whatever the model.
    pub procedure: Digest,
    /// The model's id.
    pub model: String,
    /// The plugin's version.
    pub model_version: u32,
    /// The digest of the plugin's code ([`ModelPlugin::code`]).
    pub model_code: Digest,
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
    /// The bytes of the file of weights that it starts from; `None` for random ones. Not serialised where it is `None`:
    /// trials without such a file keep the ids that they had before there was this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_weights: Option<Digest>,
}

impl Identity {
    /// The trial's name.
    pub fn id(&self) -> TrialId {
        let canonical = serde_json::to_vec(self).expect("an identity holds no map with other keys than strings");
        TrialId(Digest::of(&canonical).as_str()[..32].to_owned())
    }
}

/// The files of weights that a plan starts from, by the path that [`crate::plan::Configuration::weights`] names.
pub type InitialWeights = BTreeMap<String, Arc<WeightsFile>>;

/// Why a plan's trials cannot be named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrialsError {
    /// The plan names a model that nobody registered.
    #[error(transparent)]
    UnknownModel(#[from] UnknownModel),
    /// The plan names a file of weights that was not read.
    #[error("the weights {path} of model `{model}` were not read")]
    WeightsNotRead {
        /// The file.
        path: String,
        /// The model that starts from them.
        model: String,
    },
}

/// The trials of `plan` on the data set with digest `dataset`: replicate by replicate, configurations in plan order.
/// `weights` holds every file that the plan starts from; `procedure` is [`Identity::procedure`].
///
/// # Errors
/// If the plan names a model that `registry` does not have, or a file that `weights` does not have.
pub fn trials(
    plan: &Plan,
    dataset: &Digest,
    registry: &Registry,
    weights: &InitialWeights,
    procedure: &str,
) -> Result<Vec<Trial>, TrialsError> {
    let procedure = code_digest(procedure);
    let plugins: Vec<&dyn ModelPlugin> = plan
        .configurations
        .iter()
        .map(|c| registry.get(&c.model).map(|p| p as &dyn ModelPlugin))
        .collect::<Result<_, _>>()?;
    let starts: Vec<Option<Arc<WeightsFile>>> =
        plan.configurations.iter().map(|c| start(c, weights)).collect::<Result<_, _>>()?;
    let trial = |replicate: u32, configuration: usize| {
        let (plugin, initial_weights) = (plugins[configuration], starts[configuration].clone());
        let identity = Identity {
            numeric_contract: NUMERIC_CONTRACT,
            procedure: procedure.clone(),
            model: plugin.id().to_owned(),
            model_version: plugin.version(),
            model_code: code_digest(plugin.code()),
            params: plan.configurations[configuration].params.clone(),
            training: (plugin.regime() == Regime::Iterative).then(|| plan.training.clone()),
            dataset: dataset.clone(),
            split: plan.split.clone(),
            seed: plan.seed,
            replicate,
            initial_weights: initial_weights.as_ref().map(|file| file.digest.clone()),
        };
        Trial { id: identity.id(), configuration, replicate, identity, initial_weights }
    };
    let configurations = 0..plan.configurations.len();
    Ok((0..plan.replicates)
        .flat_map(|r| configurations.clone().map(move |c| (r, c)))
        .map(|(r, c)| trial(r, c))
        .collect())
}

/// The digest that a build script wrote; any other text (a model that names its code in another way) is digested.
fn code_digest(code: &str) -> Digest {
    Digest::parse(code).unwrap_or_else(|| Digest::of(code.as_bytes()))
}

fn start(configuration: &Configuration, weights: &InitialWeights) -> Result<Option<Arc<WeightsFile>>, TrialsError> {
    let Some(path) = &configuration.weights else { return Ok(None) };
    let not_read = || TrialsError::WeightsNotRead { path: path.clone(), model: configuration.model.clone() };
    weights.get(path).cloned().map(Some).ok_or_else(not_read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::ParamValue;
    use crate::settings::Group;

    fn identity() -> Identity {
        Identity {
            numeric_contract: 1,
            procedure: Digest::of(b"procedure"),
            model: "m".into(),
            model_version: 1,
            model_code: Digest::of(b"code"),
            params: Params::default().with("hidden_size", ParamValue::Integer(8)),
            training: None,
            dataset: Digest::of(b"data"),
            split: SplitSettings::shares(0.8, 0.1, 0.1, Group::Name, true),
            seed: 5,
            replicate: 2,
            initial_weights: None,
        }
    }

    #[test]
    fn the_id_of_a_trial_without_initial_weights_stays_what_it_was() {
        assert_eq!(identity().id().as_str(), "125ec5e2e32be06bf622fe6adbc5f282");
    }

    #[test]
    fn initial_weights_make_another_trial_and_come_back_from_json() {
        let warm = Identity { initial_weights: Some(Digest::of(b"weights")), ..identity() };
        assert_ne!(warm.id(), identity().id());
        for identity in [warm, identity()] {
            let json = serde_json::to_string(&identity).unwrap();
            assert_eq!(serde_json::from_str::<Identity>(&json).unwrap(), identity);
        }
    }
}
