//! Plugins in Python, for tests.

use crate::skip::skip;
use recur_external::ExternalModel;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The folder of the example plugins.
pub const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/plugins");

/// The example plugin `id`.
pub fn example(id: &str) -> &'static ExternalModel {
    ExternalModel::in_folder(&Path::new(EXAMPLES).join(id))
}

/// A copy of the example `id` with its own helper, and the folder that it is in.
pub fn copied(id: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (from, home) = (Path::new(EXAMPLES), folder.path().join(id));
    std::fs::create_dir(&home).unwrap();
    std::fs::copy(from.join("recur_plugin.py"), folder.path().join("recur_plugin.py")).unwrap();
    for entry in std::fs::read_dir(from.join(id)).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        std::fs::copy(entry.path(), home.join(entry.file_name())).unwrap();
    }
    (folder, home)
}

/// Writes `new` for `old`, which `file` must contain.
pub fn edit(file: &Path, old: &str, new: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains(old), "{}: {old}", file.display());
    std::fs::write(file, text.replace(old, new)).unwrap();
}

/// Whether there is a python3 to run them with. If not, the test is skipped.
pub fn python_is_there() -> bool {
    let is_there = Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success());
    if !is_there {
        skip("python3", "there is no python3");
    }
    is_there
}

/// Whether python3 has the library `module`. If not, the test is skipped.
pub fn module_is_there(module: &str) -> bool {
    let import = Command::new("python3").args(["-c", &format!("import {module}")]).output();
    let is_there = import.is_ok_and(|output| output.status.success());
    if !is_there {
        skip(module, "python3 does not have it");
    }
    is_there
}
