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
    let mut header = vec![left("mean of the replicates of")];
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
         as many predictions for each {noun}, so it is no fair rival of a single trial at equal cost: compare it with other \
         ensembles.",
        noun = analysis.noun.one
    )];
    sentences.push(
        "The intervals are of the same kind as those of the models. How far the result varies with other trials is estimated by \
         leaving out each replicate in turn (the jackknife, Efron and Stein 1981), and is rather over- than underestimated."
            .to_owned(),
    );
    let comparisons = |ensemble: &Ensemble| ensemble.over_reference.as_ref().map(|over| over.comparisons);
    if let Some(n) = found.ensembles.iter().filter_map(comparisons).max().filter(|n| *n > 0) {
        let family = if n == 1 { "this one".to_owned() } else { format!("these {n}") };
        sentences.push(format!("Each p is corrected by Holm's method over the comparisons of its column, {family}."));
    }
    sentences.join(" ")
}

/// The best ensemble, for the paragraphs below the answer; `name` marks a model.
pub(crate) fn sentence(analysis: &Analysis, name: impl Fn(&str) -> String) -> Option<String> {
    let found = analysis.ensembles.as_ref()?;
    let (best, primary) = (found.ensembles.first()?, analysis.primary);
    let replicates = plural(u64::from(analysis.replicates), "replicate");
    let mut sentence = format!("The mean of the {replicates} of {} has ", name(&best.model));
    sentence.push_str(&phrase(primary, *best.test.get(primary.name())?));
    let Some(over) = &best.over_reference else {
        return Some(format!("{sentence}, the best of the ensembles."));
    };
    let (direction, reference) =
        (if primary.better(over.mean, 0.0) { "better" } else { "worse" }, name(&found.reference));
    sentence.push_str(&format!(": {} {direction} than {reference}", distance(primary, over.mean.abs())));
    if let (Some(ends), Some(p)) = (over.interval, over.p_holm) {
        let ends = format!("95 % CI of the difference {}", range(primary, ends));
        sentence.push_str(&format!(" ({ends}, p {} after Holm's correction over the ensembles)", p_value(p)));
    }
    Some(format!("{sentence}."))
}
