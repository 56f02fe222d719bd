//! What the best model takes for what.

use crate::figures::WIDTH;
use crate::figures::canvas::About;
use crate::figures::heat::{Cell, Counts, Heat, heat};
use crate::markdown::{Table, code, escape, left, right};
use crate::numbers::{count, fixed, percent, plural};
use crate::page::Page;
use recur_analysis::{Analysis, Confusion, Model, confused_pairs};

/// Labels drawn at most: more could not be distinguished.
const MOST_LABELS: usize = 60;
/// Matrices drawn next to that of the best model.
const MOST_OTHERS: usize = 11;

/// Appends the section; nothing without test results.
pub(crate) fn render(analysis: &Analysis, page: &mut Page) {
    let Some(best) = analysis.best() else { return };
    let confusion = &best.confusion;
    if confusion.accuracy().is_none() {
        return;
    }
    page.section("Mistakes");
    let shown = shown_labels(confusion);
    page.block(&introduction(&best.model, &shown, confusion));
    let alternative = alternative(analysis, best);
    page.figure("confusion", &alternative, figure(analysis, best, &shown, &alternative));
    others(analysis, page, &shown);
    if analysis.mistakes.is_empty() {
        page.block("No test row was taken for another label.");
    } else {
        let noun = &analysis.noun.many;
        page.block(&format!("The most frequent mistakes, with {noun} that the model was surest of:"));
        page.block(&table(analysis).render());
    }
}

/// The matrices of the other models, folded away.
fn others(analysis: &Analysis, page: &mut Page, shown: &[usize]) {
    let others: Vec<&Model> = analysis.ranked().skip(1).collect();
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
        let alternative = alternative(analysis, model);
        let drawing = figure(analysis, model, shown, &alternative);
        page.figure(&format!("confusion-{}", model.model), &alternative, drawing);
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

fn alternative(analysis: &Analysis, model: &Model) -> String {
    let (best, confusion) = (&model.model, &model.confusion);
    let right = percent(confusion.accuracy().unwrap_or(0.0));
    match confused_pairs(confusion).first() {
        Some((truth, predicted)) => format!(
            "{best} gets {right} of the test rows right; its commonest mistake is to take {} for {} ({} of {}).",
            analysis.data.labels[*truth],
            analysis.data.labels[*predicted],
            count(confusion.count(*truth, *predicted)),
            count(confusion.support(*truth))
        ),
        None => format!("{best} gets every test row right."),
    }
}

fn figure(analysis: &Analysis, model: &Model, shown: &[usize], title: &str) -> String {
    let names: Vec<String> = shown.iter().map(|label| analysis.data.labels[*label].clone()).collect();
    let pairs = shown.iter().flat_map(|truth| shown.iter().map(move |predicted| (*truth, *predicted)));
    let picture = Heat {
        row_title: "true label".to_owned(),
        column_title: "predicted label".to_owned(),
        rows: names.clone(),
        columns: names,
        cells: pairs.map(|(truth, predicted)| cell(&model.confusion, truth, predicted)).collect(),
        counts: shown.iter().map(|truth| counts(analysis, &model.confusion, *truth, shown)).collect(),
        key: ("share of the true label's rows, square-root scale".to_owned(), "0 %".to_owned(), "100 %".to_owned()),
        width: WIDTH,
        largest_cell: (56, 30),
    };
    let trials = model.trial_ids.iter().map(|id| id.short().to_owned()).collect();
    heat(&About { title: title.to_owned(), trials }, &picture)
}

fn cell(confusion: &Confusion, truth: usize, predicted: usize) -> Cell {
    let share = confusion.count(truth, predicted) as f64 / confusion.support(truth) as f64;
    let text = if share >= 0.01 { fixed(100.0 * share, 0) } else { String::new() };
    // The square root lets rare mistakes be seen next to the diagonal.
    Cell { shade: (share > 0.0).then(|| share.sqrt()), text, below: String::new(), value: String::new() }
}

/// The row of a true label, with its commonest mistakes in words.
fn counts(analysis: &Analysis, confusion: &Confusion, truth: usize, shown: &[usize]) -> Counts {
    /// Mistakes that are named.
    const MOST: usize = 4;
    let (labels, of) = (&analysis.data.labels, confusion.support(truth));
    let mut mistakes: Vec<usize> = (0..confusion.n_classes()).collect();
    mistakes.retain(|predicted| *predicted != truth && confusion.count(truth, *predicted) > 0);
    mistakes.sort_by_key(|predicted| std::cmp::Reverse(confusion.count(truth, *predicted)));
    let mistake =
        |predicted: &usize| format!("{} as {}", count(confusion.count(truth, *predicted)), labels[*predicted]);
    let named: Vec<String> = mistakes.iter().take(MOST).map(mistake).collect();
    let others = if mistakes.len() > MOST { ", …" } else { "" };
    let separator = if named.is_empty() { "" } else { ", " };
    let right = format!("{}: {} of {} rows right", labels[truth], count(confusion.count(truth, truth)), count(of));
    Counts {
        name: labels[truth].clone(),
        of,
        counts: shown.iter().map(|predicted| confusion.count(truth, *predicted)).collect(),
        value: format!("{right}{separator}{}{others}", named.join(", ")),
    }
}

fn table(analysis: &Analysis) -> Table {
    let mut table = Table::new([
        left("true label"),
        left("taken for"),
        right("rows"),
        right("of the label"),
        left(&analysis.noun.many),
    ]);
    for mistake in &analysis.mistakes {
        table.row([
            escape(&mistake.label),
            escape(&mistake.taken_for),
            count(mistake.rows),
            percent(mistake.share),
            mistake.examples.iter().map(|text| escape(text)).collect::<Vec<_>>().join(", "),
        ]);
    }
    table
}
