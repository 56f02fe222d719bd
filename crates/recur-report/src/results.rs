//! The results of an experiment on one screen: a row a model.

use recur_analysis::{Analysis, Model, Summary};
use recur_core::metric::Metric;

/// What takes the place of a value that there is none of.
pub(crate) const NOTHING: &str = "–";

/// The results of an experiment as a table of plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultsTable {
    /// The titles of the columns; those from the second on hold numbers.
    pub header: Vec<String>,
    /// One row a model, in the order of the analysis.
    pub rows: Vec<Vec<String>>,
}

impl ResultsTable {
    /// Of `analysis`.
    pub fn of(analysis: &Analysis) -> Self {
        let primary = analysis.primary;
        let tested = if primary == Metric::FAMILIAR { vec![primary] } else { vec![primary, Metric::FAMILIAR] };
        let mut header = vec!["model".to_owned(), "replicates".to_owned(), format!("validation {}", primary.title())];
        header.extend(tested.iter().map(|metric| format!("test {}", metric.title())));
        let rows = analysis.models.iter().map(|model| row(analysis, model, &tested)).collect();
        Self { header, rows }
    }
}

fn row(analysis: &Analysis, model: &Model, tested: &[Metric]) -> Vec<String> {
    let mean = |summary: Option<&Summary>| summary.and_then(|s| s.mean).map_or(NOTHING.to_owned(), decimals);
    let with_deviation = |summary: Option<&Summary>| match summary.and_then(|summary| summary.sd) {
        Some(sd) => format!("{} ± {}", mean(summary), decimals(sd)),
        None => mean(summary),
    };
    if model.trial_ids.is_empty() {
        let mut row = vec![model.model.clone(), "no configuration finished".to_owned(), NOTHING.to_owned()];
        row.extend(tested.iter().map(|_| NOTHING.to_owned()));
        return row;
    }
    // What could be scored is shown, though a model without all of its results is not ranked.
    let test = |metric: &Metric| model.test(*metric).or_else(|| model.partial_test.get(metric.name()));
    let n_scored = test(&analysis.primary).map_or(0, |test| test.by_replicate.iter().flatten().count());
    let mut row = vec![
        match model.only_configuration() {
            Some(only) => analysis.configurations[only].title.clone(),
            None => format!("{} (chosen for each replicate)", model.model),
        },
        n_scored.to_string(),
        mean(model.validation.get(analysis.primary.name())),
    ];
    row.extend(tested.iter().map(|metric| with_deviation(test(metric))));
    row
}

/// A metric with four decimals; with an exponent where it would have more than nine digits before them.
pub(crate) fn decimals(value: f64) -> String {
    if value.abs() < 1e9 || !value.is_finite() { format!("{value:.4}") } else { format!("{value:.4e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_metrics_have_an_exponent() {
        assert_eq!(
            [0.5, -2.0, 1e9, 7e37, -1e308].map(decimals),
            ["0.5000", "-2.0000", "1.0000e9", "7.0000e37", "-1.0000e308"]
        );
    }
}
