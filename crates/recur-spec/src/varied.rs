//! What an axis varies: a parameter of a model, or a setting of `training`.

use crate::check::single;
use crate::key::{Default, Key, Kind};
use crate::keys::TRAINING;
use crate::scalar::Scalar;
use crate::tree::{Content, Node};
use recur_core::params::{ParamKind, ParamSpec, ParamValue};
use recur_core::settings::TrainingKey;
use std::sync::LazyLock;

/// The mapping whose settings can be swept. Those of `data` cannot: another division of other rows is no pair.
pub(crate) const SWEPT: &str = "training";

/// A setting that can be swept.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Its path in a spec, such as `training.optimizer.name`.
    pub path: String,
    pub key: &'static Key,
    /// What of `training` it belongs to, for models that do not use that.
    pub training_key: TrainingKey,
}

/// All settings that can be swept, in the order of the declarations.
pub(crate) static SETTINGS: LazyLock<Vec<Setting>> = LazyLock::new(|| {
    let mut settings = Vec::new();
    collect(TRAINING, "", &mut settings);
    settings
});

fn collect(keys: &'static [Key], path: &str, settings: &mut Vec<Setting>) {
    for key in keys {
        let below = if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
        if key.can_be_swept() {
            let training_key = TrainingKey::of(&below).unwrap_or_else(|| panic!("`{below}` is of no key of training"));
            settings.push(Setting { path: format!("{SWEPT}.{below}"), key, training_key });
        }
        collect(key.keys().unwrap_or_default(), &below, settings);
    }
}

/// The setting at `path`, if it can be swept.
pub(crate) fn setting(path: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.path == path)
}

/// What an axis varies.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Varied {
    Parameter(&'static ParamSpec),
    Setting(&'static Setting),
}

impl Varied {
    /// Its name in `sweep`.
    pub fn name(self) -> &'static str {
        match self {
            Varied::Parameter(spec) => spec.name,
            Varied::Setting(setting) => &setting.path,
        }
    }

    /// The value of `node`, if it may have it.
    pub fn value(self, node: &Node) -> Option<ParamValue> {
        self.checked(&raw(node)?)
    }

    /// `value`, if it may have it.
    pub fn checked(self, value: &ParamValue) -> Option<ParamValue> {
        match self {
            Varied::Parameter(spec) => spec.check(value).ok(),
            Varied::Setting(setting) => of_setting(setting.key, value),
        }
    }

    /// What it takes, in words.
    pub fn expected(self) -> String {
        match self {
            Varied::Parameter(spec) => spec.kind.to_string(),
            Varied::Setting(Setting { key: Key { kind, default: Default::None, .. }, .. }) => {
                format!("{kind}, or none")
            }
            Varied::Setting(setting) => setting.key.kind.to_string(),
        }
    }

    /// The words that it takes.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Varied::Parameter(ParamSpec { kind: ParamKind::Choice(words), .. }) => words,
            Varied::Setting(Setting { key: Key { kind: Kind::Choice(words), .. }, .. }) => words,
            _ => &[],
        }
    }

    /// The number `x` as a value of it, rounded where it is a whole number; `None` where it is no number.
    pub fn number(self, x: f64) -> Option<ParamValue> {
        let (whole, real) = match self {
            Varied::Parameter(spec) => {
                (matches!(spec.kind, ParamKind::Integer { .. }), matches!(spec.kind, ParamKind::Real { .. }))
            }
            Varied::Setting(setting) => {
                (matches!(setting.key.kind, Kind::Integer { .. }), matches!(setting.key.kind, Kind::Real { .. }))
            }
        };
        // `as` saturates: a number beyond i64 is beyond the range as well.
        if whole { Some(ParamValue::Integer(x.round() as i64)) } else { real.then_some(ParamValue::Real(x)) }
    }
}

fn of_setting(key: &Key, value: &ParamValue) -> Option<ParamValue> {
    let scalar = match value {
        ParamValue::Boolean(yes) => Scalar::Boolean(*yes),
        ParamValue::Integer(n) => Scalar::Integer((*n).into()),
        ParamValue::Real(x) => Scalar::Real(*x),
        ParamValue::Text(word) if word == "none" && matches!(key.default, Default::None) => return Some(value.clone()),
        ParamValue::Text(word) => Scalar::Text(word.clone()),
        ParamValue::IntegerPair(..) => return None,
    };
    single(&key.kind, &scalar)?;
    Some(match (key.kind, value) {
        (Kind::Real { .. }, ParamValue::Integer(n)) => ParamValue::Real(*n as f64),
        _ => value.clone(),
    })
}

fn raw(node: &Node) -> Option<ParamValue> {
    let whole = |node: &Node| match node.scalar() {
        Some(Scalar::Integer(n)) => i64::try_from(n).ok(),
        _ => None,
    };
    if let Content::Sequence(pair) = &node.content {
        let [from, to] = pair.as_slice() else { return None };
        return Some(ParamValue::IntegerPair(whole(from)?, whole(to)?));
    }
    match node.scalar()? {
        Scalar::Null => None,
        Scalar::Boolean(yes) => Some(ParamValue::Boolean(yes)),
        Scalar::Integer(n) => Some(i64::try_from(n).map_or(ParamValue::Real(n as f64), ParamValue::Integer)),
        Scalar::Real(x) => x.is_finite().then_some(ParamValue::Real(x)),
        Scalar::Text(word) => Some(ParamValue::Text(word)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Spec;
    use recur_core::settings::{EarlyStopping, Optimizer, TrainingLength, TrainingSettings};
    use serde_yaml::Value;

    fn of_yaml(value: Value) -> ParamValue {
        match value {
            Value::String(word) => ParamValue::Text(word),
            Value::Number(number) => match number.as_i64() {
                Some(n) => ParamValue::Integer(n),
                None => ParamValue::Real(number.as_f64().unwrap()),
            },
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_can_be_swept_can_be_read_from_a_training_by_its_path() {
        let other = TrainingSettings {
            length: TrainingLength::Steps { steps: 40, evaluate_every: 7 },
            optimizer: Optimizer::Sgd { momentum: 0.25 },
            clip_norm: Some(2.5),
            early_stopping: Some(EarlyStopping::default()),
            stop_after: Some(3),
            ..TrainingSettings::default()
        };
        let decaying = TrainingSettings {
            optimizer: Optimizer::ADAMW,
            warmup: 0.125,
            label_smoothing: 0.5,
            ..TrainingSettings::default()
        };
        let trainings = [TrainingSettings::default(), other, decaying];
        for Setting { path, key, .. } in SETTINGS.iter() {
            let mut n_values = 0;
            for training in &trainings {
                let spec = Spec { training: training.clone(), ..Spec::of_defaults() };
                let resolved = key.access.and_then(|access| (access.get)(&spec)).map(of_yaml);
                assert_eq!(training.value(path), resolved, "{path}");
                n_values += usize::from(resolved.is_some());
            }
            assert!(n_values > 0, "{path}");
        }
        assert_eq!(trainings[0].value("learning_rate"), None);
    }
}
