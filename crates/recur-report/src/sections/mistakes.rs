//! What the best model takes for what.

use crate::analysis::{Analysis, ModelResult};
use crate::figures::canvas::About;
use crate::figures::heat::{Cell, Heat, heat};
use crate::markdown::{Table, code, escape, left, right};
use crate::numbers::{count, fixed, percent, plural};
use crate::page::Page;
use recur_core::record::Prediction;
use recur_stats::Confusion;

/// Labels drawn at most: more could not be told apart.
const MOST_LABELS: usize = 60;
/// Matrices drawn beside that of the best model.
const MOST_OTHERS: usize = 11;
/// Rows of the table of confused pairs.
const MOST_PAIRS: usize = 15;
/// Names shown of each pair.
const MOST_EXAMPLES: usize = 3;

/// Appends the section; nothing without test figures.
pub(crate) fn render(analysis: &Analysis<'_>, page: &mut Page) {
    let Some(best) = analysis.best() else { return };
    let confusion = best.summed_confusion(analysis.input.label_names.len());
    if confusion.accuracy().is_none() {
        return;
    }
    page.section("Mistakes");
    let shown = shown_labels(&confusion);
    page.block(&introduction(best.id, &shown, &confusion));
    let alternative = alternative(analysis, best.id, &confusion);
    page.figure("confusion", &alternative, figure(analysis, best, &confusion, &shown, &alternative));
    others(analysis, page, &shown);
    let pairs = confused_pairs(&confusion);
    if pairs.is_empty() {
        page.block("No test row was taken for another label.");
    } else {
        page.block("The most frequent mistakes, with names that the model was surest of:");
        page.block(&table(analysis, best, &confusion, &pairs).render());
    }
}

/// The matrices of the other models, folded away.
fn others(analysis: &Analysis<'_>, page: &mut Page, shown: &[usize]) {
    let others: Vec<&ModelResult<'_>> = analysis.ranking.iter().skip(1).map(|model| &analysis.models[*model]).collect();
    if others.is_empty() {
        return;
    }
    let drawn = &others[..others.len().min(MOST_OTHERS)];
    let summary = match others.len() - drawn.len() {
        0 => format!("The same of {}", plural(drawn.len() as u64, "other model")),
        n => format!("The same of the {} models next to it; {} are not drawn", drawn.len(), count(n as u64)),
    };
    page.block(&format!("<details>\n<summary>{summary}</summary>"));
    for model in drawn {
        let confusion = model.summed_confusion(analysis.input.label_names.len());
        let alternative = alternative(analysis, model.id, &confusion);
        let drawing = figure(analysis, model, &confusion, shown, &alternative);
        page.figure(&format!("confusion-{}", model.id), &alternative, drawing);
    }
    page.block("</details>");
}

/// The labels with test rows, the commonest where there are too many, in the order of their index.
fn shown_labels(confusion: &Confusion) -> Vec<usize> {
    let mut labels: Vec<usize> = (0..confusion.n_classes()).filter(|label| confusion.support(*label) > 0).collect();
    labels.sort_by_key(|label| std::cmp::Reverse(confusion.support(*label)));
    labels.truncate(MOST_LABELS);
    labels.sort_unstable();
    labels
}

fn introduction(best: &str, shown: &[usize], confusion: &Confusion) -> String {
    let mut text = format!(
        "Test rows of all replicates, by {}, the model with the best mean. Each row of the figure is a true label; numbers \
         are per cent of its test rows, those below 1 % left out.",
        code(best)
    );
    let with_rows = (0..confusion.n_classes()).filter(|label| confusion.support(*label) > 0).count();
    if shown.len() < with_rows {
        text.push_str(&format!(" Of {with_rows} labels the {} commonest are drawn.", shown.len()));
    }
    text
}

/// True and predicted label of each kind of mistake, the most frequent first.
fn confused_pairs(confusion: &Confusion) -> Vec<(usize, usize)> {
    let n = confusion.n_classes();
    let pairs = (0..n * n).map(|index| (index / n, index % n));
    let mut pairs: Vec<(usize, usize)> =
        pairs.filter(|(truth, predicted)| truth != predicted && confusion.count(*truth, *predicted) > 0).collect();
    pairs.sort_by_key(|(truth, predicted)| std::cmp::Reverse(confusion.count(*truth, *predicted)));
    pairs.truncate(MOST_PAIRS);
    pairs
}

fn alternative(analysis: &Analysis<'_>, best: &str, confusion: &Confusion) -> String {
    let right = percent(confusion.accuracy().unwrap_or(0.0));
    match confused_pairs(confusion).first() {
        Some((truth, predicted)) => format!(
            "{best} gets {right} of the test rows right; its commonest mistake is to take {} for {} ({} of {}).",
            analysis.input.label_names[*truth],
            analysis.input.label_names[*predicted],
            count(confusion.count(*truth, *predicted)),
            count(confusion.support(*truth))
        ),
        None => format!("{best} gets every test row right."),
    }
}

fn figure(
    analysis: &Analysis<'_>,
    best: &ModelResult<'_>,
    confusion: &Confusion,
    shown: &[usize],
    title: &str,
) -> String {
    let names: Vec<String> = shown.iter().map(|label| analysis.input.label_names[*label].clone()).collect();
    let pairs = shown.iter().flat_map(|truth| shown.iter().map(move |predicted| (*truth, *predicted)));
    let picture = Heat {
        row_title: "true label".to_owned(),
        column_title: "predicted label".to_owned(),
        rows: names.clone(),
        columns: names,
        cells: pairs.map(|(truth, predicted)| cell(confusion, truth, predicted)).collect(),
        key: ("share of the true label's rows, square-root scale".to_owned(), "0 %".to_owned(), "100 %".to_owned()),
        largest_cell: (56, 30),
    };
    let trials = best.tests.iter().map(|test| test.id.short().to_owned()).collect();
    heat(&About { title: title.to_owned(), trials }, &picture)
}

fn cell(confusion: &Confusion, truth: usize, predicted: usize) -> Cell {
    let share = confusion.count(truth, predicted) as f64 / confusion.support(truth) as f64;
    let text = if share >= 0.01 { fixed(100.0 * share, 0) } else { String::new() };
    let value = match confusion.count(truth, predicted) {
        0 => String::new(),
        n => format!("{} of {} rows, {}", count(n), count(confusion.support(truth)), percent(share)),
    };
    // The square root lets rare mistakes be seen beside the diagonal.
    Cell { shade: (share > 0.0).then(|| share.sqrt()), text, value }
}

fn table(analysis: &Analysis<'_>, best: &ModelResult<'_>, confusion: &Confusion, pairs: &[(usize, usize)]) -> Table {
    let mut table =
        Table::new([left("true label"), left("taken for"), right("rows"), right("of the label"), left("names")]);
    for (truth, predicted) in pairs {
        let rows = confusion.count(*truth, *predicted);
        let share = rows as f64 / confusion.support(*truth) as f64;
        table.row([
            escape(&analysis.input.label_names[*truth]),
            escape(&analysis.input.label_names[*predicted]),
            count(rows),
            percent(share),
            examples(best, *truth, *predicted),
        ]);
    }
    table
}

/// The names of a kind of mistake that the model was surest of, each once.
fn examples(best: &ModelResult<'_>, truth: usize, predicted: usize) -> String {
    let is_such = |p: &&Prediction| usize::from(p.label) == truth && usize::from(p.predicted) == predicted;
    let mut found: Vec<&Prediction> = best.tests.iter().flat_map(|test| &test.predictions).filter(is_such).collect();
    found.sort_by(|a, b| b.log_probability.total_cmp(&a.log_probability).then_with(|| a.name.cmp(&b.name)));
    let mut names: Vec<&str> = Vec::new();
    for prediction in found {
        if !names.contains(&prediction.name.as_str()) && names.len() < MOST_EXAMPLES {
            names.push(&prediction.name);
        }
    }
    names.into_iter().map(escape).collect::<Vec<_>>().join(", ")
}
