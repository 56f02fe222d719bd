//! The names that no model gets right, and the mistakes that the best model was surest of.

use crate::analysis::{Analysis, ModelResult};
use crate::markdown::{Table, code, escape, left, right};
use crate::numbers::percent;
use crate::page::Page;
use recur_core::record::Prediction;
use std::collections::{BTreeMap, BTreeSet};

/// Rows of each table.
const MOST_NAMES: usize = 15;

/// What became of a name with its label over the replicates that test it.
#[derive(Default)]
struct Hard {
    n_tested: u32,
    n_wrong_by_all: u32,
    /// Summed over the best model's replicates, in nats.
    label_log_probability: f64,
    /// What the best model took it for.
    taken_for: BTreeSet<u16>,
}

/// Appends the section; nothing without test figures.
pub(crate) fn render(analysis: &Analysis<'_>, page: &mut Page) {
    let Some(best) = analysis.best().filter(|best| best.tests.iter().any(|test| !test.predictions.is_empty())) else {
        return;
    };
    if !analysis.input.shares_names() {
        return;
    }
    page.section("Hardest names");
    let (n_hard, table) = hardest(analysis);
    match (n_hard, analysis.ranking.len()) {
        (0, _) => page.block("No name is wrong by every model on more than half of the replicates that test it."),
        (n, n_models) => {
            let by = if n_models == 1 { "the model" } else { "every model" };
            page.block(&format!(
                "Wrong by {by} on more than half of the replicates that test them: {}. Those wrong on most replicates come \
                 first, and of these the ones whose label {}, the model with the best mean, found least probable. The \
                 probability is a geometric mean over replicates.",
                crate::numbers::plural(n as u64, "name"),
                code(best.id)
            ));
            page.block(&table.render());
        }
    }
    let surest = surest_mistakes(best);
    if !surest.is_empty() {
        page.block(&format!("The mistakes that {} was surest of, each name once:", code(best.id)));
        page.block(&mistakes(analysis, &surest).render());
    }
}

fn hardest(analysis: &Analysis<'_>) -> (usize, Table) {
    let found = hard_names(analysis);
    let mut hard: Vec<(&(&str, u16), &Hard)> =
        found.iter().filter(|(_, hard)| 2 * hard.n_wrong_by_all > hard.n_tested).collect();
    hard.sort_by(|(_, a), (_, b)| {
        let probability = |hard: &Hard| hard.label_log_probability / f64::from(hard.n_tested);
        b.n_wrong_by_all.cmp(&a.n_wrong_by_all).then_with(|| probability(a).total_cmp(&probability(b)))
    });
    let mut table = Table::new([
        left("name"),
        left("label"),
        left("taken for"),
        right("wrong on"),
        right("probability of its label"),
    ]);
    let label = |label: u16| escape(&analysis.input.label_names[usize::from(label)]);
    for ((name, truth), hard) in hard.iter().take(MOST_NAMES) {
        let taken_for: Vec<String> = hard.taken_for.iter().map(|taken| label(*taken)).collect();
        table.row([
            escape(name),
            label(*truth),
            taken_for.join(", "),
            format!("{} of {}", hard.n_wrong_by_all, hard.n_tested),
            percent(libm::exp(hard.label_log_probability / f64::from(hard.n_tested))),
        ]);
    }
    (hard.len(), table)
}

/// Every tested name with its label; the rows of a replicate are the same for all models.
fn hard_names<'a>(analysis: &Analysis<'a>) -> BTreeMap<(&'a str, u16), Hard> {
    let mut found: BTreeMap<(&str, u16), Hard> = BTreeMap::new();
    let models: Vec<&ModelResult<'a>> = analysis.ranking.iter().map(|model| &analysis.models[*model]).collect();
    for replicate in 0..models[0].tests.len() {
        for (row, best) in models[0].tests[replicate].predictions.iter().enumerate() {
            let is_wrong = |prediction: &Prediction| prediction.predicted != prediction.label;
            let by_all = models.iter().all(|model| is_wrong(&model.tests[replicate].predictions[row]));
            let hard = found.entry((&best.name, best.label)).or_default();
            hard.n_tested += 1;
            hard.n_wrong_by_all += u32::from(by_all);
            hard.label_log_probability += f64::from(best.label_log_probability);
            hard.taken_for.extend(is_wrong(best).then_some(best.predicted));
        }
    }
    found
}

/// Wrong predictions, the surest first, each name with its label once.
fn surest_mistakes<'a>(best: &ModelResult<'a>) -> Vec<&'a Prediction> {
    let all = best.tests.iter().flat_map(|test| &test.predictions);
    let mut wrong: Vec<&Prediction> = all.filter(|prediction| prediction.predicted != prediction.label).collect();
    wrong.sort_by(|a, b| b.log_probability.total_cmp(&a.log_probability).then_with(|| a.name.cmp(&b.name)));
    let mut seen = BTreeSet::new();
    wrong.retain(|prediction| seen.len() < MOST_NAMES && seen.insert((&prediction.name, prediction.label)));
    wrong
}

fn mistakes(analysis: &Analysis<'_>, surest: &[&Prediction]) -> Table {
    let mut table = Table::new([
        left("name"),
        left("label"),
        left("taken for"),
        right("probability of that"),
        right("probability of its label"),
    ]);
    let label = |label: u16| escape(&analysis.input.label_names[usize::from(label)]);
    let probability = |log: f32| percent(libm::exp(f64::from(log)));
    for prediction in surest {
        table.row([
            escape(&prediction.name),
            label(prediction.label),
            label(prediction.predicted),
            probability(prediction.log_probability),
            probability(prediction.label_log_probability),
        ]);
    }
    table
}
