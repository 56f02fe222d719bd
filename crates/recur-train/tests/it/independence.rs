//! A trial's record depends on nothing but the trial.

use crate::common::{plan, registry, results};
use crate::toy::Toy;
use recur_core::model::{ModelPlugin, Regime};
use recur_core::plan::Plan;
use recur_core::registry::Registry;
use recur_core::settings::TrainingLength;
use recur_core::trial::TrialId;
use recur_train::TrialResult;
use std::collections::BTreeMap;

/// Every trial's result by its id.
fn by_id(plan: &Plan, registry: &Registry) -> BTreeMap<TrialId, TrialResult> {
    let results = results(plan, registry);
    assert_eq!(results.len(), plan.n_trials());
    results.into_iter().map(|result| (result.record.id.clone(), result)).collect()
}

/// A plan of `one` with these values, and of `other` if asked for, on two replicates.
fn plan_with(values: &[i64], other: Option<&'static Toy>, one: &'static Toy) -> Plan {
    let first = values.iter().map(|value| (one as &dyn ModelPlugin, Toy::params("learn", *value)));
    let second = other.iter().map(|other| (*other as &dyn ModelPlugin, Toy::params("learn", 0)));
    Plan { replicates: 2, ..plan(&first.chain(second).collect::<Vec<_>>()) }
}

/// Whether all trials of the plan of values 1 and 2 have the same results in `changed`.
fn check(change: impl Fn(&'static Toy, &'static Toy) -> Plan) {
    let (one, other) = (Toy::iterative("one"), Toy::iterative("other"));
    let registry = registry(&[one, other]);
    let base = by_id(&plan_with(&[1, 2], None, one), &registry);
    let changed = by_id(&change(one, other), &registry);
    assert_eq!(base.len(), 4);
    for (id, result) in &base {
        let again = changed.get(id).unwrap_or_else(|| panic!("trial {id} is gone"));
        assert_eq!((&again.record, &again.weights), (&result.record, &result.weights));
    }
}

#[test]
fn another_model_changes_no_other_trial() {
    check(|one, other| plan_with(&[1, 2], Some(other), one));
}

#[test]
fn another_value_changes_no_other_trial() {
    check(|one, _| plan_with(&[0, 1, 5, 2], None, one));
}

#[test]
fn another_replicate_changes_no_other_trial() {
    check(|one, _| Plan { replicates: 5, ..plan_with(&[1, 2], None, one) });
}

#[test]
fn the_order_of_configurations_changes_no_trial() {
    check(|one, _| plan_with(&[2, 1], None, one));
}

#[test]
fn another_seed_changes_every_trial() {
    let toy = Toy::iterative("toy");
    let run = |seed| by_id(&Plan { seed, ..plan_with(&[1, 2], None, toy) }, &registry(&[toy]));
    let (one, other) = (run(1), run(2));
    assert!(one.keys().all(|id| !other.contains_key(id)));
    let weights = |results: &BTreeMap<TrialId, TrialResult>| -> Vec<String> {
        results.values().map(|result| format!("{:?}", result.weights)).collect()
    };
    assert!(weights(&one).iter().all(|weight| !weights(&other).contains(weight)));
}

/// Its identity leaves `training` out, but for the weights of labels, so what it is shown must not depend on it either.
#[test]
fn training_does_not_concern_a_one_shot_model() {
    let run = |change: fn(&mut Plan)| {
        let toy = Toy::new("toy", Regime::OneShot, &[0.5]);
        let mut plan = plan_with(&[1], None, toy);
        change(&mut plan);
        let results = by_id(&plan, &registry(&[toy]));
        let mut shown: Vec<String> = toy.seen().into_iter().map(|seen| format!("{seen:?}")).collect();
        // Two replicates run at once: their calls come in any order.
        shown.sort();
        (results.into_values().map(|result| (result.record, result.weights)).collect::<Vec<_>>(), shown)
    };
    let base = run(|_| ());
    assert_eq!(base, run(|plan| plan.training.length = TrainingLength::Steps { steps: 90, evaluate_every: 7 }));
    assert_eq!(base, run(|plan| plan.training.batch_size = 1));
}
