//! What the tests put into stores.

use crate::samples;
use recur_core::record::{Outcome, TrialRecord};
use recur_core::settings::TextSettings;
use recur_core::tensor::Tensor;
use recur_core::trial::TrialId;
use recur_core::weights::{CARD_FORMAT, ModelCard};
use recur_store::{
    CodeState, Environment, ExperimentFiles, ExperimentTrial, Found, Kept, NewTrial, Problem, Store, StoreError,
    Summary, TestScores,
};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A trial that can be kept.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) record: TrialRecord,
    pub(crate) weights: Vec<Tensor>,
    pub(crate) environment: Environment,
}

impl Sample {
    pub(crate) fn new(seed: u64) -> Self {
        let weights = vec![Tensor::f32("w", [2], vec![0.5, -0.0])];
        Self { record: samples::record(seed), weights, environment: environment() }
    }

    pub(crate) fn failed(seed: u64, reason: &str) -> Self {
        let outcome = Outcome::Failed { reason: reason.into() };
        let record = TrialRecord { outcome, epochs: vec![], ..samples::record(seed) };
        Self { record, weights: vec![], environment: environment() }
    }

    pub(crate) fn with_weights(self, data: Vec<f32>) -> Self {
        Self { weights: vec![Tensor::f32("w", [data.len()], data)], ..self }
    }

    pub(crate) fn keep(&self, store: &Store) -> Result<Kept, StoreError> {
        self.keep_with(store, Store::keep)
    }

    pub(crate) fn keep_with(
        &self,
        store: &Store,
        keep: impl FnOnce(&Store, &NewTrial<'_>) -> Result<Kept, StoreError>,
    ) -> Result<Kept, StoreError> {
        let trial = NewTrial {
            record: &self.record,
            weights: &self.weights,
            card: &card(),
            spec: "recur: 1\n",
            environment: &self.environment,
            log: b"{\"level\": \"INFO\"}\n",
        };
        keep(store, &trial)
    }

    pub(crate) fn id(&self) -> TrialId {
        self.record.id.clone()
    }
}

pub(crate) fn environment() -> Environment {
    let code = CodeState { commit: Some("abc".into()), uncommitted: None, cargo_lock: "0".into(), rustc: "r".into() };
    Environment {
        recur: "0".into(),
        code,
        platform: "p".into(),
        cpu: "c".into(),
        machine_kind: "k".into(),
        instruction_set: "scalar".into(),
        host: "h".into(),
        jobs: 1,
        started_unix: 1,
        finished_unix: 2,
        seconds: 0.5,
        resumed: false,
    }
}

fn card() -> ModelCard {
    ModelCard {
        format: CARD_FORMAT,
        model: "m".into(),
        model_version: 1,
        model_code: None,
        params: samples::record(0).identity.params,
        text: TextSettings::default(),
        characters: "ab".into(),
        has_unknown: true,
        labels: vec!["Czech".into()],
        trial: Some(samples::id(0)),
    }
}

pub(crate) fn test_scores(seed: u64) -> TestScores {
    TestScores { id: samples::id(seed), scores: samples::scores(), thresholds: None }
}

/// An empty store.
pub(crate) fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("runs")).unwrap();
    (folder, store)
}

/// A store with something of each kind, and nothing wrong: trial 0 finished and was tested, with uncommitted changes; trial
/// 1 failed; trial 2 has a checkpoint.
pub(crate) fn full_store() -> (tempfile::TempDir, Store) {
    let (folder, store) = store();
    let mut sample = Sample::new(0);
    sample.environment.code.uncommitted = Some(store.keep_diff("+ line\n").unwrap());
    sample.keep(&store).unwrap();
    store.keep_test(&test_scores(0), b"PAR1", &environment()).unwrap();
    Sample::failed(1, "it broke").keep(&store).unwrap();
    let mut checkpoint = samples::checkpoint(1, 3);
    checkpoint.progress.trial = samples::id(2);
    store.save_checkpoint(&checkpoint).unwrap();
    store.open_log("names").unwrap().write_all(b"{}\n{\"level\": \"INFO\"}\n").unwrap();
    keep_experiment(&store, "names", &[0, 1]);
    store.seal_log("names").unwrap();
    (folder, store)
}

pub(crate) fn keep_experiment(store: &Store, name: &str, seeds: &[u64]) {
    let trial = |seed: &u64| ExperimentTrial {
        configuration: "m".into(),
        replicate: 0,
        stop_after: None,
        cost: None,
        id: samples::id(*seed),
    };
    let trials: Vec<_> = seeds.iter().map(trial).collect();
    let files = ExperimentFiles { resolved: "recur: 1\n", rejects: b"file,line\n", trials: &trials, models: &[] };
    store.keep_experiment(name, &files).unwrap();
}

/// What a process that was killed leaves in the scratch of the store at `root`: its folder, with half a file in it.
pub(crate) fn dead_scratch(root: &Path) -> PathBuf {
    let listed = || -> Vec<PathBuf> {
        std::fs::read_dir(root.join("tmp")).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    let before = listed();
    let store = Store::open(root).unwrap();
    let folder = listed().into_iter().find(|path| !before.contains(path)).unwrap();
    let files = files(&folder).into_iter().map(|path| (path.clone(), std::fs::read(&path).unwrap()));
    let files: Vec<_> = files.chain([(folder.join("0"), b"half".to_vec())]).collect();
    drop(store);
    std::fs::create_dir(&folder).unwrap();
    files.iter().for_each(|(path, bytes)| std::fs::write(path, bytes).unwrap());
    folder
}

/// All that a check tells.
pub(crate) fn checked(store: &Store) -> (Summary, Vec<Problem>) {
    let mut problems = Vec::new();
    let summary = store.check(|problem| problems.push(problem.clone())).unwrap();
    assert_eq!(summary.problems, problems.len() as u64);
    (summary, problems)
}

#[track_caller]
pub(crate) fn assert_sound(store: &Store) -> Summary {
    let (summary, problems) = checked(store);
    assert_eq!(problems, []);
    summary
}

#[track_caller]
pub(crate) fn assert_has(store: &Store, sample: &Sample) {
    assert_eq!(store.find(&sample.id()), Found::Record(Box::new(sample.record.clone())));
}

/// Every file under `folder`, sorted.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Files under `folder`, as they are called from there.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    files(folder).iter().map(|path| path.strip_prefix(folder).unwrap().display().to_string()).collect()
}

/// A shell that runs `script` in `folder`, where `"$@"` runs the ignored test `name` of this very program.
pub(crate) fn shell(script: &str, folder: &Path, name: &str) -> Command {
    let mut command = Command::new("sh");
    let program = std::env::current_exe().unwrap();
    command.args(["-c", script, "sh"]).arg(program).args(["--ignored", "--exact", "--nocapture", name]);
    command.current_dir(folder);
    command
}

/// Whether a test that others run in a process of its own was started by one of them, in a folder that they prepared.
pub(crate) fn is_child() -> bool {
    Path::new("child").is_file()
}

/// A folder in which [`is_child`] holds.
pub(crate) fn child_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("child"), "").unwrap();
    folder
}
