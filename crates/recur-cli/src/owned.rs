//! Files that a user names for recur to write: what somebody else wrote there is not replaced.

use crate::error::CliError;
use crate::regular::read_regular;
use recur_store::write_atomically;
use std::io;
use std::path::Path;

/// Bytes at the beginning of a file by which its kind is recognised: the column names of a table, the first keys of a
/// document.
const BEGINNING: usize = 20;

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
    write_atomically(path, bytes).map_err(CliError::Export)
}

/// Writes an export: over an earlier one of the same kind, and over another file only where `replace` asks for it.
pub(crate) fn export(path: &Path, bytes: &[u8], replace: bool) -> Result<(), CliError> {
    write(path, bytes, |there| {
        let is_own = replace || is_alike(there, bytes);
        is_own.then_some(()).ok_or_else(|| CliError::NotAnExport { path: path.to_owned() })
    })
}

/// Whether two files are of one kind, as far as their beginnings and the column names of a Parquet file show it.
pub(crate) fn is_alike(there: &[u8], new: &[u8]) -> bool {
    const PARQUET: &[u8] = b"PAR1";
    if new.starts_with(PARQUET) {
        let names = |bytes: &[u8]| {
            let has = |name: &[u8]| bytes.windows(name.len()).any(|window| window == name);
            ["standing", "trials_planned", "metric", "outcome"].map(|name| has(name.as_bytes()))
        };
        return there.starts_with(PARQUET) && there.ends_with(PARQUET) && names(there) == names(new);
    }
    let beginning = |bytes: &[u8]| bytes.get(..BEGINNING).map(<[u8]>::to_vec);
    beginning(there).is_some() && beginning(there) == beginning(new)
}

/// The most bytes of a file that is replaced.
const MOST: u64 = 4 << 30;

/// What is in the file; `None` where there is none.
fn content(path: &Path) -> Result<Option<Vec<u8>>, CliError> {
    let unreadable = |source| CliError::ReadTarget { path: path.to_owned(), source };
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => read_regular(path, MOST).map(Some).map_err(unreadable),
        Ok(_) => Err(CliError::NotAFile { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_recognised_by_its_columns() {
        let check = |there: &str, new: &str, expect| assert_eq!(is_alike(there.as_bytes(), new.as_bytes()), expect);
        check("experiment,trial,model,configuration,a\n1", "experiment,trial,model,configuration,b\n", true);
        check("experiment,trial\n1", "experiment,trial,model,configuration,b\n", false);
        check("name,label\nAnna,x\nEva,y\n", "rank,standing,model,configuration\n", false);
        check("short", "short", false);
        check("PAR1 metric outcome PAR1", "PAR1 outcome x metric PAR1", true);
        check("PAR1 name label PAR1", "PAR1 metric outcome PAR1", false);
    }
}
