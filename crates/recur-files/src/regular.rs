//! Reading files that somebody else may have put there: a pipe, a device or a file without end is an error at once.

use std::fs::{File, Metadata};
use std::io::{Error, ErrorKind, Read as _, Result};
use std::path::Path;

/// The bytes of the regular file at `path` (or of the one that a link there leads to), which has at most `limit`.
///
/// # Errors
/// If there is no such file, it is no regular one, it has more bytes, or it cannot be read.
pub fn read_regular(path: &Path, limit: u64) -> Result<Vec<u8>> {
    check(&path.metadata()?, limit)?;
    let file = open(path)?;
    // What is open is what counts: the path may lead elsewhere by now.
    let metadata = file.metadata()?;
    check(&metadata, limit)?;
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(too_large(bytes.len() as u64, limit)) } else { Ok(bytes) }
}

fn check(metadata: &Metadata, limit: u64) -> Result<()> {
    if !metadata.is_file() {
        let what = format!("it is {}, and no regular file", kind(metadata));
        return Err(Error::new(ErrorKind::InvalidInput, what));
    }
    if metadata.len() > limit { Err(too_large(metadata.len(), limit)) } else { Ok(()) }
}

fn too_large(len: u64, limit: u64) -> Error {
    Error::new(ErrorKind::FileTooLarge, format!("it has {len} bytes or more, and at most {limit} are read"))
}

/// Opens it without waiting: a pipe that nobody writes to would never open.
#[cfg(unix)]
fn open(path: &Path) -> Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    File::options().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> Result<File> {
    File::open(path)
}

/// What is there, for messages.
pub fn kind(metadata: &Metadata) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        let kind = metadata.file_type();
        if kind.is_fifo() {
            return "a named pipe";
        }
        if kind.is_char_device() || kind.is_block_device() {
            return "a device";
        }
        if kind.is_socket() {
            return "a socket";
        }
    }
    if metadata.is_dir() { "a folder" } else { "neither a file nor a folder" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_the_limit_and_not_beyond() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "four").unwrap();
        assert_eq!(read_regular(&path, 4).unwrap(), b"four");
        assert!(read_regular(&path, 3).unwrap_err().to_string().contains("at most 3"));
        assert!(read_regular(folder.path(), 4).unwrap_err().to_string().contains("a folder"));
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_refused_and_links_to_them_too() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        for path in [Path::new("/dev/zero"), &link] {
            assert!(read_regular(path, 10).unwrap_err().to_string().contains("a device"));
        }
    }
}
