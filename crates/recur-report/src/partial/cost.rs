//! What an experiment that is not finished cost so far.

use crate::markdown::{Table, code, escape, left, right};
use crate::numbers::{NOTHING, count, fixed, plural};
use crate::page::Page;
use recur_analysis::PartialAnalysis;

/// Appends the section; nothing where no time is known.
pub(super) fn render(analysis: &PartialAnalysis, page: &mut Page) {
    let cost = &analysis.cost;
    if cost.trials == 0 {
        return;
    }
    page.section("Cost so far");
    let mut text = format!(
        "{} took {} seconds, added up; trials that ran at the same time count each.",
        plural(cost.trials, "trial"),
        fixed(cost.seconds, 1)
    );
    if cost.resumed > 0 {
        text.push_str(&format!(
            " {} continued from a checkpoint: only the time after it is known, and counts in no mean.",
            if cost.resumed == 1 { "One of them".to_owned() } else { format!("{} of them", count(cost.resumed)) }
        ));
    }
    page.block(&text);
    let header = ["trials", "seconds in all", "seconds per trial"].map(right);
    let mut table = Table::new([left("model")].into_iter().chain(header));
    for model in &cost.models {
        table.row([
            code(&model.model),
            count(model.trials),
            fixed(model.seconds, 1),
            model.seconds_per_trial.map_or(NOTHING.to_owned(), |seconds| fixed(seconds, 2)),
        ]);
    }
    page.block(&table.render());
    let machines: Vec<String> = cost.machines.iter().map(|machine| format!("- {}", escape(machine))).collect();
    page.block(&machines.join("\n"));
}
