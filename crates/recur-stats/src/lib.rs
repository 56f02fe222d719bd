//! Metrics, intervals and tests, as pure functions.
//!
//! Nothing here knows a model, a file or a record. Every sum runs in ascending order of index, in f64.
//!
//! | question | answer |
//! |---|---|
//! | how good is one run? | [`Confusion`], [`mean_log_loss`], [`top_k_accuracy`], [`expected_calibration_error`], [`brier_score`] |
//! | how well does a score separate two kinds of rows, at any threshold? | [`ScoredRows`]; [`one_against_rest`] for more labels |
//! | how good is a model over replicates? | [`mean`], [`standard_deviation`], and [`corrected_resampled`] or [`fixed_test_set`] of its scores for the interval |
//! | how much does the F1 of a label vary with the rows of a test set? | [`f1_variances`] |
//! | is A better than B, over replicates with a new test set each? | [`corrected_resampled`], and [`holm`] over several |
//! | is A better than B, over replicates with one test set? | [`fixed_test_set`], with the variance over test groups from [`GroupResamples`] |
//! | what does the mean of several models answer, and how much does its result vary? | [`mean_distribution`], [`jackknife`] |
//! | is A as good as B? | [`Estimate::tost_p`] |
//! | how probable is it that A is better, practically equal, or worse? | [`Estimate::practical`] |
//! | which differences can an experiment detect? | [`PlannedTest`], [`PlannedFixedTest`] |
//! | how much does a swept parameter account for? | [`corrected_importance`], [`importance`] |
//! | is A better than B, over independent pairs? | [`paired_t`], [`wilcoxon_signed_rank`], [`paired_tost`] |
//! | is this run better than that one, on these test rows? | [`mcnemar_exact`] for the accuracy of independent rows, [`GroupKinds`] with [`bootstrap_of_kinds`] for any metric and for groups of rows |
//!
//! Replicates without any spread are no evidence: their variance cannot be estimated, and every test of them has p = 1.

mod bootstrap;
mod calibration;
mod comparison;
mod confusion;
mod ensemble;
mod equivalence;
mod estimate;
mod f1_variance;
mod fixed_test_set;
mod group_bootstrap;
mod group_kinds;
mod holm;
mod importance;
mod label_counts;
mod label_difference;
mod mcnemar;
mod multinomial;
mod noncentral_f;
mod normal;
mod on_request;
mod planned_fixed_test;
mod power;
mod rounding;
mod scored_rows;
mod student;
mod summary;
mod top_k;
mod wilcoxon;

pub use bootstrap::{Bootstrap, RESAMPLES, bootstrap, bootstrap_of_kinds};
pub use calibration::{CALIBRATION_BINS, CalibrationBin, calibration_bins, expected_calibration_error};
pub use comparison::{Comparison, WinsTiesLosses, corrected_resampled_t, paired_t, wins_ties_losses};
pub use confusion::Confusion;
pub use ensemble::{jackknife, mean_distribution};
pub use equivalence::{Equivalence, corrected_resampled_tost, paired_tost};
pub use estimate::{Estimate, Practical, corrected_resampled};
pub use f1_variance::f1_variances;
pub use fixed_test_set::fixed_test_set;
pub use group_bootstrap::{GroupResamples, variance_of_difference, variance_over_resamples};
pub use group_kinds::GroupKinds;
pub use holm::holm;
pub use importance::{Importance, corrected_importance, importance};
pub use label_counts::{LabelCounts, LabelScores, OfCounts};
pub use label_difference::LabelDifference;
pub use mcnemar::{PairedCounts, mcnemar_exact};
pub use on_request::{Answers, ON_REQUEST_CODE, OnRequest};
pub use planned_fixed_test::PlannedFixedTest;
pub use power::PlannedTest;
pub use scored_rows::{AtThreshold, ScoredRows, brier_score, one_against_rest};
pub use student::{quantile, two_sided_p};
pub use summary::{Interval, mean, mean_log_loss, standard_deviation, t_interval};
pub use top_k::{label_rank, top_k_accuracy};
pub use wilcoxon::{NullDistribution, SignedRank, wilcoxon_signed_rank};
