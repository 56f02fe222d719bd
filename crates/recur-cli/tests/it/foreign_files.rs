//! Files of users next to reports, and at their places: they stay as they are.

use crate::common::{Lab, SPEC};

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
fn a_file_at_a_place_of_the_report_is_found_before_the_first_trial_and_stays() {
    for path in ["reports/one.md", "reports/one.html", "reports/one/labels.svg", "reports/one/SHA256SUMS"] {
        let lab = Lab::with(ONE);
        lab.write(path, "mine\n");
        for replace in [&[][..], &["--replace"]] {
            let reported = format!("{path} was not written by recur");
            lab.experiment(replace).ended(1).reported(&[
                &reported,
                "cannot write the report",
                "move it away",
                "--reports DIR",
            ]);
        }
        assert!(lab.trials().is_empty(), "{path}");
        assert_eq!(lab.read(path), "mine\n");
    }
}

#[test]
fn other_files_of_the_folder_stay_and_are_no_difference() {
    let lab = Lab::with(ONE);
    for file in ["logo.svg", "notes.md", "labels.svg.part", "photo.png"] {
        lab.write(&format!("reports/one/{file}"), "mine\n");
    }
    lab.experiment(&[]).ended(0);
    lab.experiment(&["--set", "models.linfa_naive_bayes.params.smoothing=3"]).ended(0);
    for file in ["logo.svg", "notes.md", "labels.svg.part", "photo.png"] {
        assert_eq!(lab.read(&format!("reports/one/{file}")), "mine\n");
    }
    let set = ["--set", "models.linfa_naive_bayes.params.smoothing=3"];
    lab.recur(&[&["report", "small.yaml", "--check"][..], &set].concat()).ended(0);
    lab.recur(&["verify", "reports/one.md"]).ended(0);
}

#[test]
#[cfg(unix)]
fn a_report_is_written_through_no_link() {
    use std::os::unix::fs::symlink;
    let lab = Lab::with(ONE);
    lab.write("own/mine.svg", "mine\n");
    lab.write("own/file", "mine\n");
    std::fs::create_dir(lab.path("reports")).unwrap();
    symlink("../own", lab.path("reports/one")).unwrap();
    lab.experiment(&[]).ended(1).reported(&["reports/one is a link", "move it away"]);
    assert!(lab.trials().is_empty());
    std::fs::remove_file(lab.path("reports/one")).unwrap();
    for (link, to) in [("reports/one.md", "../own/file"), ("reports/one/cost.md", "../../own/file")] {
        std::fs::create_dir_all(lab.path("reports/one")).unwrap();
        symlink(to, lab.path(link)).unwrap();
        lab.experiment(&["--replace"]).ended(1).reported(&[&format!("{link} is a link")]);
        std::fs::remove_file(lab.path(link)).unwrap();
    }
    // The names under which files were made before cannot be used for that either.
    for name in ["one.md.part", "one.html.part", "one/labels.svg.part"] {
        symlink(lab.path("own/file"), lab.path("reports").join(name)).unwrap();
    }
    lab.experiment(&[]).ended(0);
    assert_eq!((lab.read("own/file"), lab.read("own/mine.svg")), ("mine\n".into(), "mine\n".into()));
    assert_eq!(std::fs::read_dir(lab.path("own")).unwrap().count(), 2);
    // The folder of reports is the user's choice, and may be a link.
    symlink("own", lab.path("linked")).unwrap();
    lab.experiment(&["--reports", "linked"]).ended(0);
    assert!(lab.path("own/one.md").is_file());
}

#[test]
fn the_report_of_another_spec_of_the_same_name_stays_until_it_is_to_be_replaced() {
    let lab = Lab::with(ONE);
    lab.experiment(&[]).ended(0);
    let first = lab.read("reports/one.md");
    lab.write("other.yaml", ONE.replace("linfa_naive_bayes", "linfa_logistic"));
    let trials = lab.trials();
    let refused = lab.recur(&["experiment", "other.yaml"]).ended(1);
    refused.reported(&[
        "reports/one.md is the report of another experiment",
        "the spec small.yaml",
        "the spec other.yaml",
    ]);
    let refused = lab.recur(&["experiment", "other.yaml"]).ended(1);
    refused.reported(&["--replace writes over it", "`name`", "--reports DIR"]);
    assert_eq!((lab.read("reports/one.md"), lab.trials()), (first.clone(), trials));
    lab.recur(&["experiment", "other.yaml", "--reports", "elsewhere"]).ended(0);
    lab.recur(&["report", "other.yaml"]).ended(1).reported(&["the report of another experiment"]);
    lab.recur(&["report", "other.yaml", "--replace"]).ended(0);
    assert_eq!(lab.read("reports/one.md"), lab.read("elsewhere/one.md"));
    assert_ne!(lab.read("reports/one.md"), first);
}

#[test]
fn the_same_spec_changed_or_by_another_path_is_the_same_experiment() {
    let lab = Lab::with(ONE);
    lab.experiment(&[]).ended(0);
    let path = lab.path("small.yaml");
    lab.recur(&["experiment", path.to_str().unwrap()]).ended(0);
    lab.recur(&["experiment", "./small.yaml", "--set", "seed=3"]).ended(0);
    lab.write("small.yaml", ONE.replace("replicates: 1", "replicates: 2"));
    lab.experiment(&[]).ended(0);
    // A spec that was moved.
    std::fs::rename(&path, lab.path("moved.yaml")).unwrap();
    lab.recur(&["experiment", "moved.yaml"]).ended(0);
    lab.write("moved.yaml", ONE.replace("Is it quick?", "Is it good?"));
    let refused = lab.recur(&["experiment", "moved.yaml"]).ended(1);
    refused.reported(&["the question \"Is it quick?\"", "the question \"Is it good?\"", "--replace"]);
}

#[test]
fn a_comparison_replaces_only_itself() {
    let lab = Lab::with(SPEC);
    lab.experiment(&[]).ended(0);
    lab.write("wide.yaml", SPEC.replace("name: small", "name: wide").replace("hidden_size: [6]", "hidden_size: [7]"));
    lab.recur(&["experiment", "wide.yaml"]).ended(0);
    lab.write("c/both/mine.svg", "mine\n");
    lab.recur(&["compare", "small", "wide", "--write", "c/both.md"]).ended(0);
    lab.recur(&["compare", "wide", "small", "--write", "c/both.md"]).ended(0);
    assert_eq!(lab.read("c/both/mine.svg"), "mine\n");
    // The report of an experiment, a page of somebody else's, and a table.
    let refused = lab.recur(&["compare", "small", "wide", "--write", "reports/small.md"]).ended(1);
    refused.reported(&["reports/small.md is the report of another experiment", "--write FILE"]);
    lab.write("mine.md", "mine\n");
    let refused = lab.recur(&["compare", "small", "wide", "--write", "mine.md", "--replace"]).ended(1);
    refused.reported(&["mine.md was not written by recur", "--write FILE"]);
    assert_eq!(lab.read("mine.md"), "mine\n");
    lab.write("mine.csv", "name,label\nAnna,Czech\n");
    let compare = ["compare", "small", "wide", "--write", "mine.csv"];
    lab.recur(&compare).ended(1).reported(&["mine.csv exists with other content", "--replace"]);
    assert_eq!(lab.read("mine.csv"), "name,label\nAnna,Czech\n");
    lab.recur(&[&compare[..], &["--replace"]].concat()).ended(0);
    lab.recur(&compare).ended(0);
    assert!(lab.read("mine.csv").starts_with("rank,standing,model"));
}

#[test]
fn an_export_is_written_over_nothing_but_itself_unless_that_is_asked_for() {
    let lab = Lab::with(ONE);
    lab.experiment(&[]).ended(0);
    for (option, file) in [
        ("--records", "a.csv"),
        ("--records", "a.parquet"),
        ("--leaderboard", "b.tex"),
        ("--leaderboard", "b.parquet"),
        ("--analysis", "c.json"),
    ] {
        lab.write(file, "mine, and longer than the beginning by which a file is recognised\n");
        let export = ["export", "small.yaml", option, file];
        lab.recur(&export).ended(1).reported(&[&format!("{file} exists with other content"), "--replace"]);
        lab.recur(&[&export[..], &["--replace"]].concat()).ended(0);
        lab.recur(&export).ended(0);
    }
    // One that was edited since is somebody's, too.
    lab.write("a.csv", lab.read("a.csv").replace('\n', ",precious\n"));
    lab.recur(&["export", "small.yaml", "--records", "a.csv"]).ended(1).reported(&["a.csv exists with other content"]);
    assert!(lab.read("a.csv").contains("precious"));
}

#[test]
fn hidden_characters_of_labels_are_seen_in_the_report() {
    let lab = Lab::with(ONE);
    let csv = crate::common::names_csv().replace(",Czech", ",a b").replace(",Irish", ",a\u{200b}b");
    lab.write("names.csv", csv.replace(",Korean", ",a\u{202e}b"));
    lab.experiment(&[]).ended(0);
    let report = lab.read("reports/one.md");
    for label in ["| a b |", "| a\\\\u{200b}b |", "| a\\\\u{202e}b |"] {
        assert!(report.contains(label), "{label}: {report}");
    }
    lab.recur(&["verify", "reports/one.md"]).ended(0);
}

#[test]
#[cfg(unix)]
fn a_spec_with_hidden_characters_in_its_path_is_verified_by_its_report() {
    let lab = Lab::with(ONE);
    let name = "a\u{202e}b.yaml";
    lab.write(name, ONE);
    lab.recur(&["experiment", name, "--set", "seed=4"]).ended(0);
    let report = lab.read("reports/one.md");
    assert!(report.contains("recur experiment $'a\\U0000202eb.yaml' --set 'seed=4'"), "{report}");
    lab.recur(&["verify", "reports/one.md"]).ended(0);
    lab.recur(&["experiment", name]).ended(0);
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
