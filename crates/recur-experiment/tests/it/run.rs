//! Running an experiment through the library.

use recur_core::event::Event;
use recur_core::model::Cancel;
use recur_core::record::TrialRecord;
use recur_core::registry::Registry;
use recur_core::trial::{Trial, TrialId};
use recur_experiment::{Executor, Experiment, ExperimentError, LocalExecutor, Observer, Queue, RunEvent, RunOptions};
use recur_store::{FoundExperiment, Store, layout};
use recur_train::{How, Next, Source as _, SweepError, run_sweep};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use tempfile::TempDir;

fn experiment(folder: &Path) -> Experiment {
    experiment_with(folder, &[])
}

fn experiment_with(folder: &Path, overrides: &[recur_spec::Override]) -> Experiment {
    let data = folder.join("names.csv");
    let row = |n: usize| format!("{}a{n},{}\n", ["x", "y"][n % 2], ["left", "right"][n % 2]);
    std::fs::write(&data, format!("name,label\n{}", (0..60).map(row).collect::<String>())).unwrap();
    let mut registry = Registry::new();
    registry.register_all(recur_models::PLUGINS);
    let text = format!(
        "recur: 1\nname: small\nreplicates: 2\ndata: {{source: '{}'}}\ntraining: {{epochs: 2}}\n\
         models: [{{use: manual_rnn, params: {{hidden_size: 4}}, sweep: {{learning_rate: [0.01, 0.1]}}}}]\n",
        data.display()
    );
    let spec = recur_spec::parse(text.as_bytes(), "small.yaml", overrides, &registry).unwrap();
    Experiment::prepare(spec, &registry).unwrap()
}

fn store(folder: &TempDir) -> Store {
    Store::open(&folder.path().join("runs")).unwrap()
}

/// The bytes that are promised, of each trial.
fn promised(store: &Store, experiment: &Experiment) -> BTreeMap<String, Vec<u8>> {
    let of = |trial: &Trial| {
        let folder = store.trial(&trial.id);
        layout::COMPARED.map(|file| (format!("{}/{file}", trial.id), std::fs::read(folder.join(file)).unwrap()))
    };
    experiment.trials().iter().flat_map(of).collect()
}

/// Writes down the names of events.
#[derive(Default)]
struct Names(Mutex<Vec<&'static str>>);

impl Observer for Names {
    fn event(&self, _: &Experiment, event: &RunEvent<'_>) {
        let name = match event {
            RunEvent::Started { .. } => "started",
            RunEvent::Trial(Event::TrialStarted { .. }) => "trial started",
            RunEvent::Trial(Event::EpochFinished { .. }) => "epoch",
            RunEvent::Trial(Event::TrialEnded { .. }) => "trial ended",
            RunEvent::ScoringStarted(_) => "scoring started",
            RunEvent::ScoringEnded(_) => "scoring ended",
            RunEvent::Finished => "finished",
            _ => return,
        };
        self.0.lock().unwrap().push(name);
    }
}

/// The record of a trial, as this process trains it.
pub fn train(
    trial: &Trial,
    queue: &Queue<'_>,
    options: &RunOptions<'_>,
    recorder: &dyn recur_train::Observer,
) -> Result<Option<TrialRecord>, SweepError> {
    let how = How { jobs: 1, kernels: options.kernels, cancel: options.cancel, observer: recorder };
    let trials = std::slice::from_ref(trial);
    let swept = run_sweep(trials, queue.replicates(), &queue.data().dataset, queue.registry(), how)?;
    Ok(swept.records.into_iter().next().flatten())
}

/// Runs the last trial first, each twice: the second result must be the same as the one that was kept.
struct BackwardsAndTwice;

impl Executor for BackwardsAndTwice {
    fn jobs(&self) -> usize {
        1
    }

    fn execute(
        &self,
        queue: &Queue<'_>,
        options: &RunOptions<'_>,
        recorder: &dyn recur_train::Observer,
    ) -> Result<(), SweepError> {
        let mut trials = Vec::new();
        while let Next::Trial(trial) = queue.next() {
            trials.push(*trial);
        }
        for trial in trials.iter().rev() {
            let once = train(trial, queue, options, recorder)?;
            assert_eq!(train(trial, queue, options, recorder)?, once);
            queue.ended(trial, once).map_err(SweepError::Decide)?;
        }
        Ok(())
    }
}

#[test]
fn every_observer_gets_every_event_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut experiment = experiment(folder.path());
    let (first, second) = (Names::default(), Names::default());
    let options = RunOptions { observers: vec![&first, &second], ..RunOptions::default() };
    let store = store(&folder);
    let outcomes = experiment.run(&store, &LocalExecutor::new(1), &options).unwrap();
    experiment.score(&outcomes, &store, 1, &options).unwrap();
    let trial = ["trial started", "epoch", "epoch", "trial ended"];
    let scoring = ["scoring started", "scoring ended"];
    let expected = [vec!["started"], trial.repeat(4), vec!["finished"], scoring.repeat(2)].concat();
    assert_eq!(*first.0.lock().unwrap(), expected);
    assert_eq!(*second.0.lock().unwrap(), expected);
    // A finished experiment trains and scores nothing again.
    let third = Names::default();
    let options = RunOptions { observers: vec![&third], ..RunOptions::default() };
    let again = experiment.run(&store, &LocalExecutor::new(1), &options).unwrap();
    experiment.score(&again, &store, 1, &options).unwrap();
    assert!(third.0.lock().unwrap().is_empty());
}

#[test]
fn no_executor_changes_a_byte() {
    let [one, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let mut experiment = experiment(one.path());
    let [first, second] = [&one, &other].map(store);
    let local = experiment.run(&first, &LocalExecutor::new(2), &RunOptions::default()).unwrap();
    let backwards = experiment.run(&second, &BackwardsAndTwice, &RunOptions::default()).unwrap();
    assert_eq!(local, backwards);
    assert_eq!(promised(&first, &experiment), promised(&second, &experiment));
}

#[test]
fn a_run_that_is_cancelled_says_what_is_kept_and_the_next_one_goes_on() {
    static CANCEL: Cancel = Cancel::new();
    struct AfterFirst;
    impl Observer for AfterFirst {
        fn event(&self, _: &Experiment, event: &RunEvent<'_>) {
            if let RunEvent::Trial(Event::TrialEnded { .. }) = event {
                CANCEL.cancel();
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let mut experiment = experiment(folder.path());
    let store = store(&folder);
    let options = RunOptions { observers: vec![&AfterFirst], cancel: &CANCEL, ..RunOptions::default() };
    let error = experiment.run(&store, &LocalExecutor::new(1), &options).unwrap_err();
    assert!(matches!(error, ExperimentError::Interrupted { n_kept: 1, n_trials: 4, .. }), "{error}");
    let error = experiment.stored(&store, 1).unwrap_err();
    assert!(matches!(error, ExperimentError::TrialsMissing { n_missing: 3, n_trials: 4, .. }), "{error}");
    assert!(error.hint().unwrap().contains("recur experiment"), "{error}");
    let outcomes = experiment.run(&store, &LocalExecutor::new(1), &RunOptions::default()).unwrap();
    assert_eq!(experiment.stored(&store, 1).unwrap(), outcomes);
}

/// Takes a trial and forgets it, or gives it back without a record.
struct Careless {
    forgets: bool,
}

impl Executor for Careless {
    fn jobs(&self) -> usize {
        1
    }

    fn execute(
        &self,
        queue: &Queue<'_>,
        options: &RunOptions<'_>,
        recorder: &dyn recur_train::Observer,
    ) -> Result<(), SweepError> {
        let Next::Trial(lost) = queue.next() else { panic!("there are trials to run") };
        LocalExecutor::new(1).execute(queue, options, recorder)?;
        if !self.forgets {
            queue.ended(&lost, None).map_err(SweepError::Decide)?;
        }
        Ok(())
    }
}

#[test]
fn an_executor_that_loses_a_trial_is_no_interruption_and_the_next_run_goes_on() {
    for forgets in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let mut experiment = experiment(folder.path());
        let (store, names) = (store(&folder), Names::default());
        let options = RunOptions { observers: vec![&names], ..RunOptions::default() };
        let error = experiment.run(&store, &Careless { forgets }, &options).unwrap_err();
        assert!(matches!(error, ExperimentError::TrialsLost { n_lost: 1, n_trials: 4 }), "{error}");
        assert_eq!(names.0.lock().unwrap().last(), Some(&"finished"));
        assert_eq!(experiment.run(&store, &LocalExecutor::new(1), &options).unwrap().len(), 4);
    }
}

struct Panics;

impl Executor for Panics {
    fn jobs(&self) -> usize {
        1
    }

    fn execute(&self, _: &Queue<'_>, _: &RunOptions<'_>, _: &dyn recur_train::Observer) -> Result<(), SweepError> {
        panic!("a fault of the executor")
    }
}

#[test]
fn observers_get_the_end_of_a_run_that_panics() {
    let folder = tempfile::tempdir().unwrap();
    let mut experiment = experiment(folder.path());
    let (store, names) = (store(&folder), Names::default());
    let options = RunOptions { observers: vec![&names], ..RunOptions::default() };
    let run = || experiment.run(&store, &Panics, &options).is_ok();
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err());
    assert_eq!(*names.0.lock().unwrap(), ["started", "finished"]);
}

#[test]
fn a_run_is_kept_under_its_name_with_its_trials() {
    let folder = tempfile::tempdir().unwrap();
    let mut experiment = experiment(folder.path());
    let store = store(&folder);
    experiment.run(&store, &LocalExecutor::new(2), &RunOptions::default()).unwrap();
    let FoundExperiment::Experiment(kept) = store.find_experiment("small") else { panic!("it is not kept") };
    let ids: Vec<&TrialId> = kept.trials.iter().map(|trial| &trial.id).collect();
    assert_eq!(ids, experiment.trials().iter().map(|trial| &trial.id).collect::<Vec<_>>());
    assert_eq!(kept.resolved, experiment.spec().resolved_yaml());
}

/// The weights say how texts were normalised, so they are other bytes.
#[test]
fn another_normalisation_shares_no_trial_even_where_it_makes_an_equal_data_set() {
    let folder = TempDir::new().unwrap();
    let plain = experiment(folder.path());
    let folded = experiment_with(folder.path(), &["data.text.fold=ascii".parse().unwrap()]);
    assert_eq!(plain.data().dataset.digest(), folded.data().dataset.digest());
    assert!(plain.trials().iter().zip(folded.trials()).all(|(a, b)| a.id != b.id));
}
