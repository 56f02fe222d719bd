//! Values of a spec as YAML.

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

/// A checked value as one of its type.
pub(crate) fn typed<T: DeserializeOwned>(value: Value) -> T {
    from_value(value).expect("the declaration takes what the type takes")
}

/// A mapping of which each key is read by itself.
pub(crate) fn section() -> Value {
    Value::Mapping(Mapping::new())
}
