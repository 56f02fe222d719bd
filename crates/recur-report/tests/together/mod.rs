//! Several experiments as one.

use crate::fixture::{Build, Outline, Reported, all_diverged, clear, integers};
use recur_analysis::{Analysis, AnalysisError, ComparedExperiment, Comparison, Incompatibility, Outcomes};
use recur_core::digest::Digest;
use recur_core::metric::Metric;
use recur_report::{ComparedSpec, ComparisonSource, Export, MadeFrom, Overview, Provenance, Signature};
use std::collections::BTreeMap;
use std::path::Path;

/// A baseline and two families.
fn one() -> Reported {
    clear().build()
}

/// The same baseline on the same names, and a family with other parameters.
fn two() -> Reported {
    let mut outline = clear();
    outline.models.remove(1);
    outline.models[1].axes = vec![("layers", integers(&[3, 4]))];
    (outline.models[1].skill, outline.question) = (0.7, "Do more layers do better?");
    outline.build()
}

fn part<'a>(name: &'a str, experiment: &'a Reported) -> ComparedExperiment<'a> {
    let labels = experiment.plan.models().into_iter().map(|model| (model.to_owned(), format!("{name}/{model}")));
    ComparedExperiment { name, outcomes: experiment.outcomes(), labels: labels.collect(), divisions: Vec::new() }
}

fn provenance() -> Provenance {
    let text = str::to_owned;
    let compared = |name| ComparedSpec { given: text(name), name: text(name), resolved_spec: text("recur: 1\n") };
    let source = ComparisonSource { compared: ["one", "two"].map(compared).to_vec(), question: None };
    Provenance {
        program: text("recur"),
        command: text("recur compare one two"),
        recur_version: text("0.1.0"),
        numeric_contract: 1,
        made_from: MadeFrom::Comparison(source),
    }
}

fn together(one: &Reported, two: &Reported, baseline: Option<&str>) -> Result<Comparison, AnalysisError> {
    Comparison::of(&[part("one", one), part("two", two)], "both", None, baseline)
}

fn analysis(comparison: &Comparison, n_resamples: usize) -> Analysis {
    Analysis::resampled(&comparison.outcomes(), n_resamples).unwrap()
}

fn json(outcomes: Outcomes<'_>) -> serde_json::Value {
    let (analysis, provenance) = (Analysis::resampled(&outcomes, 10).unwrap(), provenance());
    let signature = Signature::of(&outcomes, &provenance);
    serde_json::from_str(&Export::of(&analysis, &provenance, &signature).json()).unwrap()
}

fn write(comparison: &Comparison, dir: &Path) {
    let provenance = provenance();
    let signature = Signature::of(&comparison.outcomes(), &provenance);
    recur_report::write(&analysis(comparison, 20), &provenance, &signature, dir).unwrap();
}

#[test]
fn an_overview_reads_as_reviewed() {
    let overview = Overview::of(&analysis(&together(&one(), &two(), None).unwrap(), recur_stats::RESAMPLES));
    insta::assert_snapshot!("overview", overview.markdown());
    let single = |experiment: Outline| Outline { replicates: 1, ..experiment }.build();
    let mut other = clear();
    other.models.truncate(1);
    other.models[0].axes = vec![("ngrams", integers(&[3]))];
    let overview =
        Overview::of(&analysis(&together(&single(clear()), &single(other), None).unwrap(), recur_stats::RESAMPLES));
    insta::assert_snapshot!("overview_of_names", overview.markdown());
}

#[test]
fn models_keep_their_choice_their_figures_and_their_trials() {
    let (one, two) = (one(), two());
    let whole = together(&one, &two, None).unwrap();
    let models = |outcomes| -> BTreeMap<String, serde_json::Value> {
        let document = json(outcomes);
        let models = document["models"].as_array().unwrap().clone();
        models.into_iter().map(|model| (model["model"].as_str().unwrap().to_owned(), model)).collect()
    };
    let found = models(whole.outcomes());
    assert_eq!(found.len(), 4);
    for (name, own) in [("one", &one), ("two", &two)] {
        for (id, model) in models(own.outcomes()) {
            let label = format!("{name}/{id}");
            let here = &found[whole.facts().duplicates.get(&label).unwrap_or(&label)];
            for field in ["params", "trials", "trial_ids", "validation", "test", "labels"] {
                assert_eq!(here[field], model[field], "{label} {field}");
            }
        }
    }
    let twins = BTreeMap::from([("two/linfa_logistic".to_owned(), "one/linfa_logistic".to_owned())]);
    assert_eq!(whole.facts().duplicates, twins);
}

#[test]
fn the_baseline_is_the_firsts_best_on_validation_unless_another_is_named() {
    let (mut one, two) = (one(), two());
    // By these test figures another model would be the best.
    one.tests.iter_mut().for_each(|test| test.scores.macro_f1 = 1.0 - test.scores.macro_f1);
    let baseline = |named| together(&one, &two, named).unwrap().outcomes().plan.report.baseline.clone().unwrap();
    assert_eq!(baseline(None), "one/stacked_rnn");
    assert_eq!(baseline(Some("two/stacked_rnn")), "two/stacked_rnn");
    assert_eq!(baseline(Some("two/linfa_logistic")), "one/linfa_logistic");
}

#[test]
fn a_baseline_that_figures_chose_is_corrected_for_as_the_best_is() {
    let (one, two) = (one(), two());
    let p = |named: Option<&str>| {
        let whole = together(&one, &two, named).unwrap();
        let dir = tempfile::tempdir().unwrap();
        write(&whole, dir.path());
        let document = json(whole.outcomes());
        let comparisons = document["models"][1]["to_baseline"]["comparisons"].as_u64().unwrap();
        (comparisons, std::fs::read_to_string(dir.path().join("both.md")).unwrap())
    };
    let ((named, told_named), (chosen, told_chosen)) = (p(Some("one/stacked_rnn")), p(None));
    assert_eq!((named, chosen), (3, 6), "of four models");
    assert!(told_named.contains("These comparisons are a family of their own: p is corrected over these 3"));
    assert!(told_chosen.contains("As results chose it, p is corrected over all 6 pairs of models"), "{told_chosen}");
}

#[test]
fn what_differs_is_named() {
    fn check(change: impl FnOnce(&mut Reported), expected: &str) {
        let (one, mut two) = (one(), two());
        change(&mut two);
        match together(&one, &two, None) {
            Err(AnalysisError::Incompatible { first, second, why }) => {
                assert_eq!((first.as_str(), second.as_str()), ("one", "two"));
                assert_eq!(why.to_string(), expected);
            }
            other => panic!("{expected}: {other:?}"),
        }
    }
    check(|two| two.plan.seed = 8, "seed is 7 and 8, which divide the rows in other ways");
    check(
        |two| two.plan.split.stratify = false,
        "their rows are divided by other rules; data.split.stratify is true and false",
    );
    check(
        |two| {
            let digest = Digest::of(b"other");
            two.trials.iter_mut().for_each(|finding| finding.record.identity.dataset = digest.clone());
            (two.facts.dataset, two.plan.data.source) = (digest, "data/other.csv".into());
        },
        "their data differ: 8400 and 8400 rows; data.source is data/names.csv and data/other.csv",
    );
    check(
        |two| two.label_names[0] = "Polish".to_owned(),
        "their labels differ: the first alone has Czech; the second alone has Polish",
    );
    check(
        |two| two.plan.report.primary = Metric::Loss,
        "report.primary is macro_f1 and loss: their configurations were chosen by other figures",
    );
    check(
        |two| two.trials.iter_mut().for_each(|finding| finding.record.split = Digest::of(b"other")),
        "replicate 0 is divided in another way, by another version of recur",
    );
    check(
        |two| two.trials.iter_mut().for_each(|finding| finding.record.identity.replicate += 2),
        "one is of replicate 0 and the other of replicate 2, each another split",
    );
    let fewer = Outline { replicates: 3, ..clear() }.build();
    let error = together(&one(), &fewer, None).unwrap_err();
    let is_such = |why: &Incompatibility| *why == Incompatibility::Replicates { first: 5, second: 3 };
    assert!(matches!(&error, AnalysisError::Incompatible { why, .. } if is_such(why)), "{error}");
}

/// The experiment with its names in other letters: another data set, whose rows stand in another order.
fn respelt(mut reported: Reported) -> Reported {
    let (digest, experiment) = (Digest::of(b"other letters"), &mut *reported);
    for recur_core::selection::Finding { trial, record } in &mut experiment.trials {
        (trial.identity.dataset, record.split) = (digest.clone(), Digest::of(b"other order"));
        let id = trial.identity.id();
        experiment.tests.iter_mut().filter(|test| test.id == record.id).for_each(|test| test.id = id.clone());
        (trial.id, record.id, record.identity) = (id.clone(), id, trial.identity.clone());
    }
    for test in &mut experiment.tests {
        test.predictions.iter_mut().for_each(|prediction| prediction.name = prediction.name.to_uppercase());
        test.predictions.reverse();
    }
    (experiment.facts.dataset, experiment.plan.data.text.fold) = (digest, recur_core::settings::Fold::Ascii);
    reported
}

#[test]
fn the_same_rows_in_other_letters_are_compared_but_not_name_by_name() {
    let (one, two) = (one(), respelt(two()));
    let whole = |divisions: [&[u8]; 2]| {
        let of = |name, experiment, bytes| ComparedExperiment {
            divisions: vec![Digest::of(bytes)],
            ..part(name, experiment)
        };
        Comparison::of(&[of("one", &one, divisions[0]), of("two", &two, divisions[1])], "both", None, None)
    };
    let error = whole([b"a", b"b"]).unwrap_err().to_string();
    assert!(error.ends_with("their data differ: 8400 and 8400 rows; data.text.fold is none and ascii"), "{error}");
    let whole = whole([b"a", b"a"]).unwrap();
    let dir = tempfile::tempdir().unwrap();
    write(&whole, dir.path());
    let report = std::fs::read_to_string(dir.path().join("both.md")).unwrap();
    assert!(report.contains("`two` has the same rows, divided in the same way, with its names in other letters"));
    assert!(report.contains("`data.text.fold` is `none` here and `ascii` there"));
    assert!(!report.contains("## Name by name") && !report.contains("## Hardest names"));
    assert_eq!(Overview::of(&analysis(&whole, 20)).rows.len(), 5, "no two trials are the same");
}

#[test]
fn models_without_a_label_are_left_out() {
    let (one, two) = (one(), two());
    let mut parts = [part("one", &one), part("two", &two)];
    parts.iter_mut().for_each(|part| part.labels.retain(|model, _| model == "stacked_rnn"));
    let whole = Comparison::of(&parts, "both", Some("Do more layers do better?"), None).unwrap();
    assert_eq!(whole.outcomes().plan.models(), ["one/stacked_rnn", "two/stacked_rnn"]);
    let dir = tempfile::tempdir().unwrap();
    write(&whole, dir.path());
    let report = std::fs::read_to_string(dir.path().join("both.md")).unwrap();
    assert!(report.starts_with("# both\n\n> Do more layers do better?\n\n**"), "{report}");
    assert!(!report.contains("linfa_logistic"), "{report}");
}

#[test]
fn an_experiment_without_a_choice_is_refused() {
    let wild = Outline { name: "clear", ..all_diverged() }.build();
    let error = together(&one(), &wild, None).unwrap_err();
    assert!(matches!(&error, AnalysisError::NothingFinished { name } if name == "two"), "{error}");
}
