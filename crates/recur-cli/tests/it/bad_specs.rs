//! Specs that are wrong: their errors are printed before any data is read. What the errors say is in the tests of `recur-spec`.

use crate::common::{Lab, SPEC};

#[test]
fn a_wrong_spec_is_reported_before_data_is_read_and_nothing_is_written() {
    // The source does not exist either, and only the spec's errors are printed.
    let spec = SPEC.replace("epochs: 3", "epochs: 0").replace("replicates", "replicate");
    let lab = Lab::with(&spec.replace("names.csv", "missing.csv"));
    let ran = lab.experiment(&["--set", "seed=x"]).ended(1).reported(&[
        "small.yaml:6:20: ",
        "small.yaml:13:1: ",
        "--set seed=x",
        "3 errors",
    ]);
    assert!(!ran.err.contains("missing.csv"), "data is not looked for:\n{}", ran.err);
    assert!(ran.out.is_empty(), "{}", ran.out);
    assert!(!lab.path("runs").exists() && !lab.path("reports").exists(), "nothing is written");
}

#[test]
fn a_missing_spec_is_reported_with_the_specs_there_are() {
    let lab = Lab::new();
    lab.recur(&["experiment", "smal.yaml"]).ended(1).reported(&["cannot read the spec smal.yaml", "small.yaml"]);
}

#[test]
fn wrong_words_on_the_command_line_exit_with_2() {
    let lab = Lab::new();
    lab.recur(&["experiment"]).ended(2).reported(&["<SPEC>"]);
    lab.experiment(&["--jobs", "0"]).ended(2).reported(&["--jobs"]);
    lab.experiment(&["--set", "epochs"]).ended(2).reported(&["epochs"]);
}
