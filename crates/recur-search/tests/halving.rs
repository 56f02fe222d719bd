//! Halving: configurations that are not good after a few epochs are trained no further.

mod common;

use common::{Table, full, listed, mixed_space, noise, race, run, search, searched, settings};
use proptest::prelude::*;
use recur_core::search::{Budget, Halving, Race, SearchMethod, SearchSettings};
use recur_search::{Candidates, Needed, Study, StudySettings, TrialResult};
use std::collections::BTreeMap;

const HALVING: Halving = Halving { shortest: 3, eta: 3 };

/// A study of models that are trained for 27 epochs, if for any.
fn study(
    replicates: u32,
    race: Option<Race>,
    search: Option<SearchSettings>,
    models: Vec<(Candidates, Option<u32>)>,
) -> Study {
    let models = models.into_iter().map(|(candidates, epochs)| Candidates { epochs, ..candidates }).collect();
    Study::new(StudySettings { halving: Some(HALVING), ..settings(replicates, race, search) }, models)
}

fn of_list(n: usize) -> Study {
    study(1, None, None, vec![(listed(n), Some(27))])
}

/// The higher the number of a configuration modulo 10, the better; every 7th diverges after 5 epochs.
fn trial(_: &Study, Needed { configuration, epochs, .. }: Needed) -> TrialResult {
    let epochs = epochs.unwrap_or(27);
    if configuration.is_multiple_of(7) && epochs > 5 {
        return TrialResult::Diverged;
    }
    TrialResult::Finished((configuration % 10) as f64 + f64::from(epochs))
}

/// How many trials of each length.
fn lengths(trained: &[Needed]) -> Vec<(Option<u32>, usize)> {
    let mut counts: BTreeMap<u32, (Option<u32>, usize)> = BTreeMap::new();
    for one in trained {
        counts.entry(one.epochs.unwrap_or(u32::MAX)).or_insert((one.epochs, 0)).1 += 1;
    }
    counts.into_values().collect()
}

#[test]
fn a_third_goes_on_and_equals_in_their_order() {
    let mut study = of_list(30);
    let trained = run(&mut study, &mut Table::default(), &trial);
    assert_eq!(lengths(&trained), [(Some(3), 30), (Some(9), 10), (None, 4)]);
    let stopped_after = |epochs: Option<u32>| {
        let budget = epochs.map(|epochs| Budget { replicates: 1, epochs: Some(epochs) });
        (0..30).filter(|&one| study.eliminated(0, one) == budget).collect::<Vec<_>>()
    };
    // Of thirty, all that end with 9, 8 or 7 go on, and the first with 6. Then 7 and 28 have diverged.
    assert_eq!(stopped_after(None), [8, 9, 19, 29]);
    assert_eq!(stopped_after(Some(9)), [6, 7, 17, 18, 27, 28]);
    assert_eq!(stopped_after(Some(3)).len(), 20);
    // A training that is stopped and goes on counts once.
    assert_eq!(study.most_trials(), 30);
}

#[test]
fn nothing_goes_on_where_all_diverge() {
    let mut study = of_list(5);
    run(&mut study, &mut Table::default(), &|_, _| TrialResult::Diverged);
    assert!((0..5).all(|one| study.eliminated(0, one) == Some(Budget { replicates: 1, epochs: Some(3) })));
}

#[test]
fn of_two_configurations_none_is_stopped() {
    let mut study = of_list(2);
    let trained = run(&mut study, &mut Table::default(), &trial);
    assert_eq!((lengths(&trained), study.n_stages(0)), (vec![(None, 2)], 1));
}

#[test]
fn a_model_that_learns_in_one_go_is_never_stopped() {
    let mut study = study(2, None, None, vec![(listed(4), Some(27)), (listed(4), None)]);
    let trained = run(&mut study, &mut Table::default(), &trial);
    let of_second: Vec<Needed> = trained.into_iter().filter(|one| one.model == 1).collect();
    assert_eq!(lengths(&of_second), [(None, 8)]);
    assert_eq!(study.stages(1).len(), 1);
}

#[test]
fn a_race_begins_with_those_that_were_trained_to_the_end() {
    let mut study = study(4, Some(race(&[2, 4], 0.5)), None, vec![(listed(36), Some(27))]);
    let trained = run(&mut study, &mut Table::default(), &|_, one| {
        TrialResult::Finished(one.configuration as f64 + 0.1 * f64::from(one.replicate))
    });
    let stages: Vec<_> = study.stages(0).iter().map(|one| (one.budget, one.n_entered, one.n_went_on)).collect();
    let rung = |epochs| Budget { replicates: 2, epochs: Some(epochs) };
    assert_eq!(
        stages,
        [(rung(3), 36, Some(12)), (rung(9), 12, Some(4)), (Budget::full(2), 4, Some(2)), (Budget::full(4), 2, Some(2))]
    );
    assert_eq!(lengths(&trained), [(Some(3), 72), (Some(9), 24), (None, 4 * 2 + 2 * 2)]);
    assert_eq!(
        [35, 33, 31, 20].map(|one| study.eliminated(0, one)),
        [None, Some(Budget::full(2)), Some(rung(9)), Some(rung(3))]
    );
}

#[test]
fn a_search_learns_from_the_fewest_epochs() {
    let settings = search(SearchMethod::Tpe, 24, 8, 1);
    let plan = || study(1, None, Some(settings.clone()), vec![(searched(mixed_space()), Some(27))]);
    let by_rung = |worth: fn(f64) -> f64| {
        let mut study = plan();
        let result = move |study: &Study, one: Needed| {
            let value = noise(format!("{:?}", study.points(0)[one.configuration].values));
            TrialResult::Finished(if one.epochs == Some(3) { value } else { worth(value) })
        };
        let trained = run(&mut study, &mut Table::default(), &result);
        assert_eq!(lengths(&trained), [(Some(3), 24), (Some(9), 8), (None, 3)]);
        study.points(0).to_vec()
    };
    assert_eq!(by_rung(|value| value), by_rung(|value| -value));
}

/// Trials whose order after the first epochs says little of that at the end.
fn misleading(seed: u32) -> impl Fn(&Study, Needed) -> TrialResult {
    move |_, one| {
        let epochs = one.epochs.unwrap_or(27);
        if noise(format!("{seed}/diverged/{}/{epochs}", one.configuration)) < 0.05 {
            return TrialResult::Diverged;
        }
        // Many are equal.
        TrialResult::Finished((8.0 * noise(format!("{seed}/{}/{}/{epochs}", one.configuration, one.replicate))).round())
    }
}

/// The rule as it reads: of `n` configurations those that are trained to the end.
fn expected(seed: u32, n: usize, study: &Study) -> Vec<usize> {
    let mut left: Vec<usize> = (0..n).collect();
    // Of two, both would go on.
    for epochs in if n > 2 { &[3, 9][..] } else { &[] } {
        let value = |configuration: usize| {
            let one = Needed { epochs: Some(*epochs), ..full(0, configuration, 0) };
            match misleading(seed)(study, one) {
                TrialResult::Finished(value) => value,
                TrialResult::Diverged => f64::NEG_INFINITY,
            }
        };
        let is_ahead = |a: usize, b: usize| value(a) > value(b) || (value(a) == value(b) && a < b);
        let kept = left.len().div_ceil(3).max(2);
        let rank = |one: usize| left.iter().filter(|&&other| is_ahead(other, one)).count();
        left = left.iter().copied().filter(|&one| rank(one) < kept && value(one).is_finite()).collect();
    }
    left
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn halving_keeps_what_the_rule_says_in_any_order(seed in any::<u32>(), order in any::<u32>(), n in 1..40_usize) {
        let (mut study, mut table, mut step) = (of_list(n), Table::default(), 0);
        loop {
            let needed = study.decide(&table);
            if needed.is_empty() { break }
            prop_assert!(needed.iter().all(|one| one.epochs == needed[0].epochs));
            step += 1;
            let one = needed[(noise(format!("order/{order}/{step}")) * needed.len() as f64) as usize];
            table.0.insert(one, misleading(seed)(&study, one));
            // A process that was ended and begins anew.
            if step % 5 == 0 { study = of_list(n) }
        }
        let left: Vec<usize> = (0..n).filter(|&one| study.eliminated(0, one).is_none()).collect();
        prop_assert_eq!(&left, &expected(seed, n, &study));
        // Nothing is trained that no decision asks for.
        let mut at_once = of_list(n);
        let trained = run(&mut at_once, &mut Table::default(), &misleading(seed));
        prop_assert_eq!(trained.len(), table.0.len());
    }
}
