//! Figures, intervals and tests, as pure functions.
//!
//! Nothing here knows a model, a file or a record. Every sum runs in ascending order of index, in f64.
//!
//! | question | answer |
//! |---|---|
//! | how good is one run? | [`Confusion`], [`mean_log_loss`], [`top_k_accuracy`], [`expected_calibration_error`] |
//! | how good is a model over replicates? | [`mean`], [`standard_deviation`], [`t_interval`] |
//! | is A better than B, over replicates that share rows? | [`corrected_resampled_t`], and [`holm`] over several |
//! | is A as good as B? | [`corrected_resampled_tost`] |
//! | how many replicates does it take? | [`PlannedTest`] |
//! | is A better than B, over independent pairs? | [`paired_t`], [`wilcoxon_signed_rank`], [`paired_tost`] |
//! | is this run better than that one, on these test rows? | [`mcnemar_exact`] for accuracy, [`bootstrap`] and [`bootstrap_of_kinds`] for any figure |

mod bootstrap;
mod calibration;
mod comparison;
mod confusion;
mod equivalence;
mod holm;
mod label_counts;
mod label_difference;
mod mcnemar;
mod multinomial;
mod normal;
mod power;
mod rounding;
mod student;
mod summary;
mod top_k;
mod wilcoxon;

pub use bootstrap::{Bootstrap, RESAMPLES, bootstrap, bootstrap_of_kinds};
pub use calibration::{CALIBRATION_BINS, CalibrationBin, calibration_bins, expected_calibration_error};
pub use comparison::{Comparison, WinsTiesLosses, corrected_resampled_t, paired_t, wins_ties_losses};
pub use confusion::Confusion;
pub use equivalence::{Equivalence, corrected_resampled_tost, paired_tost};
pub use holm::holm;
pub use label_counts::{LabelCounts, LabelScores};
pub use label_difference::{LabelDifference, LabelKinds};
pub use mcnemar::{PairedCounts, mcnemar_exact};
pub use power::PlannedTest;
pub use student::{quantile, two_sided_p};
pub use summary::{Interval, mean, mean_log_loss, standard_deviation, t_interval};
pub use top_k::{label_rank, top_k_accuracy};
pub use wilcoxon::{NullDistribution, SignedRank, wilcoxon_signed_rank};
