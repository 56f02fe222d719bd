//! Opening a store, and where things are in it.

use crate::error::StoreError;
use crate::files::{create_folders, entries, exists, parse_json, read, sync_folder, write_new};
use crate::layout::{LOG, STORE, WEIGHTS, is_hex, trial_id};
use crate::problem::{Fault, Problem};
use crate::scratch::{Gate, Scratch, remove_dead};
use recur_core::digest::Digest;
use recur_core::trial::TrialId;
use serde::Deserialize;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The version of the folder's layout and of its files.
const FORMAT: u32 = 4;

/// How often a place is looked at that others keep changing.
pub(crate) const TRIES: usize = 16;

/// All of `store.json`.
const FORMAT_FILE: &str = "{\"format\": 4}\n";

/// A folder of trials, checkpoints and experiments. Clones share what they hold; the last to go clears its scratch away.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    scratch: Option<Arc<Scratch>>,
}

impl Store {
    /// Opens the store at `root` to write; makes it where there is none, and removes what dead processes left unfinished.
    ///
    /// # Errors
    /// If the folder cannot be made or written, is damaged, or has another format.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        let is_there = has_format(root)?;
        create_folders(root)?;
        let tmp = root.join("tmp");
        let gate = Gate::pass(&tmp)?;
        remove_dead(&tmp, &gate)?;
        let scratch = Scratch::new(&tmp, &gate)?;
        // The probe: a full disk or a limit is told now, not after an hour of training.
        let file = scratch.path();
        write_new(&file, FORMAT_FILE.as_bytes())?;
        if is_there {
            std::fs::remove_file(&file).map_err(StoreError::io("remove", &file))?;
        } else {
            move_over(&file, &root.join(STORE))?;
        }
        Ok(Self { root: root.to_owned(), scratch: Some(Arc::new(scratch)) })
    }

    /// Opens the store at `root` to read; `None` where there is none. Nothing is written, now or later.
    ///
    /// # Errors
    /// If the store is damaged or has another format.
    pub fn open_to_read(root: &Path) -> Result<Option<Self>, StoreError> {
        Ok(has_format(root)?.then(|| Self { root: root.to_owned(), scratch: None }))
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether it was opened to write.
    pub fn can_write(&self) -> bool {
        self.scratch.is_some()
    }

    /// The folder of a trial.
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
        let listed = entries(&self.root.join("trials").join(&prefix[..2]))?;
        Ok(listed.iter().filter(|entry| entry.name.starts_with(prefix)).filter_map(|e| trial_id(&e.name)).collect())
    }

    /// The files of weights of the trials whose id begins with `prefix`, sorted; at least two of its digits are needed.
    ///
    /// # Errors
    /// If a folder of the store cannot be read.
    pub fn weights_of_prefix(&self, prefix: &str) -> Result<Vec<PathBuf>, StoreError> {
        let ids = self.trials_of_prefix(prefix)?;
        Ok(ids.iter().map(|id| self.weights_path(id)).filter(|path| path.is_file()).collect())
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
        Gate::pass(&self.tmp())
    }

    /// Writes a file whole or not at all, in place of what was there.
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
        let written = write_new(&scratch, bytes).and_then(|()| before()).and_then(|held| {
            move_over(&scratch, path)?;
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
        match std::fs::rename(path, &aside) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            moved => moved.map_err(StoreError::io("remove", path))?,
        }
        remove_all(&aside).map_err(StoreError::io("remove", &aside))
    }
}

/// Removes a file or a folder. Who was about to put a file there when it was moved aside may still do so: then once more.
fn remove_all(path: &Path) -> std::io::Result<()> {
    if !path.is_dir() {
        return std::fs::remove_file(path);
    }
    let not_empty = |error: &std::io::Error| error.kind() == ErrorKind::DirectoryNotEmpty;
    (1..TRIES)
        .map(|_| std::fs::remove_dir_all(path))
        .find(|removed| !removed.as_ref().is_err_and(not_empty))
        .unwrap_or_else(|| std::fs::remove_dir_all(path))
}

/// Renames a file to `path`, in a folder that is made if needed.
fn move_over(file: &Path, path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    create_folders(folder)?;
    std::fs::rename(file, path).map_err(StoreError::io("write", path))?;
    sync_folder(folder)
}

/// Whether there is a store of the known format at `root`.
fn has_format(root: &Path) -> Result<bool, StoreError> {
    #[derive(Deserialize)]
    struct FormatFile {
        format: u32,
    }
    let path = root.join(STORE);
    let bytes = match read(&path) {
        Ok(bytes) => bytes,
        Err(Problem { fault: Fault::Missing, .. }) if exists(&root.join("trials")) => {
            return Err(StoreError::Damaged(Problem::new(&path, Fault::NoFormat)));
        }
        Err(Problem { fault: Fault::Missing, .. }) => return Ok(false),
        Err(problem) => return Err(StoreError::Damaged(problem)),
    };
    let FormatFile { format: found } = parse_json(&path, &bytes).map_err(StoreError::Damaged)?;
    if found > FORMAT {
        return Err(StoreError::Format { path, found, known: FORMAT });
    }
    if found < FORMAT {
        return Err(StoreError::OlderFormat { path, found, known: FORMAT });
    }
    if bytes != FORMAT_FILE.as_bytes() {
        let problem = Problem::content(&path, format!("expected {} and a line end", FORMAT_FILE.trim_end()));
        return Err(StoreError::Damaged(problem));
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &str, told: &str) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(STORE), file).unwrap();
        for error in [Store::open(folder.path()).unwrap_err(), Store::open_to_read(folder.path()).unwrap_err()] {
            let text = error.to_string();
            assert!(text.contains("store.json") && text.contains(told), "{text}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was written");
    }

    #[test]
    fn a_store_of_another_format_or_with_a_damaged_one_is_refused() {
        check(r#"{"format": 99, "shape": "another"}"#, "has store format 99, and this version of recur reads up to 4");
        check(r#"{"format":2}"#, "its trials were made by an earlier recur; name another folder or remove it");
        check("", "is damaged: EOF");
        check(r#"{"format": 4}"#, "is damaged: expected {\"format\": 4}");
    }

    #[test]
    fn trials_without_a_format_are_not_taken_for_a_new_store() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("trials")).unwrap();
        let error = Store::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("store.json is missing, and there are trials beside it"), "{error}");
    }

    #[test]
    fn a_file_in_the_place_of_the_folder_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("runs");
        std::fs::write(&file, "").unwrap();
        assert!(Store::open(&file).unwrap_err().to_string().contains("runs"));
    }

    #[test]
    fn opening_to_read_writes_nothing_and_writing_then_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("runs");
        assert!(Store::open_to_read(&root).unwrap().is_none());
        assert!(!root.exists());
        assert!(Store::open(&root).unwrap().can_write());
        let store = Store::open_to_read(&root).unwrap().unwrap();
        assert!(!store.can_write());
        assert!(matches!(store.write_file(&root.join("a"), b""), Err(StoreError::ReadOnly { .. })));
    }

    #[test]
    fn the_last_clone_clears_its_scratch_away() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let clone = store.clone();
        drop(store);
        clone.write_file(&folder.path().join("a"), b"x").unwrap();
        drop(clone);
        let left: Vec<String> = entries(&folder.path().join("tmp")).unwrap().into_iter().map(|e| e.name).collect();
        assert_eq!(left, ["lock"]);
    }
}
