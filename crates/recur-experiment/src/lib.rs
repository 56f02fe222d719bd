//! An experiment as a value: prepared from a spec, run on a store, chosen by validation, scored on test, analysed.
//!
//! The command line and programs that embed recur do the same:
//!
//! ```
//! use recur_core::registry::Registry;
//! use recur_experiment::{Experiment, LocalExecutor, RunOptions};
//! use recur_store::Store;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let data = folder.path().join("names.csv");
//! # let rows: String = (0..40).map(|n| format!("{}a{n},{}\n", ["x", "y"][n % 2], ["left", "right"][n % 2])).collect();
//! # std::fs::write(&data, format!("name,label\n{rows}"))?;
//! # let (data, runs) = (data.display(), folder.path().join("runs"));
//! let mut registry = Registry::new();
//! registry.register_all(recur_models::PLUGINS);
//! let text = format!("
//! recur: 1
//! name: small
//! replicates: 2
//! data: {{source: {data}, split: {{train: 0.5, validation: 0.2, test: 0.3}}}}
//! training: {{epochs: 2}}
//! models: [{{use: manual_rnn, params: {{hidden_size: 4}}}}]
//! ");
//! let spec = recur_spec::parse(text.as_bytes(), "small.yaml", &[], &registry)?;
//! let mut experiment = Experiment::prepare(spec, &registry)?;
//!
//! let store = Store::open(&runs)?;
//! let (executor, options) = (LocalExecutor::new(2), RunOptions::default());
//! let outcomes = experiment.run(&store, &executor, &options)?;
//! let scored = experiment.score(&outcomes, &store, 2, &options)?;
//! assert_eq!((outcomes.len(), scored.tests.len()), (2, 2));
//!
//! let analysis = experiment.analyse(&outcomes, &scored)?;
//! let best = analysis.best().ok_or("no model was tested on every replicate")?;
//! assert!(best.test(analysis.primary).and_then(|test| test.mean).is_some_and(|mean| mean >= 0.0));
//! # Ok(())
//! # }
//! ```
//!
//! What a terminal shows and how a process ends is none of this crate's business: a program watches a run through
//! [`Observer`]s, and trials are run by an [`Executor`]. Only the hints of errors name options of the command line, which is
//! where most users meet them.

mod checkpoints;
mod clock;
mod compared;
mod decisions;
mod difference;
mod environment;
mod error;
mod estimate;
mod experiment;
mod explain;
mod invocation;
mod live;
mod live_report;
mod logs;
mod lookup;
mod machine;
mod memory;
mod observer;
mod options;
mod parallel;
mod part;
mod partial;
mod places;
mod planned;
mod power;
pub mod predict;
mod primary_metric;
mod project;
mod queue;
mod recorder;
mod remote;
mod reported;
mod request;
mod run;
mod run_times;
mod scoring;
pub mod status;
mod stop;
mod stored_record;
mod time_left;
mod trial_file;
mod trial_links;
mod trial_log;
mod try_text;
mod unlike;
mod verdict;
mod verification;
mod verify;
mod weights_of;
mod work;

pub use checkpoints::local_store;
pub use compared::{ComparedInputs, ComparisonError, ComparisonRequest};
pub use decisions::StudyProgress;
pub use difference::{Difference, of_reports};
pub use environment::{Code, cpu_name, machine_kind};
pub use error::{ExperimentError, with_causes};
pub use experiment::Experiment;
pub use explain::NoRecord;
pub use invocation::Invocation;
pub use live_report::LiveReport;
pub use logs::{LogEnd, LogOfTrial};
pub use lookup::LookupError;
pub use machine::{MachineMemory, fma_peak, free_space};
pub use memory::{Memory, NotMemory};
pub use observer::{Observer, RunEvent, title, title_without_id};
pub use options::{CheckpointInterval, NotAnInterval, RunOptions};
pub use part::{NotATime, Part, PartEnd, TimeLimit};
pub use partial::PartialReported;
pub use places::SpecPaths;
pub use planned::{PlannedRun, TrialState};
pub use power::Power;
pub use project::{PROJECT_FILE, Project, ProjectError};
pub use queue::Queue;
pub use remote::{RemoteExecutor, RemoteOptions, SentTasks};
pub use reported::{BestConfiguration, Reported};
pub use request::{Program, RequestedExperiment, SpecRequest};
pub use run::{Executor, LocalExecutor};
pub use scoring::{Scored, StoreOf, costs};
pub use stored_record::stored_record;
pub use time_left::{Ended, Left, ListedProgress, More, TimeLeft, TrialWork, WorkKind};
pub use trial_file::{TRIAL_FILE_FORMAT, TrialFile};
pub use trial_links::link_to_trials;
pub use trial_log::{OfTrial, TrialLogs};
pub use verdict::{Conclusion, Verdict};
pub use verification::{GivenReport, NotASubject, PluginPermission, Subject, Verification, VerifyError, VerifyRequest};
pub use verify::{Executed, Overlay, Scratch, Verifier};
pub use weights_of::{weights_of, weights_of_experiment, weights_of_trial};

pub use parallel::available_cores;
// What the command line shares with this crate. Other programs have no need of it.
#[doc(hidden)]
pub use clock::{Started, unix_seconds, unix_time};
#[doc(hidden)]
pub use recur_report::shell;
