//! The analysis as a value.

#[expect(dead_code, reason = "shared with other tests, which need more of it")]
mod fixture;

use fixture::{Experiment, Outline, all_diverged, clear, labels, small};
use recur_analysis::{Analysis, Positive, Standing, Unscored, Verdict, standings};
use recur_core::metric::Metric;
use recur_core::selection::Selection;
use recur_core::settings::TestRows;
use serde_json::Value;

fn analysis(experiment: &Experiment) -> Analysis {
    Analysis::resampled(&experiment.outcomes(), 50).unwrap()
}

fn json(experiment: &Experiment) -> Value {
    serde_json::to_value(analysis(experiment)).unwrap()
}

#[test]
fn every_analysis_is_written_as_json_and_read_back_as_the_same_numbers() {
    let one_replicate = Outline { replicates: 1, ..clear() };
    let mut one_model = small();
    one_model.models.truncate(1);
    let mut nothing_ran = small().experiment();
    nothing_ran.trials.clear();
    nothing_ran.tests.clear();
    nothing_ran.selection = Selection::choose(&nothing_ran.plan, &[]);
    let outlines = [small(), clear(), all_diverged(), one_replicate, one_model];
    for experiment in outlines.iter().map(Outline::experiment).chain([nothing_ran]) {
        let text = serde_json::to_string(&analysis(&experiment)).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json(&experiment), "{}", experiment.plan.name);
    }
}

#[test]
fn equal_outcomes_give_equal_analyses_in_any_order() {
    let mut turned = small().experiment();
    turned.trials.reverse();
    turned.tests.reverse();
    turned.trials.swap(3, 11);
    assert_eq!(json(&small().experiment()), json(&turned));
}

/// What a JSON document cannot hold is left out, and never becomes a number.
#[test]
fn a_result_that_is_not_finite_is_null_and_nothing_is_compared_by_it() {
    let mut experiment = Outline { primary: Metric::Loss, ..small() }.experiment();
    experiment.tests.iter_mut().for_each(|test| test.scores.loss = f64::INFINITY);
    let document = json(&experiment);
    assert!(document["models"][0]["test"]["loss"]["mean"].is_null());
    assert!(document["best_against"][0]["difference"]["p"].is_null());
}

#[test]
fn the_verdict_names_the_models_that_it_is_about() {
    let verdict = |outline: Outline| analysis(&outline.experiment()).verdict;
    let best = Verdict::Best { best: "stacked_rnn".to_owned(), nearest: "linfa_logistic".to_owned() };
    assert_eq!(verdict(clear()), best);
    assert_eq!(verdict(all_diverged()), Verdict::Nothing { any_chosen: false });
    let leading = Verdict::OneReplicate { leading: "stacked_rnn".to_owned() };
    assert_eq!(verdict(Outline { replicates: 1, ..clear() }), leading);
    let mut alone = small();
    alone.models.truncate(1);
    assert_eq!(verdict(alone), Verdict::OneModel { model: "linfa_logistic".to_owned() });
    let Verdict::NotDistinguishable { leading, from, better_than } = verdict(small()) else { panic!("not tied") };
    assert!(!from.contains(&leading) && from.iter().all(|model| !better_than.contains(model)));
    assert_eq!(1 + from.len() + better_than.len(), 3);
}

#[test]
fn standings_are_those_of_the_analysis() {
    let experiment = clear().experiment();
    let of_models: Vec<(String, Standing)> =
        analysis(&experiment).models.into_iter().map(|model| (model.model, model.standing)).collect();
    assert_eq!(standings(&experiment.outcomes(), 50).unwrap(), of_models);
}

#[test]
fn a_model_that_could_not_be_scored_everywhere_has_the_results_that_there_are() {
    let mut experiment = clear().experiment();
    let missing = experiment.tests.pop().unwrap();
    experiment.unscored = vec![Unscored { trial: missing.id.clone(), reason: "no room".to_owned() }];
    let analysis = analysis(&experiment);
    let (_, model) = analysis.model("stacked_rnn").unwrap();
    assert!(!model.is_ranked() && model.test.is_empty());
    let scored = &model.partial_test["accuracy"];
    assert_eq!(scored.by_replicate.iter().flatten().count(), 4);
    assert!(scored.mean.is_some() && scored.sd.is_some() && scored.interval.is_none());
    let unfinished = analysis.unfinished.iter().find(|trial| trial.trial == missing.id).unwrap();
    assert_eq!((unfinished.outcome.word(), unfinished.reason.as_str()), ("not_scored", "no room"));
}

/// The experiment with the same test rows for all replicates.
fn with_fixed_test_rows(outline: Outline) -> Experiment {
    let mut experiment = outline.experiment();
    experiment.plan.split.test_rows = TestRows::Fixed;
    experiment.choose();
    experiment
}

#[test]
fn the_ensemble_of_a_model_answers_with_the_mean_of_its_replicates() {
    let mut experiment = with_fixed_test_rows(clear());
    // Of each model's replicates the first is always right and never sure of it, and the others are as they were.
    let n_labels = experiment.label_names.len();
    let first = experiment.trials.iter().filter(|outcome| outcome.trial.replicate == 0);
    let first: Vec<_> = first.map(|outcome| outcome.trial.id.clone()).collect();
    for test in &mut experiment.tests {
        for prediction in &mut test.predictions {
            let (sure, label) = (first.contains(&test.id), usize::from(prediction.label));
            let others = if sure { -30.0 } else { -(libm::log(n_labels as f64) as f32) };
            prediction.log_probabilities = vec![others; n_labels];
            prediction.log_probabilities[label] = if sure { 0.0 } else { others };
        }
    }
    let analysis = analysis(&experiment);
    let ensembles = analysis.ensembles.as_ref().unwrap();
    assert_eq!(ensembles.ensembles.len(), analysis.ranking.len());
    for ensemble in &ensembles.ensembles {
        assert_eq!((ensemble.members, ensemble.test["accuracy"]), (5, 1.0), "the one that is sure decides");
        let p = (1.0 + 4.0 / n_labels as f64) / 5.0;
        assert!((ensemble.test["loss"] + libm::log(p)).abs() < 1e-6, "{}", ensemble.test["loss"]);
    }
}

#[test]
fn ensembles_are_compared_with_their_members_the_baseline_and_its_ensemble() {
    let analysis = analysis(&with_fixed_test_rows(Outline { baseline: Some("linfa_logistic"), ..clear() }));
    let ensembles = analysis.ensembles.as_ref().unwrap();
    assert_eq!(ensembles.reference, "linfa_logistic");
    let (_, reference) = analysis.model("linfa_logistic").unwrap();
    let mean_of_reference = reference.test(analysis.primary).unwrap().mean.unwrap();
    let value = |model: &str| {
        let found = ensembles.ensembles.iter().find(|ensemble| ensemble.model == model).unwrap();
        found.test[analysis.primary.name()]
    };
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
    for ensemble in &ensembles.ensembles {
        let own = value(&ensemble.model);
        let (_, model) = analysis.model(&ensemble.model).unwrap();
        near(ensemble.over_members.mean, own - model.test(analysis.primary).unwrap().mean.unwrap());
        let interval = ensemble.interval.unwrap();
        assert!(interval.low < own && own < interval.high);
        if ensemble.model == ensembles.reference {
            assert!(ensemble.over_reference.is_none() && ensemble.over_ensemble_of_reference.is_none());
            continue;
        }
        let (over, over_ensemble) =
            (ensemble.over_reference.as_ref().unwrap(), ensemble.over_ensemble_of_reference.as_ref().unwrap());
        near(over.mean, own - mean_of_reference);
        near(over_ensemble.mean, own - value("linfa_logistic"));
        assert_eq!(over.comparisons, ensembles.ensembles.len() - 1);
        let interval = over.interval.unwrap();
        assert!(interval.low < over.mean && over.mean < interval.high);
    }
    let values = ensembles.ensembles.iter().map(|ensemble| ensemble.test[analysis.primary.name()]);
    assert!(values.collect::<Vec<_>>().is_sorted_by(|a, b| a >= b), "best first");
}

/// As many as can be made of three ensembles and three models, and of three ensembles.
#[test]
fn without_a_baseline_all_pairs_count() {
    let analysis = analysis(&with_fixed_test_rows(Outline { baseline: None, ..clear() }));
    let ensembles = analysis.ensembles.as_ref().unwrap();
    assert_eq!(ensembles.reference, analysis.best().unwrap().model);
    let others = ensembles.ensembles.iter().filter(|ensemble| ensemble.model != ensembles.reference);
    for ensemble in others {
        assert_eq!(ensemble.over_reference.as_ref().unwrap().comparisons, 6);
        assert_eq!(ensemble.over_ensemble_of_reference.as_ref().unwrap().comparisons, 3);
    }
}

#[test]
fn there_are_no_ensembles_where_replicates_are_tested_on_rows_of_their_own_or_there_are_two() {
    assert!(analysis(&clear().experiment()).ensembles.is_none());
    assert!(analysis(&with_fixed_test_rows(Outline { replicates: 2, ..clear() })).ensembles.is_none());
}

fn two_labels() -> Outline {
    Outline { name: "two_labels", labels: labels(&["ham", "spam"]), n_tested_labels: 2, ..small() }
}

fn positive(experiment: &mut Experiment, label: Option<&str>) -> Option<Positive> {
    experiment.plan.report.positive = label.map(str::to_owned);
    analysis(experiment).positive
}

#[test]
fn the_rarer_of_two_labels_is_looked_for_unless_the_spec_names_one() {
    assert_eq!(positive(&mut small().experiment(), None), None);
    assert_eq!(positive(&mut all_diverged().experiment(), Some("Greek")), None);
    let greek = positive(&mut small().experiment(), Some("Greek")).unwrap();
    assert_eq!((greek.label.as_str(), greek.is_given, greek.models.len()), ("Greek", true, 3));
    assert!(greek.models.iter().all(|model| model.threshold.mean.is_none() && model.f1.mean.is_some()));
    let mut experiment = two_labels().experiment();
    let label = |found: Option<Positive>| found.map(|found| (found.label, found.is_given)).unwrap();
    assert_eq!(
        label(positive(&mut experiment, None)),
        ("spam".to_owned(), false),
        "of equally frequent ones the later"
    );
    assert_eq!(label(positive(&mut experiment, Some("ham"))), ("ham".to_owned(), true));
    experiment.facts.rows_by_label.insert("ham".to_owned(), 3);
    assert_eq!(label(positive(&mut experiment, None)), ("ham".to_owned(), false));
}

/// Each value by its definition, from the predictions.
#[test]
fn results_of_the_positive_label_follow_from_the_predictions() {
    let mut experiment = two_labels().experiment();
    let found = positive(&mut experiment, Some("spam")).unwrap();
    let whole = analysis(&experiment);
    for results in &found.models {
        let (_, model) = whole.model(&results.model).unwrap();
        for (replicate, id) in model.trial_ids.iter().enumerate() {
            let test = experiment.tests.iter().find(|test| test.id == *id).unwrap();
            let scored =
                test.predictions.iter().map(|row| (row.log_probabilities[1], row.label == 1, row.predicted == 1));
            let scored: Vec<(f32, bool, bool)> = scored.collect();
            let score = |wanted: bool| scored.iter().filter(move |row| row.1 == wanted).map(|row| f64::from(row.0));
            let order = |high: f64, low: f64| {
                if high > low {
                    1.0
                } else if high == low {
                    0.5
                } else {
                    0.0
                }
            };
            let pairs = score(true).flat_map(|high| score(false).map(move |low| order(high, low)));
            let n_pairs = score(true).count() * score(false).count();
            let f1 = |is_predicted: &dyn Fn(&(f32, bool, bool)) -> bool| {
                let count =
                    |truth: bool| scored.iter().filter(|row| row.1 == truth && is_predicted(row)).count() as f64;
                2.0 * count(true) / (count(true) + count(false) + score(true).count() as f64)
            };
            let threshold = test.thresholds.unwrap()[1];
            let expected = [
                (&results.roc_auc, pairs.sum::<f64>() / n_pairs as f64),
                (&results.f1, f1(&|row| row.2)),
                (&results.f1_at_threshold, f1(&|row| row.0 >= threshold)),
                (&results.threshold, libm::exp(f64::from(threshold))),
            ];
            for (place, (got, expected)) in expected.into_iter().enumerate() {
                let got = got.by_replicate[replicate].unwrap();
                assert!((got - expected).abs() < 1e-12, "{place}: {got} {expected}");
            }
        }
        let (roc, area) = (&results.roc.mean, results.roc_auc.mean.unwrap());
        assert!(roc.len() == 101 && roc.is_sorted() && roc[100] == 1.0, "{roc:?}");
        let under = roc.windows(2).map(|ends| (ends[0] + ends[1]) / 200.0).sum::<f64>();
        assert!((under - area).abs() < 0.01, "{under} {area}");
        let steps = results.precision_recall.mean.iter().skip(1).sum::<f64>() / 100.0;
        assert!((steps - results.average_precision.mean.unwrap()).abs() < 0.01, "{steps}");
        assert!(results.roc_auc.interval.is_some_and(|interval| interval.low < area && area < interval.high));
    }
}
