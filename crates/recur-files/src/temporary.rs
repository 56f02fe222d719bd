//! Folders for temporary files that no ended process leaves for good.
//!
//! Such a folder is called `recur-PURPOSE-RANDOM`. In it are a file that its process holds locked, and a record of the
//! owner. It is removed when its process is done with it, and when a signal ends the process. Where nothing could be
//! done any more (SIGKILL), the next recur removes it. That one touches only a folder of the same user and of this
//! name, with an owner's record of this machine since its last start, and a lock that is free. Without a lock or a
//! record nothing is known of the owner, and the folder stays.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::{DirEntry, File};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use sysinfo::System;
use tempfile::TempDir;

const LOCK: &str = "lock";
const OWNER: &str = "owner.json";

/// The folders of this process.
static LIVE: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// A folder that is gone afterwards.
#[derive(Debug)]
pub struct TemporaryFolder {
    // Dropped, and so removed, before the lock is let go.
    folder: TempDir,
    _lock: File,
}

/// No temporary folder can be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot make a scratch folder in {}", folder.display())]
#[expect(missing_docs, reason = "the messages name the fields")]
pub struct NoTemporaryFolder {
    /// The system's folder for temporary files.
    pub folder: PathBuf,
    pub source: std::io::Error,
}

impl NoTemporaryFolder {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        "TMPDIR names the folder for temporary files: give one that exists and can be written"
    }
}

/// Who made a folder.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Owner {
    made_by: String,
    host: String,
    /// What changes with each start of the machine.
    boot: String,
}

impl Owner {
    fn here() -> Self {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
        Self {
            made_by: "recur".to_owned(),
            host: System::host_name().unwrap_or_default(),
            boot: boot.map_or_else(|_| System::boot_time().to_string(), |id| id.trim().to_owned()),
        }
    }
}

impl TemporaryFolder {
    /// Makes one in the system's folder for temporary files, and removes those that killed processes left there.
    ///
    /// # Errors
    /// If it cannot be made there.
    pub fn new(purpose: &str) -> Result<Self, NoTemporaryFolder> {
        let parent = std::env::temp_dir();
        Self::new_in(&parent, purpose).map_err(|source| NoTemporaryFolder { folder: parent, source })
    }

    fn new_in(parent: &Path, purpose: &str) -> std::io::Result<Self> {
        let prefix = format!("recur-{purpose}-");
        let folder = tempfile::Builder::new().prefix(&prefix).tempdir_in(parent)?;
        LIVE.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.path().to_owned());
        let lock = File::create_new(folder.path().join(LOCK))?;
        let made = Self { folder, _lock: lock };
        // A file system without locks is no obstacle: no one takes the folder for a dead one there.
        let _ = made._lock.try_lock();
        let owner = Owner::here();
        std::fs::write(made.path().join(OWNER), serde_json::to_vec(&owner).map_err(std::io::Error::other)?)?;
        remove_dead(parent, &prefix, &owner, &made.folder.path().metadata()?);
        Ok(made)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        LIVE.lock().unwrap_or_else(PoisonError::into_inner).remove(self.folder.path());
    }
}

/// Removes the folders of this process: it is about to end.
pub fn remove_all() {
    for folder in std::mem::take(&mut *LIVE.lock().unwrap_or_else(PoisonError::into_inner)) {
        let _ = std::fs::remove_dir_all(folder);
    }
}

/// Removes what killed processes of this user left in `parent`. What cannot be looked at or removed stays.
fn remove_dead(parent: &Path, prefix: &str, here: &Owner, mine: &std::fs::Metadata) {
    let Ok(entries) = std::fs::read_dir(parent) else { return };
    let is_named = |entry: &DirEntry| entry.file_name().to_string_lossy().starts_with(prefix);
    for entry in entries.flatten().filter(is_named) {
        if let Some(_lock) = lock_of_dead(&entry, here, mine) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// The lock of a folder whose process has ended, taken; `None` if that is not certain.
fn lock_of_dead(entry: &DirEntry, here: &Owner, mine: &std::fs::Metadata) -> Option<File> {
    // Of the entry itself: a link is none of recur's.
    let metadata = entry.metadata().ok().filter(std::fs::Metadata::is_dir)?;
    if !is_of_same_user(&metadata, mine) {
        return None;
    }
    let regular = |name: &str| {
        let path = entry.path().join(name);
        path.symlink_metadata().is_ok_and(|metadata| metadata.is_file()).then_some(path)
    };
    let owner = crate::regular::read_regular(&regular(OWNER)?, 4096).ok()?;
    if serde_json::from_slice::<Owner>(&owner).ok()? != *here {
        return None;
    }
    let lock = File::options().read(true).write(true).open(regular(LOCK)?).ok()?;
    lock.try_lock().ok().map(|()| lock)
}

#[cfg(unix)]
fn is_of_same_user(one: &std::fs::Metadata, other: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    one.uid() == other.uid()
}

#[cfg(not(unix))]
fn is_of_same_user(_: &std::fs::Metadata, _: &std::fs::Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder as a process leaves it, with a user's file in it.
    fn leave(parent: &Path, name: &str, owner: Option<&Owner>, lock: bool) -> PathBuf {
        let folder = parent.join(name);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("thesis"), "").unwrap();
        if lock {
            std::fs::write(folder.join(LOCK), "").unwrap();
        }
        if let Some(owner) = owner {
            std::fs::write(folder.join(OWNER), serde_json::to_vec(owner).unwrap()).unwrap();
        }
        folder
    }

    #[test]
    fn only_folders_that_a_killed_recur_of_this_machine_made_are_removed() {
        let parent = tempfile::tempdir().unwrap();
        let parent = parent.path();
        let here = Owner::here();
        let dead = leave(parent, "recur-verify-dead", Some(&here), true);
        let stay = [
            leave(parent, "recur-verify-bare", None, false),
            leave(parent, "recur-verify-no-owner", None, true),
            leave(parent, "recur-verify-no-lock", Some(&here), false),
            leave(parent, "recur-other-dead", Some(&here), true),
            leave(parent, "thesis", Some(&here), true),
            leave(parent, "recur-verify-host", Some(&Owner { host: "elsewhere".into(), ..Owner::here() }), true),
            leave(parent, "recur-verify-boot", Some(&Owner { boot: "before".into(), ..Owner::here() }), true),
        ];
        let live = TemporaryFolder::new_in(parent, "verify").unwrap();
        assert!(!dead.exists());
        let second = TemporaryFolder::new_in(parent, "verify").unwrap();
        assert!(live.path().exists(), "its process lives");
        assert!(stay.iter().all(|folder| folder.join("thesis").exists()));
        let folders = [live.path().to_owned(), second.path().to_owned()];
        drop((live, second));
        assert!(folders.iter().all(|folder| !folder.exists()));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed() {
        let [parent, elsewhere] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let there = leave(elsewhere.path(), "there", Some(&Owner::here()), true);
        std::os::unix::fs::symlink(&there, parent.path().join("recur-verify-link")).unwrap();
        TemporaryFolder::new_in(parent.path(), "verify").unwrap();
        assert!(there.join("thesis").exists());
    }
}
