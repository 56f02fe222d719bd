//! The partial report of an experiment that is not finished: after any number of trials, during a run, and without test results.

use crate::common::Lab;
use crate::pipeline::{N_TRIALS, Run, SPEC, experiment, lab, lab_with};
use recur_analysis::PartialAnalysis;
use recur_experiment::{ExperimentError, LiveReport, LocalExecutor, Part, RunOptions};
use recur_store::Store;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

const ADAPTIVE: &str = "\
# Which learning rate?
recur: 1
name: small
seed: 5
data: {source: 'DATA'}
training: {epochs: 4, batch_size: 8}
models:
  - use: linfa_naive_bayes
  - use: manual_rnn
    sweep: {hidden_size: SIZES, learning_rate: RATES}
replicates: 2
";

fn adaptive(more: &str) -> String {
    let is_search = more.contains("search");
    let sizes = if is_search { "{linear: {from: 2, to: 8}}" } else { "[3, 4, 5]" };
    let rates = if is_search { "{log: {from: 0.001, to: 0.1}}" } else { "[0.01, 0.1]" };
    ADAPTIVE.replace("SIZES", sizes).replace("RATES", rates) + more
}

fn store(lab: &Lab) -> Store {
    Store::open(&lab.path("runs")).unwrap()
}

fn partial(lab: &Lab) -> PartialAnalysis {
    let store = Store::open_to_read(&lab.path("runs")).unwrap();
    Run::default().prepared(lab).partial_analysis(store.as_ref()).unwrap()
}

/// Runs at most so many trials; whether that were all.
fn run_part(lab: &Lab, n: usize) -> bool {
    let part = Part { max_trials: Some(n), ..Part::default() };
    let options = RunOptions { part, ..RunOptions::default() };
    match Run::default().prepared(lab).run(&store(lab), &LocalExecutor::new(2), &options) {
        Ok(_) => true,
        Err(ExperimentError::PartDone { .. }) => false,
        Err(error) => panic!("{error}"),
    }
}

/// Every file below `folder`, by its name.
fn texts(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for path in std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(texts(&path));
        } else {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            found.insert(name, std::fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn any_experiment_has_one_after_any_number_of_trials() {
    let specs = [
        SPEC.to_owned(),
        adaptive("race: {replicates: [1, 2], keep: 0.5}\n"),
        adaptive("halving: {shortest: 1}\n"),
        adaptive(
            "search: {configurations: 6, ahead: 2, replicates: 1}\nrace: {replicates: [1, 2], keep: 0.5}\nhalving: {shortest: 2}\n",
        ),
    ];
    for spec in specs {
        let lab = lab_with(&spec);
        let mut before = partial(&lab);
        assert_eq!((before.progress.ended(), before.is_complete), (0, false), "{spec}");
        assert!(before.progress.waiting > 0 && before.models.iter().all(|model| model.best.is_none()), "{spec}");
        loop {
            let is_all = run_part(&lab, 3);
            let now = partial(&lab);
            assert_eq!(now.is_complete, is_all, "{spec}: {:?}", now.progress);
            assert!(now.progress.ended() > before.progress.ended(), "{spec}: {:?}", now.progress);
            assert!(now.progress.known <= now.most_trials, "{spec}: {:?}", now.progress);
            assert_eq!(now.progress.running, 0, "nothing was interrupted: {spec}");
            assert_eq!(now.cost.trials, now.progress.ended(), "{spec}");
            let reports = lab.path("reports");
            let store = Store::open_to_read(&lab.path("runs")).unwrap();
            let mut prepared = Run::default().prepared(&lab);
            let written = prepared.partial_report(store.as_ref(), &lab.path("runs"), &reports).unwrap().written;
            assert!(written.report.ends_with("small.partial.md"));
            before = now;
            if is_all {
                break;
            }
        }
        assert!(before.models.iter().all(|model| model.best.is_some()), "{spec}");
    }
}

#[test]
fn test_results_in_the_store_change_no_byte_of_it() {
    let lab = lab();
    experiment(&lab).unwrap();
    let write = |reports: &str| {
        let store = Store::open_to_read(&lab.path("runs")).unwrap();
        let mut prepared = Run::default().prepared(&lab);
        prepared.partial_report(store.as_ref(), &lab.path("runs"), &lab.path(reports)).unwrap();
        texts(&lab.path(reports))
    };
    let with_tests = write("with");
    assert!(String::from_utf8_lossy(&with_tests["small.partial.md"]).starts_with("# small (unfinished): all 8"));
    let trials = Run::default().prepared(&lab).trials().to_vec();
    let mut n_tests = 0;
    for trial in trials {
        let test = store(&lab).trial(&trial.id).join("test");
        // Whoever opens one of these files fails.
        if test.is_dir() {
            n_tests += 1;
            std::fs::write(test.join("scores.json"), "{").unwrap();
            std::fs::write(test.join("predictions.parquet"), "").unwrap();
            std::fs::write(test.join("SHA256SUMS"), "").unwrap();
            std::fs::remove_file(test.join("environment.json")).unwrap();
        }
    }
    assert!(n_tests >= 3, "{n_tests} trials were tested");
    assert_eq!(write("damaged"), with_tests);
}

#[test]
fn it_goes_when_the_full_report_is_written_and_stays_where_it_was_changed() {
    let lab = lab();
    run_part(&lab, 3);
    let write = || {
        let mut prepared = Run::default().prepared(&lab);
        prepared.partial_report(Some(&store(&lab)), &lab.path("runs"), &lab.path("reports")).unwrap();
    };
    write();
    assert!(lab.path("reports/small.partial.html").exists());
    let full = experiment(&lab).unwrap();
    assert_eq!(full.reported.written.stale_partial, None);
    assert!(!lab.path("reports/small.partial.md").exists() && !lab.path("reports/small.partial").exists());
    write();
    lab.write("reports/small.partial.md", "mine");
    let full = experiment(&lab).unwrap();
    assert_eq!(full.reported.written.stale_partial, Some(lab.path("reports/small.partial.md")));
    assert_eq!(lab.read("reports/small.partial.md"), "mine");
}

/// Runs at most so many trials, with a partial report meanwhile; whether that were all.
fn run_live(lab: &Lab, max_trials: Option<usize>, every: Duration) -> bool {
    let part = Part { max_trials, ..Part::default() };
    let options = RunOptions { part, ..RunOptions::default() };
    let mut prepared = Run::default().prepared(lab);
    let store = store(lab);
    let live = LiveReport::new(&prepared, &store, &lab.path("reports"), every);
    match live.run(&mut prepared, &store, &LocalExecutor::new(2), &options) {
        Ok(_) => true,
        Err(ExperimentError::PartDone { .. }) => false,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_run_writes_it_at_the_first_trial_and_once_more_at_its_end() {
    for every in [Duration::ZERO, Duration::from_secs(3600)] {
        let lab = lab();
        assert!(!run_live(&lab, Some(5), every));
        let page = lab.read("reports/small.partial.md");
        assert!(page.starts_with("# small (unfinished): 5 of 8 trials done\n"), "{page}");
        assert!(page.contains("3 are waiting."), "{page}");
        // How far it is when the first of the others has ended depends on the machine.
        assert!(run_live(&lab, None, every));
        assert!(lab.read("reports/small.partial.md").starts_with("# small (unfinished): "));
        experiment(&lab).unwrap();
        assert!(!lab.path("reports/small.partial.md").exists());
    }
}

#[test]
fn a_run_goes_on_where_it_cannot_be_written() {
    let lab = lab();
    lab.write("reports/small.partial.md", "mine");
    assert!(run_live(&lab, None, Duration::ZERO));
    assert_eq!(lab.read("reports/small.partial.md"), "mine");
}

#[test]
fn a_search_is_written_during_its_run_too() {
    let lab = lab_with(&adaptive("search: {configurations: 6, ahead: 2}\n"));
    assert!(!run_live(&lab, Some(7), Duration::ZERO));
    let page = lab.read("reports/small.partial.md");
    assert!(page.starts_with("# small (unfinished): 7 of at most "), "{page}");
    assert!(page.contains("## Stages"), "{page}");
}

#[test]
fn a_trial_that_left_the_store_is_no_longer_done() {
    let lab = lab();
    let ran = experiment(&lab).unwrap();
    assert!(partial(&lab).is_complete);
    std::fs::remove_dir_all(store(&lab).trial(&ran.outcomes[0].trial.id)).unwrap();
    let after = partial(&lab);
    assert_eq!((after.progress.finished, after.progress.waiting, after.is_complete), (N_TRIALS as u64 - 1, 1, false));
}
