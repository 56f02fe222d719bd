//! What a run can fail with, and what to do about it.

use crate::part::PartEnd;
use recur_analysis::AnalysisError;
use recur_cluster::Refusal;
use recur_core::metric::Metric;
use recur_core::nearest::nearest;
use recur_core::registry::NoModel;
use recur_core::split::SplitError;
use recur_core::trial::{TrialId, TrialsError};
use recur_core::visible::{shown, visible};
use recur_files::NoTemporaryFolder;
use recur_ingest::IngestError;
use recur_report::ReportError;
use recur_store::{Fault, StoreError};
use recur_train::{SweepError, TestSetError};
use std::error::Error;
use std::path::{Path, PathBuf};

/// Why an experiment cannot be prepared, run or scored. [`ExperimentError::hint`] is the next thing to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum ExperimentError {
    /// The data cannot be used.
    #[error("cannot use the data")]
    Ingest(#[from] IngestError),
    /// A file that the spec names is in neither of the folders where it was looked for.
    #[error("a file of the spec is missing: recur looked in {first} and in {second}")]
    InNoPlace {
        first: String,
        second: String,
        #[source]
        error: Box<ExperimentError>,
    },
    /// The data cannot be divided as the spec asks.
    #[error("cannot divide the rows of {data}")]
    Split {
        /// Where the data comes from.
        data: String,
        source: SplitError,
    },
    /// The spec looks for a label that the data do not have.
    #[error("`report.positive` is `{}`, and {} has no such label", visible(label), visible(data))]
    NoSuchLabel {
        /// What the spec names.
        label: String,
        /// Where the data comes from.
        data: String,
        /// The labels that there are.
        labels: Vec<String>,
    },
    /// The report ranks by a metric of one label, and there are more than two.
    #[error("`report.primary` is `{}`, which is of one label, and {} has {}", metric.name(), visible(data), labels.len())]
    NoPositive {
        /// The metric.
        metric: Metric,
        /// Where the data comes from.
        data: String,
        /// The labels that there are.
        labels: Vec<String>,
    },
    /// The report ranks by a metric that some replicate leaves undefined.
    #[error(
        "`report.primary` is `{}`, which is undefined on the {part} rows of replicate {replicate} of {}: {}",
        metric.name(),
        visible(data),
        lacking(label.as_deref())
    )]
    Undefined {
        /// The metric.
        metric: Metric,
        /// The part of the split.
        part: &'static str,
        /// The replicate.
        replicate: u32,
        /// Where the data comes from.
        data: String,
        /// The label that no row has; `None` where all rows have one and the same.
        label: Option<String>,
        /// Whether the data say which rows are in the part.
        is_published: bool,
    },
    /// A file of weights that a model starts from cannot be read.
    #[error("cannot read initial weights")]
    InitialWeights(#[source] StoreError),
    /// The trials cannot be named.
    #[error(transparent)]
    Trials(#[from] TrialsError),
    /// The spec names a model that nobody registered, or whose plugin is broken.
    #[error(transparent)]
    NoModel(#[from] NoModel),
    /// The store cannot be read or written.
    #[error("cannot use the store")]
    Store(#[from] StoreError),
    /// The sweep could not go on; what had ended is kept.
    #[error("the sweep stopped")]
    Sweep(#[from] SweepError),
    /// It was asked to stop; what had ended is kept.
    #[error("interrupted: {n_kept} of {n_trials} trials are kept in {}{}", shown(store), begun(*n_begun))]
    Interrupted {
        /// Trials with a record.
        n_kept: usize,
        n_trials: usize,
        /// Trials that go on from a checkpoint.
        n_begun: usize,
        store: PathBuf,
    },
    /// A part of the work was done, as asked for; what had ended is kept.
    #[error("{end}: {n_kept} of {n_trials} trials are kept in {}{}, and there is no report yet", shown(store), begun(*n_begun))]
    PartDone {
        end: PartEnd,
        /// Trials with a record.
        n_kept: usize,
        /// Trials that are known so far.
        n_trials: usize,
        /// Trials that go on from a checkpoint.
        n_begun: usize,
        store: PathBuf,
    },
    /// The part that is to be run names a model that the experiment does not have.
    #[error("the experiment has no model `{name}`")]
    NoSuchModel {
        name: String,
        /// Those that it has, in the order of the spec.
        models: Vec<String>,
    },
    /// The executor returned no result of trials, though nobody asked it to stop.
    #[error("the executor returned no result for {n_lost} of {n_trials} trials")]
    TrialsLost {
        /// Trials without a result, or with one too many.
        n_lost: usize,
        /// The trials that it was to run.
        n_trials: usize,
    },
    /// A trial failed whose result decides which trials come next.
    #[error("trial {} ({title}) failed, and its result decides which trials come next: {reason}", trial.short())]
    Halted {
        trial: TrialId,
        /// Its configuration and replicate.
        title: String,
        reason: String,
        /// Other trials without a result.
        n_others: usize,
    },
    /// Trials that were to be read have no record.
    #[error("{n_missing} of {n_trials} trials have no record in the store {}", shown(store))]
    TrialsMissing {
        /// Trials without a record.
        n_missing: usize,
        n_trials: usize,
        store: PathBuf,
    },
    /// Trials that are not to be executed again are missing or damaged in the store.
    #[error("cannot verify: {n_missing} trials are missing or damaged in the store")]
    NotVerifiable { n_missing: usize },
    /// It was asked to stop, and nothing is kept.
    #[error("stopped")]
    Stopped,
    /// There is no place for what is executed again.
    #[error(transparent)]
    Scratch(#[from] NoTemporaryFolder),
    /// A chosen trial cannot be scored.
    #[error("cannot score the test set")]
    TestSet(#[from] TestSetError),
    /// The outcomes cannot be analysed.
    #[error("cannot analyse the records")]
    Analysis(#[from] AnalysisError),
    /// The report cannot be written.
    #[error("cannot write the report")]
    Report(#[from] ReportError),
    /// A file of a trial cannot be read or written.
    #[error("cannot {action} the trial file {}", shown(path))]
    TrialFileIo {
        /// `read` or `write`.
        action: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    /// A file that holds no trial that this recur can read.
    #[error("{} is no trial file: {problem}", shown(path))]
    NotATrialFile {
        path: PathBuf,
        /// What is wrong with it, with the place.
        problem: String,
    },
    /// A trial file is of another program.
    #[error("trial {trial} is of another program: its {what} is {expected}, and this program has {found}")]
    OtherCode {
        trial: String,
        what: &'static str,
        /// The trial's.
        expected: String,
        /// This program's.
        found: String,
    },
    /// The data or the initial weights of a trial file are not what they were.
    #[error("{place} is not what trial {trial} is trained from: its digest is {found}, expected {expected}")]
    OtherData {
        trial: String,
        /// Where it was read from.
        place: String,
        /// The digest in the trial's identity.
        expected: String,
        /// The digest of what is there.
        found: String,
    },
    /// Tasks of a batch system end without a result, one after the other.
    #[error("the last {n} tasks ended without a result; {} ends: {tail}", shown(log))]
    TasksFail {
        n: u32,
        log: PathBuf,
        /// The end of the log.
        tail: String,
        /// What was started for the last of them, as a user types it.
        command: Option<String>,
    },
    /// Two trials of a file do not belong together.
    #[error("trials {first} and {other} are of one file and one replicate, and their rows are divided in other ways")]
    UnlikeTrials { first: String, other: String },
    /// A trial file is of a model in an external plugin, and nobody named the folder.
    #[error("trial {trial} is of model `{model}`, a plugin in {}", shown(folder))]
    PluginNotNamed {
        trial: String,
        model: String,
        /// The folder that the file names.
        folder: PathBuf,
    },
    /// The weights of a chosen trial cannot be read.
    #[error("cannot score the test set with the weights of a trial")]
    Weights {
        /// The trial's folder.
        folder: PathBuf,
        source: StoreError,
    },
}

impl ExperimentError {
    /// What to do about it, where something can be said.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Ingest(error) => error.hint(),
            Self::InNoPlace { error, .. } => Some(error.hint().unwrap_or_else(|| {
                "put the file into one of these folders, or change its path in the spec".to_owned()
            })),
            Self::Split { source, .. } => Some(source.hint()),
            Self::NoSuchLabel { label, labels, .. } => Some(match nearest(label, labels.iter().map(String::as_str)) {
                Some(nearest) => format!("did you mean `{}`?", visible(nearest)),
                None => format!("its labels: {}", first_labels(labels)),
            }),
            Self::NoPositive { labels, .. } => Some(format!(
                "name the label in `report.positive`, or rank by `macro_f1`, the mean over labels; its labels: {}",
                first_labels(labels)
            )),
            Self::Undefined { is_published: true, .. } => Some(
                "the data say which rows these are: name another label in `report.positive`, or rank by another metric".to_owned(),
            ),
            Self::Undefined { .. } => Some(
                "give that part a larger share in `data.split`, with `stratify: true` (the default), or rank by another metric"
                    .to_owned(),
            ),
            Self::InitialWeights(StoreError::Io { .. }) => {
                Some("docs/spec.md shows where the path of a model's `weights` begins: in the project's folder, or the spec's".to_owned())
            }
            Self::InitialWeights(error) => error.hint_of_weights(),
            Self::NoModel(error) | Self::Trials(TrialsError::NoModel(error)) => Some(error.hint().to_owned()),
            Self::Store(error) => error.hint(),
            Self::Sweep(SweepError::Start(error)) => Some(error.misfit.hint()),
            Self::Sweep(SweepError::Keep { .. }) => {
                Some("trials that had ended are kept; with room to write, the same command goes on".to_owned())
            }
            Self::Sweep(SweepError::Executor(error)) => hint_of_executor(&**error),
            Self::NoSuchModel { name, models } => {
                let nearest = nearest(name, models.iter().map(String::as_str));
                Some(match nearest {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None => format!("its models: {}", models.join(", ")),
                })
            }
            Self::PartDone { end, .. } => Some(end.hint().to_owned()),
            Self::Interrupted { .. } => Some("the same command goes on from there".to_owned()),
            Self::TrialsLost { .. } => {
                Some("trials with a result are kept; run the experiment again for the others".to_owned())
            }
            Self::Halted { .. } => Some(
                "the same command runs it again; if it fails each time, leave its configuration out of the space, or fix \
                 its cause"
                    .to_owned(),
            ),
            Self::TrialsMissing { .. } => Some("run the experiment first: recur experiment SPEC".to_owned()),
            Self::TrialFileIo { action: "write", source, .. } if source.kind() == std::io::ErrorKind::AlreadyExists => {
                Some("it is not overwritten: name a new file".to_owned())
            }
            Self::TrialFileIo { .. } => Some("name a file that an executor wrote".to_owned()),
            Self::NotATrialFile { .. } | Self::UnlikeTrials { .. } => Some("a trial file is not edited: have it written again".to_owned()),
            Self::TasksFail { command, .. } => {
                let by_hand = command.as_ref().map(|command| format!("start it by hand to see what it does: {}\n", visible(command)));
                let mend = "mend what it says; the same command goes on (docs/clusters.md lists what may be wrong)";
                Some(by_hand.unwrap_or_default() + mend)
            }
            Self::OtherCode { .. } => {
                Some("run it with the program that wrote the file, or write the file again with this one".to_owned())
            }
            Self::OtherData { .. } => Some(
                "run it in the folder in which the experiment is run; if the data was changed, the experiment has other trials"
                    .to_owned(),
            ),
            Self::PluginNotNamed { folder, .. } => Some(format!(
                "a file may not start programs; if you trust them, allow it: --plugins {}",
                crate::shell::quoted(&visible(&folder.display().to_string()))
            )),
            Self::NotVerifiable { .. } => Some(
                "run the experiment first, or verify all trials (no --sample); recur store check lists all damage"
                    .to_owned(),
            ),
            Self::Analysis(error) => error.hint(),
            Self::Report(error) => error.hint("name another folder: --reports DIR"),
            Self::Scratch(error) => Some(error.hint().to_owned()),
            Self::Weights { folder, source } => Some(scoring(folder, source)),
            Self::Trials(_) | Self::Sweep(_) | Self::TestSet(_) | Self::Stopped => None,
        }
    }
}

/// The first labels, and how many others there are.
fn first_labels(labels: &[String]) -> String {
    const SHOWN: usize = 20;
    let mut shown: Vec<String> = labels.iter().take(SHOWN).map(|label| visible(label).to_string()).collect();
    if let Some(others @ 1..) = labels.len().checked_sub(SHOWN) {
        shown.push(format!("and {others} others"));
    }
    shown.join(", ")
}

/// What rows lack for a metric of a label against others.
fn lacking(label: Option<&str>) -> String {
    match label {
        Some(label) => format!("none of them is `{}`", visible(label)),
        None => "all of them have one and the same label".to_owned(),
    }
}

/// What to do where trials cannot be sent, or what came of them cannot be read.
fn hint_of_executor(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = error.downcast_ref::<ExperimentError>() {
        return error.hint();
    }
    match error.downcast_ref::<Refusal>()? {
        Refusal::Error(error) => Some(error.hint()),
        _ => Some("change what it names in the site file (docs/clusters.md); the same command goes on".to_owned()),
    }
}

/// How many trials go on from a checkpoint, after a comma; nothing where none does.
fn begun(n: usize) -> String {
    match n {
        0 => String::new(),
        1 => ", 1 more goes on from its checkpoint".to_owned(),
        n => format!(", {n} more go on from their checkpoints"),
    }
}

/// What to do where the weights of the trial in `folder` cannot be used to score it.
fn scoring(folder: &Path, error: &StoreError) -> String {
    let is_damage = match error {
        StoreError::Damaged(problem) => !matches!(problem.fault, Fault::Refused(_) | Fault::Unreadable { .. }),
        StoreError::Weights { .. } => true,
        _ => false,
    };
    let folder = shown(folder);
    if is_damage {
        format!(
            "{} was damaged after this run began. Nothing was scored with it; run the experiment again: it trains this trial again",
            visible(&folder)
        )
    } else {
        "the trial may be whole: recur store check shows that, and the same command continues".to_owned()
    }
}

/// An error with all that caused it.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
