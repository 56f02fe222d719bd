//! Executing trials again on a scratch store, and comparing them with the stored ones.

use super::{Verdict, Verification};
use crate::difference::{self, Difference};
use crate::error::CliError;
use crate::pipeline::Prepared;
use crate::signals::is_stopping;
use recur_core::model::Determinism;
use recur_core::random::StreamPath;
use recur_core::record::TrialRecord;
use recur_core::selection::Finding;
use recur_core::trial::{Trial, TrialId};
use recur_experiment::{LocalExecutor, StoreOf, in_parallel, machine_kind};
use recur_files::TemporaryFolder;
use recur_store::{Found, Store};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

impl Verification<'_> {
    pub(super) fn executor(&self) -> LocalExecutor {
        LocalExecutor::new(self.jobs)
    }

    /// Executes the trials again, or a sample of them, on a scratch store. The others are read from the store, which is not
    /// written to, and so are those of models of grade `none` and those of models of grade `machine` that were made on
    /// another kind of machine.
    pub(super) fn sweep_again<'a>(
        &'a self,
        prepared: &'a Prepared,
        sample: Option<usize>,
        scratch: &'a Scratch,
        verdict: &mut Verdict,
    ) -> Result<Executed<'a>, CliError> {
        let again = self.divide(prepared, sample, verdict);
        let ids: BTreeSet<&TrialId> = again.iter().map(|trial| &trial.id).collect();
        let read: Vec<&Trial> = prepared.trials().iter().filter(|trial| !ids.contains(&trial.id)).collect();
        let records = self.stored_records(&read)?;
        go_on()?;
        let to_run: Vec<Trial> = again.iter().map(|trial| (*trial).clone()).collect();
        let trained = prepared.train(&to_run, &scratch.store, &self.executor(), &self.options)?;
        let trained: Vec<TrialRecord> = trained.into_iter().collect::<Option<_>>().ok_or(CliError::Stopped)?;
        go_on()?;
        let read = read.iter().map(|trial| &trial.id).zip(records);
        let mut records: BTreeMap<&TrialId, TrialRecord> = again.iter().map(|trial| &trial.id).zip(trained).collect();
        records.extend(read);
        let finding = |trial: &Trial| Some(Finding { trial: trial.clone(), record: records.remove(&trial.id)? });
        let findings = prepared.trials().iter().filter_map(finding).collect();
        self.report_executed(&again, verdict);
        Ok(Executed { findings, stores: Overlay { ids, scratch: &scratch.store, stored: self.store.as_ref() }, again })
    }

    /// The records of trials that are not executed again.
    fn stored_records(&self, trials: &[&Trial]) -> Result<Vec<TrialRecord>, CliError> {
        if trials.is_empty() {
            return Ok(Vec::new());
        }
        let missing = || CliError::SampleWithoutStore { n_missing: trials.len() };
        let store = self.store.as_ref().ok_or_else(missing)?;
        let found = in_parallel(trials, self.jobs, |trial| match store.find(&trial.id) {
            Found::Record(record) => Some(*record),
            Found::Missing | Found::Damaged(_) => None,
        });
        found.into_iter().collect::<Option<_>>().ok_or_else(missing)
    }

    fn report_executed(&self, again: &[&Trial], verdict: &mut Verdict) {
        let of_grade = |grade| again.iter().filter(|trial| self.grade(trial) == grade).count();
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
    fn divide<'a>(&self, prepared: &'a Prepared, sample: Option<usize>, verdict: &mut Verdict) -> Vec<&'a Trial> {
        let mut order: Vec<&Trial> = prepared.trials().iter().collect();
        if let Some(size) = sample.filter(|size| *size < order.len()) {
            StreamPath::root(prepared.plan().seed).child("verify/sample").stream().shuffle(&mut order);
            verdict.unproven.push(format!("{} trials outside of the sample", order.len() - size));
            order.truncate(size);
        }
        let mut reasons = BTreeSet::new();
        order.retain(|trial| {
            let reason = self.no_proof(trial);
            let is_provable = reason.is_none();
            reasons.extend(reason);
            is_provable
        });
        verdict.unproven.extend(reasons);
        order
    }

    /// Why executing `trial` again here proves nothing of the stored one; `None` where it does, or none is stored.
    pub(super) fn no_proof(&self, trial: &Trial) -> Option<String> {
        let model = &trial.identity.model;
        match self.grade(trial) {
            Determinism::Portable => None,
            Determinism::Machine => {
                let (made_on, here) = (self.store.as_ref()?.environment(&trial.id)?.machine_kind, machine_kind());
                let differs = || format!("trials of {model}, grade machine: made on {made_on}, this is {here}");
                (made_on != here).then(differs)
            }
            Determinism::None => Some(format!("trials of {model}, grade none: it promises nothing of its bits")),
        }
    }

    fn grade(&self, trial: &Trial) -> Determinism {
        self.registry.get(&trial.identity.model).map_or(Determinism::None, |plugin| plugin.about().determinism)
    }

    /// What may explain a report that differs.
    pub(super) fn grade_notes(&self, prepared: &Prepared) -> Vec<String> {
        let models: Vec<&str> = prepared.plan().models();
        let note = |grade, what: &str| {
            let is_of = |model: &&&str| self.registry.get(model).is_ok_and(|p| p.about().determinism == grade);
            let of_grade: Vec<&str> = models.iter().filter(is_of).copied().collect();
            (!of_grade.is_empty()).then(|| format!("{} are of grade {what}", of_grade.join(", ")))
        };
        let machine = note(Determinism::Machine, "machine: on another kind of machine their results may differ");
        let none = note(Determinism::None, "none: their results may differ each time");
        machine.into_iter().chain(none).collect()
    }

    /// Compares the stored folders of `trials` with those in `again`; the number of those that are the same.
    pub(super) fn compare_trials(
        &self,
        prepared: &Prepared,
        trials: &[&Trial],
        again: &Store,
        verdict: &mut Verdict,
    ) -> usize {
        let Some(store) = &self.store else { return 0 };
        let labels = prepared.data().dataset.label_names();
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
                    verdict.differences.push(Difference::new(store.trial(&trial.id).display(), problem.to_string()));
                }
                (None, None) => n_equal += 1,
            }
        }
        if n_equal > 0 {
            verdict.proven.push(format!("{n_equal} stored trials in {} are the same bytes", store.root().display()));
        }
        n_equal
    }
}

/// An error where the process was asked to stop.
fn go_on() -> Result<(), CliError> {
    if is_stopping() { Err(CliError::Stopped) } else { Ok(()) }
}

/// What came of executing trials again.
pub(super) struct Executed<'a> {
    /// Of all trials.
    pub(super) findings: Vec<Finding>,
    /// Those that were executed.
    pub(super) again: Vec<&'a Trial>,
    pub(super) stores: Overlay<'a>,
}

/// Trials that were executed again are in the scratch store, the others in the store, which is read only.
pub(super) struct Overlay<'a> {
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
pub(super) struct Scratch {
    pub(super) store: Store,
    pub(super) reports: PathBuf,
    // After the store, which has a lock in it.
    _folder: TemporaryFolder,
}

impl Scratch {
    pub(super) fn new() -> Result<Self, CliError> {
        let folder = TemporaryFolder::new("verify")?;
        let store = Store::open(&folder.path().join("runs"))?;
        Ok(Self { store, reports: folder.path().join("reports"), _folder: folder })
    }
}
