//! The report of an experiment that is not finished: what it says, what it does not, and what becomes of its files.

use crate::files;
use crate::fixture::part::Part;
use crate::fixture::{Build, Outline, Reported, clear, small};
use crate::numbers;
use recur_core::record::Outcome;
use recur_core::search::Budget;
use recur_report::{
    Continuation, Destination, PartialOverview, ReportError, WrittenPartial, is_partial_report, partial_json,
    write_partial,
};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn commands(name: &str) -> Continuation {
    Continuation {
        goes_on: format!("recur experiment experiments/{name}.yaml"),
        again: format!("recur report experiments/{name}.yaml --partial"),
    }
}

fn write_to<'a>(
    part: &Part,
    of: &Reported,
    destination: impl Into<Destination<'a>>,
) -> Result<WrittenPartial, ReportError> {
    write_partial(&part.analysis(), &of.provenance, &commands(part.experiment.outline.name), destination)
}

/// The files of the partial report of the first `n_ended` trials of an experiment.
fn rendered(part: &Part) -> BTreeMap<String, String> {
    let dir = tempfile::tempdir().unwrap();
    write_to(part, &part.experiment.outline.build(), dir.path()).unwrap();
    files(dir.path())
}

fn page(part: &Part) -> String {
    rendered(part).into_iter().find(|(name, _)| name.ends_with(".partial.md")).unwrap().1
}

fn grid(n_ended: usize) -> Part {
    let mut part = Part::new(small().experiment(), n_ended, 2.min(small().experiment().trials.len() - n_ended));
    if let Some(failed) = part.trials.get_mut(1) {
        failed.record.outcome = Outcome::Failed { reason: "no *disk* left".to_owned() };
        failed.record.epochs.clear();
    }
    part
}

/// A race whose last stage runs.
fn race() -> Part {
    let mut experiment = clear().experiment();
    experiment.race("stacked_rnn", None, Budget::full(2), 3);
    for stage in experiment.stages.iter_mut().filter_map(|model| model.stages.last_mut()) {
        stage.n_went_on = None;
    }
    let n = experiment.trials.len();
    let mut part = Part::new(experiment, n - 6, 1);
    part.most_trials = part.known.len() as u64 + 4;
    part
}

#[test]
fn the_partial_report_of_a_grid_reads_as_reviewed() {
    insta::assert_snapshot!("grid", page(&grid(7)));
}

#[test]
fn the_partial_report_of_a_race_reads_as_reviewed() {
    insta::assert_snapshot!("race", page(&race()));
}

#[test]
fn its_first_line_and_its_names_mark_it_as_unfinished() {
    let files = rendered(&grid(7));
    let n = grid(7).known.len();
    let first = files["small.partial.md"].lines().next().unwrap();
    assert_eq!(first, format!("# small (unfinished): 7 of {n} trials done"));
    assert!(files["small.partial.html"].contains("<title>small, not finished – recur</title>"));
    assert!(files.keys().all(|name| name.starts_with("small.partial")), "{:?}", files.keys());
    assert!(files["small.partial.md"].contains("](small.partial/learning-curves.svg)"));
}

#[test]
fn it_lists_the_trials_that_ended_with_the_way_to_their_files() {
    let part = grid(7);
    let html = rendered(&part).remove("small.partial.html").unwrap();
    let (_, section) = html.split_once("<h2 id=\"trials\">").expect("a section");
    let (section, _) = section.split_once("<h2 ").unwrap();
    for outcome in &part.trials {
        let (id, is_finished) = (outcome.trial.id.as_str(), matches!(outcome.record.outcome, Outcome::Finished { .. }));
        assert!(section.contains(&format!("href=\"../runs/trials/{}/{id}/log.jsonl\"", &id[..2])), "{section}");
        assert_eq!(section.contains(&format!("/{id}/weights.safetensors\"")), is_finished);
        let predict = format!("recur predict --model {} 'a text'", outcome.trial.id.short());
        assert_eq!(section.contains(&predict), is_finished);
        let anchor = format!("trials.{}", outcome.trial.configuration);
        assert!(section.contains(&format!("id=\"{anchor}\"")) && html.contains(&format!("href=\"#{anchor}\"")));
    }
    assert!(!section.contains("cost.html") && !section.contains("predictions.parquet"), "{section}");
    let waiting = part.known.iter().find(|trial| part.trials.iter().all(|ended| ended.trial.id != trial.id)).unwrap();
    assert!(!section.contains(waiting.id.as_str()));
}

#[test]
fn without_a_trial_it_shows_no_result_and_is_complete_otherwise() {
    let page = page(&Part::new(small().experiment(), 0, 0));
    assert!(page.contains("No trial has finished yet, so there are no results."), "{page}");
    assert!(!page.contains("## Learning curves") && !page.contains("## Cost"), "{page}");
    assert!(page.contains("## Data") && page.contains("## How it goes on"), "{page}");
}

#[test]
fn with_all_trials_it_names_the_command_that_writes_the_full_report() {
    let experiment = small().experiment();
    let n = experiment.trials.len();
    let page = page(&Part::new(experiment, n, 0));
    assert!(page.starts_with(&format!("# small (unfinished): all {n} trials done\n")), "{page}");
    assert!(page.contains("All trials are done. `recur experiment experiments/small.yaml` chooses"), "{page}");
}

#[test]
fn it_has_no_verdict_no_test_result_and_no_p_value() {
    let experiment = clear().experiment();
    let tests = experiment.tests.clone();
    let n = experiment.trials.len();
    let part = Part::new(experiment, n, 0);
    for text in rendered(&part).values() {
        for test in &tests {
            let shown = format!("{:.2}", 100.0 * test.scores.macro_f1);
            let own = part.trials.iter().filter_map(|outcome| outcome.record.validation());
            let is_validation = own.into_iter().any(|scores| format!("{:.2}", 100.0 * scores.macro_f1) == shown);
            assert!(is_validation || !text.contains(&format!("macro-F1 {shown}")), "{shown}");
        }
    }
    let page = page(&part);
    for word in ["test macro-F1", "is better", "significant", "p =", "p <", "Holm", "wins"] {
        assert!(!page.contains(word), "`{word}` is in the page");
    }
}

#[test]
fn every_number_of_its_tables_is_in_its_json() {
    for part in [grid(7), race()] {
        let json = partial_json(&part.analysis(), &part.experiment.outline.build().provenance);
        let document = serde_json::from_str(&json).unwrap();
        let (mut missing, n_numbers) = numbers::missing(&page(&part), &document);
        // The sum of what is in it.
        missing.retain(|cell| !cell.starts_with("Data: rows rejected"));
        assert!(missing.is_empty() && n_numbers > 40, "{missing:?} of {n_numbers}");
    }
}

#[test]
fn its_html_is_well_formed_and_has_its_figure() {
    let files = rendered(&race());
    let document = roxmltree::Document::parse_with_options(
        &files["clear.partial.html"],
        roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() },
    );
    let document = document.unwrap();
    assert_eq!(document.descendants().filter(|node| node.has_tag_name("figure")).count(), 1);
    assert!(!files["clear.partial.html"].contains("http-equiv=\"refresh\""));
}

#[test]
fn the_overview_has_a_row_a_model() {
    let overview = PartialOverview::of(&grid(7).analysis());
    assert_eq!(overview.rows.len(), small().models.len());
    assert!(overview.state.starts_with("7 of "), "{}", overview.state);
    assert!(overview.note.contains("nothing is decided"));
    assert!(overview.rows.iter().all(|row| row.len() == overview.header.len()));
}

#[test]
fn a_later_partial_report_replaces_the_earlier_one_and_no_file_of_others() {
    let dir = tempfile::tempdir().unwrap();
    let of = small().build();
    write_to(&grid(7), &of, dir.path()).unwrap();
    fs::write(dir.path().join("small.partial/notes.txt"), "mine").unwrap();
    write_to(&grid(9), &of, dir.path()).unwrap();
    let first = fs::read_to_string(dir.path().join("small.partial.md")).unwrap();
    assert!(first.starts_with("# small (unfinished): 9 of "), "{first}");
    assert_eq!(fs::read_to_string(dir.path().join("small.partial/notes.txt")).unwrap(), "mine");
    fs::write(dir.path().join("small.partial.md"), "mine").unwrap();
    let error = write_to(&grid(10), &of, dir.path()).unwrap_err();
    assert!(matches!(error, ReportError::Changed { .. }), "{error}");
    write_to(&grid(10), &of, Destination { dir: dir.path(), replace: true }).unwrap();
}

#[test]
fn a_page_of_somebody_else_is_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("small.partial.md"), "mine").unwrap();
    for replace in [false, true] {
        let error = write_to(&grid(7), &small().build(), Destination { dir: dir.path(), replace }).unwrap_err();
        assert!(matches!(error, ReportError::Foreign { .. }), "{error}");
    }
    // Nor is it removed with the full report.
    let written = small().build().write(dir.path()).unwrap();
    assert_eq!(written.stale_partial, None);
    assert_eq!(fs::read_to_string(dir.path().join("small.partial.md")).unwrap(), "mine");
}

#[test]
fn it_does_not_touch_the_full_report_and_another_experiment_s_is_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let of = small().build();
    of.write(dir.path()).unwrap();
    let before = files(dir.path());
    write_to(&grid(7), &of, dir.path()).unwrap();
    let mut after = files(dir.path());
    after.retain(|name, _| !name.starts_with("small.partial"));
    assert_eq!(after, before);
    let mut other = small().build();
    crate::source(&mut other).spec_path = "other.yaml".to_owned();
    crate::source(&mut other).resolved_spec.push_str("more: 1\n");
    let error = write_to(&grid(7), &other, dir.path()).unwrap_err();
    assert!(matches!(error, ReportError::OtherReport { .. }), "{error}");
}

#[test]
fn the_report_of_an_experiment_with_such_a_name_is_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    Outline { name: "small.partial", ..small() }.build().write(dir.path()).unwrap();
    let before = files(dir.path());
    let error = write_to(&grid(7), &small().build(), dir.path()).unwrap_err();
    assert!(matches!(error, ReportError::UnknownReport { .. }), "{error}");
    assert_eq!(small().build().write(dir.path()).unwrap().stale_partial, None);
    let mut after = files(dir.path());
    after.retain(|name, _| name.starts_with("small.partial"));
    assert_eq!(after, before);
    assert!(!is_partial_report(&dir.path().join("small.partial.md")));
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_full_report_removes_it() {
    let dir = tempfile::tempdir().unwrap();
    let of = small().build();
    write_to(&grid(7), &of, dir.path()).unwrap();
    assert!(is_partial_report(&dir.path().join("small.partial.md")));
    assert_eq!(of.write(dir.path()).unwrap().stale_partial, None);
    assert_eq!(names(dir.path()), ["small", "small.html", "small.md"]);
}

#[test]
fn the_full_report_leaves_a_changed_one_and_names_it() {
    for changed in ["small.partial.md", "small.partial.html", "small.partial/learning-curves.svg"] {
        let dir = tempfile::tempdir().unwrap();
        let of = small().build();
        write_to(&grid(7), &of, dir.path()).unwrap();
        fs::write(dir.path().join(changed), "mine").unwrap();
        let n_before = names(&dir.path().join("small.partial")).len();
        let page = dir.path().join("small.partial.md");
        assert_eq!(of.write(dir.path()).unwrap().stale_partial, Some(page), "{changed}");
        assert_eq!(fs::read_to_string(dir.path().join(changed)).unwrap(), "mine");
        assert_eq!(names(&dir.path().join("small.partial")).len(), n_before, "{changed}");
    }
}

#[test]
fn files_of_others_next_to_its_figures_stay_when_it_goes() {
    let dir = tempfile::tempdir().unwrap();
    let of = small().build();
    write_to(&grid(7), &of, dir.path()).unwrap();
    fs::write(dir.path().join("small.partial/notes.txt"), "mine").unwrap();
    assert_eq!(of.write(dir.path()).unwrap().stale_partial, None);
    assert_eq!(names(&dir.path().join("small.partial")), ["notes.txt"]);
}
