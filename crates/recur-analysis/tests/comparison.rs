//! Several experiments as one.

#[expect(dead_code, reason = "shared with other tests, which need more of it")]
mod fixture;

use fixture::{Experiment, Outline, all_diverged, clear, integers};
use recur_analysis::{Analysis, AnalysisError, ComparedExperiment, Comparison, Incompatibility, Outcomes, ToBaseline};
use recur_core::digest::Digest;
use recur_core::metric::Metric;
use recur_core::plan::WithoutEffect;
use recur_core::search::Budget;
use recur_core::settings::TestRows;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A baseline and two families.
fn one() -> Experiment {
    clear().experiment()
}

/// The same baseline on the same examples, and a family with other parameters.
fn two() -> Experiment {
    let mut outline = clear();
    outline.models.remove(1);
    outline.models[1].axes = vec![("layers", integers(&[3, 4]))];
    (outline.models[1].skill, outline.question) = (0.7, "Do more layers do better?");
    outline.experiment()
}

fn compared<'a>(name: &'a str, experiment: &'a Experiment) -> ComparedExperiment<'a> {
    let labels = experiment.plan.models().into_iter().map(|model| (model.to_owned(), format!("{name}/{model}")));
    ComparedExperiment { name, outcomes: experiment.outcomes(), labels: labels.collect(), divisions: Vec::new() }
}

fn comparison(one: &Experiment, two: &Experiment, baseline: Option<&str>) -> Result<Comparison, AnalysisError> {
    Comparison::of(&[compared("one", one), compared("two", two)], "both", None, baseline)
}

/// The models of an analysis as JSON, by id.
fn models(outcomes: Outcomes<'_>) -> BTreeMap<String, Value> {
    let analysis = Analysis::resampled(&outcomes, 10).unwrap();
    analysis.models.iter().map(|model| (model.model.clone(), serde_json::to_value(model).unwrap())).collect()
}

#[test]
fn models_keep_their_choice_their_results_and_their_trials() {
    let (one, two) = (one(), two());
    let whole = comparison(&one, &two, None).unwrap();
    let found = models(whole.outcomes());
    assert_eq!(found.len(), 4);
    for (name, own) in [("one", &one), ("two", &two)] {
        for (id, model) in models(own.outcomes()) {
            let label = format!("{name}/{id}");
            let here = &found[whole.facts().duplicates.get(&label).unwrap_or(&label)];
            for field in ["params", "trials", "trial_ids", "validation", "test", "labels", "confusion"] {
                assert_eq!(here[field], model[field], "{label} {field}");
            }
        }
    }
    let duplicates = BTreeMap::from([("two/linfa_logistic".to_owned(), "one/linfa_logistic".to_owned())]);
    assert_eq!(whole.facts().duplicates, duplicates);
}

#[test]
fn the_baseline_is_the_firsts_best_on_validation_unless_another_is_named() {
    let (mut one, two) = (one(), two());
    // By these test results another model would be the best.
    one.tests.iter_mut().for_each(|test| test.scores.macro_f1 = 1.0 - test.scores.macro_f1);
    let baseline = |named| comparison(&one, &two, named).unwrap().outcomes().plan.report.baseline.clone().unwrap();
    assert_eq!(baseline(None), "one/stacked_rnn");
    assert_eq!(baseline(Some("two/stacked_rnn")), "two/stacked_rnn");
    assert_eq!(baseline(Some("two/linfa_logistic")), "one/linfa_logistic");
}

#[test]
fn what_differs_is_named() {
    fn check(change: impl FnOnce(&mut Experiment), expected: &str) {
        let (one, mut two) = (one(), two());
        change(&mut two);
        match comparison(&one, &two, None) {
            Err(error @ AnalysisError::Incompatible { .. }) => {
                assert_eq!(error.to_string(), format!("one and two cannot be compared: {expected}"));
                assert!(error.hint().is_some(), "{error} has no hint");
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
            two.trials.iter_mut().for_each(|outcome| outcome.record.identity.dataset = digest.clone());
            (two.facts.dataset, two.plan.data.source) = (digest, "data/other.csv".into());
        },
        "their data differ: 8400 and 8400 rows; data.source is data/names.csv and data/other.csv",
    );
    check(
        |two| two.label_names[0] = "Polish".to_owned(),
        "their labels differ: only the first has Czech; only the second has Polish",
    );
    check(
        |two| two.plan.report.primary = Metric::Loss,
        "report.primary is macro_f1 and loss: their configurations were chosen by other metrics",
    );
    check(
        |two| two.trials.iter_mut().for_each(|outcome| outcome.record.split = Digest::of(b"other")),
        "replicate 0 is divided in another way, by another version of recur",
    );
    check(
        |two| two.trials.iter_mut().for_each(|outcome| outcome.record.identity.replicate += 2),
        "one is of replicate 0 and the other of replicate 2, each another split",
    );
    let fewer = Outline { replicates: 3, ..clear() }.experiment();
    let error = comparison(&one(), &fewer, None).unwrap_err();
    let is_such = |why: &Incompatibility| *why == Incompatibility::Replicates { first: 5, second: 3 };
    assert!(matches!(&error, AnalysisError::Incompatible { why, .. } if is_such(why)), "{error}");
}

#[test]
fn a_raced_model_is_compared_with_that_of_the_full_grid_also_where_both_chose_the_same() {
    let (mut grid, mut raced) = (one(), one());
    grid.plan.split.test_rows = TestRows::Fixed;
    grid.choose();
    let best = |experiment: &Experiment| experiment.selection.chosen()[2].configuration.unwrap();
    let place = best(&grid) - grid.plan.configurations.iter().position(|own| own.model == "stacked_rnn").unwrap();
    raced.race("stacked_rnn", None, Budget::full(2), place);
    assert_eq!(best(&raced), best(&grid));
    let whole = comparison(&grid, &raced, None).unwrap();
    assert_eq!(whole.facts().duplicates.len(), 2, "but not the raced one");
    let analysis = Analysis::resampled(&whole.outcomes(), 10).unwrap();
    let difference = &analysis.model("two/stacked_rnn").unwrap().1.to_baseline.as_ref().unwrap();
    assert_eq!((difference.mean, difference.p, difference.ties), (Some(0.0), None, 5));
}

#[test]
fn a_trial_that_only_another_experiment_chose_has_no_test_results() {
    let (mut one, two) = (one(), one());
    let best = one.selection.chosen()[2].configuration.unwrap();
    let best = one.plan.configurations[best].clone();
    one.keep(|configuration| *configuration != best);
    let whole = comparison(&one, &two, None).unwrap();
    let analysis = Analysis::resampled(&whole.outcomes(), 10).unwrap();
    let ids = |is_chosen: bool| -> BTreeSet<_> {
        analysis.trials.iter().filter(|trial| trial.chosen == is_chosen).map(|trial| &trial.trial).collect()
    };
    assert!(!ids(true).is_disjoint(&ids(false)), "some are chosen in one and not in the other");
    assert!(analysis.trials.iter().all(|trial| trial.test.is_some() == trial.chosen));
}

#[test]
fn parameters_without_effect_are_known_by_the_labels_of_their_models() {
    let (one, mut two) = (one(), two());
    two.plan.without_effect = ["linfa_logistic", "stacked_rnn"]
        .map(|model| WithoutEffect {
            model: model.to_owned(),
            parameter: "learning_rate".to_owned(),
            needs: "layers".to_owned(),
            at_least: 2,
            n_combinations: 2,
        })
        .to_vec();
    let whole = comparison(&one, &two, None).unwrap();
    let found: Vec<&str> = whole.outcomes().plan.without_effect.iter().map(|one| one.model.as_str()).collect();
    assert_eq!(found, ["two/stacked_rnn"], "the other is a duplicate");
}

#[test]
fn models_that_are_given_validation_examples_are_known_by_their_labels() {
    let (one, mut two) = (one(), two());
    two.sees_validation = ["linfa_logistic", "stacked_rnn"].map(str::to_owned).to_vec();
    let whole = comparison(&one, &two, None).unwrap();
    assert_eq!(whole.outcomes().sees_validation, ["two/stacked_rnn"], "the other is a duplicate");
    assert_eq!(Analysis::resampled(&whole.outcomes(), 10).unwrap().sees_validation, ["two/stacked_rnn"]);
}

#[test]
fn an_experiment_without_a_choice_is_refused() {
    let wild = Outline { name: "clear", ..all_diverged() }.experiment();
    let error = comparison(&one(), &wild, None).unwrap_err();
    assert!(matches!(&error, AnalysisError::NothingFinished { name } if name == "two"), "{error}");
}

#[test]
fn each_model_is_compared_with_the_baseline_on_the_examples_where_there_is_one_replicate() {
    let single = |outline: Outline| Outline { replicates: 1, ..outline }.experiment();
    let (first, mut other) = (single(clear()), clear());
    other.models.truncate(1);
    other.models[0].axes = vec![("ngrams", integers(&[3]))];
    let other = single(other);
    let of = |outcomes: Outcomes<'_>| Analysis::resampled(&outcomes, 50).unwrap();
    let analysis = of(comparison(&first, &other, None).unwrap().outcomes());
    let compared: Vec<&str> = analysis.per_example_to_baseline.iter().map(|found| found.model.as_str()).collect();
    let others: Vec<&str> =
        analysis.ranked().map(|model| model.model.as_str()).filter(|id| *id != "one/stacked_rnn").collect();
    assert_eq!((compared.len(), compared), (3, others));
    let of_each = |p: fn(&ToBaseline) -> f64| analysis.per_example_to_baseline.iter().map(p).collect::<Vec<f64>>();
    let p_values = of_each(|found| found.on_examples.mcnemar_p);
    assert_eq!(of_each(|found| found.mcnemar_p_holm), recur_stats::holm(&p_values), "corrected over all models");
    assert!(analysis.per_example_to_baseline.iter().all(|found| found.on_examples.examples == 840));
    assert!(of(first.outcomes()).per_example_to_baseline.is_empty(), "no comparison was asked for");
}
