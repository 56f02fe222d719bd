//! The spec as YAML with every default filled in.

use crate::key::Key;
use crate::keys::ROOT;
use crate::spec::Spec;
use crate::value::TEXT_NONE;
use recur_core::visible::{is_hidden, visible};
use serde_yaml::{Mapping, Value};

impl Spec {
    /// The spec as YAML with every default and every axis written out. Read again, it makes an equal plan.
    pub fn resolved_yaml(&self) -> String {
        let question =
            if self.question.is_empty() { String::new() } else { format!("# {}\n", visible(&self.question)) };
        question + &text(Value::Mapping(mapping(self, ROOT)))
    }
}

/// The values of `keys`, without those that have no place next to the others.
fn mapping(spec: &Spec, keys: &[Key]) -> Mapping {
    keys.iter().filter_map(|key| Some((key.name.into(), value(spec, key)?))).collect()
}

fn value(spec: &Spec, key: &Key) -> Option<Value> {
    let own = match key.access {
        Some(access) => (access.get)(spec)?,
        None => Value::Mapping(mapping(spec, key.keys()?)),
    };
    match (own, key.keys()) {
        (Value::Mapping(_), Some(keys)) => Some(Value::Mapping(mapping(spec, keys))),
        (own, _) => Some(own),
    }
}

/// A tree as YAML in which no hidden character is to be seen as it is: YAML would leave marks of direction and the like in
/// plain text, which a reader of a report does not notice.
fn text(mut tree: Value) -> String {
    let mut hidden = Vec::new();
    quote(&mut tree, &mut hidden);
    let mut yaml = serde_yaml::to_string(&tree).expect("a tree of plain values can be written");
    // From the last: the name of the first is the beginning of the names of others.
    for (index, text) in hidden.iter().enumerate().rev() {
        yaml = yaml.replace(&placeholder(index), &in_quotes(text));
    }
    yaml
}

/// Puts a word into the place of each text that needs quotes where YAML would have none: one with hidden characters, and `none`.
fn quote(value: &mut Value, hidden: &mut Vec<String>) {
    match value {
        Value::String(text) if text == TEXT_NONE => {
            *text = placeholder(hidden.len());
            hidden.push("none".to_owned());
        }
        Value::String(text) if text.contains(is_hidden) => {
            let word = placeholder(hidden.len());
            hidden.push(std::mem::replace(text, word));
        }
        Value::Sequence(items) => items.iter_mut().for_each(|item| quote(item, hidden)),
        Value::Mapping(entries) => entries.iter_mut().for_each(|(_, value)| quote(value, hidden)),
        _ => {}
    }
}

/// A placeholder for a text, which no spec holds.
fn placeholder(index: usize) -> String {
    format!("recur-hidden-text-4c1f9e0b7d-{index}-")
}

/// `text` in YAML's double quotes.
fn in_quotes(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            hidden if is_hidden(hidden) => quoted.push_str(&format!("\\U{:08x}", u32::from(hidden))),
            other => quoted.push(other),
        }
    }
    quoted + "\""
}
