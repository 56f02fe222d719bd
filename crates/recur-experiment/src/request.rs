//! An experiment as a user asks a program for it: a spec, changes of it, and the command that makes its report again.

use crate::Experiment;
use crate::error::ExperimentError;
use crate::invocation::Invocation;
use crate::lookup::LookupError;
use crate::parallel::available_cores;
use crate::places::{Places, SpecPaths};
use crate::scoring::Scored;
use crate::shell::quoted;
use crate::trial_links::{DEFAULT_STORE, link_to_trials};
use recur_core::registry::Registry;
use recur_core::selection::TrialOutcome;
use recur_core::trial::TrialId;
use recur_core::visible::shown;
use recur_ingest::read_regular;
use recur_report::{Provenance, ReportRecord, Signature};
use recur_spec::{Override, Spec};
use recur_store::Store;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

/// A program that is asked for experiments.
#[derive(Clone, Copy, Debug)]
pub struct Program<'a> {
    /// The name under which users start it. Reports show it.
    pub name: &'a str,
    /// What users type before a command: the name, where no recipe of `just` starts the program.
    pub prefix: &'a str,
    /// What users type elsewhere: their reports name commands with it.
    pub other_prefixes: &'a [&'a str],
    /// Its models.
    pub registry: &'a Registry,
}

/// A spec as a user names it.
#[derive(Clone, Debug)]
pub struct SpecRequest {
    /// Its file. Messages and reports name it.
    pub path: PathBuf,
    /// Changes of single values.
    pub overrides: Vec<Override>,
    /// The folder of external plugins, where the user named one.
    pub plugins: Option<PathBuf>,
    /// Where the relative paths in it begin.
    pub paths: SpecPaths,
}

/// The most bytes of a spec that are read; what a spec may have is less, and checked with its text.
const MOST_BYTES_OF_SPEC: u64 = 16 << 20;

impl SpecRequest {
    /// The spec in the file at `path`, as it is; relative paths in it begin in the working folder.
    pub fn of_file(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), overrides: Vec::new(), plugins: None, paths: SpecPaths::default() }
    }

    /// The spec that the record of `report` has: its errors are at lines of that text, and of no file.
    pub(crate) fn in_report(report: &Path) -> Self {
        Self::of_file(format!("the spec in {}", shown(ReportRecord::path_of(report))))
    }

    /// Reads and checks the spec. Its relative paths are changed so that they lead from the working folder to the files.
    ///
    /// # Errors
    /// If the file cannot be read, or is no spec; if a relative path leads to one file from the spec's folder and to another one from
    /// the working folder; if the project's file cannot be used.
    pub fn read(&self, registry: &Registry) -> Result<Spec, LookupError> {
        let text = read_regular(&self.path, MOST_BYTES_OF_SPEC).map_err(|source| LookupError::UnreadableSpec {
            path: self.path.clone(),
            source,
            others: specs_beside(&self.path),
        })?;
        let mut spec = self.parse(&text, registry)?;
        Places::of(&self.path, self.paths)?.put_into(&mut spec, &self.path)?;
        Ok(spec)
    }

    /// Reads the data of `spec`, which is the one that was asked for, and names the trials.
    pub(crate) fn prepare(&self, spec: Spec, registry: &Registry) -> Result<Experiment, ExperimentError> {
        Experiment::prepare(spec, registry).map_err(|error| match Places::of(&self.path, self.paths) {
            Ok(places) => places.explained(error),
            Err(_) => error,
        })
    }

    /// Checks the `text` of the spec, which was read already.
    ///
    /// # Errors
    /// If it is no spec.
    pub fn parse(&self, text: &[u8], registry: &Registry) -> Result<Spec, LookupError> {
        let parsed = recur_spec::parse(text, &shown(&self.path), &self.overrides, registry);
        parsed.map_err(|errors| LookupError::Spec(Box::new(errors)))
    }

    /// The command that writes the report again. `prefix` is what users type before a command.
    pub fn command(&self, prefix: &str) -> String {
        format!("{prefix} experiment {}{}", quoted(&self.path.display().to_string()), self.options())
    }

    /// What to do where a run of it on `store` ended early: the error's hint, and the command.
    pub fn hint_to_go_on(&self, error: &ExperimentError, store: &Path) -> Option<String> {
        let hint = error.hint()?;
        match error {
            ExperimentError::Interrupted { .. } | ExperimentError::PartDone { .. } => {
                Some(format!("{hint}: {}", self.command_to_train(store)))
            }
            _ => Some(hint),
        }
    }

    /// The command that trains what is missing in `store`.
    pub fn command_to_train(&self, store: &Path) -> String {
        self.command("recur") + &store_option(store)
    }

    /// The options of a command that reads it.
    pub fn options(&self) -> String {
        let changes: String = self.overrides.iter().map(|change| format!(" --set {}", quoted(&set(change)))).collect();
        plugins_option(self.plugins.as_deref()) + &changes
    }

    /// How `program` was asked for it.
    fn invocation(&self, program: &Program<'_>) -> Invocation {
        Invocation {
            program: program.name.to_owned(),
            prefix: Some(program.prefix.to_owned()),
            command: self.command(program.prefix),
            spec_path: self.path.display().to_string(),
            overrides: self.overrides.iter().map(set).collect(),
            plugins: self.plugins.as_ref().map(|folder| folder.display().to_string()),
        }
    }
}

/// A change as users write it.
fn set(change: &Override) -> String {
    format!("{}={}", change.path, change.value)
}

/// The specs in the folder of `path`, for a hint.
fn specs_beside(path: &Path) -> Vec<String> {
    let folder = path.parent().unwrap_or(Path::new(""));
    // The parent of a bare file name is empty, and no folder.
    let listed = if folder == Path::new("") { Path::new(".") } else { folder };
    let Ok(entries) = std::fs::read_dir(listed) else { return Vec::new() };
    let mut specs: Vec<String> = entries
        .filter_map(|entry| Some(folder.join(entry.ok()?.file_name())))
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml"))
        .map(|path| path.display().to_string())
        .collect();
    specs.sort();
    specs
}

/// The option that names the folder of plugins, with a blank before it; nothing where none was named.
pub(crate) fn plugins_option(folder: Option<&Path>) -> String {
    folder.map(|folder| format!(" --plugins {}", quoted(&folder.display().to_string()))).unwrap_or_default()
}

/// The option that names the store, with a blank before it; nothing for the default one.
pub(crate) fn store_option(store: &Path) -> String {
    if store == Path::new(DEFAULT_STORE) {
        return String::new();
    }
    format!(" --store {}", quoted(&store.display().to_string()))
}

/// An experiment as a program was asked for it.
#[derive(Debug)]
pub struct RequestedExperiment {
    experiment: Experiment,
    /// How its report is made.
    pub provenance: Provenance,
    /// What was asked for.
    pub request: SpecRequest,
    /// [`Program::prefix`].
    pub(crate) prefix: String,
}

impl Deref for RequestedExperiment {
    type Target = Experiment;

    fn deref(&self) -> &Experiment {
        &self.experiment
    }
}

impl DerefMut for RequestedExperiment {
    fn deref_mut(&mut self) -> &mut Experiment {
        &mut self.experiment
    }
}

impl RequestedExperiment {
    /// Reads and checks the spec, reads the data, and names the trials.
    ///
    /// # Errors
    /// If the spec or its data cannot be used.
    pub fn read(request: &SpecRequest, program: &Program<'_>) -> Result<Self, LookupError> {
        Ok(Self::new(request.read(program.registry)?, request, program)?)
    }

    /// The spec of a stored trial, compared with its digest, and its data. `request` names the file of the spec.
    ///
    /// # Errors
    /// If the trial is damaged, or its spec or its data cannot be used.
    pub fn of_trial(
        id: &TrialId,
        request: &SpecRequest,
        store: &Store,
        program: &Program<'_>,
    ) -> Result<Self, LookupError> {
        Ok(Self::new(spec_of_trial(id, request, store, program.registry)?, request, program)?)
    }

    /// Reads the data of `spec` and names the trials.
    ///
    /// # Errors
    /// If the data cannot be used.
    pub fn new(spec: Spec, request: &SpecRequest, program: &Program<'_>) -> Result<Self, ExperimentError> {
        let experiment = request.prepare(spec, program.registry)?;
        let provenance = experiment.provenance(request.invocation(program));
        Ok(Self { experiment, provenance, request: request.clone(), prefix: program.prefix.to_owned() })
    }

    /// What users type before a command: [`Program::prefix`].
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Lets the page of a report in the folder `reports` lead to the trials in `store`: [`link_to_trials`].
    pub fn link_trials(&mut self, reports: &Path, store: &Path) {
        self.provenance.store_link = link_to_trials(reports, store);
    }

    /// Lets the page lead to the trials as that of the report at `report` does, if there is one: where the store is does not change
    /// what the records give.
    pub fn link_trials_as(&mut self, report: &Path) {
        if let Ok(Some(record)) = ReportRecord::of_report(report) {
            self.provenance.store_link = record.provenance.store_link;
        }
    }

    /// The signature of the report of these records.
    pub fn signature(&self, outcomes: &[TrialOutcome], scored: &Scored) -> Signature {
        Signature::of(&self.experiment.outcomes(outcomes, scored), &self.provenance)
    }

    /// The records of an experiment whose trials have all been run.
    ///
    /// # Errors
    /// If a record is missing, or the store cannot be read.
    pub fn stored_outcomes(&mut self, store: &Store) -> Result<Vec<TrialOutcome>, LookupError> {
        stored_outcomes(&mut self.experiment, store, &self.request)
    }
}

/// The spec of a stored trial, compared with its digest.
pub(crate) fn spec_of_trial(
    id: &TrialId,
    request: &SpecRequest,
    store: &Store,
    registry: &Registry,
) -> Result<Spec, LookupError> {
    let text = store.spec(id).map_err(|problem| LookupError::damaged_trial(id, problem))?;
    request.parse(&text, registry)
}

/// The records of `experiment`, whose trials have all been run; it was asked for by `request`.
pub(crate) fn stored_outcomes(
    experiment: &mut Experiment,
    store: &Store,
    request: &SpecRequest,
) -> Result<Vec<TrialOutcome>, LookupError> {
    let replayed = experiment.replay(store, available_cores());
    replayed.and_then(|()| experiment.stored(store, available_cores())).map_err(|error| match error {
        ExperimentError::TrialsMissing { n_missing, n_trials, store } => {
            let (spec, command) = (request.path.clone(), request.command_to_train(&store));
            LookupError::TrialsMissing { n_missing, n_trials, spec, store, command }
        }
        error => error.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_of_a_request_has_all_that_changes_the_spec() {
        let request = SpecRequest {
            path: "a b.yaml".into(),
            overrides: vec!["seed=3".parse().unwrap()],
            plugins: Some("my plugins".into()),
            paths: SpecPaths::default(),
        };
        assert_eq!(request.command("just"), "just experiment 'a b.yaml' --plugins 'my plugins' --set 'seed=3'");
        assert_eq!(SpecRequest::of_file("a.yaml").command("own"), "own experiment a.yaml");
    }

    #[test]
    fn a_spec_that_is_not_there_is_named_with_those_that_are() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("there.yaml"), "").unwrap();
        let request = SpecRequest::of_file(folder.path().join("their.yaml"));
        let error = request.read(&Registry::new()).unwrap_err();
        assert!(error.to_string().starts_with("cannot read the spec ") && error.to_string().ends_with("their.yaml"));
        let there = folder.path().join("there.yaml");
        assert_eq!(error.hint(), Some(format!("there are: {}", there.display())));
    }
}
