//! Files that appear whole or not at all.

use crate::error::StoreError;
use std::io::Write as _;
use std::path::Path;

/// Writes `bytes` to a temporary file beside `path`, flushes it to the disk, and renames it into place.
///
/// # Errors
/// If any of that fails; a file that stood at `path` then still stands there.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(StoreError::io("create", folder))?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".writing-");
    #[cfg(unix)]
    builder.permissions(ordinary_permissions());
    let mut file = builder.tempfile_in(folder).map_err(StoreError::io("write a file in", folder))?;
    file.write_all(bytes).map_err(StoreError::io("write", path))?;
    file.as_file().sync_all().map_err(StoreError::io("write", path))?;
    file.persist(path).map_err(|error| StoreError::io("write", path)(error.error))?;
    Ok(())
}

/// What an ordinary file gets: the umask takes its share. (A temporary file is private by default.)
#[cfg(unix)]
fn ordinary_permissions() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::Permissions::from_mode(0o666)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_fails_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write_atomically(&path, b"old").unwrap();
        assert!(write_atomically(&path.join("b"), b"new").is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
    }

    #[test]
    fn nothing_is_left_beside_the_file() {
        let folder = tempfile::tempdir().unwrap();
        write_atomically(&folder.path().join("sub/a"), b"new").unwrap();
        assert_eq!(std::fs::read_dir(folder.path().join("sub")).unwrap().count(), 1);
    }
}
