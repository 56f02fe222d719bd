//! Checking all of a store: what is there, and what is wrong with it.

use crate::checkpoint::read_checkpoint;
use crate::curves;
use crate::environment::Environment;
use crate::error::StoreError;
use crate::experiment::check_log;
use crate::files::{Entry, entries, exists, parse_json, read, size};
use crate::layout::{CURVES, ENVIRONMENT, FOLDERS, LOG, STORE, TEST, WEIGHTS, trial_id};
use crate::lookup::{Whole, read_test, read_trial};
use crate::problem::{Fault, Problem};
use crate::scratch::{Scratched, all};
use crate::shards::in_order;
use crate::store::Store;
use crate::sums::Sums;
use crate::weights;
use recur_core::digest::Digest;
use recur_core::trial::TrialId;
use std::ops::{AddAssign, ControlFlow};
use std::path::Path;

/// What a check went through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Summary {
    pub trials: u64,
    /// Test results.
    pub tests: u64,
    pub checkpoints: u64,
    pub experiments: u64,
    /// Diffs of uncommitted changes.
    pub diffs: u64,
    /// Second results of a trial.
    pub conflicts: u64,
    /// Processes that have the store open to write.
    pub writers: u64,
    /// Scratch folders of other machines, or of this one before it was booted: whether their processes live is not known here.
    pub elsewhere: u64,
    /// Bytes of all of it, without the writers' scratch.
    pub bytes: u64,
    pub problems: u64,
}

impl Store {
    /// Reads and checks every file of the store, and reports each problem as it is found.
    ///
    /// # Errors
    /// If a folder cannot be read.
    pub fn check(&self, on_problem: impl FnMut(&Problem)) -> Result<Summary, StoreError> {
        let mut check = Check { tell: on_problem, summary: Summary::default() };
        let top = entries(self.root())?;
        let is_known = |name: &str| name == STORE || FOLDERS.contains(&name);
        check.strays(top.iter().filter(|entry| !is_known(&entry.name)));
        check.summary.bytes += size(&self.root().join(STORE));
        self.check_trials(&mut check)?;
        self.check_checkpoints(&mut check)?;
        self.check_experiments(&mut check)?;
        self.check_diffs(&mut check)?;
        self.check_conflicts(&mut check)?;
        self.check_scratch(&mut check)?;
        Ok(check.summary)
    }

    fn check_trials<F: FnMut(&Problem)>(&self, check: &mut Check<F>) -> Result<(), StoreError> {
        let (shards, strays) = split(self.shards()?, |entry| entry.is_folder);
        check.strays(strays.iter());
        let mut outcome = Ok(());
        in_order(
            &shards,
            |shard| self.check_shard(shard),
            |reported| match reported {
                Ok(reported) => {
                    check.summary += reported.summary;
                    reported.problems.iter().for_each(|problem| (check.tell)(problem));
                    ControlFlow::Continue(())
                }
                Err(error) => {
                    outcome = Err(error);
                    ControlFlow::Break(())
                }
            },
        );
        outcome
    }

    fn check_shard(&self, shard: &Path) -> Result<Shard, StoreError> {
        let mut problems = Vec::new();
        let mut check = Check { tell: |problem: &Problem| problems.push(problem.clone()), summary: Summary::default() };
        for entry in entries(shard)? {
            match trial_id(&entry.name).filter(|id| entry.is_folder && self.trial(id) == entry.path) {
                Some(id) => {
                    check.summary.trials += 1;
                    check.summary.bytes += size(&entry.path);
                    check.result(self.steadily(|| self.check_trial(&entry.path, &id)));
                    let test = entry.path.join(TEST);
                    match self.steadily(|| self.no_link(&test).and_then(|()| read_test(&test, &id))) {
                        Ok(None) => {}
                        outcome => {
                            check.summary.tests += 1;
                            let diff = |whole: Option<Whole<_>>| {
                                whole.map_or(Ok(()), |whole| {
                                    whole.sums.no_unlisted(&test, &[])?;
                                    self.check_diff(&test, whole.files.get(ENVIRONMENT))
                                })
                            };
                            check.result(outcome.and_then(diff));
                        }
                    }
                }
                None => check.strays([&entry].into_iter()),
            }
        }
        let summary = check.summary;
        Ok(Shard { summary, problems })
    }

    fn check_trial(&self, folder: &Path, id: &TrialId) -> Result<(), Problem> {
        // A folder that vanished was replaced or removed while this went on.
        let Some(whole) = read_trial(folder, id)? else { return Ok(()) };
        let path = folder.join(CURVES);
        if whole.files[CURVES] != curves::render(&whole.value) {
            return Err(Problem::content(&path, "it does not hold the values of record.json"));
        }
        let path = folder.join(WEIGHTS);
        if let Some(bytes) = whole.files.get(WEIGHTS) {
            weights::decode_weights(bytes).map_err(|problem| Problem::new(&path, Fault::Weights(problem)))?;
        }
        check_log(&folder.join(LOG), &whole.files[LOG])?;
        whole.sums.no_unlisted(folder, &[TEST])?;
        self.check_diff(folder, whole.files.get(ENVIRONMENT))
    }

    /// The diff that the environment of `folder` names is there.
    fn check_diff(&self, folder: &Path, environment: Option<&Vec<u8>>) -> Result<(), Problem> {
        let Some(bytes) = environment else { return Ok(()) };
        let path = folder.join(ENVIRONMENT);
        let environment: Environment = parse_json(&path, bytes)?;
        match environment.code.uncommitted.map(|digest| self.diff_path(&digest)) {
            Some(diff) if !exists(&diff)? => Err(Problem::new(&diff, Fault::NoDiff { environment: path })),
            _ => Ok(()),
        }
    }

    fn check_checkpoints<F: FnMut(&Problem)>(&self, check: &mut Check<F>) -> Result<(), StoreError> {
        for trial in self.entries(&self.root().join("checkpoints"))? {
            let Some(id) = trial_id(&trial.name).filter(|_| trial.is_folder) else {
                check.strays([&trial].into_iter());
                continue;
            };
            for entry in entries(&trial.path)? {
                check.summary.checkpoints += 1;
                check.summary.bytes += size(&entry.path);
                match read_checkpoint(&entry.path, &id) {
                    // A live process has put a later one in its place.
                    Err(Problem { fault: Fault::Missing, .. }) => {}
                    outcome => check.result(outcome.map(drop)),
                }
            }
        }
        Ok(())
    }

    fn check_experiments<F: FnMut(&Problem)>(&self, check: &mut Check<F>) -> Result<(), StoreError> {
        let (folders, strays) = split(self.entries(&self.root().join("experiments"))?, |entry| entry.is_folder);
        check.strays(strays.iter());
        for entry in folders {
            check.summary.experiments += 1;
            check.summary.bytes += size(&entry.path);
            check.result(self.steadily(|| {
                let found = self.look_up_experiment(&entry.name)?;
                found.map_or(Ok(()), |_| Sums::read(&entry.path)?.no_unlisted(&entry.path, &[LOG]))
            }));
            let log = entry.path.join(LOG);
            let checked = self.steadily(|| match read(&log) {
                Err(Problem { fault: Fault::Missing, .. }) => Ok(()),
                text => check_log(&log, &text?),
            });
            // Another process may be within a line.
            let is_growing = || self.is_logging(&entry.name).unwrap_or(true);
            let goes_on = matches!(&checked, Err(Problem { fault: Fault::CutLog { .. }, .. })) && is_growing();
            check.result(if goes_on { Ok(()) } else { checked });
        }
        Ok(())
    }

    fn check_diffs<F: FnMut(&Problem)>(&self, check: &mut Check<F>) -> Result<(), StoreError> {
        for entry in self.entries(&self.root().join("diffs"))? {
            let digest = entry.name.strip_suffix(".diff").and_then(Digest::parse);
            let Some(expected) = digest.filter(|_| !entry.is_folder) else {
                check.strays([&entry].into_iter());
                continue;
            };
            check.summary.diffs += 1;
            check.summary.bytes += size(&entry.path);
            check.result(self.diff(&expected).map(drop));
        }
        Ok(())
    }

    fn check_conflicts<F: FnMut(&Problem)>(&self, check: &mut Check<F>) -> Result<(), StoreError> {
        for entry in self.entries(&self.conflicts())? {
            check.summary.conflicts += 1;
            check.summary.bytes += size(&entry.path);
            check.result(Err(Problem::new(&entry.path, Fault::Conflict)));
            check.result(Sums::read_folder(&entry.path).and_then(|(sums, _)| sums.no_unlisted(&entry.path, &[])));
        }
        Ok(())
    }

    fn check_scratch<F: FnMut(&Problem)>(&self, check: &mut Check<F>) -> Result<(), StoreError> {
        let Some(gate) = self.gate_to_read() else {
            // No process ever wrote.
            check.strays(self.entries(&self.tmp())?.iter());
            return Ok(());
        };
        for (path, seen) in all(&self.tmp(), &gate)? {
            match seen {
                Scratched::Live => check.summary.writers += 1,
                Scratched::Elsewhere { .. } => check.summary.elsewhere += 1,
                Scratched::Stray => check.result(Err(Problem::new(&path, Fault::Stray))),
                Scratched::Dead => {
                    check.summary.bytes += size(&path);
                    check.result(Err(Problem::new(&path, Fault::DeadScratch)));
                }
            }
        }
        Ok(())
    }
}

/// A check as it goes.
struct Check<F> {
    tell: F,
    summary: Summary,
}

/// What came of one folder of trials.
struct Shard {
    summary: Summary,
    problems: Vec<Problem>,
}

impl<F: FnMut(&Problem)> Check<F> {
    fn result(&mut self, outcome: Result<(), Problem>) {
        if let Err(problem) = outcome {
            self.summary.problems += 1;
            (self.tell)(&problem);
        }
    }

    fn strays<'a>(&mut self, strays: impl Iterator<Item = &'a Entry>) {
        for entry in strays {
            self.result(Err(Problem::new(&entry.path, Fault::Stray)));
        }
    }
}

impl AddAssign for Summary {
    fn add_assign(&mut self, other: Self) {
        let Self { trials, tests, checkpoints, experiments, diffs, conflicts, writers, elsewhere, bytes, problems } =
            other;
        self.trials += trials;
        self.tests += tests;
        self.checkpoints += checkpoints;
        self.experiments += experiments;
        self.diffs += diffs;
        self.conflicts += conflicts;
        self.writers += writers;
        self.elsewhere += elsewhere;
        self.bytes += bytes;
        self.problems += problems;
    }
}

fn split(entries: Vec<Entry>, belongs: impl Fn(&Entry) -> bool) -> (Vec<Entry>, Vec<Entry>) {
    entries.into_iter().partition(belongs)
}
