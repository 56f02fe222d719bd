//! The experiment `small` of a lab, asked for as the command line does it: from its spec to its report.

use crate::common::Lab;
use recur_core::selection::TrialOutcome;
use recur_experiment::{
    CheckpointInterval, Code, Experiment, LocalExecutor, LookupError, Observer, PluginPermission, Reported,
    RequestedExperiment, RunEvent, RunOptions, SpecPaths, SpecRequest, Subject, Verdict, Verification, Verifier,
    VerifyError, VerifyRequest, of_reports,
};
use recur_report::Export;
use recur_store::Store;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Three families, a swept parameter and two replicates: 8 trials in a tenth of a second. `LAB/` is the folder.
pub const SPEC: &str = "\
# Which family tells best what language a name comes from?
recur: 1
name: small
seed: 5
data: {source: 'LAB/names.csv'}
training: {epochs: 3, batch_size: 8}
models:
  - use: linfa_naive_bayes
  - use: manual_rnn
    sweep: {learning_rate: [0.01, 0.02]}
  - use: stacked_rnn
sweep: {hidden_size: [6]}
replicates: 2
report: {baseline: linfa_naive_bayes}
";

/// The number of trials of [`SPEC`].
pub const N_TRIALS: usize = 8;

/// A lab with the models of recur and with `spec` in `small.yaml`.
pub fn lab(spec: &str) -> Lab {
    let mut lab = Lab::new();
    lab.registry.register_all(recur_linfa::PLUGINS);
    write(&lab, spec);
    lab
}

/// Writes `spec` into `small.yaml`.
pub fn write(lab: &Lab, spec: &str) {
    lab.write("small.yaml", spec.replace("LAB/", &lab.word("")));
}

/// The experiment with `changes` of its spec.
pub fn prepare(lab: &Lab, changes: &[&str]) -> Result<RequestedExperiment, LookupError> {
    prepare_with(lab, changes, None)
}

/// The same with the folder of plugins that the user names, which are in the registry.
pub fn prepare_with(lab: &Lab, changes: &[&str], plugins: Option<&str>) -> Result<RequestedExperiment, LookupError> {
    let overrides = changes.iter().map(|change| change.parse().unwrap()).collect();
    let plugins = plugins.map(|folder| lab.path(folder));
    let request = SpecRequest { overrides, plugins, ..SpecRequest::of_file(lab.path("small.yaml")) };
    RequestedExperiment::read(&request, &lab.program())
}

/// What prepares `small` has to fail with: an error, its causes and its hint have all of `parts`.
#[track_caller]
pub fn refused<T>(result: Result<T, LookupError>, parts: &[&str]) {
    let error = result.err().expect("it is refused");
    crate::common::says(&error, error.hint(), parts);
}

/// The warnings about the data, a line each.
pub fn warnings(experiment: &Experiment) -> String {
    let noun = &experiment.plan().report.noun;
    experiment.warnings().iter().map(|warning| warning.plain(noun) + "\n").collect()
}

/// Where and how an experiment is run.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub store: &'a str,
    pub reports: &'a str,
    pub jobs: usize,
}

impl Default for Place<'_> {
    fn default() -> Self {
        Self { store: "runs", reports: "reports", jobs: 2 }
    }
}

/// What came of a run.
pub struct Ran {
    pub experiment: RequestedExperiment,
    pub outcomes: Vec<TrialOutcome>,
    pub reported: Reported,
    /// Trials that were trained.
    pub n_trained: usize,
}

/// Options of a run that `observers` watch.
pub fn options<'a>(observers: &[&'a dyn Observer]) -> RunOptions<'a> {
    RunOptions { observers: observers.to_vec(), code: Code::OfProgram, ..RunOptions::default() }
}

/// Counts trials that are to be trained.
#[derive(Default)]
struct Trained(Mutex<usize>);

impl Observer for Trained {
    fn event(&self, _: &Experiment, event: &RunEvent<'_>) {
        if let RunEvent::Started { n_trials } | RunEvent::Decided { n_trials } = event {
            *self.0.lock().unwrap() += n_trials;
        }
    }
}

/// Runs `experiment`, and writes its report.
pub fn conclude(mut experiment: RequestedExperiment, lab: &Lab, place: Place<'_>) -> Result<Ran, LookupError> {
    let trained = Trained::default();
    let options = options(&[&trained]);
    let store = Store::open(&lab.path(place.store)).unwrap();
    let outcomes = experiment.run(&store, &LocalExecutor::new(place.jobs), &options)?;
    let reported = experiment.report(&outcomes, &store, place.jobs, &options, &lab.path(place.reports))?;
    drop(options);
    Ok(Ran { experiment, outcomes, reported, n_trained: trained.0.into_inner().unwrap() })
}

/// Runs the experiment, and writes its report.
pub fn run(lab: &Lab, changes: &[&str]) -> Ran {
    run_in(lab, changes, Place::default())
}

pub fn run_in(lab: &Lab, changes: &[&str], place: Place<'_>) -> Ran {
    conclude(prepare(lab, changes).unwrap(), lab, place).unwrap()
}

impl Ran {
    /// The digests of its replicates' splits.
    pub fn splits(&self) -> Vec<&str> {
        let mut splits: Vec<&str> = self.outcomes.iter().map(|outcome| outcome.record.split.as_str()).collect();
        splits.sort_unstable();
        splits.dedup();
        splits
    }

    /// The analysis, as `recur export --analysis` writes it.
    pub fn json(&self) -> Value {
        let Reported { scored, analysis, .. } = &self.reported;
        let signature = self.experiment.signature(&self.outcomes, scored);
        serde_json::from_str(&Export::of(analysis, &self.experiment.provenance, &signature).json()).unwrap()
    }
}

/// Holds the report in `reports` to what the records in `runs` give.
#[track_caller]
pub fn check_report(lab: &Lab, experiment: &RequestedExperiment, reports: &str) {
    let scratch = tempfile::tempdir().unwrap();
    let store = Store::open_to_read(&lab.path("runs")).unwrap().expect("a store");
    let outcomes = experiment.stored(&store, 1).unwrap();
    experiment.report(&outcomes, &store, 2, &options(&[]), scratch.path()).unwrap();
    assert!(of_reports(&lab.path(reports), scratch.path(), &experiment.plan().name).is_none(), "{reports}");
}

/// No plugin may be started.
pub fn no_plugins() -> PluginPermission {
    PluginPermission::new(None, None, None)
}

/// Verifies `what`, a path or the beginning of a trial's id, on the store `runs`.
pub fn verify(lab: &Lab, what: &str, permission: &PluginPermission) -> Result<Verdict, VerifyError> {
    verify_sample(lab, what, permission, None)
}

pub fn verify_sample(
    lab: &Lab,
    what: &str,
    permission: &PluginPermission,
    sample: Option<usize>,
) -> Result<Verdict, VerifyError> {
    let store = lab.path("runs");
    let subject = Subject::of(what, &store)?;
    let options = RunOptions { checkpoints: CheckpointInterval::Off, ..options(&[]) };
    let verifier = Verifier { stored: Store::open_to_read(&store).unwrap(), jobs: 2, options };
    let request = VerifyRequest {
        what,
        store: &store,
        sample,
        overrides: &[],
        command: "lab verify",
        paths: SpecPaths::default(),
    };
    Verification { program: &lab.program(), permission, verifier }.verify(&subject, &request)
}

/// Files that hold times, or digests of such files.
const BESIDE: [&str; 5] = ["cost.md", "cost.html", "environment.json", "log.jsonl", "SHA256SUMS"];

/// The bytes of all files below `folder` that recur promises, by their paths in it: times, host and log are left out.
pub fn promised(lab: &Lab, folder: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let (root, mut files) = (lab.path(folder), BTreeMap::new());
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for path in below(&folder) {
            if path.is_dir() {
                folders.push(path);
            } else if !BESIDE.iter().any(|name| path.ends_with(name)) {
                let bytes = std::fs::read(&path).unwrap();
                files.insert(path.strip_prefix(&root).expect("it is below").to_owned(), bytes);
            }
        }
    }
    files
}

/// The folders of all trials in the store `runs`, sorted.
pub fn trials(lab: &Lab) -> Vec<PathBuf> {
    let shards = below(&lab.path("runs/trials"));
    let mut trials: Vec<PathBuf> = shards.iter().flat_map(|shard| below(shard)).collect();
    trials.sort();
    trials
}

/// What is in `folder`; nothing where there is none.
pub fn below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}
