//! The folder of all plugins.

use crate::error::ExternalError;
use crate::manifest::MANIFEST;
use crate::plugin::ExternalModel;
use recur_core::registry::Registry;
use std::path::Path;

/// The folder of plugins where none is named.
pub const USUAL_FOLDER: &str = "plugins";

/// The plugins of a folder, in alphabetical order.
#[derive(Clone, Debug, Default)]
pub struct Plugins(Vec<&'static ExternalModel>);

impl Plugins {
    /// The plugins in `folder`: each folder `NAME` in it with a file `plugin.yaml`. No manifest is read yet.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub fn find(folder: &Path) -> Result<Self, ExternalError> {
        Self::in_folder(folder, true)
    }

    /// The same, for who only asks what they are called and promise: none of them can be started.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub fn find_to_read(folder: &Path) -> Result<Self, ExternalError> {
        Self::in_folder(folder, false)
    }

    fn in_folder(folder: &Path, may_start: bool) -> Result<Self, ExternalError> {
        let failed = |source| ExternalError::Folder { folder: folder.to_owned(), source };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            names.push(entry.map_err(failed)?.file_name());
        }
        names.sort_unstable();
        let homes = names.iter().map(|name| folder.join(name)).filter(|home| home.join(MANIFEST).is_file());
        Ok(Self(homes.map(|home| ExternalModel::new(&home, may_start)).collect()))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &'static ExternalModel> + '_ {
        self.0.iter().copied()
    }

    /// Adds each to `registry`. [`Registry::register`] says what becomes of an id that is taken.
    pub fn register(&self, registry: &mut Registry) {
        self.0.iter().for_each(|plugin| registry.register_deferred(*plugin));
    }
}
