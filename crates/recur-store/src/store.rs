//! A store, where things are in it, and how its files are written and removed.

use crate::error::StoreError;
use crate::files::{create_folders, entries, remove_all, sync_folder, unreadable, write_new};
use crate::fs::{self, MAX_BYTES};
use crate::gate::{Gate, Listener};
use crate::gc::Removed;
use crate::layout::{LOG, WEIGHTS, is_hex, trial_id};
use crate::lookup::is_there;
use crate::problem::Problem;
use crate::scratch::Scratch;
use recur_core::digest::Digest;
use recur_core::trial::TrialId;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How often a place is looked at that others keep changing.
pub(crate) const TRIES: usize = 16;

/// A folder of trials, checkpoints and experiments. Clones share what they hold; the last to go clears its scratch away.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) root: PathBuf,
    pub(crate) scratch: Option<Arc<Scratch>>,
    pub(crate) listener: Listener,
    pub(crate) cleared: Arc<[Removed]>,
}

impl Store {
    /// The folder as the caller named it.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether it was opened to write.
    pub fn can_write(&self) -> bool {
        self.scratch.is_some()
    }

    /// What dead processes had left and was removed when this was opened to write.
    pub fn cleared(&self) -> &[Removed] {
        &self.cleared
    }

    /// The folder of a trial, which need not exist.
    pub fn trial(&self, id: &TrialId) -> PathBuf {
        let shard = id.as_str().get(..2).unwrap_or_default();
        self.root.join("trials").join(shard).join(id.as_str())
    }

    /// Where the weights of a finished trial are.
    pub fn weights_path(&self, id: &TrialId) -> PathBuf {
        self.trial(id).join(WEIGHTS)
    }

    /// The folder of the experiment called `name`.
    pub fn experiment(&self, name: &str) -> PathBuf {
        self.root.join("experiments").join(name)
    }

    /// Where the log of the experiment called `name` is.
    pub fn log_path(&self, name: &str) -> PathBuf {
        self.experiment(name).join(LOG)
    }

    /// The ids that begin with `prefix`, sorted; at least two of its digits are needed.
    ///
    /// # Errors
    /// If a folder of the store cannot be read.
    pub fn trials_of_prefix(&self, prefix: &str) -> Result<Vec<TrialId>, StoreError> {
        if !(2..=32).contains(&prefix.len()) || !is_hex(prefix) {
            return Ok(Vec::new());
        }
        let listed = self.entries(&self.root.join("trials").join(&prefix[..2]))?;
        Ok(listed.iter().filter(|entry| entry.name.starts_with(prefix)).filter_map(|e| trial_id(&e.name)).collect())
    }

    /// The trials with weights whose id begins with `prefix`, sorted; at least two of its digits are needed.
    ///
    /// # Errors
    /// If a folder of the store cannot be read, or weights are a link: none is followed.
    pub fn weights_of_prefix(&self, prefix: &str) -> Result<Vec<TrialId>, StoreError> {
        let mut found = Vec::new();
        for id in self.trials_of_prefix(prefix)? {
            let path = self.weights_path(&id);
            self.no_link(&path).map_err(StoreError::Damaged)?;
            if is_there(&path).map_err(StoreError::Damaged)? {
                found.push(id);
            }
        }
        Ok(found)
    }

    pub(crate) fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub(crate) fn conflicts(&self) -> PathBuf {
        self.root.join("conflicts")
    }

    pub(crate) fn diff_path(&self, digest: &Digest) -> PathBuf {
        self.root.join("diffs").join(format!("{digest}.diff"))
    }

    pub(crate) fn scratch(&self) -> Result<&Scratch, StoreError> {
        self.scratch.as_deref().ok_or_else(|| StoreError::ReadOnly { root: self.root.clone() })
    }

    pub(crate) fn gate(&self) -> Result<Gate, StoreError> {
        self.scratch()?;
        Gate::pass(&self.tmp(), &self.listener)
    }

    /// The gate together with other readers; `None` where no process ever wrote.
    pub(crate) fn gate_to_read(&self) -> Option<Gate> {
        Gate::pass_to_read(&self.tmp(), &self.listener)
    }

    /// Refuses `path`, in this store, if it or a folder above it is a link: it may lead anywhere.
    pub(crate) fn no_link(&self, path: &Path) -> Result<(), Problem> {
        fs::expect_no_link(&self.root, path).map_err(|(place, error)| unreadable(&place, &error))
    }

    /// Makes a folder of this store.
    pub(crate) fn create_folder(&self, folder: &Path) -> Result<(), StoreError> {
        self.no_link(folder).map_err(StoreError::Damaged)?;
        create_folders(folder)
    }

    /// What is in a folder of this store.
    pub(crate) fn entries(&self, folder: &Path) -> Result<Vec<crate::files::Entry>, StoreError> {
        self.no_link(folder).map_err(StoreError::Damaged)?;
        entries(folder)
    }

    /// Writes a file whole or not at all, over the one that was there.
    pub(crate) fn write_file(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        self.write_file_and(path, bytes, || Ok(()))
    }

    /// Writes a file whole or not at all, once `before` has let it: it is flushed to the disk by then.
    pub(crate) fn write_file_and<T>(
        &self,
        path: &Path,
        bytes: &[u8],
        before: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let scratch = self.scratch()?.path();
        self.create_folder(path.parent().unwrap_or(&self.root))?;
        // A folder there would be an error that says little.
        fs::expect_file(path).map_err(StoreError::io("write", path))?;
        let written = write_new(&scratch, bytes).and_then(|()| before()).and_then(|held| {
            self.create_folder(path.parent().unwrap_or(&self.root))?;
            move_over(&scratch, path, bytes)?;
            Ok(held)
        });
        if written.is_err() {
            // A full disk gets back what was taken of it; should this fail, the scratch goes as a whole later.
            let _ = std::fs::remove_file(&scratch);
        }
        written
    }

    /// Removes a file or folder, if it is there, so that no reader sees half of it.
    pub(crate) fn remove(&self, path: &Path) -> Result<(), StoreError> {
        let aside = self.scratch()?.path();
        // A link at `path` itself is moved, not followed.
        self.no_link(path.parent().unwrap_or(&self.root)).map_err(StoreError::Damaged)?;
        match fs::rename(path, &aside, || true) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            moved => moved.map_err(StoreError::io("remove", path))?,
        }
        remove_all(&aside).map_err(StoreError::io("remove", &aside))
    }
}

/// Renames a file that holds `bytes` to `path`, in a folder that is there.
fn move_over(file: &Path, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    fs::rename(file, path, || fs::read(path, MAX_BYTES).is_ok_and(|there| there == bytes))
        .map_err(StoreError::io("write", path))?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))
}
