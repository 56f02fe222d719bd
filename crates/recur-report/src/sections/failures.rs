//! Trials that did not finish, or could not be scored on test.

use crate::answer::settings;
use crate::markdown::{Table, code, details, escape, left, right};
use crate::numbers::plural;
use crate::page::Page;
use crate::trial_links::TrialLinks;
use recur_analysis::{Analysis, ConfigurationResult, End, PartialAnalysis, Unfinished};
use recur_core::trial::TrialId;

/// A longer table is folded away.
const MOST_IN_SIGHT: u64 = 20;

pub(crate) fn render(analysis: &Analysis, links: &TrialLinks, page: &mut Page) {
    page.section("Failures");
    let (unscored, unfinished): (Vec<&Unfinished>, Vec<&Unfinished>) =
        analysis.unfinished.iter().partition(|trial| trial.outcome == End::NotScored);
    let (n_failed, n_unscored) = (unfinished.len() as u64, unscored.len() as u64);
    if n_failed > 0 {
        let summary = format!("{} did not finish", plural(n_failed, "trial"));
        show(page, &summary, tables(analysis, links, &unfinished), n_failed);
    }
    if n_unscored > 0 {
        let summary = format!(
            "{} of a chosen configuration finished but could not be scored on test, so the model is not ranked",
            plural(n_unscored, "trial")
        );
        show(page, &summary, tables(analysis, links, &unscored), n_unscored);
    }
    let planned: u64 = analysis.configurations.iter().map(|configuration| configuration.trials.planned).sum();
    let missing = planned - analysis.trials.len() as u64;
    if missing > 0 {
        page.block(&format!("{} of {} have no record yet.", missing, plural(planned, "trial")));
    } else if n_failed + n_unscored == 0 {
        page.block(&format!("None: {} finished.", plural(planned, "trial")));
    }
}

/// Of an experiment that is not finished: nothing where every trial that ended finished.
pub(crate) fn render_partial(analysis: &PartialAnalysis, page: &mut Page) {
    let n = analysis.unfinished.len() as u64;
    if n == 0 {
        return;
    }
    page.section("Failures");
    let summary = format!("{} did not finish", plural(n, "trial"));
    let unfinished: Vec<&Unfinished> = analysis.unfinished.iter().collect();
    let table = table(&analysis.configurations, &unfinished, short).render();
    show(page, &summary, [table.clone(), table], n);
    page.block("The next run trains failed trials again. It does not train diverged ones again.");
}

/// Shows a table, as Markdown and as the HTML page has it.
fn show(page: &mut Page, summary: &str, tables: [String; 2], n_rows: u64) {
    let [markdown, html] = if n_rows > MOST_IN_SIGHT {
        tables.map(|table| details(summary, &table))
    } else {
        page.block(&format!("{summary}."));
        tables
    };
    page.blocks(&markdown, &html);
}

/// The table of both pages: that in HTML links the trials.
fn tables(analysis: &Analysis, links: &TrialLinks, trials: &[&Unfinished]) -> [String; 2] {
    let configurations = &analysis.configurations;
    let linked = table(configurations, trials, |trial| links.id(trial));
    [table(configurations, trials, short).render(), linked.render()]
}

fn short(trial: &TrialId) -> String {
    code(trial.short())
}

fn table(configurations: &[ConfigurationResult], trials: &[&Unfinished], id: impl Fn(&TrialId) -> String) -> Table {
    let header = [left("model"), left("configuration"), right("replicate"), left("end"), left("reason"), left("trial")];
    let mut table = Table::new(header);
    trials.iter().for_each(|trial| table.row(row(configurations, trial, id(&trial.trial))));
    table
}

fn row(configurations: &[ConfigurationResult], trial: &Unfinished, id: String) -> [String; 6] {
    let configuration = &configurations[trial.configuration];
    let settings = settings(configuration);
    let end = if trial.outcome == End::NotScored { "failed on test" } else { trial.outcome.word() };
    [
        code(&configuration.model),
        if settings.is_empty() { "as given".to_owned() } else { code(&settings) },
        trial.replicate.to_string(),
        end.to_owned(),
        escape(&trial.reason.lines().collect::<Vec<_>>().join(" ")),
        id,
    ]
}
