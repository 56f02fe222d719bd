//! Models compared on the very test examples of each replicate.

use crate::markdown::{Table, code, right};
use crate::numbers::{NBSP, NOTHING, count, estimate, p_cell, signed};
use crate::page::Page;
use recur_analysis::{Analysis, Difference, Interval, OnExamples, PerExample};
use recur_core::noun::Noun;

/// Appends the section; nothing with fewer than two ranked models, or where they read other characters.
pub(crate) fn render(analysis: &Analysis, page: &mut Page) {
    let Some(PerExample { first, second, replicates }) = &analysis.per_example else { return };
    page.section(&one_by_one(&analysis.noun));
    page.block(&introduction(analysis));
    let ids = [first, second].map(|model| code(model));
    page.block(&table(&ids, replicates, &analysis.noun).render());
    page.block(&summary(analysis, &ids, replicates, &analysis.best_against[0].difference));
}

/// `Name by name`.
pub(crate) fn one_by_one(noun: &Noun) -> String {
    format!("{} by {noun}", noun.capitalised())
}

fn introduction(analysis: &Analysis) -> String {
    let names = &analysis.noun.many;
    format!(
        "The best model and the next, in their chosen configurations, on the test {names} of each replicate. McNemar's exact \
         test asks whether two trained models are right equally often; the interval is of the difference of their macro-F1 \
         (paired bootstrap over groups of {names}, BCa, {} resamples). Both speak of these trained models on {names} like these. The test \
         over replicates speaks of the models trained again, and is the one to decide by. The p-values here \
         are not corrected.",
        count(analysis.method.bootstrap_resamples as u64)
    )
}

fn table(ids: &[String; 2], replicates: &[OnExamples], noun: &Noun) -> Table {
    let mut table = Table::new([
        right("replicate"),
        right(&noun.many),
        right(format!("only {} right", ids[0])),
        right(format!("only {} right", ids[1])),
        right("accuracy difference"),
        right("McNemar p"),
        right("macro-F1 difference [95 %]"),
    ]);
    for (replicate, paired) in replicates.iter().enumerate() {
        table.row([
            replicate.to_string(),
            count(paired.examples as u64),
            count(paired.only_first_right),
            count(paired.only_second_right),
            paired.accuracy_difference.map_or(NOTHING.to_owned(), |accuracy| signed(100.0 * accuracy, 2)),
            p_cell(paired.mcnemar_p),
            points(paired.macro_f1_difference, paired.macro_f1_interval),
        ]);
    }
    table
}

/// A difference of shares in points with its interval, to one decimal: more would be noise of the resamples.
pub(crate) fn points(difference: Option<f64>, interval: Option<Interval>) -> String {
    let number = |share: f64| signed(100.0 * share, 1);
    match (difference, interval) {
        (None, _) => NOTHING.to_owned(),
        (Some(difference), None) => number(difference),
        (Some(difference), Some(Interval { low, high })) => {
            format!("{}{NBSP}[{},{NBSP}{}]", number(difference), number(low), number(high))
        }
    }
}

/// What the examples say, next to what the replicates say.
fn summary(analysis: &Analysis, ids: &[String; 2], replicates: &[OnExamples], over: &Difference) -> String {
    let n = |is_such: fn(&OnExamples) -> bool| replicates.iter().filter(|paired| is_such(paired)).count();
    let (above, below) = (n(|paired| paired.side() > 0), n(|paired| paired.side() < 0));
    let mut text = format!(
        "{}, {} is ahead in macro-F1 on {above} of {} and {} on {below}, counting intervals that do not contain zero; \
         McNemar's p is below 0.05 on {}.",
        one_by_one(&analysis.noun),
        ids[0],
        crate::numbers::plural(replicates.len() as u64, "replicate"),
        ids[1],
        n(|paired| paired.mcnemar_is_significant)
    );
    if replicates.iter().any(|paired| paired.macro_f1_interval.is_none()) {
        text.push_str(" Where no interval is shown it is undefined.");
    }
    match over.p_holm {
        Some(p) => text.push_str(&format!(
            " Over replicates the difference of {} is {} (p {}): the models {}.",
            analysis.primary.title(),
            estimate(analysis.primary, over.mean, over.interval),
            crate::numbers::p_value(p),
            if over.is_significant { "differ" } else { "are not shown to differ" }
        )),
        None => match over.without_spread() {
            Some(mean) => text.push_str(&format!(
                " Over replicates the difference of {} is {} without any spread, so nothing can be tested.",
                analysis.primary.title(),
                estimate(analysis.primary, Some(mean), None)
            )),
            None => text.push_str(" Over replicates nothing can be computed, so whether the models differ stays open."),
        },
    }
    text
}
