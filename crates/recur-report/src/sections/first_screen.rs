//! What a reader sees first, below the answer: a figure of the models' results and of their differences to the best one, and the
//! same in a short table.

use crate::figures::canvas::About;
use crate::figures::forest::{Forest, Row, forest};
use crate::figures::left_out;
use crate::markdown::{Table, code, details, left, right};
use crate::numbers::{NBSP, NOTHING, estimate, heading, interval, margin, p_cell, shown, value};
use crate::page::Page;
use crate::practical;
use crate::sections::{leaderboard, trials};
use recur_analysis::{Analysis, Difference, Interval, Model, Standing};

/// Models in the figure at most: with more the table below it would not be on the first screen.
const MOST_MODELS: usize = 12;

/// What follows the title of a column with intervals; it is not broken.
const CI: &str = " [95\u{A0}%\u{A0}CI]";

/// Appends the figure, the table, and the table of all columns behind a line that opens it.
pub(crate) fn render(analysis: &Analysis, page: &mut Page) {
    figure(analysis, page);
    let [markdown, html] = [false, true].map(|has_links| table(analysis, has_links).render());
    page.blocks(&markdown, &html);
    let [markdown, html] = [false, true].map(|has_links| {
        let all = format!("{}\n{}\n", leaderboard::table(analysis, has_links).render(), columns(analysis));
        details("All columns: other metrics, validation, trials and configurations", &all)
    });
    page.blocks(&markdown, &html);
}

fn figure(analysis: &Analysis, page: &mut Page) {
    let models: Vec<&Model> = drawn(analysis);
    if models.is_empty() {
        return;
    }
    let metric = heading(analysis.primary);
    let has_intervals = leaderboard::has_intervals(analysis);
    let with_ci = if has_intervals { " with its 95 % CI" } else { "" };
    let n_ranked = analysis.ranking.len();
    let title = format!("Test {} of each model{with_ci}.", analysis.primary.title());
    let left_out = left_out(n_ranked, models.len(), "models", ", the best");
    let mut figures = vec![("results", format!("{title}{left_out}"), results(analysis, &models, &title, &metric))];
    if let Some(best) = analysis.best().filter(|_| is_compared(analysis)) {
        let title = format!("Difference to {}, the best, with its 95 % CI.", best.model);
        let rest = format!("{}{}", equal_within(analysis), filled(analysis));
        figures.push(("differences", format!("{title}{rest}"), differences(analysis, &models, &title)));
    }
    page.figures_in_a_row(figures);
}

/// The ranked models that have room in the figure, best first; the baseline takes the last place where it would have none.
fn drawn(analysis: &Analysis) -> Vec<&Model> {
    let mut models: Vec<&Model> = analysis.ranked().take(MOST_MODELS).collect();
    let baseline = analysis.baseline().filter(|model| model.is_ranked());
    if let (Some(baseline), Some(last)) = (baseline, models.last_mut())
        && baseline.rank > last.rank
    {
        *last = baseline;
    }
    models
}

/// Whether some difference to the best model is known.
fn is_compared(analysis: &Analysis) -> bool {
    analysis.best_against.iter().any(|against| against.difference.mean.is_some())
}

fn about(models: &[&Model], title: &str) -> About {
    let trials = models.iter().flat_map(|model| &model.trial_ids).map(|id| id.short().to_owned());
    About { title: title.to_owned(), trials: trials.collect() }
}

/// Whether a model may be the best one: its mark is filled.
fn may_be_best(model: &Model) -> bool {
    model.standing != Standing::Behind
}

fn results(analysis: &Analysis, models: &[&Model], title: &str, axis: &str) -> String {
    let primary = analysis.primary;
    let row = |model: &&Model| {
        let test = model.test(primary);
        let ends = test
            .and_then(|test| test.interval)
            .map(|Interval { low, high }| (shown(primary, low), shown(primary, high)));
        Row {
            text: model.model.clone(),
            value: test.and_then(|test| test.mean).map(|mean| shown(primary, mean)),
            interval: ends,
            is_filled: may_be_best(model),
            tooltip: format!("{}: test {} {}", model.model, axis, result(analysis, model)),
        }
    };
    let rows = models.iter().map(row).collect();
    forest(&about(models, title), &Forest { title: format!("test {axis}"), rows, around_zero: None })
}

fn differences(analysis: &Analysis, models: &[&Model], title: &str) -> String {
    let primary = analysis.primary;
    let row = |model: &&Model| {
        let found = to_best(analysis, model);
        let (mean, interval) = found.map_or((Some(0.0), None), minus_best);
        Row {
            text: model.model.clone(),
            value: mean.map(|mean| shown(primary, mean)),
            interval: interval.map(|Interval { low, high }| (shown(primary, low), shown(primary, high))),
            is_filled: may_be_best(model),
            tooltip: format!(
                "{}: {}",
                model.model,
                found.map_or("best".to_owned(), |_| estimate(primary, mean, interval))
            ),
        }
    };
    let unit = primary.about().unit.of_difference[1];
    let band = shown(primary, analysis.settings.equivalence_margin.unwrap_or(0.0));
    let forest_of = Forest {
        title: format!("Δ {} to the best, {unit}", primary.title()),
        rows: models.iter().map(row).collect(),
        around_zero: Some((-band, band)),
    };
    forest(&about(models, title), &forest_of)
}

/// What the band around zero is.
fn equal_within(analysis: &Analysis) -> String {
    let margin = analysis.settings.equivalence_margin.map(|within| margin(analysis.primary, within));
    margin.map_or_else(String::new, |margin| format!(" Grey: equal within {margin}."))
}

/// What rings and filled marks are, where there are both.
fn filled(analysis: &Analysis) -> &'static str {
    if analysis.ranked().all(may_be_best) { "" } else { " Rings: behind the best." }
}

/// The best model minus `model`; `None` for the best one and for those that are not ranked.
fn to_best<'a>(analysis: &'a Analysis, model: &Model) -> Option<&'a Difference> {
    analysis.best_against.iter().find(|against| against.other == model.model).map(|against| &against.difference)
}

/// A model minus the best one, from the best one minus it.
fn minus_best(found: &Difference) -> (Option<f64>, Option<Interval>) {
    // Zero has no sign.
    let negative = |x: f64| 0.0 - x;
    (
        found.mean.map(negative),
        found.interval.map(|Interval { low, high }| Interval { low: negative(high), high: negative(low) }),
    )
}

/// A model's result on test with its interval.
fn result(analysis: &Analysis, model: &Model) -> String {
    let primary = analysis.primary;
    let Some(test) = model.test(primary) else { return NOTHING.to_owned() };
    let mean = test.mean.map_or(NOTHING.to_owned(), |mean| value(primary, mean));
    test.interval.map_or(mean.clone(), |ends| format!("{mean} {}", interval(primary, ends)))
}

/// The anchor of a model's row, by its place in the order of the spec.
pub(crate) fn anchor(model: usize) -> String {
    format!("model.{model}")
}

/// A model's name; with `has_links` its anchor, and a link to the trials of its configuration.
fn name(analysis: &Analysis, model: &Model, has_links: bool) -> String {
    let name = code(&model.model);
    let Some((place, _)) = analysis.model(&model.model).filter(|_| has_links) else { return name };
    let linked = model.configuration.map(|index| trials::linked(&name, &analysis.configurations, index));
    format!("<span id=\"{}\">{}</span>", anchor(place), linked.unwrap_or(name))
}

/// A row a model, with what decides. With `has_links`, which the HTML page has, a row leads to the trials of its configuration.
fn table(analysis: &Analysis, has_links: bool) -> Table {
    let test = format!("test {}", heading(analysis.primary));
    let ci = if leaderboard::has_intervals(analysis) { CI } else { "" };
    let mut header = vec![left("model"), right(format!("{test}{ci}"))];
    let is_compared = is_compared(analysis);
    let margin = analysis.settings.equivalence_margin.filter(|_| is_compared);
    if is_compared {
        header.extend([right(format!("Δ to the best{CI}")), right("p (Holm)")]);
    }
    header.extend(margin.map(|within| right(format!("P(behind by > {})", self::margin(analysis.primary, within)))));
    let mut table = Table::new(header);
    for model in analysis.in_order() {
        let mut cells = vec![name(analysis, model, has_links), result(analysis, model)];
        if is_compared {
            cells.extend(compared(analysis, model));
        }
        cells.extend(margin.map(|_| probability(to_best(analysis, model))));
        table.row(cells);
    }
    table
}

/// The difference to the best model, and its p-value.
fn compared(analysis: &Analysis, model: &Model) -> [String; 2] {
    let Some(found) = to_best(analysis, model) else {
        let what = if model.is_ranked() { "best" } else { "not ranked" };
        return [what, NOTHING].map(str::to_owned);
    };
    let (mean, ends) = minus_best(found);
    let p = match (mean, found.p_holm) {
        (_, Some(p)) => p_cell(p),
        (Some(_), None) => "no spread".to_owned(),
        (None, None) => NOTHING.to_owned(),
    };
    [estimate(analysis.primary, mean, ends).replacen(&format!("{NBSP}["), " [", 1), p]
}

/// How probable it is that a model is behind the best one by more than the margin.
fn probability(found: Option<&Difference>) -> String {
    let shares = found.and_then(|found| found.practical);
    let percent = shares.map(|shares| practical::percent(shares.better));
    percent.map_or(NOTHING.to_owned(), |share| share.replace("< ", "&lt;\u{A0}").replace("> ", "&gt;\u{A0}"))
}

/// What the columns of both tables mean.
fn columns(analysis: &Analysis) -> String {
    let n = match analysis.replicates {
        1 => "Results are of one replicate.".to_owned(),
        n => format!("Results are mean ± standard deviation over {n} replicates; the CI is of the mean."),
    };
    if !is_compared(analysis) {
        return n;
    }
    format!(
        "{n} \"Δ to the best\" is the model minus the best one, and \"p (Holm)\" its p-value after Holm's correction. More of both is in \
         \"The best model against the others\" below."
    )
}
