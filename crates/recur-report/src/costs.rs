//! What training took: a page beside the report that is never compared, as times differ from run to run.

use crate::analysis::{Analysis, ModelResult};
use crate::input::ReportInput;
use crate::markdown::{Table, code, escape, left, right};
use crate::numbers::{NBSP, NOTHING, count, fixed, heading, spread};
use crate::page::link_target;
use crate::{Destination, ReportError, check, files};
use recur_core::record::{TestRecord, TrialRecord};
use recur_core::settings::{TrainingLength, TrainingSettings};
use recur_core::trial::TrialId;
use recur_stats::{mean, standard_deviation};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The page's name within the report's folder.
pub(crate) const FILE: &str = "cost.md";

/// What a trial took, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// Seconds that the process which finished it spent on it.
    pub seconds: f64,
    /// Whether it went on from a checkpoint, so that another process has spent time on it, too.
    pub resumed: bool,
    /// Seconds that the trained model took to predict all test rows, where that is known.
    pub prediction_seconds: Option<f64>,
    /// The machine, and how many trials ran at once on it.
    pub machine: String,
}

/// How the page's first line reads.
pub(crate) fn title(name: &str) -> String {
    format!("# {}: what it cost", escape(name))
}

/// Writes what the trials of the chosen configurations took to `dir/NAME/cost.md`, NAME being the plan's; trials without a known
/// cost are left out.
///
/// # Errors
/// As [`crate::write()`].
pub fn write_costs<'a>(
    input: &ReportInput<'_>,
    costs: &BTreeMap<TrialId, Cost>,
    destination: impl Into<Destination<'a>>,
) -> Result<PathBuf, ReportError> {
    check::check(input)?;
    let page = page(&Analysis::new(input, 1), costs);
    files::write_beside(FILE, &page, &input.plan.name, destination.into())
}

fn page(analysis: &Analysis<'_>, costs: &BTreeMap<TrialId, Cost>) -> String {
    let name = &analysis.input.plan.name;
    let machines: BTreeSet<&str> = costs.values().map(|cost| cost.machine.as_str()).collect();
    let machines: Vec<String> = machines.into_iter().map(|machine| format!("- {}", escape(machine))).collect();
    format!(
        "{}\n\nTimes of the trials that [the report](../{}.md) compares, as the machines below took them. They differ \
         from run to run and are compared by nobody: no figure of the report depends on them.\n\n{}\nSeconds a trial include its scoring \
         on validation and the writing of its record, while other trials ran beside it; those of trials that went on from a checkpoint \
         are left out. Names a second are the training names of all epochs by these seconds. A prediction is that of a name of the test \
         set, all of them asked for at once, by one thread of the trained model.\n\n{}\n",
        title(name),
        link_target(name),
        table(analysis, costs).render(),
        machines.join("\n")
    )
}

fn table(analysis: &Analysis<'_>, costs: &BTreeMap<TrialId, Cost>) -> Table {
    let mut table = Table::new([
        left("model"),
        right("parameters"),
        right("trials timed"),
        right("seconds a trial"),
        right("epochs"),
        right("names a second"),
        right("µs a prediction"),
        right(format!("test {}", heading(analysis.primary))),
    ]);
    for model in &analysis.models {
        let is_whole = |cost: &&Cost| !cost.resumed && cost.seconds > 0.0;
        let findings = analysis.chosen_findings(model);
        if findings.is_empty() {
            continue;
        }
        let timed: Vec<(f64, &TrialRecord)> = findings
            .into_iter()
            .filter_map(|f| Some((costs.get(&f.trial.id).filter(is_whole)?.seconds, &f.record)))
            .collect();
        let seconds: Vec<f64> = timed.iter().map(|(seconds, _)| *seconds).collect();
        let speed: Vec<f64> = timed.iter().map(|(seconds, record)| names(analysis, record) / seconds).collect();
        let epochs: Vec<f64> = timed.iter().map(|(_, record)| record.epochs.len() as f64).collect();
        table.row([
            code(model.id),
            analysis.n_parameters(model).map_or(NOTHING.to_owned(), count),
            count(timed.len() as u64),
            with_deviation(&seconds, 2),
            mean(&epochs).map_or(NOTHING.to_owned(), |epochs| fixed(epochs, 1)),
            mean(&speed).map_or(NOTHING.to_owned(), |speed| count(speed.round() as u64)),
            with_deviation(&microseconds_a_prediction(model, costs), 2),
            spread(analysis.primary, &model.test(analysis.primary)),
        ]);
    }
    table
}

/// Microseconds that a test row took, one figure a replicate.
fn microseconds_a_prediction(model: &ModelResult<'_>, costs: &BTreeMap<TrialId, Cost>) -> Vec<f64> {
    let tests = model.tests.iter().filter(|test| !test.predictions.is_empty());
    let of_row =
        |test: &&&TestRecord| Some(1e6 * costs.get(&test.id)?.prediction_seconds? / test.predictions.len() as f64);
    tests.filter_map(|test| of_row(&test)).collect()
}

/// The names that a trial was trained on, in all its epochs or intervals of steps.
fn names(analysis: &Analysis<'_>, record: &TrialRecord) -> f64 {
    let of_each = match &record.identity.training {
        Some(TrainingSettings { length: TrainingLength::Steps { evaluate_every, .. }, batch_size, .. }) => {
            f64::from(*evaluate_every) * *batch_size as f64
        }
        // A model that learns in one go sees all names, whatever the spec says of training.
        _ => analysis.input.sizes().train as f64,
    };
    of_each * record.epochs.len() as f64
}

fn with_deviation(values: &[f64], decimals: usize) -> String {
    let Some(mean) = mean(values) else { return NOTHING.to_owned() };
    match standard_deviation(values) {
        Some(deviation) => format!("{}{NBSP}±{NBSP}{}", fixed(mean, decimals), fixed(deviation, decimals)),
        None => fixed(mean, decimals),
    }
}
