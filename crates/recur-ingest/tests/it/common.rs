//! Helpers of the integration tests: settings with their defaults, and folders of files that go away.

use recur_core::settings::{DataSettings, Group};
use recur_ingest::{IngestError, Ingested, ingest};
use std::path::Path;
use tempfile::TempDir;

/// The settings of a spec that names its source, with room for odd rows.
pub fn settings(source: &str) -> DataSettings {
    DataSettings { max_rejected: 1.0, max_characters: 100, ..DataSettings::of(source) }
}

/// A folder with these files.
pub fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a file stands in a folder")).expect("a folder can be made");
        std::fs::write(path, bytes).expect("a file can be written");
    }
    folder
}

/// Ingests one file called `name`.
pub fn ingest_file(name: &str, bytes: &[u8]) -> Result<Ingested, IngestError> {
    ingest_with(&settings(name), &[(name, bytes)])
}

/// Ingests with `settings` in a folder of `files`.
pub fn ingest_with(settings: &DataSettings, files: &[(&str, &[u8])]) -> Result<Ingested, IngestError> {
    ingest_in(settings, folder(files).path())
}

/// Ingests with `settings` in `base`.
pub fn ingest_in(settings: &DataSettings, base: &Path) -> Result<Ingested, IngestError> {
    ingest(settings, Group::FoldedText, base)
}
