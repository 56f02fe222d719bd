//! What is replaced or removed at the place of a report, and what is not.

use crate::files;
use crate::fixture::{Build, Outline, Reported, all_diverged, small};
use recur_analysis::Costs;
use recur_report::{Destination, ReportError, check_destination, write_costs};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn write_no_costs(experiment: &Reported, dir: &Path) -> Result<PathBuf, ReportError> {
    let analysis = experiment.analysis();
    write_costs(&analysis, &Costs::of(&analysis, &BTreeMap::new()), dir)
}

#[test]
fn figures_of_an_earlier_report_are_removed_and_other_files_stay() {
    let dir = tempfile::tempdir().unwrap();
    small().build().write(dir.path()).unwrap();
    fs::write(dir.path().join("small/notes.txt"), "mine").unwrap();
    fs::write(dir.path().join("small/logo.svg"), "mine").unwrap();
    let later = Outline { name: "small", ..all_diverged() }.build();
    let written = later.write(dir.path()).unwrap();
    // The sweep's figure stands without results, too.
    assert_eq!(written.removed.len(), 9);
    let left = ["small.html", "small.md", "small/logo.svg", "small/notes.txt", "small/sweep.svg"];
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

/// A report from before there were lists, and what came to be beside it.
fn without_list(beside: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let experiment = small().build();
    experiment.write(dir.path()).unwrap();
    write_no_costs(&experiment, dir.path()).unwrap();
    fs::remove_file(dir.path().join("small/SHA256SUMS")).unwrap();
    for (file, content) in beside {
        fs::write(dir.path().join(file), content).unwrap();
    }
    dir
}

#[test]
fn a_report_without_a_list_is_recognised_by_its_signature_and_gets_one() {
    let dir = without_list(&[("small/mine.svg", "<svg data-trials=\"\"></svg>")]);
    let later = Outline { name: "small", replicates: 2, ..all_diverged() }.build();
    let written = later.write(dir.path()).unwrap();
    write_no_costs(&later, dir.path()).unwrap();
    assert_eq!(written.removed.len(), 9);
    let list = fs::read_to_string(dir.path().join("small/SHA256SUMS")).unwrap();
    let names: Vec<&str> = list.lines().skip(1).map(|line| line.split_once("  ").unwrap().1).collect();
    assert_eq!(names, ["../small.html", "../small.md", "cost.md", "sweep.svg"]);
    assert!(dir.path().join("small/mine.svg").exists());
}

#[test]
fn beside_a_report_without_a_list_only_files_that_recur_made_are_its_own() {
    let later = Outline { name: "small", replicates: 2, ..small() }.build();
    for file in ["small.html", "small/labels.svg", "small/cost.md", "small.md"] {
        let dir = without_list(&[(file, "# small\n\nmine\n")]);
        let path = dir.path().join(file);
        let error = match later.write(dir.path()) {
            Err(error) => error,
            Ok(_) => write_no_costs(&later, dir.path()).unwrap_err(),
        };
        assert!(matches!(&error, ReportError::Foreign { path: refused } if *refused == path), "{file}: {error}");
        assert_eq!(fs::read_to_string(path).unwrap(), "# small\n\nmine\n");
    }
    // An image of somebody's under the name of a figure that the older report did not have.
    let dir = tempfile::tempdir().unwrap();
    Outline { name: "small", ..all_diverged() }.build().write(dir.path()).unwrap();
    fs::remove_file(dir.path().join("small/SHA256SUMS")).unwrap();
    fs::write(dir.path().join("small/labels.svg"), "<svg data-trials=\"\"></svg>").unwrap();
    let error = later.write(dir.path()).unwrap_err();
    assert!(matches!(error, ReportError::Foreign { .. }), "{error}");
}

#[test]
fn the_report_of_another_experiment_is_replaced_only_where_that_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    small().build().write(dir.path()).unwrap();
    let before = files(dir.path());
    let mut other = small().build();
    other.how_to.spec_path = "other|`x.yaml".to_owned();
    other.how_to.resolved_spec.push_str("more: 1\n");
    let destination = Destination { dir: dir.path(), replace: false };
    let refused = [other.write(dir.path()).map(drop), check_destination(&other.plan, &other.how_to, destination)];
    for result in refused {
        let error = result.unwrap_err();
        let told = error.to_string();
        assert!(matches!(error, ReportError::OtherReport { .. }), "{error}");
        assert!(told.contains("spec experiments/small.yaml") && told.contains("other|`x.yaml"), "{told}");
    }
    assert_eq!(files(dir.path()), before);
    let destination = Destination { dir: dir.path(), replace: true };
    check_destination(&other.plan, &other.how_to, destination).unwrap();
    other.write(destination).unwrap();
    other.write(dir.path()).unwrap();
    assert_ne!(files(dir.path()), before);
}

#[test]
fn what_is_in_the_way_is_found_before_there_are_results_and_nothing_is_made() {
    let experiment = small().build();
    let check = |dir: &Path| check_destination(&experiment.plan, &experiment.how_to, dir);
    let lab = tempfile::tempdir().unwrap();
    check(&lab.path().join("a/b")).unwrap();
    assert!(files(lab.path()).is_empty() && !lab.path().join("a").exists());
    for file in ["small.md", "small.html", "small/cost.md", "small/labels.svg", "small"] {
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
