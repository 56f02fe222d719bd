//! Two processes on one store, and edits while one runs.

#![cfg(unix)]

use crate::common::{Lab, N_TRIALS, SPEC, names_csv};
use crate::processes::{Running, wait_until};

const ALL: &[&str] = &["runs", "reports"];

#[test]
fn two_processes_of_one_spec_on_one_store_both_end_well_with_the_same_bytes() {
    let whole = Lab::new();
    whole.experiment(&[]).ended(0);
    for _ in 0..12 {
        let lab = Lab::new();
        let start = || Running::start(&lab, &["experiment", "small.yaml", "--checkpoint-every", "0s"]);
        let runs = [start(), start()];
        for run in runs {
            run.end().ended(0).reported(&[]);
        }
        assert_eq!(lab.trials().len(), N_TRIALS);
        assert!(!lab.path("runs/conflicts").exists());
        assert!(whole.promised(ALL) == lab.promised(ALL));
        lab.recur(&["store", "check"]).ended(0);
    }
}

#[test]
fn a_spec_and_data_edited_while_the_sweep_runs_change_nothing_in_it() {
    let spec = SPEC.replace("replicates: 2", "replicates: 6");
    let whole = Lab::with(&spec);
    whole.experiment(&[]).ended(0);

    let lab = Lab::with(&spec);
    let mut run = Running::start(&lab, &["experiment", "small.yaml", "--jobs", "1"]);
    wait_until("the first record", || !lab.trials().is_empty() || run.has_ended());
    let n_trials = lab.trials().len();
    assert!(n_trials < 6 * 4, "{n_trials} trials were kept when the files were edited");
    lab.write("small.yaml", spec.replace("0.02", "0.03"));
    lab.write("names.csv", names_csv().replace("Novak", "Newton"));
    run.end().ended(0);
    assert!(whole.promised(ALL) == lab.promised(ALL));
    lab.experiment(&[]).ended(0).reported(&["24 trials: 0 done before, 24 to run"]);
}
