//! Files and folders that appear whole or not at all, and outlive a loss of power.

use crate::error::StoreError;
use crate::fs::{self, MAX_BYTES, MAX_SMALL, Refused};
use crate::layout::SUMS;
use crate::problem::{Fault, Problem};
use crate::store::TRIES;
use recur_files::{Staged, folder_of};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::ErrorKind::{self, AlreadyExists, DirectoryNotEmpty, NotADirectory};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Writes `bytes` to a file that a user named, whole or not at all, as [`recur_files::write_atomically`] does, with a rename
/// that knows shared file systems.
///
/// Files within a store are written otherwise: under `tmp/`, in the folder of a live process, so that what a killed process
/// leaves is found and removed.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let folder = folder_of(path);
    std::fs::create_dir_all(folder).map_err(StoreError::io("create", folder))?;
    let is_ours = || fs::read(path, MAX_BYTES).is_ok_and(|there| there == bytes);
    let written = Staged::new(path, bytes).and_then(|staged| staged.put_by(|from, to| fs::rename(from, to, is_ours)));
    written.map_err(StoreError::io("write", path))?;
    sync_folder(folder)
}

/// Writes a file that is not there yet and flushes it to the disk.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let written = fs::retried(|| File::create_new(path)).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(StoreError::io("write", path))
}

/// Flushes a folder's list of names to the disk.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    fs::retried(|| recur_files::sync_folder(folder)).map_err(StoreError::io("flush", folder))
}

/// Makes `folder` and what is missing above it, each flushed to the disk.
pub(crate) fn create_folders(folder: &Path) -> Result<(), StoreError> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder_of(folder);
    create_folders(parent)?;
    match fs::retried(|| std::fs::create_dir(folder)) {
        Err(error) if error.kind() == AlreadyExists && folder.is_dir() => Ok(()),
        made => made.map_err(StoreError::io("create", folder)).and_then(|()| sync_folder(parent)),
    }
}

/// Renames the folder `from` to `to`, where nothing may be; gives whether it did. `sums` are the bytes of its list of digests, by
/// which it is known where the reply to a rename is lost.
pub(crate) fn move_in(from: &Path, to: &Path, sums: &[u8]) -> Result<bool, StoreError> {
    let is_ours = || fs::read(&to.join(SUMS), MAX_SMALL).is_ok_and(|there| there == sums);
    match fs::rename(from, to, is_ours) {
        Ok(()) => sync_folder(folder_of(to)).map(|()| true),
        // What was there may be gone again by now: only the error shows it.
        Err(error) if matches!(error.kind(), DirectoryNotEmpty | AlreadyExists | NotADirectory) => Ok(false),
        Err(error) => Err(StoreError::io("write", to)(error)),
    }
}

/// Whether anything, even a link to nowhere, is at `path`.
pub(crate) fn exists(path: &Path) -> Result<bool, Problem> {
    fs::look(path).map(|found| found.is_some()).map_err(|error| unreadable(path, &error))
}

/// All of a regular file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    fs::read(path, MAX_BYTES).map_err(|error| unreadable(path, &error))
}

/// All of a regular file of a few lines.
pub(crate) fn read_small(path: &Path) -> Result<Vec<u8>, Problem> {
    fs::read(path, MAX_SMALL).map_err(|error| unreadable(path, &error))
}

/// Removes a file, a link or a folder. Who was about to put a file into the folder when it was moved aside may still do so: then
/// once more.
pub(crate) fn remove_all(path: &Path) -> std::io::Result<()> {
    if !path.symlink_metadata()?.is_dir() {
        return std::fs::remove_file(path);
    }
    let not_empty = |error: &std::io::Error| error.kind() == DirectoryNotEmpty;
    (1..TRIES)
        .map(|_| std::fs::remove_dir_all(path))
        .find(|removed| !removed.as_ref().is_err_and(not_empty))
        .unwrap_or_else(|| std::fs::remove_dir_all(path))
}

pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    if let Some(refused) = Refused::of(error) {
        return Problem::new(path, Fault::Refused(refused));
    }
    match error.kind() {
        ErrorKind::NotFound => Problem::new(path, Fault::Missing),
        // A file is where the folder of this one belongs.
        NotADirectory => Problem::new(path.parent().unwrap_or(path), Fault::Refused(Refused::NoFolder)),
        _ => Problem::new(path, Fault::Unreadable { reason: error.to_string() }),
    }
}

/// An entry of a folder.
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) is_folder: bool,
    pub(crate) is_file: bool,
}

/// What is in a folder, sorted by name; nothing where there is no folder.
pub(crate) fn entries(folder: &Path) -> Result<Vec<Entry>, StoreError> {
    let listed = match fs::retried(|| std::fs::read_dir(folder)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed.map_err(StoreError::io("read", folder))?,
    };
    let mut found = Vec::new();
    for entry in listed {
        let entry = entry.map_err(StoreError::io("read", folder))?;
        // A link is neither.
        let kind = entry.file_type().map_err(StoreError::io("read", &entry.path()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        found.push(Entry { name, path: entry.path(), is_folder: kind.is_dir(), is_file: kind.is_file() });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Bytes of a file, or of all files under a folder.
pub(crate) fn size(path: &Path) -> u64 {
    let Ok(metadata) = path.symlink_metadata() else { return 0 };
    if !metadata.is_dir() {
        return metadata.len();
    }
    entries(path).unwrap_or_default().iter().map(|entry| size(&entry.path)).sum()
}

/// The JSON of what is kept: indented, with a line end.
pub(crate) fn json<T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("what is kept has only string keys");
    bytes.push(b'\n');
    bytes
}

pub(crate) fn parse_json<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| Problem::content(path, error))
}

impl StoreError {
    /// An error of the file system, from what was tried on which path.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_fails_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write_atomically(&path, b"old").unwrap();
        assert!(write_atomically(&path.join("b"), b"new").is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
    }

    #[test]
    fn nothing_is_left_beside_the_file() {
        let folder = tempfile::tempdir().unwrap();
        write_atomically(&folder.path().join("sub/a"), b"new").unwrap();
        assert_eq!(std::fs::read_dir(folder.path().join("sub")).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_is_never_moved_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let [from, to] = ["from", "to"].map(|name| folder.path().join(name));
        for path in [&from, &to] {
            create_folders(path).unwrap();
            write_new(&path.join("file"), path.as_os_str().as_encoded_bytes()).unwrap();
        }
        assert!(!move_in(&from, &to, b"").unwrap());
        assert_eq!(read(&to.join("file")).unwrap(), to.as_os_str().as_encoded_bytes());
        std::fs::remove_dir_all(&to).unwrap();
        assert!(move_in(&from, &to, b"").unwrap());
    }

    #[test]
    fn a_place_that_is_taken_and_left_again_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let [from, to, made, aside] = ["from", "to", "made", "aside"].map(|name| folder.path().join(name));
        let make = |path: &Path| {
            let _ = std::fs::create_dir(path);
            std::fs::write(path.join("file"), "").unwrap();
        };
        let done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    make(&made);
                    let _ = std::fs::rename(&made, &to);
                    let _ = std::fs::rename(&to, &aside);
                    let _ = std::fs::remove_dir_all(&aside);
                }
            });
            let results: Vec<_> = (0..3000)
                .map(|_| {
                    make(&from);
                    move_in(&from, &to, b"")
                })
                .collect();
            done.store(true, std::sync::atomic::Ordering::Relaxed);
            assert!(results.iter().all(Result::is_ok), "{:?}", results.iter().find(|result| result.is_err()));
        });
    }
}
