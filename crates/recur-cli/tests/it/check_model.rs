//! `recur check-model`: the battery from the command line.

use crate::common::Lab;
use serde_json::Value;

const QUICK: [&str; 6] = ["check-model", "manual_rnn", "--set", "hidden_size=8", "--set", "learning_rate=0.01"];

#[test]
fn a_shipped_model_passes_on_every_instruction_set() {
    let ran = Lab::new().recur(&QUICK).ended(0);
    assert!(ran.out.starts_with("manual_rnn: 63 checks passed (1 in part), 5 skipped, 0 failed\n"), "{}", ran.out);
    for line in [
        "passed   gradient_agrees_with_finite_differences\n",
        "passed   a_fresh_process_gives_equal_bytes\n",
        "passed   every_instruction_set_gives_equal_bytes\n",
        "passed   another_libm_gives_equal_bytes\n",
        "covered, by kind:\n",
        "not covered:\n",
        "skipped  a_model_in_one_go_has_no_training_state: it is trained step by step\n",
    ] {
        assert!(ran.out.contains(line), "{line:?} is not in\n{}", ran.out);
    }
    // A line a check as each ends, as standard error is no terminal here.
    assert!(ran.err.contains("/68  passed   loss_falls\n"), "{}", ran.err);
}

#[test]
fn a_model_that_breaks_the_contract_ends_with_5_and_reports_it_in_json() {
    let arguments = ["check-model", "manual_rnn", "--json", "--set", "hidden_size=4", "--set", "learning_rate=1e-9"];
    let report: Value = serde_json::from_str(&Lab::new().recur(&arguments).ended(5).out).unwrap();
    assert_eq!(report["params"]["hidden_size"], 4);
    let checks = report["checks"].as_array().unwrap();
    let of = |name: &str| checks.iter().find(|check| check["check"] == name).unwrap();
    assert_eq!(of("loss_falls")["outcome"], "failed");
    assert!(of("loss_falls")["reasons"][0].as_str().unwrap().starts_with("loss went from"));
    assert_eq!(of("log_probabilities_are_normalised")["outcome"], "passed");
    let failed = checks.iter().filter(|check| check["outcome"] == "failed").count();
    assert_eq!(report["n_failed"], failed);
}

#[test]
fn a_parameter_that_is_not_there_or_out_of_range_is_reported() {
    let set = |given: &str| Lab::new().recur(&["check-model", "manual_rnn", "--set", given]).ended(1);
    set("hiden_size=8").reported(&["manual_rnn has no parameter `hiden_size`, did you mean `hidden_size`?"]);
    set("hidden_size=0").reported(&["--set hidden_size=0", "whole number from 1 to 4096"]);
    set("hidden_size").reported(&["write PARAM=VALUE"]);
    Lab::new().recur(&["check-model", "manual_rn"]).ended(1).reported(&["did you mean `manual_rnn`?"]);
}
