//! From a report's page to the trials in the store: what it links is there, and its commands work.

use crate::common::{DIVERGING, Lab, N_TRIALS};
use std::collections::BTreeSet;

const PAGE: &str = "reports/small.html";

/// The targets of the page's links into the store, as paths of the lab.
fn targets(lab: &Lab) -> BTreeSet<String> {
    let page = lab.read(PAGE);
    let links = page.split("href=\"../").skip(1).map(|rest| rest.split('"').next().expect("it ends"));
    links.filter(|link| link.contains("/trials/")).map(str::to_owned).collect()
}

/// The first command of the page that begins with `start`, as the words after the program.
fn command(lab: &Lab, start: &str) -> Vec<String> {
    let page = lab.read(PAGE);
    let line = page.lines().find_map(|line| line.rsplit('>').next().filter(|line| line.starts_with(start)));
    let line = line.unwrap_or_else(|| panic!("no command {start}:\n{page}"));
    line.replace("'a text'", "Novak").split_whitespace().skip(1).map(str::to_owned).collect()
}

fn run(lab: &Lab, words: &[String]) -> String {
    lab.recur(&words.iter().map(String::as_str).collect::<Vec<_>>()).ended(0).out
}

#[test]
fn every_link_of_the_page_leads_to_a_file_of_the_store_and_its_commands_work() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    let targets = targets(&lab);
    assert!(targets.iter().all(|target| lab.path(target).exists()), "{targets:?}");
    let of = |file: &str| targets.iter().filter(|target| target.ends_with(file)).count();
    assert_eq!(["/", "/curves.csv", "/log.jsonl", "/weights.safetensors"].map(of), [N_TRIALS; 4]);
    let n_tested = lab.trials().iter().filter(|trial| trial.join("test/predictions.parquet").exists()).count();
    assert_eq!(of("/test/predictions.parquet"), n_tested);
    assert!(lab.path("reports/small/cost.html").exists());
    assert!(!run(&lab, &command(&lab, "recur predict ")).is_empty());
    assert!(!run(&lab, &command(&lab, "recur logs ")).is_empty());
}

#[test]
fn a_trial_that_diverged_has_no_link_to_weights() {
    let lab = Lab::with(DIVERGING);
    lab.experiment(&[]).ended(3);
    let targets = targets(&lab);
    assert!(targets.iter().all(|target| lab.path(target).exists()), "{targets:?}");
    let of = |file: &str| targets.iter().filter(|target| target.ends_with(file)).count();
    assert!(of("/weights.safetensors") < of("/curves.csv"), "{targets:?}");
}

#[test]
fn a_report_is_checked_and_verified_wherever_its_store_is_now() {
    let lab = Lab::new();
    let out = ["--store", "out/my runs", "--reports", "out/reports"];
    lab.experiment(&out).ended(0);
    let page = lab.read("out/reports/small.html");
    assert!(page.contains("href=\"../my%20runs/trials/") && page.contains("recur logs --store 'out/my runs' "));
    lab.recur(&["report", "small.yaml", "--check", out[0], out[1], out[2], out[3]]).ended(0);
    std::fs::rename(lab.path("out/my runs"), lab.path("runs")).unwrap();
    lab.recur(&["report", "small.yaml", "--check", "--reports", "out/reports"]).ended(0);
    lab.recur(&["verify", "out/reports/small.md"]).ended(0);
    // Another place of the store is another page only where the report is written anew.
    lab.recur(&["report", "small.yaml", "--reports", "out/reports"]).ended(0);
    assert!(lab.read("out/reports/small.html").contains("href=\"../../runs/trials/"));
}

#[test]
fn a_store_outside_of_the_project_is_not_linked() {
    let lab = Lab::new();
    for file in ["small.yaml", "names.csv"] {
        lab.write(&format!("deep/project/{file}"), lab.read(file));
    }
    let store = lab.path("runs").display().to_string();
    for store in [store.as_str(), "../../runs"] {
        lab.recur(&["-C", "deep/project", "experiment", "small.yaml", "--store", store]).ended(0);
        let page = lab.read("deep/project/reports/small.html");
        assert!(page.contains("This page has no links to files") && !page.contains("runs/trials/"), "{page}");
        assert!(!page.contains(store), "{page}");
    }
    lab.recur(&["-C", "deep/project", "verify", "reports/small.md", "--store", &store]).ended(0);
}

#[test]
fn the_page_does_not_depend_on_how_its_place_and_that_of_the_store_are_typed() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    let page = lab.read(PAGE);
    let absolute = |path: &str| lab.path(path).display().to_string();
    for (store, reports) in [("./runs", "reports/"), ("runs/", "./reports"), (&absolute("runs"), &absolute("reports"))]
    {
        lab.recur(&["report", "small.yaml", "--store", store, "--reports", reports]).ended(0);
        assert!(lab.read(PAGE) == page, "{store} {reports}");
        lab.recur(&["report", "small.yaml", "--store", store, "--reports", reports, "--check"]).ended(0);
    }
}

/// What is copied from a page is run: a report that somebody changed may not bring another program.
#[test]
fn a_record_with_other_commands_is_not_verified() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    let record = lab.read("reports/small/report.json");
    for changed in [
        record.replace("\"prefix\": \"recur\"", "\"prefix\": \"evil\""),
        record
            .replace("\"prefix\": \"recur\"", "\"prefix\": \"evil\"")
            .replace("\"program\": \"recur\"", "\"program\": \"other\""),
    ] {
        assert_ne!(record, changed);
        lab.write("reports/small/report.json", &changed);
        lab.recur(&["verify", "reports/small.md"]).ended(4);
    }
}
