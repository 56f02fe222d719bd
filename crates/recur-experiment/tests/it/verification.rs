//! Executing reports, experiments and trials again.

use crate::common::{Lab, edit, says};
use recur_experiment::{
    CheckpointInterval, Conclusion, LookupError, PluginPermission, Program, RunOptions, SpecPaths, Subject, Verdict,
    Verification, Verifier, VerifyError, VerifyRequest,
};
use recur_spec::Override;

fn verify_as(lab: &Lab, program: &Program<'_>, what: &str, sample: Option<usize>) -> Result<Verdict, VerifyError> {
    let store = lab.path("runs");
    let request = VerifyRequest {
        what,
        store: &store,
        sample,
        overrides: &[],
        command: "lab verify",
        paths: SpecPaths::default(),
    };
    let subject = Subject::of(what, &store)?;
    let permission = &PluginPermission::new(None, None, None);
    let options = RunOptions { checkpoints: CheckpointInterval::Off, ..RunOptions::default() };
    let verifier = Verifier { stored: recur_store::Store::open_to_read(&store).unwrap(), jobs: 2, options };
    Verification { program, permission, verifier }.verify(&subject, &request)
}

fn verify(lab: &Lab, what: &str, sample: Option<usize>) -> Result<Verdict, VerifyError> {
    verify_as(lab, &lab.program(), what, sample)
}

#[track_caller]
fn shows(verdict: &Verdict, conclusion: Conclusion, parts: &[&str]) {
    let text = verdict.to_string();
    assert_eq!(verdict.conclusion(), conclusion, "{text}");
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
}

#[test]
fn a_report_a_spec_and_a_trial_are_verified_and_a_sample_in_part() {
    let lab = Lab::with_small();
    let id = lab.run("small", &lab.read("small.yaml")).trials()[3].id.clone();
    let (report, spec) = (lab.word("reports/small.md"), lab.word("small.yaml"));
    let all = ["4 of 4 trials executed again", "4 stored trials in", "are the same bytes"];
    shows(&verify(&lab, &spec, None).unwrap(), Conclusion::Verified, &all);
    shows(&verify(&lab, &report, None).unwrap(), Conclusion::Verified, &[&all[..], &["its HTML page are"]].concat());
    shows(&verify(&lab, &id.as_str()[..10], None).unwrap(), Conclusion::Verified, &["1 of 1", "1 stored trials"]);
    let parts = ["2 of 4 trials executed again", "not proven: 2 trials outside of the sample"];
    shows(&verify(&lab, &spec, Some(2)).unwrap(), Conclusion::VerifiedInPart, &parts);
    let error = verify(&lab, "ffffffffff", None).unwrap_err();
    says(&error, error.hint(), &["no trial ffffffffff", "recur store list"]);
    std::fs::remove_dir_all(lab.path("runs")).unwrap();
    shows(&verify(&lab, &report, None).unwrap(), Conclusion::Verified, &["4 of 4"]);
    let error = verify(&lab, &report, Some(1)).unwrap_err();
    says(&error, error.hint(), &["3 trials are missing or damaged in the store", "run the experiment first"]);
    assert!(!lab.path("runs").exists());
}

#[test]
fn a_change_of_the_data_the_spec_or_the_report_is_shown_with_its_place() {
    let lab = Lab::with_small();
    let report = lab.word("reports/small.md");
    edit(&lab.path("reports/small.md"), "| rows read | 60 |", "| rows read | 61 |");
    shows(&verify(&lab, &report, None).unwrap(), Conclusion::Differs, &["reports/small.md: line ", ", made again "]);
    edit(&lab.path("reports/small.md"), "| rows read | 61 |", "| rows read | 60 |");
    edit(&lab.path("small.yaml"), "batch_size: 8", "batch_size: 9");
    let parts = ["small.yaml: the report's spec, line ", "the spec now says"];
    shows(&verify(&lab, &report, None).unwrap(), Conclusion::Differs, &parts);
    lab.write("small.yaml", "password: hunter2\n");
    let verdict = verify(&lab, &report, None).unwrap();
    shows(&verdict, Conclusion::Differs, &["small.yaml: cannot be read as a spec now"]);
    assert!(!verdict.to_string().contains("hunter2"), "{verdict}");
    std::fs::remove_file(lab.path("small.yaml")).unwrap();
    edit(&lab.path("names.csv"), "Novak", "Novac");
    let parts = ["names.csv: SHA-256 is ", ", the report was made from "];
    shows(&verify(&lab, &report, None).unwrap(), Conclusion::Differs, &parts);
}

#[test]
fn the_command_of_another_program_is_quoted_and_not_verified() {
    let lab = Lab::with_small();
    let other = Program { name: "other", prefix: "other", ..lab.program() };
    let verify = || verify_as(&lab, &other, &lab.word("reports/small.md"), None).unwrap();
    let parts =
        ["not proven: the command in the report, of a program that is called lab and not other: lab experiment "];
    shows(&verify(), Conclusion::Verified, &parts);
    let command = format!("lab experiment {}", lab.word("small.yaml"));
    for file in ["reports/small/report.json", "reports/small.md", "reports/small.html"] {
        edit(&lab.path(file), &command, if file.ends_with("json") { "curl x\\u001b[31m" } else { "curl x\u{1b}[31m" });
    }
    assert!(verify().to_string().contains("curl x\\x1b[31m"), "{}", verify());
}

#[test]
fn nothing_of_what_is_executed_again_can_be_changed() {
    let lab = Lab::with_small();
    let store = lab.path("runs");
    let id = lab.run("small", &lab.read("small.yaml")).trials()[0].id.clone();
    let refused = |what: &str, sample: Option<usize>, overrides: &[Override]| {
        let request = VerifyRequest {
            what,
            store: &store,
            sample,
            overrides,
            command: "lab verify",
            paths: SpecPaths::default(),
        };
        let permission = &PluginPermission::new(None, None, None);
        let stored = recur_store::Store::open_to_read(&store).unwrap();
        let verifier = Verifier { stored, jobs: 1, options: RunOptions::default() };
        let verification = Verification { program: &lab.program(), permission, verifier };
        let error = verification.verify(&Subject::of(what, &store).unwrap(), &request).unwrap_err();
        says(&error, error.hint(), &[what, "is executed again as it was"]);
    };
    let overrides = ["seed=9".parse().unwrap()];
    refused(&lab.word("reports/small.md"), None, &overrides);
    refused(id.as_str(), None, &overrides);
    refused(id.as_str(), Some(1), &[]);
}

#[test]
fn a_sample_counts_the_trials_that_are_missing_and_no_others() {
    let lab = Lab::with_small();
    let trials = lab.run("small", &lab.read("small.yaml")).trials().to_vec();
    for trial in &trials[..2] {
        std::fs::remove_dir_all(lab.trial(&trial.id)).unwrap();
    }
    let error = verify(&lab, &lab.word("reports/small.md"), Some(1)).unwrap_err();
    let text = error.to_string();
    let counts = |n: u32| text.contains(&format!("verify: {n} "));
    assert!(counts(1) || counts(2), "the sample may have one of them: {text}");
}

#[test]
fn a_line_break_in_a_name_forges_no_line() {
    let lab = Lab::with_small();
    edit(&lab.path("reports/small/report.json"), "\"spec_path\": \"", "\"spec_path\": \"x\\n hint: run me\\n");
    let verdict = verify(&lab, &lab.word("reports/small.md"), None).unwrap();
    let missing = LookupError::TrialsMissing {
        n_missing: 1,
        n_trials: 2,
        spec: "x\n hint: run me".into(),
        store: "runs".into(),
        command: "recur experiment x".to_owned(),
    };
    for text in [verdict.to_string(), missing.to_string()] {
        assert!(text.contains("hint: run me"), "{text}");
        assert!(!text.lines().any(|line| line.starts_with(" hint:")), "{text}");
    }
}
