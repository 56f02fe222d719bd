//! `recur report --partial` and `recur experiment --live`: an experiment is looked at before it is finished.

use crate::common::Lab;

fn names(lab: &Lab, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(lab.path(folder)).into_iter().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_part_is_reported_and_the_full_report_replaces_it() {
    let lab = Lab::new();
    lab.experiment(&["--max-trials", "3", "--jobs", "1"]).ended(7);
    assert!(names(&lab, "reports").is_empty());
    let ran = lab.recur(&["report", "small.yaml", "--partial"]).ended(0);
    for part in [
        "small: 3 of 8 trials are done: 3 finished. 5 are waiting.",
        "best configuration so far",
        "nothing is decided",
        "Partial report: reports/small.partial.md",
        "Goes on: recur experiment small.yaml\n",
    ] {
        assert!(ran.out.contains(part), "`{part}`:\n{}", ran.out);
    }
    assert_eq!(names(&lab, "reports"), ["small.partial", "small.partial.html", "small.partial.md"]);
    assert!(lab.read("reports/small.partial.md").starts_with("# small (unfinished): 3 of 8 trials done\n"));
    assert_eq!(lab.recur(&["reports"]).ended(0).reported(&["is left out: its experiment is not finished"]).out, "");
    lab.experiment(&[]).ended(0);
    assert_eq!(names(&lab, "reports"), ["small", "small.html", "small.md"]);
    let listed = lab.recur(&["reports"]).ended(0);
    assert!(listed.out.starts_with("small\n") && !listed.err.contains("left out"), "{}\n{}", listed.out, listed.err);
}

#[test]
fn before_the_first_trial_and_without_a_store_nothing_is_done() {
    let lab = Lab::new();
    let ran = lab.recur(&["report", "small.yaml", "--partial", "--set", "seed=6"]).ended(0);
    assert!(ran.out.contains("0 of 8 trials are done. 8 are waiting."), "{}", ran.out);
    assert!(ran.out.contains("Goes on: recur experiment small.yaml --set 'seed=6'\n"), "{}", ran.out);
    let page = lab.read("reports/small.partial.md");
    assert!(page.contains("No trial has finished yet, so there are no results."), "{page}");
    assert!(page.contains("recur report small.yaml --partial --set 'seed=6'\n"), "{page}");
    assert!(!lab.path("runs").exists());
}

#[test]
fn a_finished_experiment_has_a_partial_report_without_test_results() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    let full = lab.read("reports/small.md");
    let ran = lab.recur(&["report", "small.yaml", "--partial", "--reports", "other"]).ended(0);
    assert!(ran.out.contains("The full report: recur experiment small.yaml\n"), "{}", ran.out);
    let page = lab.read("other/small.partial.md");
    assert!(page.starts_with("# small (unfinished): all 8 trials done\n"), "{page}");
    assert!(
        full.contains("| test macro-F1") && !page.contains("test macro-F1") && !page.contains("is better"),
        "{page}"
    );
    assert_eq!(lab.read("reports/small.md"), full);
}

#[test]
fn it_is_printed_as_json_and_never_checked() {
    let lab = Lab::new();
    lab.experiment(&["--max-trials", "2"]).ended(7);
    let json = lab.recur(&["report", "small.yaml", "--partial", "--json"]).ended(0).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["is_partial"], &json["progress"]["finished"]), (&true.into(), &2.into()));
    assert!(names(&lab, "reports").is_empty());
    lab.recur(&["report", "small.yaml", "--partial", "--check"]).ended(2).reported(&["cannot be used with"]);
}

#[test]
fn a_run_writes_it_meanwhile_and_removes_it_at_its_end() {
    let lab = Lab::new();
    let run = ["--live", "1h", "--jobs", "1"];
    let part = lab.experiment(&[&run[..], &["--max-trials", "5"]].concat()).ended(7);
    let part = part.reported(&["the partial report is reports/small.partial.md, written again every 3600 s"]);
    assert_eq!(part.err.matches("the partial report is").count(), 1, "{}", part.err);
    assert!(lab.read("reports/small.partial.md").starts_with("# small (unfinished): 5 of 8 trials done\n"));
    lab.experiment(&run).ended(0);
    assert_eq!(names(&lab, "reports"), ["small", "small.html", "small.md"]);
}

#[test]
fn a_run_warns_once_where_it_cannot_be_written_and_goes_on() {
    let lab = Lab::new();
    lab.write("reports/small.partial.md", "mine");
    let ran = lab.experiment(&["--live", "0.001s", "--jobs", "1"]).ended(0);
    let warning = "the run goes on: cannot write the report: reports/small.partial.md was not written by recur";
    let ran = ran.reported(&[warning]);
    assert_eq!(ran.err.matches("no partial report").count(), 1, "{}", ran.err);
    assert_eq!(lab.read("reports/small.partial.md"), "mine");
    assert!(lab.path("reports/small.md").exists());
}

#[test]
fn a_changed_one_stays_with_a_warning() {
    let lab = Lab::new();
    lab.experiment(&["--max-trials", "3"]).ended(7);
    lab.recur(&["report", "small.yaml", "--partial"]).ended(0);
    let page = lab.read("reports/small.partial.md") + "My notes.\n";
    lab.write("reports/small.partial.md", &page);
    lab.experiment(&[]).ended(0).reported(&["the partial report reports/small.partial.md is out of date, and stays"]);
    assert_eq!(lab.read("reports/small.partial.md"), page);
    assert!(lab.path("reports/small.partial.html").exists());
    lab.recur(&["report", "small.yaml", "--partial"]).ended(1).reported(&["was changed after recur wrote it"]);
}
