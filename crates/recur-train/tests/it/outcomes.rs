//! A trial that goes wrong becomes a record with its cause, and the others go on.

use crate::common::{Watch, how, plan_of, registry, replicates, results, sweep, trials};
use crate::toy::{Toy, is_spoilt};
use recur_core::event::Event;
use recur_core::model::{Cancel, Regime};
use recur_core::plan::Plan;
use recur_core::record::Outcome;
use recur_core::registry::Registry;
use recur_core::replicate::Replicate;
use recur_core::settings::{Group, SplitSettings};
use recur_core::split::SplitError;
use recur_train::SweepError;
use std::thread::sleep;
use std::time::Duration;

/// One configuration of three goes wrong in its second epoch, or before its first.
fn check(behaviour: &str, expected: &Outcome, n_epochs: usize, n_parameters: u64) {
    let toy = Toy::iterative("toy");
    let results = results(&plan_of(toy, &["learn", behaviour, "learn"]), &registry(&[toy]));
    let finished = Outcome::Finished { kept_epoch: 2 };
    let outcomes: Vec<&Outcome> = results.iter().map(|result| &result.record.outcome).collect();
    assert_eq!(outcomes, [&finished, expected, &finished]);
    let wrong = &results[1];
    assert_eq!((wrong.record.epochs.len(), wrong.record.n_parameters), (n_epochs, n_parameters));
    assert!(wrong.weights.is_empty(), "a trial that did not finish keeps no weights");
    assert_eq!(wrong.record.split, results[0].record.split);
}

fn failed(reason: &str) -> Outcome {
    Outcome::Failed { reason: reason.to_owned() }
}

fn diverged(reason: &str) -> Outcome {
    Outcome::Diverged { reason: reason.to_owned() }
}

#[test]
fn a_panic_is_a_record_with_its_message() {
    check("panic", &failed("the model panicked: fell over"), 0, 0);
    check("panic_at_build", &failed("the model panicked: built of paper"), 0, 0);
}

#[test]
fn an_error_is_a_record_with_all_its_causes() {
    check("fail", &failed("cannot go on: no more numbers"), 1, 1);
    check("refuse", &failed("parameter `behaviour`: refused"), 0, 0);
}

#[test]
fn an_error_where_weights_are_asked_for_is_no_panic() {
    check("no_weights", &failed("cannot go on: no more numbers"), 0, 0);
}

#[test]
fn weights_that_no_file_can_hold_are_a_failed_record() {
    check("reserved_name", &failed("weight `__metadata__`: safetensors files keep this name for themselves"), 0, 0);
}

#[test]
fn a_model_that_was_stopped_where_weights_are_asked_for_has_no_record() {
    let toy = Toy::iterative("toy");
    let sweep = sweep(&plan_of(toy, &["stop"]), &registry(&[toy]), 1, &Cancel::new(), &Watch::default());
    assert_eq!(sweep.unwrap().records, [None]);
}

#[test]
fn a_loss_that_is_no_number_is_a_record_with_its_step() {
    // 36 training texts in steps of 4: the second epoch begins with step 9 and ends before step 18.
    check("diverge", &diverged("loss became inf at step 9"), 1, 1);
    check("nan", &diverged("loss became NaN at step 18"), 1, 1);
}

/// The first validation text whose second character the toy answers wrongly, as the data set has it.
fn wrong_text() -> String {
    let (dataset, toy) = (crate::common::dataset(), Toy::iterative("toy"));
    let rows = replicates(&plan_of(toy, &["learn"]))[0].split.validation.clone();
    let is_wrong = |row: &&u32| is_spoilt(dataset.sequences().get(**row));
    dataset.texts()[*rows.iter().find(is_wrong).expect("there is one") as usize].clone()
}

#[test]
fn an_answer_that_is_no_distribution_is_a_failed_record_with_the_text() {
    let check = |behaviour: &str, problem: &str| {
        let text = wrong_text();
        let reported = format!("the answer for `{text}` is no distribution over the labels: {problem}");
        check(behaviour, &failed(&reported), 0, 1);
    };
    check("certain_of_all", "the probabilities sum to 3.000000, expected 1 within 0.0001");
    check("too_little", "the probabilities sum to 0.999700, expected 1 within 0.0001");
    check("above_zero", "label 1 has the log-probability 0.25, expected a number up to 0");
    check("half_nan", "label 2 has the log-probability NaN, expected a number up to 0");
}

#[test]
fn an_answer_without_any_number_is_a_divergence_as_before() {
    let toy = Toy::iterative("toy");
    let results = results(&plan_of(toy, &["all_nan"]), &registry(&[toy]));
    assert_eq!(results[0].record.outcome, diverged("loss became NaN at step 9"));
}

#[test]
fn training_losses_that_no_log_loss_can_be_are_refused() {
    let toy = Toy::iterative("toy");
    let results = results(&plan_of(toy, &["negative_loss", "huge_loss"]), &registry(&[toy]));
    let reported = "the training loss of an example is -5, and a log loss is never below 0";
    assert_eq!(results[0].record.outcome, failed(reported));
    let Outcome::Diverged { reason } = &results[1].record.outcome else { panic!("{:?}", results[1].record.outcome) };
    assert!(reason.ends_with("at step 9"), "{reason}");
}

#[test]
fn an_infinite_validation_loss_is_a_divergence() {
    let toy = Toy::new("toy", Regime::Iterative, &[0.5, f32::INFINITY]);
    let results = results(&plan_of(toy, &["learn"]), &registry(&[toy]));
    assert_eq!(results[0].record.outcome, diverged("loss became inf at step 18"));
    assert_eq!(results[0].record.epochs.len(), 1);
}

#[test]
fn a_result_that_cannot_be_kept_stops_the_sweep() {
    let toy = Toy::iterative("toy");
    let plan = plan_of(toy, &["learn", "panic", "learn", "learn"]);
    let watch = Watch { refused: Some(1), ..Watch::default() };
    let error = sweep(&plan, &registry(&[toy]), 1, &Cancel::new(), &watch).unwrap_err();
    assert!(matches!(&error, SweepError::Keep { source, .. } if source.to_string() == "the disk is full"), "{error:?}");
    let kept: Vec<usize> = watch.into_kept().iter().map(|(trial, _)| trial.configuration).collect();
    assert_eq!(kept, [0], "what ended before stays, and nothing is begun after");
}

/// Trial 1 waits, after its first epoch, until trial 0 could not be kept.
#[test]
fn a_result_that_cannot_be_kept_stops_the_trials_beside_it() {
    let toy = Toy::iterative("toy");
    let cancel = Cancel::new();
    let on_event = |event: &Event<'_>| {
        if let Event::EpochFinished { trial, epoch: 0, .. } = event
            && trial.configuration == 1
        {
            let raised = (0..10_000).any(|_| {
                sleep(Duration::from_millis(1));
                cancel.is_cancelled()
            });
            assert!(raised, "the other trial is asked to stop");
        }
    };
    let watch = Watch { refused: Some(0), on_event: Some(Box::new(on_event)), ..Watch::default() };
    let error = sweep(&plan_of(toy, &["learn"; 5]), &registry(&[toy]), 2, &cancel, &watch).unwrap_err();
    assert!(matches!(error, SweepError::Keep { .. }), "{error:?}");
    assert_eq!(watch.into_kept().len(), 0);
}

#[test]
fn a_model_that_nobody_registered_is_an_error_before_any_training() {
    let toy = Toy::iterative("toy");
    let dataset = crate::common::dataset();
    let plan = plan_of(toy, &["learn"]);
    let trials = trials(&plan, &registry(&[toy]));
    let watch = Watch::default();
    let error =
        recur_train::run_sweep(&trials, &replicates(&plan), &dataset, &Registry::new(), how(1, &Cancel::new(), &watch))
            .unwrap_err();
    assert!(matches!(error, SweepError::NoModel(_)), "{error:?}");
    assert_eq!(toy.seen(), []);
}

#[test]
fn a_trial_of_a_replicate_whose_rows_were_not_divided_is_an_error_before_any_training() {
    let toy = Toy::iterative("toy");
    let (dataset, registry) = (crate::common::dataset(), registry(&[toy]));
    let plan = Plan { replicates: 2, ..plan_of(toy, &["learn"]) };
    let trials = trials(&plan, &registry);
    let first = &replicates(&plan)[..1];
    let watch = Watch::default();
    let error =
        recur_train::run_sweep(&trials, first, &dataset, &registry, how(1, &Cancel::new(), &watch)).unwrap_err();
    assert!(error.to_string().ends_with("is of replicate 1, whose rows were not divided"), "{error}");
    assert_eq!(toy.seen(), []);
}

#[test]
fn data_too_small_to_divide_is_an_error() {
    let split = SplitSettings::shares(0.98, 0.001, 0.001, Group::None, true);
    let error = Replicate::new(&crate::common::dataset(), &split, 7, 0).unwrap_err();
    assert!(matches!(error, SplitError::TooFew { .. }), "{error:?}");
}
