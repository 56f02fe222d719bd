//! `recur predict` and `recur doctor`.

use crate::common::{Lab, Ran};
#[cfg(unix)]
use crate::processes::{Running, wait_until};
use std::io::Write as _;
use std::process::Stdio;

/// A lab whose experiment has been run, and the id of its first trial with weights of a step-by-step model.
fn trained() -> (Lab, String) {
    let lab = Lab::new();
    let id = lab.plan(&["small.yaml"])[1].clone();
    lab.experiment(&[]).ended(0);
    (lab, id)
}

fn predict(lab: &Lab, id: &str, more: &[&str]) -> Ran {
    lab.recur(&[&["predict", "--model", id], more].concat())
}

/// `recur predict` with `words`, and `input` on standard input.
fn piped(lab: &Lab, words: &[&str], input: &[u8]) -> Ran {
    let mut child = lab.command(&[&["predict"], words].concat()).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap().into()
}

#[test]
fn the_summary_of_an_experiment_ends_with_a_command_that_predicts() {
    let lab = Lab::new();
    let summary = lab.experiment(&[]).ended(0).out;
    let hint = summary.lines().last().unwrap();
    assert!(hint.contains("recur predict --model small/"), "{hint}");
    let model = hint.split("recur predict --model ").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap();
    let ran = predict(&lab, model, &["--log-probs", "Novak"]).ended(0);
    // The trial that answers is named.
    let id = ran.err.trim_end().rsplit(' ').next().unwrap().to_owned();
    assert_eq!(ran.out, predict(&lab, &id, &["--log-probs", "Novak"]).ended(0).out);
    std::fs::rename(lab.path("runs"), lab.path("other")).unwrap();
    predict(&lab, model, &["Novak", "--store", "other"]).ended(0);
    predict(&lab, &id, &["Novak"]).ended(1).reported(&[&format!("no file {id}"), "there is no store runs"]);
}

#[test]
fn texts_come_from_arguments_a_file_or_standard_input_alike() {
    let (lab, id) = trained();
    let arguments = predict(&lab, &id, &["--top", "2", "Novak", "O'Neill"]).ended(0).out;
    lab.write("one.txt", "Novak\n");
    lab.write("two.txt", "O'Neill");
    for files in
        [&["one.txt", "two.txt"][..], &["--input", "one.txt", "two.txt"], &["--input", "one.txt", "--input", "two.txt"]]
    {
        assert_eq!(predict(&lab, &id, &[&["--top", "2"], files].concat()).ended(0).out, arguments, "{files:?}");
    }
    for words in [&["-"][..], &["--input", "-"]] {
        let ran = piped(&lab, &[&["--model", &id, "--top", "2"], words].concat(), b"Novak\nO'Neill\n");
        assert_eq!(ran.ended(0).out, arguments);
    }
    let table = ["--model", &id, "--top", "2", "--input", "-", "--input-format", "csv", "--column", "who"];
    assert_eq!(piped(&lab, &table, b"id,who\n1,Novak\n2,O'Neill\n").ended(0).out, arguments);
    let ran = piped(&lab, &["--model", &id, "--input", "-"], b"name\nNovak\n").ended(1);
    assert_eq!(ran.reported(&["looks like a header", "--input FILE --literal"]).out, "");
    predict(&lab, &id, &[]).ended(2);
    predict(&lab, &id, &["--top", "0", "Kim"]).ended(2);
}

#[test]
fn an_argument_that_is_or_looks_like_a_file_is_never_a_text() {
    let (lab, id) = trained();
    lab.write("list.txt", "Novak\n");
    lab.write("Kim", "Novak\n");
    let refused = |words: &[&str], code: i32, reported: &[&str]| {
        let ran = predict(&lab, &id, words).ended(code).reported(reported);
        assert_eq!(ran.out, "", "{words:?}");
    };
    refused(&["lsit.txt"], 1, &["`lsit.txt` does not exist", "did you mean `list.txt`", "--literal"]);
    refused(&["Kim"], 1, &["`Kim` is a file here, and it could be a text", "--input Kim", "--literal"]);
    refused(&["Novak", "--input", "list.txt"], 2, &["cannot be used with"]);
    let names = predict(&lab, &id, &["--literal", "Kim", "lsit.txt", "list.txt", "-"]).ended(0).out;
    let first: Vec<&str> = names.lines().map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(first, ["text", "Kim", "lsit.txt", "list.txt", "'-"]);
}

#[test]
fn the_answer_is_the_same_in_a_file_and_overwrites_none() {
    let (lab, id) = trained();
    let words = ["--log-probs", "--top", "2", "Novak", "Kim"];
    let to = |file: &str| predict(&lab, &id, &[&words[..], &["--output", file]].concat());
    for (file, format) in [("a.csv", "csv"), ("a.ndjson", "ndjson")] {
        let ran = to(file).ended(0).reported(&["written: ", file]);
        assert_eq!(ran.out, "");
        let out = predict(&lab, &id, &[&words[..], &["--format", format]].concat()).ended(0).out;
        assert_eq!(lab.read(file), out);
    }
    to("a.csv").ended(1).reported(&["a.csv", "overwrite no file", "remove it, or name another file"]);
    to("a.xlsx").ended(1).reported(&["a.xlsx", ".csv or .ndjson"]);
    // Nothing else is left in the folder.
    assert_eq!(n_hidden(&lab), 0);
}

/// How many files with a dot are in the lab's folder.
fn n_hidden(lab: &Lab) -> usize {
    let entries = std::fs::read_dir(lab.path("")).unwrap();
    entries.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with('.')).count()
}

#[cfg(unix)]
#[test]
fn an_interrupted_prediction_leaves_no_file() {
    let (lab, id) = trained();
    lab.write("many.txt", "Novakovakovak\n".repeat(300_000));
    let mut run = Running::start(&lab, &["predict", "--model", &id, "many.txt", "--output", "a.csv"]);
    wait_until("the first lines", || n_hidden(&lab) > 0 || run.has_ended());
    std::process::Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap();
    wait_until("the end", || run.has_ended());
    run.end().ended(130).reported(&["stopped"]);
    assert!(!lab.path("a.csv").exists() && n_hidden(&lab) == 0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_or_closed_output_is_an_error_or_the_end_and_no_panic() {
    let (lab, id) = trained();
    lab.write("many.txt", "Novak\n".repeat(20_000));
    for words in [&["Novak"][..], &["many.txt", "--format", "ndjson"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let words = [&["predict", "--model", &id], words].concat();
        let output = lab.command(&words).stdout(full).output().unwrap();
        Ran::from(output).ended(1).reported(&["cannot write to standard output", "No space left"]);
    }
    let mut child = lab.command(&["predict", "--model", &id, "many.txt"]).spawn().unwrap();
    drop(child.stdout.take());
    Ran::from(child.wait_with_output().unwrap()).ended(0).reported(&[]);
}

#[test]
fn doctor_reports_the_machine_and_what_forces_an_instruction_set() {
    let lab = Lab::new();
    let free = lab.recur(&["doctor"]).ended(0).out;
    for fact in
        ["CPU", "instruction sets", "chosen", "FMA peak", "threads", "memory", "RECUR_ISA=scalar", "(not made yet)"]
    {
        assert!(free.contains(fact), "{fact}: {free}");
    }
    let forced: Ran = lab.command(&["doctor"]).env("RECUR_ISA", "scalar").output().unwrap().into();
    assert!(forced.ended(0).out.contains("scalar (forced by RECUR_ISA)"));
    assert!(!lab.path("runs").exists());
}
