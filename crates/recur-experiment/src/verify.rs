//! Trials that are executed again, and compared with the stored ones byte for byte.

use crate::Experiment;
use crate::difference::{self, Difference};
use crate::environment::machine_kind;
use crate::error::ExperimentError;
use crate::options::RunOptions;
use crate::parallel::in_parallel;
use crate::run::LocalExecutor;
use crate::scoring::{StoreOf, stored_test};
use crate::stored_record;
use crate::verdict::Verdict;
use recur_core::model::Determinism;
use recur_core::random::StreamPath;
use recur_core::record::TrialRecord;
use recur_core::selection::{Selection, TrialOutcome};
use recur_core::trial::{Trial, TrialId};
use recur_core::visible::shown;
use recur_files::TemporaryFolder;
use recur_store::{Found, Store};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Executes trials of experiments again, and compares what comes of it with a store. It never writes to that store.
#[derive(Debug)]
pub struct Verifier<'a> {
    /// Where what came of the trials the first time is.
    pub stored: Option<Store>,
    /// How many trials are executed at once.
    pub jobs: usize,
    /// How they are executed.
    pub options: RunOptions<'a>,
}

impl Verifier<'_> {
    fn executor(&self) -> LocalExecutor {
        LocalExecutor::new(self.jobs)
    }

    /// Executes the trials again, or a sample of them, on a scratch store. The others are read from the store, which is not
    /// written to, and so are those of models of grade `none` and those of models of grade `machine` that were made on
    /// another kind of machine.
    ///
    /// # Errors
    /// If a trial cannot be executed, or one that is not executed again cannot be read from the store.
    pub fn sweep_again<'a>(
        &'a self,
        experiment: &'a Experiment,
        sample: Option<usize>,
        scratch: &'a Scratch,
        verdict: &mut Verdict,
    ) -> Result<Executed<'a>, ExperimentError> {
        let again = self.divide(experiment, sample, verdict);
        let ids: BTreeSet<&TrialId> = again.iter().map(|trial| &trial.id).collect();
        let read: Vec<&Trial> = experiment.trials().iter().filter(|trial| !ids.contains(&trial.id)).collect();
        let records = self.stored_records(&read)?;
        self.go_on()?;
        let mut executed: BTreeMap<&TrialId, TrialRecord> = BTreeMap::new();
        for trial in &again {
            executed.extend(stored_record(&scratch.store, &trial.id)?.map(|record| (&trial.id, record)));
        }
        let to_run: Vec<&Trial> = again.iter().copied().filter(|trial| !executed.contains_key(&trial.id)).collect();
        let cloned: Vec<Trial> = to_run.iter().map(|trial| (*trial).clone()).collect();
        let trained = experiment.train(&cloned, &scratch.store, &self.executor(), &self.options)?;
        let trained: Vec<TrialRecord> = trained.into_iter().collect::<Option<_>>().ok_or(ExperimentError::Stopped)?;
        self.go_on()?;
        let read = read.iter().map(|trial| &trial.id).zip(records);
        let mut records = executed;
        records.extend(to_run.iter().map(|trial| &trial.id).zip(trained));
        records.extend(read);
        let outcome =
            |trial: &Trial| Some(TrialOutcome { trial: trial.clone(), record: records.get(&trial.id)?.clone() });
        let outcomes = experiment.trials().iter().filter_map(outcome).collect();
        Self::report_executed(experiment, &again, verdict);
        Ok(Executed { outcomes, stores: Overlay { ids, scratch: &scratch.store, stored: self.stored.as_ref() }, again })
    }

    /// Decides which trials a race or a search has: by the store, where it has all results that decide it, else by executing the
    /// trials on the scratch store, stage by stage.
    ///
    /// # Errors
    /// If a trial cannot be executed, or only a sample was asked for, and the store does not have all results.
    pub fn decide(
        &self,
        experiment: &mut Experiment,
        sample: Option<usize>,
        scratch: &Scratch,
    ) -> Result<(), ExperimentError> {
        if !experiment.is_adaptive() {
            return Ok(());
        }
        if let Some(store) = &self.stored {
            experiment.replay(store, self.jobs)?;
        }
        if experiment.is_decided() {
            return Ok(());
        }
        if sample.is_some() {
            return Err(ExperimentError::NotVerifiable { n_missing: experiment.needed().len() });
        }
        experiment.run(&scratch.store, &self.executor(), &self.options).map(|_| ())
    }

    /// The records of trials that are not executed again.
    fn stored_records(&self, trials: &[&Trial]) -> Result<Vec<TrialRecord>, ExperimentError> {
        if trials.is_empty() {
            return Ok(Vec::new());
        }
        let not_verifiable = |n_missing: usize| ExperimentError::NotVerifiable { n_missing };
        let store = self.stored.as_ref().ok_or_else(|| not_verifiable(trials.len()))?;
        let found = in_parallel(trials, self.jobs, |trial| stored_record(store, &trial.id));
        let found = found.into_iter().collect::<Result<Vec<_>, ExperimentError>>()?;
        match found.iter().filter(|record| record.is_none()).count() {
            0 => Ok(found.into_iter().flatten().collect()),
            n_missing => Err(not_verifiable(n_missing)),
        }
    }

    fn report_executed(experiment: &Experiment, again: &[&Trial], verdict: &mut Verdict) {
        let grade_of = |trial: &&Trial| grade(experiment, trial);
        let of_grade = |grade| again.iter().filter(|trial| grade_of(trial) == grade).count();
        let (portable, of_machine) = (of_grade(Determinism::Portable), of_grade(Determinism::Machine));
        verdict.n_executed = again.len();
        if portable > 0 {
            verdict.proven.push(format!("{portable} of them of grade portable: the same bytes on every machine"));
        }
        if of_machine > 0 {
            let kind = machine_kind();
            verdict.proven.push(format!(
                "{of_machine} of them of grade machine: the same bytes on machines of this kind ({kind})"
            ));
        }
    }

    /// The trials to execute again.
    fn divide<'a>(&self, experiment: &'a Experiment, sample: Option<usize>, verdict: &mut Verdict) -> Vec<&'a Trial> {
        let mut order: Vec<&Trial> = experiment.all_trials().collect();
        if let Some(size) = sample.filter(|size| *size < order.len()) {
            StreamPath::root(experiment.plan().seed).child("verify/sample").stream().shuffle(&mut order);
            verdict.unproven.push(format!("{} trials outside of the sample", order.len() - size));
            order.truncate(size);
        }
        let mut reasons = BTreeSet::new();
        order.retain(|trial| {
            let reason = self.no_proof(experiment, trial);
            let is_provable = reason.is_none();
            reasons.extend(reason);
            is_provable
        });
        verdict.unproven.extend(reasons);
        order
    }

    /// Why executing `trial` again here proves nothing of the stored one; `None` where it does, or none is stored.
    fn no_proof(&self, experiment: &Experiment, trial: &Trial) -> Option<String> {
        let model = &trial.identity.model;
        match grade(experiment, trial) {
            Determinism::Portable => None,
            Determinism::Machine => {
                let (made_on, here) = (self.stored.as_ref()?.environment(&trial.id)?.machine_kind, machine_kind());
                let differs = || format!("trials of {model}, grade machine: made on {made_on}, this is {here}");
                (made_on != here).then(differs)
            }
            Determinism::None => Some(format!("trials of {model}, grade none: it promises nothing of its bits")),
        }
    }

    /// What may explain a report that differs.
    pub fn grade_notes(&self, experiment: &Experiment) -> Vec<String> {
        let models: BTreeSet<&str> = experiment.spec().models.iter().map(|model| model.id.as_str()).collect();
        let note = |grade, what: &str| {
            let is_of = |model: &&&str| experiment.registry().get(model).is_ok_and(|p| p.about().determinism == grade);
            let of_grade: Vec<&str> = models.iter().filter(is_of).copied().collect();
            (!of_grade.is_empty()).then(|| format!("{} are of grade {what}", of_grade.join(", ")))
        };
        let machine = note(Determinism::Machine, "machine: on another kind of machine their results may differ");
        let none = note(Determinism::None, "none: their results may differ each time");
        machine.into_iter().chain(none).collect()
    }

    /// Compares the stored folders of `trials` with those in `again`; the number of those that are the same.
    pub fn compare_trials(
        &self,
        experiment: &Experiment,
        trials: &[&Trial],
        again: &Store,
        verdict: &mut Verdict,
    ) -> usize {
        let Some(store) = &self.stored else { return 0 };
        let labels = experiment.data().dataset.label_names();
        let mut n_equal = 0;
        for trial in trials {
            let damaged = match store.find(&trial.id) {
                Found::Missing => continue,
                Found::Damaged(problem) => Some(problem),
                Found::Record(_) => None,
            };
            let difference = difference::of_trials(&store.trial(&trial.id), &again.trial(&trial.id), labels);
            match (difference, damaged) {
                (Some(difference), _) => verdict.differences.push(difference),
                (None, Some(problem)) => {
                    verdict.differences.push(Difference::new(shown(store.trial(&trial.id)), problem.to_string()));
                }
                (None, None) => n_equal += 1,
            }
        }
        if n_equal > 0 {
            verdict.proven.push(format!("{n_equal} stored trials in {} are the same bytes", shown(store.root())));
        }
        n_equal
    }

    /// Makes the trial `id` again in `target` and compares it with the store's.
    ///
    /// # Errors
    /// If it cannot be executed.
    ///
    /// # Panics
    /// If there is no store.
    pub fn again(&self, id: &TrialId, experiment: &Experiment, target: &Store) -> Result<Verdict, ExperimentError> {
        let mut verdict = Verdict { n_executed: 1, ..Verdict::of_trials(1) };
        let store = self.stored.as_ref().expect("the trial was found in it");
        let Some(trial) = experiment.trials().iter().find(|trial| trial.id == *id) else {
            verdict.n_executed = 0;
            verdict.differences.push(other_identity(id, experiment, store));
            return Ok(verdict);
        };
        let trials = std::slice::from_ref(trial);
        if experiment.train(trials, target, &self.executor(), &self.options)?.iter().any(Option::is_none) {
            return Err(ExperimentError::Stopped);
        }
        let labels = experiment.data().dataset.label_names();
        if let Ok(Some(test)) = stored_test(trial, store, labels)
            && let Some(selection) = Selection::testified(experiment.plan(), trial, &test)
        {
            let environment = || experiment.environment(target, 1, self.options.code, self.options.kernels);
            experiment.test_record(&selection, trial, target, environment, &self.options)?;
        }
        verdict.n_equal = self.compare_trials(experiment, &[trial], target, &mut verdict);
        if let Some(reason) = self.no_proof(experiment, trial) {
            verdict.unproven.push(reason);
            let differences = std::mem::take(&mut verdict.differences);
            verdict.unproven.extend(differences.iter().map(|difference| format!("it differs here: {difference}")));
        }
        Ok(verdict)
    }

    /// An error where somebody asked to stop.
    fn go_on(&self) -> Result<(), ExperimentError> {
        if self.options.cancel.is_cancelled() { Err(ExperimentError::Stopped) } else { Ok(()) }
    }
}

fn grade(experiment: &Experiment, trial: &Trial) -> Determinism {
    experiment.registry().get(&trial.identity.model).map_or(Determinism::None, |plugin| plugin.about().determinism)
}

/// Why the spec of a stored trial does not lead to its id any more.
fn other_identity(id: &TrialId, experiment: &Experiment, store: &Store) -> Difference {
    let folder = store.trial(id);
    let place = shown(&folder);
    let Found::Record(record) = store.find(id) else {
        return Difference::new(place, "its record cannot be read (`store check` shows why)");
    };
    let now = experiment.trials().iter().rfind(|trial| trial.replicate == record.identity.replicate);
    let json =
        |identity| serde_json::to_value(identity).expect("an identity holds no map with other keys than strings");
    let path = now.and_then(|now| difference::json_path(&json(&record.identity), &json(&now.identity), String::new()));
    match path {
        Some((path, then, now)) => Difference::new(place, format!("was made with {path} {then}, which is now {now}")),
        None => Difference::new(place, "its spec does not lead to it"),
    }
}

/// What came of executing trials again.
pub struct Executed<'a> {
    /// Of all trials.
    pub outcomes: Vec<TrialOutcome>,
    /// Those that were executed.
    pub again: Vec<&'a Trial>,
    /// Which store has each of them.
    pub stores: Overlay<'a>,
}

/// Trials that were executed again are in the scratch store, the others in the store, which is read only.
pub struct Overlay<'a> {
    ids: BTreeSet<&'a TrialId>,
    scratch: &'a Store,
    stored: Option<&'a Store>,
}

impl StoreOf for Overlay<'_> {
    fn store_of(&self, trial: &TrialId) -> &Store {
        self.stored.filter(|_| !self.ids.contains(trial)).unwrap_or(self.scratch)
    }
}

/// A store and a folder for reports that are gone afterwards.
pub struct Scratch {
    /// The store.
    pub store: Store,
    /// A folder for reports, which does not exist yet.
    pub reports: PathBuf,
    // After the store, which has a lock in it.
    _folder: TemporaryFolder,
}

impl Scratch {
    /// An empty store and a path for reports, in a folder for temporary files.
    ///
    /// # Errors
    /// If the folder or the store cannot be made.
    pub fn new() -> Result<Self, ExperimentError> {
        let folder = TemporaryFolder::new("verify")?;
        let store = Store::open(&folder.path().join("runs"))?;
        Ok(Self { store, reports: folder.path().join("reports"), _folder: folder })
    }
}
