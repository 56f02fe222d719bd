//! A process's scratch folder: what is not whole yet, out of readers' sight.
//!
//! A folder is called `HOST-BOOT-PID-RANDOM` and holds the record of its owner ([`OWNER`]) and a file that its process keeps
//! locked ([`LOCK`]). The system lets go of a lock when a process ends, however that happens. A folder is removed only if all
//! of this holds: its name and its record are as recur writes them, it was made on this machine since it was booted, locks
//! work there, and its lock is free. On a shared file system a lock of another machine may look free: its scratch stays until
//! a user says that the machine is gone. No clock and no process id is asked. Folders are made, and dead ones removed, by one
//! process at a time, which holds the [`Gate`].

use crate::error::StoreError;
use crate::files::{entries, json, remove_all, sync_folder, write_new};
use crate::fs::{self, Locked, MAX_SMALL};
use crate::gate::Gate;
use crate::gc::{ENDED, Removed, of};
use crate::layout::{LOCK, OWNER};
use crate::machine::{Machine, plain};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The version of [`Owner`].
const FORMAT: u32 = 1;

/// Random characters at the end of a folder's name.
const RANDOM: usize = 12;

/// This process's folder. It is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: PathBuf,
    // Let go after the folder is gone.
    _lock: File,
    next: AtomicU64,
}

/// Whose a folder is: all of [`OWNER`].
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Owner {
    recur_scratch: u32,
    host: String,
    boot: String,
    pid: u32,
    /// Whether a lock that this process holds kept itself out when the folder was made.
    locks: bool,
}

/// Whether a process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It holds the lock of its scratch.
    Alive,
    /// It is of this machine and has ended, without removing its scratch.
    Ended,
    /// It is of another machine, or of this one before it was started again, or the file system has no locks.
    Unknown,
}

/// A folder of `tmp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scratched {
    /// Its process lives, or may live.
    Live,
    /// Its process has ended.
    Dead,
    /// It is of another machine, or of this one before it was booted.
    Elsewhere { host: String },
    /// Nothing that recur made.
    Stray,
}

impl Scratch {
    /// Makes a folder in `tmp`.
    pub(crate) fn new(tmp: &Path, gate: &Gate) -> Result<Self, StoreError> {
        Self::of(tmp, gate, Machine::here())
    }

    fn of(tmp: &Path, gate: &Gate, machine: &Machine) -> Result<Self, StoreError> {
        let pid = std::process::id();
        let Machine { host, boot } = machine;
        let prefix = format!("{host}-{}-{pid}-", short(boot));
        let made = tempfile::Builder::new().prefix(&prefix).rand_bytes(RANDOM).tempdir_in(tmp);
        let folder = made.map_err(StoreError::io("write to the folder", tmp))?.keep();
        let path = folder.join(LOCK);
        let lock = File::create_new(&path).map_err(StoreError::io("write", &path))?;
        let own = fs::try_lock(&lock, true).map_err(StoreError::io("lock", &path))?;
        let locks = gate.is_locked() && own == Locked::Yes && is_busy(&path);
        let owner = Owner { recur_scratch: FORMAT, host: host.clone(), boot: boot.clone(), pid, locks };
        let scratch = Self { folder, _lock: lock, next: AtomicU64::new(0) };
        write_new(&scratch.folder.join(OWNER), &json(&owner))?;
        sync_folder(&scratch.folder)?;
        Ok(scratch)
    }

    /// A name in this folder that nothing has yet.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join(self.next.fetch_add(1, Ordering::Relaxed).to_string())
    }

    /// The file of this folder that is called `name`.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The folder itself.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether `folder` is this one.
    pub(crate) fn is(&self, folder: &Path) -> bool {
        self.folder.file_name() == folder.file_name()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Should this fail, the next process that opens the store removes it.
        let _ = remove(&self.folder);
    }
}

/// Removes a scratch folder. What shows whose it is goes last, so that a removal that is cut off can be gone on with.
pub(crate) fn remove(folder: &Path) -> std::io::Result<()> {
    let is_gone = |result: std::io::Result<()>| match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        result => result,
    };
    let listed = match std::fs::read_dir(folder) {
        // Its owner, which was ending, has removed it meanwhile.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        listed => listed?,
    };
    for entry in listed {
        let entry = entry?;
        if entry.file_name() != LOCK && entry.file_name() != OWNER {
            is_gone(remove_all(&entry.path()))?;
        }
    }
    is_gone(std::fs::remove_file(folder.join(OWNER)))?;
    is_gone(std::fs::remove_file(folder.join(LOCK)))?;
    is_gone(std::fs::remove_dir(folder))
}

/// Everything in `tmp` but its lock. The gate keeps any folder from being half made.
pub(crate) fn all(tmp: &Path, gate: &Gate) -> Result<Vec<(PathBuf, Scratched)>, StoreError> {
    all_for(tmp, gate, Machine::here())
}

fn all_for(tmp: &Path, gate: &Gate, here: &Machine) -> Result<Vec<(PathBuf, Scratched)>, StoreError> {
    let listed = entries(tmp)?.into_iter().filter(|entry| entry.name != LOCK || entry.is_folder);
    Ok(listed
        .map(|entry| {
            let seen = if entry.is_folder { look(&entry.path, &entry.name, gate, here) } else { Scratched::Stray };
            (entry.path, seen)
        })
        // One that was removed meanwhile is nothing.
        .filter(|(path, _)| path.symlink_metadata().is_ok())
        .collect())
}

/// Removes what dead processes of this machine left in `tmp`.
pub(crate) fn remove_dead(tmp: &Path, gate: &Gate) -> Result<Vec<Removed>, StoreError> {
    let mut removed = Vec::new();
    for (folder, _) in all(tmp, gate)?.into_iter().filter(|(_, seen)| *seen == Scratched::Dead) {
        let what = of(folder, ENDED);
        remove(&what.path).map_err(StoreError::io("remove", &what.path))?;
        removed.push(what);
    }
    Ok(removed)
}

/// The folders in `tmp` of the machine `host`, of which a user says that it is gone. If it is this one: those of before it was
/// booted, and those whose locks cannot be trusted: whether their processes live, only the user knows.
pub(crate) fn of_host(tmp: &Path, gate: &Gate, host: &str) -> Result<Vec<PathBuf>, StoreError> {
    let host = plain(host);
    let is_gone = |(folder, seen): &(PathBuf, Scratched)| match seen {
        Scratched::Elsewhere { host: found } => *found == host,
        Scratched::Live => host == Machine::here().host && is_without_locks(folder),
        Scratched::Dead | Scratched::Stray => false,
    };
    Ok(all(tmp, gate)?.into_iter().filter(is_gone).map(|(folder, _)| folder).collect())
}

fn is_without_locks(folder: &Path) -> bool {
    let owner = fs::read(&folder.join(OWNER), MAX_SMALL).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    owner.is_some_and(|owner: Owner| owner.recur_scratch == FORMAT && !owner.locks) && !is_locked(folder)
}

/// Whether the record of an owner has a format that this version does not know.
fn is_of_other_format(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Format {
        recur_scratch: u32,
    }
    serde_json::from_slice::<Format>(bytes).is_ok_and(|format| format.recur_scratch != FORMAT)
}

/// The host and the process id of the scratch `folder`, which is called `name` and holds more than a lock and the record of its
/// owner, and whether its process lives; nothing where recur did not make it. No gate is needed: who looks at the lock of a folder
/// that is still being made would disturb its owner, but there is nothing else in that.
pub(crate) fn life(folder: &Path, name: &str) -> Option<(String, u32, Life)> {
    let (host, _) = parse(name)?;
    let pid = name.rsplit('-').nth(1)?.parse().ok()?;
    let life = match look(folder, name, &Gate::none(), Machine::here()) {
        Scratched::Live if is_locked(folder) => Life::Alive,
        Scratched::Live | Scratched::Elsewhere { .. } => Life::Unknown,
        Scratched::Dead => Life::Ended,
        Scratched::Stray => return None,
    };
    Some((host.to_owned(), pid, life))
}

fn look(folder: &Path, name: &str, gate: &Gate, here: &Machine) -> Scratched {
    let Some((host, boot)) = parse(name) else { return Scratched::Stray };
    let is_here = host == here.host && boot == short(&here.boot);
    let elsewhere = || Scratched::Elsewhere { host: host.to_owned() };
    match fs::read(&folder.join(OWNER), MAX_SMALL) {
        // Of another version of recur: it is not for this one to judge.
        Ok(bytes) if is_of_other_format(&bytes) => {
            if is_here {
                Scratched::Live
            } else {
                elsewhere()
            }
        }
        Ok(bytes) if !bytes.is_empty() => match serde_json::from_slice::<Owner>(&bytes) {
            Ok(owner) if (owner.host.as_str(), short(&owner.boot)) != (host, boot) => Scratched::Stray,
            Ok(owner) if (&owner.host, &owner.boot) != (&here.host, &here.boot) => elsewhere(),
            Ok(owner) => by_lock(folder, owner.locks),
            Err(_) => Scratched::Stray,
        },
        // Another user's.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            if is_here {
                Scratched::Live
            } else {
                elsewhere()
            }
        }
        // Its process was ended while it made the folder, or removed it. There is nothing in it that could be lost.
        Ok(_) | Err(_) if is_bare(folder) => match is_here {
            true if is_locked(folder) => Scratched::Live,
            true if gate.is_locked() => Scratched::Dead,
            true => Scratched::Live,
            false => elsewhere(),
        },
        Ok(_) | Err(_) => Scratched::Stray,
    }
}

/// What the lock of a folder of this machine shows.
fn by_lock(folder: &Path, locks: bool) -> Scratched {
    let path = folder.join(LOCK);
    match fs::open(&path, File::options().read(true)) {
        // Without a lock file nothing is known of its process.
        Err(error) if error.kind() == ErrorKind::NotFound => Scratched::Stray,
        Err(_) => Scratched::Live,
        Ok((lock, _)) => match fs::try_lock(&lock, false) {
            Ok(Locked::Yes) if locks => Scratched::Dead,
            _ => Scratched::Live,
        },
    }
}

/// Whether a lock on the file `path`, which this process holds, keeps others out.
fn is_busy(path: &Path) -> bool {
    let opened = fs::open(path, File::options().read(true));
    opened.is_ok_and(|(lock, _)| matches!(fs::try_lock(&lock, false), Ok(Locked::Busy)))
}

fn is_locked(folder: &Path) -> bool {
    is_busy(&folder.join(LOCK))
}

/// Whether a folder holds at most an empty lock and an empty record of its owner.
fn is_bare(folder: &Path) -> bool {
    let Ok(listed) = entries(folder) else { return false };
    let is_empty = |path: &Path| path.symlink_metadata().is_ok_and(|m| m.is_file() && m.len() == 0);
    listed.iter().all(|entry| [LOCK, OWNER].contains(&entry.name.as_str()) && is_empty(&entry.path))
}

/// Host and beginning of the boot's id in the name of a scratch folder, if it is one.
fn parse(name: &str) -> Option<(&str, &str)> {
    let mut parts = name.rsplitn(4, '-');
    let [random, pid, boot, host] = [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    let is_made = random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_made && pid.parse::<u32>().is_ok() && !boot.is_empty() && plain(host) == host).then_some((host, boot))
}

fn short(boot: &str) -> &str {
    boot.get(..8).unwrap_or(boot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::create_folders;
    use crate::fs::shim::{self, Shim};
    use crate::gate::Listener;
    use rustix::io::Errno;

    fn tmp() -> (tempfile::TempDir, Gate) {
        let tmp = tempfile::tempdir().unwrap();
        let gate = Gate::pass(tmp.path(), &Listener::default()).unwrap();
        (tmp, gate)
    }

    /// What a process that was killed leaves of a scratch folder.
    fn dead(tmp: &Path, gate: &Gate, machine: &Machine) -> PathBuf {
        let scratch = Scratch::of(tmp, gate, machine).unwrap();
        let from = scratch.folder.clone();
        std::fs::write(from.join("0"), "half").unwrap();
        let aside = tmp.parent().unwrap().join(format!("aside-{}", from.file_name().unwrap().display()));
        std::fs::rename(&from, &aside).unwrap();
        drop(scratch);
        std::fs::rename(aside, &from).unwrap();
        from
    }

    fn seen(tmp: &Path, gate: &Gate) -> Vec<Scratched> {
        all(tmp, gate).unwrap().into_iter().map(|(_, seen)| seen).collect()
    }

    #[test]
    fn scratch_of_the_living_stays_and_that_of_the_dead_goes() {
        let (tmp, gate) = tmp();
        let live = Scratch::new(tmp.path(), &gate).unwrap();
        let dead = dead(tmp.path(), &gate, Machine::here());
        assert_eq!(seen(tmp.path(), &gate).iter().filter(|seen| **seen == Scratched::Live).count(), 1);
        remove_dead(tmp.path(), &gate).unwrap();
        assert!(!dead.exists() && live.folder.exists());
        let folder = live.folder.clone();
        drop(live);
        assert!(!folder.exists());
    }

    #[test]
    fn a_removal_or_a_making_that_was_cut_off_is_gone_on_with() {
        let (tmp, gate) = tmp();
        for files in [&[][..], &[LOCK], &[LOCK, OWNER]] {
            let folder = dead(tmp.path(), &gate, Machine::here());
            remove_all(&folder.join("0")).unwrap();
            for name in [LOCK, OWNER] {
                std::fs::remove_file(folder.join(name)).unwrap();
            }
            files.iter().for_each(|name| std::fs::write(folder.join(name), "").unwrap());
            remove_dead(tmp.path(), &gate).unwrap();
            assert!(!folder.exists(), "{files:?}");
        }
    }

    /// Whatever a user may keep there, with a file called `lock` or without.
    #[test]
    fn what_recur_did_not_make_is_a_stray_and_stays() {
        let (tmp, gate) = tmp();
        let model = dead(tmp.path(), &gate, Machine::here());
        let owner = std::fs::read(model.join(OWNER)).unwrap();
        let name = model.file_name().unwrap().to_str().unwrap().to_owned();
        std::fs::remove_dir_all(&model).unwrap();
        let other_random = format!("{}{}", &name[..name.len() - RANDOM], "0".repeat(RANDOM));
        type Files<'a> = &'a [(&'a str, &'a [u8])];
        let cases: [(&str, Files<'_>); 9] = [
            ("thesis", &[("chapter.tex", b"text")]),
            ("thesis", &[("lock", b""), ("chapter.tex", b"text")]),
            ("thesis", &[("lock", b""), (OWNER, &owner)]),
            ("empty", &[]),
            ("a-b-1-abcdefghijkl", &[("lock", b"pid 7")]),
            (&name, &[("chapter.tex", b"text")]),
            (&name, &[("lock", b""), ("chapter.tex", b"text")]),
            (&name, &[(OWNER, &owner), ("chapter.tex", b"text")]),
            (&other_random, &[("lock", b""), (OWNER, b"{}"), ("chapter.tex", b"text")]),
        ];
        for (name, files) in cases {
            let folder = tmp.path().join(name);
            create_folders(&folder).unwrap();
            files.iter().for_each(|(file, bytes)| std::fs::write(folder.join(file), bytes).unwrap());
            assert_eq!(seen(tmp.path(), &gate), [Scratched::Stray], "{name}: {files:?}");
            remove_dead(tmp.path(), &gate).unwrap();
            assert_eq!(std::fs::read_dir(&folder).unwrap().count(), files.len(), "{name}");
            std::fs::remove_dir_all(&folder).unwrap();
        }
        let elsewhere = tempfile::tempdir().unwrap();
        std::fs::write(elsewhere.path().join("file"), "x").unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), tmp.path().join(&name)).unwrap();
        remove_dead(tmp.path(), &gate).unwrap();
        assert_eq!(seen(tmp.path(), &gate), [Scratched::Stray]);
        assert!(elsewhere.path().join("file").exists());
    }

    #[test]
    fn scratch_of_another_machine_or_boot_stays_though_its_lock_looks_free() {
        let (tmp, gate) = tmp();
        let here = Machine::here();
        let other_host = Machine { host: "node-7".into(), ..here.clone() };
        let other_boot = Machine { boot: "0".repeat(32), ..here.clone() };
        for machine in [other_host, other_boot] {
            let folder = dead(tmp.path(), &gate, &machine);
            assert_eq!(seen(tmp.path(), &gate), [Scratched::Elsewhere { host: machine.host }]);
            remove_dead(tmp.path(), &gate).unwrap();
            assert!(folder.join("0").exists());
            std::fs::remove_dir_all(folder).unwrap();
        }
    }

    #[test]
    fn scratch_of_another_format_is_not_judged() {
        let (tmp, gate) = tmp();
        for owner in [r#"{"recur_scratch": 2, "shape": 1}"#, r#"{"recur_scratch": 0}"#] {
            let folder = dead(tmp.path(), &gate, Machine::here());
            std::fs::write(folder.join(OWNER), owner).unwrap();
            assert_eq!(seen(tmp.path(), &gate), [Scratched::Live]);
            assert_eq!(remove_dead(tmp.path(), &gate).unwrap(), []);
            assert_eq!(of_host(tmp.path(), &gate, &Machine::here().host).unwrap(), Vec::<PathBuf>::new());
            std::fs::remove_dir_all(folder).unwrap();
        }
    }

    #[test]
    fn where_locks_cannot_be_trusted_scratch_stays_until_a_user_says_that_it_can_go() {
        let (tmp, gate) = tmp();
        let folder = dead(tmp.path(), &gate, Machine::here());
        let Machine { host, boot } = Machine::here();
        // No process has this id: it may be one of another namespace.
        let owner =
            Owner { recur_scratch: FORMAT, host: host.clone(), boot: boot.clone(), pid: u32::MAX, locks: false };
        std::fs::write(folder.join(OWNER), json(&owner)).unwrap();
        assert_eq!(seen(tmp.path(), &gate), [Scratched::Live]);
        assert_eq!(remove_dead(tmp.path(), &gate).unwrap(), []);
        assert_eq!(of_host(tmp.path(), &gate, "node-7").unwrap(), Vec::<PathBuf>::new());
        assert_eq!(of_host(tmp.path(), &gate, host).unwrap(), [folder]);
    }

    #[test]
    fn where_every_try_to_lock_succeeds_nobody_is_taken_for_dead() {
        let (tmp, gate) = tmp();
        shim::set(Shim { lock: Some(Ok(())), ..Shim::default() });
        let live = Scratch::new(tmp.path(), &gate).unwrap();
        assert_eq!(seen(tmp.path(), &gate), [Scratched::Live]);
        remove_dead(tmp.path(), &gate).unwrap();
        assert!(live.folder.exists());
    }

    #[test]
    fn where_there_are_no_locks_nobody_is_taken_for_dead() {
        let tmp = tempfile::tempdir().unwrap();
        shim::set(Shim { lock: Some(Err(Errno::NOLCK)), ..Shim::default() });
        let gate = Gate::pass(tmp.path(), &Listener::default()).unwrap();
        let live = Scratch::new(tmp.path(), &gate).unwrap();
        let bare = tmp.path().join(live.folder.file_name().unwrap().to_str().unwrap().replace(char::is_uppercase, "a"));
        create_folders(&bare).unwrap();
        assert!(seen(tmp.path(), &gate).iter().all(|seen| *seen == Scratched::Live));
        remove_dead(tmp.path(), &gate).unwrap();
        assert!(live.folder.exists());
    }
}
