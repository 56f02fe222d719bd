//! Which trials have a record, and which input of the others is another one.

use crate::common::Lab;
use crate::pipeline::{self, Run};
use recur_core::digest::Digest;
use recur_core::record::TrialRecord;
use recur_core::trial::Trial;
use recur_experiment::{RequestedExperiment, SpecRequest};
use recur_store::{Found, NewTrial, read_weights};

const N_TRIALS: usize = 4;

/// Why the trials of the experiment have no record, those that have none.
fn misses(lab: &Lab, change: Option<&str>) -> Vec<String> {
    let overrides = change.iter().map(|change| change.parse().unwrap()).collect();
    let request = SpecRequest { overrides, ..SpecRequest::of_file(lab.path("small.yaml")) };
    let experiment = RequestedExperiment::read(&request, &lab.program()).unwrap();
    let trials: Vec<&Trial> = experiment.trials().iter().collect();
    let reasons = experiment.explain(&trials, Some(&lab.store())).unwrap();
    reasons.into_iter().flatten().map(|reason| reason.to_string()).collect()
}

#[track_caller]
fn check(misses: &[String], n_misses: usize, part: &str) {
    assert_eq!(misses.len(), n_misses, "{misses:#?}");
    for line in misses {
        assert!(line.contains(part) && line.contains("(nearest record: "), "{part}: {line}");
    }
}

#[test]
fn a_changed_input_is_shown_with_both_values() {
    let lab = Lab::with_small();
    check(&misses(&lab, None), 0, "");
    check(&misses(&lab, Some("seed=6")), N_TRIALS, "seed 5 → 6 (nearest");
    check(&misses(&lab, Some("training.batch_size=4")), N_TRIALS, "training.batch_size 8 → 4 (nearest");
    let more = misses(&lab, Some("replicates=3"));
    check(&more, 2, "replicate ");
    assert!(more.iter().all(|line| line.contains(" → 2 (nearest")), "{more:#?}");
    lab.write("small.yaml", lab.spec("small", 5));
    check(&misses(&lab, None), N_TRIALS, "params.hidden_size 4 → 5 (nearest");
}

#[test]
fn changed_data_are_shown_with_both_digests() {
    let lab = Lab::with_small();
    let dataset = |lab: &Lab| {
        let request = SpecRequest::of_file(lab.path("small.yaml"));
        let experiment = RequestedExperiment::read(&request, &lab.program()).unwrap();
        experiment.data().facts.dataset.as_str()[..12].to_owned()
    };
    let then = dataset(&lab);
    lab.write("names.csv", lab.read("names.csv").replace("Novak", "Novac"));
    check(&misses(&lab, None), N_TRIALS, &format!("dataset {then} → {} (nearest", dataset(&lab)));
}

/// Puts a trial as earlier code of its model would have left it in the place of the one that is there.
fn made_by_other_code(lab: &Lab, code: &Digest) {
    let store = lab.store();
    let request = SpecRequest::of_file(lab.path("small.yaml"));
    let experiment = RequestedExperiment::read(&request, &lab.program()).unwrap();
    for id in experiment.trials().iter().map(|trial| &trial.id) {
        let Found::Record(record) = store.find(id) else { panic!("{id}") };
        let (folder, mut identity) = (store.trial(id), record.identity.clone());
        let file = read_weights(&store.weights_path(id)).unwrap();
        identity.model_code = code.clone();
        let record = TrialRecord { id: identity.id(), identity, ..*record };
        let spec = std::fs::read_to_string(folder.join("spec.yaml")).unwrap();
        let environment = store.environment(id).unwrap();
        let card = file.card.expect("a card");
        let (weights, log) = (&file.tensors[..], &b""[..]);
        let trial = NewTrial { record: &record, weights, card: &card, spec: &spec, environment: &environment, log };
        store.keep(&trial).unwrap();
        std::fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn changed_code_of_a_model_is_shown_with_both_digests() {
    let lab = Lab::with_small();
    let code = Digest::of(b"earlier code");
    made_by_other_code(&lab, &code);
    check(&misses(&lab, None), N_TRIALS, &format!("model_code {} → ", &code.as_str()[..12]));
}

#[test]
fn a_damaged_record_is_a_miss_that_names_the_file() {
    let lab = Lab::with_small();
    let request = SpecRequest::of_file(lab.path("small.yaml"));
    let id = RequestedExperiment::read(&request, &lab.program()).unwrap().trials()[0].id.clone();
    std::fs::write(lab.trial(&id).join("curves.csv"), "").unwrap();
    let misses = misses(&lab, None);
    assert!(misses.len() == 1 && misses[0].contains("curves.csv is damaged"), "{misses:?}");
}

#[test]
fn each_trial_with_a_record_is_a_hit_and_each_without_a_miss() {
    let lab = pipeline::lab();
    let experiment = Run::default().prepared(&lab);
    let trials: Vec<&Trial> = experiment.trials().iter().collect();
    let before = experiment.explain(&trials, None).unwrap();
    let before: Vec<String> = before.into_iter().flatten().map(|reason| reason.to_string()).collect();
    assert_eq!(before.len(), pipeline::N_TRIALS);
    assert!(before.iter().any(|reason| reason == "the store has no trial of manual_rnn"), "{before:#?}");
    assert!(!lab.path("runs").exists());
    pipeline::experiment(&lab).unwrap();
    let after = experiment.explain(&trials, Some(&lab.store())).unwrap();
    assert!(after.len() == pipeline::N_TRIALS && after.iter().all(Option::is_none), "{after:#?}");
}

#[test]
fn a_changed_training_setting_is_reported_with_both_values() {
    // Not of the model that learns in one go: it does not concern that one.
    let lab = pipeline::finished();
    check(&misses(&lab, Some("training.batch_size=4")), 6, "training.batch_size 8 → 4 (nearest");
}
