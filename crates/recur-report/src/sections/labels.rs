//! How well each label is recognised.

use crate::figures::canvas::{About, cut};
use crate::figures::dots::{Row, Share, dots};
use crate::figures::lines::{Key, Stroke};
use crate::figures::{MOST_MODELS, left_out};
use crate::markdown::{Table, code, escape, left, list, right};
use crate::numbers::{NBSP, NOTHING, fixed, plural, signed};
use crate::page::Page;
use recur_analysis::{Analysis, LabelDifference, LabelDifferences, LabelResult, Model};
use recur_core::settings::TestRows;
use std::collections::BTreeMap;

/// Labels drawn at most, as in the confusion matrix.
const MOST_LABELS: usize = 60;

/// Below so many test rows the F1 of a label is very uncertain.
const FEW_ROWS: u32 = 20;
/// From so many test rows on it has marks of full size.
const MANY_ROWS: u32 = 100;

/// One label: how it differs, and its results for each ranked model in order.
struct Label<'a> {
    difference: &'a LabelDifference,
    models: Vec<Option<&'a LabelResult>>,
}

/// Appends the section; nothing without test figures.
pub(crate) fn render(analysis: &Analysis, page: &mut Page) {
    let Some(differences) = &analysis.label_differences else { return };
    let (best, labels) = (&differences.best, labels(analysis, differences));
    page.section("Labels");
    let n_tested = labels.iter().filter(|label| label.difference.test_rows > 0.0).count();
    let [labels_drawn, models_drawn] = [n_tested.min(MOST_LABELS), analysis.ranking.len().min(MOST_MODELS)];
    page.block(&format!(
        "Test results by label in per cent, averaged over the replicates that have test rows of the label, best F1 first. \
         Precision and recall are those of {}, the model with the best mean, and so is the interval of F1 (95 %, {}). The figure has the test \
         rows of each label in parentheses; small marks are labels with fewer than {MANY_ROWS} or, smaller still, {FEW_ROWS} of them.{}{}",
        code(best),
        interval_name(analysis),
        left_out(n_tested, labels_drawn, "labels", ", those with most test rows"),
        left_out(analysis.ranking.len(), models_drawn, "models", ", those with the best means")
    ));
    let alternative = alternative(best, &labels);
    page.figure("labels", &alternative, figure(analysis, &labels, &alternative));
    page.block(&table(analysis, differences, &labels).render());
    if let Some(other) = &differences.other {
        page.block(&about_differences(analysis, differences, other));
    }
    let without = labels.iter().filter(|label| label.difference.test_rows == 0.0).count() as u64;
    if without > 0 {
        page.block(&format!("{} without test rows.", plural(without, "label")));
    }
}

/// What the interval of F1 is from.
fn interval_name(analysis: &Analysis) -> &'static str {
    match analysis.method.test_rows {
        TestRows::Fixed => "a t-test that adds the variance over replicates and the variance over test groups",
        TestRows::PerReplicate => "the corrected resampled t-test over replicates",
    }
}

fn labels<'a>(analysis: &'a Analysis, differences: &'a LabelDifferences) -> Vec<Label<'a>> {
    let by_name = |model: &'a Model| -> BTreeMap<&str, &LabelResult> {
        model.labels.iter().map(|label| (label.label.as_str(), label)).collect()
    };
    let models: Vec<BTreeMap<&str, &LabelResult>> = analysis.ranked().map(by_name).collect();
    let label = |difference: &'a LabelDifference| Label {
        difference,
        models: models.iter().map(|labels| labels.get(difference.label.as_str()).copied()).collect(),
    };
    differences.labels.iter().map(label).collect()
}

/// What the column of differences says, and for which labels they are clear.
fn about_differences(analysis: &Analysis, differences: &LabelDifferences, other: &str) -> String {
    let [best, other] = [&differences.best, other].map(code);
    let n_tested = differences.n_tested() as u64;
    if n_tested == 0 {
        let why = match analysis.method.test_rows {
            TestRows::Fixed => "no interval by label is computed where all replicates share their test rows",
            TestRows::PerReplicate => "one replicate has no interval of it",
        };
        return format!("The last column is the F1 of {best} minus that of {other}; {why}.");
    }
    let clear = differences.labels.iter().filter(|label| label.is_significant);
    let clear: Vec<String> = clear.map(|label| escape(&label.label)).collect();
    let clear = if clear.is_empty() { "for none of them".to_owned() } else { format!("for {}", list(&clear)) };
    format!(
        "The last column is the F1 of {best} minus that of {other} in points, with the interval (95 %) of the corrected resampled \
         t-test over replicates. With p corrected by Holm's method over {}, the models are shown to differ {clear}.",
        plural(n_tested, "label")
    )
}

fn table(analysis: &Analysis, differences: &LabelDifferences, labels: &[Label<'_>]) -> Table {
    let mut header = vec![left("label"), right("test rows"), right("precision"), right("recall")];
    let has_intervals = labels.iter().any(|label| label.models[0].is_some_and(|best| best.f1_interval.is_some()));
    for (place, model) in analysis.ranked().enumerate() {
        let ends = if place == 0 && has_intervals { " [95 %]" } else { "" };
        header.push(right(format!("F1 {}{ends}", code(&model.model))));
    }
    if let Some(other) = &differences.other {
        let [best, other] = [&differences.best, other].map(|model| code(model));
        header.push(right(format!("{best} − {other} [95 %]")));
    }
    let mut table = Table::new(header);
    for label in labels {
        let cell = |share: Option<f64>| share.map_or(NOTHING.to_owned(), |share| fixed(100.0 * share, 1));
        let best = label.models[0];
        let mut cells = vec![escape(&label.difference.label), rows(label.difference.test_rows)];
        cells.extend([best.map(|scores| scores.precision), best.map(|scores| scores.recall)].map(cell));
        cells.push(best.map_or(NOTHING.to_owned(), with_interval));
        cells.extend(label.models[1..].iter().map(|scores| cell(scores.map(|scores| scores.f1))));
        if differences.other.is_some() {
            cells.push(difference(label.difference));
        }
        table.row(cells);
    }
    table
}

/// `86.1 [84.0, 88.2]`, in per cent: the F1 of a label.
fn with_interval(label: &LabelResult) -> String {
    let percent = |share: f64| fixed(100.0 * share, 1);
    let ends = label.f1_interval.map(|ends| format!("{NBSP}[{},{NBSP}{}]", percent(ends.low), percent(ends.high)));
    format!("{}{}", percent(label.f1), ends.unwrap_or_default())
}

/// `+1.2 [−0.3, +2.7]`, in points of F1.
fn difference(label: &LabelDifference) -> String {
    let number = |share: f64| signed(100.0 * share, 1);
    match (label.mean, label.interval) {
        (Some(mean), Some(interval)) => {
            format!("{}{NBSP}[{},{NBSP}{}]", number(mean), number(interval.low), number(interval.high))
        }
        (Some(mean), None) => number(mean),
        (None, _) => NOTHING.to_owned(),
    }
}

/// A mean number of rows: whole where it is.
fn rows(mean: f64) -> String {
    fixed(mean, if mean == mean.round() { 0 } else { 1 })
}

fn alternative(best: &str, labels: &[Label<'_>]) -> String {
    let known: Vec<(&str, f64)> =
        labels.iter().filter_map(|label| Some((label.difference.label.as_str(), label.models[0]?.f1))).collect();
    let show = |(name, f1): &(&str, f64)| format!("{name} ({} %)", fixed(100.0 * f1, 1));
    match known.as_slice() {
        [] => format!("No label has test rows for {best}."),
        [only] => format!("F1 of {best} by label: {}.", show(only)),
        [first, .., last] => format!("F1 of {best} by label: highest for {}, lowest for {}.", show(first), show(last)),
    }
}

/// The labels with test rows, in their order; where there are too many, those with most rows.
fn drawn<'a, 'b>(labels: &'b [Label<'a>]) -> Vec<&'b Label<'a>> {
    let mut places: Vec<usize> = (0..labels.len()).filter(|place| labels[*place].difference.test_rows > 0.0).collect();
    let rows = |place: usize| labels[place].difference.test_rows;
    places.sort_by(|a, b| rows(*b).total_cmp(&rows(*a)));
    places.truncate(MOST_LABELS);
    places.sort_unstable();
    places.into_iter().map(|place| &labels[place]).collect()
}

/// Half the size of a label's marks, by its test rows.
fn half(test_rows: f64) -> i32 {
    match test_rows {
        few if few < f64::from(FEW_ROWS) => 2,
        some if some < f64::from(MANY_ROWS) => 3,
        _ => 4,
    }
}

fn figure(analysis: &Analysis, labels: &[Label<'_>], title: &str) -> String {
    let trials = analysis.ranked().flat_map(|model| &model.trial_ids);
    let about = About { title: title.to_owned(), trials: trials.map(|id| id.short().to_owned()).collect() };
    let ranking = &analysis.ranking[..analysis.ranking.len().min(MOST_MODELS)];
    let key = |model: &usize| Key {
        text: analysis.models[*model].model.clone(),
        style: Some(*model),
        stroke: Stroke::None,
        has_mark: true,
    };
    let share = |style: usize, scores: &LabelResult| Share {
        style,
        value: scores.f1,
        interval: scores.f1_interval.map(|ends| (ends.low, ends.high)),
    };
    let row = |label: &Label<'_>| Row {
        text: format!("{} ({})", cut(&label.difference.label, 16), fixed(label.difference.test_rows, 0)),
        half: half(label.difference.test_rows),
        shares: ranking
            .iter()
            .zip(&label.models)
            .filter_map(|(model, scores)| Some(share(*model, (*scores)?)))
            .collect(),
    };
    let rows: Vec<Row> = drawn(labels).into_iter().map(row).collect();
    let keys: Vec<Key> = ranking.iter().map(key).collect();
    dots(&about, &keys, "F1 on test, % (mean over replicates)", &rows)
}
