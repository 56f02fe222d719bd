//! External plugins besides the models of the program.

use crate::error::CliError;
use recur_core::registry::Registry;
use recur_external::{Plugins, USUAL_FOLDER};
use std::path::Path;

/// The models of `builtin` and those in `folder`. No manifest is read here: that of a model is read when a command needs
/// the model, and what is wrong with it is reported then.
pub(crate) fn beside(builtin: &Registry, folder: Option<&Path>) -> Result<Registry, CliError> {
    let mut registry = builtin.clone();
    if let Some(folder) = used_folder(folder) {
        Plugins::find(folder)?.register(&mut registry);
    }
    Ok(registry)
}

/// The folder that plugins are started from: the one that is named, or the default one where there is one.
pub(crate) fn used_folder(folder: Option<&Path>) -> Option<&Path> {
    let default = Path::new(USUAL_FOLDER);
    folder.or_else(|| default.is_dir().then_some(default))
}

/// The same for a command that reads, where no folder is named: plugins of the default folder are known, and not started.
/// Whoever wrote what is read may have written that folder, too.
pub(crate) fn to_read(builtin: &Registry) -> Result<Registry, CliError> {
    let mut registry = builtin.clone();
    let default = Path::new(USUAL_FOLDER);
    if default.is_dir() {
        Plugins::find_to_read(default)?.register(&mut registry);
    }
    Ok(registry)
}
