//! What is known of a model from its declaration only.

use recur_core::model::{Cost, Determinism, Kernels, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamKind, ParamSpec, ParamValue, Params};
use recur_core::random::StreamPath;
use recur_core::workers::alone;
use serde::Serialize;

/// The sizes that costs are shown for: those of the shipped names, with a token for unknown characters.
const SIZES: Sizes = Sizes { labels: 34, tokens: 201, characters: 7 };

/// All about a model. It serialises, for other programs.
#[derive(Debug, Serialize)]
pub struct ModelDescription {
    /// The id, as specs name the model.
    pub id: &'static str,
    /// What it is, in a few words.
    pub summary: &'static str,
    /// What it is, at length, in Markdown.
    pub description: &'static str,
    version: u32,
    code: &'static str,
    grade: Determinism,
    regime: Regime,
    /// The file of its code.
    pub source_file: &'static str,
    /// In the order of the plugin's declaration.
    pub parameters: Vec<ParameterDescription>,
    cost: Option<CostAt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost_in_words: Option<&'static str>,
    heeds_class_weights: bool,
    /// Whether it is given the validation examples of its trials.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    sees_validation: bool,
}

/// A parameter of a model.
#[derive(Debug, Serialize)]
pub struct ParameterDescription {
    /// The key in specs, snake_case.
    pub name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    takes: String,
    /// Least and greatest value, of either end in a pair.
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<&'static [&'static str]>,
    default: ParamValue,
    meaning: &'static str,
}

/// A cost, and what it is the cost of.
#[derive(Debug, Serialize)]
struct CostAt {
    at: Sizes,
    #[serde(flatten)]
    cost: Cost,
}

/// Sizes of a data set, and the characters of the text that is predicted.
#[derive(Clone, Copy, Debug, Serialize)]
struct Sizes {
    labels: usize,
    tokens: usize,
    characters: u64,
}

impl ModelDescription {
    /// Of `plugin`.
    pub fn of(plugin: &'static dyn ModelPlugin) -> Self {
        Self {
            id: plugin.about().id,
            summary: plugin.about().summary,
            description: plugin.about().description,
            version: plugin.about().version,
            code: plugin.about().code,
            grade: plugin.about().determinism,
            regime: plugin.about().regime,
            source_file: plugin.about().source_file,
            parameters: plugin.about().parameters.iter().map(ParameterDescription::of).collect(),
            cost: cost(plugin, SIZES).map(|cost| CostAt { at: SIZES, cost }),
            cost_in_words: plugin.about().cost_in_words,
            heeds_class_weights: plugin.about().heeds_class_weights(),
            sees_validation: plugin.needs().validation,
        }
    }

    /// What it promises of its bits, in a word.
    pub fn grade_word(&self) -> &'static str {
        match self.grade {
            Determinism::Portable => "portable",
            Determinism::Machine => "machine",
            Determinism::None => "none",
        }
    }

    /// How it is trained, in a few words.
    pub fn regime_word(&self) -> &'static str {
        match self.regime {
            Regime::Iterative => "step by step",
            Regime::OneShot => "in one go",
        }
    }

    /// What is neither its description nor a parameter, by name.
    pub fn facts(&self) -> [(&'static str, String); 5] {
        let grade = match self.grade {
            Determinism::Portable => "equal bits on every machine and instruction set",
            Determinism::Machine => "equal bits on machines of one kind",
            Determinism::None => "no promise of equal bits",
        };
        let regime = match self.regime {
            Regime::Iterative => "as the spec's `training` says",
            Regime::OneShot if self.heeds_class_weights => {
                "on all training texts; of the spec's `training` it uses `class_weights`"
            }
            Regime::OneShot => "on all training texts; it uses no setting of the spec's `training`",
        };
        let seen = match self.sees_validation {
            true => "; it is given the validation texts with their labels, so its validation results may be too good",
            false => "",
        };
        [
            ("trained", format!("{}, {regime}{seen}", self.regime_word())),
            ("grade", format!("{}: {grade}", self.grade_word())),
            (
                "cost",
                self.cost.as_ref().map_or_else(|| self.cost_in_words.unwrap_or("not known").to_owned(), CostAt::text),
            ),
            ("version", self.version.to_string()),
            ("source", self.source_file.to_owned()),
        ]
    }
}

impl ParameterDescription {
    fn of(spec: &ParamSpec) -> Self {
        let (kind, range, words) = match spec.kind {
            ParamKind::Integer { min, max } => ("integer", Some([min as f64, max as f64]), None),
            ParamKind::Real { min, max, .. } => ("real", Some([min, max]), None),
            ParamKind::Choice(words) => ("choice", None, Some(words)),
            ParamKind::Text { .. } => ("text", None, None),
            ParamKind::Boolean => ("boolean", None, None),
            ParamKind::IntegerPair { min, max } => ("integer_pair", Some([min as f64, max as f64]), None),
        };
        let (takes, default) = (spec.kind.to_string(), spec.default.value());
        Self { name: spec.name, kind, takes, range, words, default, meaning: spec.meaning }
    }

    /// Name, what it takes, default, meaning.
    pub fn cells(&self) -> [String; 4] {
        [self.name.to_owned(), self.takes.clone(), self.default.to_string(), self.meaning.to_owned()]
    }
}

impl CostAt {
    fn text(&self) -> String {
        let Cost { parameters, weight_bytes, multiply_adds } = self.cost;
        let Sizes { labels, tokens, characters } = self.at;
        format!(
            "at its defaults, with {labels} labels and {tokens} tokens: {} parameters, {} kB of weights; \
            {} multiply-adds for a text of {characters} characters",
            count(parameters),
            count(weight_bytes.div_ceil(1000)),
            count(multiply_adds)
        )
    }
}

/// What `plugin` costs with its defaults.
fn cost(plugin: &dyn ModelPlugin, sizes: Sizes) -> Option<Cost> {
    let setup = Setup {
        params: &Params::defaults(plugin.about().parameters),
        training: None,
        n_tokens: sizes.tokens,
        n_classes: sizes.labels,
        data: None,
        class_weights: &vec![1.0; sizes.labels],
        streams: &StreamPath::root(0),
        workers: &alone(),
        kernels: Kernels::widest(),
    };
    plugin.cost(&setup, sizes.characters)
}

/// A count with a comma between thousands.
fn count(n: u64) -> String {
    if n < 1000 { n.to_string() } else { format!("{},{:03}", count(n / 1000), n % 1000) }
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn thousands_are_separated() {
        assert_eq!([0, 999, 1000, 1_002_003].map(count), ["0", "999", "1,000", "1,002,003"]);
    }
}
