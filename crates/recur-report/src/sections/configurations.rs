//! Every configuration's validation figures.

use crate::answer::settings;
use crate::markdown::{Table, code, details, left, right};
use crate::numbers::{count, heading, plural, spread, trained_for};
use crate::page::Page;
use crate::sections::sweep;
use recur_analysis::{Analysis, ConfigurationResult};
use recur_core::plan::WithoutEffect;

pub(crate) fn render(analysis: &Analysis, page: &mut Page) {
    page.section("All configurations");
    sweep::render(analysis, page);
    let without_effect = |without: &WithoutEffect| {
        let WithoutEffect { model, parameter, needs, at_least, n_combinations } = without;
        format!(
            "{} has no effect in {} where {} is below {at_least}: {} that would be the same as others, so each is trained once.",
            code(parameter),
            code(model),
            code(needs),
            plural(*n_combinations as u64, "combination")
        )
    };
    analysis.without_effect.iter().for_each(|without| page.block(&without_effect(without)));
    let n = analysis.configurations.len() as u64;
    let summary = format!("Validation results of {}", plural(n, "configuration"));
    page.block(&details(&summary, &table(analysis).render()));
}

/// `settings`, and the file of weights that the configuration starts from.
fn start(settings: String, configuration: &ConfigurationResult) -> String {
    match &configuration.weights {
        Some(path) => format!("{settings}, from {}", code(path)),
        None => settings,
    }
}

fn table(analysis: &Analysis) -> Table {
    let mut header = vec![left("model"), left("configuration"), right("finished")];
    header.extend(analysis.metrics().into_iter().map(|metric| right(format!("validation {}", heading(metric)))));
    header.push(left("chosen on"));
    let mut table = Table::new(header);
    for configuration in &analysis.configurations {
        let tally = configuration.trials;
        let settings = settings(configuration);
        let mut cells = vec![
            code(&configuration.model),
            start(if settings.is_empty() { "as given".to_owned() } else { code(&settings) }, configuration),
            format!("{} of {}", count(tally.finished), count(tally.planned)),
        ];
        let metrics = analysis.metrics().into_iter();
        cells.extend(metrics.map(|metric| spread(metric, configuration.validation(metric))));
        cells.push(match (configuration.times_chosen, configuration.eliminated_after) {
            (_, Some(budget)) => format!("eliminated after {}", trained_for(budget)),
            (0, None) => String::new(),
            (n, None) => format!("{n} of {}", analysis.replicates),
        });
        table.row(cells);
    }
    table
}
