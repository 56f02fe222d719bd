//! A trial as a line of a list: in columns, as CSV or as JSON.

use crate::list::Entry;
use recur_core::record::Outcome;
use recur_core::spreadsheet;
use recur_core::visible::{visible, visible_json};

impl Entry {
    /// The titles of [`Entry::columns`], as a line.
    pub const COLUMNS: &str = "trial       end       macro-F1  accuracy     loss  configuration\n";
    /// The header of [`Entry::csv`], as a line.
    pub const CSV: &str =
        "trial,model,params,replicate,end,validation_macro_f1,validation_accuracy,validation_loss,parameters,tested\n";

    fn ended(&self) -> &'static str {
        match self.outcome {
            Outcome::Finished { .. } => "finished",
            Outcome::Diverged { .. } => "diverged",
            Outcome::Failed { .. } => "failed",
        }
    }

    fn params_text(&self) -> String {
        self.params.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ")
    }

    /// It as a line in columns of one width.
    pub fn columns(&self) -> String {
        let results = self.validation.map_or_else(
            || format!("{:>9} {:>9} {:>8}", "–", "–", "–"),
            |scores| format!("{:>9.4} {:>9.4} {:>8.4}", scores.macro_f1, scores.accuracy, scores.loss),
        );
        let (id, end) = (self.id.short(), self.ended());
        let configuration = format!("{}({})", self.model, self.params_text());
        format!("{id}  {end:<8} {results}  {} replicate {}\n", visible(&configuration), self.replicate)
    }

    /// It as a line of CSV.
    pub fn csv(&self) -> String {
        // The store may be anybody's: no terminal obeys a cell, and no spreadsheet executes one.
        let cell = |text: &str| {
            let safe = visible(text);
            let safe = spreadsheet::cell(&safe);
            if safe.contains([',', '"', '\n']) {
                format!("\"{}\"", safe.replace('"', "\"\""))
            } else {
                safe.into_owned()
            }
        };
        let [macro_f1, accuracy, loss] = self.validation.map_or_else(Default::default, |scores| {
            [scores.macro_f1, scores.accuracy, scores.loss].map(|value| value.to_string())
        });
        let Self { id, replicate, n_parameters, has_test, .. } = self;
        let (model, params, end) = (cell(&self.model), cell(&self.params_text()), self.ended());
        format!("{id},{model},{params},{replicate},{end},{macro_f1},{accuracy},{loss},{n_parameters},{has_test}\n")
    }

    /// It as a JSON object on a line.
    pub fn json(&self) -> String {
        let line = serde_json::json!({
            "trial": self.id,
            "model": self.model,
            "params": self.params,
            "replicate": self.replicate,
            "outcome": self.outcome,
            "validation": self.validation,
            "n_parameters": self.n_parameters,
            "has_test": self.has_test,
        });
        format!("{}\n", visible_json(&line.to_string()))
    }
}
