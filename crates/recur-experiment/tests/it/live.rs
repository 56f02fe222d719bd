//! What other processes see of a run, as it goes.

use crate::logged::LOGS;
use crate::pipeline::{Run, lab};
use recur_core::event::Event;
use recur_core::trial::Trial;
use recur_experiment::{Experiment, Observer, RunEvent};
use recur_store::{Life, RunningProcess, RunningTrial, Store};
use std::path::PathBuf;
use std::sync::Mutex;

/// Waits at certain events until a reader of the store sees them, and counts them.
struct Reader {
    root: PathBuf,
    seen: Mutex<[usize; 2]>,
}

impl Reader {
    fn processes(&self) -> Vec<RunningProcess> {
        Store::open_to_read(&self.root).unwrap().unwrap().running().unwrap()
    }

    /// The trial as it is shown, once `is_new` holds of it; and the process that trains it.
    fn wait(&self, trial: &Trial, is_new: impl Fn(&RunningTrial) -> bool) -> (RunningProcess, RunningTrial) {
        loop {
            for process in self.processes() {
                let trials = process.running.iter().flat_map(|running| &running.trials);
                if let Some(shown) = trials.into_iter().find(|shown| shown.id == trial.id && is_new(shown)).cloned() {
                    return (process, shown);
                }
            }
            std::thread::yield_now();
        }
    }
}

impl Observer for Reader {
    fn event(&self, _: &Experiment, event: &RunEvent<'_>) {
        match event {
            RunEvent::Trial(Event::TrialStarted { trial, n_epochs, .. }) => {
                let (process, shown) = self.wait(trial, |_| true);
                assert_eq!((process.pid, process.life), (std::process::id(), Life::Alive));
                let running = process.running.clone().unwrap();
                assert_eq!((running.experiment.as_deref(), running.place), (Some("small"), None));
                let expected = RunningTrial {
                    id: trial.id.clone(),
                    title: trial.title.clone(),
                    model: trial.identity.model.clone(),
                    replicate: trial.replicate,
                    epochs_done: 0,
                    n_epochs: *n_epochs,
                    metric: "macro_f1".to_owned(),
                    validation: None,
                    started_unix: shown.started_unix,
                    resumed: false,
                };
                assert_eq!(shown, expected);
                assert!(running.written_unix >= shown.started_unix && shown.started_unix > 0);
                self.seen.lock().unwrap()[0] += 1;
            }
            // It takes up to a second.
            RunEvent::Trial(Event::EpochFinished { trial, epoch: 2, validation, .. })
                if self.seen.lock().unwrap()[1] == 0 =>
            {
                let (process, shown) = self.wait(trial, |shown| shown.epochs_done == 3);
                assert_eq!(shown.validation, Some(validation.macro_f1));
                let log = std::fs::read_to_string(process.log_path(&trial.id)).unwrap();
                assert!(log.lines().any(|line| line.contains("epoch finished")), "{log}");
                self.seen.lock().unwrap()[1] += 1;
            }
            _ => {}
        }
    }
}

#[test]
fn other_processes_see_each_trial_with_its_epochs_and_its_log_and_nothing_after_the_run() {
    let lab = lab();
    let reader = Reader { root: lab.path("runs"), seen: Mutex::default() };
    let ran = Run { observer: Some(&reader), ..Run::default() }.of(&lab).unwrap();
    let [n_started, n_epochs] = *reader.seen.lock().unwrap();
    assert!(n_started == ran.outcomes.len() && n_epochs > 0);
    assert_eq!(reader.processes(), []);
    let store = Store::open_to_read(&reader.root).unwrap().unwrap();
    assert!(ran.outcomes.iter().all(|outcome| store.running_logs(&outcome.trial.id).unwrap().is_empty()));
    assert!(LOGS.take(ran.outcomes[0].trial.id.as_str()).is_empty());
}
