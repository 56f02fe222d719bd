//! One label that is looked for: how well models find it among the others, at any threshold and at a chosen one.

use crate::figures::canvas::About;
use crate::figures::lines::{Around, Key, Panel, Point, Series, Stroke, XAxis, lines};
use crate::figures::{MOST_MODELS, left_out};
use crate::markdown::{Table, code, left, right};
use crate::numbers::{NBSP, NOTHING, fixed, percent, scaled, significant};
use crate::page::Page;
use recur_analysis::{Analysis, Interval, MeanCurve, Positive, PositiveResults, Summary};

/// Appends the section; nothing where no label is looked for.
pub(crate) fn render(analysis: &Analysis, page: &mut Page) {
    let Some(positive) = &analysis.positive else { return };
    let drawn = positive.models.len().min(MOST_MODELS);
    page.section("The positive label");
    let more = left_out(positive.models.len(), drawn, "models", ", those with the best means");
    page.block(&(introduction(analysis, positive) + &more));
    let alternative = alternative(positive);
    page.figure("positive-label", &alternative, figure(analysis, positive, drawn, &alternative));
    page.block(&table(positive).render());
    page.block(&explanation(positive));
}

fn introduction(analysis: &Analysis, positive: &Positive) -> String {
    let label = code(&positive.label);
    let why = if positive.is_given { "" } else { ", the rarer of the two labels: `report.positive` names another one" };
    let over = if analysis.replicates == 1 { "the one replicate" } else { "the mean over replicates" };
    format!(
        "How well the models find {label}{why}. It is the label of {} of the test rows. Curves are {over}; bands are ± one \
         standard deviation.",
        percent(positive.share)
    )
}

fn explanation(positive: &Positive) -> String {
    let label = code(&positive.label);
    let mut text = format!(
        "All values are in per cent. The area under the ROC curve (ROC-AUC) is how often a row of {label} gets a higher probability \
         of it than another row does; 50 is chance. Average precision is the area under the precision-recall curve, and {} is \
         chance. F1 is that of {label} where each row has its most probable label.",
        fixed(100.0 * positive.share, 2)
    );
    if positive.models.iter().any(|model| !model.roc_auc.is_complete() || !model.f1_at_threshold.is_complete()) {
        text.push_str(" Where some replicate leaves a value undefined (it has no test rows of the label, or no threshold), there is no mean.");
    }
    let has_threshold = positive.models.iter().any(|model| model.threshold.mean.is_some());
    if has_threshold {
        text.push_str(
            " The threshold is the probability from which on a row is predicted to have the label. Each trial takes the one with the \
             highest F1 on its validation rows, and the column after it has the F1 on the test rows with it.",
        );
    }
    text.push_str(&format!(
        " The last column is the highest recall of any threshold whose precision on the test rows is at least {} %.",
        significant(100.0 * positive.precision, 4)
    ));
    text
}

fn alternative(positive: &Positive) -> String {
    let of = |model: &PositiveResults| {
        let value = |summary: &Summary| summary.mean.map_or(NOTHING.to_owned(), |mean| fixed(100.0 * mean, 2));
        format!("{} {} and {}", model.model, value(&model.roc_auc), value(&model.average_precision))
    };
    let models: Vec<String> = positive.models.iter().map(of).collect();
    format!(
        "ROC and precision-recall curves of the label {}. ROC-AUC and average precision in per cent: {}.",
        positive.label,
        models.join("; ")
    )
}

fn table(positive: &Positive) -> Table {
    let has_threshold = positive.models.iter().any(|model| model.threshold.mean.is_some());
    let mut columns = vec![left("model"), right("ROC-AUC"), right("average precision"), right("F1")];
    if has_threshold {
        columns.extend([right("threshold"), right("F1 at the threshold")]);
    }
    columns.push(right(format!("recall at precision ≥{NBSP}{}", significant(100.0 * positive.precision, 4))));
    let mut table = Table::new(columns);
    for model in &positive.models {
        let mut row = vec![code(&model.model), cell(&model.roc_auc), cell(&model.average_precision), cell(&model.f1)];
        if has_threshold {
            row.extend([cell(&model.threshold), cell(&model.f1_at_threshold)]);
        }
        row.push(cell(&model.recall_at_precision));
        table.row(row);
    }
    table
}

/// The mean over all replicates with its interval in per cent, or with the standard deviation where there is none.
fn cell(summary: &Summary) -> String {
    // Means over some replicates of one column and over others of the next would look like a difference.
    if !summary.is_complete() {
        return NOTHING.to_owned();
    }
    let number = |x: f64| fixed(100.0 * x, 2);
    match (summary.mean, summary.interval) {
        (Some(mean), Some(Interval { low, high })) => {
            format!("{}{NBSP}[{},{NBSP}{}]", number(mean), number(low), number(high))
        }
        _ => scaled(summary, 100.0, 2),
    }
}

fn figure(analysis: &Analysis, positive: &Positive, n: usize, alternative: &str) -> String {
    let models: Vec<(usize, &PositiveResults)> =
        positive.models[..n].iter().filter_map(|own| Some((analysis.model(&own.model)?.0, own))).collect();
    let key = |(style, own): &(usize, &PositiveResults)| Key {
        text: own.model.clone(),
        style: Some(*style),
        stroke: Stroke::Solid,
        has_mark: false,
    };
    let keys: Vec<Key> = models.iter().map(key).collect();
    let series = |of: fn(&PositiveResults) -> &MeanCurve| -> Vec<Series> {
        models.iter().map(|(style, own)| curve(*style, of(own))).collect()
    };
    let panel = |title: &str, x_title: &str, series| Panel {
        title: title.to_owned(),
        x_title: x_title.to_owned(),
        x_range: (0.0, 100.0),
        x_axis: XAxis::Numbers,
        series,
    };
    let trials = models.iter().filter_map(|(_, own)| analysis.model(&own.model));
    let trials = trials.flat_map(|(_, model)| model.trial_ids.iter().map(|id| id.short().to_owned()));
    let about = About { title: alternative.to_owned(), trials: trials.collect() };
    let panels = [
        panel("recall, %", "rate of false positives, %", series(|own| &own.roc)),
        panel("precision, %", "recall, %", series(|own| &own.precision_recall)),
    ];
    lines(&about, &keys, &panels)
}

/// Points at equal distances, in per cent.
fn curve(style: usize, curve: &MeanCurve) -> Series {
    let last = curve.mean.len().saturating_sub(1).max(1);
    let point = |(place, mean): (usize, &f64)| Point {
        x: 100.0 * place as f64 / last as f64,
        y: 100.0 * mean,
        spread: 100.0 * curve.sd.get(place).copied().unwrap_or(0.0),
    };
    Series {
        style,
        stroke: Stroke::Solid,
        around: Around::Band,
        has_marks: false,
        points: curve.mean.iter().enumerate().map(point).collect(),
        missing: Vec::new(),
    }
}
