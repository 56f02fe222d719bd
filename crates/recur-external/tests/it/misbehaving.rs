//! Plugins that do what they must not: each ends in an error that tells it, soon, and never in a hang or a panic.

use crate::odd::{BUILT, LIMITS, Odd, check_asked, check_build, predict, reported, train, trained};
use crate::python::{EXAMPLES, python_is_there};
use recur_core::dataset::Sequences;
use recur_core::model::{Cancel, ModelError};
use recur_core::unwound::Unwound;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// An answer to `train`, question `id`, with a loss of 0.75 for each of two texts.
fn losses(id: u64) -> String {
    let bytes = "\\000\\000\\000\\000\\000\\000\\350\\077";
    format!("echo '{{\"id\":{id},\"bytes\":16}}'; printf '{bytes}{bytes}'")
}

#[test]
fn a_missing_command_is_reported() {
    let odd = Odd::with_command("[no_such_program_here]", "", LIMITS);
    reported(&odd.build().map(|_| ()).unwrap_err(), &["cannot start `no_such_program_here`", "No such file"]);
}

#[test]
fn a_crash_at_the_start_is_reported_with_its_last_words() {
    let script = "echo 'first line' >&2; echo 'no module named torch' >&2; exit 3";
    check_build(script, LIMITS, &["ended (exit status: 3) before it answered `build`", "no module named torch"]);
    check_build("exit 0", LIMITS, &["ended (exit status: 0) before it answered `build`"]);
    check_build("kill -9 $$", LIMITS, &["signal: 9", "before it answered `build`"]);
}

/// Reasons are in records and reports, which are the same on every machine.
#[test]
fn the_folders_of_this_machine_are_in_no_reason() {
    let check = |script: &str, expected: &str| {
        let odd = Odd::new(script, LIMITS);
        let error = odd.build().map(|_| ()).unwrap_err();
        reported(&error, &[expected]);
        let home = odd.home();
        assert!(!error.to_string().contains(home.parent().unwrap().to_str().unwrap()), "{error}");
    };
    check("echo \"  File \\\"$PWD/odd.sh\\\", line 1\" >&2; exit 3", "standard error: File \"…/odd.sh\", line 1");
    check("echo \"epoch of $PWD/odd.sh\"; sleep 60", "wrote `epoch of …/odd.sh` where an answer");
    let refusal = "read -r _; echo \"{\\\"id\\\":1,\\\"error\\\":\\\"no $PWD/model.bin\\\"}\"; sleep 60";
    check(refusal, "cannot do `build`: no …/model.bin");
}

#[test]
fn what_a_python_plugin_printed_before_it_was_killed_is_reported() {
    if !python_is_there() {
        return;
    }
    // Python buffers what goes to a pipe, unless this variable says not to.
    let command = "[/usr/bin/env, -u, PYTHONUNBUFFERED, python3, odd.sh]";
    let script = format!(
        "import os, sys\nsys.path.insert(0, {EXAMPLES:?})\nimport recur_plugin\ndef build(setup):\n    \
         print('epoch 3 of 9')\n    os.kill(os.getpid(), 9)\nrecur_plugin.run(build)\n"
    );
    let error = Odd::with_command(command, &script, "{}").build().map(|_| ()).unwrap_err();
    reported(&error, &["signal: 9", "it last wrote to standard error: epoch 3 of 9"]);
}

#[test]
fn a_crash_in_an_epoch_is_reported() {
    check_asked("read -r _; echo oh >&2; exit 7", LIMITS, trained, &["exit status: 7", "`train`", "oh"]);
}

/// The shell leaves a process behind that holds its standard output open: it has no end to read.
#[test]
fn a_crash_is_reported_while_a_process_that_it_started_lives_on() {
    let minute = "{start_seconds: 60, epoch_seconds: 60, answer_seconds: 60}";
    check_build("sleep 3600 & exit 3", minute, &["ended (exit status: 3) before it answered `build`"]);
    check_asked("read -r _; sleep 3600 & exit 3", minute, trained, &["exit status: 3", "`train`"]);
    let answer = format!("read -r _; sleep 3600 & {}; exit 3", losses(2));
    let odd = Odd::new(&format!("{BUILT}{answer}"), minute);
    let mut model = odd.build().unwrap();
    assert_eq!(train(&mut *model, &Cancel::new()).unwrap(), 1.5, "what it wrote before its end is taken");
    reported(&predict(&mut *model).unwrap_err(), &["ended (exit status: 3) before it answered `predict`"]);
}

#[test]
fn a_hang_ends_at_the_limit_that_is_reported() {
    let limits = |key: &str| format!("{{{key}: 0.3}}");
    check_build("sleep 60", &limits("start_seconds"), &["`build` within start_seconds of 0.3 s"]);
    check_asked("sleep 60", &limits("epoch_seconds"), trained, &["`train` within epoch_seconds of 0.3 s"]);
    check_asked("sleep 60", &limits("answer_seconds"), predict, &["`predict` within answer_seconds of 0.3 s"]);
    check_asked("sleep 60", &limits("idle_seconds"), predict, &["`predict` within idle_seconds of 0.3 s"]);
}

#[test]
fn signs_of_life_put_off_the_idle_limit_alone() {
    let script = "i=0; while [ $i -lt 50 ]; do echo busy >&2; sleep 0.05; i=$((i+1)); done";
    let limits = "{idle_seconds: 0.4, answer_seconds: 1}";
    check_asked(script, limits, predict, &["within answer_seconds of 1 s", "busy"]);
}

#[test]
fn an_epoch_in_many_chunks_has_one_limit() {
    let mut script = BUILT.to_owned();
    for id in 2..9 {
        script.push_str(&format!("sleep 0.2; {}\n", losses(id)));
    }
    let odd = Odd::new(&script, "{epoch_seconds: 0.7}");
    let mut model = odd.build().unwrap();
    let n_done = (0..7).take_while(|_| trained(&mut *model).is_ok()).count();
    assert!((1..5).contains(&n_done), "{n_done} chunks of 0.2 s within 0.7 s");
}

#[test]
fn log_probabilities_of_another_shape_are_reported() {
    let script = "echo '{\"id\":2,\"bytes\":4}'; printf '1234'; sleep 60";
    check_asked(script, LIMITS, predict, &["`predict` has 4 bytes, expected 16: f32 for 2 texts × 2 labels"]);
}

/// The bytes of numbers, as the shell's `printf` writes them.
fn octal(numbers: &[f32]) -> String {
    numbers.iter().flat_map(|number| number.to_le_bytes()).map(|byte| format!("\\{byte:03o}")).collect()
}

/// Checks a plugin that answers `predict` for two texts and two labels with `numbers`.
#[track_caller]
fn check_answer(numbers: &[f32], reported: &str) {
    let answer = format!("echo '{{\"id\":2,\"bytes\":16}}'; printf '{}'; sleep 60", octal(numbers));
    let odd = Odd::new(&format!("{BUILT}{answer}"), LIMITS);
    let mut model = odd.build().unwrap();
    let error = predict(&mut *model).expect_err("it is refused");
    assert!(matches!(error, ModelError::Answer { .. }), "{error:?}");
    assert_eq!(error.to_string(), format!("the answer for {reported}"));
    let again = predict(&mut *model).expect_err("it failed before").to_string();
    assert!(again.contains("is no longer there, after it failed: "), "{again}");
}

#[test]
fn what_is_no_distribution_is_reported_with_its_row() {
    const HALF: f32 = -std::f32::consts::LN_2;
    let wrong = "is no distribution over the labels:";
    check_answer(
        &[f32::NAN, f32::NAN, 0.0, 0.0],
        &format!("row 0 {wrong} label 0 has the log-probability NaN, expected a number up to 0"),
    );
    check_answer(
        &[HALF, HALF, -1.0, 2.0],
        &format!("row 1 {wrong} label 1 has the log-probability 2, expected a number up to 0"),
    );
    check_answer(&[0.0; 4], &format!("row 0 {wrong} the probabilities sum to 2.000000, expected 1 within 0.0001"));
    check_answer(
        &[HALF, HALF, HALF, -0.7],
        &format!("row 1 {wrong} the probabilities sum to 0.996585, expected 1 within 0.0001"),
    );
}

#[test]
fn a_number_that_is_not_json_is_reported() {
    check_asked("echo '{\"id\":2,\"diverged\":NaN}'; sleep 60", LIMITS, trained, &["JSON has no NaN"]);
}

#[test]
fn a_loss_that_is_no_number_is_a_divergence() {
    let nan = "\\000\\000\\000\\000\\000\\000\\370\\177";
    let odd = Odd::new(&format!("{BUILT}echo '{{\"id\":2,\"bytes\":16}}'; printf '{nan}{nan}'; sleep 60"), LIMITS);
    let error = trained(&mut *odd.build().unwrap()).unwrap_err();
    assert!(matches!(error, ModelError::Diverged { step: 0, .. }), "{error}");
}

/// Checks a plugin that has tensors called `names`, all empty.
#[track_caller]
fn check_tensors(names: &str, reported: &[&str]) {
    let head = format!("{{\"id\":2,\"tensors\":[{names}]}}");
    let odd = Odd::new(&format!("{BUILT}cat tensors; sleep 60"), LIMITS);
    std::fs::write(odd.home().join("tensors"), head + "\n").unwrap();
    let model = odd.build().unwrap();
    let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| model.weights())).unwrap_err();
    let Unwound::Error(error) = Unwound::new(payload) else { panic!("it is no panic") };
    self::reported(&error, reported);
}

#[test]
fn tensors_that_no_file_of_weights_can_hold_are_reported() {
    let tensor = |name: &str| format!("{{\"name\":\"{name}\",\"dtype\":\"f32\",\"shape\":[0]}}");
    check_tensors(
        &tensor("__metadata__"),
        &["`weights` has a tensor `__metadata__`: safetensors files keep this name"],
    );
    check_tensors(&format!("{0},{0}", tensor("w")), &["`weights` has a tensor `w`: two tensors have this name"]);
    check_tensors(&tensor(""), &["a tensor has no name"]);
    let many: Vec<String> = (0..60_000).map(|i| tensor(&i.to_string())).collect();
    check_tensors(&many.join(","), &["`weights` has 60000 tensors, and 10000 are allowed"]);
}

#[test]
fn a_loss_that_diverged_is_no_failure() {
    let odd = Odd::new(&format!("{BUILT}echo '{{\"id\":2,\"diverged\":41}}'; sleep 60"), LIMITS);
    let error = trained(&mut *odd.build().unwrap()).unwrap_err();
    assert!(matches!(error, ModelError::Diverged { step: 41, .. }), "{error}");
}

#[test]
fn a_line_of_garbage_is_reported() {
    check_asked("echo 'epoch 1 of 10'; sleep 60", LIMITS, trained, &["wrote `epoch 1 of 10`", "standard error"]);
    check_asked("echo '{\"id\":5}'; sleep 60", LIMITS, trained, &["answered question 5 where `train`, question 2"]);
    check_asked(
        "echo '{\"id\":2}'; sleep 60",
        LIMITS,
        trained,
        &["`train` has 0 bytes, expected 16: f64 for the losses of 2 texts"],
    );
    check_asked("printf '{\"id\":'", LIMITS, trained, &["ends within the line"]);
}

#[test]
fn an_oversize_message_is_reported_before_it_is_taken() {
    let announced = "echo '{\"id\":2,\"bytes\":99999999999}'; sleep 60";
    check_asked(announced, LIMITS, predict, &["99999999999 bytes or more", "limits.message_mib: 1"]);
    let endless =
        "while :; do printf 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'; done | cat";
    check_asked(endless, "{answer_seconds: 60}", predict, &["4194304 in a line are allowed"]);
}

#[test]
fn another_version_of_the_protocol_is_reported() {
    check_build("read -r _; echo '{\"id\":1,\"protocol\":5}'; sleep 60", LIMITS, &["speaks version 5", "speaks 4"]);
    check_build("read -r _; echo '{\"id\":1}'; sleep 60", LIMITS, &["speaks version no"]);
}

#[test]
fn a_plugin_of_an_earlier_version_is_refused_with_the_line_to_change() {
    let first = "speaks version 1 of the protocol, this recur speaks 4: take recur_plugin.py of this recur, let `train` \
                 return the loss of each example, `return losses`, instead of their sum, and write `chunk.texts`";
    let second = "speaks version 2 of the protocol, this recur speaks 4: take recur_plugin.py of this recur, and write \
                  `chunk.texts` instead of `chunk.names` (without recur_plugin.py: `n_texts` instead of `n_names`)";
    let third = "speaks version 3 of the protocol, this recur speaks 4: take recur_plugin.py of this recur (without it: answer \
                 `protocol` 4; the step of a batch divides";
    for (version, change) in [(1, first), (2, second), (3, third)] {
        let answer = format!("read -r _; echo '{{\"id\":1,\"protocol\":{version}}}'; sleep 60");
        check_build(&answer, LIMITS, &[change]);
        // As recur_plugin.py of that version answers.
        let refusal = format!("\"error\":\"this plugin speaks version {version} of the protocol\"");
        check_build(&format!("read -r _; echo '{{\"id\":1,{refusal}}}'; sleep 60"), LIMITS, &[change]);
    }
}

/// A model that was written for an earlier version, with the `recur_plugin.py` of this one.
#[test]
fn an_earlier_chunk_or_a_sum_of_losses_is_refused_with_the_line_to_change() {
    if !python_is_there() {
        return;
    }
    let losses = "since version 2 of the protocol `train` returns the loss of each example: `return losses`, a list";
    let texts = "since version 3 of the protocol a chunk has `texts`: `chunk.texts` instead of `chunk.names`";
    for (returned, change) in [("1.5", losses), ("chunk.loss_before", losses), ("[0.5 for _ in chunk.names]", texts)] {
        let script = format!(
            "import sys\nsys.path.insert(0, {EXAMPLES:?})\nimport recur_plugin\nclass Old(recur_plugin.Model):\n    \
             def __init__(self, setup):\n        pass\n    def weights(self):\n        return {{}}\n    \
             def train(self, chunk):\n        return {returned}\nrecur_plugin.run(Old)\n"
        );
        let odd = Odd::with_command("[python3, odd.sh]", &script, "{}");
        let error = trained(&mut *odd.build().unwrap()).unwrap_err();
        reported(&error, &[change]);
    }
}

#[test]
fn what_a_plugin_refuses_is_reported_in_its_words() {
    let refuse = "read -r _; echo '{\"id\":1,\"error\":\"too small\",\"parameter\":\"size\"}'; sleep 60";
    let error = Odd::new(refuse, LIMITS).build().map(|_| ()).unwrap_err();
    assert!(matches!(&error, ModelError::Parameter { name: "size", problem } if problem == "too small"), "{error}");
    let odd = Odd::new(&format!("{BUILT}echo '{{\"id\":2,\"error\":\"unknown\",\"tensor\":\"w\"}}'; sleep 60"), LIMITS);
    let error = odd.build().unwrap().set_weights(&[]).unwrap_err();
    assert_eq!(error.to_string(), "weight `w`: unknown");
}

#[test]
fn weights_that_cannot_be_had_unwind_with_the_reason() {
    let odd = Odd::new(&format!("{BUILT}exit 1"), LIMITS);
    let model = odd.build().unwrap();
    let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| model.weights())).unwrap_err();
    let Unwound::Error(error) = Unwound::new(payload) else { panic!("it is no panic") };
    reported(&error, &["ended (exit status: 1) before it answered `weights`"]);
}

#[test]
fn a_flood_on_standard_error_blocks_nobody() {
    let flood = "i=0; while [ $i -lt 20000 ]; do echo 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' >&2; \
                 i=$((i+1)); done";
    let odd = Odd::new(&format!("{BUILT}{flood}; {}; cat > /dev/null", losses(2)), "{epoch_seconds: 60}");
    assert_eq!(train(&mut *odd.build().unwrap(), &Cancel::new()).unwrap(), 1.5);
}

#[test]
fn a_plugin_that_never_reads_blocks_nobody() {
    let script = "echo '{\"id\":1,\"protocol\":4}'; sleep 60";
    let odd = Odd::new(script, "{answer_seconds: 0.3}");
    let mut model = odd.build().unwrap();
    let error = model.log_probabilities(&long_name(), &[0], &mut [0.0; 2]).unwrap_err();
    reported(&error, &["`predict` within answer_seconds of 0.3 s"]);
}

/// More than any pipe holds.
fn long_name() -> Sequences {
    std::iter::once(vec![1_u16; 900_000].as_slice()).collect()
}

#[test]
fn a_plugin_that_answers_without_reading_is_asked_nothing_more() {
    let answers = "echo '{\"id\":1,\"protocol\":4}'; echo '{\"id\":2,\"bytes\":8}'; printf '\\0\\0\\0\\0\\0\\0\\200\\377'; sleep 60";
    let odd = Odd::new(answers, LIMITS);
    let mut model = odd.build().unwrap();
    model.log_probabilities(&long_name(), &[0], &mut [0.0; 2]).unwrap();
    reported(&predict(&mut *model).unwrap_err(), &["does not read its standard input: `predict` cannot be asked"]);
}

#[test]
fn a_question_and_an_answer_larger_than_a_pipe_pass_each_other() {
    // It reads and writes in turn, so that neither end may wait for the other.
    let script = format!("{BUILT}read -r _; echo '{{\"id\":2,\"bytes\":1800004}}'; head -c 1800004");
    let odd = Odd::new(&script, "{message_mib: 2}");
    let error = odd.build().unwrap().log_probabilities(&long_name(), &[0], &mut [0.0; 2]).unwrap_err();
    reported(&error, &["has 1800004 bytes, expected 8"]);
}

#[test]
fn a_raised_flag_stops_a_plugin_that_is_at_work() {
    let odd = Odd::new(&format!("{BUILT}sleep 60"), LIMITS);
    let (mut model, cancel) = (odd.build().unwrap(), Cancel::new());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            sleep(Duration::from_millis(100));
            cancel.cancel();
        });
        assert!(matches!(train(&mut *model, &cancel), Err(ModelError::Cancelled)));
    });
}

/// The process ids that a plugin wrote into its folder.
fn ids(home: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(home.join("ids")).unwrap_or_default();
    text.split_whitespace().map(str::to_owned).collect()
}

fn is_alive(id: &str) -> bool {
    // A zombie is dead, and waits for its parent: here, for whoever takes orphans in.
    let state = std::process::Command::new("ps").args(["-o", "stat=", "-p", id]).output().unwrap();
    let state = String::from_utf8(state.stdout).unwrap();
    !state.trim().is_empty() && !state.starts_with('Z')
}

#[test]
fn processes_that_a_plugin_started_end_with_it() {
    let script = format!("{BUILT}(trap '' TERM HUP; sleep 60) & echo $$ $! > ids; wait");
    let odd = Odd::new(&script, "{answer_seconds: 0.5}");
    let mut model = odd.build().unwrap();
    reported(&predict(&mut *model).unwrap_err(), &["answer_seconds"]);
    let ids = ids(&odd.home());
    assert_eq!(ids.len(), 2);
    assert!((0..200).any(|_| {
        sleep(Duration::from_millis(10));
        ids.iter().all(|id| !is_alive(id))
    }));
}

#[test]
fn files_that_were_edited_since_the_manifest_was_read_are_not_run() {
    let odd = Odd::new(BUILT, LIMITS);
    std::fs::write(odd.home().join("odd.sh"), "exit 1").unwrap();
    reported(&odd.build().map(|_| ()).unwrap_err(), &["its files were changed while recur ran"]);
}
