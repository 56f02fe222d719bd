//! Settings of two experiments, and where they differ.

use serde::Serialize;
use serde_json::Value;
use std::fmt;

/// A setting with the values that two experiments give it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DifferingSetting {
    /// Its place in a plan, such as `data.text.fold`.
    pub path: String,
    /// The value in the first.
    pub first: String,
    /// The value in the second.
    pub second: String,
}

impl fmt::Display for DifferingSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {} and {}", self.path, self.first, self.second)
    }
}

/// The settings of `a` and `b` that differ, each with its place below `path`.
pub(crate) fn differing(path: &str, a: &impl Serialize, b: &impl Serialize) -> Vec<DifferingSetting> {
    let json = |settings: Result<Value, serde_json::Error>| settings.expect("settings have only string keys");
    let mut found = Vec::new();
    differences(path, &json(serde_json::to_value(a)), &json(serde_json::to_value(b)), &mut found);
    found
}

fn differences(path: &str, a: &Value, b: &Value, found: &mut Vec<DifferingSetting>) {
    match (a, b) {
        (Value::Object(first), Value::Object(second)) => {
            for (name, value) in first {
                differences(&format!("{path}.{name}"), value, second.get(name).unwrap_or(&Value::Null), found);
            }
        }
        (a, b) if a != b => {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            found.push(DifferingSetting { path: path.to_owned(), first: text(a), second: text(b) });
        }
        _ => {}
    }
}
