//! What training took: a page next to the report that is never compared, as times differ from run to run.

use crate::markdown::{Table, code, escape, left, right};
use crate::numbers::{NOTHING, count, fixed, heading, scaled, spread};
use crate::page::{Page, link_target};
use crate::{Destination, ReportError, files, html};
use recur_analysis::{Analysis, Costs};
use std::path::PathBuf;

/// The page's name within the report's folder.
pub(crate) const FILE: &str = "cost.md";
/// The name of the same as HTML.
pub(crate) const HTML_FILE: &str = "cost.html";

/// Writes what the trials of the chosen configurations took to `dir/NAME/cost.md` and `dir/NAME/cost.html`, NAME being the plan's;
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
            "Times of the trials that [the report](../{}.{ending}) compares, as the machines below took them. **They are not reproducible**: \
             they differ from run to run, and no result of the report depends on them.",
            link_target(name)
        )
    });
    page.blocks(&markdown, &html);
    page.block(&table(analysis, costs).render());
    page.block(
        "Seconds per trial include its scoring \
         on validation and the writing of its record, while other trials ran at the same time; those of trials that continued from a checkpoint \
         are left out. Examples per second are the training examples of all epochs divided by these seconds. A prediction is that of one example of the test \
         set, all of them asked for at once, by one thread of the trained model.",
    );
    let machines: Vec<String> = costs.machines.iter().map(|machine| format!("- {}", escape(machine))).collect();
    page.block(&machines.join("\n"));
    page
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
