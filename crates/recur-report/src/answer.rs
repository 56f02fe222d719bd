//! The first paragraph: what is better than what, and how sure that is.

use crate::analysis::{Analysis, ModelResult};
use crate::axes::axis_sentences;
use crate::comparisons::{Difference, Needed, POWER};
use crate::equivalence;
use crate::markdown::{code, list};
use crate::numbers::{distance, p_value, parameter, phrase, plural, range};
use recur_core::plan::Configuration;
use recur_stats::{Interval, mean, t_interval};

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

/// The role of the baseline where the comparison with it is one of those that the spec names.
const BASELINE: &str = "the baseline";

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
        sentences.extend(self.left_out());
        let best = self.analysis.ranking.first();
        let within = best.and_then(|best| self.within(&self.analysis.models[*best], *best));
        let mut paragraphs: Vec<String> = std::iter::once(sentences.join(" ")).chain(within).collect();
        if self.analysis.models.len() == 1 {
            // The question can only have been about what is swept.
            paragraphs.reverse();
        }
        paragraphs.join(if self.is_markdown { "\n\n" } else { " " })
    }

    fn name(&self, text: &str) -> String {
        if self.is_markdown { code(text) } else { text.to_owned() }
    }

    fn strong(&self, text: &str) -> String {
        if self.is_markdown { format!("**{text}**") } else { text.to_owned() }
    }

    /// The model with the settings that were chosen for it.
    fn titled(&self, model: &ModelResult<'_>) -> String {
        let chosen = model.chosen.map(|index| settings(&self.analysis.input.plan.configurations[index]));
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
        let any_chosen = self.analysis.models.iter().any(|model| model.chosen.is_some());
        let reason = if any_chosen { "no chosen configuration has test figures" } else { "no configuration finished" };
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
        match t_interval(&figures, 0.95).filter(|interval| interval.low.is_finite() && interval.high.is_finite()) {
            Some(interval) => format!(
                "{reaches} (mean of {} replicates, 95 % interval {}); {comparison}.",
                figures.len(),
                range(self.analysis.primary, interval)
            ),
            None if figures.len() == 1 => {
                format!("{reaches}; one replicate says nothing of how sure that is, and {comparison}.")
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
            "Chance alone may have made this order. One replicate shows no spread, so how many it takes cannot be said \
             either: give at least 3, better 5."
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
            let (headline, standing) = self.tied(best, &unclear);
            vec![headline, standing, self.against(*nearest, difference, "the nearest,")]
        };
        if !unclear.is_empty() {
            sentences.extend(self.what_would_be_seen(difference));
            sentences.push(self.what_it_would_take(difference));
            sentences.extend(self.beaten(&clear));
        }
        sentences.extend(self.against_baseline(*nearest));
        sentences.extend(equivalence::sentence(self.analysis, |text| self.name(text)));
        sentences
    }

    /// How large a difference would have to be.
    fn what_would_be_seen(&self, difference: &Difference) -> Option<String> {
        let least = difference.smallest_detectable()?;
        Some(format!(
            "With {} and this spread, only a difference of about {} or more would be shown with {:.0} % power.",
            plural(u64::from(self.analysis.input.plan.replicates), "replicate"),
            distance(self.analysis.primary, least),
            100.0 * POWER
        ))
    }

    /// How many replicates would show the difference that was seen and could not be shown.
    fn what_it_would_take(&self, difference: &Difference) -> String {
        let were_it_so = format!("Were the difference as large as seen, showing it with {:.0} % power", 100.0 * POWER);
        let replicates = self.analysis.input.plan.replicates;
        match difference.needed() {
            Needed::Nothing => "There is no difference to plan for.".to_owned(),
            Needed::MoreRows => format!(
                "{were_it_so} would take more rows: replicates share theirs, and no number of them would be enough."
            ),
            Needed::Replicates(n) => format!(
                "{were_it_so} would take about {} in place of {replicates}; the spread is known from these {replicates} alone, \
                 so that number is rough.",
                plural(u64::from(n), "replicate")
            ),
        }
    }

    /// The models that the best one is ahead of all the same, the baseline apart: it has a sentence of its own.
    fn beaten(&self, clear: &[Against<'_>]) -> Option<String> {
        let beaten: Vec<&Against<'_>> =
            clear.iter().filter(|(model, _)| self.analysis.baseline() != Some(*model)).collect();
        let lead = |(model, found): &Against<'_>| {
            let gain = distance(self.analysis.primary, self.gain(found.comparison?.mean));
            Some(format!("{} by {gain}", self.name(self.analysis.models[*model].id)))
        };
        let leads: Vec<String> = beaten.iter().filter_map(|against| lead(against)).collect();
        let p = beaten.iter().map(|(_, found)| found.adjusted_p).fold(0.0, f64::max);
        (!leads.is_empty()).then(|| {
            let each = if leads.len() == 1 { "p" } else { "each p" };
            let bound = if leads.len() == 1 { p_value(p) } else { p_value(p).replace('=', "≤") };
            format!("It beats {} ({each} {bound} after the same correction).", list(&leads))
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

    /// Who is tied, and who of them has the best mean.
    fn tied(&self, best: &ModelResult<'_>, others: &[Against<'_>]) -> (String, String) {
        let ids = others.iter().map(|(model, _)| self.analysis.models[*model].id);
        let names: Vec<String> = std::iter::once(best.id).chain(ids).map(|id| self.name(id)).collect();
        let standing = format!(
            "{} has the best mean, {} on test over {} replicates, but cannot be told apart from {}.",
            self.titled(best),
            self.score(best),
            best.tests.len(),
            if others.len() == 1 { "the other" } else { "the others" }
        );
        (self.strong(&format!("{} are tied.", list(&names))), standing)
    }

    /// The best model against the baseline, unless that has just been said.
    fn against_baseline(&self, said: usize) -> Option<String> {
        let baseline = self.analysis.baseline()?;
        if baseline == self.analysis.ranking[0] {
            return Some(format!("{} is the baseline itself.", self.name(self.analysis.models[baseline].id)));
        }
        let difference = self.analysis.to_baseline.get(&self.analysis.ranking[0])?;
        (baseline != said).then(|| self.against(baseline, difference, BASELINE))
    }

    /// `It is 3.10 points of macro-F1 ahead of the runner-up X (95 % interval 2.20 to 4.00, p = 0.002)`.
    fn against(&self, model: usize, difference: &Difference, role: &str) -> String {
        let primary = self.analysis.primary;
        let role = if self.analysis.baseline() == Some(model) && role != BASELINE {
            format!("{}, the baseline", role.trim_end_matches(','))
        } else {
            role.to_owned()
        };
        let other = format!("{role} {}", self.name(self.analysis.models[model].id));
        let Some(comparison) = difference.comparison else {
            return format!("The difference to {other} cannot be computed from these figures.");
        };
        let Interval { low, high } = comparison.interval;
        let (gain, interval) = if primary.higher_is_better() {
            (comparison.mean, comparison.interval)
        } else {
            (-comparison.mean, Interval { low: -high, high: -low })
        };
        let correction = match difference.n_comparisons {
            0 | 1 => String::new(),
            n if role == BASELINE && !self.analysis.input.baseline_is_chosen => {
                format!(" after Holm's correction over the {n} comparisons with the baseline")
            }
            n => format!(" after Holm's correction over {n} comparisons"),
        };
        format!(
            "It is {} of {} ahead of {other} (95 % interval {}, p {}{correction}).",
            distance(primary, gain),
            primary.title(),
            range(primary, interval),
            p_value(difference.adjusted_p),
        )
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
        let ends = if ends.is_empty() { "it has no test figures".to_owned() } else { list(&ends) };
        format!("{} is not ranked: of {}, {ends}.", self.name(model.id), plural(tally.planned, "trial"))
    }
}
