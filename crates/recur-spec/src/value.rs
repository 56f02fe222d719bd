//! Values of a spec as YAML.

use crate::scalar::Scalar;
use crate::tree::{Content, Node};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_yaml::{Mapping, Value, from_value, to_value};

/// `value` as a spec writes it.
pub(crate) fn plain(value: impl Serialize) -> Value {
    match to_value(value).expect("a plain value can be written") {
        Value::Null => "none".into(),
        value => value,
    }
}

/// What is in the place of the text `none` until a spec is written, where it needs quotes. No spec holds it.
pub(crate) const TEXT_NONE: &str = "recur-text-none-4c1f9e0b7d";

/// A text or nothing as a spec writes it.
pub(crate) fn text_or_none(text: Option<&str>) -> Value {
    text.map_or_else(|| "none".into(), any_text)
}

/// A text as a spec writes it, where `none` without quotes is nothing.
pub(crate) fn any_text(text: &str) -> Value {
    if text == "none" { TEXT_NONE.into() } else { text.into() }
}

/// A checked value as one of its type.
pub(crate) fn typed<T: DeserializeOwned>(value: Value) -> T {
    from_value(value).expect("the declaration takes what the type takes")
}

/// A mapping of which each key is read by itself.
pub(crate) fn section() -> Value {
    Value::Mapping(Mapping::new())
}

/// A checked mapping as a spec writes it.
pub(crate) fn written(node: &Node) -> Mapping {
    match value_of(node) {
        Value::Mapping(mapping) => mapping,
        _ => Mapping::new(),
    }
}

fn value_of(node: &Node) -> Value {
    match &node.content {
        Content::Mapping(entries) => {
            Value::Mapping(entries.iter().map(|entry| (entry.key.as_str().into(), value_of(&entry.value))).collect())
        }
        Content::Sequence(elements) => Value::Sequence(elements.iter().map(value_of).collect()),
        Content::Scalar { text, .. } => match node.scalar() {
            Some(Scalar::Boolean(yes)) => yes.into(),
            Some(Scalar::Integer(n)) => i64::try_from(n).map_or_else(|_| (n as f64).into(), Value::from),
            Some(Scalar::Real(x)) => x.into(),
            Some(Scalar::Null) | None => Value::Null,
            Some(Scalar::Text(_)) => text.as_str().into(),
        },
    }
}
