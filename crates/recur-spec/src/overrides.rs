//! `--set path=value`: values put into the tree before it is checked.

use crate::check::nearest_name;
use crate::error::ErrorKind;
use crate::reader::{Fault, MAX_BYTES, fail, forbidden_character, read};
use crate::source::{Span, printable};
use crate::tree::{Content, Entry, Node};
use std::str::FromStr;

/// One value of a spec, given from outside.
///
/// ```
/// let three: recur_spec::Override = "training.epochs=3".parse().unwrap();
/// assert_eq!((three.path.as_str(), three.value.as_str()), ("training.epochs", "3"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Keys joined by `.`; an element of a list by its index from 0, a model also by its name: what it has as `as`, or its id.
    pub path: String,
    /// The value, as YAML.
    pub value: String,
}

impl FromStr for Override {
    type Err = ErrorKind;

    /// Divides `text` at its first `=`.
    fn from_str(text: &str) -> Result<Self, ErrorKind> {
        match text.split_once('=') {
            Some((path, value)) if !path.is_empty() => Ok(Self { path: path.to_owned(), value: value.to_owned() }),
            _ => Err(ErrorKind::OverrideForm { text: printable(text, 120) }),
        }
    }
}

/// One segment of a path, with its place.
struct Segment<'a> {
    text: &'a str,
    span: Span,
}

/// Puts the value of `change` into `root`; `source` is the override's number among the sources.
pub(crate) fn apply(root: &mut Node, change: &Override, source: usize) -> Result<(), Box<Fault>> {
    let whole = format!("{}={}", change.path, change.value);
    let segments = segments(&change.path, source);
    if let Some(empty) = segments.iter().find(|segment| segment.text.is_empty()) {
        return fail(empty.span, ErrorKind::OverrideForm { text: printable(&whole, 120) });
    }
    if let Some(error) = forbidden_character(&whole, source) {
        return Err(Box::new(error));
    }
    let start = Span { source, line: 1, column: 1, len: 1 };
    if whole.len() > MAX_BYTES {
        return fail(start, ErrorKind::TooLarge { bytes: whole.len(), max: MAX_BYTES });
    }
    let shift = change.path.chars().count() + 1;
    let value = read(&change.value, source, shift)?.unwrap_or(Node::null(start));
    put(root, &segments, "", value)
}

fn segments(path: &str, source: usize) -> Vec<Segment<'_>> {
    let mut column = 1;
    let segment = |text| {
        let len = str::chars(text).count();
        let span = Span { source, line: 1, column, len };
        column += len + 1;
        Segment { text, span }
    };
    path.split('.').map(segment).collect()
}

fn put(node: &mut Node, segments: &[Segment<'_>], path: &str, value: Node) -> Result<(), Box<Fault>> {
    let Some((first, rest)) = segments.split_first() else {
        *node = value;
        return Ok(());
    };
    let below = if path.is_empty() { first.text.to_owned() } else { format!("{path}.{}", first.text) };
    if node.is_null() {
        node.content = Content::Mapping(Vec::new());
    }
    let got = node.described();
    match &mut node.content {
        Content::Mapping(entries) => {
            let entry = entry(entries, first);
            if rest.is_empty() {
                entry.key_span = first.span;
            }
            put(&mut entry.value, rest, &below, value)
        }
        Content::Sequence(elements) => {
            let index = element(elements, first, path)?;
            put(&mut elements[index], rest, &below, value)
        }
        Content::Scalar { .. } => {
            let kind = ErrorKind::NoKeysHere { path: path.to_owned(), segment: first.text.to_owned(), got };
            fail(first.span, kind)
        }
    }
}

fn entry<'n>(entries: &'n mut Vec<Entry>, segment: &Segment<'_>) -> &'n mut Entry {
    let index = entries.iter().position(|entry| entry.key == segment.text).unwrap_or_else(|| {
        let value = Node::null(segment.span);
        entries.push(Entry { key: segment.text.to_owned(), key_span: segment.span, value });
        entries.len() - 1
    });
    &mut entries[index]
}

fn element(elements: &[Node], segment: &Segment<'_>, path: &str) -> Result<usize, Box<Fault>> {
    let text = |node: &Node, key: &str| match node.get(key).map(|value| &value.content) {
        Some(Content::Scalar { text, .. }) => Some(text.clone()),
        _ => None,
    };
    let name = |node: &Node| text(node, "as").or_else(|| text(node, "use"));
    let is = |found: Option<String>| found.as_deref() == Some(segment.text);
    let named = elements.iter().position(|element| is(name(element)));
    let named = named.or_else(|| elements.iter().position(|element| is(text(element, "use"))));
    let indexed = segment.text.parse().ok().filter(|index| *index < elements.len());
    named.or(indexed).ok_or_else(|| {
        let names = |(index, node)| name(node).unwrap_or_else(|| usize::to_string(&index));
        let valid: Vec<String> = elements.iter().enumerate().map(names).take(50).collect();
        let kind = ErrorKind::NoSuchElement {
            path: path.to_owned(),
            segment: segment.text.to_owned(),
            nearest: nearest_name(segment.text, valid.iter().map(String::as_str)),
            valid,
        };
        Box::new((segment.span, kind))
    })
}
