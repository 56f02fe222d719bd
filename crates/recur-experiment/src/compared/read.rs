//! From words to the experiments and trials that they name.

use super::input::{ComparedInput, OneTrial};
use super::labels;
use super::{ComparisonRequest, error::ComparisonError};
use crate::Experiment;
use crate::decisions::Records;
use crate::lookup::{LookupError, first_of};
use crate::parallel::available_cores;
use crate::places::SpecPaths;
use crate::request::{SpecRequest, spec_of_trial, stored_outcomes};
use crate::scoring::{Scored, stored_test};
use crate::stored_record;
use recur_analysis::Unscored;
use recur_core::nearest::nearest;
use recur_core::plan::Plan;
use recur_core::record::{Outcome, TestRecord, TrialRecord};
use recur_core::registry::Registry;
use recur_core::selection::{Selection, TrialOutcome};
use recur_core::trial::{Trial, TrialId};
use recur_core::visible::shown;
use recur_report::{MadeFrom, ReportRecord, ReportRecordError, SpecSource};
use recur_store::{ExperimentTrial, Found, FoundExperiment, Store, StoredExperiment, layout};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// What a word names.
enum Word {
    Spec(PathBuf),
    Report(PathBuf, Box<SpecSource>),
    Experiment(String, Box<StoredExperiment>),
    Trial(TrialId),
}

/// All that the words of `request` name.
pub(super) fn inputs(
    request: &ComparisonRequest<'_>,
    store: &Store,
    registry: &Registry,
) -> Result<Vec<ComparedInput>, ComparisonError> {
    let words = request.inputs;
    let found: Vec<Word> = words.iter().map(|word| find(word, store)).collect::<Result<_, _>>()?;
    let n_trials = found.iter().filter(|word| matches!(word, Word::Trial(_))).count();
    if n_trials > 0 && n_trials < found.len() {
        let is_trial = |(_, found): &(&String, &Word)| matches!(found, Word::Trial(_));
        let (trials, experiments): (Vec<_>, Vec<_>) = words.iter().zip(&found).partition(is_trial);
        let [trial, experiment] = [trials[0].0.clone(), experiments[0].0.clone()];
        return Err(ComparisonError::TrialAndExperiment { trial, experiment });
    }
    let read = |word: &Word| match word {
        Word::Spec(path) => spec(path, request.paths, store, &of_its_own(path, store, registry)),
        Word::Report(path, source) => {
            report(path, source, store, &of_its_own(Path::new(&source.spec_path), store, registry))
        }
        Word::Experiment(name, stored) => experiment(name, stored, store, &registry.with_declared(&stored.models)),
        Word::Trial(id) => trial(id, store, registry),
    };
    let mut inputs: Vec<ComparedInput> = found.iter().map(read).collect::<Result<_, _>>()?;
    differ(words, &inputs)?;
    if n_trials > 0 {
        labels::of_trials(&mut inputs);
    } else {
        labels::of_experiments(&mut inputs, words);
    }
    Ok(inputs)
}

/// `registry` where models that are gone are as the experiment of the spec at `path` declared them.
fn of_its_own(path: &Path, store: &Store, registry: &Registry) -> Registry {
    // The name of an experiment is that of its file, unless the spec gives another.
    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    match store.find_experiment(name) {
        FoundExperiment::Experiment(stored) => registry.with_declared(&stored.models),
        FoundExperiment::Damaged(_) | FoundExperiment::Missing => registry.clone(),
    }
}

fn find(word: &str, store: &Store) -> Result<Word, ComparisonError> {
    let path = Path::new(word);
    if path.is_file() {
        return match ReportRecord::of_report(path)?.map(|record| record.provenance.made_from) {
            Some(MadeFrom::Experiment(source)) => Ok(Word::Report(path.to_owned(), Box::new(source))),
            Some(MadeFrom::Comparison(_)) => Err(ComparisonError::IsComparison { report: path.to_owned() }),
            None if path.extension().is_some_and(|extension| extension == "md") => {
                Err(ReportRecordError::NoReport { report: path.to_owned() }.into())
            }
            None => Ok(Word::Spec(path.to_owned())),
        };
    }
    let experiments = store.experiments()?;
    if experiments.iter().any(|name| name == word) {
        match store.find_experiment(word) {
            FoundExperiment::Experiment(stored) => return Ok(Word::Experiment(word.to_owned(), stored)),
            FoundExperiment::Damaged(problem) => {
                return Err(LookupError::DamagedExperiment { name: word.to_owned(), problem: Box::new(problem) }.into());
            }
            // A log without results: as if it were not there.
            FoundExperiment::Missing => {}
        }
    }
    match store.trials_of_prefix(word)?.as_slice() {
        [id] => Ok(Word::Trial(id.clone())),
        [] => {
            let experiments: Vec<String> = experiments.into_iter().filter(|name| name != word).collect();
            let nearest = nearest(word, experiments.iter().map(String::as_str)).map(str::to_owned);
            let store = store.root().to_owned();
            Err(ComparisonError::NothingCalled { word: word.to_owned(), store, nearest, experiments })
        }
        several => Err(LookupError::AmbiguousTrial { prefix: word.to_owned(), ids: first_of(several) }.into()),
    }
}

fn spec(path: &Path, paths: SpecPaths, store: &Store, registry: &Registry) -> Result<ComparedInput, ComparisonError> {
    let request = SpecRequest { paths, ..SpecRequest::of_file(path) };
    let mut experiment = request.prepare(request.read(registry)?, registry)?;
    let outcomes = stored_outcomes(&mut experiment, store, &request)?;
    chosen(experiment, outcomes, store, path)
}

/// The experiment of a report: of the spec that its record has, whatever became of the spec's file since.
fn report(
    path: &Path,
    source: &SpecSource,
    store: &Store,
    registry: &Registry,
) -> Result<ComparedInput, ComparisonError> {
    let request = SpecRequest::in_report(path);
    let mut experiment = Experiment::prepare(request.parse(source.resolved_spec.as_bytes(), registry)?, registry)?;
    // Its changes are in the report's record: they were read when the report was written.
    let overrides = source.overrides.iter().filter_map(|change| change.parse().ok()).collect();
    let plugins = source.plugins.as_ref().map(PathBuf::from);
    let asked = SpecRequest { overrides, plugins, ..SpecRequest::of_file(&source.spec_path) };
    let outcomes = stored_outcomes(&mut experiment, store, &asked)?;
    chosen(experiment, outcomes, store, &asked.path)
}

/// An experiment as it was run last: its trials are those that it lists, whatever became of the models' code since.
fn experiment(
    name: &str,
    stored: &StoredExperiment,
    store: &Store,
    registry: &Registry,
) -> Result<ComparedInput, ComparisonError> {
    let path = store.experiment(name).join(layout::RESOLVED);
    // The text that was compared with its digest, whatever is in the file by now.
    let spec = SpecRequest::of_file(&path).parse(stored.resolved.as_bytes(), registry)?;
    let mut experiment = Experiment::prepare(spec, registry)?;
    let place = |trial: &ExperimentTrial| (trial.configuration.clone(), trial.replicate, trial.stop_after);
    let listed: HashMap<_, &TrialId> = stored.trials.iter().map(|trial| (place(trial), &trial.id)).collect();
    let is_halved = experiment.plan().halving.is_some();
    let cut = |planned: &Trial| planned.identity.stop_after().filter(|_| is_halved);
    let record_of = |planned: &Trial| match listed.get(&(planned.title.clone(), planned.replicate, cut(planned))) {
        Some(id) => stored_record(store, id),
        None => Ok(None),
    };
    if experiment.is_adaptive() {
        experiment.replay_with(available_cores(), &mut Records::new(), &record_of)?;
    }
    let (n_trials, mut outcomes) = (experiment.trials().len(), Vec::new());
    let n_listed = stored.trials.len();
    let n_trials_listed = experiment.all_trials().count();
    if n_listed != n_trials_listed {
        let n_trials = n_trials_listed;
        return Err(LookupError::OtherTrials { name: name.to_owned(), n_listed, n_trials }.into());
    }
    for planned in experiment.trials() {
        if let Some(record) = record_of(planned)? {
            outcomes.push(outcome(record, planned.configuration, planned.replicate));
        }
    }
    if outcomes.len() < n_trials || !experiment.is_decided() {
        let n_missing = if experiment.is_decided() { n_trials - outcomes.len() } else { experiment.needed().len() };
        let store = store.root().to_owned();
        let command = SpecRequest::of_file(&path).command_to_train(&store);
        return Err(LookupError::TrialsMissing { n_missing, n_trials, spec: path, store, command }.into());
    }
    chosen(experiment, outcomes, store, &path)
}

/// A record as that of a trial of `configuration` on `replicate`.
fn outcome(record: TrialRecord, configuration: usize, replicate: u32) -> TrialOutcome {
    TrialOutcome { trial: Trial { replicate, ..Trial::of_record(configuration, &record) }, record }
}

/// An experiment with its choice and the stored test results of that.
fn chosen(
    experiment: Experiment,
    outcomes: Vec<TrialOutcome>,
    store: &Store,
    spec: &Path,
) -> Result<ComparedInput, ComparisonError> {
    let selection = experiment.select(&outcomes);
    let labels = experiment.data().dataset.label_names();
    let (mut tests, mut unscored) = (Vec::new(), Vec::new());
    for outcome in outcomes.iter().filter(|outcome| selection.is_tested_trial(&outcome.trial)) {
        match tested(&outcome.trial, store, labels)? {
            Some(test) => tests.push(test),
            None => {
                let id = outcome.trial.id.short();
                let (spec, remedy) = (shown(spec), "run again, makes them, or gives the reason why not");
                tracing::warn!("trial {id} has no test results, so its model is not ranked: {spec}, {remedy}");
                let reason = "the store has no test results of it".to_owned();
                unscored.push(Unscored { trial: outcome.trial.id.clone(), reason });
            }
        }
    }
    if let (true, Some(Unscored { trial, .. })) = (tests.is_empty(), unscored.first()) {
        return Err(ComparisonError::NotScored { trial: trial.clone(), spec: spec.to_owned() });
    }
    let name = experiment.plan().name.clone();
    Ok(ComparedInput { name, experiment, outcomes, scored: Scored { selection, tests, unscored }, only: None })
}

fn tested(trial: &Trial, store: &Store, labels: &[String]) -> Result<Option<TestRecord>, ComparisonError> {
    stored_test(trial, store, labels)
        .map_err(|problem| ComparisonError::DamagedTest { trial: trial.id.clone(), problem })
}

/// One trial: an experiment of one configuration and, whichever it was trained as, one replicate.
fn trial(id: &TrialId, store: &Store, registry: &Registry) -> Result<ComparedInput, ComparisonError> {
    let record = match store.find(id) {
        Found::Record(record) => *record,
        Found::Missing => {
            return Err(LookupError::NoSuchTrial { trial: id.to_string(), store: store.root().to_owned() }.into());
        }
        Found::Damaged(problem) => return Err(LookupError::damaged_trial(id, problem).into()),
    };
    if let Outcome::Diverged { reason } | Outcome::Failed { reason } = &record.outcome {
        return Err(ComparisonError::NotFinished { trial: id.clone(), reason: reason.clone() });
    }
    let request = SpecRequest::of_file(store.trial(id).join(layout::SPEC));
    let experiment = Experiment::prepare(spec_of_trial(id, &request, store, registry)?, registry)?;
    let plan = Plan { replicates: 1, ..experiment.plan().clone() };
    let only = OneTrial { plan, replicate: record.identity.replicate };
    let outcome = outcome(record, 0, 0);
    let not_chosen = || ComparisonError::NotChosen { trial: id.clone() };
    let test = tested(&outcome.trial, store, experiment.data().dataset.label_names())?.ok_or_else(not_chosen)?;
    let selection = Selection::testified(&only.plan, &outcome.trial, &test).ok_or_else(not_chosen)?;
    let scored = Scored { selection, tests: vec![test], unscored: Vec::new() };
    Ok(ComparedInput { name: id.short().to_owned(), experiment, outcomes: vec![outcome], scored, only: Some(only) })
}

/// Whether no two inputs are the same.
fn differ(words: &[String], inputs: &[ComparedInput]) -> Result<(), ComparisonError> {
    let mut seen: BTreeMap<BTreeSet<&TrialId>, &String> = BTreeMap::new();
    for (word, input) in words.iter().zip(inputs) {
        if let Some(first) = seen.insert(input.trials(), word) {
            return Err(ComparisonError::Same { first: first.clone(), second: word.clone() });
        }
    }
    Ok(())
}
