//! One row a model with all that is known of it, and how the results came about.

use crate::markdown::{Table, code, left, list, right};
use crate::method::test_name;
use crate::numbers::{NOTHING, count, heading, interval, percent, plural, spread};
use crate::page::Page;
use crate::sections::configurations::label;
use crate::sections::differences;
use crate::sections::trials::linked;
use recur_analysis::{Analysis, Model, Settings};
use recur_core::settings::{Division, EarlyStopping};

/// Configurations named in a cell; more are only counted.
const MOST_CHOSEN: usize = 2;

/// Appends how the results came about, and which models differ.
pub(crate) fn render(analysis: &Analysis, page: &mut Page) {
    page.section("Models");
    page.block(&method(analysis));
    differences::render(analysis, page);
    if !analysis.ranking.is_empty() {
        page.block(&format!(
            "Test results in this and all later tables are of the trials that \"{}\" lists; validation results are of all \
             trials. Each figure names its trials in the attribute `data-trials` of its file.",
            crate::sections::reproduce::TITLE
        ));
    }
}

/// All columns; with `has_links`, which the HTML page has, configurations lead to their trials.
pub(crate) fn table(analysis: &Analysis, has_links: bool) -> Table {
    let mut header = vec![left("model")];
    for metric in analysis.metrics() {
        header.push(right(format!("test {}", heading(metric))));
        if metric == analysis.primary && has_intervals(analysis) {
            header.push(right("95 % CI"));
        }
    }
    header.extend([right(format!("validation {}", heading(analysis.primary))), right("parameters")]);
    header.extend(has_choices(analysis).then(|| right("tried")));
    header.extend([right("trials finished"), left("chosen configuration")]);
    let mut table = Table::new(header);
    for model in analysis.in_order() {
        table.row(row(analysis, model, has_links));
    }
    table
}

fn row(analysis: &Analysis, model: &Model, has_links: bool) -> Vec<String> {
    let mut cells = vec![code(&model.model)];
    for metric in analysis.metrics() {
        cells.push(spread(metric, model.test(metric)));
        if metric == analysis.primary && has_intervals(analysis) {
            let ends = model.test(metric).and_then(|test| test.interval);
            cells.push(ends.map_or(NOTHING.to_owned(), |ends| interval(metric, ends)));
        }
    }
    cells.extend([
        spread(analysis.primary, model.validation.get(analysis.primary.name())),
        model.parameters.map_or(NOTHING.to_owned(), count),
    ]);
    if has_choices(analysis) {
        cells.push(count(analysis.configurations_of(&model.model).count() as u64));
    }
    cells.extend([trials(model), configuration(analysis, model, has_links)]);
    cells
}

/// Whether some model had more configurations to choose from than one: it had more chances than others.
fn has_choices(analysis: &Analysis) -> bool {
    analysis.models.iter().any(|model| analysis.configurations_of(&model.model).nth(1).is_some())
}

/// Whether some model's mean has an interval.
pub(crate) fn has_intervals(analysis: &Analysis) -> bool {
    analysis.models.iter().flat_map(|model| model.test(analysis.primary)).any(|test| test.interval.is_some())
}

/// The configurations that were chosen, the most frequent first, with how many replicates chose each.
fn configuration(analysis: &Analysis, model: &Model, has_links: bool) -> String {
    let mut counts: Vec<(usize, u32)> = model.times_chosen().into_iter().collect();
    counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let label = |index: usize| {
        let label = label(&analysis.configurations[index]);
        if has_links { linked(&label, &analysis.configurations, index) } else { label }
    };
    match counts.as_slice() {
        [] => "none finished".to_owned(),
        [(only, n)] if *n == analysis.replicates => label(*only),
        several => {
            let named = several.iter().take(MOST_CHOSEN);
            let mut texts: Vec<String> =
                named.map(|(index, n)| format!("{} ({n} of {})", label(*index), analysis.replicates)).collect();
            if several.len() > MOST_CHOSEN {
                texts.push(plural((several.len() - MOST_CHOSEN) as u64, "other"));
            }
            list(&texts)
        }
    }
}

fn trials(model: &Model) -> String {
    let tally = model.trials;
    let mut text = format!("{} of {}", count(tally.finished), count(tally.planned));
    for (n, end) in [(tally.diverged, "diverged"), (tally.failed, "failed")] {
        if n > 0 {
            text.push_str(&format!(", {n} {end}"));
        }
    }
    text
}

/// How the results came about.
fn method(analysis: &Analysis) -> String {
    if analysis.models.iter().all(|model| model.times_chosen().is_empty()) {
        return "No configuration could be chosen, so no test row was scored.".to_owned();
    }
    let mut sentences = vec![choice(analysis)];
    sentences.extend(whose_metric(analysis));
    sentences.push(kept_epoch(&analysis.settings));
    sentences.push(match analysis.replicates {
        1 => "With one replicate there is no spread to show.".to_owned(),
        n => format!(
            "Results are mean ± standard deviation over {}; {}, the same for every model.",
            plural(u64::from(n), "replicate"),
            replicates_differ(analysis)
        ),
    });
    if has_intervals(analysis) {
        sentences.push(format!(
            "The CI of a mean is from {}, cut off at the least and the greatest possible value. Differences are paired, so \
             models whose intervals overlap may differ all the same.",
            test_name(analysis)
        ));
    }
    sentences.join(" ")
}

/// Which label the primary metric is of, where it is of one label or of each against the others.
fn whose_metric(analysis: &Analysis) -> Option<String> {
    let metric = analysis.primary;
    let title = metric.title();
    let precision = analysis.positive.as_ref().filter(|_| metric.takes_precision());
    let at =
        precision.map(|own| format!(", at a precision of at least {}", percent(own.precision))).unwrap_or_default();
    match &analysis.positive {
        _ if !metric.takes_positive() => None,
        Some(positive) => Some(format!("The {title} is that for the label {}{at}.", code(&positive.label))),
        None => Some(format!("The {title} is the mean over labels, each against all others.")),
    }
}

/// How the tested configurations were chosen.
fn choice(analysis: &Analysis) -> String {
    let metric = analysis.primary.title();
    if !has_choices(analysis) && !analysis.has_fixed_test() {
        return "Each model has one configuration. Test rows were scored once.".to_owned();
    }
    if analysis.has_fixed_test() {
        format!(
            "For each model the configuration with the best mean validation {metric} was chosen, among those that finished on \
             every replicate. All replicates are tested on the same rows, which no replicate trains on or chooses by; they were \
             scored once, for the chosen configurations only."
        )
    } else {
        format!(
            "For each model and each replicate the configuration with the best validation {metric} on that replicate was \
             chosen, as test rows of one replicate are validation rows of others. The test results are therefore those of \
             the whole procedure: tune, then train. Test rows were scored once, for the chosen configurations only."
        )
    }
}

/// What differs between replicates.
fn replicates_differ(analysis: &Analysis) -> String {
    let start = "another start";
    match (analysis.settings.split.division, analysis.has_fixed_test()) {
        (Division::Folds { folds, repeats, .. }, _) => format!(
            "each is one fold of {folds}-fold cross-validation ({}) with {start}",
            if repeats == 1 { "made once".to_owned() } else { format!("repeated {repeats} times") }
        ),
        (_, false) => format!("each has another split and {start}"),
        (_, true) if analysis.method.has_published_validation => {
            format!("each has {start}, on the same published split")
        }
        (_, true) => format!("each has other training and validation rows and {start}"),
    }
}

/// Which epoch's weights are tested.
fn kept_epoch(settings: &Settings) -> String {
    if settings.early_stopping_differs {
        return "Configurations differ in early stopping: with it, the weights of the epoch with the best validation result are kept, \
                and without it those after the last epoch."
            .to_owned();
    }
    match settings.early_stopping {
        None => "The weights after the last epoch are kept.".to_owned(),
        Some(EarlyStopping { metric, patience }) => format!(
            "The weights of the epoch with the best validation {} are kept (early stopping after {} without a better one).",
            metric.title(),
            plural(u64::from(patience), "epoch")
        ),
    }
}
