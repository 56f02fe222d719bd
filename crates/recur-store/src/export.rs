//! Copying trials and experiments into another store.

use crate::environment::Environment;
use crate::error::StoreError;
use crate::files::{create_folders, move_in, parse_json, sync_folder, write_new};
use crate::keep::{Kept, Kind, failure};
use crate::layout::{ENVIRONMENT, LOG, SUMS, TEST};
use crate::lookup::Whole;
use crate::problem::{Fault, Problem};
use crate::store::Store;
use crate::sums::{Files, Sums};
use recur_core::trial::TrialId;
use std::path::Path;

/// What became of an export.
#[derive(Debug, Default)]
pub struct Exported {
    /// Trials that were copied.
    pub copied: u64,
    /// Trials that the other store had, or had a better one of.
    pub there: u64,
    /// Experiments that were copied.
    pub experiments: u64,
    /// What was not copied, as it is missing or damaged here, or another experiment has its name there.
    pub problems: Vec<Problem>,
    /// Trials that have another result there ([`StoreError::Nondeterminism`]): both are in that store now.
    pub conflicts: Vec<StoreError>,
}

impl Store {
    /// Copies trials, each checked as a whole, into the store at `to`, which is made if needed: those of `ids`, or all of
    /// them and the experiments as well. What is there is treated as [`Store::keep`] does.
    ///
    /// # Errors
    /// If `to` cannot be opened or written, or a folder of this store not be read.
    pub fn export(&self, to: &Path, ids: Option<&[TrialId]>) -> Result<Exported, StoreError> {
        // Who hears of waits here hears of those for the other store as well.
        let target = Self::open_with(to, self.listener.clone())?;
        let mut exported = Exported::default();
        let all = match ids {
            Some(_) => None,
            None => Some(self.ids()?.into_iter().collect::<Vec<_>>()),
        };
        for id in ids.or(all.as_deref()).unwrap_or_default() {
            let folder = self.trial(id);
            match self.steadily(|| self.look_up(id)) {
                Ok(Some(whole)) => self.export_trial(&target, id, &whole, &mut exported)?,
                Ok(None) => exported.problems.push(Problem::new(&folder, Fault::Missing)),
                Err(problem) => exported.problems.push(problem),
            }
        }
        if ids.is_none() {
            for name in self.experiments()? {
                self.export_experiment(&target, &name, &mut exported)?;
            }
        }
        Ok(exported)
    }

    fn export_trial(
        &self,
        target: &Self,
        id: &TrialId,
        whole: &Whole<recur_core::record::TrialRecord>,
        exported: &mut Exported,
    ) -> Result<(), StoreError> {
        // Before the trial that names it.
        self.export_diff(target, &self.trial(id), &whole.files, exported)?;
        let staged = target.stage(Kind::Trial, &whole.files, failure(&whole.value).is_some())?;
        match reported(target.place(Kind::Trial, id, &staged), exported)? {
            Some(Kept::New | Kept::Replaced(_)) => exported.copied += 1,
            // One that failed and was passed over has no test result that could go astray.
            Some(Kept::Same | Kept::Passed) => exported.there += 1,
            None => return Ok(()),
        }
        match self.steadily(|| self.look_up_test(id)) {
            Ok(Some(test)) => {
                self.export_diff(target, &self.trial(id).join(TEST), &test.files, exported)?;
                let staged = target.stage(Kind::Test, &test.files, false)?;
                reported(target.place(Kind::Test, id, &staged), exported)?;
            }
            Ok(None) => {}
            Err(problem) => exported.problems.push(problem),
        }
        Ok(())
    }

    /// Copies the diff that the environment among the files of `folder` names, if it names one.
    fn export_diff(
        &self,
        target: &Self,
        folder: &Path,
        files: &Files,
        exported: &mut Exported,
    ) -> Result<(), StoreError> {
        let Some(bytes) = files.get(ENVIRONMENT) else { return Ok(()) };
        let environment = parse_json::<Environment>(&folder.join(ENVIRONMENT), bytes);
        let digest = match environment.map(|environment| environment.code.uncommitted) {
            Ok(Some(digest)) => digest,
            Ok(None) => return Ok(()),
            Err(problem) => {
                exported.problems.push(problem);
                return Ok(());
            }
        };
        match self.diff(&digest) {
            Ok(diff) => target.write_file(&target.diff_path(&digest), &diff)?,
            Err(problem) => exported.problems.push(problem),
        }
        Ok(())
    }

    fn export_experiment(&self, target: &Self, name: &str, exported: &mut Exported) -> Result<(), StoreError> {
        let (from, to) = (self.experiment(name), target.experiment(name));
        let read = || {
            let there = self.look_up_experiment(name)?;
            there.map(|_| Sums::read_folder(&from)).transpose()
        };
        let (mut sums, files) = match self.steadily(read) {
            Ok(Some(read)) => read,
            Ok(None) => return Ok(()),
            Err(problem) => {
                exported.problems.push(problem);
                return Ok(());
            }
        };
        // A log that is not listed is of a run that goes on or was cut off, and stays.
        let staged = target.scratch()?.path();
        create_folders(&staged)?;
        for (file, bytes) in &files {
            write_new(&staged.join(file), bytes)?;
        }
        write_new(&staged.join(SUMS), sums.render().as_bytes())?;
        sync_folder(&staged)?;
        target.create_folder(to.parent().expect("it is within the store"))?;
        target.no_link(&to).map_err(StoreError::Damaged)?;
        if move_in(&staged, &to, sums.render().as_bytes())? {
            exported.experiments += 1;
            return Ok(());
        }
        target.remove(&staged)?;
        // Two runs of one experiment have logs of their own.
        sums.0.remove(LOG);
        match Sums::read_folder(&to) {
            Ok((mut there, _)) => {
                there.0.remove(LOG);
                if there != sums {
                    exported.problems.push(Problem::new(&from, Fault::OtherExperiment { there: to }));
                }
            }
            Err(problem) => exported.problems.push(problem),
        }
        Ok(())
    }
}

/// A conflict is reported at the end; any other error ends the export.
fn reported(kept: Result<Kept, StoreError>, exported: &mut Exported) -> Result<Option<Kept>, StoreError> {
    match kept {
        Err(conflict @ StoreError::Nondeterminism { .. }) => {
            exported.conflicts.push(conflict);
            Ok(None)
        }
        kept => kept.map(Some),
    }
}
