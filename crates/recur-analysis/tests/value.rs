//! The analysis as a value.

#[expect(dead_code, reason = "shared with other tests, which need more of it")]
mod fixture;

use fixture::{Experiment, Outline, all_diverged, clear, small};
use recur_analysis::{Analysis, Standing, Unscored, Verdict, standings};
use recur_core::metric::Metric;
use recur_core::selection::Selection;
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
