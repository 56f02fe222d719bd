//! The digest of a plugin's code: an edited plugin makes other trials, and nobody else's.

use crate::manifest::Manifest;
use crate::wire::PROTOCOL;
use recur_core::digest::{Digest, Hasher};
use recur_core::visible::visible;
use recur_files::read_regular;
use std::collections::BTreeSet;

/// Bytes that a file of a plugin may have: it is read as a whole.
const MAX_BYTES: u64 = 1 << 30;

/// The digest of what decides a plugin's results as far as its folder shows: the command, the environment, and the
/// content of every file that the command names or `files` lists, the digests of frozen files, and what it asks to see.
/// More threads than one are part of it. The manifest's words for people, its limits, its other resources and its layout are
/// no part; its version, and the values of its parameters, are parts of a trial's identity themselves.
///
/// # Errors
/// If a listed file cannot be read.
pub(crate) fn digest(manifest: &Manifest) -> Result<Digest, String> {
    let mut hasher = Hasher::new();
    hasher.field(b"recur external plugin 3").field(&PROTOCOL.to_le_bytes());
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
    for named in [of_command, listed.into_iter().collect()] {
        section(&mut hasher, named.len());
        for file in named {
            let read = read_regular(&manifest.folder.join(file), MAX_BYTES);
            let content = read.map_err(|problem| format!("the file {}: {problem}", visible(file)))?;
            hasher.field(file.as_bytes()).field(&content);
        }
    }
    section(&mut hasher, manifest.frozen.len());
    for frozen in &manifest.frozen {
        hasher.field(frozen.name.as_bytes()).field(frozen.digest.as_str().as_bytes());
    }
    hasher.field(&[u8::from(manifest.needs.raw_texts), u8::from(manifest.needs.validation)]);
    let threads = manifest.needs.resources.threads;
    if threads != 1 {
        // More threads may add up in another order. Plugins of one thread keep the digest of before.
        hasher.field(&threads.to_le_bytes());
    }
    Ok(hasher.finish())
}
