//! What an external plugin does wrong: it is a failed record or a test that is missing, and harms nobody else.

#![cfg(unix)]

use crate::common::{Lab, names_csv, says};
use crate::plugins::{MAJORITY, N_OF_MAJORITY, check_store, lab, predict, run, write_majority};
use crate::small::{self, Ran, trials};
use recur_core::record::Outcome;

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
fn a_plugin_that_fails_is_a_failed_record_and_the_others_go_on() {
    const BUILT: &str = "read -r _; echo '{\"id\":1,\"protocol\":4}'\n";
    /// Answers `train` with a loss of 0 for each text.
    const LOSSES: &str = r#"read -r ask; n=${ask##*n_texts\":}; n=${n%%,*}; echo "{\"id\":2,\"bytes\":$((8*n))}"; head -c $((8*n)) /dev/zero"#;
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
    let mut lab = small::lab(&format!(
        "recur: 1\nname: small\ndata: {{source: 'LAB/names.csv'}}\ntraining: {{epochs: 2}}\nmodels:\n  - use: manual_rnn\n{models}replicates: 1\n"
    ));
    odd.iter().for_each(|(id, script, _)| write_odd(&lab, id, script));
    let ran = run(&mut lab, &[]);
    assert_eq!((ran.reported.n_unfinished, ran.outcomes.len()), (7, 8));
    assert_eq!(ran.outcomes[0].trial.identity.model, "manual_rnn");
    assert!(matches!(ran.outcomes[0].record.outcome, Outcome::Finished { .. }));
    // The store has what the run ended with.
    assert_eq!(ran.experiment.stored(&lab.store(), 1).unwrap(), ran.outcomes);
    let report = lab.read("reports/small.md");
    for (id, _, reason) in odd {
        let failures = ran.failures(id);
        assert_eq!(failures.len(), 1, "{id}");
        assert!(failures[0].contains(reason), "{failures:?}");
        assert!(report.contains(&format!("`{id}`")), "{report}");
    }
}

#[test]
fn a_plugin_that_fails_on_test_rows_costs_no_other_model_its_report() {
    let Some(mut lab) = lab(MAJORITY) else { return };
    write_majority(&lab, "self.shares = list(tensors[\"shares\"].data)", "raise ValueError('no room left')");
    let check = |ran: &Ran, n_trained: usize| {
        assert_eq!((ran.n_trained, ran.reported.n_unfinished), (n_trained, 0));
        assert_eq!((ran.unscored().len(), ran.reported.scored.tests.len()), (2, 4));
        for reason in ran.unscored() {
            assert!(reason.contains("plugin `majority`") && reason.contains("no room left"), "{reason}");
        }
    };
    check(&run(&mut lab, &[]), N_OF_MAJORITY);
    let report = lab.read("reports/small.md");
    let reported = "2 trials of a chosen configuration finished but could not be scored on test";
    assert!(report.contains(reported) && report.contains("no room left"), "{report}");
    // All is kept: the next run trains nothing and tries the two again.
    check(&run(&mut lab, &[]), 0);
}

#[test]
fn a_plugin_that_fails_when_asked_for_weights_is_reported_in_its_own_words() {
    let Some(mut lab) = lab(MAJORITY) else { return };
    let fails = "raise ValueError('no shares')\n\n    def n_parameters(self):\n        return 1\n\n    \
                 def unused(self):\n        return {\"shares\"";
    write_majority(&lab, "return {\"shares\"", fails);
    let ran = run(&mut lab, &[]);
    let reported = "plugin `majority`: cannot do `weights`: ValueError: no shares";
    assert_eq!(ran.failures("majority"), [reported; 2]);
    assert_eq!(ran.reported.n_unfinished, 2);
}

#[test]
fn answers_that_are_no_distribution_are_a_failed_trial_that_names_the_text() {
    let Some(mut lab) = lab(MAJORITY) else { return };
    write_majority(&lab, "return self.shares * len(texts)", "return [0.0] * (len(self.shares) * len(texts))");
    let ran = run(&mut lab, &["report.primary=loss"]);
    assert_eq!((ran.reported.n_unfinished, ran.outcomes.len()), (2, N_OF_MAJORITY));
    for reason in ran.failures("majority") {
        let (name, rest) = reason
            .strip_prefix("the answer for `")
            .and_then(|rest| rest.split_once('`'))
            .unwrap_or_else(|| panic!("no name in {reason}"));
        assert!(names_csv().contains(&format!("\n{name},")), "{reason}");
        assert!(rest.contains("the probabilities sum to 3.000000, expected 1"), "{reason}");
    }
    let report = lab.read("reports/small.md");
    assert!(report.contains("`majority` is not ranked") && report.contains("the probabilities sum to 3"), "{report}");
}

#[test]
fn answers_that_become_wrong_after_training_are_refused_in_scoring_and_in_prediction() {
    let Some(mut lab) = lab(MAJORITY) else { return };
    let answer = "return [share + (0.01 if Path('wrong').exists() else 0) for share in self.shares] * len(texts)";
    write_majority(&lab, "return self.shares * len(texts)", answer);
    let only = ["models=[{use: majority}]"];
    assert_eq!(run(&mut lab, &only).unscored().len(), 0);
    let trial = trials(&lab).remove(0).to_str().unwrap().to_owned();
    predict(&lab, &trial, &["Novak"]).unwrap();
    lab.write("plugins/majority/wrong", "");
    let error = predict(&lab, &trial, &["Novak"]).unwrap_err();
    let parts = ["the answer for `", "is no distribution over the labels: the probabilities sum to 1.01"];
    says(&error, error.hint(), &parts);
    for trial in trials(&lab) {
        std::fs::remove_dir_all(trial.join("test")).unwrap();
    }
    let ran = run(&mut lab, &only);
    assert_eq!((ran.n_trained, ran.unscored().len()), (0, 2));
    for reason in ran.unscored() {
        assert!(reason.contains("the answer for `") && reason.contains("the probabilities sum to 1.01"), "{reason}");
    }
}

#[test]
fn losses_that_no_log_loss_can_be_are_refused() {
    let Some(mut lab) = lab(MAJORITY) else { return };
    let line = "return [-self.shares[label] for label in chunk.labels]";
    write_majority(&lab, line, "return [-5.0] * len(chunk.labels)");
    let ran = run(&mut lab, &[]);
    for reason in ran.failures("majority") {
        let reported = "the training loss of an example is -5, and a log loss is never below 0";
        assert!(reason.contains(reported), "{reason}");
    }
    assert_eq!(ran.reported.n_unfinished, 2);
    write_majority(&lab, line, "return [1e308] * len(chunk.labels)");
    assert_eq!(run(&mut lab, &[]).reported.n_unfinished, 2);
    assert!(lab.read("reports/small.md").contains("diverged"));
}

#[test]
fn tensors_that_no_file_of_weights_can_hold_fail_their_trial_and_the_store_stays_whole() {
    let Some(mut lab) = lab(MAJORITY) else { return };
    write_majority(&lab, "{\"shares\": Tensor", "{\"__metadata__\": Tensor");
    for n_trained in [N_OF_MAJORITY, 2] {
        let ran = run(&mut lab, &[]);
        assert_eq!((ran.n_trained, ran.reported.n_unfinished, ran.outcomes.len()), (n_trained, 2, N_OF_MAJORITY));
        for reason in ran.failures("majority") {
            assert!(reason.contains("`__metadata__`: safetensors files keep this name"), "{reason}");
        }
    }
    check_store(&lab);
    write_majority(
        &lab,
        "return {\"shares\"",
        "return {str(i): Tensor([0], array('d')) for i in range(60000)} or {\"shares\"",
    );
    for reason in run(&mut lab, &[]).failures("majority") {
        assert!(reason.contains("has 60000 tensors, and 10000 are allowed"), "{reason}");
    }
}
