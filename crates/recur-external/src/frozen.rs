//! Frozen files: what a model reads and never trains, named by its digest instead of being copied into each trial.
//!
//! To recur, a tensor that stands for such a file is its digest: 32 bytes, in files of weights and in checkpoints. So
//! weights that were made with another file are refused.

use crate::manifest::Manifest;
use recur_core::digest::Digest;
use recur_core::model::ModelError;
use recur_core::tensor::{Tensor, TensorData};
use recur_core::visible::{is_hidden, visible};
use recur_files::{Links, open_regular};
use serde::Deserialize;
use std::fs::OpenOptions;
use std::io::BufReader;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// A frozen file of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frozen {
    /// What the tensor is called that stands for it.
    pub name: String,
    /// The file, relative to the manifest's folder.
    pub file: String,
    pub digest: Digest,
}

/// An element of `frozen`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Declared {
    name: String,
    file: String,
    digest: String,
}

/// The declarations, checked; the files are not read yet.
pub(crate) fn declared(declared: Vec<Declared>) -> Result<Vec<Frozen>, String> {
    let mut all: Vec<Frozen> = Vec::with_capacity(declared.len());
    for Declared { name, file, digest } in declared {
        let shown = visible(&name).into_owned();
        if name.is_empty() || name.len() > 200 || name == "__metadata__" || name.chars().any(is_hidden) {
            return Err(format!("`frozen`: `{shown}` is no name for a tensor"));
        }
        if all.iter().any(|other| other.name == name) {
            return Err(format!("`frozen` has two files called `{shown}`"));
        }
        let problem =
            || format!("`frozen`: the `digest` of `{shown}` is not the SHA-256 of a file in 64 hexadecimal digits");
        all.push(Frozen { digest: Digest::parse(&digest).ok_or_else(problem)?, name, file });
    }
    Ok(all)
}

/// What shows whether a file may have changed.
type Stamp = [i64; 5];

/// Files whose content was compared with their digests, and what they looked like then.
#[derive(Debug, Default)]
pub(crate) struct Checked(Mutex<Vec<(String, Stamp)>>);

impl Checked {
    /// Compares the frozen files of `manifest` with their digests; a file is read again only once it looks changed.
    ///
    /// # Errors
    /// The first that cannot be read, or has other content.
    pub(crate) fn check(&self, manifest: &Manifest) -> Result<(), String> {
        manifest.frozen.iter().try_for_each(|frozen| {
            self.check_one(&manifest.folder, frozen)
                .map_err(|problem| format!("its frozen file {}: {problem}", visible(&frozen.file)))
        })
    }

    fn check_one(&self, folder: &Path, frozen: &Frozen) -> Result<(), String> {
        let opened = open_regular(&folder.join(&frozen.file), OpenOptions::new().read(true), Links::Followed);
        let (file, metadata) = opened.map_err(|error| error.to_string())?;
        let mut checked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = stamp(&metadata);
        if now.is_some_and(|now| checked.contains(&(frozen.file.clone(), now))) {
            return Ok(());
        }
        let found = Digest::of_reader(BufReader::new(file)).map_err(|error| error.to_string())?;
        if found != frozen.digest {
            return Err(format!(
                "it has the digest {found}, and plugin.yaml names {}: put the file back, or write its digest there",
                frozen.digest
            ));
        }
        checked.retain(|(name, _)| *name != frozen.file);
        checked.extend(now.map(|now| (frozen.file.clone(), now)));
        Ok(())
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere there is none")]
fn stamp(metadata: &std::fs::Metadata) -> Option<Stamp> {
    use std::os::unix::fs::MetadataExt as _;
    Some([
        metadata.ino() as i64,
        metadata.size() as i64,
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.ctime_nsec(),
    ])
}

#[cfg(not(unix))]
fn stamp(_: &std::fs::Metadata) -> Option<Stamp> {
    None
}

/// The tensor that stands for a frozen file: the bytes of its digest.
pub(crate) fn tensor(frozen: &Frozen) -> Tensor {
    Tensor::new(frozen.name.clone(), [32], TensorData::U8(bytes(&frozen.digest)))
}

/// Compares a tensor that stands for a frozen file with the file of the manifest.
///
/// # Errors
/// [`ModelError::Weights`] where it stands for another one.
pub(crate) fn check_tensor(tensor: &Tensor, frozen: &Frozen) -> Result<(), ModelError> {
    let expected = bytes(&frozen.digest);
    let problem = match &tensor.data {
        TensorData::U8(data) if tensor.shape == [32] && *data == expected => return Ok(()),
        TensorData::U8(data) if tensor.shape == [32] => {
            let found: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
            format!(
                "was made with a frozen file of the digest {found}, and plugin.yaml names {} ({}): the weights belong \
                 to another version of the plugin",
                frozen.digest,
                visible(&frozen.file)
            )
        }
        _ => "is no digest of a frozen file: 32 bytes (u8)".to_owned(),
    };
    Err(ModelError::Weights { name: visible(&tensor.name).into_owned(), problem })
}

fn bytes(digest: &Digest) -> Vec<u8> {
    let digits = digest.as_str().as_bytes();
    let value = |digit: u8| char::from(digit).to_digit(16).unwrap_or_default() as u8;
    digits.as_chunks().0.iter().map(|[high, low]| 16 * value(*high) + value(*low)).collect()
}
