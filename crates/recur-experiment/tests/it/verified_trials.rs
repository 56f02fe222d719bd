//! Experiments and trials that are executed again and compared with the stored ones, and trials that are made again elsewhere.

use crate::common::{Lab, edit, says};
use crate::pipeline::{SPEC, experiment, finished, id, lab_with, problems, promised, scored, trials};
use recur_core::digest::Digest;
use recur_experiment::{
    CheckpointInterval, Conclusion, PluginPermission, RunOptions, SpecPaths, Subject, Verdict, Verification, Verifier,
    VerifyError, VerifyRequest,
};
use recur_spec::Override;
use recur_store::Store;
use std::path::{Path, PathBuf};

const REPORT: &str = "reports/small.md";

fn verifier(lab: &Lab) -> Verifier<'static> {
    let options = RunOptions { checkpoints: CheckpointInterval::Off, ..RunOptions::default() };
    Verifier { stored: Store::open_to_read(&lab.path("runs")).unwrap(), jobs: 2, options }
}

fn verify_with(lab: &Lab, what: &str, sample: Option<usize>, overrides: &[Override]) -> Result<Verdict, VerifyError> {
    let (what, store) = (if what.contains('.') { lab.word(what) } else { what.to_owned() }, lab.path("runs"));
    let request = VerifyRequest {
        what: &what,
        store: &store,
        sample,
        overrides,
        command: "lab verify",
        paths: SpecPaths::default(),
    };
    let subject = Subject::of(&what, &store)?;
    let (program, permission) = (&lab.program(), &PluginPermission::new(None, None, None));
    Verification { program, permission, verifier: verifier(lab) }.verify(&subject, &request)
}

/// Verifies a file of the lab, or a trial.
pub fn verify(lab: &Lab, what: &str, sample: Option<usize>) -> Result<Verdict, VerifyError> {
    verify_with(lab, what, sample, &[])
}

#[track_caller]
pub fn shows(verdict: &Verdict, conclusion: Conclusion, parts: &[&str]) -> String {
    let text = verdict.to_string();
    assert_eq!(verdict.conclusion(), conclusion, "{text}");
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
    text
}

#[track_caller]
pub fn verified(lab: &Lab, what: &str, parts: &[&str]) {
    shows(&verify(lab, what, None).unwrap(), Conclusion::Verified, parts);
}

/// Holds the verdict to a difference and to all of `parts`; its text.
#[track_caller]
pub fn differs(lab: &Lab, what: &str, parts: &[&str]) -> String {
    shows(&verify(lab, what, None).unwrap(), Conclusion::Differs, parts)
}

#[track_caller]
pub fn verify_refused(result: Result<Verdict, VerifyError>, parts: &[&str]) {
    let error = result.expect_err("it is refused");
    says(&error, error.hint(), parts);
}

/// The folder of a trial of `model`.
pub fn trial_of(lab: &Lab, model: &str) -> PathBuf {
    let is_of = |trial: &PathBuf| {
        std::fs::read_to_string(trial.join("record.json")).unwrap().contains(&format!("\"model\": \"{model}\""))
    };
    trials(lab).into_iter().find(is_of).expect("a trial of that model")
}

/// Flips the least bit of the last number of the last tensor; the tensor and the number's index.
fn flip_a_weight(path: &Path) -> (String, usize) {
    let mut bytes = std::fs::read(path).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let n_data = bytes.len() - 8 - length;
    let is_last = |tensor: &serde_json::Value| tensor["data_offsets"][1].as_u64() == Some(n_data as u64);
    let (name, tensor) = header.as_object().unwrap().iter().find(|(_, tensor)| is_last(tensor)).expect("a last tensor");
    let shape = tensor["shape"].as_array().unwrap().iter();
    let n_numbers: u64 = shape.map(|n| n.as_u64().unwrap()).product();
    let size = if tensor["dtype"] == "F32" { 4 } else { 8 };
    let at = bytes.len() - size;
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
    (name.clone(), n_numbers as usize - 1)
}

#[test]
fn an_experiment_and_a_trial_are_verified_against_the_store() {
    let lab = finished();
    let stored = format!("8 stored trials in {} are the same bytes", lab.word("runs"));
    verified(&lab, "small.yaml", &["8 of 8 trials executed again", &stored]);
    verified(&lab, &id(&trials(&lab)[3])[..10], &["1 stored trials"]);
    verify_refused(verify(&lab, "ffffffffff", None), &["no trial ffffffffff", "recur store list"]);
    let other = verify_with(&lab, "small.yaml", None, &["seed=6".parse().unwrap()]);
    verify_refused(other, &["8 of 8 trials", "have no record"]);
}

#[test]
fn a_sample_is_executed_again_and_nothing_is_claimed_of_the_others() {
    let lab = finished();
    for what in [REPORT, "small.yaml"] {
        let stored = format!("2 stored trials in {} are the same bytes", lab.word("runs"));
        let parts = [
            "verified in part: 2 of 8 trials executed again and compared\n",
            &stored,
            "not proven: 6 trials outside of the sample",
        ];
        let before = promised(&lab, &["runs", "reports"]);
        shows(&verify(&lab, what, Some(2)).unwrap(), Conclusion::VerifiedInPart, &parts);
        assert!(before == promised(&lab, &["runs", "reports"]), "it changes nothing");
        shows(&verify(&lab, what, Some(8)).unwrap(), Conclusion::Verified, &["verified: 8 of 8 trials"]);
    }
    std::fs::remove_dir_all(lab.path("runs")).unwrap();
    let parts = ["cannot verify: 6 trials are missing or damaged in the store", "run the experiment first"];
    verify_refused(verify(&lab, REPORT, Some(2)), &parts);
}

#[test]
fn a_flipped_bit_of_a_stored_weight_is_reported_by_tensor_and_element() {
    for model in ["manual_rnn", "linfa_naive_bayes"] {
        let lab = finished();
        let trial = trial_of(&lab, model);
        let file = trial.join("weights.safetensors");
        let (tensor, index) = flip_a_weight(&file);
        let place = format!("tensor `{tensor}`, element {index}: ");
        for what in [REPORT, "small.yaml", &id(&trial)] {
            differs(&lab, what, &["DIFFERS", file.to_str().unwrap(), &place, ", made again "]);
        }
    }
}

#[test]
fn trials_of_another_kind_of_machine_are_not_called_verified() {
    let spec = SPEC
        .replace("use: manual_rnn\n    sweep: {learning_rate: [0.01, 0.02]}", "use: linfa_naive_bayes")
        .replace("  - use: linfa_naive_bayes\n  - use: linfa_naive_bayes\n", "  - use: linfa_naive_bayes\n")
        .replace("  - use: stacked_rnn\nsweep: {hidden_size: [6]}\n", "");
    let lab = lab_with(&spec);
    experiment(&lab).unwrap();
    let trials = trials(&lab);
    for trial in &trials {
        let file = trial.join("environment.json");
        let text = std::fs::read_to_string(&file).unwrap();
        let kind = text.lines().find(|line| line.contains("machine_kind")).expect("it is there").to_owned();
        edit(&file, &kind, "  \"machine_kind\": \"another\",");
        restore_sums(trial);
    }
    assert_eq!(problems(&lab), []);
    let nothing = format!("nothing compared: 0 of {} trials executed again and compared\n", trials.len());
    for what in [REPORT, "small.yaml"] {
        let verdict = verify(&lab, what, None).unwrap();
        shows(&verdict, Conclusion::NothingCompared, &[&nothing, "grade machine: made on another"]);
    }
    // A trial that is named is executed all the same, and what is equal is equal.
    verified(&lab, &id(&trials[0]), &["verified: 1 of 1", "not proven: trials of linfa_naive_bayes"]);
}

/// Writes the digests of a trial's files as they are now.
fn restore_sums(trial: &Path) {
    let path = trial.join("SHA256SUMS");
    let sums = std::fs::read_to_string(&path).unwrap();
    let line = |line: &str| {
        let name = line.split_once("  ").expect("a digest and a name").1;
        let digest = Digest::of(&std::fs::read(trial.join(name)).unwrap());
        format!("{digest}  {name}\n")
    };
    std::fs::write(&path, sums.lines().map(line).collect::<String>()).unwrap();
}

#[test]
fn a_trial_is_reproduced_into_a_fresh_folder_alone() {
    let lab = finished();
    let stored = scored(&lab);
    let one = id(&stored);
    let (program, permission) = (&lab.program(), &PluginPermission::new(None, None, None));
    let verification = Verification { program, permission, verifier: verifier(&lab) };
    let (id, prepared) = verification.to_reproduce(&one[..8], &lab.path("runs"), "lab reproduce").unwrap();
    assert_eq!(id.as_str(), one);
    let fresh = Store::open(&lab.path("fresh")).unwrap();
    let verdict = verification.reproduce(&id, &prepared, &fresh).unwrap();
    shows(&verdict, Conclusion::Verified, &["verified"]);
    let relative = |path: &Path| path.strip_prefix(lab.path("")).unwrap().display().to_string();
    let again = promised(&lab, &[&relative(&fresh.trial(&id))]);
    let stored = promised(&lab, &[&relative(&stored)]);
    assert!(stored.len() >= 6 && stored == again);
    let mut damage = Vec::new();
    let summary = fresh.check(|problem| damage.push(problem.clone())).unwrap();
    assert_eq!((summary.trials, damage), (1, Vec::new()), "no other trial is in it");
}
