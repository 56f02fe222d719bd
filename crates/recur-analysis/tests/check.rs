//! Outcomes that do not belong together.

#[expect(dead_code, reason = "shared with other tests, which need more of it")]
mod fixture;

use fixture::{Experiment, small};
use recur_analysis::{Analysis, AnalysisError};
use recur_core::digest::Digest;

fn refused(change: impl FnOnce(&mut Experiment)) -> AnalysisError {
    let mut experiment = small().experiment();
    change(&mut experiment);
    Analysis::resampled(&experiment.outcomes(), 10).unwrap_err()
}

#[test]
fn records_that_do_not_belong_together_are_refused() {
    let error = refused(|e| e.trials[1].record.identity.dataset = Digest::of(b"another"));
    assert!(matches!(error, AnalysisError::MixedData { .. }), "{error}");
    let error = refused(|e| e.trials[1].trial.configuration = 99);
    assert!(matches!(error, AnalysisError::NotInPlan { configuration: 99, .. }), "{error}");
    let error = refused(|e| e.trials.push(e.trials[0].clone()));
    assert!(matches!(error, AnalysisError::Repeated { .. }), "{error}");
    let error = refused(|e| e.trials.retain(|outcome| outcome.trial.id != e.tests[0].id));
    assert!(matches!(error, AnalysisError::UnknownTrial { .. }), "{error}");
    let error = refused(|e| e.tests[0].predictions[0].predicted = 7);
    assert!(matches!(error, AnalysisError::UnknownLabel { label: 7, n_labels: 7, .. }), "{error}");
    let error = refused(|e| e.tests[3].predictions[8].log_probabilities.truncate(6));
    assert!(matches!(error, AnalysisError::OtherLabels { n_given: 6, n_labels: 7, .. }), "{error}");
    let error = refused(|e| e.tests[4].predictions[9].text.push('x'));
    assert!(matches!(error, AnalysisError::OtherNames { replicate: 1, .. }), "{error}");
    let error = refused(|e| drop(e.tests[5].predictions.pop()));
    assert!(matches!(error, AnalysisError::OtherRows { replicate: 2, n_scored: 209, n_rows: 210, .. }), "{error}");
    let error = refused(|e| drop(e.splits.pop()));
    assert!(matches!(error, AnalysisError::Splits { n_splits: 2, replicates: 3 }), "{error}");
}
