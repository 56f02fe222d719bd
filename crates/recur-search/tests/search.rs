//! What a search proposes, and that nothing but settings and results decides it.

mod common;

use common::{
    Table, full, listed, mixed_space, noise, race, range, result_of, run, search, searched, settings, space, words,
};
use proptest::prelude::*;
use recur_core::digest::Digest;
use recur_core::params::ParamValue;
use recur_core::search::SearchMethod::{self, Random, Sobol, Tpe};
use recur_core::search::{Budget, SearchSettings};
use recur_core::space::{Dimension, Point, Range, Space, Values};
use recur_search::{Needed, Study, TrialResult};

const METHODS: [SearchMethod; 3] = [Random, Sobol, Tpe];

fn study(search: SearchSettings, spaces: &[Space]) -> Study {
    let models = spaces.iter().cloned().map(searched).collect();
    Study::new(settings(search.replicates, None, Some(search)), models)
}

fn trial(study: &Study, one: Needed) -> TrialResult {
    result_of(&study.points(one.model)[one.configuration], one.replicate)
}

/// The study at its end.
fn ended(search: SearchSettings, spaces: &[Space]) -> Study {
    let mut study = study(search, spaces);
    run(&mut study, &mut Table::default(), &trial);
    study
}

fn proposals(search: SearchSettings, space: &Space) -> Vec<Point> {
    ended(search, std::slice::from_ref(space)).points(0).to_vec()
}

/// The values of a point by name, in the order of names.
fn named(space: &Space, point: &Point) -> Vec<(String, ParamValue)> {
    let dimensions = space.boxes[point.in_box].dimensions.iter();
    let mut named: Vec<_> = dimensions.map(|one| one.name.clone()).zip(point.values.clone()).collect();
    named.sort_by(|(a, _), (b, _)| a.cmp(b));
    named
}

fn n_distinct(space: &Space, points: &[Point]) -> usize {
    let mut all: Vec<String> = points.iter().map(|point| format!("{:?}", named(space, point))).collect();
    all.sort();
    all.dedup();
    all.len()
}

#[test]
fn a_larger_search_keeps_the_first_proposals() {
    for method in METHODS {
        let [small, large] = [96, 192].map(|n| proposals(search(method, n, 8, 2), &mixed_space()));
        assert_eq!((small.len(), large.len()), (96, 192));
        assert_eq!(small, large[..96], "{method:?}");
    }
}

#[test]
fn proposals_never_change() {
    let digests = METHODS.map(|method| {
        let points = proposals(search(method, 96, 8, 1), &mixed_space());
        Digest::of(format!("{points:?}").as_bytes()).short().to_owned()
    });
    assert_eq!(digests, PINNED, "a change here changes the proposals of every user");
}

const PINNED: [&str; 3] = ["9a2dc0c44c8e", "0c49a9116e4c", "f61034e3cba2"];

#[test]
fn another_model_changes_nothing() {
    let other = |n_boxes| space("lstm", vec![vec![range("rate", 0.0, 1.0, false, false)]; n_boxes]);
    for method in METHODS {
        let plan = || search(method, 40, 4, 1);
        let alone = proposals(plan(), &mixed_space());
        for n_boxes in [1, 2] {
            let both = ended(plan(), &[other(n_boxes), mixed_space()]);
            assert_eq!(alone, both.points(1), "{method:?}");
        }
    }
}

#[test]
fn the_order_of_dimensions_changes_nothing() {
    let space = mixed_space();
    let mut permuted = space.clone();
    permuted.boxes.iter_mut().for_each(|one| one.dimensions.reverse());
    permuted.boxes[1].dimensions.swap(0, 2);
    for method in METHODS {
        let [one, other] = [&space, &permuted].map(|space| {
            let by_name = |study: &Study, one: Needed| {
                let point = &study.points(0)[one.configuration];
                let values = named(space, point).into_iter().map(|(_, value)| value).collect();
                result_of(&Point { in_box: point.in_box, values }, one.replicate)
            };
            let mut study = study(search(method, 60, 8, 1), std::slice::from_ref(space));
            run(&mut study, &mut Table::default(), &by_name);
            study.points(0).iter().map(|point| named(space, point)).collect::<Vec<_>>()
        });
        assert_eq!(one, other, "{method:?}");
    }
}

#[test]
fn a_missing_result_keeps_back_the_proposals_that_know_it() {
    let mut study = study(search(Tpe, 60, 8, 2), &[mixed_space()]);
    let mut table = Table::default();
    // Proposal 20 fails on its second replicate, time and again.
    loop {
        let needed = study.decide(&table);
        let others: Vec<Needed> =
            needed.iter().copied().filter(|one| (one.configuration, one.replicate) != (20, 1)).collect();
        if others.is_empty() {
            assert_eq!(needed, [full(0, 20, 1)]);
            break;
        }
        for one in others {
            table.0.insert(one, trial(&study, one));
        }
    }
    // Proposal 28 would know it.
    assert_eq!(study.n_configurations(0), 28);
    assert!(!study.is_complete());
}

#[test]
fn points_that_know_nothing_are_proposed_at_once() {
    for method in [Random, Sobol] {
        assert_eq!(study(search(method, 50, 1, 2), &[mixed_space()]).decide(&Table::default()).len(), 100);
    }
    assert_eq!(study(search(Tpe, 50, 3, 2), &[mixed_space()]).decide(&Table::default()).len(), 6);
}

#[test]
fn a_finite_space_is_exhausted_and_no_point_comes_twice() {
    let small = space(
        "m",
        vec![vec![range("n", 1.0, 3.0, false, true), words("cell", &["gru", "rnn"])], vec![words("cell", &["lstm"])]],
    );
    let large = space("m", vec![vec![range("a", 1.0, 31.0, true, true), range("b", 0.0, 9.0, false, true)]]);
    // The second box holds two points of the first.
    let overlap = space("m", vec![vec![range("n", 1.0, 4.0, false, true)], vec![range("n", 3.0, 5.0, false, true)]]);
    let point = space("m", vec![vec![words("cell", &["gru"])]]);
    for method in METHODS {
        for (space, n) in [(&small, 7), (&large, 310), (&overlap, 5), (&point, 1)] {
            let study = ended(search(method, n + 20, 4, 1), std::slice::from_ref(space));
            assert_eq!(study.points(0).len(), n as usize, "{method:?}");
            assert_eq!(n_distinct(space, study.points(0)), n as usize, "{method:?}");
            assert!(study.is_exhausted(0));
            assert!(!ended(search(method, n, 4, 1), std::slice::from_ref(space)).is_exhausted(0));
        }
    }
}

#[test]
fn a_range_too_narrow_for_its_digits_ends_the_search() {
    // Six digits: 0.1, 0.100001, …, 0.100004.
    let narrow = space("m", vec![vec![range("rate", 0.1, 0.100004, false, false)]]);
    for method in METHODS {
        let study = ended(search(method, 20, 4, 1), std::slice::from_ref(&narrow));
        assert!(study.is_exhausted(0));
        assert_eq!((study.points(0).len(), n_distinct(&narrow, study.points(0))), (5, 5), "{method:?}");
    }
}

#[test]
fn values_lie_in_their_ranges_and_random_ones_everywhere() {
    for method in [Random, Sobol] {
        let points = proposals(search(method, 512, 8, 1), &mixed_space());
        let in_first = points.iter().filter(|point| point.in_box == 0).count();
        assert!((200..=312).contains(&in_first), "{method:?}: {in_first}");
        let mut below_middle = [0; 2];
        for point in &points {
            let (ParamValue::Real(rate), ParamValue::Integer(size)) = (&point.values[0], &point.values[1]) else {
                panic!("{point:?}")
            };
            assert!((1e-4..=0.1).contains(rate) && (16..=512).contains(size));
            below_middle[0] += i32::from(*rate < 10.0_f64.sqrt() * 1e-3);
            below_middle[1] += i32::from(*size < 91);
        }
        assert!(below_middle.iter().all(|n| (200..=312).contains(n)), "{method:?}: {below_middle:?}");
    }
}

#[test]
fn sobol_points_are_spread_evenly() {
    let plane = space("m", vec![vec![range("x", 0.0, 1.0, false, false), range("y", 0.0, 1.0, false, false)]]);
    let points = proposals(search(Sobol, 64, 1, 1), &plane);
    let mut cells = [[0; 8]; 8];
    for point in points {
        let [ParamValue::Real(x), ParamValue::Real(y)] = point.values[..] else { panic!("two numbers") };
        cells[((x * 8.0) as usize).min(7)][((y * 8.0) as usize).min(7)] += 1;
    }
    assert_eq!(cells, [[1; 8]; 8]);
}

#[test]
fn the_estimator_finds_the_good_part_of_a_space() {
    let quality = |point: &Point| {
        let TrialResult::Finished(value) = result_of(point, 0) else { return 0.0 };
        value
    };
    let best = |method| {
        let mut all: Vec<f64> = proposals(search(method, 96, 8, 1), &mixed_space()).iter().map(quality).collect();
        all.sort_by(f64::total_cmp);
        all[48..].iter().sum::<f64>() / 48.0
    };
    let (tpe, random) = (best(Tpe), best(Random));
    assert!(tpe > random + 0.1, "{tpe} {random}");
    // It learns which box is the better one.
    let points = proposals(search(Tpe, 96, 8, 1), &mixed_space());
    assert!(points[48..].iter().filter(|point| point.in_box == 0).count() > 30);
}

#[test]
fn a_list_in_order_is_searched_as_its_places() {
    let list = |numbers: &[i64]| Dimension {
        name: "size".to_owned(),
        values: Values::List(numbers.iter().copied().map(ParamValue::Integer).collect()),
    };
    let places = |size: Dimension| {
        let space = space("m", vec![vec![range("rate", 0.0, 1.0, false, false), size.clone()]]);
        let place = |value: &ParamValue| match &size.values {
            Values::List(values) => values.iter().position(|one| one == value).unwrap(),
            Values::Range(_) => {
                if let ParamValue::Integer(n) = value {
                    *n as usize
                } else {
                    panic!("{value}")
                }
            }
        };
        let result = |study: &Study, one: Needed| {
            let point = &study.points(0)[one.configuration];
            let ParamValue::Real(rate) = point.values[0] else { panic!("{point:?}") };
            TrialResult::Finished(1.0 - (rate - 0.3).abs() - (place(&point.values[1]) as f64 - 4.0).abs() / 10.0)
        };
        let mut study = study(search(Tpe, 60, 8, 1), std::slice::from_ref(&space));
        run(&mut study, &mut Table::default(), &result);
        study.points(0).iter().map(|point| place(&point.values[1])).collect::<Vec<_>>()
    };
    let numbers = places(range("size", 0.0, 5.0, false, true));
    assert_eq!(places(list(&[16, 32, 64, 128, 256, 512])), numbers);
    assert_eq!(places(list(&[9, 7, 5, 3, 2, 1])), numbers);
    assert_ne!(places(list(&[16, 64, 32, 128, 256, 512])), numbers);
}

#[test]
fn a_search_where_all_diverge_ends_too() {
    let mut study = study(search(Tpe, 40, 4, 1), &[mixed_space()]);
    run(&mut study, &mut Table::default(), &|_, _| TrialResult::Diverged);
    assert_eq!(study.points(0).len(), 40);
}

#[test]
fn the_race_goes_on_after_the_search() {
    let plan = search(Tpe, 40, 8, 2);
    let mut study =
        Study::new(settings(5, Some(race(&[2, 5], 0.13)), Some(plan)), vec![searched(mixed_space()), listed(3)]);
    let result =
        |study: &Study, one: Needed| if one.model == 0 { trial(study, one) } else { TrialResult::Finished(0.5) };
    let trained = run(&mut study, &mut Table::default(), &result);
    let stages: Vec<_> =
        study.stages(0).iter().map(|one| (one.budget.replicates, one.n_entered, one.n_went_on)).collect();
    assert_eq!(stages, [(2, 40, Some(6)), (5, 6, Some(6))]);
    assert_eq!(trained.len(), 80 + 18 + 6 + 6);
    assert_eq!(study.most_trials(), 110);
    assert_eq!((0..40).filter(|&one| study.eliminated(0, one) == Some(Budget::full(2))).count(), 34);
}

#[test]
fn without_a_race_all_proposals_are_trained_on_the_other_replicates() {
    let plan =
        |replicates| Study::new(settings(replicates, None, Some(search(Tpe, 30, 8, 1))), vec![searched(mixed_space())]);
    let [one, three] = [1, 3].map(|replicates| {
        let mut study = plan(replicates);
        let trained = run(&mut study, &mut Table::default(), &trial);
        assert_eq!(trained.len() as u64, study.most_trials());
        (study.points(0).to_vec(), trained.len())
    });
    assert_eq!((one.1, three.1), (30, 90));
    assert_eq!(one.0, three.0);
}

/// Any values that a spec can have, also extreme ones.
fn any_values() -> impl Strategy<Value = Values> {
    let real = (-1e9..1e9_f64, 1e-9..1e9_f64, any::<bool>()).prop_map(|(from, width, log)| {
        let from = if log { from.abs() + 1e-9 } else { from };
        Values::Range(Range { from, to: from + width + from.abs() * 1e-12, log, whole: false })
    });
    let exponents = (0..14_u32, 0..14_u32, any::<bool>());
    let whole = exponents.prop_map(|(from, width, log)| {
        let from = 10_i64.pow(from);
        Values::Range(Range { from: from as f64, to: (from + 10_i64.pow(width)) as f64, log, whole: true })
    });
    let numbers = prop::collection::btree_set(-9..9_i64, 1..6);
    let list = numbers.prop_map(|numbers| Values::List(numbers.into_iter().map(ParamValue::Integer).collect()));
    prop_oneof![real, whole, list]
}

fn is_value(values: &Values, value: &ParamValue) -> bool {
    match (values, value) {
        (Values::List(values), value) => values.contains(value),
        (Values::Range(range), ParamValue::Integer(n)) => range.whole && (range.from..=range.to).contains(&(*n as f64)),
        (Values::Range(range), ParamValue::Real(x)) => !range.whole && (range.from..=range.to).contains(x),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_space_can_be_searched(
        boxes in prop::collection::vec(prop::collection::vec(any_values(), 0..4), 1..3),
        method in prop::sample::select(&METHODS[..]), seed in any::<u32>(),
    ) {
        let dimension = |(number, values)| Dimension { name: format!("d{number}"), values };
        let space = space("m", boxes.into_iter().map(|all| all.into_iter().enumerate().map(dimension).collect()).collect());
        let result = |_: &Study, one: Needed| TrialResult::Finished(noise(format!("{seed}/{}", one.configuration)));
        let mut study = study(search(method, 40, 4, 1), std::slice::from_ref(&space));
        let trained = run(&mut study, &mut Table::default(), &result);
        prop_assert!(study.points(0).len() == 40 || study.is_exhausted(0));
        prop_assert!(trained.len() as u64 <= study.most_trials());
        prop_assert_eq!(n_distinct(&space, study.points(0)), study.points(0).len());
        for point in study.points(0) {
            let dimensions = &space.boxes[point.in_box].dimensions;
            prop_assert_eq!(dimensions.len(), point.values.len());
            prop_assert!(dimensions.iter().zip(&point.values).all(|(one, value)| is_value(&one.values, value)), "{:?}", point);
        }
    }

    #[test]
    fn a_search_does_not_depend_on_order_batches_or_restarts(
        order in any::<u32>(), method in prop::sample::select(&METHODS[..]), ahead in 1..12_u32, replicates in 1..3_u32,
        restart in 2..30_usize, batch in 1..9_usize,
    ) {
        let plan = || {
            let search = search(method, 40, ahead, replicates);
            let models = vec![searched(mixed_space()), listed(4)];
            Study::new(settings(3, Some(race(&[replicates, 3], 0.2)), Some(search)), models)
        };
        let result = |study: &Study, one: Needed| {
            if one.model == 0 { trial(study, one) } else { TrialResult::Finished(noise(format!("{one:?}"))) }
        };
        let (mut whole, mut all) = (plan(), Table::default());
        run(&mut whole, &mut all, &result);
        let (mut study, mut table, mut step) = (plan(), Table::default(), 0);
        loop {
            let mut needed = study.decide(&table);
            if needed.is_empty() { break }
            for _ in 0..batch.min(needed.len()) {
                step += 1;
                let chosen = (noise(format!("{order}/{step}")) * needed.len() as f64) as usize;
                let one = needed.swap_remove(chosen);
                table.0.insert(one, result(&study, one));
                if step % restart == 0 { study = plan(); study.decide(&table); }
            }
        }
        prop_assert_eq!(whole.points(0), study.points(0));
        prop_assert_eq!(all.0.keys().collect::<Vec<_>>(), table.0.keys().collect::<Vec<_>>());
        prop_assert_eq!(whole.stages(0), study.stages(0));
    }

    #[test]
    fn results_that_a_decision_does_not_know_change_nothing(seed in any::<u32>(), ahead in 1..12_u32) {
        let plan = || study(search(Tpe, 40, ahead, 1), &[mixed_space()]);
        let (mut whole, mut table) = (plan(), Table::default());
        run(&mut whole, &mut table, &trial);
        // Results of other replicates, and of everything that is not proposed yet.
        for configuration in 0..60 {
            for replicate in 1..3 {
                table.0.insert(full(0, configuration, replicate), TrialResult::Finished(noise(format!("{seed}/{configuration}"))));
            }
        }
        let mut again = plan();
        prop_assert!(again.decide(&table).is_empty());
        prop_assert_eq!(whole.points(0), again.points(0));
        // The last ones know nothing of each other.
        for configuration in 40 - ahead as usize..40 {
            table.0.insert(full(0, configuration, 0), TrialResult::Diverged);
        }
        let mut again = plan();
        again.decide(&table);
        prop_assert_eq!(whole.points(0), again.points(0));
    }
}
