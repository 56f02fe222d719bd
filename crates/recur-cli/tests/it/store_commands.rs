//! `recur store check`, `list`, `gc` and `export`.

use crate::common::{Lab, N_TRIALS};
use std::path::Path;

fn finished() -> Lab {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    lab
}

fn flip_a_bit(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_check_names_each_damaged_missing_and_stray_file_and_ends_with_4() {
    let lab = finished();
    let check = lab.recur(&["store", "check"]).ended(0).out;
    assert!(check.starts_with("runs: 8 trials, 6 test results, 0 checkpoints, 1 experiment, "), "{check}");
    assert!(check.ends_with(": all whole\n"), "{check}");
    let trials = lab.trials();
    flip_a_bit(&trials[0].join("weights.safetensors"));
    std::fs::remove_file(trials[1].join("curves.csv")).unwrap();
    lab.write("runs/mine.txt", "");
    let check = lab.recur(&["store", "check"]).ended(4).out;
    for reported in [
        "weights.safetensors is damaged",
        "curves.csv is missing",
        "runs/mine.txt is not part of a store",
        "3 problems",
    ] {
        assert!(check.contains(reported), "`{reported}`: {check}");
    }
}

#[test]
fn a_list_is_csv_or_json_with_a_line_a_trial() {
    let lab = finished();
    let mut ids = lab.plan(&["small.yaml"]);
    ids.sort();
    let csv = lab.recur(&["store", "list"]).ended(0).out;
    assert!(csv.starts_with("trial,model,params,replicate,end,validation_macro_f1,"), "{csv}");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let mut listed: Vec<String> = reader.records().map(|row| row.unwrap()[0].to_owned()).collect();
    listed.sort();
    assert_eq!(listed, ids);
    let json = lab.recur(&["store", "list", "--json"]).ended(0).out;
    for line in json.lines() {
        let trial: serde_json::Value = serde_json::from_str(line).unwrap();
        let record = std::fs::read_to_string(
            lab.trials()
                .iter()
                .find(|path| path.ends_with(trial["trial"].as_str().unwrap()))
                .unwrap()
                .join("record.json"),
        );
        let record: serde_json::Value = serde_json::from_str(&record.unwrap()).unwrap();
        assert_eq!(trial["params"], record["identity"]["params"]);
        assert_eq!(
            trial["validation"],
            record["epochs"][record["outcome"]["kept_epoch"].as_u64().unwrap() as usize]["validation"]
        );
    }
    assert_eq!(json.lines().count(), N_TRIALS);
}

#[test]
fn a_list_goes_on_after_a_damaged_record_and_ends_with_4() {
    let lab = finished();
    std::fs::write(lab.trials()[2].join("record.json"), "{").unwrap();
    let ran = lab.recur(&["store", "list"]).ended(4).reported(&["record.json is damaged"]);
    assert_eq!(ran.out.lines().count(), 1 + N_TRIALS - 1);
}

#[test]
fn gc_removes_what_no_experiment_lists_only_if_asked_and_reports_before() {
    let lab = finished();
    let ids = lab.plan(&["small.yaml"]);
    lab.experiment(&["--set", "replicates=1"]).ended(0);
    assert_eq!(lab.recur(&["store", "gc"]).ended(0).out, "0 removed, 0 B\n");
    let reported = lab.recur(&["store", "gc", "--unreferenced", "--dry-run"]).ended(0).out;
    assert!(
        reported.contains("no experiment lists this trial") && reported.contains("4 would be removed"),
        "{reported}"
    );
    assert_eq!(lab.trials().len(), N_TRIALS);
    let reported = lab.recur(&["store", "gc", "--unreferenced"]).ended(0).out;
    assert!(reported.contains("4 removed"), "{reported}");
    let mut left: Vec<String> = lab.plan(&["small.yaml", "--set", "replicates=1"]);
    left.sort();
    let stored: Vec<String> =
        lab.trials().iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(left, stored);
    assert!(left.iter().all(|id| ids.contains(id)));
    lab.recur(&["store", "check"]).ended(0);
    lab.experiment(&[]).ended(0).reported(&["8 trials: 4 done before, 4 to run"]);
}

#[test]
fn an_export_of_all_can_be_used_like_the_store_and_one_of_some_has_these_alone() {
    let lab = finished();
    let out = lab.recur(&["store", "export", "all"]).ended(0).out;
    assert_eq!(out, "8 trials copied to all, 0 were there, 1 experiments\n");
    assert!(below(&lab, "all", "trials") == below(&lab, "runs", "trials"));
    lab.experiment(&["--store", "all"]).ended(0).reported(&["8 done before, 0 to run"]);
    let id = &lab.plan(&["small.yaml"])[0];
    lab.recur(&["store", "export", "one", &id[..8]]).ended(0);
    assert_eq!(lab.recur(&["store", "list", "--store", "one"]).ended(0).out.lines().count(), 2);
    let out = lab.recur(&["store", "export", "one", "small.yaml"]).ended(0).out;
    assert_eq!(out, "7 trials copied to one, 1 were there, 0 experiments\n");
    for store in ["all", "one"] {
        lab.recur(&["store", "check", "--store", store]).ended(0);
    }
}

fn below(lab: &Lab, store: &str, folder: &str) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let files = lab.promised(&[&format!("{store}/{folder}")]);
    files.into_iter().map(|(path, bytes)| (path.strip_prefix(store).unwrap().to_owned(), bytes)).collect()
}

#[test]
fn a_damaged_trial_is_not_copied_and_reported() {
    let lab = finished();
    flip_a_bit(&lab.trials()[0].join("record.json"));
    let out = lab.recur(&["store", "export", "copy"]).ended(4).out;
    assert!(out.contains("not copied: ") && out.contains("record.json is damaged"), "{out}");
    assert!(out.contains("7 trials copied"), "{out}");
}

#[test]
fn a_store_that_is_not_there_is_reported_and_not_made() {
    let lab = Lab::new();
    for command in [&["check"][..], &["list"], &["gc"], &["export", "copy"]] {
        lab.recur(&[&["store"], command].concat()).ended(1).reported(&["there is no store runs", "--store DIR"]);
    }
    assert!(!lab.path("runs").exists() && !lab.path("copy").exists());
}
