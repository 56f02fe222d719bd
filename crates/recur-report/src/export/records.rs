//! All trials' results in one long table.

use recur_analysis::{Analysis, ConfigurationResult, TrialResult};
use recur_core::metric::{Metric, Scores};
use recur_core::params::{ParamValue, Params};
use recur_core::table::{Column, Values};
use std::collections::BTreeSet;

/// One metric of one trial.
struct Row<'a> {
    trial: &'a TrialResult,
    split: &'static str,
    metric: Metric,
    value: Option<f64>,
}

/// The table of [`super::Export::records`].
pub(super) fn columns(analysis: &Analysis) -> Vec<Column> {
    let rows: Vec<Row<'_>> = analysis.trials.iter().flat_map(|trial| rows_of(trial, analysis.primary)).collect();
    let configuration = |row: &Row<'_>| &analysis.configurations[row.trial.configuration];
    let mut columns = vec![
        texts("experiment", &rows, |_| analysis.experiment.clone()),
        texts("trial", &rows, |row| row.trial.trial.to_string()),
        texts("model", &rows, |row| configuration(row).model.clone()),
        texts("configuration", &rows, |row| configuration(row).title.clone()),
    ];
    columns.extend(parameters(&rows, configuration));
    let integers =
        |of: &dyn Fn(&TrialResult) -> i64| Values::Integer(rows.iter().map(|row| Some(of(row.trial))).collect());
    columns.extend([
        column("parameters", integers(&|trial| i64::try_from(trial.parameters).unwrap_or(i64::MAX))),
        column("replicate", integers(&|trial| i64::from(trial.replicate))),
    ]);
    if !analysis.stages.is_empty() {
        let after = |row: &Row<'_>| configuration(row).eliminated_after.map(|budget| i64::from(budget.replicates));
        columns.push(column("eliminated_after", Values::Integer(rows.iter().map(after).collect())));
        let epochs = |row: &Row<'_>| configuration(row).eliminated_after?.epochs.map(i64::from);
        columns.push(column("stopped_after", Values::Integer(rows.iter().map(epochs).collect())));
    }
    columns.extend([
        column("chosen", Values::Boolean(rows.iter().map(|row| Some(row.trial.chosen)).collect())),
        texts("outcome", &rows, |row| row.trial.outcome.word().to_owned()),
        texts("split", &rows, |row| row.split.to_owned()),
        texts("metric", &rows, |row| row.metric.name().to_owned()),
        column("value", Values::Real(rows.iter().map(|row| row.value).collect())),
    ]);
    columns
}

fn rows_of(trial: &TrialResult, primary: Metric) -> Vec<Row<'_>> {
    let row = |split, metric, value| Row { trial, split, metric, value };
    let of_all = |split, scores: Option<Scores>| {
        Metric::shown_with(primary).map(move |metric| row(split, metric, scores.map(|scores| scores.get(metric))))
    };
    let mut rows = vec![row("train", Metric::TRAINED, trial.train_loss)];
    rows.extend(of_all("validation", trial.validation));
    if trial.test.is_some() {
        rows.extend(of_all("test", trial.test));
    }
    rows
}

pub(super) fn column(name: &str, values: Values) -> Column {
    Column { name: name.to_owned(), values }
}

pub(super) fn texts<T>(name: &str, rows: &[T], text: impl Fn(&T) -> String) -> Column {
    column(name, Values::Text(rows.iter().map(|row| Some(text(row))).collect()))
}

/// A column for each parameter of any model, then for each swept setting of training, in alphabetical order. A model without the
/// parameter has no value, and one that does not sweep the setting has the value that it is trained with, if it is trained in steps.
fn parameters<'a>(rows: &[Row<'a>], configuration: impl Fn(&Row<'a>) -> &'a ConfigurationResult) -> Vec<Column> {
    let names = |of: fn(&ConfigurationResult) -> &Params| -> BTreeSet<&'a str> {
        rows.iter().flat_map(|row| of(configuration(row)).iter().map(|(name, _)| name)).collect()
    };
    let of = |name: &str, title: String, of: fn(&ConfigurationResult) -> &Params| {
        let values: Vec<Option<&ParamValue>> = rows.iter().map(|row| of(configuration(row)).get(name)).collect();
        column(&title, typed(&values))
    };
    let params: fn(&ConfigurationResult) -> &Params = |result| &result.params;
    let training: fn(&ConfigurationResult) -> &Params = |result| &result.training;
    let parameters = names(params).into_iter().map(|name| of(name, format!("param_{name}"), params));
    let settings = names(training).into_iter().map(|path| of(path, path.replace('.', "_"), training));
    parameters.chain(settings).collect()
}

/// The values in their own type, as numbers where some are whole, and as text where their types differ.
fn typed(values: &[Option<&ParamValue>]) -> Values {
    let all = |is_such: fn(&ParamValue) -> bool| values.iter().flatten().all(|value| is_such(value));
    if all(|value| matches!(value, ParamValue::Integer(_))) {
        Values::Integer(values.iter().map(|value| value.and_then(integer)).collect())
    } else if all(|value| matches!(value, ParamValue::Integer(_) | ParamValue::Real(_))) {
        Values::Real(values.iter().map(|value| value.and_then(real)).collect())
    } else if all(|value| matches!(value, ParamValue::Boolean(_))) {
        let truth = |value: &ParamValue| matches!(value, ParamValue::Boolean(true));
        Values::Boolean(values.iter().map(|value| value.map(truth)).collect())
    } else {
        Values::Text(values.iter().map(|value| value.map(ToString::to_string)).collect())
    }
}

fn integer(value: &ParamValue) -> Option<i64> {
    if let ParamValue::Integer(n) = value { Some(*n) } else { None }
}

fn real(value: &ParamValue) -> Option<f64> {
    match value {
        ParamValue::Integer(n) => Some(*n as f64),
        ParamValue::Real(x) => Some(*x),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_keep_their_type_as_far_as_all_values_have_one() {
        let (whole, real, word) = (ParamValue::Integer(2), ParamValue::Real(0.5), ParamValue::Text("a".to_owned()));
        assert_eq!(typed(&[Some(&whole), None]), Values::Integer(vec![Some(2), None]));
        assert_eq!(typed(&[Some(&whole), Some(&real)]), Values::Real(vec![Some(2.0), Some(0.5)]));
        assert_eq!(typed(&[Some(&whole), Some(&word)]), Values::Text(vec![Some("2".into()), Some("a".into())]));
        assert_eq!(typed(&[Some(&ParamValue::Boolean(false))]), Values::Boolean(vec![Some(false)]));
        assert_eq!(typed(&[Some(&ParamValue::IntegerPair(1, 3))]), Values::Text(vec![Some("[1, 3]".into())]));
    }
}
