//! Model parameters: declared once as a [`ParamSpec`], from which checking, help and docs derive.

use crate::visible::{is_hidden, visible};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The type and range of a parameter. Bounds are inclusive unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum ParamKind {
    Integer {
        /// Least allowed value.
        min: i64,
        /// Greatest allowed value.
        max: i64,
    },
    /// A finite number.
    Real {
        /// Least allowed value.
        min: f64,
        /// Greatest allowed value.
        max: f64,
        /// Whether `min` itself is forbidden.
        above_min: bool,
    },
    /// One of a few words.
    Choice(&'static [&'static str]),
    Boolean,
    /// A text on one line, without characters that cannot be seen.
    Text {
        /// The most characters that it may have.
        max_characters: u32,
    },
    /// A pair `[from, to]` of whole numbers with `from <= to`.
    IntegerPair {
        /// Least allowed value of either.
        min: i64,
        /// Greatest allowed value of either.
        max: i64,
    },
}

impl fmt::Display for ParamKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ParamKind::Integer { min, max } => write!(f, "whole number from {min} to {max}"),
            ParamKind::Real { min, max, above_min: true } => write!(f, "number above {min}, up to {max}"),
            ParamKind::Real { min, max, above_min: false } => write!(f, "number from {min} to {max}"),
            ParamKind::Choice(words) => write!(f, "one of {}", words.join(", ")),
            ParamKind::Boolean => write!(f, "true or false"),
            ParamKind::Text { max_characters } => {
                write!(f, "text of at most {max_characters} characters, without control characters")
            }
            ParamKind::IntegerPair { min, max } => write!(f, "pair [from, to] of whole numbers from {min} to {max}"),
        }
    }
}

/// A parameter's default, in a form that a `static` can hold.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum ParamDefault {
    Integer(i64),
    Real(f64),
    /// A word of a choice, or a text.
    Text(&'static str),
    Boolean(bool),
    IntegerPair(i64, i64),
}

impl ParamDefault {
    /// The default as a value.
    pub fn value(self) -> ParamValue {
        match self {
            ParamDefault::Integer(n) => ParamValue::Integer(n),
            ParamDefault::Real(x) => ParamValue::Real(x),
            ParamDefault::Text(word) => ParamValue::Text(word.to_owned()),
            ParamDefault::Boolean(yes) => ParamValue::Boolean(yes),
            ParamDefault::IntegerPair(from, to) => ParamValue::IntegerPair(from, to),
        }
    }
}

/// The declaration of one parameter of a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParamSpec {
    /// The key in specs, snake_case.
    pub name: &'static str,
    /// Type and range.
    pub kind: ParamKind,
    /// The value where a spec says nothing.
    pub default: ParamDefault,
    /// One line for help and docs.
    pub meaning: &'static str,
}

impl ParamSpec {
    /// Checks a raw value against this declaration; a whole number is taken where a number is expected.
    ///
    /// # Errors
    /// What was expected, when the value has another type or lies outside the range.
    pub fn check(&self, value: &ParamValue) -> Result<ParamValue, ParamError> {
        let out_of_range = || ParamError { name: self.name, expected: self.kind, got: value.clone() };
        let accepted = match (self.kind, value) {
            (ParamKind::Integer { min, max }, ParamValue::Integer(n)) => (min..=max).contains(n).then(|| value.clone()),
            (ParamKind::Real { min, max, above_min }, ParamValue::Integer(_) | ParamValue::Real(_)) => {
                let x = value.as_real();
                let above = if above_min { x > min } else { x >= min };
                (above && x <= max).then_some(ParamValue::Real(x))
            }
            (ParamKind::Choice(words), ParamValue::Text(word)) => words.contains(&word.as_str()).then(|| value.clone()),
            (ParamKind::Boolean, ParamValue::Boolean(_)) => Some(value.clone()),
            (ParamKind::Text { max_characters }, ParamValue::Text(text)) => {
                let fits = text.chars().count() <= max_characters as usize && !text.chars().any(is_hidden);
                fits.then(|| value.clone())
            }
            (ParamKind::IntegerPair { min, max }, ParamValue::IntegerPair(from, to)) => {
                (min <= *from && from <= to && *to <= max).then(|| value.clone())
            }
            _ => None,
        };
        accepted.ok_or_else(out_of_range)
    }
}

/// Whether `name`, of a model or a parameter, is a lower-case word that may have digits and underscores.
pub fn is_snake_case(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(allowed)
}

/// A value that its parameter does not take.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("parameter `{name}` takes a {expected}, got {got}")]
#[expect(missing_docs, reason = "the messages name the fields")]
pub struct ParamError {
    pub name: &'static str,
    pub expected: ParamKind,
    pub got: ParamValue,
}

/// The value of a parameter. The variants are YAML's own types.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the names say it")]
pub enum ParamValue {
    Boolean(bool),
    Integer(i64),
    Real(f64),
    Text(String),
    IntegerPair(i64, i64),
}

impl ParamValue {
    /// It as a number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            ParamValue::Integer(n) => Some(*n as f64),
            ParamValue::Real(x) => Some(*x),
            _ => None,
        }
    }

    fn as_real(&self) -> f64 {
        match self {
            ParamValue::Integer(n) => *n as f64,
            ParamValue::Real(x) => *x,
            _ => f64::NAN,
        }
    }
}

impl fmt::Display for ParamValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ParamValue::Boolean(yes) => write!(f, "{yes}"),
            ParamValue::Integer(n) => write!(f, "{n}"),
            ParamValue::Real(x) => write!(f, "{x}"),
            ParamValue::Text(word) => write!(f, "{}", visible(word)),
            ParamValue::IntegerPair(from, to) => write!(f, "[{from}, {to}]"),
        }
    }
}

/// The checked parameters of one configuration: every declared one, defaults filled in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Params(BTreeMap<String, ParamValue>);

impl Params {
    /// Checks `given` against `specs` and fills in the defaults.
    ///
    /// # Errors
    /// The first value that its parameter does not take.
    ///
    /// # Panics
    /// If `given` holds a name that `specs` does not declare: callers check names first, to name the place.
    pub fn checked(specs: &[ParamSpec], given: &BTreeMap<String, ParamValue>) -> Result<Self, ParamError> {
        if let Some(unknown) = given.keys().find(|name| !specs.iter().any(|spec| spec.name == name.as_str())) {
            panic!("parameter `{unknown}` is not declared");
        }
        let value_of = |spec: &ParamSpec| match given.get(spec.name) {
            Some(value) => spec.check(value),
            None => Ok(spec.default.value()),
        };
        specs.iter().map(|spec| Ok((spec.name.to_owned(), value_of(spec)?))).collect::<Result<_, _>>().map(Self)
    }

    /// All defaults of `specs`.
    pub fn defaults(specs: &[ParamSpec]) -> Self {
        Self(specs.iter().map(|spec| (spec.name.to_owned(), spec.default.value())).collect())
    }

    /// The same parameters with one of them replaced.
    #[must_use]
    pub fn with(mut self, name: &str, value: ParamValue) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    /// The value called `name`, if declared.
    pub fn get(&self, name: &str) -> Option<&ParamValue> {
        self.0.get(name)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and values in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ParamValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// A whole number that is declared non-negative (a size or a count).
    ///
    /// # Panics
    /// If `name` is not declared as one: a mistake in the plugin.
    pub fn size(&self, name: &str) -> usize {
        match self.get(name) {
            Some(ParamValue::Integer(n)) => usize::try_from(*n).unwrap_or_else(|_| self.undeclared(name, "a size")),
            _ => self.undeclared(name, "a size"),
        }
    }

    /// A number.
    ///
    /// # Panics
    /// If `name` is not declared as one: a mistake in the plugin.
    pub fn real(&self, name: &str) -> f64 {
        match self.get(name) {
            Some(ParamValue::Real(x)) => *x,
            _ => self.undeclared(name, "a number"),
        }
    }

    /// A text.
    ///
    /// # Panics
    /// If `name` is not declared as one: a mistake in the plugin.
    pub fn text(&self, name: &str) -> &str {
        match self.get(name) {
            Some(ParamValue::Text(text)) => text,
            _ => self.undeclared(name, "a text"),
        }
    }

    /// The word of a choice.
    ///
    /// # Panics
    /// If `name` is not declared as one: a mistake in the plugin.
    pub fn choice(&self, name: &str) -> &str {
        match self.get(name) {
            Some(ParamValue::Text(word)) => word,
            _ => self.undeclared(name, "a choice"),
        }
    }

    /// `true` or `false`.
    ///
    /// # Panics
    /// If `name` is not declared as one: a mistake in the plugin.
    pub fn boolean(&self, name: &str) -> bool {
        match self.get(name) {
            Some(ParamValue::Boolean(yes)) => *yes,
            _ => self.undeclared(name, "true or false"),
        }
    }

    /// A pair of sizes.
    ///
    /// # Panics
    /// If `name` is not declared as one: a mistake in the plugin.
    pub fn size_pair(&self, name: &str) -> (usize, usize) {
        match self.get(name) {
            Some(ParamValue::IntegerPair(from, to)) => (*from as usize, *to as usize),
            _ => self.undeclared(name, "a pair"),
        }
    }

    fn undeclared(&self, name: &str, what: &str) -> ! {
        panic!("the model reads `{name}` as {what}, but does not declare it so; it has {:?}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPECS: &[ParamSpec] = &[
        ParamSpec {
            name: "hidden_size",
            kind: ParamKind::Integer { min: 1, max: 8 },
            default: ParamDefault::Integer(4),
            meaning: "",
        },
        ParamSpec {
            name: "rate",
            kind: ParamKind::Real { min: 0.0, max: 1.0, above_min: true },
            default: ParamDefault::Real(0.5),
            meaning: "",
        },
        ParamSpec {
            name: "pattern",
            kind: ParamKind::Text { max_characters: 4 },
            default: ParamDefault::Text(""),
            meaning: "",
        },
    ];

    fn check(name: &str, value: ParamValue) -> Result<Params, ParamError> {
        Params::checked(SPECS, &BTreeMap::from([(name.to_owned(), value)]))
    }

    #[test]
    fn bounds_are_held() {
        assert!(check("hidden_size", ParamValue::Integer(8)).is_ok());
        assert!(check("hidden_size", ParamValue::Integer(9)).is_err());
        assert!(check("hidden_size", ParamValue::Real(2.0)).is_err());
        assert!(check("rate", ParamValue::Real(0.0)).is_err());
        assert!(check("rate", ParamValue::Real(f64::NAN)).is_err());
    }

    #[test]
    fn a_text_is_one_short_line_that_can_be_seen() {
        let text = |text: &str| check("pattern", ParamValue::Text(text.to_owned()));
        assert_eq!(text("é é.").unwrap().text("pattern"), "é é.");
        assert!(text("").is_ok());
        for refused in ["12345", "a\nb", "\u{1b}[2J", "a\u{202e}"] {
            let error = text(refused).unwrap_err().to_string();
            assert!(
                error.contains("text of at most 4 characters") && !error.contains(['\n', '\u{1b}', '\u{202e}']),
                "{error}"
            );
        }
        assert!(check("pattern", ParamValue::Integer(12)).is_err());
    }

    #[test]
    fn a_whole_number_serves_as_a_number() {
        assert_eq!(check("rate", ParamValue::Integer(1)).unwrap().real("rate"), 1.0);
    }

    #[test]
    fn defaults_fill_in() {
        assert_eq!(check("rate", ParamValue::Integer(1)).unwrap().size("hidden_size"), 4);
    }
}
