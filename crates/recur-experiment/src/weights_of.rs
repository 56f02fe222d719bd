//! Which weights a word means: a file, a trial of the store, or the best trial of an experiment or of one of its models.

use crate::error::ExperimentError;
use crate::lookup::{LookupError, first_of};
use crate::parallel::{available_cores, in_parallel};
use crate::request::SpecRequest;
use crate::scoring::best_configuration;
use crate::stored_record;
use recur_core::nearest::nearest;
use recur_core::plan::{Configuration, Plan};
use recur_core::record::TrialRecord;
use recur_core::registry::Registry;
use recur_core::selection::{Selection, TrialOutcome};
use recur_core::trial::{Trial, TrialId};
use recur_core::visible::shown;
use recur_core::weights::WeightsFile;
use recur_store::{ExperimentTrial, FoundExperiment, Store, StoredExperiment, layout, read_weights};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The weights that `word` means: a file, a folder with such a file, or, of the store at `store`, EXPERIMENT, EXPERIMENT/MODEL or
/// the beginning of a trial's id. Those of a store are read by its rules, which follow no link.
///
/// # Errors
/// If nothing is called so, or what is called so has no weights that can be read.
pub fn weights_of(word: &str, store: &Path, registry: &Registry) -> Result<WeightsFile, LookupError> {
    let read_named = |path: &Path| read_weights(path).map_err(LookupError::Weights);
    let path = Path::new(word);
    let in_folder = path.join(layout::WEIGHTS);
    if path.is_file() {
        return read_named(path);
    }
    if in_folder.is_file() {
        return read_named(&in_folder);
    }
    let opened = Store::open_to_read(store)?;
    if let Some(store) = &opened
        && let Some(found) = in_store(word, store, registry)?
    {
        return store.read_weights(&found).map_err(LookupError::Weights);
    }
    if path.is_dir() {
        // To read it is an error that names it.
        return read_named(&in_folder);
    }
    let experiments = opened.map_or(Ok(Vec::new()), |store| store.experiments())?;
    let name = word.split('/').next().unwrap_or_default();
    let nearest = nearest(name, experiments.iter().map(String::as_str)).map(str::to_owned);
    Err(LookupError::NoWeights { word: word.to_owned(), store: store.to_owned(), nearest, experiments })
}

/// The weights that `weights_of` takes for the experiment `name` of `store`, or for one of its models.
///
/// # Errors
/// If there is no such experiment or model, or its weights cannot be read.
pub fn weights_of_experiment(
    name: &str,
    model: Option<&str>,
    store: &Store,
    registry: &Registry,
) -> Result<WeightsFile, LookupError> {
    let stored = match store.find_experiment(name) {
        FoundExperiment::Experiment(stored) => stored,
        FoundExperiment::Damaged(problem) => {
            return Err(LookupError::DamagedExperiment { name: name.to_owned(), problem: Box::new(problem) });
        }
        FoundExperiment::Missing => {
            let experiments = store.experiments()?;
            let nearest = nearest(name, experiments.iter().map(String::as_str)).map(str::to_owned);
            let store = store.root().to_owned();
            return Err(LookupError::NoExperiment { name: name.to_owned(), store, nearest, experiments });
        }
    };
    let trial = Experiment::read(name, &stored, store, registry)?.best_trial(model, store)?;
    store.read_weights(&trial).map_err(LookupError::Weights)
}

/// The weights of the trial of `store` whose id begins with `prefix`.
///
/// # Errors
/// If there is none, or more than one, or its weights cannot be read.
pub fn weights_of_trial(prefix: &str, store: &Store) -> Result<WeightsFile, LookupError> {
    match store.weights_of_prefix(prefix)?.as_slice() {
        [] => Err(LookupError::NoSuchTrial { trial: prefix.to_owned(), store: store.root().to_owned() }),
        [only] => store.read_weights(only).map_err(LookupError::Weights),
        several => Err(LookupError::AmbiguousTrial { prefix: prefix.to_owned(), ids: first_of(several) }),
    }
}

/// The trial that `word` names in the store: EXPERIMENT, EXPERIMENT/MODEL, or the beginning of a trial's id.
fn in_store(word: &str, store: &Store, registry: &Registry) -> Result<Option<TrialId>, LookupError> {
    let (name, model) = word.split_once('/').map_or((word, None), |(name, model)| (name, Some(model)));
    if store.experiments()?.iter().any(|experiment| experiment == name) {
        match store.find_experiment(name) {
            FoundExperiment::Experiment(stored) => {
                let experiment = Experiment::read(name, &stored, store, registry)?;
                return Ok(Some(experiment.best_trial(model, store)?));
            }
            FoundExperiment::Damaged(problem) => {
                return Err(LookupError::DamagedExperiment { name: name.to_owned(), problem: Box::new(problem) });
            }
            // A log without results: as if it were not there.
            FoundExperiment::Missing => {}
        }
    }
    match store.weights_of_prefix(word)?.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(only.clone())),
        several => Err(LookupError::AmbiguousTrial { prefix: word.to_owned(), ids: first_of(several) }),
    }
}

/// The trial with the best validation result of one configuration, and that result: of `configuration`, or else of the best of those that
/// were chosen among `outcomes`. `None` if none finished.
pub(crate) fn best_trial<'a>(
    plan: &Plan,
    outcomes: &'a [TrialOutcome],
    configuration: Option<usize>,
) -> Option<(&'a Trial, f64)> {
    let selection = Selection::choose(plan, outcomes);
    let metric = selection.metric();
    let configuration = configuration.or_else(|| best_configuration(plan, outcomes, &selection))?;
    // What halving stopped is not compared with what was trained to the end.
    let is_whole = |outcome: &&TrialOutcome| plan.halving.is_none() || outcome.record.identity.stop_after().is_none();
    let own = outcomes.iter().filter(|outcome| outcome.trial.configuration == configuration).filter(is_whole);
    own.filter_map(|outcome| Some((&outcome.trial, outcome.record.validation()?.get(metric))))
        .filter(|(_, value)| !value.is_nan())
        .reduce(|best, other| if metric.better(other.1, best.1) { other } else { best })
}

/// An experiment as it was run last. Its data is not needed.
struct Experiment<'a> {
    name: &'a str,
    spec: PathBuf,
    plan: Plan,
    /// Each with its configuration and replicate.
    trials: Vec<(usize, u32, &'a TrialId)>,
}

impl<'a> Experiment<'a> {
    fn read(
        name: &'a str,
        stored: &'a StoredExperiment,
        store: &Store,
        registry: &Registry,
    ) -> Result<Self, LookupError> {
        let spec = store.experiment(name).join(layout::RESOLVED);
        let parsed = recur_spec::parse(stored.resolved.as_bytes(), &shown(&spec), &[], registry);
        let mut plan = parsed.map_err(|errors| LookupError::Spec(Box::new(errors)))?.plan();
        if plan.race.is_some() || plan.search.is_some() || plan.halving.is_some() {
            plan.configurations = listed_configurations(stored);
            let titles: Vec<String> = plan.configurations.iter().map(Configuration::title).collect();
            let place = |trial: &'a ExperimentTrial| {
                let configuration = titles.iter().position(|title| *title == trial.configuration)?;
                Some((configuration, trial.replicate, &trial.id))
            };
            let has_whole = |model: &str| plan.configurations.iter().any(|own| own.model == model);
            let stopped = stored.trials.iter().filter(|trial| trial.stop_after.is_some());
            let n_missing =
                stopped.filter(|trial| !has_whole(&Configuration::listed(&trial.configuration).model)).count();
            if n_missing > 0 {
                let (n_trials, store) = (stored.trials.len(), store.root().to_owned());
                let command = SpecRequest::of_file(&spec).command_to_train(&store);
                return Err(LookupError::TrialsMissing { n_missing, n_trials, spec, store, command });
            }
            // What halving stopped is not compared with what was trained to the end.
            let trials = stored.trials.iter().filter(|trial| trial.stop_after.is_none()).filter_map(place).collect();
            return Ok(Self { name, spec, plan, trials });
        }
        let (n_listed, n) = (stored.trials.len(), plan.configurations.len());
        let n_trials = n * plan.replicates as usize;
        if n_listed != n_trials {
            return Err(LookupError::OtherTrials { name: name.to_owned(), n_listed, n_trials });
        }
        // The configurations of replicate 0, then those of 1, and so on.
        let place = |(index, trial): (usize, &'a ExperimentTrial)| (index % n, (index / n) as u32, &trial.id);
        let trials = stored.trials.iter().enumerate().map(place).collect();
        Ok(Self { name, spec, plan, trials })
    }

    /// The trial with the best validation result of the configuration that was chosen for `model` (its id, or the title of one
    /// configuration); without one, of the model that is best on validation.
    fn best_trial(&self, model: Option<&str>, store: &Store) -> Result<TrialId, LookupError> {
        let configurations = &self.plan.configurations;
        let is_model = |model: &str| configurations.iter().any(|c| c.model == model);
        let titled = model.filter(|model| !is_model(model));
        let titled = titled.map(|title| self.titled(title)).transpose()?;
        let is_wanted = |configuration: usize| match (titled, model) {
            (Some(titled), _) => configuration == titled,
            (None, Some(model)) => configurations[configuration].model == model,
            (None, None) => true,
        };
        let outcomes = self.outcomes(is_wanted, store)?;
        let Some((trial, value)) = best_trial(&self.plan, &outcomes, titled) else {
            let what = model.map_or_else(|| self.name.to_owned(), |model| format!("{}/{model}", self.name));
            return Err(LookupError::NothingFinished { what });
        };
        let metric = self.plan.report.primary;
        tracing::info!(
            "{}/{}: replicate {} is best on validation ({} {value:.4}): trial {}",
            self.name,
            configurations[trial.configuration].title(),
            trial.replicate,
            metric.title(),
            trial.id
        );
        Ok(trial.id.clone())
    }

    /// The configuration with this title.
    fn titled(&self, title: &str) -> Result<usize, LookupError> {
        let titles: Vec<String> = self.plan.configurations.iter().map(|c| c.title()).collect();
        titles.iter().position(|other| other == title).ok_or_else(|| {
            let mut models: Vec<String> = self.plan.models().into_iter().map(str::to_owned).collect();
            let candidates = models.iter().chain(&titles).map(String::as_str);
            let nearest = nearest(title, candidates).map(str::to_owned);
            models.sort();
            LookupError::NoModelOfExperiment {
                experiment: self.name.to_owned(),
                model: title.to_owned(),
                nearest,
                models,
            }
        })
    }

    /// The records of the wanted configurations.
    fn outcomes(&self, is_wanted: impl Fn(usize) -> bool, store: &Store) -> Result<Vec<TrialOutcome>, LookupError> {
        let wanted: Vec<(usize, u32, &TrialId)> =
            self.trials.iter().copied().filter(|(configuration, ..)| is_wanted(*configuration)).collect();
        let records = in_parallel(&wanted, available_cores(), |(.., id)| stored_record(store, id));
        let records = records.into_iter().collect::<Result<Vec<_>, ExperimentError>>()?;
        let outcome = |((configuration, replicate, _), record): (&(usize, u32, &TrialId), Option<TrialRecord>)| {
            let record = record?;
            let trial = Trial { replicate: *replicate, ..Trial::of_record(*configuration, &record) };
            Some(TrialOutcome { trial, record })
        };
        let outcomes: Vec<TrialOutcome> = wanted.iter().zip(records).filter_map(outcome).collect();
        match wanted.len() - outcomes.len() {
            0 => Ok(outcomes),
            n_missing => {
                let (spec, store) = (self.spec.clone(), store.root().to_owned());
                let command = SpecRequest::of_file(&spec).command_to_train(&store);
                Err(LookupError::TrialsMissing { n_missing, n_trials: wanted.len(), spec, store, command })
            }
        }
    }
}

/// The configurations that an experiment lists and trained to the end, as far as its list knows them: in a race, halving or a search,
/// results decided which there are.
fn listed_configurations(stored: &StoredExperiment) -> Vec<Configuration> {
    let mut seen = BTreeSet::new();
    let whole = stored.trials.iter().filter(|trial| trial.stop_after.is_none());
    let titles = whole.map(|trial| trial.configuration.as_str()).filter(|title| seen.insert(*title));
    titles.map(Configuration::listed).collect()
}
