//! The `training` of a model: that of the spec, below what the model says, below the values of its axes.
//!
//! Each layer wins over those below it. Where it decides something else, what belonged to the other decision goes: another
//! optimizer brings its own settings, and epochs end what was said of steps.

use crate::key::{Default, Key};
use crate::keys::TRAINING;
use crate::source::Span;
use crate::tree::{Content, Entry, Node};
use crate::varied::SWEPT;
use recur_core::params::ParamValue;
use std::collections::BTreeMap;

/// Values by their path below `training`, each with the place of its key.
#[derive(Clone, Debug, std::default::Default)]
pub(crate) struct Layers(BTreeMap<String, (Span, Node)>);

/// What layers say follows from the spec's `training` and the model's own, which specs compare; here are their places as well.
impl PartialEq for Layers {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Decisions that exclude each other, with what belongs to the second.
const LENGTHS: [(&str, &[&str]); 2] = [("epochs", &["steps", "evaluate_every"]), ("steps", &["epochs"])];

impl Layers {
    /// What `training`, if it is given, says. What is not of its table stays, to be reported.
    pub fn of(training: Option<&Node>) -> Self {
        let mut layers = Self::default();
        if let Some(node) = training {
            layers.add(node);
        }
        layers
    }

    /// A layer: a mapping like that of `training`.
    pub fn add(&mut self, training: &Node) {
        let mut values = Vec::new();
        flatten(training, "", TRAINING, &mut values);
        self.put(values);
    }

    /// A layer: the values of axes.
    pub fn add_values<'v>(&mut self, values: impl Iterator<Item = (&'v str, &'v ParamValue)>) {
        let nowhere = Span { source: 0, line: 1, column: 1, len: 1 };
        self.add_placed(values.map(|(path, value)| (path, nowhere, value)));
    }

    /// A layer: the values of axes, with the places of their keys.
    pub fn add_placed<'v>(&mut self, values: impl Iterator<Item = (&'v str, Span, &'v ParamValue)>) {
        let node =
            |span, value: &ParamValue| Node { span, content: Content::Scalar { text: value.to_string(), plain: true } };
        let below = |path: &str| path.strip_prefix(SWEPT).and_then(|path| path.strip_prefix('.')).map(str::to_owned);
        self.put(values.filter_map(|(path, span, value)| Some((below(path)?, (span, node(span, value))))).collect());
    }

    fn put(&mut self, layer: Vec<(String, (Span, Node))>) {
        for (path, (_, value)) in &layer {
            let is_part = |a: &str, b: &str| a.strip_prefix(b).is_some_and(|rest| rest.starts_with('.'));
            self.0.retain(|other, _| !is_part(other, path) && !is_part(path, other));
            if !value.is_none() {
                let ended = LENGTHS.iter().filter(|(length, _)| length == path).flat_map(|(_, ended)| *ended);
                ended.for_each(|other| _ = self.0.remove(*other));
            }
            let (parent, name) = path.rsplit_once('.').map_or(("", path.as_str()), |(parent, name)| (parent, name));
            let Some(keys) = table(parent) else { continue };
            let needs_another = |key: &&Key| {
                key.with.is_some_and(|with| {
                    with.key == name && !with.values.is_empty() && !with.values.iter().any(|word| is_text(value, word))
                })
            };
            for key in keys.iter().filter(needs_another) {
                self.0.remove(&joined(parent, key.name));
            }
        }
        self.0.extend(layer);
    }

    /// All layers as a mapping, at the place `span`.
    pub fn tree(&self, span: Span) -> Node {
        let mut root = Node { span, content: Content::Mapping(Vec::new()) };
        for (path, (key_span, value)) in &self.0 {
            insert(&mut root, path, *key_span, value);
        }
        root
    }
}

fn is_text(node: &Node, word: &str) -> bool {
    matches!(&node.content, Content::Scalar { text, .. } if text == word)
}

fn joined(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") }
}

/// The keys of the mapping at `path` below `training`.
fn table(path: &str) -> Option<&'static [Key]> {
    let step = |keys: &'static [Key], name: &str| keys.iter().find(|key| key.name == name)?.keys();
    path.split('.').filter(|name| !name.is_empty()).try_fold(TRAINING, step)
}

/// The values in `node`; a mapping is entered where the table has keys for it.
fn flatten(node: &Node, path: &str, keys: &'static [Key], values: &mut Vec<(String, (Span, Node))>) {
    let Content::Mapping(entries) = &node.content else { return };
    for entry in entries {
        let below = joined(path, &entry.key);
        let inner = keys.iter().find(|key| key.name == entry.key).and_then(|key| key.keys());
        match (inner, &entry.value.content) {
            (Some(inner), Content::Mapping(entries)) if !entries.is_empty() => {
                flatten(&entry.value, &below, inner, values);
            }
            // Nothing in a mapping that is optional: it is switched on, with all defaults.
            (Some(_), _) if entry.value.is_null() && is_always_there(keys, &entry.key) => {}
            _ => values.push((below, (entry.key_span, entry.value.clone()))),
        }
    }
}

fn is_always_there(keys: &[Key], name: &str) -> bool {
    keys.iter().any(|key| key.name == name && matches!(key.default, Default::Empty))
}

fn insert(node: &mut Node, path: &str, key_span: Span, value: &Node) {
    let Content::Mapping(entries) = &mut node.content else { return };
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let index = entries.iter().position(|entry| entry.key == name).unwrap_or_else(|| {
        let inner = Node { span: value.span, content: Content::Mapping(Vec::new()) };
        entries.push(Entry { key: name.to_owned(), key_span, value: inner });
        entries.len() - 1
    });
    match rest {
        Some(rest) => insert(&mut entries[index].value, rest, key_span, value),
        None => entries[index].value = value.clone(),
    }
}
