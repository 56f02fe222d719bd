//! How long a trial is trained, and which epoch's weights it keeps.

use crate::common::{plan_of, registry, results};
use crate::toy::{Call, Toy};
use recur_core::metric::Metric;
use recur_core::model::Regime;
use recur_core::record::Outcome;
use recur_core::settings::{EarlyStopping, TrainingLength, TrainingSettings};
use recur_core::tensor::TensorData;

const LOSSES: &[f32] = &[1.0, 0.5, 0.7, 0.5, 0.6, 0.25, 0.3];

/// Trains for 7 epochs at most: how many there were, and which one's weights were kept.
#[track_caller]
fn check(early_stopping: Option<EarlyStopping>, n_epochs: usize, kept_epoch: u32) {
    check_losses(LOSSES, early_stopping, n_epochs, kept_epoch);
}

/// The same with other losses on validation; after the last of them the loss stays as it is.
#[track_caller]
fn check_losses(losses: &'static [f32], early_stopping: Option<EarlyStopping>, n_epochs: usize, kept_epoch: u32) {
    let toy = Toy::new("toy", Regime::Iterative, losses);
    let mut plan = plan_of(toy, &["learn"]);
    plan.training = TrainingSettings { length: TrainingLength::Epochs(7), early_stopping, ..plan.training };
    let result = results(&plan, &registry(&[toy])).remove(0);
    assert_eq!(result.record.outcome, Outcome::Finished { kept_epoch });
    assert_eq!(result.record.epochs.len(), n_epochs);
    assert_eq!(result.weights[1].data, TensorData::I64(vec![i64::from(kept_epoch) + 1]), "epochs in the kept weights");
}

fn patience(metric: Metric, patience: u32) -> Option<EarlyStopping> {
    Some(EarlyStopping { metric, patience })
}

#[test]
fn without_early_stopping_the_last_weights_are_kept() {
    check(None, 7, 6);
}

#[test]
fn training_stops_after_patience_and_keeps_the_best_epochs_weights() {
    check(patience(Metric::Loss, 1), 3, 1);
    check(patience(Metric::Loss, 3), 5, 1);
}

/// Epochs 2 and 3 are as good as epoch 1, and epoch 5 is better than all before it.
const PLATEAU: &[f32] = &[1.0, 0.5, 0.5, 0.5, 0.6, 0.25, 0.25];

#[test]
fn an_equal_value_is_not_better() {
    // Equal values use up the patience: were they better, training would go on to epoch 5, and keep its weights.
    check_losses(PLATEAU, patience(Metric::Loss, 1), 3, 1);
    check_losses(PLATEAU, patience(Metric::Loss, 2), 4, 1);
    // Of equal epochs the first is kept, also where training goes on to its end.
    check_losses(PLATEAU, patience(Metric::Loss, 4), 7, 5);
    check_losses(&[1.0, 0.5], patience(Metric::Loss, 100), 7, 1);
    // The same for a metric that is better when it is larger: here it never changes.
    check(patience(Metric::Accuracy, 2), 3, 0);
}

#[test]
fn the_best_weights_are_kept_also_where_patience_does_not_run_out() {
    check(patience(Metric::Loss, 4), 7, 5);
    check(patience(Metric::MacroF1, 100), 7, 0);
}

#[test]
fn early_stopping_does_not_concern_a_one_shot_model() {
    let toy = Toy::new("toy", Regime::OneShot, LOSSES);
    let mut plan = plan_of(toy, &["learn"]);
    plan.training.early_stopping = patience(Metric::Loss, 1);
    let result = results(&plan, &registry(&[toy])).remove(0);
    assert_eq!((result.record.outcome, result.record.epochs.len()), (Outcome::Finished { kept_epoch: 0 }, 1));
}

#[test]
fn steps_are_scored_every_evaluate_every_and_at_the_end() {
    let toy = Toy::iterative("toy");
    let mut plan = plan_of(toy, &["learn"]);
    plan.training.length = TrainingLength::Steps { steps: 10, evaluate_every: 4 };
    let result = results(&plan, &registry(&[toy])).remove(0);
    assert_eq!(result.record.epochs.len(), 3);
    let seen = toy.seen();
    let epochs: Vec<_> = seen
        .iter()
        .filter_map(|seen| match &seen.call {
            Call::Train { order, index, steps_before, total_steps, .. } => {
                Some((*index, order.len(), *steps_before, *total_steps))
            }
            _ => None,
        })
        .collect();
    assert_eq!(epochs, [(0, 16, 0, 10), (1, 16, 4, 10), (2, 8, 8, 10)], "batches of 4 names");
}

#[test]
fn divergence_in_the_last_interval_names_a_step_that_was_made() {
    let toy = Toy::iterative("toy");
    let mut plan = plan_of(toy, &["nan"]);
    plan.training.length = TrainingLength::Steps { steps: 5, evaluate_every: 4 };
    let result = results(&plan, &registry(&[toy])).remove(0);
    assert_eq!(result.record.outcome, Outcome::Diverged { reason: "loss became NaN at step 5".to_owned() });
}
