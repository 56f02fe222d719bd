//! Bootstraps over groups of rows, against their definition and at the ends of what they take.

use crate::resampling::bits;
use proptest::prelude::*;
use recur_stats::*;

/// Bits that draw these places of `n` groups in turn: the middles of `n` equal parts of 2³².
fn bits_for(n: u64, draws: &[u64]) -> impl FnMut() -> u32 {
    let mut draws = draws.iter();
    move || (((2 * draws.next().unwrap() + 1) << 31) / n) as u32
}

/// Groups 9 (rows 0 and 2), 4 (row 1) and 7 (row 3) are places 2, 0 and 1. The first resample has 9, 9, 4, the second 7 only.
#[test]
fn rows_count_as_often_as_their_group_was_drawn() {
    let resamples = GroupResamples::new(&[9, 4, 9, 7], 2, bits_for(3, &[2, 2, 0, 1, 1, 1]));
    assert_eq!((resamples.n_groups(), resamples.n_resamples()), (3, 2));
    let loss = resamples.mean_of_rows(&[&[1.0, 2.0, 4.0, 8.0], &[3.0, 2.0, 4.0, 8.0]]);
    // Twice 1 + 4 and once 2 over five rows; twice 3 + 4 and once 2 over five rows.
    assert_eq!(loss, [(12.0 / 5.0 + 16.0 / 5.0) / 2.0, 8.0]);
    let accuracy = resamples.mean_metric(2, &[0, 1, 1, 0], &[&[0, 1, 0, 1], &[1, 0, 1, 0]], LabelCounts::accuracy);
    // Rows 0 (twice) and 1 are right, then row 2 (twice); row 3 is wrong, then right.
    assert_eq!(accuracy, [(3.0 / 5.0 + 2.0 / 5.0) / 2.0, 0.5]);
}

#[test]
fn without_rows_or_replicates_every_value_is_undefined() {
    let none = GroupResamples::new(&[], 3, || 0);
    assert_eq!(none.n_groups(), 0);
    let undefined = |values: Vec<f64>| values.len() == 3 && values.iter().all(|value| value.is_nan());
    assert!(undefined(none.mean_metric(2, &[], &[&[]], LabelCounts::accuracy)));
    assert!(undefined(none.mean_of_rows(&[&[]])));
    let one = GroupResamples::new(&[5], 3, || 0);
    assert!(undefined(one.mean_metric(2, &[0], &[], LabelCounts::accuracy)));
    assert!(undefined(one.mean_of_rows(&[])));
    assert_eq!(one.mean_of_rows(&[&[0.5]]), [0.5; 3]);
}

#[test]
fn a_variance_needs_two_finite_differences() {
    assert_eq!(variance_of_difference(&[1.0, 5.0, 3.0], &[1.0, 3.0, -1.0]), Some(4.0));
    assert_eq!(variance_of_difference(&[0.5; 4], &[0.25; 4]), Some(0.0));
    assert_eq!((variance_of_difference(&[], &[]), variance_of_difference(&[1.0], &[0.0])), (None, None));
    assert_eq!(variance_of_difference(&[1.0, f64::NAN], &[0.0, 0.0]), None);
    assert_eq!(variance_of_difference(&[1.0, f64::INFINITY], &[0.0, 0.0]), None);
    // One undefined resample in a hundred is left out, two are too many.
    let mut values: Vec<f64> = (0..100).map(|n| f64::from(n % 2)).collect();
    let all = variance_over_resamples(&values).unwrap();
    values[0] = f64::NAN;
    assert!((variance_over_resamples(&values).unwrap() - all).abs() < 0.01);
    values[1] = f64::NAN;
    assert_eq!(variance_over_resamples(&values), None);
}

#[test]
#[should_panic(expected = "a value for each row")]
fn too_few_predictions_are_refused() {
    let _ = GroupResamples::new(&[1, 2], 3, bits(1)).mean_metric(2, &[0, 1], &[&[0]], LabelCounts::accuracy);
}

#[test]
#[should_panic(expected = "a label beyond 2")]
fn a_prediction_beyond_the_last_label_is_refused() {
    let _ = GroupResamples::new(&[1, 2], 3, bits(1)).mean_metric(2, &[0, 1], &[&[0, 2]], LabelCounts::accuracy);
}

#[test]
#[should_panic(expected = "no group 256 times")]
fn bits_that_are_not_random_are_refused() {
    let _ = GroupResamples::new(&(0..300).collect::<Vec<u32>>(), 1, || 7);
}

#[test]
fn the_order_of_rows_changes_nothing() {
    let groups: Vec<u32> = (0..90).map(|row| row * row % 31).collect();
    let values: Vec<f64> = (0..90).map(|row| f64::from(row * 7 % 16)).collect();
    let reversed = |values: &[f64]| values.iter().rev().copied().collect::<Vec<f64>>();
    let forwards = GroupResamples::new(&groups, 70, bits(3)).mean_of_rows(&[&values]);
    let backwards: Vec<u32> = groups.iter().rev().copied().collect();
    assert_eq!(GroupResamples::new(&backwards, 70, bits(3)).mean_of_rows(&[&reversed(&values)]), forwards);
}

/// Of G independent groups the mean of G values has variance `Σ(v − mean)²/G²` over resamples.
#[test]
fn the_variance_is_that_of_groups_and_not_of_rows() {
    let groups: Vec<u32> = (0..400).map(|row| row / 4).collect();
    let value = |group: u32| f64::from(group * 37 % 101);
    let values: Vec<f64> = groups.iter().map(|group| value(*group)).collect();
    let drawn = GroupResamples::new(&groups, 20_000, bits(4)).mean_of_rows(&[&values]);
    let center = mean(&values).unwrap();
    let expected = (0..100).map(|group| (value(group) - center) * (value(group) - center)).sum::<f64>() / 1e4;
    let got = variance_of_difference(&drawn, &[0.0; 20_000]).unwrap();
    // The standard error of a variance of 20,000 values is 1 %; rows instead of groups would give a quarter.
    assert!((got / expected - 1.0).abs() < 0.04, "{got} {expected}");
    assert!((mean(&drawn).unwrap() - center).abs() < 5.0 * (expected / 2e4).sqrt());
}

/// A resample as a list of rows, by the same draws.
fn drawn_rows(groups: &[u32], n_resamples: usize, key: u64) -> Vec<Vec<usize>> {
    let mut ids = groups.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut bits = bits(key);
    let mut draw = || ids[((u64::from(bits()) * ids.len() as u64) >> 32) as usize];
    let mut resample = |_| {
        let drawn: Vec<u32> = ids.iter().map(|_| draw()).collect();
        let rows = |id: u32| (0..groups.len()).filter(move |row| groups[*row] == id);
        drawn.into_iter().flat_map(rows).collect()
    };
    (0..n_resamples).map(&mut resample).collect()
}

/// Groups 1 and 8 hold the same rows in another order; group 5 holds one of them once.
#[test]
fn groups_of_the_same_rows_are_of_one_kind() {
    let rows = [(1, 0, 0, 1), (8, 1, 1, 0), (5, 0, 0, 1), (1, 1, 1, 0), (8, 0, 0, 1)];
    let mut kinds = GroupKinds::new(2, rows, LabelCounts::accuracy);
    assert_eq!(kinds.counts(), [1, 2]);
    assert_eq!((kinds.over(&[1, 2]), kinds.over(&[0, 0]).is_nan()), (1.0, true));
    let twice = GroupKinds::new(2, [(1, 0, 0, 1), (1, 0, 0, 1), (2, 0, 0, 1)], LabelCounts::accuracy);
    assert_eq!(twice.counts(), [1, 1]);
    assert_eq!(GroupKinds::new(2, [], LabelCounts::accuracy).counts(), [0_u32; 0]);
}

#[test]
#[should_panic(expected = "a label beyond 2")]
fn a_label_beyond_the_last_is_refused_in_groups() {
    let _ = GroupKinds::new(2, [(7, 0, 1, 2)], LabelCounts::accuracy);
}

/// A row of each group is right by the first run only, or by the second only: rows would give half of the standard error.
#[test]
fn resampling_kinds_of_groups_gives_what_resampling_groups_gives() {
    let rows = || (0..400_u32).map(|row| (row / 4, 0_u16, u16::from(row / 4 % 3 == 0), u16::from(row / 4 % 5 < 2)));
    let groups: Vec<u32> = rows().map(|row| row.0).collect();
    let truths = vec![0; groups.len()];
    let (first, second): (Vec<u16>, Vec<u16>) = rows().map(|row| (row.2, row.3)).unzip();
    let resamples = GroupResamples::new(&groups, 20_000, bits(5));
    let accuracy = |labels: &[u16]| resamples.mean_metric(2, &truths, &[labels], LabelCounts::accuracy);
    let by_group = variance_of_difference(&accuracy(&first), &accuracy(&second)).unwrap().sqrt();
    let mut kinds = GroupKinds::new(2, rows(), LabelCounts::accuracy);
    let counts = kinds.counts().to_vec();
    let by_kind = bootstrap_of_kinds(&counts, 20_000, bits(6), |drawn| kinds.over(drawn)).unwrap();
    assert!((by_kind.standard_error().unwrap() / by_group - 1.0).abs() < 0.03, "{by_kind:?} {by_group}");
}

proptest! {
    #[test]
    fn kinds_of_groups_count_as_their_rows_do(
        rows in prop::collection::vec((0_u32..9, 0_u16..4, 0_u16..4, 0_u16..4), 1..40), key in 0_u64..1000,
    ) {
        let mut kinds = GroupKinds::new(4, rows.iter().copied(), LabelCounts::macro_f1);
        let mut by_row = LabelDifference::new(4, rows.iter().map(|row| (row.1, row.2, row.3)), LabelCounts::macro_f1);
        let all: Vec<u32> = (0..rows.len() as u32).collect();
        let counts = kinds.counts().to_vec();
        prop_assert_eq!(kinds.over(&counts).to_bits(), by_row.over(&all).to_bits());
        // Each group twice or more leaves what is drawn of a kind a multiple of its groups.
        let times = (key % 3 + 2) as u32;
        let repeated: Vec<u32> = counts.iter().map(|n| n * times).collect();
        let rows_repeated: Vec<u32> = (0..times).flat_map(|_| all.iter().copied()).collect();
        prop_assert_eq!(kinds.over(&repeated).to_bits(), by_row.over(&rows_repeated).to_bits());
    }

    /// Kinds of single rows are in ascending order, so the bootstrap draws them as it draws kinds of rows.
    #[test]
    fn groups_of_one_row_are_rows(rows in prop::collection::vec((0_u16..4, 0_u16..4, 0_u16..4), 2..40)) {
        let groups = rows.iter().enumerate().map(|(row, (a, b, c))| (1000 - row as u32, *a, *b, *c));
        let mut n_of_kind = std::collections::BTreeMap::new();
        rows.iter().for_each(|row| *n_of_kind.entry(row).or_insert(0_u32) += 1);
        let kinds = GroupKinds::new(4, groups, LabelCounts::macro_f1);
        prop_assert_eq!(kinds.counts().to_vec(), n_of_kind.into_values().collect::<Vec<u32>>());
    }

    #[test]
    fn metrics_of_resamples_are_those_of_their_rows(
        rows in prop::collection::vec((0_u32..12, 0_u16..4, 0_u16..4, 0_u16..4), 1..40), key in 0_u64..1000, n in 1_usize..70,
    ) {
        let groups: Vec<u32> = rows.iter().map(|row| row.0 * 1_000_003).collect();
        let truths: Vec<u16> = rows.iter().map(|row| row.1).collect();
        let [first, second] = [|row: &(u32, u16, u16, u16)| row.2, |row: &(u32, u16, u16, u16)| row.3]
            .map(|label| rows.iter().map(label).collect::<Vec<u16>>());
        let resamples = GroupResamples::new(&groups, n, bits(key));
        let got = resamples.mean_metric(4, &truths, &[&first, &second], LabelCounts::macro_f1);
        let f1 = |drawn: &[usize], labels: &[u16]| {
            Confusion::of(4, drawn.iter().map(|row| (truths[*row], labels[*row]))).macro_f1().unwrap()
        };
        let expected: Vec<f64> = drawn_rows(&groups, n, key)
            .iter().map(|drawn| (f1(drawn, &first) + f1(drawn, &second)) / 2.0).collect();
        prop_assert_eq!(got, expected);
    }
}
