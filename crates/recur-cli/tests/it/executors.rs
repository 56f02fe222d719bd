//! `--executor command`: trials in processes that a command starts. Slurm has a test program of its own.

use crate::common::{Lab, Ran};
use crate::skip::skip;
use std::process::Command;

const ALL: [&str; 2] = ["runs/trials", "reports"];

/// Runs the experiment with a command, and compares all bytes with those of a local run.
fn check(command: &str, more: &[&str]) -> Ran {
    let (local, lab) = (Lab::new(), Lab::new());
    local.experiment(&[]).ended(0);
    let ran = lab.experiment(&[&["--executor-command", command], more].concat()).ended(0);
    let (expected, found) = (local.promised(&ALL), lab.promised(&ALL));
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    expected.iter().for_each(|(path, bytes)| assert!(found[path] == *bytes, "{} differs", path.display()));
    assert!(!lab.path("runs/jobs/small").exists(), "what was written for tasks is removed");
    ran
}

#[test]
fn a_command_for_each_task_ends_in_the_bytes_of_a_local_run() {
    check("{recur} trial run {file} {options}", &[]);
    check("exec {recur} trial run {file} {options}", &["--executor", "command", "--jobs", "2"]);
}

#[test]
fn gnu_parallel_ends_in_the_bytes_of_a_local_run() {
    if !Command::new("parallel").arg("--version").output().is_ok_and(|output| output.status.success()) {
        skip("parallel", "there is no GNU parallel");
        return;
    }
    check("parallel --will-cite -j 2 {recur} trial run {} {options} :::: {list}", &[]);
}

/// The first command that is started ends, or is killed, before it has trained anything.
#[test]
fn what_a_command_loses_is_started_again() {
    let once =
        |first: &str| format!("test -e seen && exec {{recur}} trial run {{file}} {{options}}; touch seen; {first}");
    let ran = check(&once("exit 3"), &[]);
    assert!(ran.err.contains("ended early (exit status: 3)") && ran.err.contains("are sent again"), "{}", ran.err);
    check(&once("kill -9 $$"), &[]);
}

#[test]
fn a_command_that_never_trains_ends_the_run_with_the_end_of_its_log() {
    let lab = Lab::new();
    let ran = lab.experiment(&["--executor-command", "echo no such module >&2; false {file}"]).ended(1);
    ran.reported(&["tasks ended without a result", "no such module", "docs/clusters.md"]);
    // Nothing is lost by it.
    lab.experiment(&[]).ended(0);
}

/// All eight trials are in one task, and two of them end the process that trains them.
#[test]
fn a_trial_that_ends_its_task_each_time_takes_no_other_with_it() {
    let lab = Lab::new();
    let template = "! grep -q 'learning_rate=0.02' {file} && exec {recur} trial run {file} {options}; exit 9";
    lab.write("site.yaml", format!("min_tasks: 1\ncommand: {{max_running: 2, template: \"{template}\"}}\n"));
    let ran = lab.experiment(&["--site", "site.yaml", "--executor", "command"]).ended(1);
    assert_eq!(ran.err.matches("was sent 3 times without a result").count(), 2, "{}", ran.err);
    assert_eq!(lab.trials().len(), 6, "{}", ran.err);
    lab.experiment(&[]).ended(0);
}

#[test]
fn words_and_files_that_cannot_be_used_are_refused_before_anything_starts() {
    let lab = Lab::new();
    let check = |arguments: &[&str], parts: &[&str]| {
        lab.experiment(arguments).ended(1).reported(parts);
        assert!(!lab.path("runs/trials").exists());
    };
    check(&["--executor", "command"], &["no command is given", "{recur} trial run {file} {options}"]);
    check(&["--executor-command", "recur trial run x"], &["it has neither {file} nor {list}"]);
    check(&["--detach"], &["trained by this process", "--executor slurm"]);
    check(&["--site", "none.yaml"], &["cannot read the site file none.yaml"]);
    lab.write("site.yaml", "executor: slurm\nslurm:\n  partitoin: a\n");
    check(&["--site", "site.yaml"], &["site.yaml", "unknown field `partitoin`", "docs/clusters.md"]);
    // The user's own file counts where none is named.
    lab.write("config/recur/site.yaml", "executor: pbs\n");
    check(&[], &["config/recur/site.yaml", "unknown variant `pbs`"]);
    lab.write(
        "config/recur/site.yaml",
        "executor: command\ncommand: {template: '{recur} trial run {file} {options}'}\n",
    );
    lab.experiment(&[]).ended(0);
}
