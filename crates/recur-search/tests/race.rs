//! The stages of a race over listed configurations.

mod common;

use common::{Table, full, listed, noise, race, run, settings};
use proptest::prelude::*;
use recur_core::metric::Metric;
use recur_core::search::{Budget, Race};
use recur_search::{Needed, Study, StudySettings, TrialResult};
use std::collections::BTreeSet;

/// A simulated table: configurations differ, replicates of one differ less, and some diverge.
fn trial(seed: u32) -> impl Fn(&Study, Needed) -> TrialResult {
    move |_, Needed { model, configuration, replicate, .. }| {
        if noise(format!("{seed}/diverged/{model}/{configuration}/{replicate}")) < 0.02 {
            return TrialResult::Diverged;
        }
        let quality = 0.1 * noise(format!("{seed}/{model}/{configuration}"));
        TrialResult::Finished(0.8 + quality + 0.02 * noise(format!("{seed}/{model}/{configuration}/{replicate}")))
    }
}

/// The configurations of a model that finished the last stage.
fn survivors(study: &Study, model: usize) -> Vec<usize> {
    (0..study.n_configurations(model)).filter(|&one| study.eliminated(model, one).is_none()).collect()
}

/// What a race keeps, written as the rule reads: `values[configuration][replicate]`, none where a trial diverged.
fn expected(race: &Race, metric: Metric, values: &[Vec<Option<f64>>]) -> Vec<usize> {
    let mut kept: Vec<usize> = (0..values.len()).collect();
    for &replicates in &race.replicates[..race.replicates.len() - 1] {
        let mean = |one: usize| {
            let sum: Option<f64> = values[one][..replicates as usize].iter().copied().sum();
            let sign = if metric.higher_is_better() { -1.0 } else { 1.0 };
            sum.map_or(f64::INFINITY, |sum| sign * sum / f64::from(replicates))
        };
        let n = ((race.keep * kept.len() as f64 - 1e-9).ceil() as usize).max(2).min(kept.len());
        let rank = |one: usize| kept.iter().filter(|&&other| (mean(other), other) < (mean(one), one)).count();
        let last = kept.iter().copied().find(|&one| rank(one) == n - 1).expect("somebody is last");
        let is_close = |one| race.margin.is_some_and(|margin| mean(one) - mean(last) < margin);
        kept = kept.iter().copied().filter(|&one| rank(one) < n || is_close(one)).collect();
    }
    kept
}

#[test]
fn without_a_race_everything_is_trained_in_order() {
    let mut study = Study::new(settings(2, None, None), vec![listed(2), listed(1)]);
    let trained = run(&mut study, &mut Table::default(), &trial(0));
    let order: Vec<_> = trained.iter().map(|one| (one.replicate, one.model, one.configuration)).collect();
    assert_eq!(order, [(0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0), (1, 0, 1), (1, 1, 0)]);
    assert_eq!(study.most_trials(), 6);
}

#[test]
fn a_race_trains_a_third_and_chooses_what_the_grid_would() {
    let mut chosen = Vec::new();
    for plan in [None, Some(race(&[1, 2, 5], 0.33))] {
        let mut table = Table::default();
        let mut study = Study::new(settings(5, plan, None), vec![listed(200)]);
        let trained = run(&mut study, &mut table, &trial(1));
        assert_eq!(trained.len() as u64, study.most_trials());
        let mean = |one: usize| {
            let value = |replicate| match table.0[&full(0, one, replicate)] {
                TrialResult::Finished(value) => value,
                TrialResult::Diverged => f64::NEG_INFINITY,
            };
            (0..5).map(value).sum::<f64>()
        };
        let best = survivors(&study, 0).into_iter().max_by(|&a, &b| mean(a).total_cmp(&mean(b))).unwrap();
        chosen.push((trained.len(), best));
    }
    assert_eq!((chosen[0].0, chosen[1].0), (1_000, 332));
    assert_eq!(chosen[0].1, chosen[1].1);
}

#[test]
fn each_model_goes_on_by_itself() {
    let mut study = Study::new(settings(2, Some(race(&[1, 2], 0.5)), None), vec![listed(4), listed(4)]);
    let mut table = Table::default();
    for one in study.decide(&table).into_iter().filter(|one| one.model == 1 || one.configuration > 0) {
        table.0.insert(one, trial(0)(&study, one));
    }
    let needed = study.decide(&table);
    assert_eq!(needed[0], full(0, 0, 0));
    assert!(needed.len() == 3 && needed[1..].iter().all(|one| one.model == 1 && one.replicate == 1), "{needed:?}");
    assert_eq!(study.stages(0).len(), 1);
    assert_eq!(study.stages(1)[0].n_went_on, Some(2));
    assert_eq!(study.stages(1)[1].n_went_on, None);
}

#[test]
fn a_diverged_trial_counts_as_worst_in_later_stages_too() {
    let result = |_: &Study, one: Needed| match (one.configuration, one.replicate) {
        // Best by far but for its first trial. It goes on, as two always do.
        (0, 0) => TrialResult::Diverged,
        (0, _) => TrialResult::Finished(1.0),
        (1, _) => TrialResult::Finished(0.5),
        _ => TrialResult::Diverged,
    };
    let mut study = Study::new(settings(3, Some(race(&[1, 2, 3], 0.1)), None), vec![listed(4)]);
    run(&mut study, &mut Table::default(), &result);
    assert_eq!(survivors(&study, 0), [0, 1]);
    assert_eq!(study.eliminated(0, 3), Some(Budget::full(1)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_race_keeps_what_the_rule_says(
        seed in any::<u32>(), n in 0..30_usize, keep in 0.05..0.95_f64,
        margin in prop::option::of(0.0..0.03_f64), higher in any::<bool>(), coarse in any::<bool>(),
    ) {
        let rule = Race { replicates: vec![1, 2, 4], keep, margin };
        let metric = if higher { Metric::Accuracy } else { Metric::Loss };
        let settings = StudySettings { metric, ..settings(4, Some(rule.clone()), None) };
        let result = |study: &Study, one| match trial(seed)(study, one) {
            // Many equal values.
            TrialResult::Finished(value) if coarse => TrialResult::Finished((value * 32.0).round() / 32.0),
            result => result,
        };
        let mut study = Study::new(settings, vec![listed(n)]);
        let trained = run(&mut study, &mut Table::default(), &result);
        let value = |configuration, replicate| match result(&study, full(0, configuration, replicate)) {
            TrialResult::Finished(value) => Some(value),
            TrialResult::Diverged => None,
        };
        let values: Vec<Vec<_>> = (0..n).map(|one| (0..4).map(|r| value(one, r)).collect()).collect();
        if n > 0 {
            prop_assert_eq!(survivors(&study, 0), expected(&rule, metric, &values));
        }
        prop_assert!(survivors(&study, 0).len() >= n.min(2));
        prop_assert!(trained.len() as u64 <= study.most_trials());
        prop_assert!(margin.is_some() || trained.len() as u64 == study.most_trials());
    }

    #[test]
    fn a_race_does_not_depend_on_the_order_of_results(seed in any::<u32>(), order in any::<u32>()) {
        let plan = || Study::new(settings(4, Some(race(&[1, 2, 4], 0.4)), None), vec![listed(12), listed(5)]);
        let mut whole = plan();
        let trained: BTreeSet<_> = run(&mut whole, &mut Table::default(), &trial(seed)).into_iter().collect();
        let (mut study, mut table, mut step) = (plan(), Table::default(), 0);
        loop {
            let needed = study.decide(&table);
            if needed.is_empty() { break }
            step += 1;
            let one = needed[(noise(format!("order/{order}/{step}")) * needed.len() as f64) as usize];
            table.0.insert(one, trial(seed)(&study, one));
            // A process that was ended and begins anew.
            if step % 7 == 0 { study = plan() }
        }
        prop_assert_eq!(trained, table.0.keys().copied().collect());
        for model in 0..2 {
            prop_assert_eq!(survivors(&whole, model), survivors(&study, model));
        }
    }

    #[test]
    fn a_race_with_more_replicates_keeps_its_stages(seed in any::<u32>()) {
        let (mut table, mut results) = (Table::default(), Vec::new());
        for (n, plan) in [(3, race(&[1, 3], 0.4)), (5, race(&[1, 3, 5], 0.4))] {
            let mut study = Study::new(settings(n, Some(plan), None), vec![listed(20)]);
            let trained = run(&mut study, &mut table, &trial(seed));
            results.push((trained, (0..20).filter(|&one| study.eliminated(0, one) == Some(Budget::full(1))).collect::<Vec<_>>()));
        }
        prop_assert_eq!(&results[0].1, &results[1].1);
        // Only the new replicates are trained.
        prop_assert!(results[1].0.iter().all(|one| one.replicate >= 3));
    }
}
