//! What is replaced or removed at the place of a report, and what is not.

use crate::files;
use crate::fixture::{Build, Outline, all_diverged, small};
use recur_report::{Destination, ReportError, check_destination};
use std::fs;
use std::path::Path;

#[test]
fn figures_of_an_earlier_report_are_removed_and_other_files_stay() {
    let dir = tempfile::tempdir().unwrap();
    small().build().write(dir.path()).unwrap();
    fs::write(dir.path().join("small/notes.txt"), "mine").unwrap();
    fs::write(dir.path().join("small/logo.svg"), "mine").unwrap();
    let later = Outline { name: "small", ..all_diverged() }.build();
    let written = later.write(dir.path()).unwrap();
    // The sweep's figure stands without results, too.
    assert_eq!(written.removed.len(), 15);
    let left = ["small.html", "small.md", "small/logo.svg", "small/notes.txt", "small/report.json", "small/sweep.svg"];
    assert_eq!(files(dir.path()).into_keys().collect::<Vec<_>>(), left);
}

#[test]
fn a_report_that_cannot_be_written_leaves_the_earlier_one() {
    let dir = tempfile::tempdir().unwrap();
    small().build().write(dir.path()).unwrap();
    let before = files(dir.path());
    // A folder where a file has to go.
    fs::remove_file(dir.path().join("small.html")).unwrap();
    fs::create_dir(dir.path().join("small.html")).unwrap();
    let later = Outline { name: "small", replicates: 2, ..small() }.build();
    let error = later.write(dir.path()).unwrap_err();
    assert!(matches!(error, ReportError::InTheWay { .. }), "{error}");
    fs::remove_dir(dir.path().join("small.html")).unwrap();
    let html = "small.html".to_owned();
    assert_eq!(files(dir.path()), before.into_iter().filter(|(file, _)| *file != html).collect());
}

#[test]
fn without_its_list_a_report_counts_as_written_by_somebody_else() {
    let dir = tempfile::tempdir().unwrap();
    small().build().write(dir.path()).unwrap();
    fs::remove_file(dir.path().join("small/SHA256SUMS")).unwrap();
    let before = files(dir.path());
    let later = Outline { name: "small", replicates: 2, ..small() }.build();
    for replace in [false, true] {
        let error = later.write(Destination { dir: dir.path(), replace }).unwrap_err();
        assert!(matches!(error, ReportError::Foreign { .. }), "{error}");
        assert_eq!(files(dir.path()), before);
    }
}

#[test]
fn the_report_of_another_experiment_is_replaced_only_where_that_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    small().build().write(dir.path()).unwrap();
    let before = files(dir.path());
    let mut other = small().build();
    crate::source(&mut other).spec_path = "other|`x.yaml".to_owned();
    crate::source(&mut other).resolved_spec.push_str("more: 1\n");
    let destination = Destination { dir: dir.path(), replace: false };
    let refused = [other.write(dir.path()).map(drop), check_destination(&other.plan, &other.provenance, destination)];
    for result in refused {
        let error = result.unwrap_err();
        let reported = error.to_string();
        assert!(matches!(error, ReportError::OtherReport { .. }), "{error}");
        assert!(reported.contains("spec experiments/small.yaml") && reported.contains("other|`x.yaml"), "{reported}");
    }
    assert_eq!(files(dir.path()), before);
    let destination = Destination { dir: dir.path(), replace: true };
    check_destination(&other.plan, &other.provenance, destination).unwrap();
    other.write(destination).unwrap();
    other.write(dir.path()).unwrap();
    assert_ne!(files(dir.path()), before);
}

#[test]
fn what_is_in_the_way_is_found_before_there_are_results_and_nothing_is_made() {
    let experiment = small().build();
    let check = |dir: &Path| check_destination(&experiment.plan, &experiment.provenance, dir);
    let lab = tempfile::tempdir().unwrap();
    check(&lab.path().join("a/b")).unwrap();
    assert!(files(lab.path()).is_empty() && !lab.path().join("a").exists());
    for file in ["small.md", "small.html", "small/cost.md", "small/cost.html", "small/labels.svg", "small"] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "mine").unwrap();
        let error = check(dir.path()).unwrap_err();
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
    fs::write(lab.path().join("file"), "mine").unwrap();
    for dir in ["file", "file/a"] {
        assert!(check(&lab.path().join(dir)).unwrap_err().to_string().contains("file"));
    }
    experiment.write(lab.path()).unwrap();
    check(lab.path()).unwrap();
}
