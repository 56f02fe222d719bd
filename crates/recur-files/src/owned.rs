//! Files that a user names to be written: what somebody else wrote there is not replaced.

use crate::{read_regular, write_atomically};
use std::io;
use std::path::{Path, PathBuf};

/// Why a file that a user named was not written. [`NotReplaced::hint`] is the next thing to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum NotReplaced {
    /// It has other content, and nobody asked to replace it.
    #[error("{} exists with other content, and is not replaced", path.display())]
    OtherContent { path: PathBuf },
    /// A link, a folder or the like is at its place.
    #[error("{} is not a file, and is not replaced", path.display())]
    NotAFile { path: PathBuf },
    #[error("cannot read {}, which was to be replaced", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
}

impl NotReplaced {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::OtherContent { .. } => "--replace writes over it; or name another file",
            Self::NotAFile { .. } | Self::Unreadable { .. } => "name another file",
            Self::Write { .. } => "name a file in a folder that can be written",
        }
    }
}

/// Writes `bytes` into the file at `path`, whole or not at all, unless something is there that is not to be replaced: a link,
/// a folder, or a file with content that `check` refuses.
///
/// # Errors
/// If something is there that is not to be replaced, or the file cannot be written.
pub fn write_checked<E: From<NotReplaced>>(
    path: &Path,
    bytes: &[u8],
    check: impl FnOnce(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    match content(path)? {
        Some(there) if there == bytes => return Ok(()),
        Some(there) if !there.is_empty() => check(&there)?,
        _ => {}
    }
    let failed = |source| NotReplaced::Write { path: path.to_owned(), source };
    Ok(write_atomically(path, bytes).map_err(|error| failed(error.source))?)
}

/// Writes a file that shows nowhere who wrote it, such as an export or a schema. One that recur wrote may have been edited
/// since: other content is replaced only where `replace` asks for it.
///
/// # Errors
/// If something is there that is not to be replaced, or the file cannot be written.
pub fn write_unless_other(path: &Path, bytes: &[u8], replace: bool) -> Result<(), NotReplaced> {
    let other = || NotReplaced::OtherContent { path: path.to_owned() };
    write_checked(path, bytes, |_| replace.then_some(()).ok_or_else(other))
}

/// The most bytes of a file that is replaced.
const MOST: u64 = 4 << 30;

/// What is in the file; `None` where there is none.
fn content(path: &Path) -> Result<Option<Vec<u8>>, NotReplaced> {
    let unreadable = |source| NotReplaced::Unreadable { path: path.to_owned(), source };
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => read_regular(path, MOST).map(Some).map_err(unreadable),
        Ok(_) => Err(NotReplaced::NotAFile { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_content_is_replaced_only_where_that_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        write_unless_other(&path, b"one", false).unwrap();
        write_unless_other(&path, b"one", false).unwrap();
        let error = write_unless_other(&path, b"two", false).unwrap_err();
        assert!(matches!(error, NotReplaced::OtherContent { .. }), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
        write_unless_other(&path, b"two", true).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        // A folder, and what cannot be written at all.
        let error = write_unless_other(folder.path(), b"two", true).unwrap_err();
        assert!(matches!(error, NotReplaced::NotAFile { .. }), "{error}");
        let error = write_unless_other(&path.join("b"), b"two", true).unwrap_err();
        assert!(error.to_string().contains("a.csv"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let [target, link] = ["target", "link"].map(|name| folder.path().join(name));
        std::fs::write(&target, "kept").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(matches!(write_unless_other(&link, b"new", true), Err(NotReplaced::NotAFile { .. })));
        assert_eq!(std::fs::read(&target).unwrap(), b"kept");
    }
}
