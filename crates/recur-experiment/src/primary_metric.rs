//! Whether the data have what the report's metrics are computed of: known before the first trial.

use crate::error::ExperimentError;
use recur_core::metric::Requested;
use recur_core::plan::Plan;
use recur_core::replicate::Replicate;
use recur_core::settings::Division;
use recur_ingest::Ingested;
use std::collections::BTreeSet;

/// What trials must compute besides the metrics that all have; `None` where they need nothing else.
///
/// # Errors
/// If the data lack the label that the spec looks for, or have more than two where the metric is of one and none is named.
pub(crate) fn requested(plan: &Plan, data: &Ingested) -> Result<Option<Requested>, ExperimentError> {
    let (labels, report) = (data.dataset.label_names(), &plan.report);
    if let Some(label) = report.positive.as_ref().filter(|label| !labels.contains(label)) {
        return Err(ExperimentError::NoSuchLabel {
            label: label.clone(),
            data: data.facts.source.clone(),
            labels: labels.to_vec(),
        });
    }
    let requested = report.requested(labels, &data.facts.rows_by_label);
    match &requested {
        Some(Requested { metric, positive: None, .. }) if metric.is_of_one_label() => {
            Err(ExperimentError::NoPositive {
                metric: *metric,
                data: data.facts.source.clone(),
                labels: labels.to_vec(),
            })
        }
        _ => Ok(requested),
    }
}

/// Each replicate must have validation and test rows of the label and of others, or the metric is undefined there.
///
/// # Errors
/// The first that lacks some.
pub(crate) fn check_rows(
    requested: &Requested,
    plan: &Plan,
    data: &Ingested,
    replicates: &[Replicate],
) -> Result<(), ExperimentError> {
    if !requested.metric.takes_positive() {
        return Ok(());
    }
    let (names, labels) = (data.dataset.label_names(), data.dataset.labels());
    for replicate in replicates {
        let parts = [("validation", &replicate.split.validation), ("test", &replicate.split.test)];
        for (part, rows) in parts {
            let found: BTreeSet<&String> = rows.iter().map(|row| &names[usize::from(labels[*row as usize])]).collect();
            let has_label = requested.positive.as_ref().is_none_or(|label| found.contains(label));
            if !has_label || found.len() < 2 {
                return Err(ExperimentError::Undefined {
                    metric: requested.metric,
                    part,
                    replicate: replicate.index,
                    data: data.facts.source.clone(),
                    label: if has_label { None } else { requested.positive.clone() },
                    is_published: matches!(plan.split.division, Division::Published { .. }),
                });
            }
        }
    }
    Ok(())
}
