//! The opening of a report: the answer in one short paragraph, and below it what else a reader has to know.

use crate::axis_sentence::{AxisText, axis_texts};
use crate::markdown::{code, escape, list};
use crate::numbers::{
    distance, every_value, examples, margin as margin_text, p_value, parameter, phrase, plural, range,
};
use crate::practical;
use crate::sections::ensembles;
use recur_analysis::{Against, Analysis, ConfigurationResult, Difference, Interval, Model, POWER, Verdict};
use recur_core::data_warning::DataWarning;
use recur_core::facts::PublishedFacts;
use recur_core::noun::Noun;
use recur_core::plan::UnusedSettings;
use recur_core::visible::visible_fully;

/// The most words of an answer.
const MOST_WORDS: usize = 80;

/// The most models that the answer names in one list.
const MOST_NAMED: usize = 4;

/// How a report opens.
#[derive(Debug)]
pub(crate) struct Opening {
    /// Verdict, size, interval and probability, in at most 80 words.
    pub(crate) answer: String,
    /// Its first two sentences, for a list of reports.
    pub(crate) gist: String,
    /// What a reader must know before using the answer, each in a few words; `notes` say more of it.
    pub(crate) cautions: Vec<&'static str>,
    /// Paragraphs below it: what it rests on, and what of the data, the models and the settings may mislead.
    pub(crate) notes: Vec<String>,
}

impl Opening {
    pub(crate) fn markdown(analysis: &Analysis) -> Self {
        Answer { analysis, is_markdown: true }.opening()
    }

    /// In plain text, for a terminal and for programs.
    pub(crate) fn plain(analysis: &Analysis) -> Self {
        Answer { analysis, is_markdown: false }.opening()
    }

    /// All paragraphs.
    pub(crate) fn text(&self) -> String {
        std::iter::once(&self.answer).chain(&self.notes).map(String::as_str).collect::<Vec<_>>().join("\n\n")
    }
}

/// `hidden_size=64, layers=2`: the settings that distinguish a configuration from its model's others; empty if none do.
pub(crate) fn settings(configuration: &ConfigurationResult) -> String {
    let setting = |(name, value)| format!("{name}={}", parameter(value));
    configuration.swept_values().map(setting).collect::<Vec<_>>().join(", ")
}

fn n_words(text: &str) -> usize {
    text.split_whitespace().count()
}

struct Answer<'a> {
    analysis: &'a Analysis,
    is_markdown: bool,
}

impl Answer<'_> {
    fn opening(&self) -> Opening {
        let analysis = self.analysis;
        let (sentences, mut below) = match &analysis.verdict {
            Verdict::Nothing { any_chosen } => (vec![self.nothing(*any_chosen)], Vec::new()),
            Verdict::OneModel { .. } => analysis.best().map(|only| self.one_model(only)).unwrap_or_default(),
            Verdict::OneReplicate { .. } => (self.one_replicate(), Vec::new()),
            Verdict::Best { .. } | Verdict::NotDistinguishable { .. } => self.compared(),
        };
        let gist = sentences.iter().take(2).map(String::as_str).collect::<Vec<_>>().join(" ");
        let mut answer = String::new();
        let mut more = Vec::new();
        for sentence in sentences {
            // The first one is the verdict. A sentence without room is the first below.
            if answer.is_empty() {
                answer = sentence;
            } else if more.is_empty() && n_words(&answer) + n_words(&sentence) <= MOST_WORDS {
                answer = format!("{answer} {sentence}");
            } else {
                more.push(sentence);
            }
        }
        more.append(&mut below);
        more.extend(ensembles::sentence(analysis, |model| self.name(model)));
        more.extend(self.overlap());
        more.extend(self.constant_answers());
        more.extend(self.doubtful_data());
        more.extend(self.labels_without_rows());
        more.extend(self.left_out());
        let mut notes: Vec<String> = (!more.is_empty()).then(|| more.join(" ")).into_iter().collect();
        if analysis.models.len() > 1 {
            notes.extend(analysis.best().and_then(|best| self.within(best)));
        }
        notes.extend(self.unused_settings());
        notes.extend(self.seen_validation());
        Opening { answer, gist, cautions: self.cautions(), notes }
    }

    /// The first of `items`, and how many there are besides.
    fn some(items: &[String]) -> String {
        let mut named: Vec<String> = items.iter().take(MOST_NAMED).cloned().collect();
        if items.len() > MOST_NAMED {
            named.push(plural((items.len() - MOST_NAMED) as u64, "other"));
        }
        list(&named)
    }

    fn name(&self, text: &str) -> String {
        if self.is_markdown { code(text) } else { text.to_owned() }
    }

    fn strong(&self, text: &str) -> String {
        if self.is_markdown { format!("**{text}**") } else { text.to_owned() }
    }

    /// The model with the settings that it was tested with, where those are the same on every replicate.
    fn titled(&self, model: &Model) -> String {
        let chosen = model.only_configuration().map(|index| settings(&self.analysis.configurations[index]));
        match chosen {
            Some(chosen) if !chosen.is_empty() => format!("{} ({})", self.name(&model.model), self.name(&chosen)),
            _ => self.name(&model.model),
        }
    }

    fn axes(&self, model: &Model) -> Vec<AxisText> {
        axis_texts(self.analysis, model, |text| self.name(text), |text| self.strong(text))
    }

    /// What the swept parameters of a model do.
    fn within(&self, model: &Model) -> Option<String> {
        let axes = self.axes(model);
        let sentences: Vec<String> = axes.iter().map(AxisText::all).collect();
        (!sentences.is_empty()).then(|| format!("Within {}, {}", self.name(&model.model), sentences.join(" ")))
    }

    /// The sentences of an answer on one model, and those below it. The question can only have been about what is swept.
    fn one_model(&self, model: &Model) -> (Vec<String>, Vec<String>) {
        let (reaches, why_alone) = self.reached(model);
        if self.analysis.models.len() > 1 {
            return (vec![reaches], vec![why_alone]);
        }
        let (mut sentences, mut below) = (Vec::new(), Vec::new());
        for AxisText { finding, details } in self.axes(model) {
            let is_first = sentences.is_empty();
            sentences.push(if is_first { format!("Within {}, {finding}", self.name(&model.model)) } else { finding });
            below.extend(details);
        }
        // What the model reaches comes after the first parameter, which fills about half of an answer.
        sentences.insert(sentences.len().min(1), reaches);
        below.push(why_alone);
        (sentences, below)
    }

    fn nothing(&self, any_chosen: bool) -> String {
        let reason = if any_chosen { "no chosen configuration has test results" } else { "no configuration finished" };
        format!("{} {reason} on every replicate.", self.strong("There is no answer:"))
    }

    fn score(&self, model: &Model) -> String {
        let primary = self.analysis.primary;
        phrase(primary, model.test(primary).and_then(|test| test.mean).unwrap_or(f64::NAN))
    }

    /// What a model reaches that is compared with no other, and why it is not.
    fn reached(&self, model: &Model) -> (String, String) {
        let n_replicates = self.analysis.replicates;
        let reaches = format!("{} reaches {} on test", self.strong(&self.titled(model)), self.score(model));
        let mut why = match self.analysis.models.len() {
            1 => "No other model was tested, so no models are compared.".to_owned(),
            _ => "No other model can be ranked, so no models are compared.".to_owned(),
        };
        let reaches = match model.test(self.analysis.primary).and_then(|test| test.interval) {
            Some(interval) => format!(
                "{reaches} (mean of {} replicates, 95 % CI {}{}).",
                n_replicates,
                range(self.analysis.primary, interval),
                every_value(interval, self.analysis.primary.about().bounds)
            ),
            None => format!("{reaches}."),
        };
        if n_replicates == 1 {
            why = format!("One replicate does not show how certain that is. {why}");
        }
        (reaches, why)
    }

    fn one_replicate(&self) -> Vec<String> {
        let score = |model: &Model| format!("{} {}", self.name(&model.model), self.score(model));
        let scores: Vec<String> = self.analysis.ranked().map(score).collect();
        vec![
            self.strong("One replicate is too few to say which model is better."),
            format!("On its one test set: {}.", Self::some(&scores)),
            "Chance alone may have made this order, and one replicate shows no spread. Use at least 3 replicates, better 5."
                .to_owned(),
        ]
    }

    fn compared(&self) -> (Vec<String>, Vec<String>) {
        let Some(best) = self.analysis.best() else { return (Vec::new(), Vec::new()) };
        let against = &self.analysis.best_against;
        let (clear, unclear): (Vec<&Against>, Vec<&Against>) =
            against.iter().partition(|against| against.difference.is_significant);
        let nearest = unclear.first().copied().unwrap_or(&against[0]);
        let mut sentences = if unclear.is_empty() {
            vec![self.won(best), self.against(nearest, "the runner-up")]
        } else {
            let (headline, standing) = self.not_distinguishable(best, &unclear);
            vec![headline, standing, self.against(nearest, "the nearest model,")]
        };
        sentences.extend(self.practical(nearest));
        let mut below = Vec::new();
        if !unclear.is_empty() {
            below.extend(self.smallest_detectable(&nearest.difference));
            below.extend(self.ahead_of(&clear));
        }
        (sentences, below)
    }

    /// How probable it is that the best model is better than another one by more than the margin.
    fn practical(&self, against: &Against) -> Option<String> {
        let shares = against.difference.practical?;
        Some(format!(
            "It is better by more than {margin} with a probability of {}, equal within {margin} with {}, and worse with {}.",
            practical::percent(shares.better),
            practical::percent(shares.equal),
            practical::percent(shares.worse),
            margin = margin_text(self.analysis.primary, shares.margin),
        ))
    }

    /// How large a difference would have to be.
    fn smallest_detectable(&self, difference: &Difference) -> Option<String> {
        let least = difference.smallest_detectable?;
        let replicates = plural(u64::from(self.analysis.replicates), "replicate");
        let power = format!("{:.0} % power", 100.0 * POWER);
        Some(if !self.analysis.primary.about().can_differ_by_more_than(least) {
            format!("With {replicates} and this spread, no difference could be detected with {power}.")
        } else {
            format!(
                "With {replicates} and this spread, a difference of about {} or more is detected with {power}.",
                distance(self.analysis.primary, least)
            )
        })
    }

    /// The models that the best one is ahead of all the same.
    fn ahead_of(&self, clear: &[&Against]) -> Option<String> {
        let lead = |against: &&Against| {
            let gain = distance(self.analysis.primary, self.gain(against.difference.mean?));
            Some(format!("{} by {gain}", self.name(&against.other)))
        };
        let leads: Vec<String> = clear.iter().filter_map(lead).collect();
        let p = clear.iter().filter_map(|against| against.difference.p_holm).fold(0.0, f64::max);
        (!leads.is_empty()).then(|| {
            let each = if leads.len() == 1 { "p" } else { "each p" };
            let bound = if leads.len() == 1 { p_value(p) } else { p_value(p).replace('=', "≤") };
            let best = self.name(&clear[0].best);
            format!("{best} is better than {} ({each} {bound} after the same correction).", list(&leads))
        })
    }

    /// A difference so that more is better.
    fn gain(&self, difference: f64) -> f64 {
        if self.analysis.primary.higher_is_better() { difference } else { -difference }
    }

    fn won(&self, best: &Model) -> String {
        let headline = self.strong(&format!("{} is best:", self.titled(best)));
        format!("{headline} {} on test, mean of {} replicates.", self.score(best), self.analysis.replicates)
    }

    /// Which models are not shown to differ, and which of them has the best mean.
    fn not_distinguishable(&self, best: &Model, others: &[&Against]) -> (String, String) {
        let ids = others.iter().map(|against| &against.other);
        let names: Vec<String> = std::iter::once(&best.model).chain(ids).map(|id| self.name(id)).collect();
        let standing = format!(
            "{} has the best mean, {} on test over {} replicates.",
            self.titled(best),
            self.score(best),
            self.analysis.replicates
        );
        (self.strong(&format!("{} are not distinguishable.", Self::some(&names))), standing)
    }

    /// `It is 3.10 points of macro-F1 ahead of the runner-up X (95 % interval 2.20 to 4.00, p = 0.002)`.
    fn against(&self, against: &Against, role: &str) -> String {
        let (primary, difference) = (self.analysis.primary, &against.difference);
        let role = if self.analysis.baseline.as_ref() == Some(&against.other) {
            format!("{}, the baseline", role.trim_end_matches(','))
        } else {
            role.to_owned()
        };
        let other = format!("{role} {}", self.name(&against.other));
        let (Some(mean), Some(interval), Some(p)) = (difference.mean, difference.interval, difference.p_holm) else {
            let other = other.trim_end_matches(',');
            return match difference.without_spread().map(|mean| self.gain(mean)) {
                None => {
                    let rows = if primary.takes_positive() && self.analysis.has_fixed_test() {
                        ", and more than a few groups of test rows of a label"
                    } else {
                        ""
                    };
                    format!(
                        "Its difference to {other} cannot be computed: it takes finite results on two replicates or more{rows}."
                    )
                }
                Some(0.0) => format!("It has the same {} as {other}, on every replicate.", primary.title()),
                Some(gain) => format!(
                    "It is {} of {} ahead of {other} on every replicate alike: without any spread nothing can be tested.",
                    distance(primary, gain),
                    primary.title()
                ),
            };
        };
        let Interval { low, high } = interval;
        let (gain, interval) =
            if primary.higher_is_better() { (mean, interval) } else { (-mean, Interval { low: -high, high: -low }) };
        let correction = match difference.comparisons {
            0 | 1 => String::new(),
            n => format!(" after Holm's correction over all {n} pairs of models"),
        };
        format!(
            "It is {} of {} ahead of {other} (95 % CI {}{}, p {}{correction}).",
            distance(primary, gain),
            primary.title(),
            range(primary, interval),
            every_value(interval, primary.about().bounds_of_difference()),
            p_value(p),
        )
    }

    /// Whether a published split has rows or groups in two of its parts.
    fn overlap(&self) -> Option<String> {
        let published = self.analysis.facts.published?;
        Some(format!("The parts of the published split overlap: {}.", overlapping(published, &self.analysis.noun)?))
    }

    /// Models that give every row the same label.
    fn constant_answers(&self) -> Vec<String> {
        let rows_by_label = &self.analysis.facts.rows_by_label;
        let most = rows_by_label.values().max();
        let constant = |model: &Model| {
            let answers = match model.constant_answers.as_deref()? {
                [label] => {
                    let is_commonest = rows_by_label.get(label) == most;
                    let shown = if self.is_markdown { escape(label) } else { label.clone() };
                    format!(
                        "{} \"{shown}\" for every test row",
                        if is_commonest { "the commonest label" } else { "the label" }
                    )
                }
                _ => "one label for all test rows of a replicate".to_owned(),
            };
            Some(format!(
                "{} answers {answers}: it has learned nothing of the {}.",
                self.name(&model.model),
                self.analysis.noun.many
            ))
        };
        self.analysis.ranked().filter_map(constant).collect()
    }

    /// What of the data may mislead whoever reads the results.
    fn doubtful_data(&self) -> Vec<String> {
        let warnings = self.analysis.facts.warnings.iter().filter(|warning| !is_of_the_section(warning));
        let few_rows = &self.analysis.data.few_rows;
        warnings
            .chain(few_rows)
            .map(|warning| sentence(warning, &self.analysis.noun, |label| self.name(label)))
            .collect()
    }

    /// How many labels the results say nothing of, or less than of others.
    fn labels_without_rows(&self) -> Vec<String> {
        let data = &self.analysis.data;
        let of = data.labels.len() as u64;
        let untested = |labels: &[String], on_every_replicate| DataWarning::Untested {
            labels: labels.to_vec(),
            of,
            on_every_replicate,
        };
        let warnings = [
            untested(&data.labels_without_test_rows, true),
            untested(&data.labels_sometimes_without_test_rows, false),
            DataWarning::Untrained { labels: data.labels_without_training_rows.clone(), of },
        ];
        let any = |warning: &&DataWarning| match warning {
            DataWarning::Untested { labels, .. } | DataWarning::Untrained { labels, .. } => !labels.is_empty(),
            _ => true,
        };
        warnings
            .iter()
            .filter(any)
            .map(|warning| sentence(warning, &self.analysis.noun, |label| self.name(label)))
            .collect()
    }

    /// Settings that the spec asks for and some models do not use.
    fn unused_settings(&self) -> Vec<String> {
        let unused = &self.analysis.unused;
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

    /// See [`Opening::cautions`].
    fn cautions(&self) -> Vec<&'static str> {
        let unused = self.analysis.unused.iter().any(|model| model.of_the_objective().next().is_some());
        let all = [
            (unused, "not every model uses every setting"),
            (!self.analysis.sees_validation.is_empty(), "validation results may be too good"),
            (self.overlap().is_some(), "parts of the published split overlap"),
            (!self.constant_answers().is_empty(), "a model gives all rows the same label"),
            (!self.doubtful_data().is_empty(), "some of the data may mislead"),
            (!self.labels_without_rows().is_empty(), "some labels lack rows"),
            (!self.left_out().is_empty(), "a model has no rank"),
        ];
        all.into_iter().filter_map(|(holds, caution)| holds.then_some(caution)).collect()
    }

    /// Models that may have learned from what their trials are chosen by.
    fn seen_validation(&self) -> Option<String> {
        let models: Vec<String> = self.analysis.sees_validation.iter().map(|model| self.name(model)).collect();
        let (are, they, their) = if models.len() == 1 { ("is", "it", "its") } else { ("are", "they", "their") };
        (!models.is_empty()).then(|| {
            format!(
                "{} {} {are} given the validation {} with their labels. If {they} learned from them, {their} validation \
                 results are too good, and what validation chooses (a configuration, an epoch) may not be the best. The test \
                 results are not too good.",
                self.strong("Validation results may be too good:"),
                list(&models),
                self.analysis.noun.many,
            )
        })
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
        let left_out = self.analysis.models.iter().filter(|model| !model.is_ranked());
        left_out.map(|model| self.why_left_out(model)).collect()
    }

    fn why_left_out(&self, model: &Model) -> String {
        let tally = model.trials;
        let ends: Vec<String> =
            [(tally.diverged, "diverged"), (tally.failed, "failed"), (tally.missing(), "did not run")]
                .into_iter()
                .filter(|(n, _)| *n > 0)
                .map(|(n, end)| format!("{n} {end}"))
                .collect();
        let ends = if ends.is_empty() { "it has no test results".to_owned() } else { list(&ends) };
        format!("{} is not ranked: of {}, {ends}.", self.name(&model.model), plural(tally.planned, "trial"))
    }
}

/// Whether `warning` is for the section on the data, not for the opening.
pub(crate) fn is_of_the_section(warning: &DataWarning) -> bool {
    matches!(warning, DataWarning::MostlyUnknown { .. } | DataWarning::UnknownLabels { .. })
}

/// `warning` as a sentence about examples called `noun`, with `quote` around labels.
pub(crate) fn sentence(warning: &DataWarning, noun: &Noun, quote: impl Fn(&str) -> String) -> String {
    let text = warning.text(noun, |label| quote(&visible_fully(label)));
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with('…') { "" } else { "." };
    format!("{first}{}{end}", characters.as_str())
}

/// `2 names and 2 groups (with 4 rows) are in two parts`; `None` if nothing is.
pub(crate) fn overlapping(published: PublishedFacts, noun: &Noun) -> Option<String> {
    let PublishedFacts { texts_in_two, groups_in_two, rows_of_these, .. } = published;
    let texts = (texts_in_two > 0).then(|| examples(texts_in_two, noun));
    let groups = (groups_in_two > 0)
        .then(|| format!("{} (with {})", plural(groups_in_two, "group"), plural(rows_of_these, "row")));
    let what: Vec<String> = texts.into_iter().chain(groups).collect();
    let are = if texts_in_two + groups_in_two == 1 { "is" } else { "are" };
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
