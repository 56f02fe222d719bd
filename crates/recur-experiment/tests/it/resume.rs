//! Going on from a checkpoint. What a kill leaves is in the tests of the command line.

use crate::common::Lab;
use crate::small::{self, below, prepare, promised, trials};
use recur_core::event::Event;
use recur_core::model::Cancel;
use recur_experiment::{
    CheckpointInterval, Experiment, ExperimentError, LocalExecutor, Observer, RunEvent, RunOptions,
};
use recur_store::Store;
use std::path::PathBuf;
use std::sync::Mutex;

/// One trial of many short epochs.
const LONG: &str = "\
recur: 1
name: small
data: {source: 'LAB/names.csv'}
training: {epochs: 30, batch_size: 1}
models: [{use: manual_rnn, params: {hidden_size: 8}}]
replicates: 1
";

const N_EPOCHS: u32 = 30;

const EACH: CheckpointInterval = CheckpointInterval::Epochs(1);

/// Writes down what a trial does, and stops it after so many epochs.
#[derive(Default)]
struct Watch {
    stop_after: Option<usize>,
    cancel: Cancel,
    /// Where trials went on, in epochs.
    epochs_done: Mutex<Vec<u32>>,
    /// The epochs that were finished.
    epochs: Mutex<Vec<u32>>,
}

impl Observer for Watch {
    fn event(&self, _: &Experiment, event: &RunEvent<'_>) {
        match event {
            RunEvent::Trial(Event::TrialStarted { epochs_done, .. }) => {
                self.epochs_done.lock().unwrap().push(*epochs_done);
            }
            RunEvent::Trial(Event::EpochFinished { epoch, .. }) => {
                let mut epochs = self.epochs.lock().unwrap();
                epochs.push(*epoch);
                if Some(epochs.len()) == self.stop_after {
                    self.cancel.cancel();
                }
            }
            _ => {}
        }
    }
}

/// Runs the experiment and writes its report, watched by `watch`.
fn run(
    lab: &Lab,
    (store, reports): (&str, &str),
    checkpoints: CheckpointInterval,
    watch: &Watch,
) -> Result<(), Box<ExperimentError>> {
    let options = RunOptions { checkpoints, cancel: &watch.cancel, ..small::options(&[watch]) };
    let (mut experiment, store) = (prepare(lab, &[]).unwrap(), Store::open(&lab.path(store)).unwrap());
    let outcomes = experiment.run(&store, &LocalExecutor::new(1), &options)?;
    experiment.report(&outcomes, &store, 1, &options, &lab.path(reports))?;
    Ok(())
}

const USUAL: (&str, &str) = ("runs", "reports");

/// The files of checkpoints in the store.
fn checkpoints(lab: &Lab) -> Vec<PathBuf> {
    below(&lab.path("runs/checkpoints")).iter().flat_map(|folder| below(folder)).collect()
}

/// A store whose run was stopped after so many epochs.
fn stopped_after(checkpoints: CheckpointInterval, n_epochs: usize) -> Lab {
    let lab = small::lab(LONG);
    let watch = Watch { stop_after: Some(n_epochs), ..Watch::default() };
    let error = run(&lab, USUAL, checkpoints, &watch).unwrap_err();
    assert!(matches!(*error, ExperimentError::Interrupted { n_kept: 0, n_trials: 1, n_begun: 1, .. }), "{error}");
    assert!(error.to_string().ends_with(", 1 more goes on from its checkpoint"), "{error}");
    assert_eq!(watch.epochs.lock().unwrap().len(), n_epochs);
    assert!(trials(&lab).is_empty());
    lab
}

/// Holds what is in the lab to what a run promises that nobody stopped.
#[track_caller]
fn check_whole(lab: &Lab) {
    run(lab, ("whole", "wholes"), CheckpointInterval::Off, &Watch::default()).unwrap();
    assert!(!lab.path("whole/checkpoints").exists());
    assert!(promised(lab, "whole") == promised(lab, "runs"));
    assert!(promised(lab, "wholes") == promised(lab, "reports"));
}

#[track_caller]
fn check_goes_on(interval: u32) {
    let (lab, watch) = (stopped_after(CheckpointInterval::Epochs(interval), 10), Watch::default());
    run(&lab, USUAL, CheckpointInterval::Epochs(interval), &watch).unwrap();
    assert_eq!(*watch.epochs_done.lock().unwrap(), [10], "it was saved before it was stopped");
    let again: Vec<u32> = (10..N_EPOCHS).collect();
    assert_eq!(*watch.epochs.lock().unwrap(), again, "no epoch before that is trained again");
    let environment = std::fs::read_to_string(trials(&lab)[0].join("environment.json")).unwrap();
    assert!(environment.contains("\"resumed\": true"), "{environment}");
    check_whole(&lab);
}

#[test]
fn a_trial_is_saved_before_it_is_stopped_whatever_the_interval_and_loses_nothing() {
    check_goes_on(1);
    check_goes_on(4);
}

#[test]
fn checkpoints_are_there_while_a_trial_runs_and_gone_when_it_is_kept() {
    let lab = stopped_after(EACH, 5);
    assert!(!checkpoints(&lab).is_empty());
    run(&lab, USUAL, CheckpointInterval::default(), &Watch::default()).unwrap();
    assert!(checkpoints(&lab).is_empty());
    check_whole(&lab);
}

/// As a kill between the two leaves them.
#[test]
fn a_checkpoint_of_a_kept_trial_is_gone_after_the_next_run() {
    let lab = stopped_after(EACH, 5);
    let checkpoint = checkpoints(&lab).remove(0);
    let bytes = std::fs::read(&checkpoint).unwrap();
    run(&lab, USUAL, EACH, &Watch::default()).unwrap();
    std::fs::create_dir_all(checkpoint.parent().expect("a folder")).unwrap();
    std::fs::write(&checkpoint, bytes).unwrap();
    let watch = Watch::default();
    run(&lab, USUAL, EACH, &watch).unwrap();
    assert!(watch.epochs_done.lock().unwrap().is_empty(), "nothing is trained");
    assert!(checkpoints(&lab).is_empty());
    check_whole(&lab);
}

#[track_caller]
fn check_not_used(harm: impl Fn(&mut Vec<u8>)) {
    let lab = stopped_after(EACH, 5);
    for path in checkpoints(&lab) {
        let mut bytes = std::fs::read(&path).unwrap();
        harm(&mut bytes);
        std::fs::write(path, bytes).unwrap();
    }
    let id = prepare(&lab, &[]).unwrap().trials()[0].id.clone();
    let found = lab.store().find_checkpoint(&id).unwrap();
    assert!(found.checkpoint.is_none());
    let problem = found.damaged[0].to_string();
    assert!(problem.contains("runs/checkpoints/") && problem.contains("is damaged"), "{problem}");
    let watch = Watch::default();
    run(&lab, USUAL, EACH, &watch).unwrap();
    assert_eq!(*watch.epochs_done.lock().unwrap(), [0], "the trial starts again");
    assert_eq!(watch.epochs.lock().unwrap().len(), N_EPOCHS as usize);
    assert!(checkpoints(&lab).is_empty());
    check_whole(&lab);
}

#[test]
fn a_damaged_checkpoint_is_found_and_not_used() {
    check_not_used(|bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    });
    check_not_used(|bytes| bytes.truncate(bytes.len() / 2));
    check_not_used(Vec::clear);
}
