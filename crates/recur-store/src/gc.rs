//! Removing what nobody needs.

use crate::checkpoint::{is_checkpoint, read_checkpoint};
use crate::error::StoreError;
use crate::files::{Entry, entries, size};
use crate::gate::Gate;
use crate::keep::holds_foreign;
use crate::layout::{TEST, trial_id};
use crate::problem::Problem;
use crate::scratch::{Scratched, all, of_host};
use crate::store::Store;
use recur_core::digest::Digest;
use recur_core::trial::TrialId;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Why scratch of a dead process is removed.
pub(crate) const ENDED: &str = "its process has ended";

/// What is removed besides what never has a use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GcOptions {
    /// Trials that no experiment's `trials.csv` lists, too.
    pub unreferenced: bool,
}

/// Something that was removed, or would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// The file or folder.
    pub path: PathBuf,
    /// The size of all its files.
    pub bytes: u64,
    /// Why nobody needs it.
    pub why: &'static str,
}

impl Store {
    /// Removes scratch of dead processes, checkpoints that are damaged or whose trial has ended, prepared data sets, and diffs that no
    /// environment names (none of them where an environment cannot be read); with [`GcOptions::unreferenced`] trials that no experiment lists, too. With `dry_run` all stays,
    /// and what would be removed is reported.
    ///
    /// # Errors
    /// If another process has the store open to write, a folder cannot be read, something cannot be removed, or (with
    /// [`GcOptions::unreferenced`]) an experiment's folder is damaged: it might list any trial.
    pub fn gc(&self, what: GcOptions, dry_run: bool) -> Result<Vec<Removed>, StoreError> {
        // Held to the end: nobody opens the store to write meanwhile.
        let gate = if dry_run { self.gate_to_read() } else { Some(self.gate()?) };
        let mut removed = Vec::new();
        if let Some(gate) = &gate {
            self.dead_scratch(gate, dry_run, &mut removed)?;
        }
        let ids = self.ids()?;
        let mut gone = BTreeSet::new();
        if what.unreferenced {
            let listed = self.listed()?;
            // A user's file in the folder of a trial stays, and the trial with it.
            let is_gone = |id: &&TrialId| !listed.contains(id) && !holds_foreign(&self.trial(id));
            gone = ids.iter().filter(is_gone).cloned().collect();
            removed.extend(gone.iter().map(|id| of(self.trial(id), "no experiment lists this trial")));
        }
        self.useless_checkpoints(&mut removed)?;
        self.unnamed_diffs(ids.difference(&gone), &mut removed)?;
        self.unneeded_prepared(&mut removed)?;
        if !dry_run {
            for Removed { path, .. } in &removed {
                self.remove(path)?;
                if let Some(parent) = path.parent() {
                    // Only an empty folder can be removed so, and it does no harm where it stays.
                    let _ = std::fs::remove_dir(parent);
                }
            }
        }
        Ok(removed)
    }

    /// Removes the scratch that processes of the machine `host` left, of which a user says that it is gone. Of this machine that is
    /// what they left before it was booted, and what they left where locks cannot be trusted. With `dry_run` all stays, and what would be removed is given.
    ///
    /// # Errors
    /// If a folder cannot be read, or something cannot be removed.
    pub fn gc_host(&self, host: &str, dry_run: bool) -> Result<Vec<Removed>, StoreError> {
        let gate = if dry_run { self.gate_to_read() } else { Some(self.gate()?) };
        let Some(gate) = gate else { return Ok(Vec::new()) };
        let mine = |folder: &PathBuf| self.scratch().is_ok_and(|scratch| scratch.is(folder));
        let folders = of_host(&self.tmp(), &gate, host)?.into_iter().filter(|folder| !mine(folder));
        let removed: Vec<Removed> = folders.map(|folder| of(folder, "its machine is gone")).collect();
        if !dry_run {
            removed.iter().try_for_each(|removed| self.remove(&removed.path))?;
        }
        Ok(removed)
    }

    fn dead_scratch(&self, gate: &Gate, dry_run: bool, removed: &mut Vec<Removed>) -> Result<(), StoreError> {
        let mine = self.scratch().ok();
        for (folder, seen) in all(&self.tmp(), gate)? {
            match seen {
                Scratched::Dead => removed.push(of(folder, ENDED)),
                Scratched::Live if !dry_run && !mine.is_some_and(|scratch| scratch.is(&folder)) => {
                    return Err(StoreError::InUse { scratch: folder });
                }
                Scratched::Elsewhere { host } if !dry_run => {
                    return Err(StoreError::InUseElsewhere { host, scratch: folder });
                }
                Scratched::Live | Scratched::Elsewhere { .. } | Scratched::Stray => {}
            }
        }
        Ok(())
    }

    /// The machines whose scratch is in the store and that are not this one, or not since it was booted; sorted.
    ///
    /// # Errors
    /// If a folder cannot be read.
    pub fn hosts_elsewhere(&self) -> Result<BTreeSet<String>, StoreError> {
        let Some(gate) = self.gate_to_read() else { return Ok(BTreeSet::new()) };
        let host = |(_, seen)| if let Scratched::Elsewhere { host } = seen { Some(host) } else { None };
        Ok(all(&self.tmp(), &gate)?.into_iter().filter_map(host).collect())
    }

    /// The ids of all trials, sorted.
    pub(crate) fn ids(&self) -> Result<BTreeSet<TrialId>, StoreError> {
        let mut ids = BTreeSet::new();
        for shard in self.shards()?.iter().filter(|entry| entry.is_folder) {
            ids.extend(entries(&shard.path)?.iter().filter_map(|entry| trial_id(&entry.name)));
        }
        Ok(ids)
    }

    /// The ids that experiments list.
    fn listed(&self) -> Result<BTreeSet<TrialId>, StoreError> {
        let mut ids = BTreeSet::new();
        for name in self.experiments()? {
            let experiment = self.look_up_experiment(&name).map_err(StoreError::Damaged)?;
            ids.extend(experiment.into_iter().flat_map(|experiment| experiment.trials).map(|trial| trial.id));
        }
        Ok(ids)
    }

    fn useless_checkpoints(&self, removed: &mut Vec<Removed>) -> Result<(), StoreError> {
        for folder in self.entries(&self.root().join("checkpoints"))? {
            let Some(id) = trial_id(&folder.name).filter(|_| folder.is_folder) else { continue };
            if matches!(self.look_up(&id), Ok(Some(_))) {
                removed
                    .extend(self.removable_checkpoints(&id)?.into_iter().map(|path| of(path, "its trial has ended")));
                continue;
            }
            let is_damaged = |path: &Path| read_checkpoint(path, &id).is_err_and(|problem| problem.is_damage());
            let damaged = |entry: &Entry| is_checkpoint(entry) && is_damaged(&entry.path);
            let files = entries(&folder.path)?.into_iter().filter(damaged);
            removed.extend(files.map(|entry| of(entry.path, "this checkpoint cannot be used")));
        }
        Ok(())
    }

    fn unnamed_diffs<'a>(
        &self,
        trials: impl Iterator<Item = &'a TrialId>,
        removed: &mut Vec<Removed>,
    ) -> Result<(), StoreError> {
        let diffs = self.entries(&self.root().join("diffs"))?;
        if diffs.is_empty() {
            return Ok(());
        }
        let conflicts = self.entries(&self.conflicts())?.into_iter().map(|entry| entry.path);
        // What cannot be read might name any of them: then all stay.
        let Ok(named) = self.named_diffs(trials.map(|id| self.trial(id)).chain(conflicts)) else { return Ok(()) };
        let digest = |entry: &Entry| entry.name.strip_suffix(".diff").and_then(Digest::parse);
        let unnamed = diffs.into_iter().filter(|entry| digest(entry).is_some_and(|digest| !named.contains(&digest)));
        removed.extend(unnamed.map(|entry| of(entry.path, "no environment.json names this diff")));
        Ok(())
    }
}

impl Store {
    /// The diffs that the environments in `folders` and in the test results within them name.
    fn named_diffs(&self, folders: impl Iterator<Item = PathBuf>) -> Result<BTreeSet<Digest>, Problem> {
        let mut named = BTreeSet::new();
        for folder in folders {
            let environments = [self.read_environment(&folder)?, self.read_environment(&folder.join(TEST))?];
            named.extend(environments.into_iter().flatten().filter_map(|environment| environment.code.uncommitted));
        }
        Ok(named)
    }
}

pub(crate) fn of(path: PathBuf, why: &'static str) -> Removed {
    Removed { bytes: size(&path), path, why }
}
