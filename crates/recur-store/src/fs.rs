//! The calls of the file system by which files are read, locked and moved: links are not followed, only regular files are
//! read (by `recur-files`), and what shared file systems (NFS, Lustre) do otherwise than a local one is taken care of here.

use recur_files::{Kind, Links, Refusal, expect_regular, open_regular, read_opened};
use rustix::io::Errno;
use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::Path;

/// No file of a store is larger, and no other file is read past it.
pub(crate) const MAX_BYTES: u64 = 1 << 32;

/// Files of a few lines that recur itself writes: `store.json`, `SHA256SUMS`, the owner of a scratch folder.
pub(crate) const MAX_SMALL: u64 = 1 << 20;

/// How often a call is made that a server may answer with `ESTALE`: it knows the file by a name that another client changed.
const TRIES: usize = 3;

/// Why a file or folder is not touched, though it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum Refused {
    #[error("it is a link, and no link is followed within a store; put the file or folder itself there")]
    Link,
    /// A folder where a file belongs.
    #[error("it is a folder, expected a file; move it elsewhere, then run the command again")]
    Folder,
    /// Neither a file nor a folder.
    #[error("it is a {0}, expected a regular file; move it elsewhere, then run the command again")]
    Special(&'static str),
    /// A file where a folder belongs.
    #[error("it is no folder; move it elsewhere, then run the command again")]
    NoFolder,
    #[error("it has {bytes} bytes, at most {max} are read")]
    TooLarge { bytes: u64, max: u64 },
}

impl From<Refused> for io::Error {
    fn from(refused: Refused) -> Self {
        io::Error::other(refused)
    }
}

impl Refused {
    /// The refusal that an error is, if it is one.
    pub fn of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

/// The calls that tests replace.
mod calls {
    use super::*;

    pub(super) fn open(path: &Path, options: &mut OpenOptions, links: Links) -> io::Result<(File, Metadata)> {
        #[cfg(test)]
        if let Some(error) = shim::stale_open() {
            return Err(error);
        }
        #[cfg(test)]
        if let Some(error) = shim::failed_open(path) {
            return Err(error);
        }
        open_regular(path, options, links)
    }

    pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
        #[cfg(test)]
        if let Some(error) = shim::stale_open() {
            return Err(error);
        }
        std::fs::rename(from, to)?;
        #[cfg(test)]
        if let Some(error) = shim::lost_rename() {
            return Err(error);
        }
        Ok(())
    }

    pub(super) fn try_lock(file: &File, exclusive: bool) -> Result<(), TryLockError> {
        #[cfg(test)]
        if let Some(result) = shim::lock() {
            return result.map_err(TryLockError::Error);
        }
        if exclusive { file.try_lock() } else { file.try_lock_shared() }
    }
}

/// A file system that answers otherwise than a local one, for the thread that sets it.
#[cfg(test)]
pub(crate) mod shim {
    use super::*;
    use std::cell::Cell;

    #[derive(Clone, Copy, Default)]
    pub(crate) struct Shim {
        /// What each try to lock a file gives.
        pub(crate) lock: Option<Result<(), Errno>>,
        /// So many renames are done, and their replies lost.
        pub(crate) lost_renames: usize,
        /// So many files are stale when they are opened or renamed.
        pub(crate) stale_opens: usize,
        /// Files of this name cannot be opened.
        pub(crate) failed_opens: Option<(&'static str, Errno)>,
    }

    thread_local!(static SHIM: Cell<Shim> = Cell::default());

    pub(crate) fn set(shim: Shim) {
        SHIM.set(shim);
    }

    pub(crate) fn left() -> Shim {
        SHIM.get()
    }

    fn count(field: impl Fn(&mut Shim) -> &mut usize, error: Errno) -> Option<io::Error> {
        let mut shim = SHIM.get();
        let left = field(&mut shim);
        *left = left.checked_sub(1)?;
        SHIM.set(shim);
        Some(error.into())
    }

    pub(super) fn failed_open(path: &Path) -> Option<io::Error> {
        SHIM.get().failed_opens.filter(|(name, _)| path.ends_with(name)).map(|(_, error)| error.into())
    }

    pub(super) fn stale_open() -> Option<io::Error> {
        count(|shim| &mut shim.stale_opens, Errno::STALE)
    }

    /// What a server answers that did it, and is asked a second time as its first answer was lost.
    pub(super) fn lost_rename() -> Option<io::Error> {
        count(|shim| &mut shim.lost_renames, Errno::NOENT)
    }

    pub(super) fn lock() -> Option<io::Result<()>> {
        SHIM.get().lock.map(|result| result.map_err(io::Error::from))
    }
}

/// Makes a call again that ends with `ESTALE`.
pub(crate) fn retried<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let is_stale = |error: &io::Error| error.raw_os_error() == Some(Errno::STALE.raw_os_error());
    for _ in 1..TRIES {
        match call() {
            Err(error) if is_stale(&error) => {}
            result => return result,
        }
    }
    call()
}

/// What is at `path`, if anything is; a link is not followed.
pub(crate) fn look(path: &Path) -> io::Result<Option<Metadata>> {
    match retried(|| path.symlink_metadata()) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The same, but the folder is listed before anything is called missing: clients of a shared file system remember for a while
/// that a name was not there.
pub(crate) fn look_again(path: &Path) -> io::Result<Option<Metadata>> {
    match look(path)? {
        None if is_listed(path)? => look(path),
        found => Ok(found),
    }
}

fn is_listed(path: &Path) -> io::Result<bool> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Ok(false) };
    let listed = match retried(|| std::fs::read_dir(folder)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        listed => listed?,
    };
    for entry in listed {
        if entry?.file_name() == name {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a file can be at `path`: one is, or nothing.
pub(crate) fn expect_file(path: &Path) -> io::Result<()> {
    look(path)?.map_or(Ok(()), |metadata| expect_regular(&metadata).map_err(refused))
}

/// Refuses links at `path` and in the folders above it, down from `root`, which may be one.
pub(crate) fn expect_no_link(root: &Path, path: &Path) -> Result<(), (std::path::PathBuf, io::Error)> {
    let mut place = root.to_owned();
    for part in path.strip_prefix(root).into_iter().flatten() {
        place.push(part);
        match look(&place) {
            Ok(None) => return Ok(()),
            Ok(Some(metadata)) if metadata.is_symlink() => return Err((place, Refused::Link.into())),
            Ok(Some(_)) => {}
            Err(error) => return Err((place, error)),
        }
    }
    Ok(())
}

/// An error of `recur-files` in the words of a store.
fn refused(error: io::Error) -> io::Error {
    let refused = match Refusal::of(&error) {
        Some(Refusal::TooLarge { bytes, limit }) => Refused::TooLarge { bytes, max: limit },
        Some(Refusal::NotRegular(Kind::Link)) => Refused::Link,
        Some(Refusal::NotRegular(Kind::Folder)) => Refused::Folder,
        Some(Refusal::NotRegular(Kind::Pipe)) => Refused::Special("pipe"),
        Some(Refusal::NotRegular(Kind::Socket)) => Refused::Special("socket"),
        Some(Refusal::NotRegular(_)) => Refused::Special("device"),
        None => return error,
    };
    refused.into()
}

/// Opens a regular file. No link is followed, and nothing waits for the other end of a pipe.
pub(crate) fn open(path: &Path, options: &mut OpenOptions) -> io::Result<(File, Metadata)> {
    retried(|| calls::open(path, options, Links::Refused)).map_err(refused)
}

/// All of a regular file, if it has at most `max` bytes.
pub(crate) fn read(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    read_with(path, max, Links::Refused)
}

/// The same for a file that a user names: links to it are followed.
pub(crate) fn read_named(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    read_with(path, max, Links::Followed)
}

fn read_with(path: &Path, max: u64, links: Links) -> io::Result<Vec<u8>> {
    retried(|| read_opened(calls::open(path, File::options().read(true), links)?, max)).map_err(refused)
}

/// Renames a file or a folder. An error whose source is gone is success if `is_ours` finds it at `to`: the reply was lost.
pub(crate) fn rename(from: &Path, to: &Path, is_ours: impl FnOnce() -> bool) -> io::Result<()> {
    match retried(|| calls::rename(from, to)) {
        Err(error) => {
            let is_done = matches!(look_again(from), Ok(None)) && matches!(look_again(to), Ok(Some(_))) && is_ours();
            if is_done { Ok(()) } else { Err(error) }
        }
        Ok(()) => Ok(()),
    }
}

/// What came of a try to lock a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Locked {
    Yes,
    /// Another holds it.
    Busy,
    /// The file system has no locks.
    Unsupported,
}

/// Locks a file, for one or (if not `exclusive`) together with others, if that can be done at once.
pub(crate) fn try_lock(file: &File, exclusive: bool) -> io::Result<Locked> {
    match calls::try_lock(file, exclusive) {
        Ok(()) => Ok(Locked::Yes),
        Err(TryLockError::WouldBlock) => Ok(Locked::Busy),
        Err(TryLockError::Error(error)) if is_unsupported(&error) => Ok(Locked::Unsupported),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn is_unsupported(error: &io::Error) -> bool {
    let known = [Errno::NOSYS, Errno::OPNOTSUPP, Errno::NOLCK];
    error.kind() == ErrorKind::Unsupported || known.iter().any(|e| error.raw_os_error() == Some(e.raw_os_error()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn refused(path: &Path) -> Refused {
        let error = read(path, 100).unwrap_err();
        Refused::of(&error).unwrap_or_else(|| panic!("{}: {error}", path.display()))
    }

    #[test]
    fn only_regular_files_within_their_bound_are_read_and_nothing_waits() {
        let folder = folder();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("file"), [7; 100]).unwrap();
        assert_eq!(read(&path("file"), 100).unwrap(), [7; 100]);
        std::fs::write(path("larger"), [7; 101]).unwrap();
        assert_eq!(refused(&path("larger")), Refused::TooLarge { bytes: 101, max: 100 });
        symlink(path("file"), path("link")).unwrap();
        symlink(path("nowhere"), path("dangling")).unwrap();
        symlink("/dev/zero", path("zero")).unwrap();
        for link in ["link", "dangling", "zero"] {
            assert_eq!(refused(&path(link)), Refused::Link);
        }
        std::fs::create_dir(path("folder")).unwrap();
        assert_eq!(refused(&path("folder")), Refused::Folder);
        rustix::fs::mknodat(rustix::fs::CWD, path("pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        assert_eq!(refused(&path("pipe")), Refused::Special("pipe"));
        let _socket = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
        assert_eq!(refused(&path("socket")), Refused::Special("socket"));
        assert_eq!(read(&path("none"), 1).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(read_named(&path("link"), 100).unwrap(), [7; 100]);
        for odd in ["zero", "pipe", "folder"] {
            assert!(Refused::of(&read_named(&path(odd), 100).unwrap_err()).is_some(), "{odd}");
        }
    }

    #[test]
    fn links_are_found_in_every_folder_below_the_root_but_not_in_the_root() {
        let folder = folder();
        let [real, root] = ["real", "root"].map(|name| folder.path().join(name));
        std::fs::create_dir_all(real.join("a/b")).unwrap();
        symlink(&real, &root).unwrap();
        assert!(expect_no_link(&root, &root.join("a/b/c/d")).is_ok());
        std::fs::create_dir(real.join("c")).unwrap();
        symlink(real.join("a"), real.join("c/link")).unwrap();
        let (place, error) = expect_no_link(&root, &root.join("c/link/b")).unwrap_err();
        assert_eq!((place, Refused::of(&error)), (root.join("c/link"), Some(Refused::Link)));
    }

    #[test]
    fn a_stale_file_is_opened_again() {
        let folder = folder();
        let path = folder.path().join("file");
        std::fs::write(&path, "x").unwrap();
        shim::set(shim::Shim { stale_opens: TRIES - 1, ..Default::default() });
        assert_eq!(read(&path, 10).unwrap(), b"x");
        assert_eq!(shim::left().stale_opens, 0);
        shim::set(shim::Shim { stale_opens: usize::MAX, ..Default::default() });
        assert_eq!(read(&path, 10).unwrap_err().raw_os_error(), Some(Errno::STALE.raw_os_error()));
    }

    #[test]
    fn a_stale_file_is_renamed_again() {
        let folder = folder();
        let [from, to] = ["from", "to"].map(|name| folder.path().join(name));
        std::fs::write(&from, "x").unwrap();
        shim::set(shim::Shim { stale_opens: TRIES - 1, ..Default::default() });
        rename(&from, &to, || false).unwrap();
        assert_eq!((shim::left().stale_opens, to.exists()), (0, true));
    }

    #[test]
    fn a_rename_whose_reply_was_lost_is_done_and_any_other_error_is_one() {
        let folder = folder();
        let [from, to] = ["from", "to"].map(|name| folder.path().join(name));
        let lose = || shim::set(shim::Shim { lost_renames: 1, ..Default::default() });
        std::fs::write(&from, "x").unwrap();
        lose();
        rename(&from, &to, || read(&to, 10).unwrap() == b"x").unwrap();
        std::fs::write(&from, "x").unwrap();
        lose();
        assert!(rename(&from, &to, || false).is_err(), "what is there is another's");
        std::fs::remove_file(&to).unwrap();
        assert!(rename(&from, &to, || true).is_err(), "neither is there");
    }
}
