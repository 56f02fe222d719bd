//! The models that a binary knows.

use crate::model::ModelPlugin;
use crate::nearest::nearest;
use std::collections::BTreeMap;
use std::fmt;

/// Models by id.
#[derive(Clone, Default)]
pub struct Registry {
    entries: BTreeMap<&'static str, Entry>,
}

#[derive(Clone, Copy)]
enum Entry {
    Plugin(&'static dyn ModelPlugin),
    Deferred(&'static dyn Deferred),
}

/// A plugin that is read when it is first asked for, and may then turn out to be broken.
pub trait Deferred: Sync {
    /// The id of its model.
    fn id(&self) -> &'static str;
    /// The file that declares it.
    fn source_file(&self) -> &'static str;
    /// The plugin.
    ///
    /// # Errors
    /// If it cannot be used.
    fn load(&self) -> Result<&dyn ModelPlugin, Broken>;
}

/// A plugin that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct Broken {
    /// The id of its model.
    pub id: &'static str,
    /// The file, and what is wrong with it.
    pub problem: String,
}

/// Two models with one id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("model id `{id}` is registered twice: in {first} and in {second}")]
pub struct DuplicateModel {
    /// The id of both.
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

/// Why there is no model of an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoModel {
    /// Nobody registered it.
    #[error(transparent)]
    Unknown(#[from] UnknownModel),
    /// Its plugin cannot be used.
    #[error("model `{id}` cannot be used: {broken}", id = .0.id, broken = .0)]
    Broken(#[from] Broken),
}

impl NoModel {
    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "recur models lists all models",
            Self::Broken(_) => "docs/external-plugins.md explains every key of a manifest",
        }
    }
}

impl Entry {
    fn id(self) -> &'static str {
        match self {
            Entry::Plugin(plugin) => plugin.about().id,
            Entry::Deferred(deferred) => deferred.id(),
        }
    }

    fn source_file(self) -> &'static str {
        match self {
            Entry::Plugin(plugin) => plugin.about().source_file,
            Entry::Deferred(deferred) => deferred.source_file(),
        }
    }

    fn load(self) -> Result<&'static dyn ModelPlugin, Broken> {
        match self {
            Entry::Plugin(plugin) => Ok(plugin),
            Entry::Deferred(deferred) => deferred.load(),
        }
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.ids()).finish()
    }
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
        self.add(Entry::Plugin(plugin))
    }

    /// Adds a model whose plugin is read when it is first asked for.
    ///
    /// # Errors
    /// If its id is taken.
    pub fn register_deferred(&mut self, deferred: &'static dyn Deferred) -> Result<(), DuplicateModel> {
        self.add(Entry::Deferred(deferred))
    }

    fn add(&mut self, entry: Entry) -> Result<(), DuplicateModel> {
        if let Some(first) = self.entries.get(entry.id()) {
            let (first, second) = (first.source_file(), entry.source_file());
            return Err(DuplicateModel { id: entry.id(), first, second });
        }
        self.entries.insert(entry.id(), entry);
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
    /// If there is none (names the known ones and the nearest), or its plugin is broken.
    pub fn get(&self, id: &str) -> Result<&'static dyn ModelPlugin, NoModel> {
        let Some(entry) = self.entries.get(id) else {
            let known: Vec<&'static str> = self.ids().collect();
            return Err(UnknownModel { id: id.to_owned(), nearest: nearest(id, known.iter().copied()), known }.into());
        };
        Ok(entry.load()?)
    }

    /// The ids of all models in alphabetical order.
    pub fn ids(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.entries.keys().copied()
    }

    /// All models in alphabetical order of their ids; an error for each whose plugin is broken.
    pub fn all(&self) -> impl Iterator<Item = Result<&'static dyn ModelPlugin, Broken>> + '_ {
        self.entries.values().map(|entry| entry.load())
    }

    /// The models that can be used, in alphabetical order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &'static dyn ModelPlugin> + '_ {
        self.all().filter_map(Result::ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Torn;

    impl Deferred for Torn {
        fn id(&self) -> &'static str {
            "torn"
        }

        fn source_file(&self) -> &'static str {
            "torn/plugin.yaml"
        }

        fn load(&self) -> Result<&dyn ModelPlugin, Broken> {
            Err(Broken { id: "torn", problem: "torn/plugin.yaml: it is torn".to_owned() })
        }
    }

    #[test]
    fn a_broken_plugin_is_an_error_where_it_is_asked_for_and_nowhere_else() {
        let mut registry = Registry::new();
        registry.register_deferred(&Torn).unwrap();
        let error = registry.get("torn").err().expect("an error");
        assert_eq!(error.to_string(), "model `torn` cannot be used: torn/plugin.yaml: it is torn");
        assert_eq!(registry.ids().collect::<Vec<_>>(), ["torn"]);
        assert_eq!((registry.all().count(), registry.iter().count()), (1, 0));
        let error = registry.get("tron").err().expect("an error");
        assert_eq!(error.to_string(), "unknown model `tron`, did you mean `torn`?; known: torn");
    }

    #[test]
    fn an_id_that_is_taken_is_refused_with_both_files() {
        let mut registry = Registry::new();
        registry.register_deferred(&Torn).unwrap();
        let error = registry.register_deferred(&Torn).unwrap_err();
        assert_eq!((error.first, error.second), ("torn/plugin.yaml", "torn/plugin.yaml"));
    }
}
