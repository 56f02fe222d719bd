//! The figures that recur computes of predictions.

use serde::{Deserialize, Serialize};

/// A figure computed from predictions on one part of a split. Reported as `part_metric`, e.g. `validation_macro_f1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Mean negative log-likelihood of the true label, in nats; lower is better.
    Loss,
    /// Share of names whose most probable label is the true one, 0 to 1.
    Accuracy,
    /// Unweighted mean of the F1 score, 0 to 1, over the labels that have a true or a predicted name; a label with
    /// neither is left out.
    MacroF1,
}

impl Metric {
    /// Every metric, in the order of reports.
    pub const ALL: [Metric; 3] = [Metric::MacroF1, Metric::Accuracy, Metric::Loss];

    /// The name used in specs and records.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Loss => "loss",
            Metric::Accuracy => "accuracy",
            Metric::MacroF1 => "macro_f1",
        }
    }

    /// The name used in running text.
    pub fn title(self) -> &'static str {
        match self {
            Metric::Loss => "loss",
            Metric::Accuracy => "accuracy",
            Metric::MacroF1 => "macro-F1",
        }
    }

    /// Whether a larger value is a better one.
    pub fn higher_is_better(self) -> bool {
        !matches!(self, Metric::Loss)
    }

    /// Whether `a` is a better value than `b`.
    pub fn better(self, a: f64, b: f64) -> bool {
        if self.higher_is_better() { a > b } else { a < b }
    }
}

/// The figures of one set of predictions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Mean negative log-likelihood, in nats.
    pub loss: f64,
    /// Share of right names, 0 to 1.
    pub accuracy: f64,
    /// Macro-averaged F1, 0 to 1.
    pub macro_f1: f64,
}

impl Scores {
    /// The value of `metric`.
    pub fn get(&self, metric: Metric) -> f64 {
        match metric {
            Metric::Loss => self.loss,
            Metric::Accuracy => self.accuracy,
            Metric::MacroF1 => self.macro_f1,
        }
    }
}
