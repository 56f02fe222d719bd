//! A trial: one configuration on one replicate, and all that determines it.

use crate::NUMERIC_CONTRACT;
use crate::digest::Digest;
pub use crate::identity::{Identity, TrialId};
use crate::metric::Requested;
use crate::model::Regime;
use crate::plan::{Configuration, Plan};
use crate::record::TrialRecord;
use crate::registry::{NoModel, Registry};
use crate::settings::{ClassWeights, TrainingSettings};
use crate::visible::visible;
use crate::weights::WeightsFile;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One configuration on one replicate. It holds all that determines its result but the bytes of the data and of the initial
/// weights, whose digests it has. As JSON it can be given to another process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Trial {
    /// The trial's name.
    pub id: TrialId,
    /// What people call its configuration: [`Configuration::title`].
    pub title: String,
    /// Index into [`Plan::configurations`].
    pub configuration: usize,
    /// 0 for the first. Equal replicates of different configurations share their split.
    pub replicate: u32,
    /// All that determines the result.
    pub identity: Identity,
    /// The weights to start from, instead of random ones. Their digest is part of the identity; they are not serialised.
    pub initial_weights: Option<Arc<WeightsFile>>,
}

impl Trial {
    /// The trial of `configuration` with `identity`, which people call `title`.
    pub fn new(title: String, configuration: usize, identity: Identity) -> Self {
        Self { id: identity.id(), title, configuration, replicate: identity.replicate, identity, initial_weights: None }
    }

    /// The trial of `configuration` that `record` is of. Its title is the model's id.
    pub fn of_record(configuration: usize, record: &TrialRecord) -> Self {
        let identity = record.identity.clone();
        Self { id: record.id.clone(), ..Self::new(identity.model.clone(), configuration, identity) }
    }
}

/// A [`Trial`] as it is serialised.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: TrialId,
    title: String,
    configuration: usize,
    identity: Identity,
}

impl From<Trial> for Written {
    fn from(trial: Trial) -> Self {
        Self { id: trial.id, title: trial.title, configuration: trial.configuration, identity: trial.identity }
    }
}

/// A serialised trial that was changed: its id is not the digest of its identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the trial is called {named}, and its identity gives the id {found}: it was changed after it was written")]
pub struct ChangedTrial {
    /// The id that it has.
    pub named: String,
    /// The digest of its identity.
    pub found: String,
}

impl TryFrom<Written> for Trial {
    type Error = ChangedTrial;

    fn try_from(written: Written) -> Result<Self, ChangedTrial> {
        let trial = Self::new(written.title, written.configuration, written.identity);
        if trial.id == written.id {
            return Ok(trial);
        }
        Err(ChangedTrial { named: visible(written.id.as_str()).into_owned(), found: trial.id.to_string() })
    }
}

/// The files of weights that a plan starts from, by the path that [`crate::plan::Configuration::weights`] names.
pub type InitialWeights = BTreeMap<String, Arc<WeightsFile>>;

/// Why a plan's trials cannot be named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrialsError {
    /// The plan names a model that nobody registered, or whose plugin is broken.
    #[error(transparent)]
    NoModel(#[from] NoModel),
    /// The plan names a file of weights that was not read.
    #[error("the weights {path} of model `{model}` were not read")]
    WeightsNotRead {
        /// The file, as the plan names it.
        path: String,
        /// The model that starts from them.
        model: String,
    },
}

/// Names the trials of a plan.
#[derive(Clone, Copy, Debug)]
pub struct TrialNames<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The digest of the data set.
    pub dataset: &'a Digest,
    /// The digest of its raw texts, where they are not as the normalised ones.
    pub raw_texts: Option<&'a Digest>,
    /// The models.
    pub registry: &'a Registry,
    /// Every file that the plan starts from.
    pub weights: &'a InitialWeights,
    /// [`Identity::procedure`].
    pub procedure: &'a str,
    /// [`Identity::requested`].
    pub requested: Option<&'a Requested>,
}

impl TrialNames<'_> {
    /// The trial of a configuration of the plan on a replicate, which stops after `epochs` epochs where that is before its end.
    ///
    /// # Errors
    /// If the configuration is of a model that the registry does not have, or starts from a file that was not read.
    pub fn trial(&self, configuration: usize, replicate: u32, epochs: Option<u32>) -> Result<Trial, TrialsError> {
        let (plan, own) = (self.plan, &self.plan.configurations[configuration]);
        let plugin = self.registry.get(&own.plugin)?;
        let about = plugin.about();
        let initial_weights = start(own, self.weights)?;
        let training = || {
            let planned = plan.training_of(own);
            TrainingSettings { stop_after: epochs.or(planned.stop_after), ..planned.clone() }
        };
        let class_weights = match about.regime {
            Regime::OneShot if about.heeds_class_weights() => plan.training_of(own).class_weights,
            Regime::OneShot | Regime::Iterative => ClassWeights::None,
        };
        let identity = Identity {
            numeric_contract: NUMERIC_CONTRACT,
            procedure: code_digest(self.procedure),
            model: about.id.to_owned(),
            model_version: about.version,
            model_code: code_digest(about.code),
            params: own.params.clone(),
            training: (about.regime == Regime::Iterative).then(training),
            class_weights,
            dataset: self.dataset.clone(),
            text: plan.data.text.clone(),
            split: plan.split.clone(),
            seed: plan.seed,
            replicate,
            initial_weights: initial_weights.as_ref().map(|file| file.digest.clone()),
            raw_texts: self.raw_texts.filter(|_| plugin.needs().raw_texts).cloned(),
            requested: self.requested.cloned(),
        };
        Ok(Trial { initial_weights, ..Trial::new(own.title(), configuration, identity) })
    }
}

/// The digest that a build script wrote; any other text (a model that names its code in another way) is digested.
pub fn code_digest(code: &str) -> Digest {
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
    use crate::samples::identity;

    fn trial() -> Trial {
        let params = identity().params.with("learning_rate", ParamValue::Real(0.1 + 0.2));
        let identity = Identity { params, seed: u64::MAX, initial_weights: Some(Digest::of(b"weights")), ..identity() };
        Trial::new("m(learning_rate=0.3)".into(), 4, identity)
    }

    #[test]
    fn a_trial_comes_back_from_json_as_it_was() {
        let json = serde_json::to_string(&trial()).unwrap();
        assert_eq!(serde_json::from_str::<Trial>(&json).unwrap(), trial());
    }

    #[test]
    fn a_trial_that_was_changed_after_it_was_written_is_refused() {
        let json = serde_json::to_string(&trial()).unwrap();
        let error = serde_json::from_str::<Trial>(&json.replace("\"replicate\":2", "\"replicate\":3")).unwrap_err();
        assert!(error.to_string().contains("it was changed after it was written"), "{error}");
        let error = serde_json::from_str::<Trial>(&json.replace("\"title\"", "\"name\"")).unwrap_err();
        assert!(error.to_string().contains("unknown field `name`"), "{error}");
    }
}
