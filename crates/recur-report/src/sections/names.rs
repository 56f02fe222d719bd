//! The examples that no model gets right, and the mistakes that the best model was surest of.

use crate::markdown::{Table, code, escape, left, right};
use crate::numbers::percent;
use crate::page::Page;
use recur_analysis::{Analysis, HardExamples};
use recur_core::noun::Noun;

/// Appends the section; nothing without test results.
pub(crate) fn render(analysis: &Analysis, page: &mut Page) {
    let (Some(found), Some(best)) = (&analysis.hard_examples, analysis.best()) else { return };
    let noun = &analysis.noun;
    page.section(&format!("Hardest {}", noun.many));
    match (found.n_hard, analysis.ranking.len()) {
        (0, _) => {
            page.block(&format!("No {noun} is wrong by every model on more than half of the replicates that test it."))
        }
        (n, n_models) => {
            let by = if n_models == 1 { "the model" } else { "every model" };
            page.block(&format!(
                "Wrong by {by} on more than half of the replicates that test them: {}. Those wrong on most replicates come \
                 first, and of these the ones whose label {}, the model with the best mean, found least probable. The \
                 probability is a geometric mean over replicates.",
                crate::numbers::examples(n as u64, noun),
                code(&best.model)
            ));
            page.block(&hardest(found, noun).render());
        }
    }
    if !found.surest_mistakes.is_empty() {
        page.block(&format!("The mistakes that {} was surest of, each {noun} once:", code(&best.model)));
        page.block(&mistakes(found, noun).render());
    }
}

fn hardest(found: &HardExamples, noun: &Noun) -> Table {
    let mut table = Table::new([
        left(&noun.one),
        left("label"),
        left("taken for"),
        right("wrong on"),
        right("probability of its label"),
    ]);
    for example in &found.hardest {
        table.row([
            escape(&example.text),
            escape(&example.label),
            example.taken_for.iter().map(|label| escape(label)).collect::<Vec<_>>().join(", "),
            format!("{} of {}", example.wrong, example.tested),
            percent(example.label_probability),
        ]);
    }
    table
}

fn mistakes(found: &HardExamples, noun: &Noun) -> Table {
    let mut table = Table::new([
        left(&noun.one),
        left("label"),
        left("taken for"),
        right("probability of that"),
        right("probability of its label"),
    ]);
    for mistake in &found.surest_mistakes {
        table.row([
            escape(&mistake.text),
            escape(&mistake.label),
            escape(&mistake.taken_for),
            percent(mistake.probability),
            percent(mistake.label_probability),
        ]);
    }
    table
}
