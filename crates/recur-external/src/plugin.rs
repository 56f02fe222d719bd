//! A plugin in a folder, as a model of the registry.

use crate::code;
use crate::error::{ExternalError, Problem};
use crate::manifest::{MANIFEST, Manifest};
use crate::model::External;
use crate::parameter::keep;
use recur_core::model::{Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::ParamSpec;
use recur_core::settings::TrainingKey;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

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

#[derive(Debug)]
struct Loaded {
    manifest: Manifest,
    summary: &'static str,
    description: &'static str,
    cost: Option<&'static str>,
    parameters: &'static [ParamSpec],
    unused_settings: &'static [TrainingKey],
    code: &'static str,
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
        let shown = keep(path.display().to_string());
        Box::leak(Box::new(Self { id, path, shown, may_start, loaded: OnceLock::new() }))
    }

    fn loaded(&self) -> Result<&Loaded, &String> {
        let load = || {
            let manifest = Manifest::read(&self.path, self.id)?;
            let code = keep(code::digest(&manifest)?.as_str());
            let parameters = Vec::leak(manifest.parameters.clone());
            let unused_settings = Vec::leak(manifest.unused_settings.clone());
            let (summary, description) = (keep(manifest.summary.clone()), keep(manifest.description.clone()));
            let cost = manifest.cost.clone().map(keep);
            Ok(Loaded { summary, description, cost, parameters, unused_settings, code, manifest })
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
        let broken =
            |problem: &String| ExternalError::Manifest { manifest: self.shown.into(), problem: problem.clone() };
        self.loaded().map(|_| ()).map_err(broken)
    }
}

impl ModelPlugin for ExternalModel {
    fn id(&self) -> &'static str {
        self.id
    }

    fn summary(&self) -> &'static str {
        self.loaded().map_or("its manifest cannot be used", |loaded| loaded.summary)
    }

    fn description(&self) -> &'static str {
        self.loaded().map_or("", |loaded| loaded.description)
    }

    fn version(&self) -> u32 {
        self.loaded().map_or(0, |loaded| loaded.manifest.version)
    }

    fn code(&self) -> &'static str {
        self.loaded().map_or("", |loaded| loaded.code)
    }

    fn determinism(&self) -> Determinism {
        self.loaded().map_or(Determinism::None, |loaded| loaded.manifest.determinism)
    }

    fn regime(&self) -> Regime {
        self.loaded().map_or(Regime::Iterative, |loaded| loaded.manifest.regime)
    }

    fn unused_settings(&self) -> &'static [TrainingKey] {
        self.loaded().map_or(&[], |loaded| loaded.unused_settings)
    }

    fn parameters(&self) -> &'static [ParamSpec] {
        self.loaded().map_or(&[], |loaded| loaded.parameters)
    }

    fn source_file(&self) -> &'static str {
        self.shown
    }

    fn cost_in_words(&self) -> Option<&'static str> {
        self.loaded().ok()?.cost
    }

    fn problem(&self) -> Option<String> {
        self.check().err().map(|error| error.to_string())
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        self.check()?;
        let Ok(loaded) = self.loaded() else { unreachable!("it was checked") };
        let refused = |problem| ExternalError::Process { plugin: self.id, problem, last_words: String::new() };
        if !self.may_start {
            return Err(refused(Problem::OnlyRead).into());
        }
        // A record says which code made it: what was edited since must not run under that name.
        if code::digest(&loaded.manifest).ok().is_none_or(|now| now.as_str() != loaded.code) {
            return Err(refused(Problem::Changed).into());
        }
        Ok(Box::new(External::start(self.id, &loaded.manifest, loaded.parameters, setup)?))
    }
}
