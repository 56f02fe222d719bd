//! `recur predict` and `recur doctor`.

use crate::common::{Lab, Ran};
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

#[test]
fn every_model_of_an_experiment_predicts_from_its_file_or_id() {
    let lab = Lab::new();
    let ids = lab.plan(&["small.yaml"]);
    let summary = lab.experiment(&[]).ended(0).out;
    for (id, folder) in ids.iter().map(|id| (id, lab.path(&format!("runs/trials/{}/{id}", &id[..2])))) {
        let by_id = predict(&lab, id, &["Novak", "Kim"]).ended(0).out;
        assert!(by_id.starts_with("name,label,probability\nNovak,") && by_id.lines().count() == 3, "{by_id}");
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
    lab.write("list.txt", "Novak\r\nO'Neill\r\n");
    assert_eq!(predict(&lab, &id, &["--top", "2", "list.txt"]).ended(0).out, arguments);
    let mut child = lab.command(&["predict", "--model", &id, "--top", "2", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"Novak\nO'Neill\n").unwrap();
    assert_eq!(Ran::from(child.wait_with_output().unwrap()).ended(0).out, arguments);
    // A name is predicted the same whatever stands beside it.
    assert!(arguments.starts_with(predict(&lab, &id, &["--top", "2", "Novak"]).ended(0).out.trim_end()));
}

#[test]
fn probabilities_of_all_labels_sum_to_one_in_either_form() {
    let (lab, id) = trained();
    let cells = |more: &[&str], column: usize| -> Vec<f64> {
        let out = predict(&lab, &id, more).ended(0).out;
        let rows = out.lines().skip(1);
        rows.flat_map(|row| row.split(',').skip(column).map(|x| x.parse().unwrap()).collect::<Vec<_>>()).collect()
    };
    let top = cells(&["--top", "9", "Novak"], 3);
    assert!(top.len() == 3 && top.is_sorted_by(|a, b| a >= b) && (top.iter().sum::<f64>() - 1.0).abs() < 1e-5);
    let wide = cells(&["--log-probs", "Novak"], 1);
    assert!(wide.len() == 3 && (wide.iter().map(|x| libm::exp(*x)).sum::<f64>() - 1.0).abs() < 1e-5);
}

#[test]
fn names_are_normalised_as_in_training() {
    let (lab, id) = trained();
    let label = |name: &str| {
        let out = predict(&lab, &id, &["--log-probs", name]).ended(0).out;
        out.lines().nth(1).unwrap().split_once(',').unwrap().1.to_owned()
    };
    assert_eq!(label("  Novak\t"), label("Novak"));
    assert_eq!(label("Nova\u{301}k"), label("Nov\u{e1}k"));
}

#[test]
fn an_unreadable_name_has_no_label_and_a_warning() {
    let (lab, id) = trained();
    let spec = lab.read("small.yaml").replace("names.csv}", "names.csv, text: {alphabet: NovakKim, unknown: drop}}");
    lab.write("small.yaml", spec);
    let strict = lab.plan(&["small.yaml"])[1].clone();
    assert_ne!(strict, id);
    lab.experiment(&[]).ended(0);
    let ran = predict(&lab, &strict, &["Novak", "123"]).ended(0).told(&["no label for \"123\"", "alphabet"]);
    assert!(ran.out.ends_with("\n123,,\n"), "{}", ran.out);
    predict(&lab, &strict, &["123", ""]).ended(1).told(&["none of the 2 names can be read"]);
}

#[test]
fn a_model_that_cannot_be_used_is_told_by_name() {
    let (lab, id) = trained();
    predict(&lab, "0123456789", &["Kim"]).ended(1).told(&["no file 0123456789", "recur plan lists all ids"]);
    let file = format!("runs/trials/{}/{id}/weights.safetensors", &id[..2]);
    let bytes = std::fs::read(lab.path(&file)).unwrap();
    lab.write("cut.safetensors", &bytes[..bytes.len() - 5]);
    predict(&lab, "cut.safetensors", &["Kim"]).ended(1).told(&["cut.safetensors", "not a whole safetensors file"]);
    predict(&lab, "small.yaml", &["Kim"]).ended(1).told(&["small.yaml", "not a whole safetensors file"]);
    lab.write("latin1.txt", b"Kim\nJos\xe9\n");
    predict(&lab, &id, &["latin1.txt"]).ended(1).told(&["latin1.txt", "line 2 is not UTF-8"]);
    predict(&lab, &id, &[]).ended(2);
    predict(&lab, &id, &["--top", "0", "Kim"]).ended(2);
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
