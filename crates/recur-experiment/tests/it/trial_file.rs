//! Trials in files, trained by whoever has the file.

use recur_core::event::Event;
use recur_core::identity::Identity;
use recur_core::model::Cancel;
use recur_core::record::TrialRecord;
use recur_core::registry::Registry;
use recur_core::trial::{Trial, TrialId};
use recur_experiment::{
    CheckpointInterval, Experiment, ExperimentError, LocalExecutor, Observer, RunEvent, RunOptions, TrialFile,
};
use recur_store::{Store, layout};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tempfile::TempDir;

fn registry() -> Registry {
    let mut registry = Registry::new();
    registry.register_all(recur_models::PLUGINS);
    registry
}

fn experiment(folder: &Path) -> Experiment {
    let data = folder.join("names.csv");
    let row = |n: usize| format!("{}a{n},{}\n", ["x", "y"][n % 2], ["left", "right"][n % 2]);
    std::fs::write(&data, format!("name,label\n{}", (0..60).map(row).collect::<String>())).unwrap();
    let text = format!(
        "recur: 1\nname: small\nseed: 9\nreplicates: 2\ndata: {{source: '{}'}}\ntraining: {{epochs: 3, class_weights: balanced}}\n\
         models: [{{use: manual_rnn, params: {{hidden_size: 4}}, sweep: {{learning_rate: [0.01, 0.1]}}}}, \
         {{use: gru, params: {{hidden_size: 4}}}}]\n",
        data.display()
    );
    let spec = recur_spec::parse(text.as_bytes(), "small.yaml", &[], &registry()).unwrap();
    Experiment::prepare(spec, &registry()).unwrap()
}

/// The bytes that are promised of `trial`.
fn promised(store: &Store, trial: &Trial) -> Vec<Vec<u8>> {
    layout::COMPARED.iter().map(|file| std::fs::read(store.trial(&trial.id).join(file)).unwrap()).collect()
}

/// A folder with the file of the first trial.
fn written() -> (TempDir, PathBuf, Experiment) {
    let folder = tempfile::tempdir().unwrap();
    let experiment = experiment(folder.path());
    let path = folder.path().join("trial.json");
    experiment.trial_file(&experiment.trials()[..1], None, None).write(&path).unwrap();
    (folder, path, experiment)
}

/// The records of the trials of a file.
fn run(file: &TrialFile, store: &Store) -> Vec<TrialRecord> {
    let records = file.run(&registry(), store, 2, &RunOptions::default(), &|_| {}).unwrap();
    records.into_iter().map(Option::unwrap).collect()
}

/// Why the file at `path` is refused.
fn refused(folder: &TempDir, path: &Path) -> ExperimentError {
    let store = Store::open(&folder.path().join("runs")).unwrap();
    match TrialFile::read(path) {
        Ok(file) => file.run(&registry(), &store, 1, &RunOptions::default(), &|_| {}).unwrap_err(),
        Err(error) => error,
    }
}

#[test]
fn the_trial_of_a_file_is_kept_with_the_bytes_of_the_experiment() {
    let folder = tempfile::tempdir().unwrap();
    let mut experiment = experiment(folder.path());
    let [local, other] = ["local", "other"].map(|name| Store::open(&folder.path().join(name)).unwrap());
    let outcomes = experiment.run(&local, &LocalExecutor::new(1), &RunOptions::default()).unwrap();
    for (n, outcome) in outcomes.iter().enumerate() {
        let path = folder.path().join(format!("trial-{n}.json"));
        experiment.trial_file(std::slice::from_ref(&outcome.trial), None, None).write(&path).unwrap();
        let file = TrialFile::read(&path).unwrap();
        assert!(file.trials().eq([&outcome.trial]));
        assert_eq!(run(&file, &other), std::slice::from_ref(&outcome.record));
        assert_eq!(promised(&other, &outcome.trial), promised(&local, &outcome.trial));
        assert_eq!(other.spec(&outcome.trial.id).unwrap(), local.spec(&outcome.trial.id).unwrap());
        // The store decides what is done.
        std::fs::remove_file(folder.path().join("names.csv")).unwrap_or_default();
        assert_eq!(run(&file, &other), std::slice::from_ref(&outcome.record));
        self::experiment(folder.path());
    }
}

#[test]
fn a_file_that_is_there_is_not_overwritten() {
    let (folder, path, experiment) = written();
    let error = experiment.trial_file(&experiment.trials()[1..2], None, None).write(&path).unwrap_err();
    assert_eq!(error.hint().unwrap(), "it is not overwritten: name a new file");
    assert!(TrialFile::read(&path).unwrap().trials().eq([&experiment.trials()[0]]));
    drop(folder);
}

/// Checks what is said of a file whose text was changed.
#[track_caller]
fn check(change: impl Fn(&str) -> String, reported: &[&str]) {
    let (folder, path, _) = written();
    let text = std::fs::read_to_string(&path).unwrap();
    let changed = change(&text);
    assert_ne!(changed, text);
    std::fs::write(&path, changed).unwrap();
    let error = refused(&folder, &path);
    let text = recur_experiment::with_causes(&error);
    reported.iter().for_each(|part| assert!(text.contains(part), "`{part}` is not in: {text}"));
    assert!(error.hint().is_some(), "{text}");
}

/// The same file of another trial, whose identity is changed.
fn with_identity(text: &str, change: impl Fn(&mut Identity)) -> String {
    let mut file: Value = serde_json::from_str(text).unwrap();
    let mut identity: Identity = serde_json::from_value(file["trials"][0]["trial"]["identity"].clone()).unwrap();
    change(&mut identity);
    file["trials"][0]["trial"]["id"] = serde_json::to_value(identity.id()).unwrap();
    file["trials"][0]["trial"]["identity"] = serde_json::to_value(identity).unwrap();
    signed(file)
}

/// A file as another program would write it: with the digest of its content.
fn signed(mut file: Value) -> String {
    file.as_object_mut().unwrap().remove("digest");
    let digest = recur_core::digest::Digest::of(file.to_string().as_bytes());
    file["digest"] = digest.as_str().into();
    file.to_string()
}

#[test]
fn a_damaged_file_is_reported_with_the_place() {
    check(|text| text[..text.len() / 2].to_owned(), &["trial.json is no trial file", "EOF while parsing", "at line"]);
    check(|_| "name,label\n".to_owned(), &["trial.json is no trial file", "line 1 column"]);
    check(|_| "{}".to_owned(), &["missing field `recur_trial`"]);
    check(|text| text.replace("\"recur_trial\": 5", "\"recur_trial\": 99"), &["`recur_trial` is 99", "reads format 5"]);
    check(|text| text.replace("\"seed\": 9", "\"seed\": 10"), &["it was changed after it was written"]);
    check(|text| text.replace("\"max_rejected\"", "\"max_rejects\""), &["it was changed after it was written"]);
    let renamed = |text: &str| signed(serde_json::from_str(&text.replace("\"metric\"", "\"metrics\"")).unwrap());
    check(renamed, &["unknown field `metrics`"]);
}

#[test]
fn a_file_of_another_program_is_refused_with_what_differs() {
    let other = recur_core::digest::Digest::of(b"another program");
    check(
        |text| with_identity(text, |identity| identity.procedure = other.clone()),
        &["is of another program: its digest of the training code is", other.as_str()],
    );
    check(
        |text| with_identity(text, |identity| identity.model_code = other.clone()),
        &["its digest of the model's code is", other.as_str()],
    );
    check(|text| with_identity(text, |identity| identity.model_version = 99), &["its version of the model is 99"]);
    check(
        |text| with_identity(text, |identity| identity.model = "gro".into()),
        &["unknown model `gro`, did you mean `gru`?"],
    );
}

#[test]
fn data_that_are_not_what_they_were_are_refused() {
    let (folder, path, _) = written();
    let data = folder.path().join("names.csv");
    let rows = std::fs::read_to_string(&data).unwrap();
    std::fs::write(&data, rows.replace("xa0,left", "xb0,left")).unwrap();
    let error = refused(&folder, &path);
    assert!(matches!(error, ExperimentError::OtherData { .. }), "{error:?}");
    std::fs::remove_file(&data).unwrap();
    assert!(matches!(refused(&folder, &path), ExperimentError::Ingest(_)));
}

#[test]
fn a_missing_file_is_reported_and_so_is_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().join("gone.json"), folder.path().to_owned()] {
        let error = refused(&folder, &path);
        assert!(error.to_string().starts_with("cannot read the trial file"), "{error}");
    }
}

/// With the prepared data of the store, the source is not read.
#[test]
fn all_trials_of_a_file_are_trained_from_prepared_data_and_each_end_is_heard_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut experiment = experiment(folder.path());
    let [local, other] = ["local", "other"].map(|name| Store::open(&folder.path().join(name)).unwrap());
    let outcomes = experiment.run(&local, &LocalExecutor::new(1), &RunOptions::default()).unwrap();
    let prepared = experiment.keep_prepared(&other).unwrap().unwrap();
    assert_eq!(experiment.keep_prepared(&other).unwrap(), Some(prepared.clone()));
    let file = experiment.trial_file(experiment.trials(), None, Some(&prepared));
    std::fs::remove_file(folder.path().join("names.csv")).unwrap();
    let ended = Mutex::new(Vec::new());
    let on_end = |id: &TrialId| ended.lock().unwrap().push(id.clone());
    let records = file.run(&registry(), &other, 2, &RunOptions::default(), &on_end).unwrap();
    assert!(records.into_iter().eq(outcomes.iter().map(|outcome| Some(outcome.record.clone()))));
    outcomes.iter().for_each(|outcome| assert_eq!(promised(&other, &outcome.trial), promised(&local, &outcome.trial)));
    let mut heard = std::mem::take(&mut *ended.lock().unwrap());
    heard.sort();
    let mut ids: Vec<TrialId> = outcomes.iter().map(|outcome| outcome.trial.id.clone()).collect();
    ids.sort();
    assert_eq!(heard, ids);
    // What is damaged is read from the source, which is gone.
    std::fs::remove_dir_all(other.trial(&ids[0])).unwrap();
    std::fs::write(other.prepared(&prepared).join("rows.parquet"), "rows").unwrap();
    let error = file.run(&registry(), &other, 1, &RunOptions::default(), &on_end).unwrap_err();
    assert!(matches!(error, ExperimentError::Ingest(_)), "{error:?}");
}

/// A disk of this machine takes the prepared data and most checkpoints. What it has changes no byte, whether it is there or not.
#[test]
fn with_a_folder_of_this_machine_a_stopped_trial_goes_on_from_the_store_and_from_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mut experiment = experiment(folder.path());
    let [local, other] = ["local", "other"].map(|name| Store::open(&folder.path().join(name)).unwrap());
    let outcomes = experiment.run(&local, &LocalExecutor::new(1), &RunOptions::default()).unwrap();
    let prepared = experiment.keep_prepared(&other).unwrap().unwrap();
    let file = experiment.trial_file(&experiment.trials()[..1], None, Some(&prepared));
    let scratch = recur_experiment::local_store(&folder.path().join("scratch"), &other).unwrap();
    let cancel = Cancel::new();
    let options = RunOptions {
        local: Some(scratch.clone()),
        checkpoints: CheckpointInterval::Epochs(1),
        cancel: &cancel,
        ..RunOptions::default()
    };
    let id = &outcomes[0].trial.id;
    let run = |options: &RunOptions<'_>| file.run(&registry(), &other, 1, options, &|_| {}).unwrap();
    assert_eq!(run(&options), [Some(outcomes[0].record.clone())]);
    assert_eq!(promised(&other, &outcomes[0].trial), promised(&local, &outcomes[0].trial));
    assert!(scratch.prepared(&prepared).join("rows.parquet").exists(), "the data was copied");
    for store in [&scratch, &other] {
        assert!(store.find_checkpoint(id).unwrap().checkpoint.is_none(), "it has ended");
    }
    // A checkpoint of the folder is gone on from, and one of the store that is further along goes before it.
    let at = |epochs: u32| {
        let store = Store::open(&folder.path().join(format!("at-{epochs}"))).unwrap();
        let trial = experiment.trials()[0].clone();
        let stops = StopAfter(epochs, &cancel);
        let options = RunOptions {
            checkpoints: CheckpointInterval::Epochs(1),
            cancel: &cancel,
            observers: vec![&stops],
            ..RunOptions::default()
        };
        let _ = experiment.train(&[trial], &store, &LocalExecutor::new(1), &options);
        cancel.lower();
        store.find_checkpoint(id).unwrap().checkpoint.unwrap()
    };
    let (first, second) = (at(1), at(2));
    assert!(first.progress.epochs.len() < second.progress.epochs.len());
    for (in_store, in_folder) in [(None, Some(&first)), (Some(&first), Some(&second)), (Some(&second), Some(&first))] {
        std::fs::remove_dir_all(other.trial(id)).unwrap();
        in_store.into_iter().for_each(|checkpoint| other.save_checkpoint(checkpoint).unwrap());
        in_folder.into_iter().for_each(|checkpoint| scratch.save_checkpoint(checkpoint).unwrap());
        assert_eq!(run(&options), [Some(outcomes[0].record.clone())]);
        assert_eq!(promised(&other, &outcomes[0].trial), promised(&local, &outcomes[0].trial));
        assert!(other.environment(id).unwrap().resumed);
    }
}

/// Stops the run when the trial has done so many epochs.
struct StopAfter<'a>(u32, &'a Cancel);

impl Observer for StopAfter<'_> {
    fn event(&self, _: &Experiment, event: &RunEvent<'_>) {
        if let RunEvent::Trial(Event::EpochFinished { epoch, .. }) = event
            && *epoch + 1 == self.0
        {
            self.1.cancel();
        }
    }
}
