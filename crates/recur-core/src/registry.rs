//! The models that a binary knows.

use crate::declared::DeclaredModel;
use crate::model::ModelPlugin;
use crate::nearest::nearest;
use std::collections::BTreeMap;
use std::fmt;

/// Models by id.
#[derive(Clone, Default)]
pub struct Registry {
    entries: BTreeMap<&'static str, Entry>,
}

#[derive(Clone)]
enum Entry {
    Plugin(&'static dyn ModelPlugin),
    Deferred(&'static dyn Deferred),
    /// Only the declaration is here.
    Declared(&'static dyn ModelPlugin),
    /// Several plugins have the id: none of them is meant.
    Several(Broken),
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
            Self::Unknown(_) => "recur models lists all models; --plugins DIR names another folder of plugins",
            Self::Broken(_) => "docs/external-plugins.md explains every key of a manifest",
        }
    }
}

impl Entry {
    fn id(&self) -> &'static str {
        match self {
            Entry::Plugin(plugin) | Entry::Declared(plugin) => plugin.about().id,
            Entry::Deferred(deferred) => deferred.id(),
            Entry::Several(broken) => broken.id,
        }
    }

    /// The file that declares it, or all of them.
    fn source(&self) -> &str {
        match self {
            Entry::Plugin(plugin) | Entry::Declared(plugin) => plugin.about().source_file,
            Entry::Deferred(deferred) => deferred.source_file(),
            Entry::Several(broken) => &broken.problem,
        }
    }

    fn load(&self) -> Result<&'static dyn ModelPlugin, Broken> {
        match self {
            Entry::Plugin(plugin) | Entry::Declared(plugin) => Ok(*plugin),
            Entry::Deferred(deferred) => deferred.load(),
            Entry::Several(broken) => Err(broken.clone()),
        }
    }

    /// What stands for this entry and `other`, which has the same id.
    fn and(&self, other: &Entry) -> Entry {
        let problem = match self {
            Entry::Several(broken) => format!("{}, and {}", broken.problem, other.source()),
            one => format!("several plugins have this id, give each its own: {}, and {}", one.source(), other.source()),
        };
        Entry::Several(Broken { id: self.id(), problem })
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

    /// Adds a model. Where its id is taken, the id stands for no model any more: the error for whoever asks for it names the
    /// files of all that have it.
    pub fn register(&mut self, plugin: &'static dyn ModelPlugin) {
        self.add(Entry::Plugin(plugin));
    }

    /// Adds a model whose plugin is read when it is first asked for. [`Registry::register`] says what becomes of an id that
    /// is taken.
    pub fn register_deferred(&mut self, deferred: &'static dyn Deferred) {
        self.add(Entry::Deferred(deferred));
    }

    fn add(&mut self, entry: Entry) {
        let entry = self.entries.get(entry.id()).map_or_else(|| entry.clone(), |earlier| earlier.and(&entry));
        self.entries.insert(entry.id(), entry);
    }

    /// Adds a model of which only the declaration is here, so that its results can be read. A model that is here counts
    /// before it, and so does an earlier declaration.
    pub fn register_declared(&mut self, declared: DeclaredModel) {
        if !self.entries.contains_key(declared.id())
            && let Some(plugin) = declared.leak()
        {
            self.add(Entry::Declared(plugin));
        }
    }

    /// The same models, where those of which only a declaration is here are declared as in `own`: an experiment may
    /// have had another version of a plugin than others had.
    pub fn with_declared(&self, own: &[DeclaredModel]) -> Self {
        let mut registry = self.clone();
        for declared in own {
            if matches!(registry.entries.get(declared.id()), Some(Entry::Declared(_))) {
                registry.entries.remove(declared.id());
            }
            registry.register_declared(declared.clone());
        }
        registry
    }

    /// [`Registry::register`] for each of `plugins`.
    pub fn register_all(&mut self, plugins: &[&'static dyn ModelPlugin]) {
        plugins.iter().for_each(|plugin| self.register(*plugin));
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
    use crate::model::{Declaration, Determinism, Model, ModelError, Regime, Setup};

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

    struct Version(Declaration);

    impl ModelPlugin for Version {
        fn about(&self) -> &Declaration {
            &self.0
        }

        fn build(&self, _: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
            unreachable!("nobody builds it")
        }
    }

    const fn version(id: &'static str, version: u32) -> Version {
        Version(Declaration {
            id,
            summary: "s",
            description: "d",
            version,
            code: "c",
            determinism: Determinism::None,
            regime: Regime::OneShot,
            unused_settings: &[],
            parameters: &[],
            source_file: "f",
            cost_in_words: None,
        })
    }

    #[test]
    fn an_experiments_own_declaration_counts_before_that_of_others_and_a_model_that_is_here_before_both() {
        static HERE: Version = version("here", 1);
        let mut registry = Registry::new();
        registry.register(&HERE);
        let declared = |id, n| DeclaredModel::of(&version(id, n));
        [declared("gone", 1), declared("gone", 2)].into_iter().for_each(|model| registry.register_declared(model));
        let own = registry.with_declared(&["here", "gone", "other"].map(|id| declared(id, 3)));
        let versions = |registry: &Registry| registry.iter().map(|it| (it.about().id, it.about().version)).collect();
        let [before, after]: [Vec<(&str, u32)>; 2] = [&registry, &own].map(versions);
        assert_eq!(before, [("gone", 1), ("here", 1)]);
        assert_eq!(after, [("gone", 3), ("here", 1), ("other", 3)]);
    }

    #[test]
    fn a_broken_plugin_is_an_error_where_it_is_asked_for_and_nowhere_else() {
        let mut registry = Registry::new();
        registry.register_deferred(&Torn);
        let error = registry.get("torn").err().expect("an error");
        assert_eq!(error.to_string(), "model `torn` cannot be used: torn/plugin.yaml: it is torn");
        assert_eq!(registry.ids().collect::<Vec<_>>(), ["torn"]);
        assert_eq!((registry.all().count(), registry.iter().count()), (1, 0));
        let error = registry.get("tron").err().expect("an error");
        assert_eq!(error.to_string(), "unknown model `tron`, did you mean `torn`?; known: torn");
    }

    #[test]
    fn an_id_that_several_plugins_have_is_an_error_where_it_is_asked_for() {
        let mut registry = Registry::new();
        (0..3).for_each(|_| registry.register_deferred(&Torn));
        let error = registry.get("torn").err().expect("an error").to_string();
        assert_eq!(
            error,
            "model `torn` cannot be used: several plugins have this id, give each its own: torn/plugin.yaml, and \
             torn/plugin.yaml, and torn/plugin.yaml"
        );
        assert!(matches!(registry.get("other"), Err(NoModel::Unknown(_))));
    }
}
