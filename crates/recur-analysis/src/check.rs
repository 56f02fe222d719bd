//! Whether the outcomes belong together: an analysis of mixed records would be wrong without showing it.

use crate::error::AnalysisError;
use crate::outcomes::Outcomes;
use recur_core::digest::Digest;
use recur_core::record::TestRecord;
use recur_core::selection::TrialOutcome;
use recur_core::trial::TrialId;
use std::collections::{BTreeMap, BTreeSet};

/// Checks what the rest of the crate builds on.
pub(crate) fn check(outcomes: &Outcomes<'_>) -> Result<(), AnalysisError> {
    if outcomes.splits.len() != outcomes.plan.replicates as usize {
        return Err(AnalysisError::Splits { n_splits: outcomes.splits.len(), replicates: outcomes.plan.replicates });
    }
    check_trials(outcomes)?;
    check_tests(outcomes)?;
    check_examples(outcomes)
}

fn check_trials(outcomes: &Outcomes<'_>) -> Result<(), AnalysisError> {
    let mut seen = BTreeSet::new();
    for outcome in outcomes.trials {
        let (id, configuration, replicate) = (&outcome.trial.id, outcome.trial.configuration, outcome.trial.replicate);
        if configuration >= outcomes.plan.configurations.len() || replicate >= outcomes.plan.replicates {
            return Err(AnalysisError::NotInPlan { trial: id.clone(), configuration, replicate });
        }
        if !seen.insert((configuration, replicate)) {
            return Err(AnalysisError::Repeated { trial: id.clone(), configuration, replicate });
        }
        let (got, expected) = (&outcome.record.identity.dataset, &outcomes.facts.dataset);
        if got != expected && !is_encoding_of(outcomes, got) {
            return Err(AnalysisError::MixedData { trial: id.clone(), got: got.clone(), expected: expected.clone() });
        }
    }
    Ok(())
}

/// Whether `dataset` is one of the other encodings of the same rows that a comparison merged.
fn is_encoding_of(outcomes: &Outcomes<'_>, dataset: &Digest) -> bool {
    let encodings = outcomes.comparison.map(|comparison| comparison.different_encodings.as_slice()).unwrap_or_default();
    encodings.iter().any(|encoding| encoding.dataset == *dataset)
}

fn check_tests(outcomes: &Outcomes<'_>) -> Result<(), AnalysisError> {
    let trials: BTreeSet<&TrialId> = outcomes.trials.iter().map(|outcome| &outcome.trial.id).collect();
    let n_labels = outcomes.label_names.len();
    for test in outcomes.tests {
        if !trials.contains(&test.id) {
            return Err(AnalysisError::UnknownTrial { trial: test.id.clone() });
        }
        if let Some(found) = test.predictions.iter().find(|prediction| prediction.log_probabilities.len() != n_labels) {
            let n_given = found.log_probabilities.len();
            return Err(AnalysisError::OtherLabels { trial: test.id.clone(), n_given, n_labels });
        }
        for label in test.predictions.iter().flat_map(|prediction| [prediction.label, prediction.predicted]) {
            if usize::from(label) >= n_labels {
                return Err(AnalysisError::UnknownLabel { trial: test.id.clone(), label, n_labels });
            }
        }
    }
    Ok(())
}

/// Models are compared example by example, so on a replicate of a data set they all need the same test rows in the same order.
fn check_examples(outcomes: &Outcomes<'_>) -> Result<(), AnalysisError> {
    let place = |outcome: &TrialOutcome| (outcome.trial.replicate, outcome.record.identity.dataset.clone());
    let places: BTreeMap<&TrialId, (u32, Digest)> =
        outcomes.trials.iter().map(|outcome| (&outcome.trial.id, place(outcome))).collect();
    let mut firsts: BTreeMap<&(u32, Digest), &TestRecord> = BTreeMap::new();
    for test in outcomes.tests {
        let place = &places[&test.id];
        let (n_scored, n_rows) = (test.predictions.len(), outcomes.splits[place.0 as usize].test_groups.len());
        if n_scored != n_rows {
            return Err(AnalysisError::OtherRows { trial: test.id.clone(), replicate: place.0, n_scored, n_rows });
        }
        let first = *firsts.entry(place).or_insert(test);
        if !first.predictions.iter().map(|p| (&p.text, p.label)).eq(test.predictions.iter().map(|p| (&p.text, p.label)))
        {
            return Err(AnalysisError::OtherNames {
                first: first.id.clone(),
                second: test.id.clone(),
                replicate: place.0,
            });
        }
    }
    Ok(())
}
