//! The digest of a plugin's code: an edited plugin makes other trials, and nobody else's.

use crate::manifest::Manifest;
use crate::wire::PROTOCOL;
use recur_core::digest::{Digest, Hasher};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Error, ErrorKind, Read as _};
use std::path::Path;

/// Bytes that a file of a plugin may have.
const MOST: u64 = 1 << 30;

/// The digest of what decides a plugin's results as far as its folder tells: the command, the environment, and the
/// content of every file that the command names or `files` lists. The manifest's words for people, its limits and its
/// layout are no part; its version, and the values of its parameters, are parts of a trial's identity themselves.
///
/// # Errors
/// If a listed file cannot be read.
pub(crate) fn digest(manifest: &Manifest) -> Result<Digest, String> {
    let mut hasher = Hasher::new();
    hasher.field(b"recur external plugin 2").field(&PROTOCOL.to_le_bytes());
    // Each section after its length, so that no field can be read as one of the next.
    let section = |hasher: &mut Hasher, length: usize| {
        hasher.field(&(length as u64).to_le_bytes());
    };
    section(&mut hasher, manifest.command.len());
    for word in &manifest.command {
        hasher.field(word.as_bytes());
    }
    section(&mut hasher, manifest.environment.len());
    for (name, value) in &manifest.environment {
        hasher.field(name.as_bytes()).field(value.as_bytes());
    }
    let of_command: Vec<&String> =
        manifest.command.iter().filter(|word| manifest.folder.join(word).is_file()).collect();
    let listed: BTreeSet<&String> = manifest.files.iter().collect();
    for files in [of_command, listed.into_iter().collect()] {
        section(&mut hasher, files.len());
        for file in files {
            let content = read(&manifest.folder.join(file)).map_err(|error| format!("the file {file}: {error}"))?;
            hasher.field(file.as_bytes()).field(&content);
        }
    }
    Ok(hasher.finish())
}

/// Reads a regular file: a manifest may be anybody's, and a pipe or a device has no end.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let metadata = path.metadata()?;
    if !metadata.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "it is no regular file"));
    }
    if metadata.len() > MOST {
        return Err(Error::new(ErrorKind::FileTooLarge, format!("it has more than {MOST} bytes")));
    }
    let mut content = Vec::new();
    File::open(path)?.take(MOST).read_to_end(&mut content)?;
    Ok(content)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn devices_and_files_without_end_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let sparse = folder.path().join("sparse");
        File::create(&sparse).unwrap().set_len(1 << 40).unwrap();
        assert!(read(&sparse).unwrap_err().to_string().contains("more than"));
        for path in [Path::new("/dev/zero"), folder.path()] {
            assert!(read(path).unwrap_err().to_string().contains("no regular file"));
        }
    }
}
