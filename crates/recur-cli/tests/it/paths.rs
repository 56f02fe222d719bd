//! Where files are: in the project, beside the spec, or in the working folder; and commands that are typed elsewhere.

use crate::common::{Lab, Ran, SPEC, names_csv};

/// The report of a project's experiment.
const REPORT: &str = "reports/small.md";

/// Everything that a run in the project promises.
const ALL: [&str; 2] = ["project/runs/trials", "project/reports"];

/// A folder with a project in its folder `project`: a spec in `experiments`, and data in `data`.
fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("project/recur.toml", "");
    lab.write("project/experiments/small.yaml", SPEC.replace("names.csv", "data/names.csv"));
    lab.write("project/data/names.csv", names_csv());
    lab.write("project/docs/deep/page.md", "");
    lab
}

/// `recur` with `arguments` in a folder of the lab.
fn recur_in(lab: &Lab, folder: &str, arguments: &[&str]) -> Ran {
    lab.command(arguments).current_dir(lab.path(folder)).output().unwrap().into()
}

/// The promised bytes of the project's store and reports.
fn promised(lab: &Lab) -> std::collections::BTreeMap<std::path::PathBuf, Vec<u8>> {
    lab.promised(&ALL)
}

#[test]
fn a_project_has_its_results_and_their_bytes_wherever_a_command_is_typed() {
    let home = lab();
    recur_in(&home, "project", &["experiment", "experiments/small.yaml"]).ended(0);
    assert!(home.read("project/reports/small.md").contains("\nrecur experiment experiments/small.yaml\n"));
    let expected = promised(&home);
    assert!(expected.len() > 20);
    for (folder, words) in [
        ("project/experiments", &["experiment", "small.yaml"][..]),
        ("project/docs/deep", &["experiment", "../../experiments/small.yaml"]),
        ("", &["experiment", "project/experiments/small.yaml"]),
        ("", &["-C", "project", "experiment", "experiments/small.yaml"]),
        ("project/docs", &["experiment", "-C", "..", "./experiments/small.yaml", "--store", "runs"]),
    ] {
        let lab = lab();
        let ran = recur_in(&lab, folder, words).ended(0);
        let found = promised(&lab);
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{folder} {words:?}");
        // The whole path of the data is in no file, and that of the folder neither.
        expected.iter().for_each(|(path, bytes)| assert!(found[path] == *bytes, "{words:?}: {}", path.display()));
        assert!(ran.out.contains("Report: reports/small.md"), "{}", ran.out);
    }
}

#[test]
fn every_command_finds_the_project() {
    let lab = lab();
    recur_in(&lab, "project", &["experiment", "experiments/small.yaml"]).ended(0);
    let check = |folder: &str, arguments: &[&str], part: &str| {
        let ran = recur_in(&lab, folder, arguments).ended(0);
        assert!(ran.out.contains(part), "{arguments:?}: {}\n{}", ran.out, ran.err);
    };
    let trial = lab.plan(&["project/experiments/small.yaml"])[0].clone();
    let [up, deep] = ["project/experiments", "project/docs/deep"];
    check(up, &["plan", "small.yaml"], "8 done, 0 to run");
    check(up, &["why", "small.yaml"], "8 have a record, 0 to run");
    check(up, &["status", "small.yaml"], "small");
    check(deep, &["status"], "small");
    check(deep, &["logs", &trial], "started");
    check(up, &["report", "small.yaml", "--check"], "reports/small.md: what the records give");
    check(up, &["report", "small.yaml", "--partial"], "reports/small.partial.md");
    check(deep, &["reports"], "small");
    check(deep, &["verify", &trial], "verified");
    check(deep, &["verify", "../../reports/small.md"], "verified");
    check("", &["verify", "project/reports/small.md", "--sample", "1"], "");
    check(up, &["verify", "small.yaml", "--sample", "1"], "");
    check(deep, &["reproduce", &trial, "--to", "fresh"], "made again: docs/deep/fresh/trials/");
    check(deep, &["store", "check"], "all whole");
    check(deep, &["store", "list"], &trial);
    check(deep, &["store", "export", "copied", "../../experiments/small.yaml"], "8 trials copied to docs/deep/copied");
    check(deep, &["predict", "--model", "small", "Anna"], "Anna,");
    lab.write("project/docs/deep/in.txt", "Otto\n");
    check(deep, &["predict", "--model", "small", "--input", "in.txt", "--output", "out.csv"], "");
    assert!(lab.read("project/docs/deep/out.csv").contains("Otto,"));
    check(deep, &["doctor"], "runs");
    check(up, &["export", "small.yaml", "--records", "r.csv"], "written: experiments/r.csv");
    let ran = recur_in(&lab, up, &["compare", "small.yaml", "small"]).ended(1);
    ran.reported(&["experiments/small.yaml and small are the same: they have the same trials"]);
}

#[test]
fn a_text_is_what_was_typed_in_whichever_folder() {
    let lab = lab();
    recur_in(&lab, "project", &["experiment", "experiments/small.yaml"]).ended(0);
    lab.write("project/docs/deep/in.txt", "Otto\n");
    lab.write("project/in.txt", "Anna\n");
    lab.write("project/docs/deep/Kim/x", "");
    lab.write("project/Otto/x", "");
    let predict =
        |words: &[&str]| recur_in(&lab, "project/docs/deep", &[&["predict", "--model", "small"], words].concat());
    // A folder of the project is not one of the folder in which the text was typed.
    assert!(predict(&["Otto"]).ended(0).out.contains("\nOtto,"));
    predict(&["Kim"]).ended(1).reported(&["`Kim` is a folder"]);
    assert!(predict(&["--literal", "Kim", "in.txt"]).ended(0).out.contains("\nKim,"));
    predict(&["Otto", "in.txt"]).ended(1).reported(&["`in.txt`", "`Otto`"]);
    predict(&["gone.txt"]).ended(1).reported(&["`docs/deep/gone.txt` does not exist"]);
    for file in ["in.txt", "./in.txt", "*.txt"] {
        assert!(predict(&[file]).ended(0).out.contains("\nOtto,"), "{file}");
    }
    assert!(predict(&["../../in.txt"]).ended(0).out.contains("\nAnna,"));
}

#[test]
fn hints_and_plugins_are_those_of_the_project() {
    let lab = lab();
    let ran = recur_in(&lab, "project/docs", &["report", "../experiments/small.yaml"]).ended(1);
    ran.reported(&["project: ", "there is no store runs", "recur -C .. experiment makes it"]);
    lab.write("project/plugins/my_model/plugin.yaml", "broken");
    let ran = recur_in(&lab, "project/docs", &["models"]).ended(1);
    assert!(ran.err.contains("plugins/my_model/plugin.yaml"), "{}", ran.err);
    lab.write("project/recur.toml", "store = \"runs\"\n");
    let ran = recur_in(&lab, "project/docs", &["models"]).ended(1);
    ran.reported(&["recur.toml:1: unknown key `store`", "docs/own-data.md"]);
    recur_in(&lab, "project", &["-C", "gone", "models"]).ended(1).reported(&["cannot go to the folder gone"]);
}

#[test]
fn a_spec_that_is_in_no_project_finds_its_data_beside_it_or_in_the_working_folder() {
    let lab = Lab::new();
    lab.write("a/small.yaml", SPEC);
    lab.write("a/names.csv", names_csv());
    lab.write("b/small.yaml", SPEC.replace("names.csv", "data/names.csv"));
    std::fs::remove_file(lab.path("names.csv")).unwrap();
    // The results are where the command is typed, as without a project they always were.
    let ids = lab.plan(&["a/small.yaml"]);
    recur_in(&lab, "", &["experiment", "a/small.yaml"]).ended(0);
    assert!(lab.read(REPORT).contains("\nrecur experiment a/small.yaml\n"));
    recur_in(&lab, "", &["verify", REPORT]).ended(0);
    recur_in(&lab, "", &["compare", "small", "a/small.yaml"]).ended(1).reported(&["the same"]);
    assert!(!lab.path("a/runs").exists());
    recur_in(&lab, "a", &["plan", "small.yaml"]).ended(0);
    // Whatever the path of the data, the trials are the same.
    lab.write("data/names.csv", names_csv());
    assert_eq!(lab.plan(&["b/small.yaml"]), ids);
    let ran = recur_in(&lab, "a", &["plan", "../b/small.yaml"]).ended(1);
    ran.reported(&[
        "a file of the spec is missing: recur looked in the spec's folder (../b) and in the working folder",
        "`data/names.csv` does not exist",
    ]);
    lab.write("b/data/names.csv", "name,label\n");
    let ran = recur_in(&lab, "", &["plan", "b/small.yaml"]).ended(1);
    ran.reported(&["`data/names.csv` in b/small.yaml may be b/data/names.csv or data/names.csv", "recur.toml"]);
}

#[test]
fn in_a_project_the_projects_folder_comes_first_and_then_the_specs() {
    let lab = lab();
    let ids = lab.plan(&["project/experiments/small.yaml"]);
    // A path in the spec's folder is one in the project's folder from then on.
    lab.write("project/apart/small.yaml", SPEC.replace("names.csv", "../apart/own.csv"));
    lab.write("project/apart/own.csv", names_csv());
    assert_eq!(lab.plan(&["project/apart/small.yaml"]), ids);
    recur_in(&lab, "project/apart", &["experiment", "small.yaml"]).ended(0);
    let resolved = lab.read("project/runs/experiments/small/resolved.yaml");
    assert!(resolved.contains("source: apart/own.csv"), "{resolved}");
    recur_in(&lab, "project", &["verify", REPORT]).ended(0);
    let ran = recur_in(&lab, "", &["plan", "project/experiments/small.yaml", "--set", "data.source=gone.csv"]).ended(1);
    ran.reported(&["recur looked in the project's folder (the working folder) and in the spec's folder (experiments)"]);
}

#[test]
fn a_command_that_trains_elsewhere_reads_the_data_of_the_project() {
    let (local, lab) = (lab(), lab());
    recur_in(&local, "project", &["experiment", "experiments/small.yaml"]).ended(0);
    // Without the prepared data set each task reads the source.
    let command = "cd / && rm -rf $PREPARED && {recur} trial run {file} {options}";
    let mut run = lab.command(&["experiment", "small.yaml", "--executor-command", command]);
    run.env("PREPARED", lab.path("project/runs/prepared")).current_dir(lab.path("project/experiments"));
    Ran::from(run.output().unwrap()).ended(0).reported(&["0 done before, 8 to run"]);
    let (expected, found) = (promised(&local), promised(&lab));
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    expected.iter().for_each(|(path, bytes)| assert!(found[path] == *bytes, "{}", path.display()));
}
