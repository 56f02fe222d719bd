//! The check of a mapping against its table of keys, whatever the table.

use crate::error::{ErrorKind, Section};
use crate::key::{Default, Key, Kind};
use crate::reader::Fault;
use crate::scalar::Scalar;
use crate::source::{Sources, Span, printable};
use crate::tree::{Content, Entry, Node};
use crate::value::section;
use recur_core::nearest::nearest;
use recur_core::registry::Registry;
use serde_yaml::Value as Yaml;
use std::collections::BTreeMap;
use std::ops::RangeBounds as _;

/// Collects what is wrong while the tree is walked.
pub(crate) struct Checker<'a> {
    pub registry: &'a Registry,
    pub sources: &'a Sources,
    /// Every table of keys, with the path of the mapping that it describes.
    pub tables: &'static [(&'static str, &'static [Key])],
    pub errors: Vec<Fault>,
}

/// The checked keys of one mapping: every declared one, defaults filled in.
pub(crate) struct Fields<'t>(BTreeMap<&'static str, Field<'t>>);

/// One checked key.
struct Field<'t> {
    /// The places of the key and of its value; `None` where the key is left out.
    spans: Option<(Span, Span)>,
    value: Value<'t>,
}

pub(crate) enum Value<'t> {
    Integer(u64),
    Real(f64),
    Boolean(bool),
    Text(String),
    Section(Fields<'t>),
    /// Checked elsewhere; `None` where it is left out.
    Tree(Option<&'t Node>),
    Nothing,
    /// Wrong or missing, and reported: any value will do, for the spec is refused.
    Wrong,
}

/// The valid name most like `typed`; a name longer than any valid one could be is not compared.
pub(crate) fn nearest_name<'n>(typed: &str, valid: impl IntoIterator<Item = &'n str>) -> Option<String> {
    if typed.len() > 200 {
        return None;
    }
    let valid: Vec<&str> = valid.into_iter().collect();
    let plain = typed.to_ascii_lowercase().replace('-', "_");
    let same = valid.iter().copied().find(|name| *name == plain);
    same.or_else(|| nearest(typed, valid)).map(str::to_owned)
}

/// The path of `key` within the mapping at `path`.
pub(crate) fn join(path: &str, key: &str) -> String {
    let key = printable(key, 60);
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

impl<'t> Fields<'t> {
    fn get(&self, key: &str) -> &Field<'t> {
        self.0.get(key).unwrap_or_else(|| panic!("`{key}` is in no table"))
    }

    /// The place of the value of `key`, if it is given.
    pub fn span(&self, key: &str) -> Option<Span> {
        self.get(key).spans.map(|(_, value)| value)
    }

    /// The place of `key` itself, if it is given.
    pub fn key_span(&self, key: &str) -> Option<Span> {
        self.get(key).spans.map(|(key, _)| key)
    }

    /// Whether `key` is given, other than as nothing.
    pub fn has(&self, key: &str) -> bool {
        self.span(key).is_some() && !matches!(self.get(key).value, Value::Nothing)
    }

    /// Whether the value of `key` is wrong, so that nothing can be concluded from it.
    pub fn is_wrong(&self, key: &str) -> bool {
        matches!(self.get(key).value, Value::Wrong)
    }

    pub fn integer(&self, key: &str) -> Option<u64> {
        match self.get(key).value {
            Value::Integer(n) => Some(n),
            _ => None,
        }
    }

    /// A whole number that its range keeps within 32 bits.
    pub fn small(&self, key: &str) -> Option<u32> {
        self.integer(key).map(|n| u32::try_from(n).expect("the table keeps it within 32 bits"))
    }

    pub fn real(&self, key: &str) -> Option<f64> {
        match self.get(key).value {
            Value::Real(x) => Some(x),
            _ => None,
        }
    }

    pub fn boolean(&self, key: &str) -> Option<bool> {
        match self.get(key).value {
            Value::Boolean(yes) => Some(yes),
            _ => None,
        }
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        match &self.get(key).value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn section(&self, key: &str) -> Option<&Fields<'t>> {
        match &self.get(key).value {
            Value::Section(fields) => Some(fields),
            _ => None,
        }
    }

    /// The value of a key that is given and right: null for none, an empty mapping for a mapping.
    pub fn given(&self, key: &str) -> Option<Yaml> {
        let field = self.get(key);
        field.spans?;
        match &field.value {
            Value::Integer(n) => Some((*n).into()),
            Value::Real(x) => Some((*x).into()),
            Value::Boolean(yes) => Some((*yes).into()),
            Value::Text(text) => Some(text.as_str().into()),
            Value::Section(_) => Some(section()),
            Value::Nothing => Some(Yaml::Null),
            Value::Tree(_) | Value::Wrong => None,
        }
    }

    /// The value of a key that is checked elsewhere.
    pub fn tree(&self, key: &str) -> Option<&'t Node> {
        match self.get(key).value {
            Value::Tree(node) => node,
            _ => None,
        }
    }
}

/// Values that were renamed: the key, the value as it was, and as it is.
const RENAMED_VALUES: [(&str, &str, &str); 2] =
    [("data.split.group", "name", "text"), ("data.split.group", "folded_name", "folded_text")];

/// Keys that were renamed: the section, the key as it was, and as it is.
const RENAMED: [(&str, &str, &str); 2] = [("data", "max_letters", "max_characters"), ("data.columns", "name", "text")];

impl<'a> Checker<'a> {
    pub fn error(&mut self, span: Span, kind: ErrorKind) {
        self.errors.push((span, kind));
    }

    /// The entries of a mapping, each key once (an empty value is an empty mapping); `None` if it is none.
    pub fn entries<'t>(&mut self, node: &'t Node, path: &str, expected: &Kind) -> Option<Vec<&'t Entry>> {
        if node.is_null() {
            return Some(Vec::new());
        }
        let Content::Mapping(entries) = &node.content else {
            self.wrong(node, path, expected);
            return None;
        };
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        let mut unique = Vec::new();
        for entry in entries {
            if let Some(first) = seen.get(entry.key.as_str()) {
                let first = self.sources.place(*first);
                self.error(entry.key_span, ErrorKind::DuplicateKey { key: join(path, &entry.key), first });
            } else {
                seen.insert(&entry.key, entry.key_span);
                unique.push(entry);
            }
        }
        Some(unique)
    }

    /// Checks the mapping at `path` against `keys`. `at` is the place where missing keys are reported.
    pub fn section<'t>(&mut self, node: &'t Node, path: &str, keys: &'static [Key], at: Span) -> Option<Fields<'t>> {
        let entries = self.entries(node, path, &Kind::Section(keys))?;
        let mut fields: BTreeMap<&'static str, Field<'t>> = BTreeMap::new();
        let mut meant: Vec<String> = Vec::new();
        for entry in &entries {
            match keys.iter().find(|key| key.name == entry.key) {
                Some(key) => {
                    let value = self.value(&entry.value, &join(path, key.name), key, entry.key_span);
                    fields.insert(key.name, Field { spans: Some((entry.key_span, entry.value.span)), value });
                }
                None => meant.extend(self.unknown_key(entry, path, keys)),
            }
        }
        for key in keys.iter().filter(|key| !fields.contains_key(key.name)).collect::<Vec<_>>() {
            if matches!(key.default, Default::Required) && !meant.iter().any(|name| name == key.name) {
                let (key, expected) = (key.name.to_owned(), key.kind.to_string());
                self.error(at, ErrorKind::MissingKey { key, section: Section(path.to_owned()), expected });
            }
            fields.insert(key.name, Field { spans: None, value: default(key) });
        }
        let fields = Fields(fields);
        self.companions(&entries, &fields, path, keys);
        Some(fields)
    }

    fn unknown_key(&mut self, entry: &Entry, path: &str, keys: &[Key]) -> Option<String> {
        let mut valid: Vec<String> = keys.iter().map(|key| key.name.to_owned()).collect();
        valid.sort_unstable();
        let nearest = nearest_name(&entry.key, valid.iter().map(String::as_str));
        let renamed = RENAMED.iter().find(|(section, old, _)| (*section, *old) == (path, entry.key.as_str()));
        let elsewhere = match renamed {
            Some((_, old, new)) => Some(format!("`{old}` is called `{new}` now: `{}`", join(path, new))),
            None if nearest.is_none() => self.elsewhere(&entry.key),
            None => None,
        };
        let elsewhere = elsewhere.map(String::into_boxed_str);
        let section = Section(path.to_owned());
        let key = printable(&entry.key, 60);
        self.error(entry.key_span, ErrorKind::UnknownKey { key, section, nearest: nearest.clone(), valid, elsewhere });
        nearest
    }

    fn elsewhere(&self, name: &str) -> Option<String> {
        let have_it = self.tables.iter().filter(|(_, keys)| keys.iter().any(|key| key.name == name));
        let sections: Vec<String> = have_it.map(|(path, _)| Section((*path).to_owned()).to_string()).collect();
        if !sections.is_empty() {
            return Some(format!("`{name}` belongs to {}", sections.join(" or ")));
        }
        let declares =
            |plugin: &dyn recur_core::model::ModelPlugin| plugin.about().parameters.iter().any(|p| p.name == name);
        let models: Vec<&str> =
            self.registry.iter().filter(|plugin| declares(*plugin)).map(|plugin| plugin.about().id).collect();
        let from = format!("`{name}` is a parameter of {}: it belongs to `params` or `sweep`", models.join(", "));
        (!models.is_empty()).then_some(from)
    }

    /// Reports keys whose sibling is missing or has another value.
    fn companions(&mut self, entries: &[&Entry], fields: &Fields<'_>, path: &str, keys: &[Key]) {
        for entry in entries {
            let Some(key) = keys.iter().find(|key| key.name == entry.key) else { continue };
            let Some(with) = key.with.filter(|with| fields.has(key.name) && !fields.is_wrong(with.key)) else {
                continue;
            };
            let actual = fields.text(with.key).filter(|_| !with.values.is_empty());
            let fits = match with.values {
                [] => fields.has(with.key),
                needed => actual.is_some_and(|actual| needed.contains(&actual)),
            };
            if !fits {
                let (sibling, actual) = (with.written(&join(path, with.key)), actual.map(str::to_owned));
                self.error(entry.key_span, ErrorKind::Companion { path: join(path, key.name), sibling, actual });
            }
        }
    }

    fn value<'t>(&mut self, node: &'t Node, path: &str, key: &Key, key_span: Span) -> Value<'t> {
        let is_nothing = if key.kind.takes_any_text() { node.is_plain_none() } else { node.is_none() };
        if matches!(key.default, Default::None | Default::Derived(_)) && is_nothing {
            return Value::Nothing;
        }
        match key.kind {
            Kind::Section(keys) => self.section(node, path, keys, key_span).map_or(Value::Wrong, Value::Section),
            Kind::TextOr { keys, .. } if matches!(node.content, Content::Mapping(_)) => {
                self.section(node, path, keys, key_span).map_or(Value::Wrong, Value::Section)
            }
            Kind::Models | Kind::Params | Kind::Axes | Kind::Exceptions | Kind::Stages | Kind::Training => {
                Value::Tree(Some(node))
            }
            _ => node.scalar().and_then(|scalar| single(&key.kind, &scalar)).unwrap_or_else(|| {
                self.wrong(node, path, &key.kind);
                Value::Wrong
            }),
        }
    }

    /// Reports that `node` is not what was expected.
    pub fn wrong(&mut self, node: &Node, path: &str, expected: &Kind) {
        let nearest = match (expected, node.scalar()) {
            (Kind::Choice(words) | Kind::RealOr { words, .. }, Some(Scalar::Text(typed))) => {
                let renamed = RENAMED_VALUES.iter().find(|(key, old, _)| (*key, *old) == (path, &typed));
                renamed.map(|(.., new)| (*new).to_owned()).or_else(|| nearest_name(&typed, words.iter().copied()))
            }
            _ => None,
        };
        let unquoted = node.unquoted().filter(|text| single(expected, &Scalar::Text((*text).to_owned())).is_some());
        let unquoted = unquoted.map(|text| printable(text, 60));
        let (path, expected, got) = (path.to_owned(), expected.to_string(), node.described());
        self.error(node.span, ErrorKind::Value { path, expected, got, nearest, unquoted });
    }
}

/// The value of a single scalar, if it is of `kind`.
pub(crate) fn single(kind: &Kind, scalar: &Scalar) -> Option<Value<'static>> {
    match (kind, scalar) {
        (Kind::Integer { min, max }, Scalar::Integer(n)) => {
            u64::try_from(*n).ok().filter(|n| (min..=max).contains(&n)).map(Value::Integer)
        }
        (Kind::Real { min, max }, Scalar::Integer(_) | Scalar::Real(_)) => {
            let x = match scalar {
                Scalar::Integer(n) => *n as f64,
                Scalar::Real(x) => *x,
                _ => return None,
            };
            (x.is_finite() && (*min, *max).contains(&x)).then_some(Value::Real(x))
        }
        (Kind::Boolean, Scalar::Boolean(yes)) => Some(Value::Boolean(*yes)),
        (Kind::Choice(words), Scalar::Text(word)) => words.contains(&word.as_str()).then(|| Value::Text(word.clone())),
        (Kind::RealOr { words, .. }, Scalar::Text(_)) => single(&Kind::Choice(words), scalar),
        (Kind::RealOr { min, max, .. }, _) => single(&Kind::Real { min: *min, max: *max }, scalar),
        (Kind::Text { max_characters } | Kind::TextOr { max_characters, .. }, Scalar::Text(text)) => {
            let fits = (1..=*max_characters).contains(&text.chars().count()) && !text.contains(breaks_lines);
            fits.then(|| Value::Text(text.clone()))
        }
        (Kind::Name, Scalar::Text(name)) => is_name(name).then(|| Value::Text(name.clone())),
        _ => None,
    }
}

/// Characters that end a line somewhere, and control characters: YAML's versions differ in what they make of them.
fn breaks_lines(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

fn is_name(name: &str) -> bool {
    (1..=100).contains(&name.len()) && name.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-'))
}

fn default(key: &Key) -> Value<'static> {
    match (key.default, key.kind) {
        (Default::Required, _) => Value::Wrong,
        (Default::None | Default::Derived(_), _) => Value::Nothing,
        (Default::Empty, Kind::Section(keys)) => {
            let field = |key: &Key| (key.name, Field { spans: None, value: default(key) });
            Value::Section(Fields(keys.iter().map(field).collect()))
        }
        (Default::Empty, _) => Value::Tree(None),
        (Default::OfSettings, kind) => single(&kind, &crate::scalar::resolve(&key.default_text(), true))
            .unwrap_or_else(|| panic!("the default of `{}` is not of its kind", key.name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{AXIS, RANGE, TABLES};

    #[test]
    fn every_default_is_of_its_kind() {
        let tables = TABLES.iter().map(|(_, keys)| *keys).chain([AXIS, RANGE]);
        let n_keys = tables.flat_map(|keys| keys.iter().map(default)).count();
        assert!(n_keys > 40);
    }

    #[test]
    fn companions_are_keys_of_the_same_table() {
        for (_, keys) in TABLES {
            for with in keys.iter().filter_map(|key| key.with) {
                let sibling = keys.iter().find(|key| key.name == with.key).expect("declared");
                let fits = |word| matches!(sibling.kind, Kind::Choice(words) if words.contains(&word));
                assert!(with.values.iter().copied().all(fits));
            }
        }
    }
}
