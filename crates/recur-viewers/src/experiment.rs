//! What the formats are made of: the analysis, with the records of its trials and their times.

use recur_analysis::{Analysis, ConfigurationResult, TrialResult};
use recur_core::digest::Digest;
use recur_core::metric::{Metric, Scores};
use recur_core::params::{ParamValue, Params};
use recur_core::record::{EpochRecord, Outcome, TrialRecord};
use recur_core::selection::TrialOutcome;
use recur_core::trial::TrialId;
use std::collections::BTreeMap;

/// When a trial was trained, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct TrialTime {
    pub started: u64,
    pub ended: u64,
}

impl TrialTime {
    /// The time of every trial whose own is not given: the first second of the year 2000, UTC. Equal results give equal bytes so.
    pub const FIXED: Self = Self { started: 946_684_800, ended: 946_684_800 };
}

/// An experiment, as other tools are to see it.
#[derive(Clone, Debug)]
pub struct ViewedExperiment<'a> {
    analysis: &'a Analysis,
    /// By configuration and replicate.
    records: BTreeMap<(usize, u32), &'a TrialRecord>,
    times: BTreeMap<TrialId, TrialTime>,
}

/// A trial that ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ViewedTrial<'a> {
    pub(crate) result: &'a TrialResult,
    pub(crate) configuration: &'a ConfigurationResult,
    pub(crate) record: &'a TrialRecord,
    pub(crate) time: TrialTime,
}

impl<'a> ViewedExperiment<'a> {
    /// The experiment of `analysis`, whose trials are `outcomes`. A trial that is not in `times` has [`TrialTime::FIXED`].
    pub fn new(analysis: &'a Analysis, outcomes: &'a [TrialOutcome], times: BTreeMap<TrialId, TrialTime>) -> Self {
        let place = |outcome: &TrialOutcome| (outcome.trial.configuration, outcome.trial.replicate);
        let records = outcomes.iter().map(|outcome| (place(outcome), &outcome.record)).collect();
        Self { analysis, records, times }
    }

    pub(crate) fn analysis(&self) -> &'a Analysis {
        self.analysis
    }

    /// Every trial that ended, by configuration and then by replicate.
    pub(crate) fn trials(&self) -> impl Iterator<Item = ViewedTrial<'a>> {
        self.analysis.trials.iter().filter_map(|result| self.trial(result))
    }

    fn trial(&self, result: &'a TrialResult) -> Option<ViewedTrial<'a>> {
        let record = self.records.get(&(result.configuration, result.replicate))?;
        let configuration = &self.analysis.configurations[result.configuration];
        let time = self.times.get(&result.trial).copied().unwrap_or(TrialTime::FIXED);
        Some(ViewedTrial { result, configuration, record, time })
    }

    /// The trials of a configuration, in the order of the replicates.
    pub(crate) fn trials_of(&self, configuration: usize) -> Vec<ViewedTrial<'a>> {
        let first = self.analysis.trials.partition_point(|trial| trial.configuration < configuration);
        let own = self.analysis.trials[first..].iter().take_while(|trial| trial.configuration == configuration);
        own.filter_map(|result| self.trial(result)).collect()
    }
}

impl ViewedTrial<'_> {
    /// The epoch whose weights were kept, counted from 1, with its results; `None` if the trial did not finish.
    pub(crate) fn kept(&self) -> Option<(usize, &EpochRecord)> {
        let Outcome::Finished { kept_epoch } = self.record.outcome else { return None };
        let kept = kept_epoch as usize;
        Some((kept + 1, self.record.epochs.get(kept)?))
    }
}

/// Names and values of a configuration: its model, then its parameters and the swept settings of training.
pub(crate) fn settings_of<'a>(
    model: &str,
    params: &'a Params,
    settings: &'a Params,
) -> Vec<(&'a str, std::borrow::Cow<'a, ParamValue>)> {
    use std::borrow::Cow;
    let model = ("model", Cow::Owned(ParamValue::Text(model.to_owned())));
    let declared = params.iter().chain(settings.iter()).map(|(name, value)| (name, Cow::Borrowed(value)));
    std::iter::once(model).chain(declared).collect()
}

/// Every metric of `scores`, in the order of reports.
pub(crate) fn metrics(scores: &Scores) -> impl Iterator<Item = (Metric, f64)> {
    scores.requested().into_iter().chain(Metric::ALL).map(|metric| (metric, scores.get(metric)))
}

/// `title` as the name of a folder: characters that a file system or a web address may refuse are `_`, and a digest distinguishes
/// what is then alike.
pub(crate) fn folder_name(title: &str) -> String {
    const LONGEST: usize = 120;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.=,()".contains(c);
    let plain: String = title.replace(", ", ",").chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let is_same = title.chars().all(|c| is_plain(c) || c == ' ') && plain.len() <= LONGEST && !plain.starts_with('.');
    if is_same && !plain.is_empty() {
        return plain;
    }
    let start: String = plain.trim_start_matches('.').chars().take(LONGEST).collect();
    format!("{start}-{}", Digest::of(title.as_bytes()).short())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_called_as_its_configuration_as_far_as_that_is_a_name() {
        assert_eq!(folder_name("gru(hidden_size=64, layers=2)"), "gru(hidden_size=64,layers=2)");
        let odd = ["a/b", "a:b", "..", "", "a\nb", "é"].map(folder_name);
        for name in &odd {
            assert!(!name.starts_with('.') && name.bytes().all(|b| b.is_ascii_graphic() && b != b'/'), "{name}");
        }
        let distinct: std::collections::BTreeSet<&String> = odd.iter().collect();
        assert_eq!(distinct.len(), odd.len());
        assert!(folder_name(&"x".repeat(999)).len() < 140);
    }
}
