//! The settings of `training` by the path that a spec has them under.

use crate::params::ParamValue;
use crate::settings::{Optimizer, TrainingLength, TrainingSettings};
use serde::Serialize;

impl TrainingSettings {
    /// The value of the setting at `path`, such as `training.optimizer.momentum`, as an axis over it has it. `None` where these
    /// settings do not have it, as Adam has no momentum, and for a path that is not of a single value.
    pub fn value(&self, path: &str) -> Option<ParamValue> {
        let whole = |n: u32| Some(ParamValue::Integer(n.into()));
        match path.strip_prefix("training.")? {
            "epochs" => match self.length {
                TrainingLength::Epochs(epochs) => whole(epochs),
                TrainingLength::Steps { .. } => None,
            },
            "steps" => self.steps().and_then(|(steps, _)| whole(steps)),
            "evaluate_every" => self.steps().and_then(|(_, evaluate_every)| whole(evaluate_every)),
            "stop_after" => Some(or_none(self.stop_after, |epochs| ParamValue::Integer(epochs.into()))),
            "optimizer.clip_norm" => Some(or_none(self.clip_norm, ParamValue::Real)),
            "early_stopping.metric" => {
                let metric = self.early_stopping?.metric.name();
                Some(ParamValue::Text(format!("validation_{metric}")))
            }
            "early_stopping.patience" => whole(self.early_stopping?.patience),
            other => match other.strip_prefix("optimizer.") {
                Some(key) => of_optimizer(self.optimizer, key),
                None => self.of_field(other),
            },
        }
    }

    /// A field that a spec has under its own name.
    fn of_field(&self, name: &str) -> Option<ParamValue> {
        let fields = serde_json::to_value(self).ok()?;
        serde_json::from_value(fields.get(name)?.clone()).ok()
    }

    /// The number of steps, and of those between two scorings; `None` where training is counted in epochs.
    fn steps(&self) -> Option<(u32, u32)> {
        match self.length {
            TrainingLength::Steps { steps, evaluate_every } => Some((steps, evaluate_every)),
            TrainingLength::Epochs(_) => None,
        }
    }
}

fn of_optimizer(optimizer: Optimizer, key: &str) -> Option<ParamValue> {
    match (optimizer, key) {
        (Optimizer::Sgd { .. }, "name") => Some(ParamValue::Text("sgd".to_owned())),
        (Optimizer::Adam { .. }, "name") => Some(ParamValue::Text("adam".to_owned())),
        (Optimizer::Sgd { momentum }, "momentum") => Some(ParamValue::Real(momentum)),
        (Optimizer::Adam { beta1, .. }, "beta1") => Some(ParamValue::Real(beta1)),
        (Optimizer::Adam { beta2, .. }, "beta2") => Some(ParamValue::Real(beta2)),
        (Optimizer::Adam { epsilon, .. }, "epsilon") => Some(ParamValue::Real(epsilon)),
        _ => None,
    }
}

/// `none` is a value of settings that may be absent.
fn or_none<T>(value: Option<T>, some: impl Fn(T) -> ParamValue) -> ParamValue {
    value.map_or_else(|| ParamValue::Text("none".to_owned()), some)
}

/// A choice as a spec writes it.
pub(crate) fn choice(choice: impl Serialize) -> String {
    match serde_json::to_value(choice) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("a choice is a word: {other:?}"),
    }
}
