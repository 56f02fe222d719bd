//! The first paragraph: what is better than what, and how sure that is.

use crate::analysis::{Analysis, LabelsWithoutRows, ModelResult};
use crate::axes::axis_sentences;
use crate::comparisons::{Difference, POWER};
use crate::markdown::{code, escape, list};
use crate::numbers::{
    bounds, bounds_of_difference, distance, every_value, margin as margin_text, p_value, parameter, phrase, plural,
    range,
};
use crate::practical;
use recur_core::data_warning::DataWarning;
use recur_core::facts::PublishedFacts;
use recur_core::metric::Metric;
use recur_core::plan::{Configuration, UnusedSettings};
use recur_core::visible::visible_fully;
use recur_stats::{Interval, mean};

/// The paragraph as Markdown.
pub(crate) fn markdown(analysis: &Analysis<'_>) -> String {
    Answer { analysis, is_markdown: true }.text()
}

/// The paragraph as plain text, for a terminal.
pub(crate) fn plain(analysis: &Analysis<'_>) -> String {
    Answer { analysis, is_markdown: false }.text()
}

/// `hidden_size=64, layers=2`: what tells a configuration from its model's others; empty if nothing does.
pub(crate) fn settings(configuration: &Configuration) -> String {
    let setting = |(name, value)| format!("{name}={}", parameter(value));
    configuration.swept_values().map(setting).collect::<Vec<_>>().join(", ")
}

/// A model, and the best one minus it.
type Against<'a> = &'a (usize, Difference);

struct Answer<'a> {
    analysis: &'a Analysis<'a>,
    is_markdown: bool,
}

impl Answer<'_> {
    fn text(&self) -> String {
        let mut sentences = match self.analysis.ranking.as_slice() {
            [] => vec![self.nothing()],
            [only] => vec![self.alone(&self.analysis.models[*only])],
            _ if self.analysis.input.plan.replicates == 1 => self.one_replicate(),
            _ => self.compared(),
        };
        sentences.extend(self.overlap());
        sentences.extend(self.constant_answers());
        sentences.extend(self.doubtful_data());
        sentences.extend(self.labels_without_rows());
        sentences.extend(self.left_out());
        let best = self.analysis.ranking.first();
        let within = best.and_then(|best| self.within(&self.analysis.models[*best], *best));
        let mut paragraphs: Vec<String> = std::iter::once(sentences.join(" ")).chain(within).collect();
        if self.analysis.models.len() == 1 {
            // The question can only have been about what is swept.
            paragraphs.reverse();
        }
        paragraphs.extend(self.unused_settings());
        paragraphs.join(if self.is_markdown { "\n\n" } else { " " })
    }

    fn name(&self, text: &str) -> String {
        if self.is_markdown { code(text) } else { text.to_owned() }
    }

    fn strong(&self, text: &str) -> String {
        if self.is_markdown { format!("**{text}**") } else { text.to_owned() }
    }

    /// The model with the settings that it was tested with, where those are the same on every replicate.
    fn titled(&self, model: &ModelResult<'_>) -> String {
        let chosen = model.choice.only().map(|index| settings(&self.analysis.input.plan.configurations[index]));
        match chosen {
            Some(chosen) if !chosen.is_empty() => format!("{} ({})", self.name(model.id), self.name(&chosen)),
            _ => self.name(model.id),
        }
    }

    /// What the swept parameters of a model do.
    fn within(&self, model: &ModelResult<'_>, index: usize) -> Option<String> {
        let sentences = axis_sentences(self.analysis, index, |text| self.name(text), |text| self.strong(text));
        (!sentences.is_empty()).then(|| format!("Within {}, {}", self.name(model.id), sentences.join(" ")))
    }

    fn nothing(&self) -> String {
        let any_chosen = self.analysis.models.iter().any(|model| !model.choice.counts().is_empty());
        let reason = if any_chosen { "no chosen configuration has test results" } else { "no configuration finished" };
        format!("{} {reason} on every replicate.", self.strong("There is no answer:"))
    }

    fn score(&self, model: &ModelResult<'_>) -> String {
        let primary = self.analysis.primary;
        phrase(primary, mean(&model.test(primary)).unwrap_or(f64::NAN))
    }

    fn alone(&self, model: &ModelResult<'_>) -> String {
        let figures = model.test(self.analysis.primary);
        let reaches = format!("{} reaches {} on test", self.strong(&self.titled(model)), self.score(model));
        let comparison = match self.analysis.models.len() {
            1 => "no other model was tested, so no models are compared",
            _ => "no other model can be ranked, so no models are compared",
        };
        match self.analysis.mean_interval(model, self.analysis.primary) {
            Some(interval) => format!(
                "{reaches} (mean of {} replicates, 95 % CI {}{}); {comparison}.",
                figures.len(),
                range(self.analysis.primary, interval),
                every_value(interval, bounds(self.analysis.primary))
            ),
            None if figures.len() == 1 => {
                format!("{reaches}; one replicate does not show how sure that is, and {comparison}.")
            }
            None => format!("{reaches}; {comparison}."),
        }
    }

    fn one_replicate(&self) -> Vec<String> {
        let ranked: Vec<&ModelResult<'_>> =
            self.analysis.ranking.iter().map(|model| &self.analysis.models[*model]).collect();
        let scores: Vec<String> =
            ranked.iter().map(|model| format!("{} {}", self.name(model.id), self.score(model))).collect();
        vec![
            self.strong("One replicate is too few to say which model is better."),
            format!("On its one test set: {}.", list(&scores)),
            "Chance alone may have made this order, and one replicate shows no spread. Use at least 3 replicates, better 5."
                .to_owned(),
        ]
    }

    fn compared(&self) -> Vec<String> {
        let best = &self.analysis.models[self.analysis.ranking[0]];
        let against = &self.analysis.best_against;
        let (clear, unclear): (Vec<Against>, Vec<Against>) = against.iter().partition(|(_, found)| found.is_clear());
        let (nearest, difference) = unclear.first().copied().unwrap_or(&against[0]);
        let mut sentences = if unclear.is_empty() {
            vec![self.won(best), self.against(*nearest, difference, "the runner-up")]
        } else {
            let (headline, standing) = self.not_distinguishable(best, &unclear);
            vec![headline, standing, self.against(*nearest, difference, "the nearest model,")]
        };
        sentences.extend(self.practical(*nearest, difference));
        if !unclear.is_empty() {
            sentences.extend(self.smallest_detectable(difference));
            sentences.extend(self.ahead_of(&clear));
        }
        sentences
    }

    /// How probable it is that the best model is better than another one by more than the margin.
    fn practical(&self, other: usize, difference: &Difference) -> Option<String> {
        let margin = self.analysis.input.plan.report.equivalence_margin?;
        let shares = practical::of(difference, self.analysis.primary, margin)?;
        let (best, other) = (self.analysis.models[self.analysis.ranking[0]].id, self.analysis.models[other].id);
        Some(format!(
            "The probability that {} is better by more than {margin} is {}; that the two are equal within {margin}, {}; that {} is \
             better by more than {margin}, {}.",
            self.name(best),
            practical::percent(shares.better),
            practical::percent(shares.equal),
            self.name(other),
            practical::percent(shares.worse),
            margin = margin_text(self.analysis.primary, margin),
        ))
    }

    /// How large a difference would have to be.
    fn smallest_detectable(&self, difference: &Difference) -> Option<String> {
        let least = difference.smallest_detectable()?;
        let replicates = plural(u64::from(self.analysis.input.plan.replicates), "replicate");
        let power = format!("{:.0} % power", 100.0 * POWER);
        Some(if self.analysis.primary != Metric::Loss && least >= 1.0 {
            format!("With {replicates} and this spread, no difference could be detected with {power}.")
        } else {
            format!(
                "With {replicates} and this spread, a difference of about {} or more is detected with {power}.",
                distance(self.analysis.primary, least)
            )
        })
    }

    /// The models that the best one is ahead of all the same.
    fn ahead_of(&self, clear: &[Against<'_>]) -> Option<String> {
        let lead = |(model, found): &Against<'_>| {
            let gain = distance(self.analysis.primary, self.gain(found.comparison?.mean));
            Some(format!("{} by {gain}", self.name(self.analysis.models[*model].id)))
        };
        let leads: Vec<String> = clear.iter().filter_map(lead).collect();
        let p = clear.iter().map(|(_, found)| found.adjusted_p).fold(0.0, f64::max);
        (!leads.is_empty()).then(|| {
            let each = if leads.len() == 1 { "p" } else { "each p" };
            let bound = if leads.len() == 1 { p_value(p) } else { p_value(p).replace('=', "≤") };
            let best = self.name(self.analysis.models[self.analysis.ranking[0]].id);
            format!("{best} is better than {} ({each} {bound} after the same correction).", list(&leads))
        })
    }

    /// A difference so that more is better.
    fn gain(&self, difference: f64) -> f64 {
        if self.analysis.primary.higher_is_better() { difference } else { -difference }
    }

    fn won(&self, best: &ModelResult<'_>) -> String {
        let headline = self.strong(&format!("{} is best:", self.titled(best)));
        format!("{headline} {} on test, mean of {} replicates.", self.score(best), best.tests.len())
    }

    /// Which models are not shown to differ, and which of them has the best mean.
    fn not_distinguishable(&self, best: &ModelResult<'_>, others: &[Against<'_>]) -> (String, String) {
        let ids = others.iter().map(|(model, _)| self.analysis.models[*model].id);
        let names: Vec<String> = std::iter::once(best.id).chain(ids).map(|id| self.name(id)).collect();
        let standing = format!(
            "{} has the best mean, {} on test over {} replicates.",
            self.titled(best),
            self.score(best),
            best.tests.len()
        );
        (self.strong(&format!("{} are not distinguishable.", list(&names))), standing)
    }

    /// `It is 3.10 points of macro-F1 ahead of the runner-up X (95 % interval 2.20 to 4.00, p = 0.002)`.
    fn against(&self, model: usize, difference: &Difference, role: &str) -> String {
        let primary = self.analysis.primary;
        let role = if self.analysis.baseline() == Some(model) {
            format!("{}, the baseline", role.trim_end_matches(','))
        } else {
            role.to_owned()
        };
        let other = format!("{role} {}", self.name(self.analysis.models[model].id));
        let Some(comparison) = difference.comparison else {
            let other = other.trim_end_matches(',');
            return match difference.without_spread().map(|mean| self.gain(mean)) {
                None => format!(
                    "Its difference to {other} cannot be computed: it takes finite results on two replicates or more."
                ),
                Some(0.0) => format!("It has the same {} as {other}, on every replicate.", primary.title()),
                Some(gain) => format!(
                    "It is {} of {} ahead of {other} on every replicate alike: without any spread nothing can be tested.",
                    distance(primary, gain),
                    primary.title()
                ),
            };
        };
        let Interval { low, high } = comparison.interval;
        let (gain, interval) = if primary.higher_is_better() {
            (comparison.mean, comparison.interval)
        } else {
            (-comparison.mean, Interval { low: -high, high: -low })
        };
        let correction = match difference.n_comparisons {
            0 | 1 => String::new(),
            n => format!(" after Holm's correction over all {n} pairs of models"),
        };
        format!(
            "It is {} of {} ahead of {other} (95 % CI {}{}, p {}{correction}).",
            distance(primary, gain),
            primary.title(),
            range(primary, interval),
            every_value(interval, bounds_of_difference(primary)),
            p_value(difference.adjusted_p),
        )
    }

    /// Whether a published split has rows or groups in two of its parts.
    fn overlap(&self) -> Option<String> {
        let published = self.analysis.input.facts.published?;
        Some(format!("The parts of the published split overlap: {}.", overlapping(published)?))
    }

    /// Models that give every row the same label.
    fn constant_answers(&self) -> Vec<String> {
        let input = self.analysis.input;
        let most = input.facts.rows_by_label.values().max();
        let constant = |model: &usize| {
            let model = &self.analysis.models[*model];
            let labels = model.constant_answers()?;
            let answers = match labels.first() {
                Some(only) if labels.len() == 1 => {
                    let label = &input.label_names[usize::from(*only)];
                    let is_commonest = input.facts.rows_by_label.get(label) == most;
                    let shown = if self.is_markdown { escape(label) } else { label.clone() };
                    format!(
                        "{} \"{shown}\" for every test row",
                        if is_commonest { "the commonest label" } else { "the label" }
                    )
                }
                _ => "one label for all test rows of a replicate".to_owned(),
            };
            Some(format!("{} answers {answers}: it has learned nothing of the names.", self.name(model.id)))
        };
        self.analysis.ranking.iter().filter_map(constant).collect()
    }

    /// What of the data may mislead whoever reads the results.
    fn doubtful_data(&self) -> Vec<String> {
        let input = self.analysis.input;
        let few_rows = DataWarning::few_rows(input.facts, &input.plan.split);
        let warnings = input.facts.warnings.iter().filter(|warning| !is_of_the_section(warning));
        warnings.chain(&few_rows).map(|warning| sentence(warning, |label| self.name(label))).collect()
    }

    /// How many labels the results say nothing of, or less than of others.
    fn labels_without_rows(&self) -> Vec<String> {
        let of = self.analysis.input.label_names.len() as u64;
        let LabelsWithoutRows { never_tested, sometimes_untested, untrained } = self.analysis.labels_without_rows();
        let warnings = [
            DataWarning::Untested { labels: never_tested, of, on_every_replicate: true },
            DataWarning::Untested { labels: sometimes_untested, of, on_every_replicate: false },
            DataWarning::Untrained { labels: untrained, of },
        ];
        let any = |warning: &&DataWarning| match warning {
            DataWarning::Untested { labels, .. } | DataWarning::Untrained { labels, .. } => !labels.is_empty(),
            _ => true,
        };
        warnings.iter().filter(any).map(|warning| sentence(warning, |label| self.name(label))).collect()
    }

    /// Settings that the spec asks for and some models do not use.
    fn unused_settings(&self) -> Vec<String> {
        let unused = self.analysis.input.unused;
        let objective = |model: &UnusedSettings| model.of_the_objective().map(str::to_owned).collect::<Vec<_>>();
        let other = |model: &UnusedSettings| {
            let settings = model.settings.iter().filter(|(key, _)| !key.changes_the_objective());
            settings.map(|(_, text)| text.clone()).collect::<Vec<_>>()
        };
        let mut paragraphs = Vec::new();
        for (models, settings) in alike(unused, objective) {
            paragraphs.push(format!(
                "{} {} not use {}. That changes what a model learns, so comparisons between models that use it and models that do \
                 not mix its effect with theirs.",
                self.strong("Not every model uses every setting:"),
                self.named_do(&models),
                self.names(&settings)
            ));
        }
        for (models, settings) in alike(unused, other) {
            paragraphs.push(format!("{} not use {}.", self.named_do(&models), self.names(&settings)));
        }
        paragraphs
    }

    fn named_do(&self, models: &[&str]) -> String {
        let names: Vec<String> = models.iter().map(|model| self.name(model)).collect();
        format!("{} {}", list(&names), if names.len() == 1 { "does" } else { "do" })
    }

    fn names(&self, texts: &[String]) -> String {
        list(&texts.iter().map(|text| self.name(text)).collect::<Vec<_>>())
    }

    /// Models that could not be ranked, and how their trials ended.
    fn left_out(&self) -> Vec<String> {
        let left_out = (0..self.analysis.models.len()).filter(|model| !self.analysis.ranking.contains(model));
        left_out.map(|model| self.why_left_out(&self.analysis.models[model])).collect()
    }

    fn why_left_out(&self, model: &ModelResult<'_>) -> String {
        let tally = model.tally;
        let missing = tally.planned - tally.finished - tally.diverged - tally.failed;
        let ends: Vec<String> = [(tally.diverged, "diverged"), (tally.failed, "failed"), (missing, "did not run")]
            .into_iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, end)| format!("{n} {end}"))
            .collect();
        let ends = if ends.is_empty() { "it has no test results".to_owned() } else { list(&ends) };
        format!("{} is not ranked: of {}, {ends}.", self.name(model.id), plural(tally.planned, "trial"))
    }
}

/// Whether `warning` is for the section on the data, not for the opening.
pub(crate) fn is_of_the_section(warning: &DataWarning) -> bool {
    matches!(warning, DataWarning::MostlyUnknown { .. } | DataWarning::UnknownLabels { .. })
}

/// `warning` as a sentence, with `quote` around labels.
pub(crate) fn sentence(warning: &DataWarning, quote: impl Fn(&str) -> String) -> String {
    let text = warning.text(|label| quote(&visible_fully(label)));
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with('…') { "" } else { "." };
    format!("{first}{}{end}", characters.as_str())
}

/// `2 names and 2 groups (with 4 rows) are in two parts`; `None` if nothing is.
pub(crate) fn overlapping(published: PublishedFacts) -> Option<String> {
    let PublishedFacts { names_in_two, groups_in_two, rows_of_these, .. } = published;
    let names = (names_in_two > 0).then(|| plural(names_in_two, "name"));
    let groups = (groups_in_two > 0)
        .then(|| format!("{} (with {})", plural(groups_in_two, "group"), plural(rows_of_these, "row")));
    let what: Vec<String> = names.into_iter().chain(groups).collect();
    let are = if names_in_two + groups_in_two == 1 { "is" } else { "are" };
    (!what.is_empty()).then(|| format!("{} {are} in two parts", list(&what)))
}

/// Models with the same settings, together, in order; those without any are left out.
fn alike<'a>(
    unused: &'a [UnusedSettings],
    settings: impl Fn(&'a UnusedSettings) -> Vec<String>,
) -> Vec<(Vec<&'a str>, Vec<String>)> {
    let mut groups: Vec<(Vec<&str>, Vec<String>)> = Vec::new();
    for model in unused {
        let own = settings(model);
        match groups.iter_mut().find(|(_, settings)| *settings == own) {
            _ if own.is_empty() => {}
            Some((models, _)) => models.push(&model.model),
            None => groups.push((vec![&model.model], own)),
        }
    }
    groups
}
