//! From a spec to a report on the command line: what is shown, and how the process ends.

use crate::common::{DIVERGING, Lab, N_TRIALS, SHIPPED, two_labels_csv};
use recur_core::digest::Digest;
use std::collections::BTreeSet;

#[test]
fn a_small_experiment_ends_with_its_figures_and_the_places_of_its_report() {
    let lab = Lab::new();
    let ran = lab.experiment(&[]).ended(0).reported(&["60 names", "8 trials: 0 done before, 8 to run"]);
    assert!(ran.out.contains("Report: reports/small.md"), "{}", ran.out);
    assert!(ran.out.contains("The same as one page, to sort and filter: reports/small.html"), "{}", ran.out);
    for model in ["linfa_naive_bayes", "manual_rnn(learning_rate=0.0", "stacked_rnn"] {
        assert!(ran.out.contains(model), "{}", ran.out);
    }
    assert!(lab.read("reports/small.md").contains("Which family tells best"));
    assert_eq!(lab.trials().len(), N_TRIALS);
    lab.experiment(&[]).ended(0).reported(&["8 trials: 8 done before, 0 to run"]);
    lab.experiment(&["--set", "training.epochs=2", "--set", "data.text.alphabet=abcdefghijklmnop'"]).ended(0);
    let report = lab.read("reports/small.md");
    let command =
        "recur experiment small.yaml --set 'training.epochs=2' --set \"data.text.alphabet=abcdefghijklmnop'\"";
    assert!(report.contains(command), "{report}");
}

#[test]
fn a_trial_that_diverges_is_named_and_makes_another_exit_code() {
    let lab = Lab::with(DIVERGING);
    let ran = lab.experiment(&[]).ended(3).reported(&["WARN", "manual_rnn replicate", "diverged: loss became"]);
    assert!(ran.out.contains("of 4 trials did not finish: see the report"), "{}", ran.out);
    assert!(ran.out.contains("Report: reports/small.md"), "{}", ran.out);
    lab.experiment(&[]).ended(3).reported(&["4 trials: 4 done before, 0 to run"]);
    lab.recur(&["report", "small.yaml"]).ended(3);
}

#[test]
fn plan_lists_every_trial_with_its_state_and_writes_nothing() {
    let lab = Lab::new();
    let before = lab.recur(&["plan", "small.yaml"]).ended(0).out;
    assert!(
        before.contains("\n4 configurations, 2 replicates, 8 trials: 0 done, 8 to run\nTest rows: drawn anew"),
        "{before}"
    );
    assert!(!lab.path("runs").exists());
    let ids = lab.plan(&["small.yaml"]);
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), N_TRIALS);
    lab.experiment(&[]).ended(0);
    let name = |path: &std::path::PathBuf| path.file_name().expect("an id").to_string_lossy().into_owned();
    assert_eq!(lab.trials().iter().map(name).collect::<BTreeSet<_>>(), ids.into_iter().collect());
    let after = lab.recur(&["plan", "small.yaml"]).ended(0).out;
    assert!(after.contains("8 trials: 8 done, 0 to run\nTest rows: "), "{after}");
}

#[test]
fn every_shipped_experiment_is_a_valid_spec() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments");
    let mut n_specs = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let spec = recur_spec::parse(&std::fs::read(&path).unwrap(), &path.display().to_string(), &[], &SHIPPED)
            .unwrap_or_else(|errors| panic!("{errors}"));
        assert!(spec.plan().n_trials() > 0);
        n_specs += 1;
    }
    assert!(n_specs >= 3, "{n_specs} specs");
}

#[test]
fn with_two_labels_each_test_result_has_thresholds_and_the_report_finds_a_label() {
    let lab = Lab::new();
    lab.write("two.csv", two_labels_csv());
    let two = ["--set", "data.source=two.csv"];
    let ran = lab.experiment(&[&two[..], &["--set", "report.positive=anothre"]].concat()).ended(1);
    let message = "`report.positive` is `anothre`, and two.csv has no such label";
    ran.reported(&[message, "did you mean `another`?"]);
    assert!(!lab.path("reports").exists());
    lab.experiment(&[&two[..], &["--set", "report.positive=another"]].concat()).ended(0);
    let report = lab.read("reports/small.md");
    assert!(report.contains("## The positive label\n\nHow well the models find `another`. It is"), "{report}");
    let tested: Vec<_> = lab.trials().into_iter().filter(|trial| trial.join("test").exists()).collect();
    assert!(!tested.is_empty());
    for trial in &tested {
        let scores = std::fs::read_to_string(trial.join("test/scores.json")).unwrap();
        let mut scores: serde_json::Value = serde_json::from_str(&scores).unwrap();
        let thresholds = scores.as_object_mut().unwrap().remove("thresholds").unwrap();
        let thresholds: Vec<f64> = serde_json::from_value(thresholds).unwrap();
        assert!(thresholds.len() == 2 && thresholds.iter().all(|threshold| *threshold <= 0.0), "{thresholds:?}");
        // As an earlier version of recur kept them.
        let sums = trial.join("test/SHA256SUMS");
        let [before, after] = [std::fs::read(trial.join("test/scores.json")).unwrap(), scores.to_string().into_bytes()];
        let [old, new] = [&before, &after].map(|bytes| Digest::of(bytes).to_string());
        let text = std::fs::read_to_string(&sums).unwrap().replace(&old, &new);
        std::fs::write(trial.join("test/scores.json"), after).unwrap();
        std::fs::write(&sums, text).unwrap();
    }
    lab.recur(&["store", "check"]).ended(0);
    lab.recur(&["report", "small.yaml", "--check", two[0], two[1], "--set", "report.positive=another"]).ended(0);
    lab.recur(&["verify", "reports/small.md"]).ended(0);
    let id = tested[0].file_name().unwrap().to_str().unwrap();
    lab.recur(&["verify", id]).ended(0);
}
