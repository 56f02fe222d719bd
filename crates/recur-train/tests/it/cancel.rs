//! What is asked to stop keeps nothing half done.

use crate::common::{Watch, plan_of, registry, sweep};
use crate::toy::Toy;
use recur_core::event::Event;
use recur_core::model::Cancel;

/// Which of three trials have a record when the flag is raised after epoch `epoch` of trial `configuration`.
fn check(configuration: usize, epoch: u32, expected: [bool; 3]) {
    let toy = Toy::iterative("toy");
    let plan = plan_of(toy, &["learn"; 3]);
    let cancel = Cancel::new();
    let on_event = |event: &Event<'_>| {
        if let Event::EpochFinished { trial, epoch: now, .. } = event
            && (trial.configuration, *now) == (configuration, epoch)
        {
            cancel.cancel();
        }
    };
    let watch = Watch { on_event: Some(Box::new(on_event)), ..Watch::default() };
    let records = sweep(&plan, &registry(&[toy]), 1, &cancel, &watch).unwrap().records;
    assert_eq!(records.iter().map(Option::is_some).collect::<Vec<_>>(), expected);
    let kept: Vec<usize> = watch.into_kept().iter().map(|(trial, _)| trial.configuration).collect();
    assert_eq!(kept, (0..3).filter(|index| expected[*index]).collect::<Vec<_>>());
}

#[test]
fn a_trial_amid_its_training_is_abandoned_and_no_other_is_begun() {
    check(0, 0, [false, false, false]);
    check(1, 1, [true, false, false]);
}

#[test]
fn a_trial_at_its_end_is_kept() {
    check(1, 2, [true, true, false]);
}

#[test]
fn a_flag_raised_beforehand_trains_nothing() {
    let toy = Toy::iterative("toy");
    let cancel = Cancel::new();
    cancel.cancel();
    let watch = Watch::default();
    let records = sweep(&plan_of(toy, &["learn"; 2]), &registry(&[toy]), 2, &cancel, &watch).unwrap().records;
    assert_eq!(records, [None, None]);
    assert_eq!(toy.seen(), []);
}

#[test]
fn each_trial_starts_finishes_its_epochs_and_ends() {
    let toy = Toy::iterative("toy");
    let events = std::sync::Mutex::new(Vec::new());
    let on_event = |event: &Event<'_>| {
        events.lock().unwrap().push(match event {
            Event::TrialStarted { n_epochs, .. } => format!("starts {n_epochs}"),
            Event::EpochFinished { epoch, .. } => format!("epoch {epoch}"),
            Event::TrialEnded { .. } => "ends".to_owned(),
        });
    };
    let watch = Watch { on_event: Some(Box::new(on_event)), ..Watch::default() };
    sweep(&plan_of(toy, &["learn", "panic"]), &registry(&[toy]), 1, &Cancel::new(), &watch).unwrap();
    drop(watch);
    let expected = ["starts 3", "epoch 0", "epoch 1", "epoch 2", "ends", "starts 3", "epoch 0", "ends"];
    assert_eq!(events.into_inner().unwrap(), expected);
}
