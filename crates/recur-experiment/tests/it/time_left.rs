//! What a run reports of the time that is left, and what the store alone shows of it.

use crate::common::Lab;
use recur_experiment::{
    Ended, Experiment, Left, ListedProgress, LocalExecutor, Observer, RequestedExperiment, RunEvent, RunOptions,
    SpecRequest, TimeLeft,
};
use recur_store::{ExperimentTrial, FoundExperiment};
use std::sync::Mutex;

/// Keeps the estimates, with the number of trials that had ended.
#[derive(Default)]
struct Watch(Mutex<(usize, Vec<(usize, Left)>)>);

impl Observer for Watch {
    fn event(&self, _: &Experiment, event: &RunEvent<'_>) {
        let mut seen = self.0.lock().unwrap();
        match event {
            RunEvent::Trial(recur_core::event::Event::TrialEnded { .. }) => seen.0 += 1,
            RunEvent::TimeLeft(left) => {
                let n_ended = seen.0;
                seen.1.push((n_ended, *left));
            }
            _ => {}
        }
    }
}

fn listed(lab: &Lab, name: &str) -> Vec<ExperimentTrial> {
    match lab.store().find_experiment(name) {
        FoundExperiment::Experiment(found) => found.trials,
        other => panic!("{other:?}"),
    }
}

#[test]
fn observers_hear_how_much_is_left_as_soon_as_anything_is_known() {
    let lab = Lab::new();
    lab.write("small.yaml", lab.spec("small", 4));
    let mut experiment =
        RequestedExperiment::read(&SpecRequest::of_file(lab.path("small.yaml")), &lab.program()).unwrap();
    let watch = Watch::default();
    let options = RunOptions { observers: vec![&watch], ..RunOptions::default() };
    experiment.run(&lab.store(), &LocalExecutor::new(1), &options).unwrap();
    let (n_ended, told) = watch.0.into_inner().unwrap();
    assert_eq!(n_ended, 4);
    let (after, first) = told[0];
    assert!(after <= 1 && first.seconds > 0.0 && first.at_most.is_none(), "{told:?}");
}

#[test]
fn the_store_lists_what_trials_cost_and_that_gives_the_time_that_is_left() {
    let lab = Lab::with_small();
    lab.run("wide", &lab.spec("wide", 16));
    let (small, wide) = (listed(&lab, "small"), listed(&lab, "wide"));
    let cost = |trial: &ExperimentTrial| trial.cost.unwrap();
    assert!(
        small.iter().zip(&wide).all(|(small, wide)| (1.5..16.0).contains(&(cost(wide) as f64 / cost(small) as f64)))
    );
    let seconds = |trial: &ExperimentTrial| lab.store().environment(&trial.id).unwrap().seconds;
    let (last, done) = small.split_last().unwrap();
    let progress = |id: &_| match done.iter().find(|trial| trial.id == *id) {
        Some(trial) => ListedProgress::Ended(Ended { seconds: Some(seconds(trial)), share: 1.0, is_resumed: false }),
        None => ListedProgress::Waiting,
    };
    let left = TimeLeft::of_listing(&small, 2, progress).left(0.0).unwrap().seconds;
    let twin = done.iter().find(|trial| trial.configuration == last.configuration).unwrap();
    let expected = seconds(twin);
    assert!((left / expected - 1.0).abs() < 1e-6, "its twin took {expected} s, and {left} s are expected");
}
