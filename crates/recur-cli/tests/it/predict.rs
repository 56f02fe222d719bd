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
fn every_model_of_an_experiment_predicts_from_its_file_or_id() {
    let lab = Lab::new();
    let ids = lab.plan(&["small.yaml"]);
    let summary = lab.experiment(&[]).ended(0).out;
    for (id, folder) in ids.iter().map(|id| (id, lab.path(&format!("runs/trials/{}/{id}", &id[..2])))) {
        let by_id = predict(&lab, id, &["Novak", "Kim"]).ended(0).out;
        assert!(by_id.starts_with("text,label,probability\nNovak,") && by_id.lines().count() == 3, "{by_id}");
        let file = folder.join("weights.safetensors");
        for model in [&id[..8], folder.to_str().unwrap(), file.to_str().unwrap()] {
            assert_eq!(predict(&lab, model, &["Novak", "Kim"]).ended(0).out, by_id);
        }
    }
    let path = summary
        .split("recur predict --model ")
        .nth(1)
        .expect("the summary names the best model")
        .split_whitespace()
        .next()
        .unwrap();
    predict(&lab, path, &["Novak"]).ended(0);
}

#[test]
fn names_come_from_arguments_a_file_or_standard_input_alike() {
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
    let ran = piped(&lab, &["--model", &id, "--input", "-"], b"name\nNovak\n").ended(1);
    assert_eq!(ran.reported(&["looks like a header", "--input FILE --literal"]).out, "");
}

#[test]
fn an_unreadable_name_has_no_label_and_a_warning() {
    let (lab, id) = trained();
    let spec = lab.read("small.yaml").replace("names.csv}", "names.csv, text: {alphabet: NovakKim, unknown: drop}}");
    lab.write("small.yaml", spec);
    let strict = lab.plan(&["small.yaml"])[1].clone();
    assert_ne!(strict, id);
    lab.experiment(&[]).ended(0);
    let ran = predict(&lab, &strict, &["Novak", "123"]).ended(0).reported(&["no label for \"123\"", "alphabet"]);
    assert!(ran.out.ends_with("\n123,,\n"), "{}", ran.out);
    predict(&lab, &strict, &["123", ""]).ended(1).reported(&["none of the 2 texts can be read"]);
}

#[test]
fn a_model_that_cannot_be_used_is_reported_by_name() {
    let (lab, id) = trained();
    predict(&lab, "0123456789", &["Kim"]).ended(1).reported(&[
        "no file 0123456789",
        "small",
        "recur plan lists all ids",
    ]);
    let file = format!("runs/trials/{}/{id}/weights.safetensors", &id[..2]);
    let bytes = std::fs::read(lab.path(&file)).unwrap();
    lab.write("cut.safetensors", &bytes[..bytes.len() - 5]);
    predict(&lab, "cut.safetensors", &["Kim"]).ended(1).reported(&["cut.safetensors", "not a whole safetensors file"]);
    predict(&lab, "small.yaml", &["Kim"]).ended(1).reported(&["small.yaml", "not a whole safetensors file"]);
    lab.write("latin1.txt", b"Kim\nJos\xe9\n");
    predict(&lab, &id, &["latin1.txt"]).ended(1).reported(&["latin1.txt:2:", "UTF-8"]);
    predict(&lab, &id, &[]).ended(2);
    predict(&lab, &id, &["--top", "0", "Kim"]).ended(2);
}

#[test]
fn an_argument_that_is_or_looks_like_a_file_is_never_a_name() {
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
fn a_column_of_a_table_is_predicted_and_what_is_written_is_read() {
    let (lab, id) = trained();
    let answer = predict(&lab, &id, &["--all", "Novak", "O'Neill, Sean", "Kim"]).ended(0).out;
    lab.write("x.csv", "id,who\n1,Novak\n2,\"O'Neill, Sean\"\n3,Kim\n");
    assert_eq!(predict(&lab, &id, &["--all", "--input", "x.csv", "--column", "who"]).ended(0).out, answer);
    let words = ["--model", &id, "--all", "--input", "-", "--input-format", "csv", "--column", "who"];
    assert_eq!(piped(&lab, &words, lab.read("x.csv").as_bytes()).ended(0).out, answer);
    // What predict writes, it reads: here the column is clear.
    predict(&lab, &id, &["--input", "x.csv", "--column", "who", "--output", "y.parquet"]).ended(0);
    let ran = predict(&lab, &id, &["--all", "--input", "y.parquet"]).ended(0);
    assert_eq!(ran.out, answer);
    ran.reported(&["y.parquet: the texts are those of its column `text`"]);
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

#[test]
fn text_of_names_is_neither_obeyed_nor_lost() {
    let (lab, id) = trained();
    let hostile = ["A\u{1b}[31mnna", "b\u{7}", "c\u{202e}d", "=cmd()", "-Smith"];
    let ran = predict(&lab, &id, &[&["--literal", "--"], &hostile[..]].concat()).ended(0);
    let cells: Vec<&str> = ran.out.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(cells, ["A\\x1b[31mnna", "b\\x07", "c\\u{202e}d", "'=cmd()", "'-Smith"]);
    let ran = predict(&lab, &id, &[&["--format", "ndjson", "--literal", "--"], &hostile[..]].concat()).ended(0);
    assert!(!ran.out.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{}", ran.out);
    let name =
        |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["text"].as_str().unwrap().to_owned();
    assert_eq!(ran.out.lines().map(name).collect::<Vec<_>>(), hostile);
}

#[test]
fn the_best_trial_of_an_experiment_answers() {
    let lab = Lab::new();
    let summary = lab.experiment(&[]).ended(0).out;
    let trials = lab.recur(&["store", "list", "--json"]).ended(0).out;
    let trials: Vec<serde_json::Value> = trials.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let validation = |trial: &serde_json::Value| trial["validation"]["macro_f1"].as_f64().unwrap();
    // By the records: the mean of a trial's configuration, and its own result.
    let rank = |trial: &serde_json::Value| {
        let is_like = |other: &&serde_json::Value| ["model", "params"].iter().all(|key| other[key] == trial[key]);
        (trials.iter().filter(is_like).map(validation).sum::<f64>(), validation(trial))
    };
    let best = |of: &dyn Fn(&serde_json::Value) -> bool| {
        let ranks = trials.iter().filter(|trial| of(trial)).map(rank);
        ranks.max_by(|a, b| a.partial_cmp(b).unwrap()).unwrap()
    };
    let names = ["--log-probs", "Novak", "Kim"];
    let answering = |model: &str| {
        let ran = predict(&lab, model, &names).ended(0);
        let id = ran.err.trim_end().rsplit(' ').next().unwrap().to_owned();
        assert_eq!(ran.out, predict(&lab, &id, &names).ended(0).out, "{model}: {}", ran.err);
        rank(trials.iter().find(|trial| trial["trial"] == *id).unwrap())
    };
    for model in ["linfa_naive_bayes", "manual_rnn", "stacked_rnn"] {
        assert_eq!(answering(&format!("small/{model}")), best(&|trial| trial["model"] == model));
    }
    assert_eq!(answering("small"), best(&|_| true));
    let hint = summary.lines().last().unwrap();
    assert!(hint.contains("recur predict --model small/"), "{hint}");
    // A configuration, by its title.
    predict(&lab, "small/manual_rnn(learning_rate=0.01)", &names)
        .ended(0)
        .reported(&["manual_rnn(learning_rate=0.01)"]);

    predict(&lab, "smal", &names).ended(1).reported(&["no file smal", "did you mean small?"]);
    predict(&lab, "zebra", &names).ended(1).reported(&["no file zebra", "experiments in the store: small"]);
    predict(&lab, "small/manual_rn", &names)
        .ended(1)
        .reported(&["no model manual_rn", "did you mean small/manual_rnn?"]);
    predict(&lab, "small/zebra", &names).ended(1).reported(&["it has: linfa_naive_bayes, manual_rnn, stacked_rnn"]);
    // The data is not needed, nor another store's name.
    std::fs::remove_file(lab.path("names.csv")).unwrap();
    predict(&lab, "small", &names).ended(0);
    std::fs::rename(lab.path("runs"), lab.path("other")).unwrap();
    predict(&lab, "small", &[&names[..], &["--store", "other"]].concat()).ended(0);
}

#[test]
fn an_experiment_that_is_not_whole_is_not_guessed_from() {
    let lab = Lab::new();
    let ids = lab.plan(&["small.yaml"]);
    lab.experiment(&[]).ended(0);
    std::fs::remove_dir_all(lab.path(&format!("runs/trials/{}/{}", &ids[0][..2], ids[0]))).unwrap();
    predict(&lab, "small", &["Kim"]).ended(1).reported(&["1 of 8 trials", "run them first"]);
    // The trials of this model are all there.
    predict(&lab, "small/stacked_rnn", &["Kim"]).ended(0);
    let lab = Lab::with(crate::common::DIVERGING);
    lab.experiment(&[]).ended(3);
    predict(&lab, "small/manual_rnn", &["Kim"]).ended(1).reported(&["small/manual_rnn finished on every replicate"]);
    predict(&lab, "small", &["Kim"]).ended(0).reported(&["small/linfa_naive_bayes"]);
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
fn predicting_makes_no_store() {
    let lab = Lab::new();
    predict(&lab, "0123456789", &["Kim"]).ended(1);
    assert!(!lab.path("runs").exists());
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
