//! The models that a binary knows.

use crate::model::ModelPlugin;
use crate::nearest::nearest;
use std::collections::BTreeMap;

/// Models by id.
#[derive(Clone, Default)]
pub struct Registry {
    plugins: BTreeMap<&'static str, &'static dyn ModelPlugin>,
}

/// Two models with one id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("model id `{id}` is registered twice: in {first} and in {second}")]
pub struct DuplicateModel {
    /// The id.
    pub id: &'static str,
    /// The file of the one registered first.
    pub first: &'static str,
    /// The file of the other.
    pub second: &'static str,
}

/// A model id that nobody registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown model `{id}`{}; known: {}", hint(nearest), known.join(", "))]
pub struct UnknownModel {
    /// The id asked for.
    pub id: String,
    /// The known id most like it.
    pub nearest: Option<&'static str>,
    /// All known ids, sorted.
    pub known: Vec<&'static str>,
}

fn hint(nearest: &Option<&'static str>) -> String {
    nearest.map(|id| format!(", did you mean `{id}`?")).unwrap_or_default()
}

impl Registry {
    /// No models.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a model.
    ///
    /// # Errors
    /// If its id is taken.
    pub fn register(&mut self, plugin: &'static dyn ModelPlugin) -> Result<(), DuplicateModel> {
        if let Some(first) = self.plugins.get(plugin.id()) {
            return Err(DuplicateModel { id: plugin.id(), first: first.source_file(), second: plugin.source_file() });
        }
        self.plugins.insert(plugin.id(), plugin);
        Ok(())
    }

    /// Adds each of `plugins`.
    ///
    /// # Errors
    /// If an id is taken.
    pub fn register_all(&mut self, plugins: &[&'static dyn ModelPlugin]) -> Result<(), DuplicateModel> {
        plugins.iter().try_for_each(|plugin| self.register(*plugin))
    }

    /// The model called `id`.
    ///
    /// # Errors
    /// If there is none: names the known ones and the nearest.
    pub fn get(&self, id: &str) -> Result<&'static dyn ModelPlugin, UnknownModel> {
        self.plugins.get(id).copied().ok_or_else(|| {
            let known: Vec<&'static str> = self.plugins.keys().copied().collect();
            UnknownModel { id: id.to_owned(), nearest: nearest(id, known.iter().copied()), known }
        })
    }

    /// All models in alphabetical order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &'static dyn ModelPlugin> + '_ {
        self.plugins.values().copied()
    }
}
