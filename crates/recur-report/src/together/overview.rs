//! A comparison on one screen: a row a model, and how it differs from the baseline.

use crate::ReportError;
use crate::analysis::Analysis;
use crate::answer::{self, settings};
use crate::check::check;
use crate::export::{Standing, in_order};
use crate::markdown::{Table, code, left, right};
use crate::name_by_name::paired;
use crate::numbers::{self, NBSP, NOTHING, count, difference, estimate, p_plain, signed, spread, value};
use crate::sections::name_by_name::points;
use crate::together::Together;
use recur_core::metric::Metric;
use recur_stats::holm;

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
    /// Of experiments whose baseline is what the others are compared with: over replicates, or name by name
    /// where there is one replicate.
    ///
    /// # Errors
    /// If the records do not belong together.
    pub fn of(together: &Together) -> Result<Self, ReportError> {
        let input = &together.input();
        check(input)?;
        let analysis = Analysis::new(input, recur_stats::RESAMPLES);
        let is_single = input.plan.replicates == 1;
        let (header, rows) = if is_single { name_by_name(&analysis) } else { over_replicates(&analysis) };
        let mut method = if is_single { method_of_names(&analysis) } else { method_of_replicates(&analysis) };
        method.extend(
            together
                .twins()
                .iter()
                .map(|(twin, first)| format!(" {twin} has the very trials of {first} and stands once.")),
        );
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
        Ok(Self {
            answer: answer::plain(&analysis),
            markdown: format!("{}\n\n{}\n{method}\n", answer::markdown(&analysis), table.render()),
            header,
            rows: rows.iter().map(|row| row.iter().map(|cell| cell.replace(NBSP, " ")).collect()).collect(),
            method,
        })
    }

    /// The answer, the table and the method as Markdown.
    pub fn markdown(&self) -> &str {
        &self.markdown
    }
}

/// A model with the settings that were chosen for it.
fn title(analysis: &Analysis<'_>, model: usize) -> String {
    let model = &analysis.models[model];
    let settings = model.choice.only().map(|chosen| settings(&analysis.input.plan.configurations[chosen]));
    match settings {
        Some(settings) if !settings.is_empty() => format!("{} ({settings})", model.id),
        _ => model.id.to_owned(),
    }
}

fn over_replicates(analysis: &Analysis<'_>) -> (Vec<String>, Vec<Vec<String>>) {
    let (primary, baseline) = (analysis.primary, analysis.baseline());
    let header = [
        "model".to_owned(),
        format!("test {} [95 %]", numbers::heading(primary)),
        "to baseline [95 %]".to_owned(),
        "p".to_owned(),
        "wins / ties / losses".to_owned(),
        "standing".to_owned(),
    ];
    let row = |model: usize| {
        let test = analysis.models[model].test(primary);
        let interval = analysis
            .mean_interval(&analysis.models[model], primary)
            .map(|interval| format!(" [{}, {}]", value(primary, interval.low), value(primary, interval.high)));
        let mut cells = vec![title(analysis, model), spread(primary, &test) + &interval.unwrap_or_default()];
        cells.extend(match analysis.to_baseline.get(&model) {
            _ if baseline == Some(model) => ["baseline", NOTHING, NOTHING].map(str::to_owned),
            None => [NOTHING; 3].map(str::to_owned),
            Some(found) => {
                let [better, equal, worse] = found.wins;
                let no_spread = |mean| [estimate(primary, Some(mean), None), "no spread".to_owned()];
                let figures = found
                    .comparison
                    .map(|c| [difference(primary, &c), p_plain(found.adjusted_p)])
                    .or(found.without_spread().map(no_spread));
                let [difference, p] = figures.unwrap_or([NOTHING; 2].map(str::to_owned));
                [difference, p, format!("{better} / {equal} / {worse}")]
            }
        });
        cells.push(Standing::of(analysis, model).word().to_owned());
        cells
    };
    (header.to_vec(), in_order(analysis).into_iter().map(row).collect())
}

fn method_of_replicates(analysis: &Analysis<'_>) -> String {
    let standing = " Standing is by the comparison of the best with each other one, corrected over all pairs.";
    let correction = match analysis.to_baseline.len() {
        0 | 1 => String::new(),
        _ if analysis.input.baseline_is_chosen => {
            "; p is corrected by Holm's method over all pairs, as the baseline is the first's best on validation"
                .to_owned()
        }
        n => format!("; p is corrected by Holm's method over the {n} comparisons with the baseline"),
    };
    format!(
        "Mean and standard deviation over {} replicates of each model's configurations that were chosen by validation; wins, ties and \
         losses count replicates. Intervals and p are of {}{correction}.{standing}",
        analysis.input.plan.replicates,
        analysis.test_name(),
    )
}

fn name_by_name(analysis: &Analysis<'_>) -> (Vec<String>, Vec<Vec<String>>) {
    let header = [
        "model".to_owned(),
        format!("test {}", numbers::heading(Metric::MacroF1)),
        format!("test {}", numbers::heading(Metric::Accuracy)),
        "right, baseline not".to_owned(),
        "baseline right, it not".to_owned(),
        "accuracy to baseline".to_owned(),
        "McNemar p".to_owned(),
        "macro-F1 to baseline [95 %]".to_owned(),
    ];
    let first = analysis.baseline().filter(|first| analysis.ranking.contains(first));
    let models = in_order(analysis);
    let pair = |model: &usize| {
        let first = first.filter(|first| first != model && analysis.ranking.contains(model))?;
        paired(analysis, *model, first).into_iter().next()
    };
    let pairs: Vec<_> = models.iter().map(pair).collect();
    let mut corrected = holm(&pairs.iter().flatten().map(|pair| pair.mcnemar_p).collect::<Vec<_>>()).into_iter();
    let row = |(model, pair): (&usize, &Option<crate::name_by_name::Paired>)| {
        let figure = |metric| spread(metric, &analysis.models[*model].test(metric));
        let mut cells = vec![title(analysis, *model), figure(Metric::MacroF1), figure(Metric::Accuracy)];
        cells.extend(match pair {
            None if first == Some(*model) => ["baseline", NOTHING, NOTHING, NOTHING, NOTHING].map(str::to_owned),
            None => [NOTHING; 5].map(str::to_owned),
            Some(pair) => [
                count(pair.counts.only_first),
                count(pair.counts.only_second),
                pair.counts.accuracy_difference().map_or(NOTHING.to_owned(), |x| signed(100.0 * x, 2)),
                corrected.next().map_or(NOTHING.to_owned(), p_plain),
                points(pair.macro_f1, pair.interval),
            ],
        });
        cells
    };
    (header.to_vec(), models.iter().zip(&pairs).map(row).collect())
}

fn method_of_names(analysis: &Analysis<'_>) -> String {
    let n_names = analysis.best().map_or(0, |best| best.tests.iter().map(|test| test.predictions.len()).sum::<usize>());
    format!(
        "Name by name on the {} that all were tested on: McNemar's exact test for accuracy, corrected by Holm's method over the \
         comparisons with the baseline, and the paired bootstrap over groups of names (BCa, {} resamples) for macro-F1. They speak of these trained models on \
         names like these; how the models do when they are trained anew takes replicates.",
        numbers::plural(n_names as u64, "name"),
        count(analysis.n_resamples as u64)
    )
}
