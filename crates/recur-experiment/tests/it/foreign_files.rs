//! Files of users next to reports, and at their places: they stay as they are.

use crate::common::{Lab, says};
use crate::pipeline::{ONE, Run, experiment, lab_with, refused, trials, write_spec};
use crate::verified_trials::verified;
use recur_files::write_unless_other;
use recur_report::{Export, csv};

/// Writes over what recur wrote.
fn replacing() -> Run<'static> {
    Run { replace: true, ..Run::default() }
}

#[test]
fn a_file_at_a_place_of_the_report_is_found_before_the_first_trial_and_stays() {
    for path in ["reports/one.md", "reports/one.html", "reports/one/labels.svg", "reports/one/SHA256SUMS"] {
        let lab = lab_with(ONE);
        lab.write(path, "mine\n");
        for run in [Run::default(), replacing()] {
            let foreign = format!("{path} was not written by recur");
            refused(run.of(&lab), &[&foreign, "cannot write the report", "move it away", "--reports DIR"]);
        }
        assert!(trials(&lab).is_empty(), "{path}");
        assert_eq!(lab.read(path), "mine\n");
    }
}

#[test]
fn other_files_of_the_folder_stay_and_are_no_difference() {
    let lab = lab_with(ONE);
    let own = ["logo.svg", "notes.md", "labels.svg.part", "photo.png"].map(|file| format!("reports/one/{file}"));
    own.iter().for_each(|file| lab.write(file, "mine\n"));
    experiment(&lab).unwrap();
    let changed = Run { set: &["models.linfa_naive_bayes.params.smoothing=3"], ..Run::default() };
    changed.of(&lab).unwrap();
    assert!(own.iter().all(|file| lab.read(file) == "mine\n"));
    assert_eq!(changed.check(&lab), None);
    verified(&lab, "reports/one.md", &[]);
}

#[test]
#[cfg(unix)]
fn a_report_is_written_through_no_link() {
    use std::os::unix::fs::symlink;
    let lab = lab_with(ONE);
    lab.write("own/mine.svg", "mine\n");
    lab.write("own/file", "mine\n");
    std::fs::create_dir(lab.path("reports")).unwrap();
    symlink("../own", lab.path("reports/one")).unwrap();
    refused(experiment(&lab), &["reports/one is a link", "move it away"]);
    assert!(trials(&lab).is_empty());
    std::fs::remove_file(lab.path("reports/one")).unwrap();
    for (link, to) in [("reports/one.md", "../own/file"), ("reports/one/cost.md", "../../own/file")] {
        std::fs::create_dir_all(lab.path("reports/one")).unwrap();
        symlink(to, lab.path(link)).unwrap();
        refused(replacing().of(&lab), &[&format!("{link} is a link")]);
        std::fs::remove_file(lab.path(link)).unwrap();
    }
    // The names under which files were made before cannot be used for that either.
    for name in ["one.md.part", "one.html.part", "one/labels.svg.part"] {
        symlink(lab.path("own/file"), lab.path("reports").join(name)).unwrap();
    }
    experiment(&lab).unwrap();
    assert_eq!((lab.read("own/file"), lab.read("own/mine.svg")), ("mine\n".into(), "mine\n".into()));
    assert_eq!(std::fs::read_dir(lab.path("own")).unwrap().count(), 2);
    // The folder of reports is the user's choice, and may be a link.
    symlink("own", lab.path("linked")).unwrap();
    Run { reports: "linked", ..Run::default() }.of(&lab).unwrap();
    assert!(lab.path("own/one.md").is_file());
}

#[test]
fn the_report_of_another_spec_of_the_same_name_stays_until_it_is_to_be_replaced() {
    let lab = lab_with(ONE);
    experiment(&lab).unwrap();
    let first = lab.read("reports/one.md");
    write_spec(&lab, "other.yaml", &ONE.replace("linfa_naive_bayes", "linfa_logistic"));
    let other = Run { spec: "other.yaml", ..Run::default() };
    let before = trials(&lab);
    let specs = ["small.yaml", "other.yaml"].map(|file| format!("the spec {}", lab.word(file)));
    let parts = ["reports/one.md is the report of another experiment", &specs[0], &specs[1]];
    refused(other.of(&lab), &[&parts[..], &["--replace writes over it", "`name`", "--reports DIR"]].concat());
    assert_eq!((lab.read("reports/one.md"), trials(&lab)), (first.clone(), before));
    Run { reports: "elsewhere", ..other }.of(&lab).unwrap();
    refused(other.report(&lab), &["the report of another experiment"]);
    Run { replace: true, ..other }.report(&lab).unwrap();
    assert_eq!(lab.read("reports/one.md"), lab.read("elsewhere/one.md"));
    assert_ne!(lab.read("reports/one.md"), first);
}

#[test]
fn the_same_spec_changed_or_by_another_path_is_the_same_experiment() {
    let lab = lab_with(ONE);
    experiment(&lab).unwrap();
    std::fs::create_dir(lab.path("folder")).unwrap();
    for (spec, set) in [("./small.yaml", &[][..]), ("folder/../small.yaml", &["seed=3"])] {
        Run { spec, set, ..Run::default() }.of(&lab).unwrap();
    }
    write_spec(&lab, "small.yaml", &ONE.replace("replicates: 1", "replicates: 2"));
    experiment(&lab).unwrap();
    // A spec that was moved.
    std::fs::rename(lab.path("small.yaml"), lab.path("moved.yaml")).unwrap();
    let moved = Run { spec: "moved.yaml", ..Run::default() };
    moved.of(&lab).unwrap();
    write_spec(&lab, "moved.yaml", &ONE.replace("Is it quick?", "Is it good?"));
    refused(moved.of(&lab), &["the question \"Is it quick?\"", "the question \"Is it good?\"", "--replace"]);
}

#[test]
fn an_export_is_written_over_nothing_but_itself_unless_that_is_asked_for() {
    let lab = lab_with(ONE);
    let ran = experiment(&lab).unwrap();
    let signature = ran.experiment.signature(&ran.outcomes, &ran.reported.scored);
    let export = Export::of(&ran.reported.analysis, &ran.experiment.provenance, &signature);
    let records = csv(&export.records());
    let write = |file: &str, bytes: &[u8], replace| write_unless_other(&lab.path(file), bytes, replace);
    #[track_caller]
    fn kept(lab: &Lab, written: Result<(), recur_files::NotReplaced>, file: &str) {
        let error = written.expect_err("it stays");
        let parts = [&format!("{} exists with other content", lab.word(file)), "--replace"];
        says(&error, Some(error.hint().to_owned()), &parts);
    }
    for (file, bytes) in [
        ("a.csv", records.clone()),
        ("a.parquet", recur_ingest::write_table(&export.records())),
        ("b.tex", export.leaderboard_latex().into_bytes()),
        ("b.parquet", recur_ingest::write_table(&export.leaderboard())),
        ("c.json", export.json().into_bytes()),
    ] {
        lab.write(file, "mine, and longer than the beginning by which a file is recognised\n");
        kept(&lab, write(file, &bytes, false), file);
        write(file, &bytes, true).unwrap();
        write(file, &bytes, false).unwrap();
    }
    // One that was edited since is somebody's, too.
    lab.write("a.csv", lab.read("a.csv").replace('\n', ",precious\n"));
    kept(&lab, write("a.csv", &records, false), "a.csv");
    assert!(lab.read("a.csv").contains("precious"));
}

#[test]
fn hidden_characters_of_labels_are_seen_in_the_report() {
    let lab = lab_with(ONE);
    let csv = crate::common::names_csv().replace(",Czech", ",a b").replace(",Irish", ",a\u{200b}b");
    lab.write("names.csv", csv.replace(",Korean", ",a\u{202e}b"));
    experiment(&lab).unwrap();
    let report = lab.read("reports/one.md");
    for label in ["| a b |", "| a\\\\u{200b}b |", "| a\\\\u{202e}b |"] {
        assert!(report.contains(label), "{label}: {report}");
    }
    verified(&lab, "reports/one.md", &[]);
}

#[test]
#[cfg(unix)]
fn a_spec_with_hidden_characters_in_its_path_is_verified_by_its_report() {
    let lab = lab_with(ONE);
    let spec = "a\u{202e}b.yaml";
    write_spec(&lab, spec, ONE);
    let run = Run { spec, ..Run::default() };
    Run { set: &["seed=4"], ..run }.of(&lab).unwrap();
    let report = lab.read("reports/one.md");
    let command = format!("lab experiment $'{}' --set 'seed=4'", lab.word("a\\U0000202eb.yaml"));
    assert!(report.contains(&command), "{report}");
    verified(&lab, "reports/one.md", &[]);
    run.of(&lab).unwrap();
}
