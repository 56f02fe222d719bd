//! A comparison on one screen: a row a model, and how it differs from the baseline.

use crate::answer::{Opening, settings};
use crate::markdown::{Table, code, left, right};
use crate::method::test_name;
use crate::numbers::{self, NBSP, NOTHING, count, estimate, p_plain, signed, spread, value};
use crate::sections::per_example::{one_by_one, points};
use recur_analysis::{Analysis, Model, OnExamples};

/// A comparison on one screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// What is better than what, and how sure that is, as plain text.
    pub answer: String,
    /// The titles of the columns; those from the second on hold numbers.
    pub header: Vec<String>,
    /// One row a model, best first, as plain text.
    pub rows: Vec<Vec<String>>,
    /// How the figures came about.
    pub method: String,
    markdown: String,
}

impl Overview {
    /// Of experiments whose baseline is what the others are compared with: over replicates, or example by example
    /// where there is one replicate.
    pub fn of(analysis: &Analysis) -> Self {
        let is_single = analysis.replicates == 1;
        let (header, rows) = if is_single { per_example(analysis) } else { over_replicates(analysis) };
        let mut method = if is_single { method_per_example(analysis) } else { method_of_replicates(analysis) };
        let duplicates = analysis.comparison.iter().flat_map(|merged| &merged.duplicates);
        let once = |(duplicate, first): (&String, &String)| {
            format!(" {duplicate} has the same trials as {first} and is listed once.")
        };
        method.extend(duplicates.map(once));
        let titles =
            header.iter().enumerate().map(|(index, title)| if index == 0 { left(title) } else { right(title) });
        let mut table = Table::new(titles);
        for row in &rows {
            let cells = row.iter().enumerate().map(|(index, cell)| match index {
                0 => code(cell),
                _ => cell.replace('<', "&lt;").replace(' ', &NBSP.to_string()),
            });
            table.row(cells);
        }
        Self {
            answer: Opening::plain(analysis).answer,
            markdown: format!("{}\n\n{}\n{method}\n", Opening::markdown(analysis).text(), table.render()),
            header,
            rows: rows.iter().map(|row| row.iter().map(|cell| cell.replace(NBSP, " ")).collect()).collect(),
            method,
        }
    }

    /// The answer, the table and the method as Markdown.
    pub fn markdown(&self) -> &str {
        &self.markdown
    }
}

/// A model with the settings that were chosen for it.
fn title(analysis: &Analysis, model: &Model) -> String {
    let settings = model.only_configuration().map(|chosen| settings(&analysis.configurations[chosen]));
    match settings {
        Some(settings) if !settings.is_empty() => format!("{} ({settings})", model.model),
        _ => model.model.clone(),
    }
}

fn over_replicates(analysis: &Analysis) -> (Vec<String>, Vec<Vec<String>>) {
    let (primary, baseline) = (analysis.primary, analysis.baseline.as_ref());
    let header = [
        "model".to_owned(),
        format!("test {} [95 %]", numbers::heading(primary)),
        "Δ vs. baseline [95 % CI]".to_owned(),
        "p".to_owned(),
        "wins / ties / losses".to_owned(),
        "standing".to_owned(),
    ];
    let row = |model: &Model| {
        let test = model.test(primary);
        let interval = test
            .and_then(|test| test.interval)
            .map(|interval| format!(" [{}, {}]", value(primary, interval.low), value(primary, interval.high)));
        let mut cells = vec![title(analysis, model), spread(primary, test) + &interval.unwrap_or_default()];
        cells.extend(match &model.to_baseline {
            _ if baseline == Some(&model.model) => ["baseline", NOTHING, NOTHING].map(str::to_owned),
            None => [NOTHING; 3].map(str::to_owned),
            Some(found) => {
                let p = match (found.mean, found.p_holm) {
                    (_, Some(p)) => p_plain(p),
                    (Some(_), None) => "no spread".to_owned(),
                    (None, None) => NOTHING.to_owned(),
                };
                let counts = format!("{} / {} / {}", found.wins, found.ties, found.losses);
                [estimate(primary, found.mean, found.interval), p, counts]
            }
        });
        cells.push(model.standing.word().to_owned());
        cells
    };
    (header.to_vec(), analysis.in_order().map(row).collect())
}

fn method_of_replicates(analysis: &Analysis) -> String {
    let standing = " Standing is by the comparison of the best with each other one, corrected over all pairs.";
    let correction = match analysis.models.iter().filter(|model| model.to_baseline.is_some()).count() {
        0 | 1 => String::new(),
        _ if analysis.baseline_is_chosen() => {
            "; p is corrected by Holm's method over all pairs, as the baseline is the first's best on validation"
                .to_owned()
        }
        n => format!("; p is corrected by Holm's method over the {n} comparisons with the baseline"),
    };
    format!(
        "Mean and standard deviation over {} replicates of each model's configurations that were chosen by validation; wins, ties and \
         losses count replicates. Intervals and p are of {}{correction}.{standing}",
        analysis.replicates,
        test_name(analysis),
    )
}

fn per_example(analysis: &Analysis) -> (Vec<String>, Vec<Vec<String>>) {
    let [resampled, counted] = OnExamples::METRICS;
    let header = [
        "model".to_owned(),
        format!("test {}", numbers::heading(resampled)),
        format!("test {}", numbers::heading(counted)),
        "right, baseline not".to_owned(),
        "baseline right, it not".to_owned(),
        "Δ accuracy vs. baseline".to_owned(),
        "McNemar p".to_owned(),
        "Δ macro-F1 vs. baseline [95 % CI]".to_owned(),
    ];
    let is_baseline = |model: &Model| model.is_ranked() && analysis.baseline.as_ref() == Some(&model.model);
    let row = |model: &Model| {
        let metric = |metric| spread(metric, model.test(metric));
        let mut cells = vec![title(analysis, model), metric(resampled), metric(counted)];
        let found = analysis.per_example_to_baseline.iter().find(|found| found.model == model.model);
        cells.extend(match found {
            None if is_baseline(model) => ["baseline", NOTHING, NOTHING, NOTHING, NOTHING].map(str::to_owned),
            None => [NOTHING; 5].map(str::to_owned),
            Some(found) => [
                count(found.on_examples.only_first_right),
                count(found.on_examples.only_second_right),
                found.on_examples.accuracy_difference.map_or(NOTHING.to_owned(), |x| signed(100.0 * x, 2)),
                p_plain(found.mcnemar_p_holm),
                points(found.on_examples.macro_f1_difference, found.on_examples.macro_f1_interval),
            ],
        });
        cells
    };
    (header.to_vec(), analysis.in_order().map(row).collect())
}

fn method_per_example(analysis: &Analysis) -> String {
    let of_best = analysis.best().map(|best| best.confusion.counts().iter().sum());
    let (n, noun) = (of_best.unwrap_or(0), &analysis.noun);
    format!(
        "{} on the {} that all were tested on: McNemar's exact test for accuracy, corrected by Holm's method over the \
         comparisons with the baseline, and the paired bootstrap over groups of {} (BCa, {} resamples) for macro-F1. They speak of these trained models on \
         {} like these; how the models do when they are trained anew takes replicates.",
        one_by_one(noun),
        numbers::examples(n, noun),
        noun.many,
        count(analysis.method.bootstrap_resamples as u64),
        noun.many
    )
}
