//! The way from a spec to a report within this process, as the command line goes it, and what of it is kept.

use crate::common::Lab;
use crate::logged::LOGS;
use crate::small;
pub use crate::small::{N_TRIALS, SPEC, refused, trials};
use recur_core::model::Kernels;
use recur_core::selection::TrialOutcome;
use recur_experiment::{
    Experiment, ExperimentError, LocalExecutor, LookupError, Observer, Reported, RequestedExperiment, RunEvent,
    RunOptions, SpecRequest, of_reports,
};
use recur_report::{Destination, ReportError};
use recur_store::{Problem, Store};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A model that does well, and one that diverges on at least one replicate: 4 trials.
pub const DIVERGING: &str = "\
recur: 1
name: small
data: {source: 'DATA'}
training: {epochs: 5, batch_size: 2, optimizer: {name: sgd}}
models:
  - use: linfa_naive_bayes
  - use: manual_rnn
    params: {hidden_size: 6, activation: none, learning_rate: 10}
replicates: 2
";

/// One trial.
pub const ONE: &str = "\
# Is it quick?
recur: 1
name: one
data: {source: 'DATA'}
models: [{use: linfa_naive_bayes}]
replicates: 1
";

/// A folder with `spec` in `small.yaml`, where `DATA` is the lab's data.
pub fn lab_with(spec: &str) -> Lab {
    let mut lab = Lab::new();
    lab.registry.register_all(recur_linfa::PLUGINS);
    write_spec(&lab, "small.yaml", spec);
    lab
}

/// With [`SPEC`].
pub fn lab() -> Lab {
    lab_with(SPEC)
}

/// With [`SPEC`], run.
pub fn finished() -> Lab {
    let lab = lab();
    experiment(&lab).unwrap();
    lab
}

/// Writes `spec`, where `DATA` is the lab's data and `LAB/` its folder.
pub fn write_spec(lab: &Lab, file: &str, spec: &str) {
    lab.write(file, spec.replace("DATA", &lab.word("names.csv")).replace("LAB/", &lab.word("")));
}

/// An experiment that is run, and its report written.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    pub spec: &'a str,
    pub set: &'a [&'a str],
    pub store: &'a str,
    pub reports: &'a str,
    pub replace: bool,
    pub jobs: usize,
    pub kernels: Kernels,
    pub observer: Option<&'a dyn Observer>,
}

impl Default for Run<'_> {
    fn default() -> Self {
        Self {
            spec: "small.yaml",
            set: &[],
            store: "runs",
            reports: "reports",
            replace: false,
            jobs: 2,
            kernels: Kernels::widest(),
            observer: None,
        }
    }
}

/// What came of a run.
#[derive(Debug)]
pub struct Ran {
    pub experiment: RequestedExperiment,
    pub outcomes: Vec<TrialOutcome>,
    pub reported: Reported,
    /// Trials that were to be trained.
    pub n_trained: usize,
}

/// Counts the trials that are to be trained.
#[derive(Default)]
struct Trained(AtomicUsize);

impl Observer for Trained {
    fn event(&self, _: &Experiment, event: &RunEvent<'_>) {
        if let RunEvent::Started { n_trials } | RunEvent::Decided { n_trials } = event {
            self.0.fetch_add(*n_trials, Ordering::Relaxed);
        }
    }
}

/// `small.yaml`, run.
pub fn experiment(lab: &Lab) -> Result<Ran, LookupError> {
    Run::default().of(lab)
}

impl Run<'_> {
    /// The spec as a program is asked for it.
    pub fn request(&self, lab: &Lab) -> SpecRequest {
        let overrides = self.set.iter().map(|change| change.parse().unwrap()).collect();
        SpecRequest { overrides, ..SpecRequest::of_file(lab.path(self.spec)) }
    }

    /// The experiment, before its first trial.
    pub fn prepared(&self, lab: &Lab) -> RequestedExperiment {
        RequestedExperiment::read(&self.request(lab), &lab.program()).unwrap()
    }

    /// Runs it in `lab`: its log is opened before anything else is done, and its report checked before the first trial.
    pub fn of(&self, lab: &Lab) -> Result<Ran, LookupError> {
        let (request, program) = (self.request(lab), lab.program());
        let spec = request.read(program.registry)?;
        let store = Store::open(&lab.path(self.store))?;
        let name = spec.name.clone();
        let mut log = store.open_log(&name)?;
        log.write_all(b"{\"timestamp\":\"now\"}\n").unwrap();
        let mut experiment = RequestedExperiment::new(spec, &request, &program)?;
        let (reports, trained) = (lab.path(self.reports), Trained::default());
        let destination = Destination { dir: &reports, replace: self.replace };
        recur_report::check_destination(experiment.plan(), &experiment.provenance, destination).map_err(unwritten)?;
        let observers = [Some(&trained as &dyn Observer), self.observer].into_iter().flatten().collect();
        let options = RunOptions { observers, kernels: self.kernels, logs: LOGS.clone(), ..RunOptions::default() };
        let outcomes = experiment.run(&store, &LocalExecutor::new(self.jobs), &options)?;
        let reported = experiment.report(&outcomes, &store, self.jobs, &options, destination)?;
        store.seal_log(&name)?;
        drop(options);
        Ok(Ran { experiment, outcomes, reported, n_trained: trained.0.into_inner() })
    }

    /// Trains its trials, and writes no report.
    pub fn trained(&self, lab: &Lab) -> Result<(RequestedExperiment, Vec<TrialOutcome>, usize), LookupError> {
        let (mut experiment, trained) = (self.prepared(lab), Trained::default());
        let store = Store::open(&lab.path(self.store))?;
        let options = RunOptions { observers: vec![&trained], ..RunOptions::default() };
        let outcomes = experiment.run(&store, &LocalExecutor::new(self.jobs), &options)?;
        drop(options);
        Ok((experiment, outcomes, trained.0.into_inner()))
    }

    /// Writes the report again from stored records alone.
    pub fn report(&self, lab: &Lab) -> Result<Reported, LookupError> {
        let mut experiment = self.prepared(lab);
        let store = to_read(lab, self.store);
        let outcomes = experiment.stored_outcomes(&store)?;
        let destination = Destination { dir: &lab.path(self.reports), replace: self.replace };
        Ok(experiment.report(&outcomes, &store, self.jobs, &RunOptions::default(), destination)?)
    }

    /// How the report differs from what the stored records give; the store is only read, and nothing is written to the lab.
    pub fn check(&self, lab: &Lab) -> Option<String> {
        let (mut experiment, store) = (self.prepared(lab), to_read(lab, self.store));
        let outcomes = experiment.stored_outcomes(&store).unwrap();
        let again = tempfile::tempdir().unwrap();
        experiment.report(&outcomes, &store, self.jobs, &RunOptions::default(), again.path()).unwrap();
        let difference = of_reports(&lab.path(self.reports), again.path(), &experiment.plan().name);
        difference.map(|difference| difference.to_string())
    }

    /// The ids of its trials, in the order of the plan.
    pub fn ids(&self, lab: &Lab) -> Vec<String> {
        self.prepared(lab).trials().iter().map(|trial| trial.id.to_string()).collect()
    }
}

fn unwritten(error: ReportError) -> ExperimentError {
    ExperimentError::Report(error)
}

/// The store at `path`, opened to read.
pub fn to_read(lab: &Lab, path: &str) -> Store {
    Store::open_to_read(&lab.path(path)).unwrap().expect("a store")
}

/// What is wrong with the store `runs`.
pub fn problems(lab: &Lab) -> Vec<Problem> {
    let mut problems = Vec::new();
    to_read(lab, "runs").check(|problem| problems.push(problem.clone())).unwrap();
    problems
}

/// The folder of a trial with test results.
pub fn scored(lab: &Lab) -> PathBuf {
    trials(lab).into_iter().find(|trial| trial.join("test").exists()).expect("a chosen trial")
}

/// The id of the trial in `folder`.
pub fn id(folder: &Path) -> String {
    folder.file_name().expect("an id").to_string_lossy().into_owned()
}

/// Flips a bit of the byte that many bytes before the last; a file without bytes gets one.
pub fn flip_a_bit(path: &Path, before_last: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    match bytes.len().checked_sub(1 + before_last) {
        Some(at) => bytes[at] ^= 1,
        None => bytes.push(b'x'),
    }
    std::fs::write(path, bytes).unwrap();
}

/// The bytes of all files below `folders` that recur promises, by folder and the path in it.
pub fn promised(lab: &Lab, folders: &[&str]) -> BTreeMap<(usize, PathBuf), Vec<u8>> {
    let of_folder = |(n, folder): (usize, &&str)| {
        small::promised(lab, folder).into_iter().map(move |(path, bytes)| ((n, path), bytes))
    };
    folders.iter().enumerate().flat_map(of_folder).collect()
}
