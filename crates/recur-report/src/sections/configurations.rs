//! Every configuration's validation results.

use crate::answer::settings;
use crate::markdown::{Table, code, details, left, right};
use crate::numbers::{count, heading, plural, spread, trained_for};
use crate::page::Page;
use crate::sections::{sweep, trials};
use recur_analysis::{Analysis, ConfigurationResult};
use recur_core::metric::Metric;
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
    let table = |has_links| table(&analysis.configurations, &analysis.metrics(), Some(analysis.replicates), has_links);
    let [markdown, html] = [false, true].map(|has_links| details(&summary, &table(has_links).render()));
    page.blocks(&markdown, &html);
}

/// `label`, and the file of weights that the configuration starts from.
fn start(label: String, configuration: &ConfigurationResult) -> String {
    match &configuration.weights {
        Some(path) => format!("{label}, from {}", code(path)),
        None => label,
    }
}

/// The anchor of a configuration's row, which its trials lead back to.
pub(crate) fn anchor(configuration: usize) -> String {
    format!("configuration.{configuration}")
}

/// What a reader calls a configuration among those of its model.
pub(crate) fn label(configuration: &ConfigurationResult) -> String {
    let settings = settings(configuration);
    if settings.is_empty() { "as given".to_owned() } else { code(&settings) }
}

/// The same as a link to its trials, where it has any, and with its anchor.
fn linked_label(configurations: &[ConfigurationResult], index: usize) -> String {
    let label = label(&configurations[index]);
    format!("<span id=\"{}\">{}</span>", anchor(index), trials::linked(&label, configurations, index))
}

/// A row a configuration. `chosen_of` is the number of replicates where configurations were chosen; `None` where none was yet. With
/// `has_links` a row leads to its trials.
pub(crate) fn table(
    configurations: &[ConfigurationResult],
    metrics: &[Metric],
    chosen_of: Option<u32>,
    has_links: bool,
) -> Table {
    let mut header = vec![left("model"), left("configuration"), right("finished")];
    header.extend(metrics.iter().map(|metric| right(format!("validation {}", heading(*metric)))));
    let has_eliminated = configurations.iter().any(|configuration| configuration.eliminated_after.is_some());
    header.extend(match (chosen_of, has_eliminated) {
        (Some(_), _) => Some(left("chosen on")),
        (None, true) => Some(left("eliminated after")),
        (None, false) => None,
    });
    let mut table = Table::new(header);
    for (index, configuration) in configurations.iter().enumerate() {
        let tally = configuration.trials;
        let mut cells = vec![
            code(&configuration.model),
            start(if has_links { linked_label(configurations, index) } else { label(configuration) }, configuration),
            format!("{} of {}", count(tally.finished), count(tally.planned)),
        ];
        cells.extend(metrics.iter().map(|metric| spread(*metric, configuration.validation(*metric))));
        cells.extend(match (configuration.times_chosen, configuration.eliminated_after, chosen_of) {
            (_, Some(budget), Some(_)) => Some(format!("eliminated after {}", trained_for(budget))),
            (_, Some(budget), None) => Some(trained_for(budget)),
            (0, None, Some(_)) => Some(String::new()),
            (n, None, Some(of)) => Some(format!("{n} of {of}")),
            (_, None, None) => has_eliminated.then(String::new),
        });
        table.row(cells);
    }
    table
}
