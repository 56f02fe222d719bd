//! What the commands share before the first trial: an experiment, and the command that makes its report again.

use crate::args::SpecArgs;
use crate::error::CliError;
use crate::program::Program;
use recur_core::registry::Registry;
use recur_core::selection::Finding;
use recur_core::trial::TrialId;
use recur_experiment::shell::quoted;
use recur_experiment::{Experiment, ExperimentError, Invocation, LookupError, Scored, available_cores};
use recur_ingest::read_regular;
use recur_report::{Provenance, Signature};
use recur_spec::{Override, Spec};
use recur_store::{Problem, Store};
use std::ops::Deref;
use std::path::{Path, PathBuf};

/// An experiment as the command line was asked for it.
pub(crate) struct Prepared {
    experiment: Experiment,
    /// How its report is made.
    pub(crate) provenance: Provenance,
    /// The folder of plugins, where one was named.
    pub(crate) plugins: Option<PathBuf>,
}

impl Deref for Prepared {
    type Target = Experiment;

    fn deref(&self) -> &Experiment {
        &self.experiment
    }
}

/// The most bytes of a spec that are read; what a spec may have is less, and checked with its text.
const MOST_BYTES_OF_SPEC: u64 = 16 << 20;

/// Reads and checks the spec.
pub(crate) fn read_spec(args: &SpecArgs, registry: &Registry) -> Result<Spec, CliError> {
    let text = read_regular(&args.spec, MOST_BYTES_OF_SPEC).map_err(|error| {
        let others = specs_beside(&args.spec);
        let hint = (!others.is_empty()).then(|| format!("there are: {}", others.join(", ")));
        CliError::new(format!("cannot read the spec {}", args.spec.display())).because(&error).hint(hint)
    })?;
    parse_spec(&text, args, registry)
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

/// Checks the `text` of the spec at `args.spec`, which was read already.
pub(crate) fn parse_spec(text: &[u8], args: &SpecArgs, registry: &Registry) -> Result<Spec, CliError> {
    recur_spec::parse(text, &args.spec.display().to_string(), &args.overrides, registry).map_err(CliError::from)
}

impl Prepared {
    /// Reads and checks the spec, reads the data, and names the trials.
    pub(crate) fn read(args: &SpecArgs, program: &Program<'_>) -> Result<Self, CliError> {
        Self::new(read_spec(args, program.registry)?, args, program)
    }

    /// The spec of a stored trial, compared with its digest, and its data.
    pub(crate) fn of_trial(
        id: &TrialId,
        args: &SpecArgs,
        store: &Store,
        program: &Program<'_>,
    ) -> Result<Self, CliError> {
        let damaged = |problem| damaged_trial(id, &problem);
        let text = store.spec(id).map_err(damaged)?;
        Self::new(parse_spec(&text, args, program.registry)?, args, program)
    }

    /// Reads the data of `spec` and names the trials.
    pub(crate) fn new(spec: Spec, args: &SpecArgs, program: &Program<'_>) -> Result<Self, CliError> {
        let experiment = Experiment::prepare(spec, program.registry)?;
        let provenance = experiment.provenance(Invocation {
            program: program.name.to_owned(),
            command: command(program.prefix(), args),
            spec_path: args.spec.display().to_string(),
            overrides: args.overrides.iter().map(|change| format!("{}={}", change.path, change.value)).collect(),
            plugins: args.plugins.as_ref().map(|folder| folder.display().to_string()),
        });
        Ok(Self { experiment, provenance, plugins: args.plugins.clone() })
    }

    /// The signature of the report of these records.
    pub(crate) fn signature(&self, findings: &[Finding], scored: &Scored) -> Signature {
        Signature::of(&self.experiment.outcomes(findings, scored), &self.provenance)
    }

    /// The records of an experiment whose trials have all been run; `spec` names it in the error where some have not.
    pub(crate) fn stored_findings(&self, store: &Store, spec: &Path) -> Result<Vec<Finding>, CliError> {
        self.stored(store, available_cores()).map_err(|error| match error {
            ExperimentError::TrialsMissing { n_missing, n_trials, store } => {
                LookupError::TrialsMissing { n_missing, n_trials, spec: spec.to_owned(), store }.into()
            }
            error => error.into(),
        })
    }
}

/// A trial in the store that is damaged.
pub(crate) fn damaged_trial(id: &TrialId, problem: &Problem) -> CliError {
    let hint = "recur experiment with its spec trains it again; recur store check lists all damage";
    CliError::new(format!("trial {} cannot be used: {problem}", id.short())).hint(hint.to_owned())
}

/// The command that writes the report of `args` again. `prefix` is what users type before a command.
pub(crate) fn command(prefix: &str, args: &SpecArgs) -> String {
    let change = |change: &Override| format!(" --set {}", quoted(&format!("{}={}", change.path, change.value)));
    let changes = args.overrides.iter().map(change).collect::<String>();
    let spec = quoted(&args.spec.display().to_string());
    format!("{prefix} experiment {spec}{}{changes}", plugins_option(args.plugins.as_deref()))
}

/// The option that names the folder of plugins, with a blank before it; nothing where none was named.
pub(crate) fn plugins_option(folder: Option<&Path>) -> String {
    folder.map(|folder| format!(" --plugins {}", quoted(&folder.display().to_string()))).unwrap_or_default()
}
