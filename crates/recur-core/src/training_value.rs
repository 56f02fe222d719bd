//! The settings of `training` by the path that a spec has them under.

use crate::params::ParamValue;
use crate::settings::{TrainingLength, TrainingSettings};
use serde::Serialize;
use serde_json::Value;

impl TrainingSettings {
    /// The value of the setting at `path`, such as `training.optimizer.momentum`, as an axis over it has it. `None` where these
    /// settings do not have it, as Adam has no momentum, and for a path that is not of a single value.
    pub fn value(&self, path: &str) -> Option<ParamValue> {
        let path = path.strip_prefix("training.")?;
        let fields = serde_json::to_value(self).ok()?;
        let found = match path {
            "epochs" | "steps" | "evaluate_every" => self.of_length(path).map(Value::from)?,
            // Not serialised where they are absent.
            "stop_after" => Value::from(self.stop_after),
            "warmup" => Value::from(self.warmup),
            "label_smoothing" => Value::from(self.label_smoothing),
            "optimizer.clip_norm" => fields["clip_norm"].clone(),
            "early_stopping.metric" => format!("validation_{}", self.early_stopping?.metric.name()).into(),
            _ => match path.split_once('.') {
                None => fields.get(path)?.clone(),
                Some((part, key)) => of_part(fields.get(part)?, key)?,
            },
        };
        match found {
            // `none` is a value of settings that may be absent.
            Value::Null => Some(ParamValue::Text("none".to_owned())),
            found => serde_json::from_value(found).ok(),
        }
    }

    /// Of the length in epochs its one number, of that in steps its two.
    fn of_length(&self, key: &str) -> Option<u32> {
        match (self.length, key) {
            (TrainingLength::Epochs(epochs), "epochs") => Some(epochs),
            (TrainingLength::Steps { steps, .. }, "steps") => Some(steps),
            (TrainingLength::Steps { evaluate_every, .. }, "evaluate_every") => Some(evaluate_every),
            _ => None,
        }
    }
}

/// The value of `key` in a part of the settings. A part that is one of several kinds is written as a mapping from its name.
fn of_part(part: &Value, key: &str) -> Option<Value> {
    if let Some(value) = part.get(key) {
        return Some(value.clone());
    }
    match part.as_object()?.iter().next()? {
        (name, Value::Object(_)) if key == "name" => Some(name.as_str().into()),
        (_, kind) => kind.get(key).cloned(),
    }
}

/// A choice as a spec writes it.
pub(crate) fn choice(choice: impl Serialize) -> String {
    match serde_json::to_value(choice) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("a choice is a word: {other:?}"),
    }
}
