//! An experiment that is not finished: what is counted, what is best so far, and that no test result has any part in it.

#[expect(dead_code, reason = "other tests need the rest of it")]
mod fixture;

use fixture::part::Part;
use fixture::{clear, small};
use recur_analysis::{PartialAnalysis, PartialOutcomes, TrialCounts};
use recur_core::metric::Metric;
use recur_core::record::Outcome;
use recur_core::search::Budget;

#[test]
fn trials_are_counted_by_how_far_they_are() {
    let part = Part::new(clear().experiment(), 4, 2);
    let n = part.known.len() as u64;
    let expected = TrialCounts { known: n, finished: 3, diverged: 1, failed: 0, running: 2, waiting: n - 6 };
    let analysis = part.analysis();
    assert_eq!(analysis.progress, expected);
    assert!(!analysis.is_complete);
    let of_models = analysis.models.iter().map(|model| model.trials);
    assert_eq!(of_models.clone().map(|counts| counts.known).sum::<u64>(), n);
    assert_eq!(of_models.map(|counts| counts.ended() + counts.running).sum::<u64>(), 6);
}

#[test]
fn an_experiment_without_a_trial_that_ended_has_an_analysis() {
    let analysis = Part::new(clear().experiment(), 0, 0).analysis();
    assert_eq!((analysis.progress.ended(), analysis.curves.len(), analysis.cost.trials), (0, 0, 0));
    assert!(analysis.models.iter().all(|model| model.best.is_none()));
    assert_eq!(analysis.configurations.len(), analysis.models.iter().map(|model| model.configurations).sum::<usize>());
}

#[test]
fn all_trials_that_ended_make_it_complete_unless_results_decide_that_there_are_more() {
    let n = small().experiment().trials.len();
    let part = Part::new(small().experiment(), n, 0);
    assert!(part.analysis().is_complete);
    let open = PartialOutcomes { is_decided: false, ..part.outcomes() };
    assert!(!PartialAnalysis::of(&open).unwrap().is_complete);
    assert!(!Part::new(small().experiment(), n - 1, 1).analysis().is_complete);
}

#[test]
fn the_best_so_far_is_that_of_the_records() {
    let part = Part::new(clear().experiment(), 20, 0);
    let analysis = part.analysis();
    for model in &analysis.models {
        let best = model.best.as_ref().unwrap();
        let configuration = &analysis.configurations[best.configuration];
        assert_eq!(configuration.model, model.model);
        assert_eq!(configuration.validation(Metric::MacroF1).unwrap().mean, Some(best.mean));
        let means = analysis.configurations.iter().filter(|other| other.model == model.model);
        let means: Vec<f64> = means.filter_map(|other| other.validation(Metric::MacroF1)?.mean).collect();
        assert!(means.iter().all(|mean| *mean <= best.mean), "{}: {means:?}", model.model);
        let curve = analysis.curves.iter().find(|curve| curve.model == model.model).unwrap();
        assert!(curve.n_epochs() > 0);
    }
}

#[test]
fn an_eliminated_configuration_is_not_the_best_so_far() {
    let n = clear().experiment().trials.len();
    let mut part = Part::new(clear().experiment(), n, 0);
    let best = part.analysis().models.last().unwrap().best.clone().unwrap();
    part.experiment.eliminated = vec![None; part.experiment.plan.configurations.len()];
    part.experiment.eliminated[best.configuration] = Some(Budget::full(part.experiment.plan.replicates));
    let left = part.analysis().models.last().unwrap().best.clone();
    assert!(left.is_none_or(|left| left.configuration != best.configuration));
}

#[test]
fn what_failed_is_listed_with_its_reason_and_counted() {
    let mut part = Part::new(clear().experiment(), 3, 0);
    part.trials[1].record.outcome = Outcome::Failed { reason: "out of paper".to_owned() };
    part.trials[1].record.epochs.clear();
    let analysis = part.analysis();
    assert_eq!((analysis.progress.failed, analysis.progress.finished), (1, 2));
    assert_eq!(analysis.unfinished.len(), 1);
    assert_eq!(analysis.unfinished[0].reason, "out of paper");
}

#[test]
fn the_cost_is_that_of_the_trials_that_ended() {
    let part = Part::new(clear().experiment(), 20, 0);
    let cost = part.analysis().cost;
    let resumed = part.trials.iter().filter(|outcome| outcome.trial.replicate == 1).count() as u64;
    assert_eq!((cost.trials, cost.seconds, cost.resumed), (20, 40.0, resumed));
    assert_eq!(cost.models.iter().map(|model| model.trials).sum::<u64>(), 20);
    assert!(cost.models.iter().all(|model| model.seconds_per_trial == Some(2.0)));
}

#[test]
fn no_place_of_it_holds_a_test_result() {
    let part = Part::new(clear().experiment(), 20, 0);
    let json = serde_json::to_value(part.analysis()).unwrap();
    let text = json.to_string();
    for test in &part.experiment.tests {
        let score = serde_json::to_string(&test.scores.macro_f1).unwrap();
        assert!(!text.contains(&score), "{score} is in the partial analysis");
    }
    assert!(json["configurations"].as_array().unwrap().iter().all(|own| own["times_chosen"] == 0));
    for absent in ["verdict", "ranking", "best_against", "tests", "test"] {
        assert!(json.get(absent).is_none(), "{absent}");
    }
}
