//! What training took: a page next to the report that is never compared, as times differ from run to run.

use crate::figures::lines::XAxis;
use crate::figures::{MOST_MODELS, left_out};
use crate::markdown::{Table, code, details, escape, left, right};
use crate::numbers::{NOTHING, count, fixed, heading, phrase, plural, scaled, significant, spread};
use crate::page::{Page, link_target};
use crate::sections::configurations::label;
use crate::sections::scatter::{Place, scatter};
use crate::sections::trials::anchor;
use crate::{Destination, ReportError, files, html};
use recur_analysis::{Analysis, Costs, TrialCost};
use std::path::PathBuf;

/// The page's name within the report's folder.
pub(crate) const FILE: &str = "cost.md";
/// The name of the same as HTML.
pub(crate) const HTML_FILE: &str = "cost.html";

/// Writes what the trials took to `dir/NAME/cost.md` and `dir/NAME/cost.html`, NAME being the plan's;
/// trials without a known cost are left out. Gives the path of the first.
///
/// # Errors
/// As [`crate::write()`].
pub fn write_costs<'a>(
    analysis: &Analysis,
    costs: &Costs,
    destination: impl Into<Destination<'a>>,
) -> Result<PathBuf, ReportError> {
    let destination = destination.into();
    files::check_name(&analysis.experiment)?;
    let name = &analysis.experiment;
    let page = page(analysis, costs);
    let html = html::render(&page, &format!("{name}: what it cost"), SUMMARY);
    files::write_beside(vec![(HTML_FILE, html), (FILE, page.markdown)], name, destination)?;
    Ok(destination.dir.join(name).join(FILE))
}

/// What the page is.
const SUMMARY: &str = "What the trials of a report took: times, which are not reproducible.";

fn page(analysis: &Analysis, costs: &Costs) -> Page {
    let name = &analysis.experiment;
    let mut page = Page::new(name);
    page.block(&format!("# {}: what it cost", escape(name)));
    let [markdown, html] = ["md", "html"].map(|ending| {
        format!(
            "Times of the trials of [the report](../{}.{ending}), as the machines below took them. **They are not reproducible**: \
             they differ from run to run, and no result of the report depends on them.",
            link_target(name)
        )
    });
    page.blocks(&markdown, &html);
    figure(analysis, costs, &mut page);
    page.block(&table(analysis, costs).render());
    page.block(
        "The table has the tested trials of each model. Seconds per trial include its scoring \
         on validation and the writing of its record, while other trials ran at the same time; those of trials that continued from a checkpoint \
         are left out. Examples per second are the training examples of all epochs divided by these seconds. A prediction is that of one example of the test \
         set, all of them asked for at once, by one thread of the trained model.",
    );
    let machines: Vec<String> = costs.machines.iter().map(|machine| format!("- {}", escape(machine))).collect();
    page.block(&machines.join("\n"));
    trials(analysis, costs, &mut page);
    page
}

/// Appends the test result against the time of a trial; nothing with fewer than two models that have both. Only the HTML page has it, as
/// the folder of the report has no files that are not compared but these pages.
fn figure(analysis: &Analysis, costs: &Costs, page: &mut Page) {
    let place = |model: &str| {
        let of_model = costs.models.iter().find(|costs| costs.model == model)?;
        Place::of(analysis, analysis.model(model)?.1, of_model.seconds.mean?)
    };
    let places: Vec<Place<'_>> = analysis.ranked().filter_map(|model| place(&model.model)).collect();
    if places.len() < 2 {
        return;
    }
    let (n, places) = (places.len(), &places[..places.len().min(MOST_MODELS)]);
    let said = |Place { model, amount, score }: &Place<'_>| {
        format!("{} reaches {} in {} s", model.model, phrase(analysis.primary, *score), significant(*amount, 3))
    };
    let said: Vec<String> = places.iter().map(said).collect();
    let (what, left_out) =
        (analysis.primary.title(), left_out(n, places.len(), "models", ", those with the best means"));
    let alternative = format!("Test {what} by mean seconds of a trial: {}.{left_out}", said.join("; "));
    page.html_figure(
        "time",
        &alternative,
        scatter(analysis, places, &alternative, "seconds per trial", |_| XAxis::Log),
    );
}

/// Appends every trial with its time, folded.
fn trials(analysis: &Analysis, costs: &Costs, page: &mut Page) {
    if costs.trials.is_empty() {
        return;
    }
    let summary = format!("Times of {} by configuration", plural(costs.trials.len() as u64, "trial"));
    let [markdown, html] =
        [false, true].map(|has_links| details(&summary, &trial_table(analysis, costs, has_links).render()));
    page.blocks(&markdown, &html);
}

/// A row a trial; with `has_links` a configuration leads to its trials in the report.
fn trial_table(analysis: &Analysis, costs: &Costs, has_links: bool) -> Table {
    let has_machines = costs.machines.len() > 1;
    let mut header = vec![left("model"), left("configuration"), right("replicate"), left("trial"), left("outcome")];
    header.extend(["parameters", "epochs", "seconds"].map(right));
    header.extend(has_machines.then(|| left("machine")));
    let mut table = Table::new(header);
    let report = format!("../{}.html", link_target(&analysis.experiment));
    for trial in &costs.trials {
        let Some(configuration) = analysis.configurations.get(trial.configuration) else { continue };
        let settings = label(configuration);
        let settings = match has_links {
            true => format!("[{settings}]({report}#{})", anchor(trial.configuration)),
            false => settings,
        };
        let TrialCost { trial: id, replicate, outcome, parameters, epochs, seconds, resumed, machine, .. } = trial;
        let rest = if *resumed { " after a checkpoint" } else { "" };
        let mut cells = vec![code(&configuration.model), settings, replicate.to_string(), code(id.short())];
        cells.extend([outcome.word().to_owned(), count(*parameters), count(*epochs as u64)]);
        cells.push(format!("{}{rest}", fixed(*seconds, 2)));
        cells.extend(has_machines.then(|| escape(machine)));
        table.row(cells);
    }
    table
}

fn table(analysis: &Analysis, costs: &Costs) -> Table {
    let mut table = Table::new([
        left("model"),
        right("parameters"),
        right("trials timed"),
        right("seconds per trial"),
        right("epochs"),
        right("examples per second"),
        right("µs per prediction"),
        right(format!("test {}", heading(analysis.primary))),
    ]);
    for costs in &costs.models {
        let Some((_, model)) = analysis.model(&costs.model) else { continue };
        table.row([
            code(&model.model),
            model.parameters.map_or(NOTHING.to_owned(), count),
            count(costs.timed as u64),
            scaled(&costs.seconds, 1.0, 2),
            costs.epochs.mean.map_or(NOTHING.to_owned(), |epochs| fixed(epochs, 1)),
            costs.examples_per_second.mean.map_or(NOTHING.to_owned(), |speed| count(speed.round() as u64)),
            scaled(&costs.microseconds_per_prediction, 1.0, 2),
            spread(analysis.primary, model.test(analysis.primary)),
        ]);
    }
    table
}
