//! Models in other processes, as the command line lists, allows, reports and ends them. The rest is in the tests of
//! `recur-experiment`.

#![cfg(unix)]

use crate::common::{EXAMPLES, Lab, Ran};
use crate::processes::{Running, wait_until};
use crate::skip::skip;
use std::path::Path;
use std::process::Command;

const ALL: &[&str] = &["runs", "reports"];

const SPEC: &str = "\
recur: 1
name: small
data: {source: names.csv}
training: {epochs: 3, batch_size: 8}
models:
  - use: linfa_naive_bayes
  - use: letters
    sweep: {learning_rate: [0.1, 0.5]}
  - use: letter_counts
replicates: 2
";

/// A folder with the example plugins in `folder` of it; none where there is no Python: the test is skipped.
fn lab(folder: &str, spec: &str) -> Option<Lab> {
    if !Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success()) {
        skip("python3", "there is no python3");
        return None;
    }
    let lab = Lab::with(spec);
    let examples = Path::new(EXAMPLES);
    for file in [
        "recur_plugin.py",
        "letters/plugin.yaml",
        "letters/letters.py",
        "letter_counts/plugin.yaml",
        "letter_counts/letter_counts.py",
    ] {
        lab.write(&format!("{folder}/{file}"), std::fs::read(examples.join(file)).unwrap());
    }
    Some(lab)
}

/// A plugin whose process is a shell with `script`.
fn write_odd(lab: &Lab, id: &str, script: &str) {
    let manifest = format!(
        "recur_plugin: 1\nid: {id}\nsummary: odd\nversion: 1\ncommand: [/bin/sh, odd.sh]\ngrade: none\n\
         regime: iterative\nlimits: {{start_seconds: 5, epoch_seconds: 2, answer_seconds: 2}}\n"
    );
    lab.write(&format!("plugins/{id}/plugin.yaml"), manifest);
    lab.write(&format!("plugins/{id}/odd.sh"), script);
}

#[test]
fn models_of_plugins_are_listed_with_their_parameters() {
    let Some(lab) = lab("mine", SPEC) else { return };
    let ran = lab.recur(&["models", "--plugins", "mine"]).ended(0);
    assert!(ran.out.contains("letters") && ran.out.contains("mine/letters/plugin.yaml"), "{}", ran.out);
    let ran = lab.recur(&["models", "letters", "--plugins", "mine"]).ended(0);
    assert!(ran.out.contains("learning_rate") && ran.out.contains("number above 0, up to 100"), "{}", ran.out);
    assert!(ran.out.contains("cost         V tokens, C labels: 3 · V · C + C numbers"), "{}", ran.out);
    let reported = ["unknown model `letters`"];
    lab.recur(&["models", "letters"]).ended(1).reported(&reported);
    let ran: Ran = lab.command(&["models", "letters"]).env("RECUR_PLUGINS", "mine").output().unwrap().into();
    ran.ended(0);
    lab.recur(&["models", "--plugins", "gone"])
        .ended(1)
        .reported(&["cannot read the folder of plugins gone", "--plugins DIR"]);
}

#[test]
fn a_text_starts_no_plugin_that_the_command_line_does_not_allow() {
    let spec = "recur: 1\nname: small\ndata: {source: names.csv}\nmodels:\n  - use: linfa_naive_bayes\n  - use: letters\n\
                replicates: 1\n";
    let Some(lab) = lab("plugins", spec) else { return };
    std::fs::create_dir(lab.path("other")).unwrap();
    let script = "plugins/letters/letters.py";
    lab.write(script, format!("open({:?}, 'w')\n{}", lab.path("marker"), lab.read(script)));
    lab.experiment(&[]).ended(0);
    std::fs::remove_file(lab.path("marker")).unwrap();
    assert!(lab.read("reports/small.md").contains("recur experiment small.yaml\n"));
    // A report that names another folder with the same plugin.
    for file in [script, "plugins/letters/plugin.yaml", "plugins/recur_plugin.py"] {
        lab.write(&file.replace("plugins/", "theirs/"), lab.read(file));
    }
    lab.recur(&["report", "small.yaml", "--plugins", "theirs", "--reports", "named"]).ended(0);
    assert!(lab.read("named/small.md").contains("recur experiment small.yaml --plugins theirs\n"));

    let is_of_letters = |id: &&String| {
        let record = lab.read(&format!("runs/trials/{}/{id}/record.json", &id[..2]));
        record.contains("\"model\": \"letters\"")
    };
    let ids = lab.plan(&["small.yaml"]);
    let id = ids.iter().find(is_of_letters).expect("one of letters");
    let trial = &id[..12];
    let refused = |arguments: &[&str], command: &str, folder: &str| {
        let ran = lab.recur(arguments).ended(1).reported(&[
            &format!("{folder}/letters/plugin.yaml: python3 letters.py"),
            &format!("plugins of the folder {folder}"),
            &format!("if you trust them: recur {command} --allow-plugins {folder}"),
        ]);
        assert!(!ran.err.contains("letter_counts"), "only what it would run: {}", ran.err);
        assert!(!lab.path("marker").exists(), "{arguments:?} has run it");
    };
    for (report, folder) in [("reports/small.md", "plugins"), ("named/small.md", "theirs")] {
        let command = format!("verify {report}");
        refused(&["verify", report], &command, folder);
        refused(&["verify", report, "--sample", "1"], &format!("{command} --sample 1"), folder);
        refused(&["verify", report, "--allow-plugins", "other"], &command, folder);
    }
    refused(&["verify", trial], &format!("verify {trial}"), "plugins");
    refused(&["reproduce", trial], &format!("reproduce {trial}"), "plugins");
    // What reads starts nothing.
    for command in
        [&["plan", "small.yaml"][..], &["why", "small.yaml"], &["models"], &["models", "letters"], &["schema"]]
    {
        lab.recur(&[command, &["--plugins", "theirs"]].concat()).ended(0);
    }
    for (options, reports) in [(&[][..], "reports"), (&["--plugins", "theirs"], "named")] {
        lab.recur(&[&["report", "small.yaml", "--check", "--reports", reports], options].concat()).ended(0);
        let analysis = format!("{reports}.json");
        lab.recur(&[&["export", "small.yaml", "--analysis", &analysis], options].concat()).ended(0);
    }
    lab.recur(&["store", "check"]).ended(0);
    assert!(!lab.path("marker").exists(), "reading has run it");
    // A test result that is missing would be made again by the plugin.
    std::fs::remove_dir_all(lab.path(&format!("runs/trials/{}/{id}/test", &id[..2]))).unwrap();
    let reported = ["plugin `letters`: is not started by a command that reads results; --plugins DIR"];
    let before = lab.read("reports/small.md");
    lab.recur(&["report", "small.yaml"]).ended(1).reported(&reported);
    assert_eq!(lab.read("reports/small.md"), before, "no poorer one takes its place");
    lab.recur(&["report", "small.yaml", "--check"]).ended(1).reported(&reported);
    lab.recur(&["export", "small.yaml", "--analysis", "b.json"]).ended(1).reported(&reported);
    assert!(!lab.path("marker").exists(), "reading has run it");
    lab.recur(&["report", "small.yaml", "--plugins", "plugins", "--reports", "others"]).ended(0);
    std::fs::remove_file(lab.path("marker")).unwrap();

    // What is allowed is run.
    for what in ["reports/small.md", trial] {
        lab.recur(&["verify", what, "--allow-plugins", "plugins"]).ended(0);
        std::fs::remove_file(lab.path("marker")).unwrap();
    }
    let ran = lab.recur(&["predict", "--model", trial, "Novak", "O'Neil"]).ended(0);
    assert!(ran.out.lines().count() >= 3, "{}", ran.out);
}

#[test]
fn a_broken_manifest_ends_what_lists_models_and_what_needs_its_model() {
    let Some(lab) = lab("plugins", SPEC) else { return };
    let manifest = lab.read("plugins/letters/plugin.yaml").replace("summary:", "sumary:");
    lab.write("plugins/letters/plugin.yaml", manifest);
    lab.recur(&["models"])
        .ended(1)
        .reported(&["1 of the plugins cannot be used", "plugins/letters/plugin.yaml: unknown field"]);
    lab.recur(&["models", "letters"]).ended(1).reported(&["model `letters` cannot be used"]);
    lab.recur(&["plan", "small.yaml"]).ended(1).reported(&["small.yaml:7:10: model `letters` cannot be used"]);
}

#[test]
fn a_plugin_that_fails_is_reported_and_its_standard_error_is_in_the_log_of_its_trial() {
    let lab = Lab::with(
        "recur: 1\nname: small\ndata: {source: names.csv}\nmodels: [{use: manual_rnn}, {use: odd}]\nreplicates: 1\n",
    );
    write_odd(&lab, "odd", "echo no such module >&2; exit 1");
    let ran = lab
        .experiment(&[])
        .ended(3)
        .reported(&["odd replicate 0 [", "]: failed: plugin `odd`: ended (exit status: 1)"]);
    assert!(ran.out.contains("1 of 2 trials did not finish"), "{}", ran.out);
    let logs: String =
        lab.trials().iter().map(|trial| std::fs::read_to_string(trial.join("log.jsonl")).unwrap()).collect();
    assert!(logs.contains("odd: no such module"), "{logs}");
}

#[test]
fn trials_that_could_not_be_scored_are_reported_and_counted() {
    let spec = "recur: 1\nname: small\ndata: {source: names.csv}\ntraining: {epochs: 1}\nmodels: [{use: letters}]\n\
                replicates: 1\n";
    let Some(lab) = lab("plugins", spec) else { return };
    let (script, set_weights) = ("plugins/letters/letters.py", "    def set_weights(self, tensors):\n");
    let program = lab.read(script);
    assert!(program.contains(set_weights), "{program}");
    let fails = format!("{set_weights}        raise ValueError('no room left')\n");
    lab.write(script, program.replace(set_weights, &fails));
    let reported = ["could not be scored on test: plugin `letters`", "no room left"];
    for done in ["0 done before, 1 to run", "1 done before, 0 to run"] {
        let ran = lab.experiment(&[]).ended(3).reported(&reported).reported(&[done]);
        assert!(ran.out.contains("1 of 1 chosen trials could not be scored on test: see the report"), "{}", ran.out);
    }
}

fn is_alive(id: &str) -> bool {
    let state = Command::new("ps").args(["-o", "stat=", "-p", id]).output().unwrap();
    let state = String::from_utf8(state.stdout).unwrap();
    !state.trim().is_empty() && !state.starts_with('Z')
}

#[test]
fn a_hanging_plugin_and_its_children_end_with_a_killed_recur() {
    let lab = Lab::with("recur: 1\nname: small\ndata: {source: names.csv}\nmodels: [{use: hanging}]\nreplicates: 1\n");
    let script = "trap '' HUP TERM INT PIPE; read -r _; echo '{\"id\":1,\"protocol\":4}'; sleep 600 & echo $$ $! > ids; \
                  while :; do sleep 0.01; done";
    write_odd(&lab, "hanging", script);
    let manifest = lab.read("plugins/hanging/plugin.yaml").replace("epoch_seconds: 2", "epoch_seconds: 600");
    lab.write("plugins/hanging/plugin.yaml", manifest);
    let run = Running::start(&lab, &["experiment", "small.yaml"]);
    let ids = || std::fs::read_to_string(lab.path("plugins/hanging/ids")).unwrap_or_default();
    wait_until("the plugin", || ids().ends_with('\n'));
    let ids: Vec<String> = ids().split_whitespace().map(str::to_owned).collect();
    assert!(ids.len() == 2 && ids.iter().all(|id| is_alive(id)), "{ids:?}");
    assert!(run.kill());
    wait_until("the end of all its processes", || ids.iter().all(|id| !is_alive(id)));
}

#[test]
fn a_killed_trial_of_a_plugin_goes_on_from_its_checkpoint_to_the_same_bytes() {
    let long = "recur: 1\nname: small\ndata: {source: names.csv}\ntraining: {epochs: 60, batch_size: 1}\n\
                models: [{use: letters}]\nreplicates: 1\n";
    let Some(whole) = lab("plugins", long) else { return };
    whole.experiment(&["--checkpoint-every", "off"]).ended(0);
    let Some(lab) = lab("plugins", long) else { return };
    let run = Running::start(&lab, &["experiment", "small.yaml", "--checkpoint-every", "1epoch"]);
    let log = || std::fs::read_to_string(lab.path("runs/experiments/small/log.jsonl")).unwrap_or_default();
    wait_until("some epochs", || log().matches("epoch finished").count() >= 5);
    assert!(run.kill(), "it was not over by then");
    lab.experiment(&["--checkpoint-every", "off"]).ended(0).reported(&["goes on from a checkpoint"]);
    assert!(whole.promised(ALL) == lab.promised(ALL));
}

#[test]
fn results_of_a_plugin_that_is_gone_can_be_read_and_not_made() {
    let Some(lab) = lab("plugins", SPEC) else { return };
    lab.experiment(&[]).ended(0);
    lab.experiment(&["--set", "name=other", "--set", "training.batch_size=16"]).ended(0);
    let report = lab.read("reports/small.md");
    let json = |lab: &Lab| lab.recur(&["report", "small.yaml", "--json"]).ended(0).out;
    let before = json(&lab);
    std::fs::remove_dir_all(lab.path("plugins/letters")).unwrap();
    lab.recur(&["report", "small.yaml", "--check"]).ended(0);
    assert_eq!(json(&lab), before);
    let plan = lab.recur(&["plan", "small.yaml"]).ended(0).out;
    assert!(plan.contains("8 trials: 8 done, 0 to run"), "{plan}");
    lab.recur(&["why", "small.yaml"]).ended(0);
    lab.recur(&["export", "small.yaml", "--leaderboard", "out.csv"]).ended(0);
    let compared = lab.recur(&["compare", "small", "other"]).ended(0).out;
    assert!(compared.contains("letters"), "{compared}");
    lab.experiment(&["--replace"]).ended(1).reported(&["unknown model `letters`"]);
    assert_eq!(lab.read("reports/small.md"), report);
    // A trial that was never run.
    let more = ["plan", "small.yaml", "--set", "replicates=3"];
    let plan = lab.recur(&more).ended(0).out;
    assert!(plan.contains("12 trials: 8 done, 4 to run"), "{plan}");
}

#[test]
fn a_prediction_by_other_code_than_that_of_the_training_is_announced() {
    let Some(lab) = lab("plugins", SPEC) else { return };
    lab.experiment(&[]).ended(0);
    let plan = lab.recur(&["plan", "small.yaml"]).ended(0).out;
    let id = plan.lines().find(|line| line.contains("letters(")).and_then(|line| line.split_whitespace().next());
    let predict = ["predict", "--model", id.expect("a trial of letters"), "Abe"];
    let says = "the code of letters has changed since the weights were trained";
    let ran = lab.recur(&predict).ended(0);
    assert!(!ran.err.contains(says), "{}", ran.err);
    let code = lab.read("plugins/letters/letters.py");
    lab.write("plugins/letters/letters.py", format!("{code}\n# edited\n"));
    let ran = lab.recur(&predict).ended(0);
    assert!(ran.err.contains(says), "{}", ran.err);
}
