//! The bootstrap, at the ends of what it takes.

use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use recur_stats::*;

fn draws(key: u64) -> impl FnMut(u32) -> u32 {
    let mut bits = ChaCha8Rng::seed_from_u64(key);
    move |below| ((u64::from(bits.next_u32()) * u64::from(below)) >> 32) as u32
}

fn mean_of(values: &[f64]) -> impl FnMut(&[u32]) -> f64 {
    move |rows| rows.iter().map(|row| values[*row as usize]).sum::<f64>() / rows.len() as f64
}

fn of_mean(values: &[f64], n_resamples: usize) -> Option<Bootstrap> {
    bootstrap(values.len(), n_resamples, draws(1), mean_of(values))
}

#[test]
fn fewer_than_two_rows_are_not_drawn_again() {
    assert_eq!(of_mean(&[], 10), None);
    assert_eq!(of_mean(&[0.3], 10), None);
}

#[test]
fn a_metric_that_is_not_finite_has_no_interval() {
    assert_eq!(of_mean(&[0.3, f64::NAN, 0.1], 10), None);
    assert_eq!(of_mean(&[0.3, f64::INFINITY, 0.1], 10), None);
    let undefined_without_the_first = |rows: &[u32]| if rows.contains(&0) { 1.0 } else { f64::NAN };
    assert_eq!(bootstrap(5, 100, draws(1), undefined_without_the_first), None);
    let undefined_on_one_row_alone = |rows: &[u32]| if rows.iter().all(|row| *row == 1) { f64::NAN } else { 1.0 };
    assert_eq!(bootstrap(3, 100, draws(1), undefined_on_one_row_alone), None);
}

#[test]
fn equal_rows_give_a_point() {
    let got = of_mean(&[0.5; 6], 50).unwrap();
    let point = Interval { low: 0.5, high: 0.5 };
    assert_eq!((got.percentile(0.95), got.bca(0.95)), (point, Some(point)));
    assert_eq!((got.estimate(), got.standard_error()), (0.5, Some(0.0)));
}

#[test]
fn one_resample_has_no_spread_and_on_one_side_of_the_estimate_no_corrected_interval() {
    let got = of_mean(&[0.0, 1.0, 5.0], 1).unwrap();
    assert_eq!((got.standard_error(), got.bca(0.95)), (None, None));
    assert_eq!(got.percentile(0.95).low, got.percentile(0.95).high);
}

/// Of `n` resamples none is on the other side of zero: `2 · 1/(n + 1)`.
#[test]
fn p_is_never_zero_and_one_where_zero_is_in_the_middle() {
    let always = bootstrap(3, 99, draws(1), |_| 0.7).unwrap();
    assert_eq!(always.p(), 0.02);
    let never = bootstrap(3, 99, draws(1), |_| 0.0).unwrap();
    assert_eq!(never.p(), 1.0);
}

#[test]
#[should_panic(expected = "3 was drawn below 3")]
fn a_draw_beyond_its_bound_is_refused() {
    let _ = bootstrap(3, 1, |below| below, |_| 0.0);
}

#[test]
#[should_panic(expected = "a label beyond 2")]
fn a_label_beyond_the_last_is_refused() {
    let _ = LabelDifference::new(2, [(0, 1, 2)], LabelCounts::accuracy);
}

/// The jackknife's rows are seen through the statistic: all in order, then all but each one in turn, then the draws.
#[test]
fn the_statistic_sees_all_rows_then_all_but_one_then_the_draws() {
    let mut seen: Vec<Vec<u32>> = Vec::new();
    let mut next = 0;
    let draw = |below: u32| {
        next += 1;
        next % below
    };
    bootstrap(3, 2, draw, |rows| {
        seen.push(rows.to_vec());
        0.0
    });
    assert_eq!(seen, [&[0, 1, 2][..], &[1, 2], &[0, 2], &[0, 1], &[1, 2, 0], &[1, 2, 0]]);
}

/// Bits of the high half of a 64-bit generator are as good as its draws below 2³².
pub fn bits(key: u64) -> impl FnMut() -> u32 {
    let mut bits = ChaCha8Rng::seed_from_u64(key);
    move || bits.next_u32()
}

/// Rows of three labels: each kind several times, so that there are common and rare ones.
fn runs(n_rows: u32) -> Vec<(u16, u16, u16)> {
    let mut draw = draws(5);
    let mut label = |truth: u16| if draw(3) > 0 { truth } else { draw(3) as u16 };
    (0..n_rows).map(|row| (row as u16 % 3, label(row as u16 % 3), label(row as u16 % 3))).collect()
}

/// Each row is a group.
fn single(rows: Vec<(u16, u16, u16)>) -> impl Iterator<Item = (u32, u16, u16, u16)> {
    rows.into_iter().enumerate().map(|(row, (truth, first, second))| (row as u32, truth, first, second))
}

#[test]
fn resampling_kinds_gives_what_resampling_rows_gives() {
    let rows = runs(200);
    let mut by_row = LabelDifference::new(3, rows.iter().copied(), LabelCounts::macro_f1);
    let by_row = bootstrap(rows.len(), 20_000, draws(1), |drawn| by_row.over(drawn)).unwrap();
    let mut kinds = GroupKinds::new(3, single(rows), LabelCounts::macro_f1);
    let counts = kinds.counts().to_vec();
    let by_kind = bootstrap_of_kinds(&counts, 20_000, bits(2), |drawn| kinds.over(drawn)).unwrap();
    assert_eq!(by_row.estimate(), by_kind.estimate());
    let error = by_row.standard_error().unwrap();
    // An end of an interval of 20,000 resamples has a standard error of about 2 % of the metric's.
    let near = |a: f64, b: f64| assert!((a - b).abs() < 0.1 * error, "{a} {b}");
    near(error, by_kind.standard_error().unwrap());
    for (a, b) in
        [(by_row.percentile(0.95), by_kind.percentile(0.95)), (by_row.bca(0.95).unwrap(), by_kind.bca(0.95).unwrap())]
    {
        near(a.low, b.low);
        near(a.high, b.high);
    }
}

#[test]
fn kinds_without_rows_and_a_single_row_are_not_drawn_again() {
    let got = |counts: &[u32]| bootstrap_of_kinds(counts, 5, bits(1), |_| 0.5);
    assert_eq!((got(&[]), got(&[0, 1]), got(&[0])), (None, None, None));
    assert_eq!(got(&[0, 2]).unwrap().percentile(0.95), Interval { low: 0.5, high: 0.5 });
    assert_eq!(bootstrap_of_kinds(&[1, 1], 50, bits(1), |drawn| 1.0 / f64::from(drawn[0])), None);
}

proptest! {
    #[test]
    fn kinds_count_as_their_rows_do(rows in prop::collection::vec((0_u16..4, 0_u16..4, 0_u16..4), 1..40)) {
        let mut by_row = LabelDifference::new(4, rows.iter().copied(), LabelCounts::macro_f1);
        let all: Vec<u32> = (0..rows.len() as u32).collect();
        let mut kinds = GroupKinds::new(4, single(rows), LabelCounts::macro_f1);
        let counts = kinds.counts().to_vec();
        prop_assert_eq!(kinds.over(&counts).to_bits(), by_row.over(&all).to_bits());
    }

    #[test]
    fn resampled_labels_are_scored_as_a_matrix_of_them_would_be(
        rows in prop::collection::vec((0_u16..4, 0_u16..4, 0_u16..4), 1..30), key in 0_u64..1000,
    ) {
        let mut draw = draws(key);
        let drawn: Vec<u32> = rows.iter().map(|_| draw(rows.len() as u32)).collect();
        let metric = |run: fn(&(u16, u16, u16)) -> u16| {
            Confusion::of(4, drawn.iter().map(|row| &rows[*row as usize]).map(|row| (row.0, run(row)))).macro_f1().unwrap()
        };
        let mut difference = LabelDifference::new(4, rows.iter().copied(), LabelCounts::macro_f1);
        let expected = metric(|row| row.1) - metric(|row| row.2);
        // Counts of rows before must not be left over.
        difference.over(&[0]);
        prop_assert_eq!(difference.over(&drawn), expected);
    }

    #[test]
    fn a_wider_interval_holds_a_narrower_one(values in prop::collection::vec(-1.0_f64..1.0, 2..20)) {
        let got = of_mean(&values, 200).unwrap();
        let (wide, narrow) = (got.percentile(0.95), got.percentile(0.8));
        prop_assert!(wide.low <= narrow.low && narrow.high <= wide.high && narrow.low <= narrow.high);
        if let (Some(wide), Some(narrow)) = (got.bca(0.95), got.bca(0.8)) {
            prop_assert!(wide.low <= narrow.low && narrow.high <= wide.high && narrow.low <= narrow.high);
        }
    }
}
