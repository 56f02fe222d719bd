//! What the declaration of a key says.

use crate::access::Access;
use crate::spec::Spec;
use serde_yaml::Value;
use std::fmt;
use std::ops::Bound::{self, Excluded, Included, Unbounded};

/// The declaration of one key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// The key as written.
    pub name: &'static str,
    /// Type and range of its value.
    pub kind: Kind,
    /// What holds where the key is left out.
    pub default: Default,
    /// The sibling without which the key means nothing.
    pub with: Option<With>,
    /// One line for the reference.
    pub meaning: &'static str,
    /// How the checked spec is read and written at this key; `None` where that is done elsewhere.
    pub access: Option<Access>,
    /// Makes of a spec with defaults one in which this key means something.
    pub prepare: fn(&mut Spec),
}

/// Type and range of a value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A whole number, bounds included.
    Integer { min: u64, max: u64 },
    /// A finite number.
    Real { min: Bound<f64>, max: Bound<f64> },
    /// `true` or `false`.
    Boolean,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// A finite number, or one of a few words.
    RealOr { min: Bound<f64>, max: Bound<f64>, words: &'static [&'static str] },
    /// Text that is not empty, without line breaks and control characters.
    Text { max_characters: usize },
    /// Such text, or a mapping with keys of its own.
    TextOr { max_characters: usize, keys: &'static [Key] },
    /// A word fit for a file's name.
    Name,
    /// A mapping with keys of its own.
    Section(&'static [Key]),
    /// The list of models.
    Models,
    /// A mapping from parameter to value.
    Params,
    /// A mapping from parameter, or path of a setting, to axis; or a list of such mappings.
    Axes,
    /// A list of mappings from parameter, or path of a setting, to a value or a list of values.
    Exceptions,
    /// Ascending whole numbers.
    Stages,
    /// Some of the keys of `training`.
    Training,
}

/// What holds where a key is left out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Default {
    /// It must not be left out.
    Required,
    /// What [`Key::access`] reads from a spec that says nothing: the settings' own default.
    OfSettings,
    /// Nothing; `none` and an empty value say the same.
    None,
    /// A value that depends on others, in words; unless the words say otherwise, `none` and an empty value say the same as
    /// leaving the key out.
    Derived(&'static str),
    /// A mapping or list with nothing in it: each key inside has its own default.
    Empty,
}

/// A sibling key, and the values of which it must have one (any, if there are none).
#[derive(Clone, Copy, Debug)]
pub(crate) struct With {
    pub key: &'static str,
    pub values: &'static [&'static str],
}

impl With {
    /// What it needs, as a spec writes it, with `key` as the sibling's name.
    pub fn written(&self, key: &str) -> String {
        if self.values.is_empty() { key.to_owned() } else { format!("{key}: {}", self.values.join(" or ")) }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Integer { min, max } if min == max => write!(f, "the number {min}"),
            Kind::Integer { min, max } => write!(f, "whole number from {min} to {max}"),
            Kind::Real { min, max } => write_range(f, *min, *max),
            Kind::RealOr { min, max, words } => {
                write_range(f, *min, *max)?;
                write!(f, ", or one of {}", words.join(", "))
            }
            Kind::Boolean => f.write_str("true or false"),
            Kind::Choice(words) => write!(f, "one of {}", words.join(", ")),
            Kind::Text { max_characters } => write!(f, "text of 1 to {max_characters} characters on one line"),
            Kind::TextOr { max_characters, keys } => {
                let keys: Vec<&str> = keys.iter().map(|key| key.name).collect();
                write!(
                    f,
                    "{}, or a mapping with the keys {}",
                    Kind::Text { max_characters: *max_characters },
                    keys.join(", ")
                )
            }
            Kind::Name => f.write_str("name of 1 to 100 of the letters a-z, 0-9, _ and -"),
            Kind::Section(_) => f.write_str("mapping"),
            Kind::Models => f.write_str("list of models"),
            Kind::Params => f.write_str("mapping from parameter to value"),
            Kind::Axes => f.write_str("mapping from parameter or `training.KEY` to list or range, or a list of them"),
            Kind::Exceptions => {
                f.write_str("list of mappings from parameter or `training.KEY` to value or list of values")
            }
            Kind::Stages => f.write_str("list of ascending whole numbers"),
            Kind::Training => f.write_str("mapping with keys of `training`"),
        }
    }
}

fn write_range(f: &mut fmt::Formatter<'_>, min: Bound<f64>, max: Bound<f64>) -> fmt::Result {
    f.write_str("number")?;
    match min {
        Included(x) => write!(f, " from {x}")?,
        Excluded(x) => write!(f, " above {x}")?,
        Unbounded => {}
    }
    match max {
        Included(x) => write!(f, " up to {x}"),
        Excluded(x) => write!(f, " below {x}"),
        Unbounded => Ok(()),
    }
}

/// A key that is read and written elsewhere.
pub(crate) const fn key(name: &'static str, kind: Kind, default: Default, meaning: &'static str) -> Key {
    Key { name, kind, default, with: None, meaning, access: None, prepare: |_| {} }
}

/// A setting that a spec may leave out: it then has the default that the settings' type gives it.
pub(crate) const fn setting(name: &'static str, kind: Kind, access: Access, meaning: &'static str) -> Key {
    key(name, kind, Default::OfSettings, meaning).at(access)
}

impl Kind {
    /// Whether a value may be any text, so that quotes distinguish the text `none` from nothing.
    pub fn takes_any_text(&self) -> bool {
        matches!(self, Self::Text { .. } | Self::TextOr { .. } | Self::Name)
    }
}

impl Key {
    pub const fn with(mut self, key: &'static str, values: &'static [&'static str]) -> Self {
        self.with = Some(With { key, values });
        self
    }

    pub const fn at(mut self, access: Access) -> Self {
        self.access = Some(access);
        self
    }

    /// Where a spec with defaults does not have the key, `prepare` makes it have it.
    pub const fn prepared(mut self, prepare: fn(&mut Spec)) -> Self {
        self.prepare = prepare;
        self
    }

    /// The value where the key is left out, if that is always the same one.
    pub fn default_value(&self) -> Option<Value> {
        let (Default::OfSettings, Some(access)) = (self.default, self.access) else { return None };
        let mut spec = Spec::of_defaults();
        (self.prepare)(&mut spec);
        let value = (access.get)(&spec);
        Some(value.unwrap_or_else(|| panic!("`{}` has no default", self.name)))
    }

    /// [`Key::default_value`] as a spec writes it.
    pub fn default_text(&self) -> String {
        let value = self.default_value().expect("the settings have a default");
        serde_yaml::to_string(&value).expect("a plain value can be written").trim_end().to_owned()
    }

    /// Whether an axis can vary it, where its mapping can be swept: it has a single value, which a spec may leave out.
    pub fn can_be_swept(&self) -> bool {
        let is_single = matches!(self.kind, Kind::Integer { .. } | Kind::Real { .. } | Kind::Boolean | Kind::Choice(_));
        is_single && self.access.is_some() && !matches!(self.default, Default::Required)
    }

    /// The keys of the mapping that is its value, if it may be one.
    pub fn keys(&self) -> Option<&'static [Key]> {
        match self.kind {
            Kind::Section(keys) | Kind::TextOr { keys, .. } => Some(keys),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::TABLES;
    use crate::value::plain;

    fn keys() -> impl Iterator<Item = &'static Key> {
        TABLES.iter().flat_map(|(_, keys)| *keys)
    }

    /// Values at the ends of a range, and every word.
    fn samples(kind: Kind) -> Vec<Value> {
        let inside = |bound, other| match bound {
            Included(x) => x,
            Excluded(x) => x + other,
            Unbounded => 7.0,
        };
        match kind {
            Kind::Integer { min, max } => vec![plain(min), plain(max)],
            Kind::Real { min, max } => vec![plain(inside(min, 0.25)), plain(inside(max, -0.25))],
            Kind::Boolean => vec![plain(true), plain(false)],
            Kind::Choice(words) => words.iter().map(plain).collect(),
            _ => vec![plain("abc")],
        }
    }

    #[test]
    fn a_setting_takes_every_value_of_its_kind_and_is_read_as_it_was_written() {
        let mut n_settings = 0;
        for key in keys().filter(|key| matches!(key.default, Default::OfSettings)) {
            let access = key.access.expect("a setting has a place");
            for value in samples(key.kind) {
                let mut spec = Spec::of_defaults();
                (key.prepare)(&mut spec);
                (access.set)(&mut spec, value.clone());
                assert_eq!((access.get)(&spec), Some(value), "{}", key.name);
            }
            n_settings += 1;
        }
        assert!(n_settings > 20, "{n_settings}");
    }

    #[test]
    fn numbers_in_the_words_for_a_default_are_those_of_the_settings() {
        let mut n_numbers = 0;
        for key in keys() {
            let (Default::Derived(words), Some(access)) = (key.default, key.access) else { continue };
            let number = words.split([',', ';', ' ']).next().and_then(|word| word.parse::<f64>().ok());
            if let (Some(number), Some(value)) = (number, (access.get)(&Spec::of_defaults())) {
                assert_eq!(value.as_f64(), Some(number), "{}", key.name);
                n_numbers += 1;
            }
        }
        assert_eq!(n_numbers, 5);
    }
}
