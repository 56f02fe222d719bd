//! A plugin in a folder, as a model of the registry.

use crate::code;
use crate::error::{ExternalError, Problem};
use crate::frozen::Checked;
use crate::lease::Idle;
use crate::manifest::{MANIFEST, Manifest};
use crate::model::{External, Plugin};
use crate::parameter::keep;
use recur_core::model::{Condition, Declaration, Model, ModelError, ModelPlugin, Needs, Setup};
use recur_core::registry::{Broken, Deferred};
use recur_core::visible::shown;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// A model in another process. Its manifest is read when something of it is asked for the first time: a thousand plugins
/// that nobody names cost a listing of their folder.
#[derive(Debug)]
pub struct ExternalModel {
    id: &'static str,
    path: PathBuf,
    /// `path`, for messages.
    shown: &'static str,
    may_start: bool,
    loaded: OnceLock<Result<Loaded, String>>,
}

/// A plugin whose manifest was read.
#[derive(Debug)]
struct Loaded {
    manifest: Manifest,
    about: Declaration,
    may_start: bool,
    frozen: Checked,
    idle: Arc<Idle>,
}

impl ExternalModel {
    /// The plugin in `folder`, whose last part is its id. It stays in memory for the rest of the process, as a registry
    /// asks of all its models.
    pub fn in_folder(folder: &Path) -> &'static Self {
        Self::new(folder, true)
    }

    pub(crate) fn new(folder: &Path, may_start: bool) -> &'static Self {
        let path = folder.join(MANIFEST);
        let id = keep(folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()));
        let shown = keep(shown(&path));
        Box::leak(Box::new(Self { id, path, shown, may_start, loaded: OnceLock::new() }))
    }

    fn loaded(&self) -> Result<&Loaded, &String> {
        let load = || {
            let manifest = Manifest::read(&self.path, self.id)?;
            let about = Declaration {
                id: self.id,
                summary: keep(manifest.summary.clone()),
                description: keep(manifest.description.clone()),
                version: manifest.version,
                code: keep(code::digest(&manifest)?.as_str()),
                determinism: manifest.determinism,
                regime: manifest.regime,
                unused_settings: Vec::leak(manifest.unused_settings.clone()),
                parameters: Vec::leak(manifest.parameters.clone()),
                source_file: self.shown,
                cost_in_words: manifest.cost.clone().map(keep),
            };
            Ok(Loaded { manifest, about, may_start: self.may_start, frozen: Checked::default(), idle: Arc::default() })
        };
        self.loaded.get_or_init(load).as_ref()
    }

    /// The program that it starts, with its arguments, as the manifest has them; empty where that cannot be used.
    pub fn command(&self) -> &[String] {
        self.loaded().map_or(&[], |loaded| &loaded.manifest.command)
    }

    /// Whether its manifest can be used.
    ///
    /// # Errors
    /// [`ExternalError::Manifest`], with the place.
    pub fn check(&self) -> Result<(), ExternalError> {
        self.loaded().map(|_| ()).map_err(|problem| self.broken(problem))
    }

    fn broken(&self, problem: &str) -> ExternalError {
        ExternalError::Manifest { manifest: self.shown.into(), problem: problem.to_owned() }
    }
}

impl Deferred for ExternalModel {
    fn id(&self) -> &'static str {
        self.id
    }

    fn source_file(&self) -> &'static str {
        self.shown
    }

    fn load(&self) -> Result<&dyn ModelPlugin, Broken> {
        let broken = |problem: &String| Broken { id: self.id, problem: self.broken(problem).to_string() };
        self.loaded().map(|loaded| loaded as &dyn ModelPlugin).map_err(broken)
    }
}

impl ModelPlugin for Loaded {
    fn about(&self) -> &Declaration {
        &self.about
    }

    fn conditions(&self) -> &'static [Condition] {
        self.manifest.conditions
    }

    fn needs(&self) -> Needs {
        self.manifest.needs
    }

    fn build_is_costly(&self) -> bool {
        !self.manifest.reuse
    }

    fn release(&self) {
        self.idle.end();
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        let Self { manifest, about, may_start, frozen, idle } = self;
        let refused = |problem| ExternalError::Process { plugin: about.id, problem, last_words: String::new() };
        if !may_start {
            return Err(refused(Problem::OnlyRead).into());
        }
        // A record says which code made it: what was edited since must not run under that name.
        if code::digest(manifest).ok().is_none_or(|now| now.as_str() != about.code) {
            return Err(refused(Problem::Changed).into());
        }
        frozen.check(manifest).map_err(|problem| refused(Problem::Frozen { problem }))?;
        let plugin = Plugin { id: about.id, manifest, parameters: about.parameters, idle };
        Ok(Box::new(External::start(plugin, setup)?))
    }
}
