//! Plugins in Python, for tests.

use crate::skip::skip;
use recur_external::ExternalModel;
use std::path::Path;
use std::process::Command;

/// The folder of the example plugins.
pub const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/plugins");

/// The example plugin `id`.
pub fn example(id: &str) -> &'static ExternalModel {
    ExternalModel::in_folder(&Path::new(EXAMPLES).join(id))
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
