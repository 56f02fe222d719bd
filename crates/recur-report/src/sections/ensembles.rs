//! The mean of each model's replicates, a row each.

use crate::markdown::{Table, code, left, right};
use crate::numbers::{NOTHING, distance, estimate, heading, interval, p_cell, p_value, phrase, plural, range, value};
use crate::page::Page;
use recur_analysis::{Analysis, Ensemble, EnsembleDifference, Ensembles};
use recur_core::metric::Metric;

pub(crate) fn render(analysis: &Analysis, page: &mut Page) {
    let Some(found) = &analysis.ensembles else { return };
    page.block("### Ensembles");
    page.block(&table(analysis, found).render());
    page.block(&method(analysis, found));
}

fn table(analysis: &Analysis, found: &Ensembles) -> Table {
    let (primary, reference) = (analysis.primary, code(&found.reference));
    let mut header = vec![left("ensemble of the replicates of")];
    for metric in analysis.metrics() {
        header.push(right(format!("test {}", heading(metric))));
        if metric == primary {
            header.push(right("95 % CI"));
        }
    }
    let of = |what: String| right(format!("Δ {} to {what} [95 % CI]", primary.title()));
    header.push(of("its replicates".to_owned()));
    if found.ensembles.len() > 1 {
        header.extend([of(reference.clone()), right("p (Holm)"), of(format!("the ensemble of {reference}"))]);
        header.push(right("p (Holm)"));
    }
    let mut table = Table::new(header);
    for ensemble in &found.ensembles {
        table.row(row(analysis, ensemble, found.ensembles.len() > 1));
    }
    table
}

fn row(analysis: &Analysis, ensemble: &Ensemble, is_compared: bool) -> Vec<String> {
    let primary = analysis.primary;
    let mut cells = vec![code(&ensemble.model)];
    for metric in analysis.metrics() {
        cells.push(ensemble.test.get(metric.name()).map_or(NOTHING.to_owned(), |result| value(metric, *result)));
        if metric == primary {
            cells.push(ensemble.interval.map_or(NOTHING.to_owned(), |ends| interval(metric, ends)));
        }
    }
    cells.push(difference(primary, Some(&ensemble.over_members)));
    if is_compared {
        for over in [&ensemble.over_reference, &ensemble.over_ensemble_of_reference] {
            let p = over.as_ref().and_then(|over| over.p_holm);
            cells.extend([difference(primary, over.as_ref()), p.map_or(NOTHING.to_owned(), p_cell)]);
        }
    }
    cells
}

fn difference(primary: Metric, over: Option<&EnsembleDifference>) -> String {
    over.map_or(NOTHING.to_owned(), |over| estimate(primary, Some(over.mean), over.interval))
}

fn method(analysis: &Analysis, found: &Ensembles) -> String {
    let n = plural(u64::from(analysis.replicates), "trial");
    let mut sentences = vec![format!(
        "An ensemble answers with the mean of the probabilities that the replicates of a model give a {noun}. It takes {n} to train and \
         as many predictions for each {noun}. It costs more than a single trial, so compare it with other ensembles.",
        noun = analysis.noun.one
    )];
    sentences.push(
        "The intervals are of the same kind as those of the models. How far the result varies with other trials is estimated by \
         leaving out each replicate in turn (the jackknife)."
            .to_owned(),
    );
    let comparisons = |ensemble: &Ensemble| ensemble.over_reference.as_ref().map(|over| over.comparisons);
    if let Some(n) = found.ensembles.iter().filter_map(comparisons).max().filter(|n| *n > 0) {
        let family = if n == 1 { "the one comparison".to_owned() } else { format!("{n} comparisons") };
        let why = if n > found.ensembles.len() - 1 {
            format!(" ({} is the best by these results, so all pairs count)", code(&found.reference))
        } else {
            String::new()
        };
        sentences.push(format!(
            "Each p of the difference to {} is corrected by Holm's method over {family}{why}.",
            code(&found.reference)
        ));
    }
    sentences.join(" ")
}

/// The best ensemble, for the paragraphs below the answer; `name` marks a model.
pub(crate) fn sentence(analysis: &Analysis, name: impl Fn(&str) -> String) -> Option<String> {
    let found = analysis.ensembles.as_ref()?;
    let (best, primary) = (found.ensembles.first()?, analysis.primary);
    let result = *best.test.get(primary.name()).filter(|result| result.is_finite())?;
    let replicates = plural(u64::from(analysis.replicates), "replicate");
    let own = format!(
        "The ensemble of the {replicates} of {} (the mean of their probabilities) has {}",
        name(&best.model),
        phrase(primary, result)
    );
    let (over, reference) = match &best.over_reference {
        Some(over) => (over, name(&found.reference)),
        None => (&best.over_members, "the mean result of these replicates".to_owned()),
    };
    if !over.mean.is_finite() {
        return Some(format!("{own}."));
    }
    let size = distance(primary, over.mean.abs());
    let compared = match over.mean {
        mean if primary.better(mean, 0.0) => format!("{size} better than {reference}"),
        0.0 => format!("as good as {reference}"),
        _ => format!("{size} worse than {reference}"),
    };
    let evidence = match (over.interval, over.p_holm) {
        (Some(ends), Some(p)) => format!(
            " (95 % CI of the difference {}, p {} after Holm's correction over the ensembles)",
            range(primary, ends),
            p_value(p)
        ),
        _ => String::new(),
    };
    Some(format!("{own}: {compared}{evidence}."))
}
