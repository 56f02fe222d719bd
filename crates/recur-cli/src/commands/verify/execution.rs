//! Executing trials again on a scratch store, and comparing them with the stored ones.

use super::{Verdict, Verification};
use crate::difference::{self, Difference};
use crate::environment::machine_kind;
use crate::error::CliError;
use crate::keeper::Cadence;
use crate::pipeline::Prepared;
use crate::sweep::Sweep;
use recur_core::model::Determinism;
use recur_core::random::StreamPath;
use recur_core::selection::Finding;
use recur_core::trial::{Trial, TrialId};
use recur_store::{Found, Store};
use std::collections::BTreeSet;
use std::path::PathBuf;

impl Verification<'_> {
    pub(super) fn sweep<'a>(&'a self, prepared: &'a Prepared, store: &'a Store) -> Sweep<'a> {
        Sweep { prepared, store, registry: self.registry, jobs: self.jobs, cadence: Cadence::Off }
    }

    /// Executes the trials again, or a sample of them, on a scratch store; the others are taken over from the store, as are
    /// those of models of grade `machine` that were made on another kind of machine. Gives what was found of all, and the
    /// trials that were executed.
    pub(super) fn sweep_again<'a>(
        &self,
        prepared: &'a Prepared,
        sample: Option<usize>,
        scratch: &Scratch,
        verdict: &mut Verdict,
    ) -> Result<(Vec<Finding>, Vec<&'a Trial>), CliError> {
        let (again, taken) = self.divide(prepared, sample, verdict);
        if !taken.is_empty() {
            let missing = || CliError::SampleWithoutStore { n_missing: taken.len() };
            let store = self.store.as_ref().ok_or_else(missing)?;
            if taken.iter().any(|id| !matches!(store.find(id), Found::Record(_))) {
                return Err(missing());
            }
            store.export(scratch.store.root(), Some(&taken))?;
        }
        let findings = self.sweep(prepared, &scratch.store).run(&self.screen, &self.logs)?;
        let of_grade = |grade| again.iter().filter(|trial| self.grade(trial) == grade).count();
        let (portable, of_machine) = (of_grade(Determinism::Portable), of_grade(Determinism::Machine));
        verdict.proven.push(format!("{} of {} trials executed again", again.len(), prepared.trials.len()));
        if portable > 0 {
            verdict.proven.push(format!("{portable} of them of grade portable: the same bytes on every machine"));
        }
        if of_machine > 0 {
            let kind = machine_kind();
            verdict.proven.push(format!(
                "{of_machine} of them of grade machine: the same bytes on machines of this kind ({kind})"
            ));
        }
        Ok((findings, again))
    }

    /// The trials to execute again, and those to take over.
    fn divide<'a>(
        &self,
        prepared: &'a Prepared,
        sample: Option<usize>,
        verdict: &mut Verdict,
    ) -> (Vec<&'a Trial>, Vec<TrialId>) {
        let mut order: Vec<&Trial> = prepared.trials.iter().collect();
        if let Some(size) = sample.filter(|size| *size < order.len()) {
            StreamPath::root(prepared.plan.seed).child("verify/sample").stream().shuffle(&mut order);
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
        let taken = prepared.trials.iter().filter(|trial| order.iter().all(|again| again.id != trial.id));
        let taken = taken.map(|trial| trial.id.clone()).collect();
        (order, taken)
    }

    /// Why executing `trial` again here proves nothing of the stored one; `None` where it does, or none is stored.
    pub(super) fn no_proof(&self, trial: &Trial) -> Option<String> {
        let made_on = self.store.as_ref()?.environment(&trial.id)?.machine_kind;
        let (model, here) = (&trial.identity.model, machine_kind());
        match self.grade(trial) {
            Determinism::Portable => None,
            Determinism::Machine if made_on == here => None,
            Determinism::Machine => {
                Some(format!("trials of {model}, grade machine: made on {made_on}, this is {here}"))
            }
            Determinism::None => Some(format!("trials of {model}, grade none: it promises nothing of its bits")),
        }
    }

    fn grade(&self, trial: &Trial) -> Determinism {
        self.registry.get(&trial.identity.model).map_or(Determinism::None, |plugin| plugin.determinism())
    }

    pub(super) fn machine_note(&self, prepared: &Prepared) -> Option<String> {
        let models: Vec<&str> = prepared.plan.models();
        let is_of_machine =
            |model: &&str| self.registry.get(model).is_ok_and(|p| p.determinism() == Determinism::Machine);
        let of_machine: Vec<&str> = models.into_iter().filter(is_of_machine).collect();
        (!of_machine.is_empty()).then(|| {
            format!(
                "{} are of grade machine: on another kind of machine their figures may differ",
                of_machine.join(", ")
            )
        })
    }

    /// Compares the stored folders of `trials` with those in `again`.
    pub(super) fn compare_trials(&self, prepared: &Prepared, trials: &[&Trial], again: &Store, verdict: &mut Verdict) {
        let Some(store) = &self.store else { return };
        let labels = prepared.data.dataset.label_names();
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
    }
}

/// A store and a folder for reports that are gone afterwards.
pub(super) struct Scratch {
    pub(super) store: Store,
    pub(super) reports: PathBuf,
    _folder: tempfile::TempDir,
}

impl Scratch {
    pub(super) fn new() -> Result<Self, CliError> {
        let folder = tempfile::Builder::new().prefix("recur-verify-").tempdir().map_err(CliError::Scratch)?;
        let store = Store::open(&folder.path().join("runs"))?;
        Ok(Self { store, reports: folder.path().join("reports"), _folder: folder })
    }
}
