//! Files that a user names for recur to write: what somebody else wrote there is not replaced.

use crate::error::CliError;
use recur_files::{read_regular, write_atomically};
use std::io;
use std::path::Path;

/// Writes `bytes` into the file at `path`, whole or not at all, unless something is there that is not to be replaced: a link,
/// a folder, or a file with content that `check` refuses.
pub(crate) fn write(
    path: &Path,
    bytes: &[u8],
    check: impl FnOnce(&[u8]) -> Result<(), CliError>,
) -> Result<(), CliError> {
    match content(path)? {
        Some(there) if there == bytes => return Ok(()),
        Some(there) if !there.is_empty() => check(&there)?,
        _ => {}
    }
    write_atomically(path, bytes).map_err(|error| CliError::cannot_write(path, &error.source))
}

/// Writes a file that shows nowhere who wrote it, such as an export or a schema. One that recur wrote may have been edited
/// since: other content is replaced only where `replace` asks for it.
pub(crate) fn text(path: &Path, bytes: &[u8], replace: bool) -> Result<(), CliError> {
    write(path, bytes, |_| replace.then_some(()).ok_or_else(|| other_content(path)))
}

fn other_content(path: &Path) -> CliError {
    CliError::new(format!("{} exists with other content, and is not replaced", path.display()))
        .hint("--replace writes over it; or name another file".to_owned())
}

/// The most bytes of a file that is replaced.
const MOST: u64 = 4 << 30;

/// What is in the file; `None` where there is none.
fn content(path: &Path) -> Result<Option<Vec<u8>>, CliError> {
    let refused = |what: String| CliError::new(what).hint("name another file".to_owned());
    let unreadable =
        |error| refused(format!("cannot read {}, which was to be replaced", path.display())).because(&error);
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => read_regular(path, MOST).map(Some).map_err(unreadable),
        Ok(_) => Err(refused(format!("{} is not a file, and is not replaced", path.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(error)),
    }
}
