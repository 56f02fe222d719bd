//! Reading files that somebody else may have put there: a pipe, a device or a file without end is an error at once.

use std::fmt;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{Error, ErrorKind, Read as _, Result};
use std::path::Path;

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is what it is called")]
pub enum Kind {
    File,
    Folder,
    Link,
    Pipe,
    Device,
    Socket,
    Other,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::File => "a file",
            Kind::Folder => "a folder",
            Kind::Link => "a link",
            Kind::Pipe => "a named pipe",
            Kind::Device => "a device",
            Kind::Socket => "a socket",
            Kind::Other => "neither a file nor a folder",
        })
    }
}

/// What `metadata` is of.
pub fn kind(metadata: &Metadata) -> Kind {
    let kind = metadata.file_type();
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if kind.is_fifo() {
            return Kind::Pipe;
        }
        if kind.is_char_device() || kind.is_block_device() {
            return Kind::Device;
        }
        if kind.is_socket() {
            return Kind::Socket;
        }
    }
    match (kind.is_file(), kind.is_dir(), kind.is_symlink()) {
        (true, ..) => Kind::File,
        (_, true, _) => Kind::Folder,
        (.., true) => Kind::Link,
        _ => Kind::Other,
    }
}

/// Why a file is not read, though it is there. It is within the [`std::io::Error`] that [`read_regular`] gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum Refusal {
    /// Something else than a file.
    #[error("it is {0}, and no regular file")]
    NotRegular(Kind),
    #[error("it has {bytes} bytes or more, and at most {limit} are read")]
    TooLarge { bytes: u64, limit: u64 },
}

impl Refusal {
    /// The refusal that an error is, if it is one.
    pub fn of(error: &Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let kind = match refusal {
            Refusal::NotRegular(_) => ErrorKind::InvalidInput,
            Refusal::TooLarge { .. } => ErrorKind::FileTooLarge,
        };
        Error::new(kind, refusal)
    }
}

/// What is done about a link at a path. Links among the folders above it are always followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// The file that it leads to is meant.
    Followed,
    /// It is an error.
    Refused,
}

/// The bytes of the regular file at `path` (or of the one that a link there leads to), which has at most `limit`.
///
/// # Errors
/// If there is no such file, it is no regular one, it has more bytes, or it cannot be read.
pub fn read_regular(path: &Path, limit: u64) -> Result<Vec<u8>> {
    read_opened(open_regular(path, File::options().read(true), Links::Followed)?, limit)
}

/// Opens the regular file at `path`, without waiting: a pipe that nobody writes to would never open.
///
/// # Errors
/// If there is no such file, it is no regular one, or it cannot be opened.
pub fn open_regular(path: &Path, options: &mut OpenOptions, links: Links) -> Result<(File, Metadata)> {
    // A device may do something when it is opened.
    if links == Links::Followed
        && let Ok(metadata) = path.metadata()
    {
        expect_regular(&metadata)?;
    }
    set_flags(options, links);
    // An error says little of what is there: a link is "too many levels", a socket "no such device".
    let refused =
        |error| path.symlink_metadata().ok().and_then(|found| refusal(&found, links)).map_or(error, Error::from);
    let file = options.open(path).map_err(refused)?;
    // What is open is what counts: the path may lead elsewhere by now.
    let metadata = file.metadata()?;
    expect_regular(&metadata)?;
    Ok((file, metadata))
}

/// All of a file that is open, if it has at most `limit` bytes.
///
/// # Errors
/// If it has more bytes, cannot be read, or memory does not hold it.
pub fn read_opened((file, metadata): (File, Metadata), limit: u64) -> Result<Vec<u8>> {
    let too_large = |bytes| Err(Refusal::TooLarge { bytes, limit }.into());
    if metadata.len() > limit {
        return too_large(metadata.len());
    }
    let mut bytes = Vec::new();
    // One byte more: the end is seen without another growth.
    let room = usize::try_from(metadata.len()).ok().and_then(|len| len.checked_add(1)).ok_or(ErrorKind::OutOfMemory)?;
    bytes.try_reserve_exact(room).map_err(|_| ErrorKind::OutOfMemory)?;
    // It may have grown since.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { too_large(bytes.len() as u64) } else { Ok(bytes) }
}

/// # Errors
/// [`Refusal::NotRegular`] if `metadata` is not that of a file.
pub fn expect_regular(metadata: &Metadata) -> Result<()> {
    refusal(metadata, Links::Refused).map_or(Ok(()), |refusal| Err(refusal.into()))
}

fn refusal(metadata: &Metadata, links: Links) -> Option<Refusal> {
    match kind(metadata) {
        Kind::File => None,
        Kind::Link if links == Links::Followed => None,
        other => Some(Refusal::NotRegular(other)),
    }
}

#[cfg(unix)]
fn set_flags(options: &mut OpenOptions, links: Links) {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    if links == Links::Refused {
        flags |= OFlags::NOFOLLOW;
    }
    options.custom_flags(flags.bits().cast_signed());
}

#[cfg(not(unix))]
fn set_flags(_: &mut OpenOptions, _: Links) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_the_limit_and_not_beyond() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "four").unwrap();
        assert_eq!(read_regular(&path, 4).unwrap(), b"four");
        assert_eq!(read_regular(&path, u64::MAX).unwrap(), b"four");
        let error = read_regular(&path, 3).unwrap_err();
        assert_eq!(Refusal::of(&error), Some(Refusal::TooLarge { bytes: 4, limit: 3 }));
        assert!(error.to_string().contains("at most 3"));
        File::create(folder.path().join("sparse")).unwrap().set_len(1 << 40).unwrap();
        assert!(read_regular(&folder.path().join("sparse"), 1 << 30).is_err());
        assert!(read_regular(folder.path(), 4).unwrap_err().to_string().contains("a folder"));
        assert_eq!(read_regular(&folder.path().join("gone"), 4).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn pipes_devices_and_sockets_are_refused_at_once_and_links_to_them_too() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        rustix::fs::mkfifoat(rustix::fs::CWD, at("pipe"), rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
        let _listener = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        let targets = [("zero", "/dev/zero".into()), ("to_pipe", at("pipe")), ("to_socket", at("socket"))];
        for (link, target) in targets {
            symlink(target, at(link)).unwrap();
        }
        let kinds = [
            ("pipe", Kind::Pipe),
            ("to_pipe", Kind::Pipe),
            ("socket", Kind::Socket),
            ("to_socket", Kind::Socket),
            ("zero", Kind::Device),
        ];
        for (name, kind) in kinds {
            let error = read_regular(&at(name), u64::MAX).unwrap_err();
            assert_eq!(Refusal::of(&error), Some(Refusal::NotRegular(kind)), "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_or_refused_as_asked() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
        std::fs::write(&file, "x").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(open_regular(&link, File::options().read(true), Links::Followed).is_ok());
        let error = open_regular(&link, File::options().read(true), Links::Refused).unwrap_err();
        assert_eq!(Refusal::of(&error), Some(Refusal::NotRegular(Kind::Link)));
    }
}
