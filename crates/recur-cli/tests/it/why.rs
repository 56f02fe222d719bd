//! `recur why`: which trials have a record, and which input of the others is another one.

use crate::common::{Lab, N_TRIALS, SPEC, names_csv};
use recur_core::digest::Digest;
use recur_core::record::TrialRecord;
use recur_store::{Found, NewTrial, Store, read_weights};

fn finished() -> Lab {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    lab
}

/// The lines that tell of a miss after `change`.
fn misses(lab: &Lab, arguments: &[&str]) -> Vec<String> {
    let out = lab.recur(&[&["why", "small.yaml"], arguments].concat()).ended(0).out;
    out.lines().filter(|line| line.starts_with("miss  ")).map(str::to_owned).collect()
}

#[track_caller]
fn check(misses: &[String], n_misses: usize, told: &str) {
    assert_eq!(misses.len(), n_misses, "{misses:#?}");
    for line in misses {
        assert!(line.contains(told) && line.contains("(nearest record: "), "{told}: {line}");
    }
}

#[test]
fn each_trial_with_a_record_is_a_hit_and_each_without_a_miss() {
    let lab = Lab::new();
    let before = lab.recur(&["why", "small.yaml"]).ended(0).out;
    assert!(before.ends_with("8 trials: 0 have a record, 8 to run\n"), "{before}");
    assert!(before.contains("the store has no trial of manual_rnn"), "{before}");
    assert!(!lab.path("runs").exists());
    lab.experiment(&[]).ended(0);
    let after = lab.recur(&["why", "small.yaml"]).ended(0).out;
    assert_eq!(after.lines().filter(|line| line.starts_with("hit   ")).count(), N_TRIALS);
    assert!(after.ends_with("8 trials: 8 have a record, 0 to run\n"), "{after}");
}

#[test]
fn one_trial_is_told_of_alone() {
    let lab = finished();
    let id = &lab.plan(&["small.yaml"])[2];
    let out = lab.recur(&["why", "small.yaml", &id[..12]]).ended(0).out;
    assert_eq!(out, format!("hit   {}  manual_rnn(learning_rate=0.02) replicate 0\n", &id[..10]));
    lab.recur(&["why", "small.yaml", "ffff"]).ended(1).told(&["no trial of small.yaml", "recur plan small.yaml"]);
}

#[test]
fn a_changed_parameter_is_told_with_both_values() {
    let lab = finished();
    lab.write("small.yaml", SPEC.replace("0.02", "0.05"));
    // Which of the two neighbours is nearest is decided by id alone: the value before is one of theirs.
    let misses = misses(&lab, &[]);
    check(&misses, 2, "params.learning_rate 0.0");
    assert!(misses.iter().all(|line| line.contains(" → 0.05 (nearest")), "{misses:#?}");
}

#[test]
fn a_changed_seed_is_told_with_both_values() {
    check(&misses(&finished(), &["--set", "seed=6"]), N_TRIALS, ": seed 5 → 6 (nearest");
}

#[test]
fn a_changed_training_setting_is_told_with_both_values() {
    // Not of the model that learns in one go: it does not concern that one.
    check(&misses(&finished(), &["--set", "training.batch_size=4"]), 6, ": training.batch_size 8 → 4 (nearest");
}

#[test]
fn changed_data_are_told_with_both_digests() {
    let lab = finished();
    let digest = |lab: &Lab| {
        let record = std::fs::read_to_string(lab.trials()[0].join("record.json")).unwrap();
        let record: serde_json::Value = serde_json::from_str(&record).unwrap();
        record["identity"]["dataset"].as_str().expect("a digest")[..12].to_owned()
    };
    let then = digest(&lab);
    lab.write("names.csv", names_csv().replace("Novak", "Novac"));
    let other = Lab::new();
    other.write("names.csv", lab.read("names.csv"));
    other.experiment(&[]).ended(0);
    check(&misses(&lab, &[]), N_TRIALS, &format!(": dataset {then} → {} (nearest", digest(&other)));
}

#[test]
fn another_replicate_is_told_as_such() {
    let misses = misses(&finished(), &["--set", "replicates=3"]);
    check(&misses, 4, ": replicate ");
    assert!(misses.iter().all(|line| line.contains(" → 2 (nearest")), "{misses:#?}");
}

/// Puts a trial as earlier code of its model would have left it in the place of the one that is there.
fn made_by_other_code(lab: &Lab, code: &Digest) {
    let store = Store::open(&lab.path("runs")).unwrap();
    for id in lab.plan(&["small.yaml"]) {
        let id = serde_json::from_value(id.into()).unwrap();
        let Found::Record(record) = store.find(&id) else { panic!("{id}") };
        let (folder, mut identity) = (store.trial(&id), record.identity.clone());
        let file = read_weights(&store.weights_path(&id)).unwrap();
        identity.model_code = code.clone();
        let record = TrialRecord { id: identity.id(), identity, ..*record };
        let spec = std::fs::read_to_string(folder.join("spec.yaml")).unwrap();
        let environment = store.environment(&id).unwrap();
        let card = file.card.expect("a card");
        let (weights, log) = (&file.tensors[..], &b""[..]);
        let trial = NewTrial { record: &record, weights, card: &card, spec: &spec, environment: &environment, log };
        store.keep(&trial).unwrap();
        std::fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn changed_code_of_a_model_is_told_with_both_digests() {
    let lab = finished();
    let code = Digest::of(b"earlier code");
    made_by_other_code(&lab, &code);
    lab.recur(&["store", "check"]).ended(0);
    check(&misses(&lab, &[]), N_TRIALS, &format!(": model_code {} → ", &code.as_str()[..12]));
}

#[test]
fn a_damaged_record_is_a_miss_that_names_the_file() {
    let lab = finished();
    std::fs::write(lab.trials()[0].join("curves.csv"), "").unwrap();
    let misses = misses(&lab, &[]);
    assert_eq!(misses.len(), 1);
    assert!(misses[0].contains("curves.csv is damaged"), "{misses:?}");
}
