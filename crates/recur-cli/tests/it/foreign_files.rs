//! Files of users at the places that commands write to: they stay unless `--replace` is given, and some even then.

use crate::common::Lab;

/// One trial.
const ONE: &str = "\
# Is it quick?
recur: 1
name: one
data: {source: names.csv}
models: [{use: linfa_naive_bayes}]
replicates: 1
";

#[test]
fn only_what_recur_wrote_is_replaced_and_only_if_that_is_asked_for() {
    let lab = Lab::with(ONE);
    lab.write("reports/one.md", "mine\n");
    for replace in [&[][..], &["--replace"]] {
        let reported = ["reports/one.md was not written by recur", "cannot write the report", "--reports DIR"];
        lab.experiment(replace).ended(1).reported(&reported);
    }
    assert!(lab.trials().is_empty() && lab.read("reports/one.md") == "mine\n");
    std::fs::remove_file(lab.path("reports/one.md")).unwrap();
    lab.experiment(&[]).ended(0);
    // The same spec by another path, and with a change.
    lab.recur(&["experiment", lab.path("small.yaml").to_str().unwrap()]).ended(0);
    lab.recur(&["experiment", "./small.yaml", "--set", "seed=3"]).ended(0);
    lab.experiment(&[]).ended(0);
    lab.write("other.yaml", ONE.replace("linfa_naive_bayes", "linfa_logistic"));
    let reported = ["reports/one.md is the report of another experiment", "--replace writes over it"];
    lab.recur(&["experiment", "other.yaml"]).ended(1).reported(&reported);
    lab.recur(&["experiment", "other.yaml", "--replace"]).ended(0);
    lab.recur(&["report", "small.yaml"]).ended(1).reported(&reported);
    lab.recur(&["report", "small.yaml", "--replace"]).ended(0);
}

#[test]
fn a_comparison_and_an_export_are_written_over_nothing_unless_that_is_asked_for() {
    let lab = Lab::with(ONE);
    lab.experiment(&[]).ended(0);
    lab.write(
        "two.yaml",
        ONE.replace("name: one", "name: two").replace("use: linfa_naive_bayes", "use: linfa_logistic"),
    );
    lab.recur(&["experiment", "two.yaml"]).ended(0);
    let compare = |file: &str, more: &[&str]| lab.recur(&[&["compare", "one", "two", "--write", file], more].concat());
    let reported = ["reports/one.md is the report of another experiment", "--write FILE"];
    compare("reports/one.md", &[]).ended(1).reported(&reported);
    lab.write("mine.md", "mine\n");
    compare("mine.md", &["--replace"]).ended(1).reported(&["mine.md was not written by recur", "--write FILE"]);
    lab.write("mine.csv", "name,label\nAnna,Czech\n");
    compare("mine.csv", &[]).ended(1).reported(&["mine.csv exists with other content", "--replace"]);
    let export = |more: &[&str]| lab.recur(&[&["export", "small.yaml", "--leaderboard", "mine.csv"], more].concat());
    export(&[]).ended(1).reported(&["mine.csv exists with other content", "--replace"]);
    assert_eq!((lab.read("mine.md"), lab.read("mine.csv")), ("mine\n".into(), "name,label\nAnna,Czech\n".into()));
    compare("mine.csv", &["--replace"]).ended(0);
    compare("mine.csv", &[]).ended(0);
    assert!(lab.read("mine.csv").starts_with("rank,standing,model"));
    lab.write("mine.csv", "mine\n");
    export(&["--replace"]).ended(0);
    export(&[]).ended(0);
}

#[test]
fn a_damaged_record_of_one_report_does_not_hide_the_others_and_no_page_is_written_without_it() {
    let lab = Lab::with(ONE);
    lab.experiment(&[]).ended(0);
    lab.write("reports/other.md", "# Other\n");
    lab.write("reports/other/report.json", "{");
    let list = lab
        .recur(&["reports"])
        .ended(1)
        .reported(&["cannot use reports/other/report.json", "recur report SPEC --replace"]);
    assert!(list.out.starts_with("one\n  asks     Is it quick?\n"), "{}", list.out);
    lab.recur(&["reports", "--write"]).ended(1).reported(&["cannot use reports/other/report.json"]);
    assert!(!lab.path("reports/README.md").exists());
}
