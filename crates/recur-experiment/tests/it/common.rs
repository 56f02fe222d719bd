//! A folder with small experiments and their store.

use recur_core::registry::Registry;
use recur_core::trial::TrialId;
use recur_experiment::{Experiment, LocalExecutor, Program, RequestedExperiment, RunOptions, SpecRequest};
use recur_store::Store;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Two models and two replicates: 4 trials.
const SPEC: &str = "\
# Which model tells best what language a name comes from?
recur: 1
name: NAME
seed: 5
data: {source: 'DATA'}
training: {epochs: 2, batch_size: 8}
models:
  - {use: manual_rnn, params: {hidden_size: SIZE}}
  - {use: stacked_rnn, params: {hidden_size: SIZE}}
replicates: 2
";

/// A folder with `names.csv`, specs and a store.
pub struct Lab {
    folder: TempDir,
    /// The recurrent models.
    pub registry: Registry,
}

impl Lab {
    pub fn new() -> Self {
        let mut registry = Registry::new();
        registry.register_all(recur_models::PLUGINS);
        let lab = Self { folder: tempfile::tempdir().unwrap(), registry };
        lab.write("names.csv", names_csv());
        lab
    }

    /// With the experiment `small` in the store, and its report.
    pub fn with_small() -> Self {
        let lab = Self::new();
        lab.run("small", &lab.spec("small", 4));
        lab
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// A path in the folder, as a word.
    pub fn word(&self, path: &str) -> String {
        self.path(path).to_str().unwrap().to_owned()
    }

    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        std::fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        std::fs::write(self.path(path), content).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    /// A spec called `name` with models of `hidden_size`.
    pub fn spec(&self, name: &str, hidden_size: u32) -> String {
        SPEC.replace("NAME", name).replace("DATA", &self.word("names.csv")).replace("SIZE", &hidden_size.to_string())
    }

    pub fn store(&self) -> Store {
        Store::open(&self.path("runs")).unwrap()
    }

    pub fn program(&self) -> Program<'_> {
        Program { name: "lab", prefix: "lab", other_prefixes: &[], registry: &self.registry }
    }

    /// Writes `spec` into `NAME.yaml`, runs it in the store, and writes its report.
    pub fn run(&self, name: &str, spec: &str) -> RequestedExperiment {
        let file = format!("{name}.yaml");
        self.write(&file, spec);
        let request = SpecRequest::of_file(self.path(&file));
        let mut experiment = RequestedExperiment::read(&request, &self.program()).unwrap();
        let (store, options) = (self.store(), RunOptions::default());
        let outcomes = experiment.run(&store, &LocalExecutor::new(2), &options).unwrap();
        experiment.report(&outcomes, &store, 2, &options, &self.path("reports")).unwrap();
        experiment
    }

    /// The folder of a trial in the store.
    pub fn trial(&self, id: &TrialId) -> PathBuf {
        self.store().trial(id)
    }
}

/// The ids of the trials of `experiment` on `replicate` with test results, of `model`.
pub fn tested(lab: &Lab, experiment: &Experiment, model: &str, replicate: u32) -> Vec<TrialId> {
    let store = lab.store();
    let is_such = |trial: &&recur_core::trial::Trial| {
        trial.identity.model == model && trial.replicate == replicate && store.trial(&trial.id).join("test").exists()
    };
    experiment.trials().iter().filter(is_such).map(|trial| trial.id.clone()).collect()
}

/// Puts `new` in the place of the first `old` in a file.
#[track_caller]
pub fn edit(path: &Path, old: &str, new: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(old), "`{old}` is not in {}", path.display());
    std::fs::write(path, text.replacen(old, new, 1)).unwrap();
}

pub use recur_testkit::samples::names_csv;

/// Holds an error, its causes and its hint to all of `parts`.
#[track_caller]
pub fn says(error: &dyn std::error::Error, hint: Option<String>, parts: &[&str]) {
    let text = format!("{}\n{}", recur_experiment::with_causes(error), hint.unwrap_or_default());
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
}
