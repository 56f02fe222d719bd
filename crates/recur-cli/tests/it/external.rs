//! Models in other processes: the same sweep, store and report, and what a plugin does wrong harms nobody else.

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

const N_TRIALS: usize = 8;

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

/// The outcome of the one trial of a model, from its record.
fn outcome(lab: &Lab, model: &str) -> serde_json::Value {
    let records = lab.trials().into_iter().map(|trial| std::fs::read(trial.join("record.json")).unwrap());
    let mut records = records.map(|record| serde_json::from_slice::<serde_json::Value>(&record).unwrap());
    records.find(|record| record["identity"]["model"] == model).expect("a record")["outcome"].clone()
}

#[test]
fn plugins_are_swept_stored_reported_and_asked_like_other_models() {
    let Some(lab) = lab("plugins", SPEC) else { return };
    let ran = lab.experiment(&["--jobs", "1"]).ended(0).reported(&["8 trials: 0 done before, 8 to run"]);
    assert!(ran.out.contains("\n letters") && ran.out.contains("\n letter_counts"), "{}", ran.out);
    let report = lab.read("reports/small.md");
    assert!(report.contains("`letters`") && report.contains("recur experiment small.yaml\n"), "{report}");
    let before = lab.promised(ALL);
    lab.experiment(&[]).ended(0).reported(&["8 done before, 0 to run"]);
    std::fs::remove_dir_all(lab.path("runs")).unwrap();
    lab.experiment(&["--jobs", "4"]).ended(0);
    assert!(before == lab.promised(ALL), "equal bytes for any number of jobs");
    let ran = lab.recur(&["verify", "reports/small.md", "--allow-plugins", "plugins"]).ended(0);
    assert!(ran.out.contains("8 of them of grade machine"), "{}", ran.out);
    lab.recur(&["verify", "small.yaml", "--sample", "1"]).ended(0);
    let letters = lab.plan(&["small.yaml", "--set", "models=[{use: letters, sweep: {learning_rate: [0.1]}}]"]);
    let ran = lab.recur(&["predict", "--model", &letters[0], "Novak", "O'Neil"]).ended(0);
    assert!(ran.out.lines().count() >= 3, "{}", ran.out);
}

/// The block of code after `heading` in `text`, of that language.
fn block<'t>(text: &'t str, heading: &str, language: &str) -> &'t str {
    let (_, rest) = text.split_once(heading).expect("the heading");
    let (_, rest) = rest.split_once(&format!("```{language}\n")).expect("a block");
    rest.split_once("```").expect("its end").0
}

#[test]
fn the_plugin_that_the_documentation_walks_through_works_as_it_stands_there() {
    let Some(lab) = lab("plugins", &SPEC.replace("letter_counts", "majority")) else { return };
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/external-plugins.md");
    let page = std::fs::read_to_string(page).unwrap();
    lab.write("plugins/majority/plugin.yaml", block(&page, "**2. The manifest**", "yaml"));
    lab.write("plugins/majority/majority.py", block(&page, "**3. The program**", "python"));
    lab.experiment(&[]).ended(0);
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
fn a_report_names_the_folder_of_its_plugins_and_is_verified_with_it() {
    let Some(lab) = lab("my plugins", SPEC) else { return };
    lab.experiment(&["--plugins", "my plugins", "--set", "training.epochs=2"]).ended(0);
    let report = lab.read("reports/small.md");
    let command = "recur experiment small.yaml --plugins 'my plugins' --set 'training.epochs=2'\n";
    assert!(report.contains(command), "{report}");
    for option in ["--allow-plugins", "--plugins"] {
        for folder in ["my plugins", "./my plugins/../my plugins"] {
            let ran = lab.recur(&["verify", "reports/small.md", option, folder]).ended(0);
            assert!(ran.out.contains("8 of 8 trials executed again"), "{}", ran.out);
        }
    }
}

#[test]
fn a_text_starts_no_plugin_that_the_command_line_does_not_allow() {
    let spec = "recur: 1\nname: small\ndata: {source: names.csv}\nmodels:\n  - use: linfa_naive_bayes\n  - use: letters\n\
                replicates: 1\n";
    for (folder, options) in [("theirs", &["--plugins", "theirs"][..]), ("plugins", &[])] {
        let Some(lab) = lab(folder, spec) else { return };
        std::fs::create_dir(lab.path("other")).unwrap();
        lab.experiment(options).ended(0);
        let script = format!("{folder}/letters/letters.py");
        let marked = format!("open({:?}, 'w')\n{}", lab.path("marker"), lab.read(&script));
        lab.write(&script, marked);
        // With the program that it was made with no more, everything else would be refused before it is run.
        lab.recur(&[&["experiment", "small.yaml"], options].concat()).ended(0);
        std::fs::remove_file(lab.path("marker")).unwrap();
        let is_of_letters = |id: &String| {
            let record = lab.read(&format!("runs/trials/{}/{id}/record.json", &id[..2]));
            record.contains("\"model\": \"letters\"")
        };
        let ids = lab.plan(&[&["small.yaml"], options].concat());
        let trial = &ids.iter().find(|id| is_of_letters(id)).expect("one of letters")[..12];

        let hint = |command: &str| format!("if you trust them: recur {command} --allow-plugins {folder}");
        let listed =
            [format!("{folder}/letters/plugin.yaml: python3 letters.py"), format!("plugins of the folder {folder}")];
        let refused = |arguments: &[&str], command: &str| {
            let ran = lab.recur(arguments).ended(1).reported(&[&listed[0], &listed[1], &hint(command)]);
            assert!(!ran.err.contains("letter_counts"), "only what it would run: {}", ran.err);
            assert!(!lab.path("marker").exists(), "{arguments:?} has run it");
        };
        refused(&["verify", "reports/small.md"], "verify reports/small.md");
        refused(&["verify", "reports/small.md", "--sample", "1"], "verify reports/small.md --sample 1");
        refused(&["verify", "reports/small.md", "--allow-plugins", "other"], "verify reports/small.md");
        if options.is_empty() {
            refused(&["verify", trial], &format!("verify {trial}"));
            refused(&["reproduce", trial], &format!("reproduce {trial}"));
        }
        // What reads starts nothing.
        for command in
            [&["plan", "small.yaml"][..], &["why", "small.yaml"], &["models"], &["models", "letters"], &["schema"]]
        {
            lab.recur(&[command, &["--plugins", folder]].concat()).ended(0);
        }
        for command in [&["report", "small.yaml", "--check"][..], &["export", "small.yaml", "--analysis", "a.json"]] {
            lab.recur(&[command, options].concat()).ended(0);
        }
        lab.recur(&["store", "check"]).ended(0);
        assert!(!lab.path("marker").exists(), "reading has run it");
        if options.is_empty() {
            // A test result that is missing would be made again by the plugin.
            let test = format!("runs/trials/{}/{}/test", &trial[..2], ids.iter().find(|id| is_of_letters(id)).unwrap());
            std::fs::remove_dir_all(lab.path(&test)).unwrap();
            let reported = ["plugin `letters`: is not started by a command that reads results; --plugins DIR"];
            let before = lab.read("reports/small.md");
            lab.recur(&["report", "small.yaml"]).ended(1).reported(&reported);
            assert_eq!(lab.read("reports/small.md"), before, "no poorer one takes its place");
            lab.recur(&["report", "small.yaml", "--check"]).ended(1).reported(&reported);
            lab.recur(&["export", "small.yaml", "--analysis", "b.json"]).ended(1).reported(&reported);
            assert!(!lab.path("marker").exists(), "reading has run it");
            lab.recur(&["report", "small.yaml", "--plugins", folder, "--reports", "others"]).ended(0);
            std::fs::remove_file(lab.path("marker")).unwrap();
        }

        lab.recur(&["verify", "reports/small.md", "--allow-plugins", folder]).ended(0);
        lab.recur(&["verify", trial, "--allow-plugins", folder]).ended(0);
        assert!(lab.path("marker").exists(), "it was run now");
    }
}

/// A plugin of grade `none` whose results differ with each process.
fn write_restless(lab: &Lab) {
    write_majority(lab, "self.smoothing, self.shares =", "import os; self.smoothing, self.shares =");
    let program = lab.read("plugins/majority/majority.py");
    let random = "+ self.smoothing + int.from_bytes(os.urandom(2)) for label";
    assert!(program.contains("+ self.smoothing for label"), "{program}");
    let program =
        program.replace("+ self.smoothing for label", random).replace("import math, sys", "import math, os, sys");
    lab.write("plugins/majority/majority.py", program);
    let manifest = lab.read("plugins/majority/plugin.yaml").replace("grade: machine", "grade: none");
    lab.write("plugins/majority/plugin.yaml", manifest);
}

const RESTLESS: &str = "recur: 1\nname: small\ndata: {source: names.csv}\nmodels: [{use: majority}]\nreplicates: 6\n";

#[test]
fn nothing_is_verified_of_models_that_promise_no_equal_bytes() {
    let Some(lab) = lab("plugins", RESTLESS) else { return };
    write_restless(&lab);
    lab.experiment(&[]).ended(0);
    for what in ["small.yaml", "reports/small.md"] {
        let ran = lab.recur(&["verify", what, "--allow-plugins", "plugins"]).ended(6);
        let first = format!("{what}: nothing compared: 0 of 6 trials executed again and compared\n");
        assert!(ran.out.starts_with(&first), "{}", ran.out);
        assert!(ran.out.contains("not proven: trials of majority, grade none"), "{}", ran.out);
    }
    let trial = lab.plan(&["small.yaml"]).swap_remove(0);
    let ran = lab.recur(&["verify", &trial, "--allow-plugins", "plugins"]).ended(6);
    assert!(
        ran.out.contains("nothing proven: 1 of 1 trials") && ran.out.contains("not proven: it differs here: "),
        "{}",
        ran.out
    );
}

#[test]
fn two_runs_of_a_model_whose_results_differ_keep_the_first_and_go_on() {
    let Some(lab) = lab("plugins", RESTLESS) else { return };
    write_restless(&lab);
    // The first process of each run waits for that of the other: both train the first trial.
    let here = lab.path("here");
    std::fs::create_dir(&here).unwrap();
    let wait = [
        "import os, time",
        &format!("here = {here:?}"),
        "open(f'{here}/{os.getpid()}', 'w').close()",
        "for _ in range(6000):",
        "    if len(os.listdir(here)) > 1: break",
        "    time.sleep(0.01)",
    ];
    let wait: String = wait.iter().map(|line| format!("        {line}\n")).collect();
    let train = "    def train(self, chunk):\n";
    let program = lab.read("plugins/majority/majority.py").replace(train, &format!("{train}{wait}"));
    lab.write("plugins/majority/majority.py", program);
    let runs = ["reports", "others"]
        .map(|reports| Running::start(&lab, &["experiment", "small.yaml", "--jobs", "1", "--reports", reports]));
    let ended = runs.map(Running::end).map(|ran| ran.ended(0));
    let passed = ended.iter().map(|ran| ran.err.matches("another run kept a result meanwhile").count()).sum::<usize>();
    assert!(passed > 0, "no trial was trained twice: {}\n{}", ended[0].err, ended[1].err);
    lab.recur(&["store", "check"]).ended(0);
    // Both reports are of the results that were kept.
    lab.recur(&["report", "small.yaml", "--check"]).ended(0);
    assert_eq!(
        lab.read("reports/small.md").replace("reports/", ""),
        lab.read("others/small.md").replace("others/", "")
    );
}

#[test]
fn an_edited_plugin_has_other_trials_and_no_other_model_has() {
    let Some(lab) = lab("plugins", SPEC) else { return };
    let before = lab.plan(&["small.yaml"]);
    let edit = |path: &str| lab.write(path, format!("{}\n# edited\n", lab.read(path)));
    let n_same = || lab.plan(&["small.yaml"]).iter().filter(|id| before.contains(id)).count();
    edit("plugins/letters/letters.py");
    assert_eq!((before.len(), n_same()), (N_TRIALS, N_TRIALS - 4));
    edit("plugins/letter_counts/letter_counts.py");
    assert_eq!(n_same(), 2);
    let version = lab.read("plugins/letters/plugin.yaml").replace("version: 1", "version: 2");
    lab.write("plugins/letters/plugin.yaml", version);
    let ran = lab.recur(&["why", "small.yaml"]).ended(0);
    assert!(ran.out.contains("the store has no trial of letters"), "{}", ran.out);
}

#[test]
fn a_broken_manifest_is_reported_where_its_model_is_needed_and_nowhere_else() {
    let Some(lab) = lab("plugins", SPEC) else { return };
    lab.experiment(&[]).ended(0);
    let manifest = lab.read("plugins/letters/plugin.yaml").replace("summary:", "sumary:");
    lab.write("plugins/letters/plugin.yaml", manifest);
    let reported =
        ["small.yaml:7:10: model `letters` cannot be used", "plugins/letters/plugin.yaml", "unknown field `sumary`"];
    lab.recur(&["plan", "small.yaml"]).ended(1).reported(&reported);
    lab.recur(&["models"])
        .ended(1)
        .reported(&["1 of the plugins cannot be used", "plugins/letters/plugin.yaml: unknown field"]);
    lab.recur(&["models", "letters"]).ended(1).reported(&["model `letters` cannot be used"]);
    lab.recur(&["store", "check"]).ended(0);
    lab.recur(&["plan", "small.yaml", "--set", "models=[{use: letter_counts}]"]).ended(0);
}

#[test]
fn a_plugin_that_fails_is_a_failed_record_and_the_others_go_on() {
    const BUILT: &str = "read -r _; echo '{\"id\":1,\"protocol\":2}'\n";
    /// Answers `train` with a loss of 0 for each name.
    const LOSSES: &str = r#"read -r ask; n=${ask##*n_names\":}; n=${n%%,*}; echo "{\"id\":2,\"bytes\":$((8*n))}"; head -c $((8*n)) /dev/zero"#;
    let odd = [
        (
            "at_start",
            "echo no such module >&2; exit 1",
            "before it answered `build`; it last wrote to standard error: no such",
        ),
        ("in_epoch", &format!("{BUILT}read -r _; exit 7"), "ended (exit status: 7) before it answered `train`"),
        ("hanging", &format!("{BUILT}sleep 60"), "did not answer `train` within epoch_seconds of 2 s"),
        ("of_other_shape", &format!("{BUILT}{LOSSES}; echo '{{\"id\":3}}'; sleep 60"), "`predict` has 0 bytes"),
        ("garbled", &format!("{BUILT}echo hello; sleep 60"), "wrote `hello` where an answer in JSON was due"),
        ("oversized", &format!("{BUILT}echo '{{\"id\":2,\"bytes\":99999999999}}'; sleep 60"), "bytes or more"),
        ("of_the_future", "read -r _; echo '{\"id\":1,\"protocol\":9}'; sleep 60", "speaks version 9 of the protocol"),
    ];
    let models: String = odd.iter().map(|(id, ..)| format!("  - use: {id}\n")).collect();
    let lab = Lab::with(&format!(
        "recur: 1\nname: small\ndata: {{source: names.csv}}\ntraining: {{epochs: 2}}\nmodels:\n  - use: manual_rnn\n{models}replicates: 1\n"
    ));
    odd.iter().for_each(|(id, script, _)| write_odd(&lab, id, script));
    let ran = lab.experiment(&["--jobs", "2"]).ended(3).reported(&["plugin `hanging`: did not answer"]);
    assert!(ran.out.contains("7 of 8 trials did not finish"), "{}", ran.out);
    assert_eq!(outcome(&lab, "manual_rnn")["status"], "finished");
    let report = lab.read("reports/small.md");
    for (id, _, reason) in odd {
        let outcome = outcome(&lab, id);
        assert_eq!(outcome["status"], "failed", "{id}");
        let reported = outcome["reason"].as_str().unwrap();
        assert!(reported.contains(reason), "{reported}");
        assert!(report.contains(&format!("`{id}`")), "{report}");
    }
    let logs: String =
        lab.trials().iter().map(|trial| std::fs::read_to_string(trial.join("log.jsonl")).unwrap()).collect();
    assert!(logs.contains("at_start: no such module"), "standard error stands in the trial's log:\n{logs}");
}

/// The plugin of the documentation's walk, with a line of its program replaced.
fn write_majority(lab: &Lab, line: &str, by: &str) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/external-plugins.md");
    let page = std::fs::read_to_string(page).unwrap();
    let program = block(&page, "**3. The program**", "python");
    assert!(program.contains(line), "{program}");
    lab.write("plugins/majority/plugin.yaml", block(&page, "**2. The manifest**", "yaml"));
    lab.write("plugins/majority/majority.py", program.replace(line, by));
}

#[test]
fn a_plugin_that_fails_on_test_rows_costs_no_other_model_its_report() {
    let Some(lab) = lab("plugins", &SPEC.replace("letter_counts", "majority")) else { return };
    write_majority(&lab, "self.shares = list(tensors[\"shares\"].data)", "raise ValueError('no room left')");
    let ran =
        lab.experiment(&[]).ended(3).reported(&["could not be scored on test: plugin `majority`", "no room left"]);
    assert!(ran.out.contains("2 of 6 chosen trials could not be scored on test: see the report"), "{}", ran.out);
    let report = lab.read("reports/small.md");
    let reported = "2 trials of a chosen configuration finished but could not be scored on test";
    assert!(report.contains(reported) && report.contains("no room left"), "{report}");
    // All is kept: the next run trains nothing and tries the two again.
    lab.experiment(&[]).ended(3).reported(&["8 done before, 0 to run", "no room left"]);
}

#[test]
fn a_plugin_that_fails_when_asked_for_weights_is_reported_in_its_own_words() {
    let Some(lab) = lab("plugins", &SPEC.replace("letter_counts", "majority")) else { return };
    let fails = "raise ValueError('no shares')\n\n    def n_parameters(self):\n        return 1\n\n    \
                 def unused(self):\n        return {\"shares\"";
    write_majority(&lab, "return {\"shares\"", fails);
    lab.experiment(&[]).ended(3);
    let outcome = outcome(&lab, "majority");
    let reported = "plugin `majority`: cannot do `weights`: ValueError: no shares";
    assert_eq!((outcome["status"].as_str(), outcome["reason"].as_str()), (Some("failed"), Some(reported)));
}

#[test]
fn answers_that_are_no_distribution_are_a_failed_trial_that_names_the_text() {
    let Some(lab) = lab("plugins", &SPEC.replace("letter_counts", "majority")) else { return };
    write_majority(&lab, "return self.shares * len(names)", "return [0.0] * (len(self.shares) * len(names))");
    let ran = lab.experiment(&["--set", "report.primary=loss"]).ended(3);
    let ran = ran
        .reported(&["majority replicate 0: failed: the answer for `", "the probabilities sum to 3.000000, expected 1"]);
    assert!(ran.out.contains("2 of 8 trials did not finish"), "{}", ran.out);
    let outcome = outcome(&lab, "majority");
    let reason = outcome["reason"].as_str().unwrap();
    let name = reason.strip_prefix("the answer for `").and_then(|rest| rest.split_once('`')).expect("a name").0;
    assert!(outcome["status"] == "failed" && crate::common::names_csv().contains(&format!("\n{name},")), "{reason}");
    let report = lab.read("reports/small.md");
    assert!(report.contains("`majority` is not ranked") && report.contains("the probabilities sum to 3"), "{report}");
}

#[test]
fn answers_that_become_wrong_after_training_are_refused_in_scoring_and_in_prediction() {
    let Some(lab) = lab("plugins", &SPEC.replace("letter_counts", "majority")) else { return };
    let answer = "return [share + (0.01 if Path('wrong').exists() else 0) for share in self.shares] * len(names)";
    write_majority(&lab, "return self.shares * len(names)", answer);
    let only = ["--set", "models=[{use: majority}]"];
    lab.experiment(&only).ended(0);
    let trial = lab.trials().remove(0);
    let predict = || lab.recur(&["predict", "--model", trial.to_str().unwrap(), "Novak"]);
    predict().ended(0);
    lab.write("plugins/majority/wrong", "");
    predict()
        .ended(1)
        .reported(&["the answer for `", "is no distribution over the labels: the probabilities sum to 1.01"]);
    for trial in lab.trials() {
        std::fs::remove_dir_all(trial.join("test")).unwrap();
    }
    let reported = ["could not be scored on test: the answer for `", "the probabilities sum to 1.01"];
    lab.experiment(&only).ended(3).reported(&["2 done before, 0 to run"]).reported(&reported);
}

#[test]
fn losses_that_no_log_loss_can_be_are_refused() {
    let Some(lab) = lab("plugins", &SPEC.replace("letter_counts", "majority")) else { return };
    let line = "return [-self.shares[label] for label in chunk.labels]";
    write_majority(&lab, line, "return [-5.0] * len(chunk.labels)");
    lab.experiment(&[]).ended(3).reported(&["the training loss of an example is -5, and a log loss is never below 0"]);
    write_majority(&lab, line, "return [1e308] * len(chunk.labels)");
    lab.experiment(&[]).ended(3);
    assert!(lab.read("reports/small.md").contains("diverged"));
}

#[test]
fn tensors_that_no_file_of_weights_can_hold_fail_their_trial_and_the_store_stays_whole() {
    let Some(lab) = lab("plugins", &SPEC.replace("letter_counts", "majority")) else { return };
    write_majority(&lab, "{\"shares\": Tensor", "{\"__metadata__\": Tensor");
    for done in ["0 done before, 8 to run", "6 done before, 2 to run"] {
        let ran = lab.experiment(&[]).ended(3).reported(&[done, "`__metadata__`: safetensors files keep this name"]);
        assert!(ran.out.contains("2 of 8 trials did not finish"), "{}", ran.out);
    }
    lab.recur(&["store", "check"]).ended(0);
    write_majority(
        &lab,
        "return {\"shares\"",
        "return {str(i): Tensor([0], array('d')) for i in range(60000)} or {\"shares\"",
    );
    lab.experiment(&[]).ended(3).reported(&["has 60000 tensors, and 10000 are allowed"]);
}

fn is_alive(id: &str) -> bool {
    let state = Command::new("ps").args(["-o", "stat=", "-p", id]).output().unwrap();
    let state = String::from_utf8(state.stdout).unwrap();
    !state.trim().is_empty() && !state.starts_with('Z')
}

#[test]
fn a_hanging_plugin_and_its_children_end_with_a_killed_recur() {
    let lab = Lab::with("recur: 1\nname: small\ndata: {source: names.csv}\nmodels: [{use: hanging}]\nreplicates: 1\n");
    let script = "trap '' HUP TERM INT PIPE; read -r _; echo '{\"id\":1,\"protocol\":2}'; sleep 600 & echo $$ $! > ids; \
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
