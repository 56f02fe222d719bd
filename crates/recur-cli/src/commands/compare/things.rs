//! What is to be compared, from the store: experiments by their specs, reports or names, and trials by the beginnings of their ids.

use crate::args::SpecArgs;
use crate::error::CliError;
use crate::pipeline::{self, Prepared, damaged_trial};
use crate::program::Program;
use crate::records::record_of;
use recur_analysis::{ComparedExperiment, Unscored};
use recur_core::digest::Digest;
use recur_core::nearest::nearest;
use recur_core::plan::Plan;
use recur_core::record::{Outcome, TestRecord, TrialRecord};
use recur_core::selection::{Finding, Selection};
use recur_core::trial::{Trial, TrialId};
use recur_experiment::shell::quoted;
use recur_experiment::{LookupError, Scored, stored_test, usable};
use recur_report::{MadeFrom, ReportRecord, SpecSource};
use recur_store::{Found, FoundExperiment, Store, StoredExperiment, layout};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// An experiment or a trial, with its figures.
pub(super) struct Thing {
    /// What it is called in labels and messages.
    pub(super) name: String,
    prepared: Prepared,
    findings: Vec<Finding>,
    scored: Scored,
    /// Where it is a trial.
    only: Option<OneTrial>,
}

/// A trial alone: an experiment of one configuration and one replicate.
struct OneTrial {
    /// With one replicate.
    plan: Plan,
    /// The one that it was trained as.
    replicate: u32,
}

impl Thing {
    /// The spec, defaults filled in.
    pub(super) fn resolved_spec(&self) -> String {
        self.prepared.spec().resolved_yaml()
    }

    /// It as a part of a comparison. Models of experiments are called `experiment/model`, a trial as it is itself.
    /// `with_divisions` where the parts have different data sets; `only` these models where any are named.
    pub(super) fn part(&self, with_divisions: bool, only: &[String]) -> Result<ComparedExperiment<'_>, CliError> {
        let label =
            |model: &str| if self.only.is_some() { self.name.clone() } else { format!("{}/{model}", self.name) };
        let has = self.prepared.plan().models();
        let models: Vec<&str> =
            has.iter().copied().filter(|m| only.is_empty() || only.iter().any(|o| o == m)).collect();
        if models.is_empty() {
            return Err(CliError::new(format!("{} has none of the models {}", self.name, only.join(", ")))
                .hint(format!("it has: {}", has.join(", "))));
        }
        let mut outcomes = self.prepared.outcomes(&self.findings, &self.scored);
        let mut replicates = 0..outcomes.plan.replicates;
        if let Some(OneTrial { plan, replicate }) = &self.only {
            replicates = *replicate..replicate + 1;
            outcomes.plan = plan;
            outcomes.splits = outcomes.splits.get(*replicate as usize..=*replicate as usize).unwrap_or_default();
        }
        Ok(ComparedExperiment {
            name: &self.name,
            outcomes,
            labels: models.into_iter().map(|model| (model.to_owned(), label(model))).collect(),
            divisions: if with_divisions { self.prepared.divisions(replicates)? } else { Vec::new() },
        })
    }

    /// The digest of its data set.
    pub(super) fn dataset(&self) -> &Digest {
        &self.prepared.data().facts.dataset
    }

    fn trials(&self) -> BTreeSet<&TrialId> {
        self.findings.iter().map(|finding| &finding.trial.id).collect()
    }
}

/// What a word of the command line names.
enum Word {
    Spec(PathBuf),
    Report(PathBuf, Box<SpecSource>),
    Experiment(String, Box<StoredExperiment>),
    Trial(TrialId),
}

/// All that `words` name.
pub(super) fn read(words: &[String], store: &Store, program: &Program<'_>) -> Result<Vec<Thing>, CliError> {
    let found: Vec<Word> = words.iter().map(|word| find(word, store)).collect::<Result<_, _>>()?;
    let n_trials = found.iter().filter(|word| matches!(word, Word::Trial(_))).count();
    if n_trials > 0 && n_trials < found.len() {
        let is_trial = |(_, found): &(&String, &Word)| matches!(found, Word::Trial(_));
        let (trials, experiments): (Vec<_>, Vec<_>) = words.iter().zip(&found).partition(is_trial);
        let [trial, experiment] = [trials[0].0.clone(), experiments[0].0.clone()];
        return Err(CliError::new(format!("{trial} is a trial and {experiment} an experiment"))
            .hint("compare experiments with experiments, and trials with trials".to_owned()));
    }
    let read = |word: &Word| match word {
        Word::Spec(path) => spec(path, store, program),
        Word::Report(path, source) => report(path, source, store, program),
        Word::Experiment(name, stored) => experiment(name, stored, store, program),
        Word::Trial(id) => trial(id, store, program),
    };
    let mut things: Vec<Thing> = found.iter().map(read).collect::<Result<_, _>>()?;
    differ(words, &things)?;
    if n_trials > 0 {
        name_trials(&mut things)
    } else {
        name_experiments(&mut things, words)
    }
    Ok(things)
}

fn find(word: &str, store: &Store) -> Result<Word, CliError> {
    let path = Path::new(word);
    if path.is_file() {
        return match record_of(path)?.map(|record| record.provenance.made_from) {
            Some(MadeFrom::Experiment(source)) => Ok(Word::Report(path.to_owned(), Box::new(source))),
            Some(MadeFrom::Comparison(_)) => {
                let what = "is the report of a comparison, and a comparison cannot be compared";
                Err(CliError::new(format!("{} {what}", path.display()))
                    .hint("name the experiments that it compares".to_owned()))
            }
            None if path.extension().is_some_and(|extension| extension == "md") => Err(CliError::no_report(path)),
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
            let nearest = nearest(word, experiments.iter().map(String::as_str));
            let hint = match (nearest, experiments.as_slice()) {
                (None, []) => "recur experiment SPEC runs one; recur store list lists the trials".to_owned(),
                (nearest, names) => CliError::did_you_mean(nearest, names),
            };
            let store = store.root().display();
            let what = format!("no spec, no experiment in the store {store}, and no trial whose id begins so");
            Err(CliError::new(format!("nothing is called {word}: {what}")).hint(hint))
        }
        several => {
            let ids = several.iter().take(5).map(ToString::to_string).collect();
            Err(LookupError::AmbiguousTrial { prefix: word.to_owned(), ids }.into())
        }
    }
}

fn args(spec: PathBuf, store: &Store) -> SpecArgs {
    SpecArgs { spec, overrides: Vec::new(), store: store.root().to_owned(), plugins: None }
}

fn spec(path: &Path, store: &Store, program: &Program<'_>) -> Result<Thing, CliError> {
    let prepared = Prepared::read(&args(path.to_owned(), store), program)?;
    let findings = prepared.stored_findings(store, path)?;
    chosen(prepared, findings, store, path)
}

/// The experiment of a report: of the spec that its record has, whatever became of the spec's file since.
fn report(path: &Path, source: &SpecSource, store: &Store, program: &Program<'_>) -> Result<Thing, CliError> {
    let args = args(ReportRecord::path_of(path), store);
    let spec = pipeline::parse_spec(source.resolved_spec.as_bytes(), &args, program.registry)?;
    let prepared = Prepared::new(spec, &args, program)?;
    let spec = Path::new(&source.spec_path);
    let findings = prepared.stored_findings(store, spec)?;
    chosen(prepared, findings, store, spec)
}

/// An experiment as it was run last: its trials are those that it lists, whatever became of the models' code since.
fn experiment(name: &str, stored: &StoredExperiment, store: &Store, program: &Program<'_>) -> Result<Thing, CliError> {
    let path = store.experiment(name).join(layout::RESOLVED);
    let args = args(path.clone(), store);
    // The text that was compared with its digest, whatever is in the file by now.
    let spec = pipeline::parse_spec(stored.resolved.as_bytes(), &args, program.registry)?;
    let prepared = Prepared::new(spec, &args, program)?;
    let (n_trials, mut findings) = (prepared.trials().len(), Vec::new());
    if stored.trials.len() != n_trials {
        let n_listed = stored.trials.len();
        return Err(LookupError::OtherTrials { name: name.to_owned(), n_listed, n_trials }.into());
    }
    for (listed, planned) in stored.trials.iter().zip(prepared.trials()) {
        if let Some(record) = usable(&listed.id, store) {
            findings.push(finding(record, planned.configuration, planned.replicate));
        }
    }
    if findings.len() < n_trials {
        let (n_missing, store) = (n_trials - findings.len(), store.root().to_owned());
        return Err(LookupError::TrialsMissing { n_missing, n_trials, spec: path, store }.into());
    }
    chosen(prepared, findings, store, &path)
}

/// A record as that of a trial of `configuration` on `replicate`.
fn finding(record: TrialRecord, configuration: usize, replicate: u32) -> Finding {
    Finding { trial: Trial { replicate, ..Trial::of_record(configuration, &record) }, record }
}

/// An experiment with its choice and the stored test figures of that.
fn chosen(prepared: Prepared, findings: Vec<Finding>, store: &Store, spec: &Path) -> Result<Thing, CliError> {
    let selection = Selection::choose(prepared.plan(), &findings);
    let labels = prepared.data().dataset.label_names();
    let (mut tests, mut unscored) = (Vec::new(), Vec::new());
    for finding in findings.iter().filter(|finding| selection.is_tested_trial(&finding.trial)) {
        match tested(&finding.trial, store, labels)? {
            Some(test) => tests.push(test),
            None => {
                let id = finding.trial.id.short();
                let remedy = format!(
                    "recur experiment {} makes them, or gives the reason why not",
                    quoted(&spec.display().to_string())
                );
                tracing::warn!("trial {id} has no test results, so its model is not ranked: {remedy}");
                let reason = "the store has no test results of it".to_owned();
                unscored.push(Unscored { trial: finding.trial.id.clone(), reason });
            }
        }
    }
    if let (true, Some(Unscored { trial, .. })) = (tests.is_empty(), unscored.first()) {
        let (trial, spec) = (trial.short(), spec.display());
        return Err(CliError::new(format!(
            "trial {trial} of a chosen configuration of {spec} has no test results yet"
        ))
        .hint(format!("recur experiment {} scores them, and trains nothing again", quoted(&spec.to_string()))));
    }
    let name = prepared.plan().name.clone();
    Ok(Thing { name, prepared, findings, scored: Scored { selection, tests, unscored }, only: None })
}

fn tested(trial: &Trial, store: &Store, labels: &[String]) -> Result<Option<TestRecord>, CliError> {
    stored_test(trial, store, labels).map_err(|problem| {
        CliError::new(format!("the test results of trial {} cannot be used: {problem}", trial.id.short()))
            .hint("recur experiment with its spec makes them again".to_owned())
    })
}

/// A trial alone: an experiment of one configuration and, whichever it was trained as, one replicate.
fn trial(id: &TrialId, store: &Store, program: &Program<'_>) -> Result<Thing, CliError> {
    let record = match store.find(id) {
        Found::Record(record) => *record,
        Found::Missing => {
            return Err(LookupError::NoSuchTrial { trial: id.to_string(), store: store.root().to_owned() }.into());
        }
        Found::Damaged(problem) => {
            return Err(damaged_trial(id, &problem));
        }
    };
    if let Outcome::Diverged { reason } | Outcome::Failed { reason } = &record.outcome {
        return Err(CliError::new(format!("trial {} did not finish: {reason}", id.short()))
            .hint("compare trials that finished: recur store list".to_owned()));
    }
    let prepared = Prepared::of_trial(id, &args(store.trial(id).join(layout::SPEC), store), store, program)?;
    let plan = Plan { replicates: 1, ..prepared.plan().clone() };
    let only = OneTrial { plan, replicate: record.identity.replicate };
    let finding = finding(record, 0, 0);
    let not_chosen = || {
        CliError::new(format!("trial {} has no test results: no experiment chose its configuration", id.short())).hint(
            "test rows are scored for chosen configurations only; `has_test` in recur store list --json shows which trials have results".to_owned(),
        )
    };
    let test = tested(&finding.trial, store, prepared.data().dataset.label_names())?.ok_or_else(not_chosen)?;
    let selection = Selection::testified(&only.plan, &finding.trial, &test).ok_or_else(not_chosen)?;
    let scored = Scored { selection, tests: vec![test], unscored: Vec::new() };
    Ok(Thing { name: id.short().to_owned(), prepared, findings: vec![finding], scored, only: Some(only) })
}

/// Whether no two things are the same.
fn differ(words: &[String], things: &[Thing]) -> Result<(), CliError> {
    let mut seen: BTreeMap<BTreeSet<&TrialId>, &String> = BTreeMap::new();
    for (word, thing) in words.iter().zip(things) {
        if let Some(first) = seen.insert(thing.trials(), word) {
            return Err(CliError::new(format!("{first} and {word} are the same: they have the same trials"))
                .hint("name two or more different ones".to_owned()));
        }
    }
    Ok(())
}

/// Experiments of one name are called as on the command line, by their file's name if that is enough.
fn name_experiments(things: &mut [Thing], words: &[String]) {
    let stem = |word: &String| Path::new(word).file_stem().and_then(|stem| stem.to_str()).unwrap_or(word).to_owned();
    let names = [
        things.iter().map(|thing| thing.name.clone()).collect::<Vec<_>>(),
        words.iter().map(stem).collect(),
        words.to_vec(),
    ];
    let is_telling = |names: &&Vec<String>| names.iter().collect::<BTreeSet<_>>().len() == names.len();
    let telling = names.iter().find(is_telling).unwrap_or(&names[2]);
    things.iter_mut().zip(telling).for_each(|(thing, name)| thing.name.clone_from(name));
}

/// Trials are called by their model, with the parameters in which trials of it differ, and by their ids where that is not
/// enough.
fn name_trials(things: &mut [Thing]) {
    let titles: Vec<String> = things.iter().map(|thing| title(thing, things)).collect();
    let is_unique = |title: &String| titles.iter().filter(|other| *other == title).count() == 1;
    for (thing, title) in things.iter_mut().zip(&titles) {
        thing.name = if is_unique(title) { title.clone() } else { format!("{title} {}", thing.name) };
    }
}

fn title(thing: &Thing, things: &[Thing]) -> String {
    let configuration = &thing.prepared.plan().configurations[0];
    let others = things.iter().map(|other| &other.prepared.plan().configurations[0]);
    let others: Vec<_> = others.filter(|other| other.model == configuration.model).collect();
    let differs = |name: &str| others.iter().any(|other| other.params.get(name) != configuration.params.get(name));
    let telling = configuration.params.iter().filter(|(name, _)| differs(name));
    let settings: Vec<String> = telling.map(|(name, value)| format!("{name}={value}")).collect();
    if settings.is_empty() {
        configuration.model.clone()
    } else {
        format!("{}({})", configuration.model, settings.join(", "))
    }
}
