//! What the commands can fail with, what to do about it, and how the process ends.

use crate::commands::predict::NamesError;
use crate::output::print_error;
use anstyle::{AnsiColor, Style};
use recur_core::model::ModelError;
use recur_core::registry::{DuplicateModel, NoModel};
use recur_core::visible::visible;
use recur_experiment::{ExperimentError, reading_a_model, using_a_store, using_data};
use recur_external::ExternalError;
use recur_files::NoTemporaryFolder;
use recur_ingest::{FileError, IngestError};
use recur_report::{ReportError, Unlike};
use recur_spec::SpecErrors;
use recur_store::{Problem, StoreError};
use recur_train::PredictError;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How the process ends. Wrong words on the command line end it with 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: all that was asked for was done.
    Success,
    /// 1: an error; nothing useful was done, or it is told what was.
    Error,
    /// 3: the report was written, but some trials diverged or failed, or could not be scored on test.
    SomeTrialsFailed,
    /// 4: what was made again or checked is not what is there.
    Different,
    /// 5: a model does not keep the contract.
    ContractBroken,
    /// 6: nothing was compared: no trial could be executed again whose bytes are promised to be equal.
    NothingCompared,
    /// 130: interrupted; what was finished is kept.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Success => 0,
            Exit::Error => 1,
            Exit::SomeTrialsFailed => 3,
            Exit::Different => 4,
            Exit::ContractBroken => 5,
            Exit::NothingCompared => 6,
            Exit::Interrupted => 130,
        })
    }
}

/// How to make two experiments such that they can be compared.
fn alike(unlike: &Unlike) -> String {
    let set = |setting: &str| format!("give both the same {setting}, and run the one again");
    match unlike {
        Unlike::Labels { .. } | Unlike::Data { .. } => {
            "only figures on the same test names can be compared: run both on the \
            same data, read by the same settings"
                .to_owned()
        }
        Unlike::Split { .. } => set("data.split"),
        Unlike::Seed { .. } => set("seed"),
        Unlike::Replicates { .. } => {
            "give both the same replicates, and run the one again: trials that are there are not trained again"
                .to_owned()
        }
        Unlike::Replicate { .. } => "compare trials of one replicate: recur plan tells each trial's".to_owned(),
        Unlike::Primary { .. } => {
            "give both the same report.primary, and run the one again: that trains nothing".to_owned()
        }
        Unlike::Division { .. } => "run both with this version of recur".to_owned(),
    }
}

/// What to do about a file that is in the way of a report; `elsewhere` says how to write it to another place.
fn in_the_way(error: &ReportError, elsewhere: &str) -> Option<String> {
    match error {
        ReportError::Write { .. } => Some(elsewhere.replace("another folder", "a folder that can be written")),
        ReportError::Foreign { .. } | ReportError::Link { .. } | ReportError::InTheWay { .. } => {
            Some(format!("move it away, or {elsewhere}"))
        }
        ReportError::Changed { .. } => Some(format!("--replace writes over it; or {elsewhere}")),
        ReportError::OtherReport { .. } => {
            Some(format!("--replace writes over it; or give one of them another `name`, or {elsewhere}"))
        }
        _ => None,
    }
}

/// The folder that was allowed, where another one is needed.
fn of_other(allowed: Option<&Path>) -> String {
    allowed.map_or_else(String::new, |folder| format!("\n(--allow-plugins names another folder: {})", folder.display()))
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error("cannot read the spec {}", path.display())]
    ReadSpec { path: PathBuf, source: FileError, others: Vec<String> },
    #[error("{0}")]
    Spec(Box<SpecErrors>),
    #[error(transparent)]
    Experiment(Box<ExperimentError>),
    #[error("cannot use the data")]
    Ingest(#[from] IngestError),
    #[error("cannot use the store")]
    Store(#[from] StoreError),
    #[error("cannot write the report")]
    Report(#[from] ReportError),
    #[error(transparent)]
    Compare(ReportError),
    #[error(transparent)]
    NoModel(#[from] NoModel),
    #[error(transparent)]
    Plugins(#[from] ExternalError),
    #[error(transparent)]
    DuplicateModel(#[from] DuplicateModel),
    #[error("{} of the plugins cannot be used:\n  {}", problems.len(), problems.join("\n  "))]
    BrokenPlugins { problems: Vec<String> },
    #[error("no file {model}, and no experiment and no trial with weights of that name in the store {}", store.display())]
    NoSuchModel { model: String, store: PathBuf, nearest: Option<String>, experiments: Vec<String> },
    #[error("the experiment {experiment} has no model {model}")]
    NoModelOfExperiment { experiment: String, model: String, nearest: Option<String>, models: Vec<String> },
    #[error("no configuration of {what} finished on every replicate")]
    NothingToPredictWith { what: String },
    #[error("there is no store {}", store.display())]
    NoStore { store: PathBuf },
    #[error("no trial of {} has an id that begins with {trial}", spec.display())]
    NotInSpec { trial: String, spec: PathBuf },
    #[error("no trial {trial} in the store {}", store.display())]
    NoSuchTrial { trial: String, store: PathBuf },
    #[error("cannot read the report {}", path.display())]
    ReadReport { path: PathBuf, source: std::io::Error },
    #[error("{} is no report of recur, or one of an earlier version without a signature", path.display())]
    NoReport { path: PathBuf },
    #[error("{} is a comparison: its experiments are verified, not it", path.display())]
    IsComparison { path: PathBuf, command: String },
    #[error("{} does not open as a report", path.display())]
    NoOpening { path: PathBuf, source: recur_report::NoOpening },
    #[error("{} is not empty", folder.display())]
    NotFresh { folder: PathBuf },
    #[error("{n_missing} trials are not to be executed again, and the store does not have all of them whole")]
    SampleWithoutStore { n_missing: usize },
    #[error(transparent)]
    Scratch(#[from] NoTemporaryFolder),
    #[error("{} {problem}", what.display())]
    NotVerifiable { what: PathBuf, problem: String, remedy: Option<String> },
    #[error("{what} names plugins of the folder {}, which are programs. They are started only if you allow it:\n  {}{}",
        folder.display(), starts.join("\n  "), of_other(other.as_deref()))]
    PluginsNotAllowed { what: String, folder: PathBuf, starts: Vec<String>, other: Option<PathBuf>, command: String },
    #[error("stopped")]
    Stopped,
    #[error("{model} is the beginning of several trials' ids: {}", ids.join(", "))]
    AmbiguousTrial { model: String, ids: Vec<String> },
    #[error("cannot read the model")]
    ReadModel(#[source] StoreError),
    #[error(transparent)]
    Predict(#[from] PredictError),
    #[error("the model failed")]
    Model(#[from] ModelError),
    #[error("cannot read names from standard input")]
    ReadStdin(#[source] std::io::Error),
    #[error(transparent)]
    Names(#[from] NamesError),
    #[error("{} exists, and predictions overwrite no file", path.display())]
    OutputExists { path: PathBuf },
    #[error("cannot write {}", path.display())]
    WriteOutput { path: PathBuf, source: std::io::Error },
    #[error("none of the {n_names} names can be read by the model")]
    NoNameRead { n_names: usize },
    #[error("{n_missing} of {n_trials} trials of {} have no record in the store {}", spec.display(), store.display())]
    TrialsMissing { n_missing: usize, n_trials: usize, spec: PathBuf, store: PathBuf },
    #[error("{} ends in no format that --{option} writes", path.display())]
    ExportFormat { path: PathBuf, option: &'static str, formats: &'static [&'static str] },
    #[error("{} is named for two outputs", path.display())]
    SameOutput { path: PathBuf },
    #[error("the folder {} is within the store {}", folder.display(), store.display())]
    WithinStore { folder: PathBuf, store: PathBuf },
    #[error("cannot write the file")]
    Export(#[source] StoreError),
    #[error("nothing is called {word}: no spec, no experiment in the store {}, and no trial whose id begins so", store.display())]
    NothingCalled { word: String, store: PathBuf, nearest: Option<String>, experiments: Vec<String> },
    #[error("{first} and {second} are the same: they have the same trials")]
    SameTwice { first: String, second: String },
    #[error("{trial} is a trial and {experiment} an experiment")]
    TrialsAndExperiments { trial: String, experiment: String },
    #[error("no model of these experiments is called {name}")]
    NoSuchBaseline { name: String, nearest: Option<String>, models: Vec<String> },
    #[error("{name} has none of the models {}", models.join(", "))]
    NoneOfTheModels { name: String, models: Vec<String>, has: Vec<String> },
    #[error("the experiment {name} in the store cannot be used: {problem}")]
    DamagedExperiment { name: String, problem: Box<Problem> },
    #[error("the experiment {name} in the store lists {n_listed} trials, and its spec has {n_trials}")]
    OtherTrials { name: String, n_listed: usize, n_trials: usize },
    #[error("trial {trial} cannot be used: {problem}")]
    DamagedTrial { trial: String, problem: Box<Problem> },
    #[error("trial {trial} did not finish: {reason}")]
    TrialUnfinished { trial: String, reason: String },
    #[error("trial {trial} has no test figures: no experiment chose its configuration")]
    TrialNotChosen { trial: String },
    #[error("trial {trial} of a chosen configuration of {} has no test figures yet", spec.display())]
    NotScored { trial: String, spec: PathBuf },
    #[error("the test figures of trial {trial} cannot be used: {problem}")]
    DamagedTest { trial: String, problem: String },
    #[error("RECUR_ISA={name}: {reason}")]
    InstructionSet { name: String, reason: String },
    #[error("{} exists with other content, and is not replaced", path.display())]
    OtherContent { path: PathBuf },
    #[error("{} was not written by recur, and is not replaced", path.display())]
    NotGenerated { path: PathBuf },
    #[error("{} was changed after recur wrote it, and is not replaced", path.display())]
    ChangedGenerated { path: PathBuf },
    #[error("{} is not a file, and is not replaced", path.display())]
    NotAFile { path: PathBuf },
    #[error("cannot read {}, which was to be replaced", path.display())]
    ReadTarget { path: PathBuf, source: std::io::Error },
    #[error("cannot write {}", path.display())]
    WriteGenerated { path: PathBuf, source: std::io::Error },
    #[error("cannot read {}", path.display())]
    ReadGenerated { path: PathBuf, source: std::io::Error, remedy: String },
    #[error("{}:{line} is not what recur generates\n  there:     {there}\n  generated: {made}", path.display())]
    NotAsGenerated { path: PathBuf, line: usize, there: String, made: String, remedy: String },
    #[error("--set {given}: {problem}")]
    SetParam { given: String, problem: String },
    #[error("cannot write to standard output")]
    Output(#[from] std::io::Error),
}

impl From<ExperimentError> for CliError {
    fn from(error: ExperimentError) -> Self {
        Self::Experiment(Box::new(error))
    }
}

impl CliError {
    /// How the process ends with this error.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            CliError::Experiment(error) if matches!(**error, ExperimentError::Interrupted { .. }) => Exit::Interrupted,
            CliError::Stopped => Exit::Interrupted,
            CliError::NotAsGenerated { .. } => Exit::Different,
            _ => Exit::Error,
        }
    }

    /// What to do about it, where that is known.
    fn hint(&self) -> Option<String> {
        match self {
            CliError::ReadSpec { others, .. } if !others.is_empty() => {
                Some(format!("there are: {}", others.join(", ")))
            }
            CliError::TrialsMissing { spec, .. } => {
                Some(format!("run them first: recur experiment {}", spec.display()))
            }
            CliError::Experiment(error) => error.hint(),
            CliError::NoModel(NoModel::Unknown(_)) | CliError::Predict(PredictError::NoModel(NoModel::Unknown(_))) => {
                Some("recur models lists all models".to_owned())
            }
            CliError::Plugins(ExternalError::Folder { .. }) => {
                Some("--plugins DIR (or RECUR_PLUGINS) names the folder that holds NAME/plugin.yaml".to_owned())
            }
            CliError::DuplicateModel(_) => {
                Some("a plugin's folder names its model: rename it, and its `id`".to_owned())
            }
            CliError::NoModel(NoModel::Broken(_))
            | CliError::Predict(PredictError::NoModel(NoModel::Broken(_)))
            | CliError::BrokenPlugins { .. } => {
                Some("docs/external-plugins.md explains every key of a manifest".to_owned())
            }
            CliError::NoSuchModel { store, .. } | CliError::NoSuchTrial { store, .. } if !store.exists() => {
                Some(format!("there is no store {}; --store DIR names another", visible(&store.display().to_string())))
            }
            CliError::NoSuchModel { nearest: Some(name), .. } => Some(format!("did you mean {name}?")),
            CliError::NoSuchModel { experiments, .. } => {
                let names = if experiments.is_empty() { "none".to_owned() } else { experiments.join(", ") };
                Some(format!("experiments in the store: {names}; recur plan lists all ids"))
            }
            CliError::NoModelOfExperiment { experiment, nearest: Some(name), .. } => {
                Some(format!("did you mean {experiment}/{name}?"))
            }
            CliError::NoModelOfExperiment { models, .. } => Some(format!("it has: {}", models.join(", "))),
            CliError::NothingToPredictWith { .. } => {
                Some("--model TRIAL takes one that finished: recur store list".to_owned())
            }
            CliError::Names(error) => error.hint(),
            CliError::OutputExists { .. } => Some("remove it, or name another file".to_owned()),
            CliError::WriteOutput { .. } => Some("name a file in a folder that exists and can be written".to_owned()),
            CliError::NoStore { store } if store.exists() => {
                Some("the folder is there and has no store.json: it is no store; --store DIR names another".to_owned())
            }
            CliError::NoStore { .. } => Some("recur experiment makes it; --store DIR names another".to_owned()),
            CliError::NotInSpec { spec, .. } => Some(format!("recur plan {} lists the ids", spec.display())),
            CliError::NoSuchTrial { .. } => Some("recur store list and recur plan list ids".to_owned()),
            CliError::IsComparison { command, .. } => {
                Some(format!("recur verify their reports; `{command}` then writes these bytes again"))
            }
            CliError::Scratch(error) => Some(error.hint().to_owned()),
            CliError::NotVerifiable { remedy, .. } => remedy.clone(),
            CliError::PluginsNotAllowed { command, .. } => Some(format!("if you trust them: {command}")),
            CliError::NoReport { .. } => Some("recur experiment and recur report write reports".to_owned()),
            CliError::NoOpening { .. } => {
                Some("recur experiment and recur report write reports; keep other pages elsewhere".to_owned())
            }
            CliError::NotFresh { .. } => Some("name a folder that is empty or not there yet: --to DIR".to_owned()),
            CliError::SampleWithoutStore { .. } => Some(
                "run the experiment first, or verify all trials (no --sample); recur store check tells what is damaged"
                    .to_owned(),
            ),
            CliError::ReadGenerated { remedy, .. } | CliError::NotAsGenerated { remedy, .. } => {
                Some(format!("make it anew: {remedy}"))
            }
            CliError::WriteGenerated { .. } => {
                Some("name a file in a folder that is there and can be written".to_owned())
            }
            CliError::AmbiguousTrial { .. } => Some("give more digits".to_owned()),
            CliError::Predict(PredictError::NoCard { .. }) => Some(
                "score it once in a spec with `weights: FILE` under its model, `data.text.alphabet` and \
                `training.epochs: 0`; the weights that this trial keeps have a card (docs/weights.md)"
                    .to_owned(),
            ),
            CliError::Store(error) => using_a_store(error),
            CliError::ReadModel(error) => reading_a_model(error),
            CliError::Report(error) if let Some(hint) = in_the_way(error, "name another folder: --reports DIR") => {
                Some(hint)
            }
            CliError::Compare(error) if let Some(hint) = in_the_way(error, "name another file: --write FILE") => {
                Some(hint)
            }
            CliError::SameOutput { .. } => Some("name a file for each".to_owned()),
            CliError::WithinStore { .. } => {
                Some("name a folder elsewhere: what is copied is a store of its own".to_owned())
            }
            CliError::OtherContent { .. } => Some("--replace writes over it; or name another file".to_owned()),
            CliError::ChangedGenerated { .. } => Some("--replace writes over it".to_owned()),
            CliError::NotGenerated { .. } => Some("move it elsewhere first".to_owned()),
            CliError::NotAFile { .. } | CliError::ReadTarget { .. } => Some("name another file".to_owned()),
            CliError::NothingCalled { nearest, experiments, .. } => Some(match (nearest, experiments.as_slice()) {
                (Some(name), _) => format!("did you mean {name}?"),
                (None, []) => "recur experiment SPEC runs one; recur store list lists the trials".to_owned(),
                (None, names) => format!("there are: {}", names.join(", ")),
            }),
            CliError::SameTwice { .. } => Some("name two or more different ones".to_owned()),
            CliError::TrialsAndExperiments { .. } => {
                Some("compare experiments with experiments, and trials with trials".to_owned())
            }
            CliError::NoSuchBaseline { nearest: Some(name), .. } => Some(format!("did you mean {name}?")),
            CliError::NoSuchBaseline { models, .. } => Some(format!("there are: {}", models.join(", "))),
            CliError::NoneOfTheModels { has, .. } => Some(format!("it has: {}", has.join(", "))),
            CliError::DamagedExperiment { .. } | CliError::OtherTrials { .. } => {
                Some("recur experiment with its spec puts that right, and trains nothing that is there".to_owned())
            }
            CliError::DamagedTrial { .. } => {
                Some("recur experiment with its spec trains it again; recur store check tells all damage".to_owned())
            }
            CliError::TrialUnfinished { .. } => Some("compare trials that finished: recur store list".to_owned()),
            CliError::TrialNotChosen { .. } => Some(
                "test names are scored for chosen configurations alone; recur store list --json tells has_test"
                    .to_owned(),
            ),
            CliError::NotScored { spec, .. } => {
                Some(format!("recur experiment {} scores them, and trains nothing again", spec.display()))
            }
            CliError::DamagedTest { .. } => Some("recur experiment with its spec makes them again".to_owned()),
            CliError::Compare(ReportError::Unlike { unlike, .. }) => Some(alike(unlike)),
            CliError::Compare(ReportError::NothingFinished { .. }) => {
                Some("its report tells how its trials ended".to_owned())
            }
            CliError::Report(ReportError::MixedData { .. }) | CliError::Compare(ReportError::MixedData { .. }) => {
                Some("the data has changed since it was run: run the experiment again".to_owned())
            }
            CliError::ExportFormat { formats, .. } => Some(format!("end the file's name in {}", formats.join(" or "))),
            CliError::Ingest(error) => using_data(error),
            _ => None,
        }
    }

    /// Prints it to standard error, with its causes and the hint.
    pub(crate) fn print(&self) {
        let bold = |color: AnsiColor| Style::new().bold().fg_color(Some(color.into()));
        print_error(bold(AnsiColor::Red), "error:", &format!(" {self}"));
        // The error of a spec names all of its causes itself.
        let mut cause = self.source().filter(|_| !matches!(self, CliError::Spec(_)));
        while let Some(error) = cause {
            print_error(Style::new(), "  because ", &error.to_string());
            cause = error.source();
        }
        if let Some(hint) = self.hint() {
            print_error(bold(AnsiColor::Cyan), " hint:", &format!(" {hint}"));
        }
    }
}
