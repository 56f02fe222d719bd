//! Figures of predictions, at the ends of what they take.

use proptest::prelude::*;
use recur_stats::*;

#[test]
fn without_rows_there_is_no_metric() {
    let counts = LabelCounts::new(3);
    assert_eq!((counts.accuracy(), counts.macro_f1()), (None, None));
    assert_eq!((counts.balanced_accuracy(), counts.cohen_kappa()), (None, None));
    assert_eq!((top_k_accuracy([], 3), expected_calibration_error([], 15)), (None, None));
    assert_eq!(Confusion::new(0).label_counts(), LabelCounts::new(0));
}

#[test]
fn a_label_without_true_rows_has_no_part_in_balanced_accuracy() {
    let confusion = Confusion::of(4, [(0, 0), (0, 2), (1, 1)]);
    assert_eq!(confusion.balanced_accuracy(), Some(0.75));
}

#[test]
fn kappa_of_one_label_alone_is_undefined() {
    assert_eq!(Confusion::of(2, [(1, 1); 5]).cohen_kappa(), None);
    assert_eq!(Confusion::of(2, [(1, 0); 5]).cohen_kappa(), Some(0.0));
}

#[test]
fn cleared_counts_are_as_new() {
    let mut counts = LabelCounts::new(2);
    counts.add(0, 1, 7);
    assert_eq!(counts.n_rows(), 7);
    counts.clear();
    assert_eq!(counts, LabelCounts::new(2));
}

#[test]
fn of_equal_scores_the_later_label_is_first() {
    let ranks = [0, 1, 2].map(|label| label_rank(&[0.5, 0.5, 0.1], label));
    assert_eq!(ranks, [Some(1), Some(0), Some(2)]);
    assert_eq!(label_rank(&[f32::NEG_INFINITY, 0.0], 0), Some(1));
}

#[test]
fn among_scores_that_are_no_numbers_nothing_has_a_rank() {
    assert_eq!(label_rank(&[0.5, f32::NAN], 0), None);
}

#[test]
fn probabilities_at_an_edge_are_in_the_bin_below_it() {
    let bins = |log: f32| calibration_bins([(log, true)], 2).unwrap();
    let holding = |log: f32| bins(log).iter().position(|bin| bin.n == 1).unwrap();
    // exp(-ln 2) in f32 is 0.49999999…
    assert_eq!(holding(-std::f32::consts::LN_2), 0);
    assert_eq!((holding(f32::NEG_INFINITY), holding(-0.1), holding(0.0), holding(1e-7)), (0, 1, 1, 1));
    assert_eq!(bins(1e-7)[1].mean_confidence(), Some(1.0));
    assert_eq!((bins(0.0)[0].accuracy(), bins(0.0)[0].mean_confidence()), (None, None));
    assert_eq!(calibration_bins([(f32::NAN, true)], 2), None);
    assert_eq!(expected_calibration_error([(0.0, true), (f32::NAN, true)], 2), None);
}

/// Two rows at probability 1 of which one is right: |1/2 − 1|; one row at probability 0 that is right: |1 − 0|.
#[test]
fn calibration_error_is_weighted_by_rows() {
    let rows = [(0.0, true), (0.0, false), (f32::NEG_INFINITY, true)];
    assert_eq!(expected_calibration_error(rows, 15), Some(2.0 / 3.0));
    let bins = calibration_bins(rows, 15).unwrap();
    assert_eq!((bins[14].n, bins[14].accuracy(), bins[14].mean_confidence()), (2, Some(0.5), Some(1.0)));
}

proptest! {
    #[test]
    fn the_best_is_the_accurate_and_all_are_among_all(
        scores in prop::collection::vec(-9.0_f32..0.0, 1..8), label in 0_usize..8,
    ) {
        let label = label % scores.len();
        let rank = label_rank(&scores, label).unwrap();
        let best = scores.iter().all(|score| *score <= scores[label]);
        prop_assert_eq!(top_k_accuracy([rank], 1) == Some(1.0), best && !scores[label + 1..].contains(&scores[label]));
        prop_assert_eq!(top_k_accuracy([rank], scores.len()), Some(1.0));
    }

    #[test]
    fn a_matrix_and_its_margins_give_the_same_metrics(rows in prop::collection::vec((0_u16..5, 0_u16..5), 0..60)) {
        let mut counts = LabelCounts::new(5);
        rows.iter().for_each(|(truth, predicted)| counts.add((*truth).into(), (*predicted).into(), 1));
        let confusion = Confusion::of(5, rows);
        prop_assert_eq!(confusion.label_counts(), counts.clone());
        prop_assert_eq!(confusion.macro_f1(), counts.macro_f1());
        for label in 0..5 {
            prop_assert_eq!(counts.by_label().nth(label).unwrap().support, confusion.support(label));
            prop_assert_eq!(counts.by_label().nth(label).unwrap().predicted, confusion.predicted(label));
        }
    }

    #[test]
    fn metrics_stay_in_their_range(rows in prop::collection::vec((0_u16..4, 0_u16..4), 1..40)) {
        let confusion = Confusion::of(4, rows.iter().copied());
        let shares = [confusion.accuracy(), confusion.balanced_accuracy(), confusion.macro_f1()];
        prop_assert!(shares.iter().all(|share| (0.0..=1.0).contains(&share.unwrap())));
        prop_assert!(confusion.cohen_kappa().is_none_or(|kappa| (-1.0..=1.0).contains(&kappa)));
        let rows = rows.iter().map(|(log, right)| (-0.3 * f32::from(*log), *right == 0));
        prop_assert!((0.0..=1.0).contains(&expected_calibration_error(rows, CALIBRATION_BINS).unwrap()));
    }
}

/// Rows in the order of their scores: two positive ones, two of one score of which one is positive, and a negative one.
fn scored() -> ScoredRows {
    ScoredRows::of([(0.1, false), (0.9, true), (0.5, false), (0.8, true), (0.5, true)]).unwrap()
}

#[test]
fn equal_scores_are_one_threshold() {
    let rows = scored();
    let counts: Vec<_> = rows.thresholds().iter().map(|at| (at.true_positives, at.false_positives)).collect();
    assert_eq!(counts, [(1, 0), (2, 0), (3, 1), (3, 2)]);
    // Of six pairs five are in order and one is of equal scores.
    assert_eq!(rows.roc_auc(), Some(5.5 / 6.0));
    assert_eq!(rows.average_precision(), Some((1.0 + 1.0 + 0.75) / 3.0));
    assert_eq!(ScoredRows::of([(0.0, true), (-0.0, false)]).unwrap().roc_auc(), Some(0.5));
}

#[test]
fn a_threshold_between_scores_is_that_of_the_next_higher_one() {
    let rows = scored();
    let at = |threshold| (rows.at(threshold).true_positives, rows.at(threshold).false_positives);
    assert_eq!([at(1.0), at(0.8), at(0.6), at(0.5), at(f32::NEG_INFINITY)], [(0, 0), (2, 0), (2, 0), (3, 1), (3, 2)]);
    assert_eq!(rows.best_f1().unwrap().threshold, 0.5);
    // F1 is 2/3 with one row and with four: the higher threshold is taken.
    let tied = ScoredRows::of([(0.9, true), (0.5, false), (0.4, false), (0.3, true)]).unwrap();
    assert_eq!(tied.best_f1().unwrap().threshold, 0.9);
}

#[test]
fn recall_at_a_precision_is_zero_where_no_threshold_reaches_it() {
    assert_eq!(scored().recall_at_precision(0.75), Some(1.0));
    assert_eq!(scored().recall_at_precision(0.76), Some(2.0 / 3.0));
    let wrong = ScoredRows::of([(0.9, false), (0.5, true)]).unwrap();
    assert_eq!(wrong.recall_at_precision(0.6), Some(0.0));
}

#[test]
fn scored_rows_of_one_kind_have_no_curve() {
    let negative = ScoredRows::of([(0.1, false), (0.2, false)]).unwrap();
    assert_eq!((negative.roc_auc(), negative.average_precision(), negative.best_f1()), (None, None, None));
    assert_eq!(negative.recall_at_precision(0.5), None);
    assert_eq!(ScoredRows::of([(0.1, true)]).unwrap().roc_auc(), None);
    let none = ScoredRows::of([]).unwrap();
    assert_eq!((none.roc_auc(), none.best_f1(), none.thresholds().len()), (None, None, 0));
    assert_eq!(ScoredRows::of([(f32::NAN, true), (0.2, false)]), None);
}

#[test]
fn labels_without_rows_are_left_out_of_means_over_labels() {
    let logs = [-0.4, -1.6, -2.3, -1.2, -0.5, -2.3];
    assert_eq!(one_against_rest(&logs, &[0, 1], 3, ScoredRows::roc_auc), Some(1.0));
    assert_eq!(one_against_rest(&logs[..3], &[0], 3, ScoredRows::roc_auc), None);
    assert_eq!((brier_score(&[], &[], 3), brier_score(&[f32::NAN, 0.0], &[0], 2)), (None, None));
    assert_eq!(brier_score(&[f32::NEG_INFINITY, 0.0], &[0], 2), Some(1.0));
}
