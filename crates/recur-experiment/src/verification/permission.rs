//! Which plugins may be started. A report, or the spec of a stored trial, is text that anybody may have written: it starts a
//! program only in a folder that the user names.

use super::error::VerifyError;
use crate::shell::quoted;
use recur_core::registry::Deferred as _;
use recur_core::visible::{shown, visible};
use recur_external::{MANIFEST, Plugins, USUAL_FOLDER};
use recur_spec::Spec;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The folder whose plugins may be needed, and whether they may be started.
#[derive(Clone, Debug)]
pub struct PluginPermission {
    /// The folder that is used: the one that the user names, or the one that a text names, or the usual one.
    pub folder: Option<PathBuf>,
    is_given: bool,
    /// The folder that was allowed, where it is not this one.
    other: Option<PathBuf>,
}

impl PluginPermission {
    /// Of the folders that the user names as `--plugins` and as `--allow-plugins`, and the one that a report does.
    pub fn new(plugins: Option<&Path>, allowed: Option<&Path>, of_text: Option<&Path>) -> Self {
        let usual = Path::new(USUAL_FOLDER);
        let folder = plugins.or(of_text).or_else(|| usual.is_dir().then_some(usual)).map(Path::to_owned);
        let is_allowed = allowed.zip(folder.as_deref()).is_some_and(|(allowed, folder)| is_same(allowed, folder));
        let is_given = plugins.is_some() || is_allowed;
        let other = allowed.filter(|_| !is_given).map(Path::to_owned);
        Self { folder, is_given, other }
    }

    /// The same for what the user names as such: a spec may use the usual folder, as it may in an experiment.
    pub fn of_spec(plugins: Option<&Path>) -> Self {
        Self { is_given: true, ..Self::new(plugins, None, None) }
    }

    /// Refuses a `spec` with a model of another process where nobody allowed it. `what` names that model, and `command` is what
    /// the user typed, without what allows plugins.
    ///
    /// # Errors
    /// If a plugin would be started that nobody allowed, or the folder of plugins cannot be read.
    pub fn check(&self, what: &str, spec: &Spec, command: &str) -> Result<(), VerifyError> {
        let Some(folder) = self.folder.as_deref().filter(|_| !self.is_given) else { return Ok(()) };
        // By the ids of plugins: a report may call a model otherwise, and the configurations of a search are not known yet.
        let models: BTreeSet<&str> = spec.models.iter().map(|model| model.id.as_str()).collect();
        let plugins = Plugins::find(folder)?;
        let starts: Vec<String> = plugins
            .iter()
            .filter(|plugin| models.contains(plugin.id()))
            .map(|plugin| {
                let manifest = folder.join(plugin.id()).join(MANIFEST);
                let words: Vec<String> = plugin.command().iter().map(|word| quoted(word)).collect();
                format!("{}: {}", shown(&manifest), visible(&words.join(" ")))
            })
            .collect();
        if starts.is_empty() {
            return Ok(());
        }
        let [what, command] = [what, command].map(str::to_owned);
        Err(VerifyError::PluginsNotAllowed {
            what,
            folder: folder.to_owned(),
            starts,
            other: self.other.clone(),
            command,
        })
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}
