//! Opening files that a user names: regular files only, so that nothing is waited for and nothing is without end.

use recur_core::visible::shown;
use recur_files::{Kind, Refusal};
use std::fs::{self, Metadata};
use std::io;
use std::path::Path;

/// How many links are followed before they are taken for a loop: as many as Linux follows.
const MOST_LINKS: usize = 40;

/// A file that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system refuses.
    #[error(transparent)]
    Io(io::Error),
    /// A pipe, a device, a socket, a folder, or a link to one.
    #[error("it is {what}: only regular files are read")]
    NotRegular {
        /// What is there instead.
        what: Kind,
    },
    /// A link to a file that is not there.
    #[error("it is a link to `{target}`, which does not exist")]
    DanglingLink {
        /// What the last of the links names, as written in the link.
        target: String,
    },
    /// Links that lead back to themselves.
    #[error("it is a link to `{target}`, and these links lead in a circle")]
    LinkLoop {
        /// What the first of the links names.
        target: String,
    },
    /// A file with more bytes than are read.
    #[error("it has more than {most} bytes")]
    TooLarge {
        /// How many are read.
        most: u64,
    },
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        match Refusal::of(&error) {
            Some(Refusal::NotRegular(what)) => FileError::NotRegular { what },
            Some(Refusal::TooLarge { limit, .. }) => FileError::TooLarge { most: limit },
            None => FileError::Io(error),
        }
    }
}

/// The bytes of the regular file `path`, which may have at most `most`.
///
/// # Errors
/// See [`FileError`]. A pipe, a device or a socket is an error at once: it is neither read nor waited for.
pub fn read_regular(path: &Path, most: u64) -> Result<Vec<u8>, FileError> {
    recur_files::read_regular(path, most).map_err(|error| broken_link(path).unwrap_or_else(|| error.into()))
}

/// What is known of `path`; of a link, what is known of its target.
pub(crate) fn metadata(path: &Path) -> Result<Metadata, FileError> {
    fs::metadata(path).map_err(|error| broken_link(path).unwrap_or(FileError::Io(error)))
}

/// Why the link `path` leads nowhere; `None` if it is no link, or leads somewhere.
fn broken_link(path: &Path) -> Option<FileError> {
    let mut target = fs::read_link(path).ok()?;
    let first = target.clone();
    let mut at = path.to_owned();
    for _ in 0..MOST_LINKS {
        at = at.parent().unwrap_or(Path::new("")).join(&target);
        match fs::read_link(&at) {
            Ok(next) => target = next,
            Err(_) if at.symlink_metadata().is_err() => {
                return Some(FileError::DanglingLink { target: shown(&target) });
            }
            Err(_) => return None,
        }
    }
    Some(FileError::LinkLoop { target: shown(&first) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_files_are_read_up_to_a_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "abc").unwrap();
        assert_eq!(read_regular(&path, 3).unwrap(), b"abc");
        assert_eq!(read_regular(&path, 2).unwrap_err().to_string(), "it has more than 2 bytes");
        let folder = read_regular(folder.path(), 3).unwrap_err().to_string();
        assert_eq!(folder, "it is a folder: only regular files are read");
    }

    #[cfg(unix)]
    #[test]
    fn pipes_devices_sockets_and_links_to_them_are_errors_at_once() {
        use std::os::unix::{fs::symlink, net::UnixListener};
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        rustix::fs::mkfifoat(rustix::fs::CWD, at("fifo"), rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
        let _listener = UnixListener::bind(at("socket")).unwrap();
        symlink("fifo", at("link")).unwrap();
        symlink("/dev/zero", at("zero")).unwrap();
        for (name, what) in
            [("fifo", "a named pipe"), ("link", "a named pipe"), ("zero", "a device"), ("socket", "a socket")]
        {
            let error = read_regular(&at(name), u64::MAX).unwrap_err().to_string();
            assert_eq!(error, format!("it is {what}: only regular files are read"));
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_nowhere_are_named() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "x").unwrap();
        for (link, target) in [("a", "b"), ("b", "gone"), ("c", "d"), ("d", "c"), ("e", "f"), ("f", "file")] {
            symlink(target, at(link)).unwrap();
        }
        let error = |name: &str| read_regular(&at(name), 9).unwrap_err().to_string();
        assert_eq!(error("a"), "it is a link to `gone`, which does not exist");
        assert_eq!(error("c"), "it is a link to `d`, and these links lead in a circle");
        assert_eq!(read_regular(&at("e"), 9).unwrap(), b"x");
    }
}
