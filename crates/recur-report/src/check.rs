//! Whether the records belong together: a report of mixed records would be wrong without showing it.

use crate::input::ReportInput;
use crate::together::Unlike;
use recur_core::digest::Digest;
use recur_core::record::TestRecord;
use recur_core::selection::Finding;
use recur_core::trial::TrialId;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Component, Path, PathBuf};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The experiment's name cannot name a file.
    #[error("the name `{name}` cannot name a report: it has to be a plain file name")]
    Name {
        /// The name.
        name: String,
    },
    /// A trial belongs to another version of the data.
    #[error("trial {trial} was trained on data set {got}, the report is about {expected}")]
    MixedData {
        /// The trial.
        trial: TrialId,
        /// The data set of the trial.
        got: Digest,
        /// The data set of the report.
        expected: Digest,
    },
    /// A trial of a configuration or replicate that the plan does not have.
    #[error("trial {trial} (configuration {configuration}, replicate {replicate}) is not in the plan")]
    NotInPlan {
        /// The trial.
        trial: TrialId,
        /// Its configuration.
        configuration: usize,
        /// Its replicate.
        replicate: u32,
    },
    /// Two findings for one configuration and replicate.
    #[error("trial {trial} (configuration {configuration}, replicate {replicate}) is given twice")]
    Repeated {
        /// The trial.
        trial: TrialId,
        /// Its configuration.
        configuration: usize,
        /// Its replicate.
        replicate: u32,
    },
    /// Test figures of a trial that is not among the findings.
    #[error("test figures of trial {trial}, which is not among the findings")]
    UnknownTrial {
        /// The trial.
        trial: TrialId,
    },
    /// A prediction with a label that the data set does not have.
    #[error("trial {trial} predicts label {label} for a name, the data set has {n_labels} labels")]
    UnknownLabel {
        /// The trial.
        trial: TrialId,
        /// The label.
        label: u16,
        /// How many there are.
        n_labels: usize,
    },
    /// Test figures of two trials of one replicate that are not of the same names.
    #[error("trials {first} and {second} of replicate {replicate} were scored on different test names")]
    OtherNames {
        /// The one trial.
        first: TrialId,
        /// The other.
        second: TrialId,
        /// Their replicate.
        replicate: u32,
    },
    /// Test results of another number of rows than the split has.
    #[error("trial {trial} was scored on {n_scored} test rows, replicate {replicate} has {n_rows}")]
    OtherRows {
        /// The trial.
        trial: TrialId,
        /// Its replicate.
        replicate: u32,
        /// Rows that it was scored on.
        n_scored: usize,
        /// Test rows of the replicate.
        n_rows: usize,
    },
    /// Another number of splits than replicates.
    #[error("{n_splits} splits are given for {replicates} replicates")]
    Splits {
        /// Splits.
        n_splits: usize,
        /// Replicates.
        replicates: u32,
    },
    /// Experiments that cannot be compared.
    #[error("{first} and {second} cannot be compared: {unlike}")]
    Unlike {
        /// The one.
        first: String,
        /// The other.
        second: String,
        /// What differs.
        unlike: Box<Unlike>,
    },
    /// An experiment without a configuration that finished on every replicate.
    #[error("no configuration of {name} finished on every replicate, so there is nothing to compare")]
    NothingFinished {
        /// The experiment.
        name: String,
    },
    /// A file that recur did not write, where it wants to write one.
    #[error("{} was not written by recur, and is not replaced", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A file that recur wrote and somebody changed.
    #[error("{} was changed after recur wrote it, and is not replaced", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A link, where recur wants to write a file or a folder.
    #[error("{} is a link: recur writes through no link within the folder of reports", path.display())]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// A folder where a file is expected, or something else.
    #[error("{} is not {expected}", path.display())]
    InTheWay {
        /// What is there.
        path: PathBuf,
        /// What it has to be.
        expected: &'static str,
    },
    /// The report of another experiment.
    #[error("{} is the report of another experiment: it is of {there}, and this one of {new}", path.display())]
    OtherReport {
        /// The report.
        path: PathBuf,
        /// Its spec or question.
        there: String,
        /// The spec or question of the report that was to be written.
        new: String,
    },
    /// A report without a readable `report.json` is at the place of this one: what it is about is not known.
    #[error("{} is the report of another version of recur, or lost its report.json, and is not replaced", path.display())]
    UnknownReport {
        /// The report.
        path: PathBuf,
    },
    /// A file that cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

/// Checks what the rest of the crate builds on.
pub(crate) fn check(input: &ReportInput<'_>) -> Result<(), ReportError> {
    check_name(&input.plan.name)?;
    if input.splits.len() != input.plan.replicates as usize {
        return Err(ReportError::Splits { n_splits: input.splits.len(), replicates: input.plan.replicates });
    }
    check_findings(input)?;
    check_tests(input)?;
    check_names(input)
}

pub(crate) fn check_name(name: &str) -> Result<(), ReportError> {
    let mut components = Path::new(name).components();
    match (components.next(), components.next()) {
        (Some(Component::Normal(only)), None) if only.to_str() == Some(name) => Ok(()),
        _ => Err(ReportError::Name { name: name.to_owned() }),
    }
}

fn check_findings(input: &ReportInput<'_>) -> Result<(), ReportError> {
    let mut seen = BTreeSet::new();
    for finding in input.findings {
        let (id, configuration, replicate) = (&finding.trial.id, finding.trial.configuration, finding.trial.replicate);
        if configuration >= input.plan.configurations.len() || replicate >= input.plan.replicates {
            return Err(ReportError::NotInPlan { trial: id.clone(), configuration, replicate });
        }
        if !seen.insert((configuration, replicate)) {
            return Err(ReportError::Repeated { trial: id.clone(), configuration, replicate });
        }
        let (got, expected) = (&finding.record.identity.dataset, &input.facts.dataset);
        if got != expected && input.respelt.iter().all(|respelt| respelt.dataset != *got) {
            return Err(ReportError::MixedData { trial: id.clone(), got: got.clone(), expected: expected.clone() });
        }
    }
    Ok(())
}

fn check_tests(input: &ReportInput<'_>) -> Result<(), ReportError> {
    let trials: BTreeSet<&TrialId> = input.findings.iter().map(|finding| &finding.trial.id).collect();
    let n_labels = input.label_names.len();
    for test in input.tests {
        if !trials.contains(&test.id) {
            return Err(ReportError::UnknownTrial { trial: test.id.clone() });
        }
        for label in test.predictions.iter().flat_map(|prediction| [prediction.label, prediction.predicted]) {
            if usize::from(label) >= n_labels {
                return Err(ReportError::UnknownLabel { trial: test.id.clone(), label, n_labels });
            }
        }
    }
    Ok(())
}

/// Models are compared name by name, so on a replicate of a data set they all need the same test names in the same order.
fn check_names(input: &ReportInput<'_>) -> Result<(), ReportError> {
    let place = |finding: &'_ Finding| (finding.trial.replicate, finding.record.identity.dataset.clone());
    let places: BTreeMap<&TrialId, (u32, Digest)> =
        input.findings.iter().map(|finding| (&finding.trial.id, place(finding))).collect();
    let mut firsts: BTreeMap<&(u32, Digest), &TestRecord> = BTreeMap::new();
    for test in input.tests {
        let place = &places[&test.id];
        let (n_scored, n_rows) = (test.predictions.len(), input.splits[place.0 as usize].test_groups.len());
        if n_scored != n_rows {
            return Err(ReportError::OtherRows { trial: test.id.clone(), replicate: place.0, n_scored, n_rows });
        }
        let first = *firsts.entry(place).or_insert(test);
        if !first.predictions.iter().map(|p| (&p.name, p.label)).eq(test.predictions.iter().map(|p| (&p.name, p.label)))
        {
            return Err(ReportError::OtherNames {
                first: first.id.clone(),
                second: test.id.clone(),
                replicate: place.0,
            });
        }
    }
    Ok(())
}
