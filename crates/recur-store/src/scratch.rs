//! A process's scratch folder: what is not whole yet, out of readers' sight.
//!
//! A live process holds a lock on the file `lock` in its folder. The system lets go of it when the process ends,
//! however that happens, so a lock that can be taken tells a dead one: no clock and no process id is asked. Folders are
//! made, and dead ones removed, by one process at a time, which holds the [`Gate`].

use crate::error::StoreError;
use crate::files::{create_folders, entries};
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;

/// The file that a process locks, in its own folder and in the folder of all.
pub(crate) const LOCK: &str = "lock";

/// This process's folder. It is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Scratch {
    // Dropped, and so removed, before the lock is let go.
    folder: TempDir,
    _lock: File,
    next: AtomicU64,
}

/// Held by the one process that makes or removes scratch, decides between two results of a trial, or changes which
/// checkpoints there are or what an experiment's folder lists.
#[derive(Debug)]
pub(crate) struct Gate {
    _lock: File,
}

impl Gate {
    /// Waits for the gate of the scratch folders in `tmp`, which is made if needed.
    pub(crate) fn pass(tmp: &Path) -> Result<Self, StoreError> {
        create_folders(tmp)?;
        let path = tmp.join(LOCK);
        let lock = File::options().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(StoreError::io("write", &path))?;
        lock.lock().map_err(StoreError::io("lock", &path))?;
        Ok(Self { _lock: lock })
    }

    /// The same for who may not write; `None` where no process ever wrote.
    pub(crate) fn pass_to_read(tmp: &Path) -> Option<Self> {
        let lock = File::open(tmp.join(LOCK)).ok()?;
        lock.lock_shared().ok()?;
        Some(Self { _lock: lock })
    }
}

impl Scratch {
    /// Makes a folder in `tmp`.
    pub(crate) fn new(tmp: &Path, _gate: &Gate) -> Result<Self, StoreError> {
        let folder = tempfile::Builder::new().prefix("").tempdir_in(tmp);
        let folder = folder.map_err(StoreError::io("write to the folder", tmp))?;
        let path = folder.path().join(LOCK);
        let lock = File::create_new(&path).map_err(StoreError::io("write", &path))?;
        lock.lock().map_err(StoreError::io("lock", &path))?;
        Ok(Self { folder, _lock: lock, next: AtomicU64::new(0) })
    }

    /// A name in this folder that nothing has yet.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join(self.next.fetch_add(1, Ordering::Relaxed).to_string())
    }

    /// Whether `folder` is this one.
    pub(crate) fn is(&self, folder: &Path) -> bool {
        self.folder.path().file_name() == folder.file_name()
    }
}

/// The scratch folders in `tmp`, and whether their process lives. The gate keeps any from being half made.
pub(crate) fn all(tmp: &Path, _gate: &Gate) -> Result<Vec<(PathBuf, bool)>, StoreError> {
    let folders = entries(tmp)?.into_iter().filter(|entry| entry.is_folder);
    folders.map(|entry| is_live(&entry.path).map(|live| (entry.path, live))).collect()
}

/// Removes what dead processes left in `tmp`.
pub(crate) fn remove_dead(tmp: &Path, gate: &Gate) -> Result<(), StoreError> {
    for (folder, _) in all(tmp, gate)?.iter().filter(|(_, live)| !live) {
        std::fs::remove_dir_all(folder).map_err(StoreError::io("remove", folder))?;
    }
    Ok(())
}

fn is_live(folder: &Path) -> Result<bool, StoreError> {
    let path = folder.join(LOCK);
    let lock = match File::open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        // Another user's, say: not known to be dead.
        Err(_) => return Ok(true),
        Ok(lock) => lock,
    };
    match lock.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(StoreError::io("lock", &path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scratch_of_the_living_stays_and_that_of_the_dead_goes() {
        let tmp = tempfile::tempdir().unwrap();
        let gate = Gate::pass(tmp.path()).unwrap();
        let live = Scratch::new(tmp.path(), &gate).unwrap();
        let [locked, bare] = ["locked", "bare"].map(|name| tmp.path().join(name));
        create_folders(&locked).unwrap();
        std::fs::write(locked.join(LOCK), "").unwrap();
        create_folders(&bare).unwrap();
        let told: Vec<bool> = all(tmp.path(), &gate).unwrap().into_iter().map(|(_, live)| live).collect();
        assert_eq!(told.iter().filter(|live| **live).count(), 1);
        remove_dead(tmp.path(), &gate).unwrap();
        assert!(!locked.exists() && !bare.exists() && live.folder.path().exists());
        let folder = live.folder.path().to_owned();
        drop(live);
        assert!(!folder.exists());
    }

    #[test]
    fn the_gate_lets_one_pass_at_a_time() {
        let tmp = tempfile::tempdir().unwrap();
        let inside = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let _gate = Gate::pass(tmp.path()).unwrap();
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        // The others have time to come in, if they can.
                        (0..20).for_each(|_| std::thread::yield_now());
                        inside.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
    }
}
