//! What an experiment would run.

use crate::common::Lab;
use recur_experiment::{RequestedExperiment, SpecRequest, TrialState};
use serde_json::Value;

fn prepare(lab: &Lab, change: Option<&str>) -> RequestedExperiment {
    let overrides = change.iter().map(|change| change.parse().unwrap()).collect();
    let request = SpecRequest { overrides, ..SpecRequest::of_file(lab.path("small.yaml")) };
    RequestedExperiment::read(&request, &lab.program()).unwrap()
}

#[test]
fn what_is_to_run_is_estimated_from_past_trials() {
    let lab = Lab::with_small();
    let (store, experiment) = (lab.store(), prepare(&lab, Some("replicates=4")));
    let planned = experiment.planned_run(Some(&store)).unwrap();
    assert_eq!((planned.n_to_run(), planned.states.len()), (4, 8));
    for (state, estimate) in planned.states.iter().zip(&planned.estimates) {
        assert_eq!(estimate.is_some(), *state == TrialState::ToRun);
    }
    let sum: f64 = planned.estimates.iter().flatten().sum();
    let (whole, cores) = (planned.seconds().unwrap(), planned.cores.min(4) as f64);
    // Together they take at least their part of the sum: two long ones may come last.
    assert!(sum > 0.0 && (sum / cores..=sum).contains(&whole), "{whole} s of {sum} s on {cores} cores");
    let json = planned.json();
    assert_eq!((&json["done"], &json["to_run"], json["trials"].as_array().unwrap().len()), (&4.into(), &4.into(), 8));
}

#[test]
fn without_past_trials_there_is_no_estimate_and_with_all_of_them_nothing_to_estimate() {
    let lab = Lab::with_small();
    let (store, experiment) = (lab.store(), prepare(&lab, None));
    let nothing = experiment.planned_run(None).unwrap();
    assert_eq!((nothing.n_to_run(), nothing.seconds()), (4, None));
    let done = experiment.planned_run(Some(&store)).unwrap();
    assert_eq!((done.n_to_run(), &done.json()["estimated_seconds"]), (0, &Value::Null));
    // One trial takes its time, however many cores there are.
    std::fs::remove_dir_all(store.trial(&experiment.trials()[0].id)).unwrap();
    let one = experiment.planned_run(Some(&store)).unwrap();
    assert_eq!((one.n_to_run(), one.seconds()), (1, one.estimates[0]));
    assert!(one.estimates[0].is_some());
    lab.write("small.yaml", lab.spec("small", 4).replace("stacked_rnn", "gru"));
    let other = prepare(&lab, None);
    let planned = other.planned_run(Some(&store)).unwrap();
    assert_eq!(planned.n_to_run(), 3);
    assert!(planned.seconds().is_some(), "what other models take shows it");
}

/// Nothing but the cost of its iterations shows how long a solver takes before its first trial has ended.
#[test]
fn a_solver_is_expected_to_take_as_much_longer_as_it_makes_more_iterations() {
    let mut lab = Lab::with_small();
    lab.registry.register_all(recur_linfa::PLUGINS);
    let names = lab.word("names.csv");
    let spec = format!(
        "recur: 1\nname: small\ndata: {{source: {names}}}\nmodels:\n  - use: manual_rnn\n  \
         - {{use: linfa_logistic, sweep: {{max_iterations: [10, 40]}}}}\n"
    );
    lab.write("small.yaml", spec);
    let experiment = prepare(&lab, None);
    let planned = experiment.planned_run(Some(&lab.store())).unwrap();
    let [few, many] = [planned.estimates[1].unwrap(), planned.estimates[2].unwrap()];
    assert!((many / few - 4.0).abs() < 1e-6, "{few} s and {many} s");
}
