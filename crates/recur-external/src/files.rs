//! The files of a plugin: regular ones of a bounded size. Anything else may have no end, or never begin.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Reads `path`, which must be a regular file of at most `max_bytes`, or a link to one.
///
/// # Errors
/// Why it cannot be read, in words without the path.
pub(crate) fn read(path: &Path, max_bytes: u64) -> Result<Vec<u8>, String> {
    let told = |error: std::io::Error| error.to_string();
    // Before it is opened: to open a pipe waits for who writes to it.
    if !std::fs::metadata(path).map_err(told)?.is_file() {
        return Err("it is no regular file".to_owned());
    }
    let file = open(path).map_err(told)?;
    let metadata = file.metadata().map_err(told)?;
    if !metadata.is_file() {
        return Err("it is no regular file".to_owned());
    }
    let too_large = || format!("it has more than {max_bytes} bytes");
    if metadata.len() > max_bytes {
        return Err(too_large());
    }
    let mut content = Vec::new();
    file.take(max_bytes + 1).read_to_end(&mut content).map_err(told)?;
    if content.len() as u64 > max_bytes { Err(too_large()) } else { Ok(content) }
}

/// Opens it without waiting: a pipe may have come there since it was looked at.
#[cfg(unix)]
fn open(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    File::options().read(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed()).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> std::io::Result<File> {
    File::open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_files_of_a_bounded_size_are_read_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("small"), "four").unwrap();
        assert_eq!(read(&path("small"), 4).unwrap(), b"four");
        assert_eq!(read(&path("small"), 3).unwrap_err(), "it has more than 3 bytes");
        File::create(path("sparse")).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(read(&path("sparse"), 1 << 30).unwrap_err(), "it has more than 1073741824 bytes");
        assert_eq!(read(folder.path(), 4).unwrap_err(), "it is no regular file");
        assert!(read(&path("gone"), 4).unwrap_err().contains("No such file"));
    }

    #[cfg(unix)]
    #[test]
    fn pipes_and_devices_and_links_to_them_are_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        assert!(std::process::Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
        for (link, target) in [("to_pipe", path("pipe")), ("to_device", "/dev/zero".into())] {
            std::os::unix::fs::symlink(target, path(link)).unwrap();
        }
        for name in ["pipe", "to_pipe", "to_device"] {
            assert_eq!(read(&path(name), 1 << 20).unwrap_err(), "it is no regular file", "{name}");
        }
    }
}
