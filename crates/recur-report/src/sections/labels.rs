//! How well each label is recognised.

use crate::analysis::{Analysis, ModelResult};
use crate::comparisons::{Basis, Sample, uncorrected};
use crate::figures::canvas::About;
use crate::figures::dots::{Row, dots};
use crate::figures::lines::{Key, Stroke};
use crate::figures::{MOST_MODELS, left_out};
use crate::markdown::{Table, code, escape, left, list, right};
use crate::numbers::{NBSP, NOTHING, fixed, plural, signed};
use crate::page::Page;
use recur_core::metric::Metric;
use recur_stats::{Comparison, LabelScores, holm, mean};

/// Labels drawn at most, as in the confusion matrix.
const MOST_LABELS: usize = 60;

/// The figures of one label and one model, averaged over the replicates that have test rows of the label.
#[derive(Clone, Copy)]
struct Averaged {
    precision: f64,
    recall: f64,
    f1: f64,
}

/// One label: its mean number of test rows, and its figures for each ranked model in order.
struct Label<'a> {
    name: &'a str,
    support: f64,
    models: Vec<Option<Averaged>>,
    /// F1 of the best model minus that of the other one, see [`other`].
    difference: Option<Comparison>,
    /// The p-value of that difference after Holm's correction over all labels.
    adjusted_p: f64,
}

/// Appends the section; nothing without test figures.
pub(crate) fn render(analysis: &Analysis<'_>, page: &mut Page) {
    let Some(best) = analysis.best() else { return };
    let labels = labels(analysis);
    page.section("Labels");
    let n_tested = labels.iter().filter(|label| label.support > 0.0).count();
    let [labels_drawn, models_drawn] = [n_tested.min(MOST_LABELS), analysis.ranking.len().min(MOST_MODELS)];
    page.block(&format!(
        "Test figures by label in per cent, averaged over the replicates that have test rows of the label, best F1 first. \
         Precision and recall are those of {}, the model with the best mean.{}{}",
        code(best.id),
        left_out(n_tested, labels_drawn, "labels", ", those with most test rows"),
        left_out(analysis.ranking.len(), models_drawn, "models", ", those with the best means")
    ));
    let alternative = alternative(best.id, &labels);
    page.figure("labels", &alternative, figure(analysis, &labels, &alternative));
    page.block(&table(analysis, &labels).render());
    if let Some(place) = other(analysis) {
        page.block(&differences(analysis, place, &labels));
    }
    let without = labels.iter().filter(|label| label.support == 0.0).count() as u64;
    if without > 0 {
        page.block(&format!("{} without test rows.", plural(without, "label")));
    }
}

fn labels<'a>(analysis: &Analysis<'a>) -> Vec<Label<'a>> {
    let n_labels = analysis.input.label_names.len();
    // One entry a ranked model, each with one entry a replicate, each with one entry a label.
    let scores: Vec<Vec<Vec<LabelScores>>> = analysis
        .ranking
        .iter()
        .map(|model| &analysis.models[*model].tests)
        .map(|tests| tests.iter().map(|test| ModelResult::confusion(test, n_labels).by_label()).collect())
        .collect();
    let label = |(index, name): (usize, &'a String)| {
        let of = |replicates: &Vec<Vec<LabelScores>>| replicates.iter().map(|r| r[index]).collect::<Vec<_>>();
        let difference = other(analysis).and_then(|place| {
            let rows = of(&scores[0]).into_iter().zip(of(&scores[place])).filter(|(best, _)| best.support > 0);
            let paired: Vec<f64> = rows.map(|(best, other)| best.f1 - other.f1).collect();
            // F1 is a share, as macro-F1 is.
            uncorrected(
                Sample::of(&paired),
                Sample::of(&vec![0.0; paired.len()]),
                Metric::MacroF1,
                analysis.test_basis(),
            )
            .comparison
        });
        let supports: Vec<f64> = of(&scores[0]).iter().map(|scores| scores.support as f64).collect();
        Label {
            name,
            support: mean(&supports).unwrap_or(0.0),
            models: scores.iter().map(|replicates| averaged(&of(replicates))).collect(),
            difference,
            adjusted_p: 1.0,
        }
    };
    let mut labels: Vec<Label<'_>> = analysis.input.label_names.iter().enumerate().map(label).collect();
    correct(&mut labels);
    let f1 = |label: &Label<'_>| label.models[0].map_or(-1.0, |scores| scores.f1);
    labels.sort_by(|a, b| f1(b).total_cmp(&f1(a)).then_with(|| a.name.cmp(b.name)));
    labels
}

fn correct(labels: &mut [Label<'_>]) {
    let p_values: Vec<f64> = labels.iter().filter_map(|label| Some(label.difference?.p)).collect();
    let tested = labels.iter_mut().filter(|label| label.difference.is_some());
    tested.zip(holm(&p_values)).for_each(|(label, p)| label.adjusted_p = p);
}

/// The place in the ranking of the model that the best one is set against: the baseline, or the next where there is none, it is
/// the best itself or it was not ranked. `None` with a single model.
fn other(analysis: &Analysis<'_>) -> Option<usize> {
    let baseline = analysis.baseline().and_then(|model| analysis.ranking.iter().position(|ranked| *ranked == model));
    baseline.filter(|place| *place > 0).or((analysis.ranking.len() > 1).then_some(1))
}

/// What the column of differences says, and for which labels they are clear.
fn differences(analysis: &Analysis<'_>, place: usize, labels: &[Label<'_>]) -> String {
    let [best, other] = [0, place].map(|place| code(analysis.models[analysis.ranking[place]].id));
    let tested = labels.iter().filter(|label| label.difference.is_some());
    let n_tested = tested.clone().count() as u64;
    if n_tested == 0 {
        let why = match analysis.test_basis() {
            Basis::Fixed { .. } => "no interval by label is computed where all replicates share their test rows",
            Basis::Resampled { .. } => "one replicate has no interval of it",
        };
        return format!("The last column is the F1 of {best} minus that of {other}; {why}.");
    }
    let clear: Vec<String> = tested.filter(|label| label.adjusted_p < 0.05).map(|label| escape(label.name)).collect();
    let clear = if clear.is_empty() { "for none of them".to_owned() } else { format!("for {}", list(&clear)) };
    format!(
        "The last column is the F1 of {best} minus that of {other} in points, with the interval (95 %) of the corrected resampled \
         t-test over replicates. With p corrected by Holm's method over {}, the models are shown to differ {clear}.",
        plural(n_tested, "label")
    )
}

fn averaged(replicates: &[LabelScores]) -> Option<Averaged> {
    let with_rows: Vec<&LabelScores> = replicates.iter().filter(|scores| scores.support > 0).collect();
    let average = |figure: fn(&LabelScores) -> f64| mean(&with_rows.iter().map(|s| figure(s)).collect::<Vec<_>>());
    Some(Averaged { precision: average(|s| s.precision)?, recall: average(|s| s.recall)?, f1: average(|s| s.f1)? })
}

fn table(analysis: &Analysis<'_>, labels: &[Label<'_>]) -> Table {
    let mut header = vec![left("label"), right("test rows"), right("precision"), right("recall")];
    let ids = analysis.ranking.iter().map(|model| analysis.models[*model].id);
    header.extend(ids.map(|id| right(format!("F1 {}", code(id)))));
    if let Some(place) = other(analysis) {
        let [best, other] = [0, place].map(|place| code(analysis.models[analysis.ranking[place]].id));
        header.push(right(format!("{best} − {other} [95 %]")));
    }
    let mut table = Table::new(header);
    for label in labels {
        let cell = |share: Option<f64>| share.map_or(NOTHING.to_owned(), |share| fixed(100.0 * share, 1));
        let best = label.models[0];
        let mut cells = vec![escape(label.name), rows(label.support)];
        cells.extend([best.map(|scores| scores.precision), best.map(|scores| scores.recall)].map(cell));
        cells.extend(label.models.iter().map(|scores| cell(scores.map(|scores| scores.f1))));
        if let Some(place) = other(analysis) {
            cells.push(difference(label, place));
        }
        table.row(cells);
    }
    table
}

/// `+1.2 [−0.3, +2.7]`, in points of F1.
fn difference(label: &Label<'_>, place: usize) -> String {
    let number = |share: f64| signed(100.0 * share, 1);
    match (label.difference, label.models[0], label.models[place]) {
        (Some(Comparison { mean, interval, .. }), ..) => {
            format!("{}{NBSP}[{},{NBSP}{}]", number(mean), number(interval.low), number(interval.high))
        }
        (None, Some(best), Some(other)) => number(best.f1 - other.f1),
        _ => NOTHING.to_owned(),
    }
}

/// A mean number of rows: whole where it is.
fn rows(mean: f64) -> String {
    fixed(mean, if mean == mean.round() { 0 } else { 1 })
}

fn alternative(best: &str, labels: &[Label<'_>]) -> String {
    let known: Vec<(&str, f64)> = labels.iter().filter_map(|label| Some((label.name, label.models[0]?.f1))).collect();
    let show = |(name, f1): &(&str, f64)| format!("{name} ({} %)", fixed(100.0 * f1, 1));
    match known.as_slice() {
        [] => format!("No label has test rows for {best}."),
        [only] => format!("F1 of {best} by label: {}.", show(only)),
        [first, .., last] => format!("F1 of {best} by label: highest for {}, lowest for {}.", show(first), show(last)),
    }
}

/// The labels with test rows, in their order; where there are too many, those with most rows.
fn drawn<'a, 'b>(labels: &'b [Label<'a>]) -> Vec<&'b Label<'a>> {
    let mut places: Vec<usize> = (0..labels.len()).filter(|place| labels[*place].support > 0.0).collect();
    places.sort_by(|a, b| labels[*b].support.total_cmp(&labels[*a].support));
    places.truncate(MOST_LABELS);
    places.sort_unstable();
    places.into_iter().map(|place| &labels[place]).collect()
}

fn figure(analysis: &Analysis<'_>, labels: &[Label<'_>], title: &str) -> String {
    let trials = analysis.ranking.iter().flat_map(|model| analysis.models[*model].tests.iter());
    let about = About { title: title.to_owned(), trials: trials.map(|test| test.id.short().to_owned()).collect() };
    let ranking = &analysis.ranking[..analysis.ranking.len().min(MOST_MODELS)];
    let key = |model: &usize| Key {
        text: analysis.models[*model].id.to_owned(),
        style: Some(*model),
        stroke: Stroke::None,
        has_mark: true,
    };
    let row = |label: &Label<'_>| Row {
        text: label.name.to_owned(),
        shares: ranking.iter().zip(&label.models).filter_map(|(model, scores)| Some((*model, (*scores)?.f1))).collect(),
    };
    let rows: Vec<Row> = drawn(labels).into_iter().map(row).collect();
    let keys: Vec<Key> = ranking.iter().map(key).collect();
    dots(&about, &keys, "F1 on test, % (mean over replicates)", &rows)
}
