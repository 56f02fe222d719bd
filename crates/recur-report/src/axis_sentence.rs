//! What a swept parameter does, in words.

use crate::markdown::list;
use crate::numbers::{count, distance, p_value, parameter, part_of_training, plural, range, value};
use recur_analysis::{Analysis, Axis, Interval, Model, SettingValue, ValuePair};

/// Settings or values that a sentence names at most.
const MOST_NAMED: usize = 2;

/// Of the values that are significantly worse, this many are named.
const MOST_WORSE: usize = 5;

/// What a swept parameter does, in words.
pub(crate) struct AxisText {
    /// Whether it has a significant effect, how large that is, and how certain.
    pub(crate) finding: String,
    /// What else is known of its values.
    pub(crate) details: Vec<String>,
}

impl AxisText {
    pub(crate) fn all(&self) -> String {
        std::iter::once(&self.finding).chain(&self.details).map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

/// What each swept parameter of a model does, names as `name` writes them and a significant finding as `strong` does. Nothing is
/// said of a parameter of which nothing can be computed.
pub(crate) fn axis_texts(
    analysis: &Analysis,
    model: &Model,
    name: impl Fn(&str) -> String,
    strong: impl Fn(&str) -> String,
) -> Vec<AxisText> {
    let own = analysis.axes.iter().filter(|axis| axis.model == model.model);
    own.filter_map(|axis| Sentence { analysis, axis, name: &name }.text(&strong)).collect()
}

/// What a sentence about one axis is made from.
struct Sentence<'s, N> {
    analysis: &'s Analysis,
    axis: &'s Axis,
    /// How names of parameters and values are written.
    name: N,
}

impl<N: Fn(&str) -> String> Sentence<'_, N> {
    fn text(&self, strong: impl Fn(&str) -> String) -> Option<AxisText> {
        let of_first = self.of_first();
        let (clear, unclear): (Vec<&ValuePair>, Vec<&ValuePair>) =
            of_first.iter().partition(|pair| pair.is_significant);
        let significant = clear.first().copied().or_else(|| self.clear_elsewhere());
        // Without a significant pair, the greatest difference shows best that there is none.
        let stated = significant.or(of_first.last().copied())?;
        let axis = (self.name)(&self.axis.parameter);
        let finding = match significant {
            Some(_) => strong(&format!("{axis} has a significant effect:")),
            None => format!("{axis} has no significant effect:"),
        };
        let finding = format!("{finding} {}", self.stated(stated));
        let mut details: Vec<String> = self.also_better_than(stated, &clear).into_iter().collect();
        details.extend(significant.and(unclear.first()).map(|pair| self.not_significant(pair)));
        details.extend(self.opposite_signs(stated));
        details.extend(self.chosen_value());
        details.extend(self.left_out());
        Some(AxisText { finding, details })
    }

    /// The pairs of the first value in order with each other one, in order.
    fn of_first(&self) -> Vec<&ValuePair> {
        let Some((first, others)) = self.axis.order.split_first() else { return Vec::new() };
        others.iter().filter_map(|other| self.axis.pair(*first, *other)).collect()
    }

    /// A significant pair without the first value, for where that has none.
    fn clear_elsewhere(&self) -> Option<&ValuePair> {
        let order = &self.axis.order;
        let is_in_order = |pair: &&ValuePair| [pair.better, pair.worse].iter().all(|value| order.contains(value));
        self.axis.pairs.iter().filter(is_in_order).find(|pair| pair.is_significant)
    }

    fn value(&self, index: usize) -> String {
        (self.name)(&parameter(&self.axis.values[index]))
    }

    /// `2 is 1.37 points of validation macro-F1 better than 1 at otherwise equal configurations (…).`
    fn stated(&self, pair: &ValuePair) -> String {
        let primary = self.analysis.primary;
        let correction = match pair.comparisons {
            0 | 1 => String::new(),
            n => format!(" after Holm's correction over all {} claims on parameters in this report", count(n as u64)),
        };
        let [better, worse] = [pair.better, pair.worse].map(|value| self.value(value));
        format!(
            "{better} is {} of validation {} better than {worse}{} at otherwise equal configurations ({}).",
            distance(primary, pair.gain(primary)),
            primary.title(),
            match part_of_training(self.analysis, self.axis.budget) {
                part if part.is_empty() => part,
                part => format!(" {part}"),
            },
            self.evidence(pair, &correction)
        )
    }

    /// `95 % CI 0.60 to 2.10, p = 0.004`, and on how many trials it rests where that is not all.
    fn evidence(&self, pair: &ValuePair, correction: &str) -> String {
        let tested = match pair.interval.zip(pair.p_holm) {
            Some((interval, p)) => {
                let Interval { low, high } = interval;
                let is_reversed = !self.analysis.primary.higher_is_better();
                let interval = if is_reversed { Interval { low: -high, high: -low } } else { interval };
                let interval = range(self.analysis.primary, interval);
                format!("95 % CI {interval}, p {}{correction}", p_value(p))
            }
            None => "the same on every replicate: without any spread, nothing can be tested".to_owned(),
        };
        if pair.finished == pair.planned { tested } else { format!("{tested}; {}", rests_on(pair)) }
    }

    /// The other values that the better one of `stated` is significantly better than.
    fn also_better_than(&self, stated: &ValuePair, clear: &[&ValuePair]) -> Option<String> {
        let is_other = |pair: &&&ValuePair| pair.better == stated.better && pair.worse != stated.worse;
        let named = |pair: &&ValuePair| {
            let value = self.value(pair.worse);
            if pair.finished == pair.planned { value } else { format!("{value} ({})", rests_on(pair)) }
        };
        let others: Vec<String> = clear.iter().filter(is_other).map(named).collect();
        (!others.is_empty()).then(|| {
            format!("{} is also significantly better than {}.", self.value(stated.better), some(&others, MOST_WORSE))
        })
    }

    fn not_significant(&self, pair: &ValuePair) -> String {
        let [better, worse] = [pair.better, pair.worse].map(|value| self.value(value));
        format!(
            "That {better} is {} better than {worse} is not significant ({}).",
            distance(self.analysis.primary, pair.gain(self.analysis.primary)),
            self.evidence(pair, if pair.comparisons > 1 { " after the same correction" } else { "" })
        )
    }

    /// The settings of the other parameters where the order of the two values is reversed.
    fn opposite_signs(&self, pair: &ValuePair) -> Option<String> {
        let primary = self.analysis.primary;
        let gain = |difference: f64| if primary.higher_is_better() { difference } else { -difference };
        let mut opposite: Vec<(usize, f64)> = pair
            .by_setting
            .iter()
            .map(|at| (at.setting, gain(at.mean)))
            // As printed: what rounds to zero has no sign.
            .filter(|(_, gain)| value(primary, *gain).starts_with('−'))
            .collect();
        opposite.sort_by(|(_, a), (_, b)| a.total_cmp(b));
        let named = |(setting, gain): &(usize, f64)| {
            format!("{} ({})", (self.name)(&in_words(&self.axis.settings[*setting])), distance(primary, *gain))
        };
        let named: Vec<String> = opposite.iter().map(named).collect();
        (!named.is_empty()).then(|| format!("The difference has the opposite sign at {}.", some(&named, MOST_NAMED)))
    }

    /// The value that the configuration chosen most often has, where that is not the best one.
    fn chosen_value(&self) -> Option<String> {
        let chosen = self.axis.chosen.as_ref()?;
        let setting = (self.name)(&format!("{}={}", self.axis.parameter, parameter(chosen)));
        let is_alone = self.analysis.configurations_of(&self.axis.model).all(|c| c.swept.len() < 2);
        let why = match (is_alone, self.analysis.has_fixed_test()) {
            (true, false) => "each replicate chooses by its own validation rows",
            _ => "a configuration is chosen by its own results, not by averages over others",
        };
        Some(format!("The configuration chosen most often has {setting}: {why}."))
    }

    fn left_out(&self) -> Option<String> {
        let values: Vec<String> = self.axis.left_out.iter().map(|value| self.value(*value)).collect();
        (!values.is_empty()).then(|| {
            format!(
                "{} cannot be compared with every other value: fewer than two replicates have finished trials of both at \
                 otherwise equal configurations.",
                some(&values, MOST_NAMED)
            )
        })
    }
}

/// `layers=2, learning_rate=0.01`.
fn in_words(setting: &[SettingValue]) -> String {
    let text = |setting: &SettingValue| format!("{}={}", setting.parameter, parameter(&setting.value));
    setting.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn rests_on(pair: &ValuePair) -> String {
    format!("both finished in {} of {} trial pairs", count(pair.finished as u64), count(pair.planned as u64))
}

/// The first of `items`, and how many there are besides.
fn some(items: &[String], most: usize) -> String {
    let mut named: Vec<String> = items.iter().take(most).cloned().collect();
    if items.len() > most {
        named.push(plural((items.len() - most) as u64, "other"));
    }
    list(&named)
}
