//! An experiment that is not finished on one screen: how far it is, and a row a model.

use crate::answer::settings;
use crate::numbers::{count, plural};
use crate::results::{NOTHING, decimals};
use recur_analysis::{BestSoFar, PartialAnalysis, PartialModel, TrialCounts};

/// An experiment that is not finished on one screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartialOverview {
    /// How far it is.
    pub state: String,
    /// The titles of the columns; those from the third on hold numbers.
    pub header: Vec<String>,
    /// One row a model, in the order of the spec, as plain text.
    pub rows: Vec<Vec<String>>,
    /// What the results are, and what they are not.
    pub note: String,
}

impl PartialOverview {
    /// Of `analysis`.
    pub fn of(analysis: &PartialAnalysis) -> Self {
        let title = format!("validation {} [95 %]", analysis.primary.title());
        let header = ["model", "best configuration so far", "trials done", "replicates", &title];
        Self {
            state: state(analysis),
            header: header.map(str::to_owned).to_vec(),
            rows: analysis.models.iter().map(|model| row(analysis, model)).collect(),
            note: "These are validation results of a part of the trials, and optimistic, as each is the best of several: nothing is \
                   decided."
                .to_owned(),
        }
    }
}

fn row(analysis: &PartialAnalysis, model: &PartialModel) -> Vec<String> {
    let done = format!("{} of {}", count(model.trials.ended()), count(model.trials.known));
    let Some(best) = &model.best else {
        return vec![model.model.clone(), "no trial finished".to_owned(), done, NOTHING.to_owned(), NOTHING.to_owned()];
    };
    let interval = best.interval.map(|ends| format!(" [{}, {}]", decimals(ends.low), decimals(ends.high)));
    vec![
        model.model.clone(),
        configuration(analysis, best),
        done,
        format!("{} of {}", best.replicates.len(), analysis.replicates),
        decimals(best.mean) + &interval.unwrap_or_default(),
    ]
}

/// The settings of the best configuration, and for how long it was trained where halving stopped it.
fn configuration(analysis: &PartialAnalysis, best: &BestSoFar) -> String {
    let settings = settings(&analysis.configurations[best.configuration]);
    let settings = if settings.is_empty() { "as given".to_owned() } else { settings };
    settings + &after(best)
}

/// `, after 3 epochs`, where halving stopped the trials.
pub(crate) fn after(best: &BestSoFar) -> String {
    best.stop_after.map_or_else(String::new, |epochs| format!(", after {}", plural(u64::from(epochs), "epoch")))
}

/// How many trials are done: `3 of 8 trials done`.
pub(crate) fn title(analysis: &PartialAnalysis) -> String {
    let (done, known, most) = (analysis.progress.ended(), analysis.progress.known, analysis.most_trials);
    if analysis.is_complete {
        return if known == 1 {
            "its only trial is done".to_owned()
        } else {
            format!("all {} trials done", count(known))
        };
    }
    let of = if most > known { format!("at most {}", count(most)) } else { count(known) };
    match done {
        0 => format!("no trial of {of} done"),
        n => format!("{} of {of} trials done", count(n)),
    }
}

/// How far the trials are, in two sentences: `7 of 30 trials are done: 6 finished, 1 failed. 2 are running, 21 are waiting.`
pub(crate) fn state(analysis: &PartialAnalysis) -> String {
    let TrialCounts { known, finished, diverged, failed, running, waiting } = analysis.progress;
    let done = analysis.progress.ended();
    let ends = [(finished, "finished"), (diverged, "diverged"), (failed, "failed")].into_iter().filter(|(n, _)| *n > 0);
    let ends: Vec<String> = ends.map(|(n, what)| format!("{} {what}", count(n))).collect();
    let colon = if ends.is_empty() { "" } else { ": " };
    let is = if done == 1 { "is" } else { "are" };
    let mut text = match analysis.is_complete {
        true => format!("All {} {is} done", plural(known, "trial")),
        false if analysis.most_trials > known => format!(
            "{} {is} done, of {} that are decided so far and at most {} in all",
            plural(done, "trial"),
            count(known),
            count(analysis.most_trials)
        ),
        false => format!("{} of {} {is} done", count(done), plural(known, "trial")),
    };
    text.push_str(&format!("{colon}{}.", ends.join(", ")));
    let others = [(running, "running"), (waiting, "waiting")].into_iter().filter(|(n, _)| *n > 0);
    let others: Vec<String> =
        others.map(|(n, what)| format!("{} {} {what}", count(n), if n == 1 { "is" } else { "are" })).collect();
    if others.is_empty() { text } else { format!("{text} {}.", others.join(", ")) }
}
