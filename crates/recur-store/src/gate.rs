//! The gate: a lock that one process at a time holds.

use crate::error::StoreError;
use crate::files::create_folders;
use crate::fs::{self, Locked};
use crate::layout::LOCK;
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

/// After so long a wait is reported.
const PATIENCE: Duration = Duration::from_secs(1);

/// Something that goes on within the store and takes time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreEvent {
    /// Another process holds a lock, and this one has waited for it for a second.
    Waiting {
        /// The file that is locked.
        lock: PathBuf,
    },
}

type Hear = dyn Fn(&StoreEvent) + Send + Sync;

/// Who hears of events.
#[derive(Clone, Default)]
pub(crate) struct Listener(Option<Arc<Hear>>);

impl Listener {
    pub(crate) fn new(listener: impl Fn(&StoreEvent) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(listener)))
    }

    fn hear(&self, event: &StoreEvent) {
        if let Some(listener) = &self.0 {
            listener(event);
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}

/// Held by the one process that makes or removes scratch, decides between two results of a trial, or changes which
/// checkpoints there are or what an experiment's folder lists. Where the file system has no locks there is no gate: each
/// rename is whole all the same.
#[derive(Debug)]
pub(crate) struct Gate {
    lock: Option<File>,
}

impl Gate {
    /// Waits for the gate of the scratch folders in `tmp`, which is made if needed.
    pub(crate) fn pass(tmp: &Path, listener: &Listener) -> Result<Self, StoreError> {
        create_folders(tmp)?;
        let path = tmp.join(LOCK);
        let open = |write: bool| fs::open(&path, File::options().create(write).truncate(false).read(true).write(write));
        let opened = open(true).or_else(|error| match error.kind() {
            // Another user's file: a lock needs no leave to write.
            std::io::ErrorKind::PermissionDenied => open(false).map_err(|_| error),
            _ => Err(error),
        });
        let (lock, _) = opened.map_err(StoreError::io("write", &path))?;
        Self::hold(lock, true, &path, listener).map_err(StoreError::io("lock", &path))
    }

    /// The same together with other readers, for who may not write; `None` where no process ever wrote.
    pub(crate) fn pass_to_read(tmp: &Path, listener: &Listener) -> Option<Self> {
        let path = tmp.join(LOCK);
        let (lock, _) = fs::open(&path, File::options().read(true)).ok()?;
        Self::hold(lock, false, &path, listener).ok()
    }

    fn hold(lock: File, exclusive: bool, path: &Path, listener: &Listener) -> std::io::Result<Self> {
        match fs::try_lock(&lock, exclusive)? {
            Locked::Yes => {}
            Locked::Unsupported => return Ok(Self { lock: None }),
            Locked::Busy => wait(&lock, exclusive, path, listener)?,
        }
        Ok(Self { lock: Some(lock) })
    }

    /// No gate: nobody is kept out.
    pub(crate) fn none() -> Self {
        Self { lock: None }
    }

    /// Whether others are kept out.
    pub(crate) fn is_locked(&self) -> bool {
        self.lock.is_some()
    }
}

/// Waits for a lock that another holds.
fn wait(lock: &File, exclusive: bool, path: &Path, listener: &Listener) -> std::io::Result<()> {
    std::thread::scope(|scope| {
        let (done, is_done) = channel::<()>();
        let report = move || {
            if is_done.recv_timeout(PATIENCE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                listener.hear(&StoreEvent::Waiting { lock: path.to_owned() });
            }
        };
        // Without another thread nothing is reported.
        let _ = std::thread::Builder::new().spawn_scoped(scope, report);
        let locked = if exclusive { lock.lock() } else { lock.lock_shared() };
        drop(done);
        locked
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::shim::{self, Shim};
    use rustix::io::Errno;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn the_gate_lets_one_pass_at_a_time() {
        let tmp = tempfile::tempdir().unwrap();
        let inside = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let _gate = Gate::pass(tmp.path(), &Listener::default()).unwrap();
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        // The others have time to come in, if they can.
                        (0..20).for_each(|_| std::thread::yield_now());
                        inside.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
    }

    #[test]
    fn a_wait_is_reported_with_its_file() {
        let tmp = tempfile::tempdir().unwrap();
        let gate = Gate::pass(tmp.path(), &Listener::default()).unwrap();
        let (sender, receiver) = channel();
        let listener = Listener::new(move |event| sender.send(event.clone()).unwrap());
        std::thread::scope(|scope| {
            scope.spawn(|| Gate::pass(tmp.path(), &listener).unwrap());
            let lock = tmp.path().join(LOCK);
            assert_eq!(receiver.recv().unwrap(), StoreEvent::Waiting { lock });
            drop(gate);
        });
        drop(listener);
        assert!(receiver.recv().is_err(), "and once only");
    }

    #[test]
    fn a_file_system_without_locks_is_no_obstacle() {
        let tmp = tempfile::tempdir().unwrap();
        for error in [Errno::NOSYS, Errno::OPNOTSUPP, Errno::NOLCK] {
            shim::set(Shim { lock: Some(Err(error)), ..Shim::default() });
            let gates = [(); 2].map(|()| Gate::pass(tmp.path(), &Listener::default()).unwrap());
            assert!(gates.iter().all(|gate| !gate.is_locked()));
        }
        shim::set(Shim { lock: Some(Err(Errno::IO)), ..Shim::default() });
        assert!(Gate::pass(tmp.path(), &Listener::default()).is_err());
    }

    #[test]
    fn a_link_in_the_place_of_the_lock_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let [tmp, elsewhere] = ["tmp", "elsewhere"].map(|name| folder.path().join(name));
        std::fs::create_dir(&tmp).unwrap();
        std::os::unix::fs::symlink(&elsewhere, tmp.join(LOCK)).unwrap();
        let error = Gate::pass(&tmp, &Listener::default()).unwrap_err();
        assert!(matches!(&error, StoreError::Io { path, .. } if path.ends_with("tmp/lock")), "{error}");
        assert!(!elsewhere.exists());
    }
}
