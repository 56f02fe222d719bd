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
    check("parallel -q --will-cite -j 2 {recur} trial run {} {options} :::: {list}", &[]);
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
    // A command for all tasks has one log.
    let ran = lab.experiment(&["--executor-command", "echo no such host >&2; false {list}"]).ended(1);
    ran.reported(&["tasks ended without a result", "no such host"]);
    // One that says nothing, and that all went well: what was started is all that there is.
    let ran = lab.experiment(&["--executor-command", "true {recur} {file}"]).ended(1);
    let ran = ran.reported(&["tasks ended without a result", "nothing is in it", "start it by hand"]);
    let (_, command) = ran.err.split_once("what it does: true ").unwrap();
    let file = command.lines().next().unwrap().split(' ').next_back().unwrap();
    assert!(lab.path(file).exists(), "{file}");
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

#[test]
fn the_folder_on_a_disk_of_a_machine_is_handed_on_and_an_empty_variable_names_none() {
    let lab = Lab::new();
    let command = "echo {options} >> asked; exec {recur} trial run {file} {options}";
    let run = |seed: &str, scratch: &str| {
        let arguments = ["experiment", "small.yaml", "--executor-command", command, "--set", seed];
        let ran: Ran = lab.command(&arguments).env("RECUR_SCRATCH", scratch).output().unwrap().into();
        ran.ended(0);
        let asked = lab.read("asked");
        std::fs::remove_file(lab.path("asked")).unwrap();
        asked
    };
    let before = std::fs::read_dir(lab.path("")).unwrap().count();
    let asked = run("seed=6", "");
    assert!(!asked.contains("--scratch"), "{asked}");
    // The store and the reports.
    assert_eq!(std::fs::read_dir(lab.path("")).unwrap().count(), before + 2);
    let asked = run("seed=7", "disk");
    assert!(asked.lines().all(|line| line.contains("--scratch disk")), "{asked}");
    assert_eq!(std::fs::read_dir(lab.path("disk")).unwrap().count(), 1, "a folder of the store's own");
}

/// `squeue` hangs where the controller is gone. Nothing was sent, so nothing is waited for.
#[test]
#[cfg(unix)]
fn a_slurm_that_does_not_answer_ends_a_run_that_has_sent_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let lab = Lab::new();
    lab.write("bin/squeue", "#!/bin/sh\nexec sleep 1000\n");
    std::fs::set_permissions(lab.path("bin/squeue"), std::fs::Permissions::from_mode(0o755)).unwrap();
    lab.write("site.yaml", "executor: slurm\nslurm: {answer_seconds: 1}\n");
    let path = format!("{}:/usr/bin:/bin", lab.path("bin").display());
    let mut command = lab.command(&["experiment", "small.yaml", "--site", "site.yaml"]);
    let ran: Ran = command.env("PATH", path).output().unwrap().into();
    let ran = ran.ended(1).reported(&[
        "`squeue` gave no answer in 1 s",
        "run the same command when `squeue` answers again",
        "it finds the tasks that were sent, if any were, and sends the others",
    ]);
    assert!(!ran.err.contains("go on"), "{}", ran.err);
    assert_eq!(std::fs::read_dir(lab.path("runs/jobs/small")).unwrap().count(), 0);
}

/// Programs that do what the pages' commands expect of these, on this machine: `ssh` hands its words to a shell, with the variable
/// that `sshd` sets (GNU parallel starts commands with it), and `hq` starts a command for each line of a file.
const STAND_INS: [(&str, &str); 2] = [
    (
        "ssh",
        "#!/bin/sh\n[ \"$1\" != -o ] || shift 2\nshift\n[ \"$1\" != -- ] || shift\nexport SHELL=/bin/sh; cd / && exec sh -c \"$*\"\n",
    ),
    (
        "hq",
        "#!/bin/sh\n[ \"$1 $2 $3 $5\" = \"submit --wait --each-line --\" ] || exit 2\nlist=$4\nshift 5\n\
         while read -r line; do HQ_ENTRY=$line \"$@\" || exit 1; done < \"$list\"\n",
    ),
];

/// In a folder whose name has a space, as names of folders may.
#[test]
#[cfg(unix)]
fn the_commands_of_the_page_on_clusters_end_in_the_bytes_of_a_local_run() {
    use std::os::unix::fs::PermissionsExt as _;
    const BEGIN: &str = "recur experiment experiments/quickstart.yaml --executor-command ";
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/clusters.md");
    let page = std::fs::read_to_string(page).unwrap();
    let words: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix(BEGIN)).collect();
    assert!(words.len() >= 4, "{words:?}");
    let has_parallel = Command::new("parallel").arg("--version").output().is_ok_and(|output| output.status.success());
    for word in words.into_iter().filter(|word| has_parallel || !word.contains("parallel")) {
        let lab = Lab::new();
        for (name, script) in STAND_INS {
            lab.write(&format!("bin/{name}"), script);
            std::fs::set_permissions(lab.path(&format!("bin/{name}")), std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let _ = ["small.yaml", "names.csv"].map(|name| lab.write(&format!("my dir/{name}"), lab.read(name)));
        lab.experiment(&[]).ended(0);
        let script = format!("exec \"$0\" experiment small.yaml --executor-command {word}");
        let mut shell = lab.program("sh");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_recur")]).current_dir(lab.path("my dir"));
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", lab.path("bin").display());
        // GNU parallel asks to be cited unless it knows that somebody has seen that.
        lab.write("home/.parallel/will-cite", "");
        // Where nobody has logged in, as in a container, there is no such variable.
        shell.env_remove("SHELL");
        let ran: Ran = shell.env("PATH", path).env("HOME", lab.path("home")).output().unwrap().into();
        let err = ran.ended(0).err;
        assert!(!err.contains("sent again"), "{word}: {err}");
        let [here, there] = ["", "my dir/"].map(|folder| {
            let files = lab.promised(&[&format!("{folder}runs/trials"), &format!("{folder}reports")]);
            files
                .into_iter()
                .map(|(path, bytes)| (path.to_string_lossy().replace("my dir/", ""), bytes))
                .collect::<Vec<_>>()
        });
        assert!(here == there, "{word}");
    }
}
