//! Memory: a trial that is too large costs no other trial its run, and no process ends without the name of its trial.

use crate::common::{Lab, Ran};
#[cfg(target_os = "linux")]
use crate::skip::skip;
#[cfg(target_os = "linux")]
use std::path::{Path, PathBuf};

const SPEC: &str = "\
recur: 1
name: small
data: {source: names.csv}
training: {epochs: 1}
models:
  - use: lstm
    params: {hidden_size: 3000, layers: 12}
  - use: linfa_naive_bayes
  - use: gru
    params: {hidden_size: 4}
replicates: 1
";

/// The outcome of the one trial of `model`, from its record.
fn outcome(lab: &Lab, model: &str) -> serde_json::Value {
    let records = lab.trials().into_iter().map(|trial| std::fs::read(trial.join("record.json")).unwrap());
    let mut records = records.map(|record| serde_json::from_slice::<serde_json::Value>(&record).unwrap());
    records.find(|record| record["identity"]["model"] == model).expect("a record")["outcome"].clone()
}

#[test]
fn a_trial_that_is_too_large_is_a_failed_record_with_the_numbers_and_the_others_run() {
    let lab = Lab::with(SPEC);
    for (jobs, memory, shown) in [("1", "2GiB", "2.00 GiB"), ("3", "700MiB", "700.00 MiB")] {
        let ran = lab.experiment(&["--jobs", jobs, "--memory", memory]).ended(3);
        let ran = ran.reported(&[
            "lstm replicate 0 [",
            "]: failed: it needs about ",
            &format!(" of memory, and {shown} are available"),
        ]);
        assert!(ran.out.contains("1 of 3 trials did not finish"), "{}", ran.out);
        let lstm = outcome(&lab, "lstm");
        let reason = lstm["reason"].as_str().unwrap();
        assert!(lstm["status"] == "failed" && reason.contains(" GiB of memory, and "), "{lstm}");
        for model in ["linfa_naive_bayes", "gru"] {
            assert_eq!(outcome(&lab, model)["status"], "finished", "{model}");
        }
    }
    lab.recur(&["store", "check"]).ended(0);
}

#[test]
fn trials_that_fit_only_one_by_one_all_run() {
    let lab = Lab::with(
        &SPEC.replace("hidden_size: 3000, layers: 12", "hidden_size: 700").replace("replicates: 1", "replicates: 3"),
    );
    let one_by_one = ["--jobs", "3", "--memory", "100MiB"];
    lab.experiment(&one_by_one).ended(0).reported(&["9 trials: 0 done before, 9 to run"]);
}

#[test]
fn what_is_no_size_is_refused() {
    let lab = Lab::with(SPEC);
    lab.experiment(&["--memory", "8"]).ended(2).reported(&["expected a size such as 500MiB or 8GiB, or off"]);
}

/// A command of `recur` by a shell that leaves it three million kibibytes.
#[cfg(target_os = "linux")]
fn limited(lab: &Lab, command: &str) -> Ran {
    let script = format!("ulimit -v 3000000 && exec {} {command}", env!("CARGO_BIN_EXE_recur"));
    lab.program("/bin/sh").args(["-c", &script]).output().unwrap().into()
}

#[cfg(target_os = "linux")]
#[test]
fn a_limit_of_the_address_space_counts() {
    let lab = Lab::with(SPEC);
    let ran = limited(&lab, "experiment small.yaml").ended(3).reported(&["it needs about "]);
    // A machine or a cgroup may leave even less than the limit of 2.9 GiB, which is never exceeded.
    let (_, after) = ran.err.split_once(" GiB of memory, and ").unwrap_or_else(|| panic!("{}", ran.err));
    let mut words = after.split_whitespace();
    let (number, unit) = (words.next().unwrap().parse::<f64>().unwrap(), words.next().unwrap());
    assert!(unit == "MiB" || unit == "KiB" || (unit == "GiB" && number < 2.9), "{}", ran.err);
    let warned = ["lstm needs about ", "its trials would fail on this machine"];
    limited(&lab, "plan small.yaml").ended(0).reported(&warned);
    limited(&lab, "plan small.yaml --log-level error").ended(0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_process_that_is_refused_memory_names_its_trial() {
    let lab = Lab::with(SPEC);
    let ran = limited(&lab, "experiment small.yaml --memory off");
    assert_eq!(ran.code, None, "Rust ends the process: {}", ran.err);
    ran.reported(&["out of memory: the system refused ", "while this was under way: ", "lstm replicate 0 ("]);
}

/// The program in `folder`, where every user may run it: the target folder may be closed to others.
#[cfg(target_os = "linux")]
fn open_copy(folder: &Path) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let (recur, copy) = (env!("CARGO_BIN_EXE_recur"), folder.join("recur"));
    std::fs::copy(recur, &copy).unwrap();
    for path in [folder, &copy] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    copy
}

/// As a user who is not root, as no limit of processes concerns root. None where that cannot be tried: the test is skipped.
#[cfg(target_os = "linux")]
fn with_few_threads(lab: &Lab, recur: &Path, limit: u32, command: &str) -> Option<Ran> {
    let open = std::process::Command::new("chmod").args(["-R", "a+rwX"]).arg(lab.path("")).status();
    assert!(open.unwrap().success());
    let user = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    let can = lab.program("setpriv").args(user).arg("true").output().is_ok_and(|ran| ran.status.success());
    if !can {
        skip("other-user", "no program can be run as another user (setpriv)");
        return None;
    }
    let script = format!("ulimit -u {limit}; exec {} {command}", recur.display());
    Some(lab.program("setpriv").args(user).args(["bash", "-c", &script]).output().unwrap().into())
}

#[test]
#[cfg(target_os = "linux")]
fn threads_that_the_system_refuses_are_an_error_or_fewer_threads() {
    let folder = tempfile::tempdir().unwrap();
    let recur = open_copy(folder.path());
    for limit in 1..=6 {
        let lab = Lab::with(&SPEC.replace("{hidden_size: 3000, layers: 12}", "{hidden_size: 2}"));
        for command in ["plan small.yaml", "experiment small.yaml", "verify small.yaml"] {
            let Some(ran) = with_few_threads(&lab, &recur, limit, command) else { return };
            assert!(!ran.err.contains("panic"), "{limit} {command}: {}", ran.err);
            if ran.code != Some(0) {
                assert_eq!(ran.code, Some(1), "{limit} {command}: {}", ran.err);
                assert!(ran.err.contains("error:"), "{limit} {command}: {}", ran.err);
            }
        }
    }
}
