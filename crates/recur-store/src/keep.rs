//! Keeping trials and test results: whole folders that are renamed into place and never changed after.

use crate::curves;
use crate::environment::Environment;
use crate::error::StoreError;
use crate::files::{Entry, create_folders, entries, json, move_in, sync_folder, write_new};
use crate::fs;
use crate::layout::{
    ALWAYS, COMPARED, COMPARED_TEST, CURVES, ENVIRONMENT, LOG, PREDICTIONS, RECORD, SCORES, SPEC, SUMS, TEST, WEIGHTS,
};
use crate::lookup::TestScores;
use crate::problem::{Fault, Problem};
use crate::store::{Store, TRIES};
use crate::sums::{Files, Sums};
use crate::weights;
use recur_core::digest::Digest;
use recur_core::record::{Outcome, TrialRecord};
use recur_core::tensor::Tensor;
use recur_core::trial::TrialId;
use recur_core::weights::ModelCard;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// All that is kept of a trial.
#[derive(Clone, Copy, Debug)]
pub struct NewTrial<'a> {
    /// How it ended.
    pub record: &'a TrialRecord,
    /// Its weights; kept if it finished.
    pub weights: &'a [Tensor],
    /// What the weights are for.
    pub card: &'a ModelCard,
    /// A resolved spec that has only the configuration of this trial.
    pub spec: &'a str,
    /// Where and when it ran.
    pub environment: &'a Environment,
    /// Its log, as JSON lines.
    pub log: &'a [u8],
}

/// What became of a result that was to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is in the store, where nothing was.
    New,
    /// The store had it: what was there stays, with its environment and log.
    Same,
    /// It is in the store instead of a failed or damaged one.
    Replaced(Problem),
    /// It failed and the store has one that did not, or ([`Store::keep_first`]) the store has another one: that stays.
    Passed,
}

/// What a folder holds.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Trial,
    Test,
}

/// A folder that is made, but not in place. What is left of it is removed when this is dropped.
pub(crate) struct Staged {
    folder: PathBuf,
    sums: String,
    compared: Sums,
    failed: bool,
    /// Whether another result may be in place: that one then counts, and this one goes.
    may_differ: bool,
}

impl Drop for Staged {
    fn drop(&mut self) {
        // Should this fail, the whole scratch is removed later.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// What is in the place of a folder.
enum There {
    Nothing,
    Whole { compared: Sums, failure: Option<String> },
    Damaged(Problem),
}

impl Store {
    /// Keeps a trial. What is in the store stays if it is the same, and is replaced if it failed or is damaged.
    ///
    /// # Errors
    /// If it cannot be written (the store is then as before), or if a whole and other result is there: both are kept, and
    /// [`StoreError::Nondeterminism`] names them.
    pub fn keep(&self, trial: &NewTrial<'_>) -> Result<Kept, StoreError> {
        self.keep_trial(trial, false)
    }

    /// Keeps a trial of which two runs may give other bytes: the result that was kept first counts, and this one is not kept next to
    /// it. All else is as in [`Store::keep`].
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep_first(&self, trial: &NewTrial<'_>) -> Result<Kept, StoreError> {
        self.keep_trial(trial, true)
    }

    fn keep_trial(&self, trial: &NewTrial<'_>, may_differ: bool) -> Result<Kept, StoreError> {
        let id = &trial.record.id;
        let failed = matches!(trial.record.outcome, Outcome::Failed { .. });
        let mut staged = self.stage(Kind::Trial, &trial_files(trial)?, failed)?;
        staged.may_differ = may_differ;
        self.place(Kind::Trial, id, &staged)
    }

    /// Keeps a trial's test result: `predictions` are the bytes of its Parquet file, and `environment` has where it was scored and
    /// how long that took. The rules are those of [`Store::keep`].
    ///
    /// # Errors
    /// As [`Store::keep`], and if the store has no such trial.
    pub fn keep_test(
        &self,
        scores: &TestScores,
        predictions: &[u8],
        environment: &Environment,
    ) -> Result<Kept, StoreError> {
        self.keep_scored(scores, predictions, environment, false)
    }

    /// Keeps a trial's test result of which two runs may give other bytes, as [`Store::keep_first`] keeps a trial.
    ///
    /// # Errors
    /// If it cannot be written, or the store has no such trial.
    pub fn keep_first_test(
        &self,
        scores: &TestScores,
        predictions: &[u8],
        environment: &Environment,
    ) -> Result<Kept, StoreError> {
        self.keep_scored(scores, predictions, environment, true)
    }

    fn keep_scored(
        &self,
        scores: &TestScores,
        predictions: &[u8],
        environment: &Environment,
        may_differ: bool,
    ) -> Result<Kept, StoreError> {
        let files = [
            (SCORES.to_owned(), storable(&scores.id, SCORES, scores)?),
            (PREDICTIONS.to_owned(), predictions.to_owned()),
            (ENVIRONMENT.to_owned(), storable(&scores.id, ENVIRONMENT, environment)?),
        ];
        let mut staged = self.stage(Kind::Test, &files.into(), false)?;
        staged.may_differ = may_differ;
        self.place(Kind::Test, &scores.id, &staged)
    }

    /// Writes `files` and their digests to a folder of the scratch.
    pub(crate) fn stage(&self, kind: Kind, files: &Files, failed: bool) -> Result<Staged, StoreError> {
        let sums = Sums::of(files);
        let compared = sums.only(kind.compared());
        let staged =
            Staged { folder: self.scratch()?.path(), sums: sums.render(), compared, failed, may_differ: false };
        create_folders(&staged.folder)?;
        for (name, bytes) in files {
            write_new(&staged.folder.join(name), bytes)?;
        }
        write_new(&staged.folder.join(SUMS), staged.sums.as_bytes())?;
        sync_folder(&staged.folder)?;
        Ok(staged)
    }

    /// Moves a staged folder to its place, or decides between it and what is there.
    pub(crate) fn place(&self, kind: Kind, id: &TrialId, staged: &Staged) -> Result<Kept, StoreError> {
        let target = kind.folder(self, id);
        let parent = target.parent().expect("it is within the store");
        match kind {
            Kind::Trial => self.create_folder(parent)?,
            Kind::Test => {
                self.no_link(parent).map_err(StoreError::Damaged)?;
                if !fs::look_again(parent).map_err(StoreError::io("read", parent))?.is_some_and(|there| there.is_dir())
                {
                    return Err(StoreError::NoTrial { trial: id.clone(), folder: parent.to_owned() });
                }
            }
        }
        if move_in(&staged.folder, &target, staged.sums.as_bytes())? {
            return Ok(Kept::New);
        }
        // One process at a time decides. Another may still move a folder in where there is none: then look again.
        let _gate = self.gate()?;
        for _ in 0..TRIES {
            let replaced = match kind.look(self, id) {
                There::Nothing => None,
                There::Whole { compared, .. } if compared == staged.compared => return Ok(Kept::Same),
                There::Whole { failure: Some(reason), .. } => Some(Problem::new(&target, Fault::Failed { reason })),
                There::Whole { .. } if staged.failed => return Ok(Kept::Passed),
                There::Whole { .. } if staged.may_differ => return Ok(Kept::Passed),
                There::Whole { compared, .. } => return Err(self.conflict(kind, id, staged, &compared, target)),
                There::Damaged(problem) if problem.is_damage() => Some(problem),
                // It may be whole: who cannot read it does not replace it.
                There::Damaged(problem) => return Err(StoreError::Damaged(problem)),
            };
            if replaced.is_some() {
                self.clear_away(&target, id)?;
            }
            if move_in(&staged.folder, &target, staged.sums.as_bytes())? {
                return Ok(replaced.map_or(Kept::New, Kept::Replaced));
            }
        }
        Err(StoreError::io("write", &target)(std::io::ErrorKind::ResourceBusy.into()))
    }

    /// Removes a result that is replaced. With files in it that recur did not write it is kept, among the conflicts.
    fn clear_away(&self, target: &Path, id: &TrialId) -> Result<(), StoreError> {
        if !holds_foreign(target) {
            return self.remove(target);
        }
        self.create_folder(&self.conflicts())?;
        let unique = self.scratch()?.path();
        let unique = unique.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let aside = self.conflicts().join(format!("{id}-replaced-{unique}"));
        fs::rename(target, &aside, || true).map_err(StoreError::io("move aside", target))
    }

    /// Keeps a second result next to the first, and reports it.
    fn conflict(&self, kind: Kind, id: &TrialId, staged: &Staged, there: &Sums, kept: PathBuf) -> StoreError {
        let digest = Digest::of(staged.compared.render().as_bytes());
        let conflict = self.conflicts().join(match kind {
            Kind::Trial => format!("{id}-{digest}"),
            Kind::Test => format!("{id}-{TEST}-{digest}"),
        });
        let moved = self
            .create_folder(&self.conflicts())
            .and_then(|()| move_in(&staged.folder, &conflict, staged.sums.as_bytes()));
        if let Err(error) = moved {
            return error;
        }
        let differs = |name: &&&str| there.0.get(**name) != staged.compared.0.get(**name);
        let file = kind.compared().iter().find(differs).expect("the compared files are not all equal");
        StoreError::Nondeterminism { trial: id.clone(), file: (*file).to_owned(), kept, conflict }
    }
}

/// Whether the folder of a trial or of its test result holds anything that recur does not write.
pub(crate) fn holds_foreign(folder: &Path) -> bool {
    let is_own = |entry: &Entry| match entry.name.as_str() {
        TEST => entry.is_folder && !holds_foreign(&entry.path),
        name => !entry.is_folder && (ALWAYS.contains(&name) || [WEIGHTS, SUMS, SCORES, PREDICTIONS].contains(&name)),
    };
    // What cannot be listed is not judged.
    entries(folder).map_or(true, |entries| !entries.iter().all(is_own))
}

impl Kind {
    fn compared(self) -> &'static [&'static str] {
        match self {
            Kind::Trial => &COMPARED,
            Kind::Test => &COMPARED_TEST,
        }
    }

    fn folder(self, store: &Store, id: &TrialId) -> PathBuf {
        match self {
            Kind::Trial => store.trial(id),
            Kind::Test => store.trial(id).join(TEST),
        }
    }

    fn look(self, store: &Store, id: &TrialId) -> There {
        let seen = match self {
            Kind::Trial => store.look_up(id).map(|whole| whole.map(|w| (w.sums, failure(&w.value)))),
            Kind::Test => store.look_up_test(id).map(|whole| whole.map(|w| (w.sums, None))),
        };
        match seen {
            Ok(Some((sums, failure))) => There::Whole { compared: sums.only(self.compared()), failure },
            Ok(None) => There::Nothing,
            Err(problem) => There::Damaged(problem),
        }
    }
}

pub(crate) fn failure(record: &TrialRecord) -> Option<String> {
    match &record.outcome {
        Outcome::Failed { reason } => Some(reason.clone()),
        Outcome::Finished { .. } | Outcome::Diverged { .. } => None,
    }
}

fn trial_files(trial: &NewTrial<'_>) -> Result<Files, StoreError> {
    let id = &trial.record.id;
    let mut files = Files::from([
        (RECORD.to_owned(), storable(id, RECORD, trial.record)?),
        (CURVES.to_owned(), curves::render(trial.record)),
        (SPEC.to_owned(), trial.spec.as_bytes().to_owned()),
        (ENVIRONMENT.to_owned(), storable(id, ENVIRONMENT, trial.environment)?),
        (LOG.to_owned(), trial.log.to_owned()),
    ]);
    if matches!(trial.record.outcome, Outcome::Finished { .. }) {
        let encoded = weights::encode(trial.weights, trial.card).map_err(|problem| StoreError::NotStorable {
            trial: id.clone(),
            file: WEIGHTS,
            problem: problem.to_string(),
        })?;
        files.insert(WEIGHTS.to_owned(), encoded);
    }
    Ok(files)
}

/// The JSON of `value`, which gives it back: JSON has no infinite numbers.
fn storable<T>(id: &TrialId, file: &'static str, value: &T) -> Result<Vec<u8>, StoreError>
where
    T: Serialize + DeserializeOwned + PartialEq,
{
    let wrong = |problem: String| {
        let problem = format!("{problem}; JSON has no infinite number and no NaN");
        StoreError::NotStorable { trial: id.clone(), file, problem }
    };
    let bytes = json(value);
    let back: T = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    if back != *value {
        return Err(wrong("it reads back as another value".to_owned()));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::shim::{self, Shim};
    use crate::samples;
    use rustix::io::Errno;
    use std::sync::Barrier;

    /// Files of trial `seed` with these weights, which nobody reads here.
    fn files(seed: u64, outcome: Outcome, weights: &[u8]) -> Files {
        let record = TrialRecord { outcome, ..samples::record(seed) };
        let names = [CURVES, SPEC, ENVIRONMENT, LOG].map(|name| (name.to_owned(), Vec::new()));
        let mut files = Files::from(names);
        files.extend([(RECORD.to_owned(), json(&record)), (WEIGHTS.to_owned(), weights.to_owned())]);
        files
    }

    #[test]
    fn replies_that_are_lost_and_stale_files_change_nothing() {
        use crate::fs::shim::{self, Shim};
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let finished = || files(0, Outcome::Finished { kept_epoch: 0 }, &[1]);
        let lose = || shim::set(Shim { lost_renames: 1, ..Shim::default() });
        let staged = store.stage(Kind::Trial, &finished(), false).unwrap();
        lose();
        assert_eq!(store.place(Kind::Trial, &samples::id(0), &staged).unwrap(), Kept::New);
        let staged = store.stage(Kind::Trial, &finished(), false).unwrap();
        assert_eq!(store.place(Kind::Trial, &samples::id(0), &staged).unwrap(), Kept::Same);
        lose();
        store.save_checkpoint(&samples::checkpoint(1, 0)).unwrap();
        lose();
        store.remove_checkpoints(&samples::id(0)).unwrap();
        assert!(store.find_checkpoint(&samples::id(0)).unwrap().checkpoint.is_none());
        lose();
        let path = folder.path().join("elsewhere/report.md");
        crate::files::write_atomically(&path, b"text").unwrap();
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        assert_eq!(shim::left().lost_renames, 0);
        shim::set(Shim { stale_opens: 1, ..Shim::default() });
        assert!(store.environment(&samples::id(0)).is_none() && shim::left().stale_opens == 0);
        assert!(matches!(store.find(&samples::id(0)), crate::lookup::Found::Record(_)));
    }

    #[test]
    fn what_the_system_does_not_read_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let (id, finished) = (samples::id(0), Outcome::Finished { kept_epoch: 0 });
        let place = || {
            let staged = store.stage(Kind::Trial, &files(0, finished.clone(), b"new"), false).unwrap();
            store.place(Kind::Trial, &id, &staged)
        };
        let first = store.stage(Kind::Trial, &files(0, finished.clone(), b"old"), false).unwrap();
        store.place(Kind::Trial, &id, &first).unwrap();
        for error in [Errno::MFILE, Errno::IO, Errno::ACCESS, Errno::NOMEM] {
            for name in [SUMS, RECORD, WEIGHTS] {
                shim::set(Shim { failed_opens: Some((name, error)), ..Shim::default() });
                let outcome = place();
                assert!(matches!(&outcome, Err(StoreError::Damaged(p)) if p.path.ends_with(name)), "{outcome:?}");
                shim::set(Shim::default());
                assert_eq!(std::fs::read(store.weights_path(&id)).unwrap(), b"old");
            }
        }
        let record = store.trial(&id).join(RECORD);
        std::fs::remove_file(&record).unwrap();
        std::os::unix::fs::symlink("nowhere", &record).unwrap();
        assert!(matches!(place(), Ok(Kept::Replaced(_))));
        std::fs::remove_dir_all(store.trial(&id)).unwrap();
        std::fs::write(store.trial(&id), "").unwrap();
        assert!(matches!(place(), Ok(Kept::Replaced(_))));
    }

    #[test]
    fn a_checkpoint_that_the_system_does_not_read_stays() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        store.save_checkpoint(&samples::checkpoint(1, 0)).unwrap();
        let name = std::fs::read_dir(store.checkpoints(&samples::id(0))).unwrap().next().unwrap().unwrap().file_name();
        let name: &'static str = Box::leak(name.into_string().unwrap().into_boxed_str());
        shim::set(Shim { failed_opens: Some((name, Errno::IO)), ..Shim::default() });
        assert_eq!(store.gc(crate::GcOptions::default(), false).unwrap(), []);
    }

    /// What is looked at, judged and taken away must be one and the same, however close others are behind.
    #[test]
    fn a_result_that_has_just_replaced_a_failed_one_is_not_replaced_in_turn() {
        let folder = tempfile::tempdir().unwrap();
        let stores = [(); 4].map(|()| Store::open(folder.path()).unwrap());
        for seed in 0..20 {
            let (id, failed) = (samples::id(seed), Outcome::Failed { reason: "before".into() });
            let before = stores[0].stage(Kind::Trial, &files(seed, failed, b""), true).unwrap();
            stores[0].place(Kind::Trial, &id, &before).unwrap();
            let barrier = Barrier::new(stores.len());
            let results: Vec<_> = std::thread::scope(|scope| {
                let writers: Vec<_> = (0_u8..)
                    .zip(&stores)
                    .map(|(n, store)| {
                        let finished = files(seed, Outcome::Finished { kept_epoch: 0 }, &[n]);
                        let staged = store.stage(Kind::Trial, &finished, false).unwrap();
                        let (barrier, id) = (&barrier, &id);
                        scope.spawn(move || {
                            barrier.wait();
                            store.place(Kind::Trial, id, &staged)
                        })
                    })
                    .collect();
                writers.into_iter().map(|writer| writer.join().unwrap()).collect()
            });
            let reported =
                |result: &&Result<Kept, StoreError>| matches!(result, Err(StoreError::Nondeterminism { .. }));
            let counts = (results.iter().filter(|r| r.is_ok()).count(), results.iter().filter(reported).count());
            assert_eq!(counts, (1, 3), "{results:?}");
        }
    }
}
