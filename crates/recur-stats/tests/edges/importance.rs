//! Shares of variance between configurations, at the ends of what they take.

use proptest::prelude::*;
use recur_stats::*;

fn rows<const R: usize>(scores: &[[f64; R]]) -> Vec<Vec<f64>> {
    scores.iter().map(|row| row.to_vec()).collect()
}

#[test]
fn too_little_to_compare_has_no_importance() {
    assert_eq!(importance(&[], &[]), None);
    assert_eq!(importance(&[0], &rows(&[[0.1, 0.3]])), None);
    assert_eq!(importance(&[0, 1], &rows(&[[0.1], [0.9]])), None);
    assert_eq!(importance(&[0, 1], &rows::<0>(&[[], []])), None);
    let one_level = rows(&[[0.1, 0.11, 0.1], [0.5, 0.5, 0.51], [0.9, 0.91, 0.92]]);
    assert_eq!(importance(&[4, 4, 4], &one_level), None);
    assert!(importance(&[4, 4, 5], &one_level).is_some());
}

#[test]
fn scores_that_are_not_finite_have_no_importance() {
    for wrong in [f64::NAN, f64::INFINITY] {
        assert_eq!(importance(&[0, 1], &rows(&[[0.1, 0.1, wrong], [0.9, 0.8, 0.9]])), None);
    }
}

/// Configurations that differ by the same in each replicate do not show what noise there is; 0.3 − 0.1 is 0.2 but for its
/// last bits.
#[test]
fn without_noise_there_is_no_importance() {
    assert_eq!(importance(&[0, 1], &rows(&[[0.25, 0.25], [0.5, 0.5]])), None);
    assert_eq!(importance(&[0, 1], &rows(&[[0.1, 0.2], [0.3, 0.4]])), None);
}

#[test]
fn without_a_significant_difference_there_is_no_importance() {
    assert_eq!(importance(&[0, 1], &rows(&[[0.1, 0.3, 0.2], [0.3, 0.1, 0.25]])), None);
}

#[test]
fn the_only_parameter_accounts_for_everything() {
    let scores = rows(&[[0.1, 0.3, 0.2], [0.5, 0.71, 0.6], [0.8, 1.0, 0.91]]);
    let whole = Importance { share: 1.0, interval: Interval { low: 1.0, high: 1.0 } };
    assert_eq!(importance(&[7, 1, 3], &scores), Some(whole));
}

#[test]
#[should_panic(expected = "a table with gaps")]
fn a_table_with_gaps_is_refused() {
    let _ = importance(&[0, 1], &[vec![0.1, 0.2], vec![0.3]]);
}

#[test]
#[should_panic(expected = "a level for each configuration")]
fn a_level_too_few_is_refused() {
    let _ = importance(&[0], &rows(&[[0.1, 0.2], [0.3, 0.1]]));
}

proptest! {
    #[test]
    fn the_share_is_within_its_interval_and_the_interval_within_0_and_1(
        scores in prop::collection::vec(prop::collection::vec(-1.0_f64..1.0, 3), 6), effects in prop::collection::vec(0.0_f64..4.0, 2),
    ) {
        let with_effects = |(row, scores): (usize, &Vec<f64>)| {
            let effect = effects[0] * (row % 2) as f64 + effects[1] * (row / 2) as f64;
            scores.iter().map(|score| score + effect).collect()
        };
        let scores: Vec<Vec<f64>> = scores.iter().enumerate().map(with_effects).collect();
        if let Some(Importance { share, interval }) = importance(&[0, 1, 0, 1, 0, 1], &scores) {
            prop_assert!(0.0 <= interval.low && interval.high <= 1.0);
            prop_assert!(interval.contains(share), "{} {:?}", share, interval);
            let names = importance(&[9, 2, 9, 2, 9, 2], &scores).unwrap();
            prop_assert!((names.share - share).abs() < 1e-9);
        }
    }

    /// What all configurations gain in a replicate does not count, and neither does the unit.
    #[test]
    fn easy_replicates_and_units_change_nothing(
        scores in prop::collection::vec(prop::collection::vec(-1.0_f64..1.0, 3), 4), easy in prop::collection::vec(-5.0_f64..5.0, 3),
    ) {
        let scores: Vec<Vec<f64>> =
            scores.iter().enumerate().map(|(row, scores)| scores.iter().map(|score| score + 2.0 * row as f64).collect()).collect();
        let moved: Vec<Vec<f64>> =
            scores.iter().map(|scores| scores.iter().zip(&easy).map(|(score, easy)| 100.0 * (score + easy)).collect()).collect();
        let [got, expected] = [&moved, &scores].map(|scores| importance(&[0, 0, 1, 1], scores));
        match (got, expected) {
            (Some(got), Some(expected)) => {
                prop_assert!((got.share - expected.share).abs() < 1e-9);
                prop_assert!((got.interval.low - expected.interval.low).abs() < 1e-6);
            }
            (got, expected) => prop_assert_eq!(got, expected),
        }
    }
}
