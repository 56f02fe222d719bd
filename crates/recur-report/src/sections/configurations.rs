//! Every configuration's validation figures.

use crate::analysis::Analysis;
use crate::answer::settings;
use crate::markdown::{Table, code, details, left, right};
use crate::numbers::{count, heading, spread};
use crate::page::Page;
use crate::sections::sweep;
use recur_core::plan::Configuration;

/// Appends the section.
pub(crate) fn render(analysis: &Analysis<'_>, page: &mut Page) {
    page.section("All configurations");
    sweep::render(analysis, page);
    let n = analysis.input.plan.configurations.len() as u64;
    let summary = format!("Validation results of {}", crate::numbers::plural(n, "configuration"));
    page.block(&details(&summary, &table(analysis).render()));
}

/// `settings`, and the file of weights that the configuration starts from.
fn start(settings: String, configuration: &Configuration) -> String {
    match &configuration.weights {
        Some(path) => format!("{settings}, from {}", code(path)),
        None => settings,
    }
}

fn table(analysis: &Analysis<'_>) -> Table {
    let mut header = vec![left("model"), left("configuration"), right("finished")];
    header.extend(analysis.metrics().into_iter().map(|metric| right(format!("validation {}", heading(metric)))));
    header.push(left("chosen on"));
    let mut table = Table::new(header);
    for (index, configuration) in analysis.input.plan.configurations.iter().enumerate() {
        let tally = analysis.tally(index);
        let settings = settings(configuration);
        let mut cells = vec![
            code(&configuration.model),
            start(if settings.is_empty() { "as given".to_owned() } else { code(&settings) }, configuration),
            format!("{} of {}", count(tally.finished), count(tally.planned)),
        ];
        let metrics = analysis.metrics().into_iter();
        cells.extend(metrics.map(|metric| spread(metric, &analysis.validation(index, metric))));
        cells.push(match analysis.input.selection.times_chosen(index) {
            0 => String::new(),
            n => format!("{n} of {}", analysis.input.plan.replicates),
        });
        table.row(cells);
    }
    table
}
