//! A trial as a line of a list: in columns, as CSV or as JSON.

use crate::list::Entry;
use recur_core::metric::Metric;
use recur_core::record::Outcome;
use recur_core::spreadsheet;
use recur_core::visible::{visible, visible_json};

impl Entry {
    /// The titles of [`Entry::columns`], as a line.
    pub fn titles_of_columns() -> String {
        let metrics: String = Metric::ALL.map(|metric| format!(" {:>1$}", metric.title(), width(metric))).concat();
        format!("trial       end     {metrics}  configuration\n")
    }

    /// The header of [`Entry::csv`], as a line.
    pub fn csv_header() -> String {
        let metrics: String = Metric::NAMES.map(|name| format!("validation_{name},")).concat();
        format!("trial,model,params,replicate,end,{metrics}parameters,tested\n")
    }

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
        let value = |metric| self.validation.map_or("–".to_owned(), |scores| format!("{:.4}", scores.get(metric)));
        let values: String = Metric::ALL.map(|metric| format!(" {:>1$}", value(metric), width(metric))).concat();
        let (id, end) = (self.id.short(), self.ended());
        let configuration = format!("{}({})", self.model, self.params_text());
        format!("{id}  {end:<8}{values}  {} replicate {}\n", visible(&configuration), self.replicate)
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
        // One on request has a value in trials whose spec asks for it.
        let value = |metric| self.validation.map(|scores| scores.get(metric)).filter(|value| !value.is_nan());
        let text = |metric| value(metric).map_or_else(String::new, |value| value.to_string());
        let metrics = Metric::ALL.into_iter().chain(Metric::ON_REQUEST);
        let values: String = metrics.map(|metric| format!("{},", text(metric))).collect();
        let Self { id, replicate, n_parameters, has_test, .. } = self;
        let (model, params, end) = (cell(&self.model), cell(&self.params_text()), self.ended());
        format!("{id},{model},{params},{replicate},{end},{values}{n_parameters},{has_test}\n")
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

/// The width of a metric's column.
fn width(metric: Metric) -> usize {
    (metric.title().chars().count() + 1).max(8)
}
