//! Every trial, by its configuration, with the way to its files and its commands. Only the HTML page has this section: the Markdown page
//! is read where the store is not.

use crate::answer::settings;
use crate::costs;
use crate::html::escaped;
use crate::markdown::{Table, code, code_block, details, left, right};
use crate::numbers::{NOTHING, count, heading, plural, spread, unit, value};
use crate::page::Page;
use crate::sections::{configurations, first_screen};
use crate::trial_links::TrialLinks;
use recur_analysis::{Analysis, ConfigurationResult, PartialAnalysis, TrialResult};
use recur_core::metric::{Metric, Scores};
use recur_core::visible::visible;

/// The anchor of a configuration's trials. No heading has it: theirs have no dots.
pub(crate) fn anchor(configuration: usize) -> String {
    format!("trials.{configuration}")
}

/// `text`, as a link to the trials of a configuration where it has any.
pub(crate) fn linked(text: &str, configurations: &[ConfigurationResult], index: usize) -> String {
    match configurations.get(index) {
        Some(configuration) if !configuration.trial_ids.is_empty() => format!("[{text}](#{})", anchor(index)),
        _ => text.to_owned(),
    }
}

/// What the section lists.
struct Listed<'a> {
    primary: Metric,
    configurations: &'a [ConfigurationResult],
    trials: &'a [TrialResult],
    links: &'a TrialLinks,
    /// The models that the table of results has.
    models: Vec<&'a str>,
}

pub(crate) fn render(analysis: &Analysis, links: &TrialLinks, page: &mut Page) {
    let listed = Listed {
        primary: analysis.primary,
        configurations: &analysis.configurations,
        trials: &analysis.trials,
        links,
        models: analysis.models.iter().map(|model| model.model.as_str()).collect(),
    };
    let [file, link] = [costs::HTML_FILE.to_owned(), page.link(costs::HTML_FILE)];
    let times = format!(" Times are not reproducible, so they are not in this page: see [{file}]({link}).");
    listed.render(&format!("The trials of each configuration, the chosen ones first. {}{times}", listed.place()), page);
}

/// Of an experiment that is not finished: the trials that ended so far.
pub(crate) fn render_partial(analysis: &PartialAnalysis, links: &TrialLinks, page: &mut Page) {
    let listed = Listed {
        primary: analysis.primary,
        configurations: &analysis.configurations,
        trials: &analysis.trials,
        links,
        models: Vec::new(),
    };
    listed.render(&format!("The trials of each configuration that ended so far. {}", listed.place()), page);
}

impl Listed<'_> {
    fn render(&self, introduction: &str, page: &mut Page) {
        if self.trials.is_empty() {
            return;
        }
        page.html_block("## Trials");
        page.html_block(introduction);
        let with_trials = |(_, configuration): &(usize, &ConfigurationResult)| !configuration.trial_ids.is_empty();
        let all = self.configurations.iter().enumerate().filter(with_trials);
        let (chosen, others): (Vec<_>, Vec<_>) = all.partition(|(_, configuration)| configuration.times_chosen > 0);
        chosen.iter().for_each(|(index, configuration)| page.html_block(&self.of(*index, configuration)));
        let n_others = others.len() as u64;
        let others: Vec<String> =
            others.into_iter().map(|(index, configuration)| self.of(index, configuration)).collect();
        let others = others.join("\n");
        match (n_others, chosen.len()) {
            (0, _) => {}
            (_, 0) => page.html_block(&others),
            _ => {
                page.html_block(&details(&format!("{} that nothing chose", plural(n_others, "configuration")), &others))
            }
        }
    }

    /// Where the links lead.
    fn place(&self) -> String {
        match self.links.store_path() {
            Some(store) => format!(
                "Links lead to the files of each trial. They work where the store is at {} from this page.",
                code(store)
            ),
            None => "This page has no links to files, as the store or the folder of reports is outside of the project. Where the store is \
                     not the default one, add `--store DIR` to a command."
                .to_owned(),
        }
    }

    /// The trials of one configuration, folded.
    fn of(&self, index: usize, configuration: &ConfigurationResult) -> String {
        let trials: Vec<&TrialResult> = self.trials.iter().filter(|trial| trial.configuration == index).collect();
        let mut body = format!("{}\n\n{}", self.back(index, configuration), self.table(&trials).render());
        let commands: Vec<String> = trials.iter().flat_map(|trial| self.links.commands(trial)).collect();
        if !commands.is_empty() {
            body.push_str(&format!("\n{}", code_block("sh", &commands.join("\n"))));
        }
        let unfolded = details(&self.summary(configuration), &body);
        unfolded.replacen("<details>", &format!("<details id=\"{}\">", anchor(index)), 1)
    }

    /// Links to the rows of the configuration.
    fn back(&self, index: usize, configuration: &ConfigurationResult) -> String {
        let all = format!("[its row of all configurations](#{})", configurations::anchor(index));
        let model = self.models.iter().position(|model| *model == configuration.model);
        match model.filter(|_| configuration.times_chosen > 0) {
            Some(model) => format!("Back to [its model's results](#{}) or to {all}.", first_screen::anchor(model)),
            None => format!("Back to {all}."),
        }
    }

    /// What a reader sees of a configuration before its trials are unfolded, as HTML.
    fn summary(&self, configuration: &ConfigurationResult) -> String {
        let primary = self.primary;
        let code = |text: &str| format!("<code>{}</code>", escaped(&visible(text)));
        let mut title = code(&configuration.model);
        let settings = settings(configuration);
        if !settings.is_empty() {
            title.push_str(&format!(" {}", code(&settings)));
        }
        title.extend(configuration.weights.as_ref().map(|path| format!(" from {}", code(path))));
        let tally = configuration.trials;
        let mut ends = vec![format!("{} of {} finished", count(tally.finished), count(tally.planned))];
        if let Some(validation) = configuration.validation(primary).filter(|summary| summary.mean.is_some()) {
            let result = format!("validation {} {}", primary.title(), spread(primary, Some(validation)));
            ends.push(format!("{result} {}", unit(primary)).trim_end().to_owned());
        }
        if configuration.times_chosen > 0 {
            ends.push("chosen".to_owned());
        }
        format!("{title}: {}", ends.join(", "))
    }

    /// A row a trial.
    fn table(&self, trials: &[&TrialResult]) -> Table {
        let (primary, links) = (self.primary, self.links);
        let is_tested = trials.iter().any(|trial| trial.test.is_some());
        let has_links = links.store().is_some();
        let mut header = vec![left("trial")];
        header.extend(has_links.then(|| left("files")));
        header.extend([right("replicate"), left("outcome"), right(format!("validation {}", heading(primary)))]);
        header.extend(is_tested.then(|| right(format!("test {}", heading(primary)))));
        header.push(right("parameters"));
        let mut table = Table::new(header);
        let score =
            |scores: Option<Scores>| scores.map_or(NOTHING.to_owned(), |scores| value(primary, scores.get(primary)));
        for trial in trials {
            let mut cells = vec![links.id(&trial.trial)];
            cells.extend(links.files(trial));
            cells.extend([trial.replicate.to_string(), trial.outcome.word().to_owned(), score(trial.validation)]);
            cells.extend(is_tested.then(|| score(trial.test)));
            cells.push(count(trial.parameters));
            table.row(cells);
        }
        table
    }
}
