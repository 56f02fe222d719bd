//! The names of the tests behind intervals and p-values.

use recur_analysis::Analysis;

/// The method behind intervals and p-values of results on test, as a noun.
pub(crate) fn test_name(analysis: &Analysis) -> &'static str {
    if analysis.has_fixed_test() {
        "a t-test that adds the variance over replicates and the variance over test groups (bootstrap)"
    } else {
        "the corrected resampled t-test (Nadeau and Bengio 2003)"
    }
}
