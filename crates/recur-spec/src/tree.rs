//! A YAML document as a small tree in which everything knows its place.

use crate::scalar::{Scalar, resolve};
use crate::source::{Span, printable};

/// A value with its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub span: Span,
    pub content: Content,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// A single value; only a plain (unquoted) one can be anything but text.
    Scalar { text: String, plain: bool },
    /// A list.
    Sequence(Vec<Node>),
    /// A mapping, in the order written, repeated keys included.
    Mapping(Vec<Entry>),
}

/// One key of a mapping, with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub key: String,
    pub key_span: Span,
    pub value: Node,
}

impl Node {
    /// An empty value.
    pub fn null(span: Span) -> Self {
        Self { span, content: Content::Scalar { text: String::new(), plain: true } }
    }

    /// The meaning of a single value.
    pub fn scalar(&self) -> Option<Scalar> {
        match &self.content {
            Content::Scalar { text, plain } => Some(resolve(text, *plain)),
            _ => None,
        }
    }

    /// Whether nothing is here.
    pub fn is_null(&self) -> bool {
        self.scalar() == Some(Scalar::Null)
    }

    /// Whether nothing is here, or the word `none` without quotes: where a text may be, quotes make it that text.
    pub fn is_plain_none(&self) -> bool {
        self.is_none() && !matches!(self.content, Content::Scalar { plain: false, .. })
    }

    /// Whether nothing is here, or the word `none`, with quotes or without.
    pub fn is_none(&self) -> bool {
        self.is_null() || self.scalar() == Some(Scalar::Text("none".to_owned()))
    }

    /// What is written here, where YAML takes it for something else than text and quotes would make it text.
    pub fn unquoted(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { text, plain: true } if !text.is_empty() => {
                (!matches!(resolve(text, true), Scalar::Text(_))).then_some(text.as_str())
            }
            _ => None,
        }
    }

    /// The value of `key`, of the first one if there are several.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.content {
            Content::Mapping(entries) => entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value),
            _ => None,
        }
    }

    /// What stands here, in words for a message.
    pub fn described(&self) -> String {
        match &self.content {
            Content::Sequence(elements) if elements.is_empty() => "an empty list".to_owned(),
            Content::Sequence(elements) => {
                let shown: Vec<String> = elements.iter().take(4).map(Node::element).collect();
                let more = if elements.len() > 4 { ", …" } else { "" };
                format!("the list [{}{more}]", shown.join(", "))
            }
            Content::Mapping(_) => "a mapping".to_owned(),
            Content::Scalar { text, plain } => match resolve(text, *plain) {
                Scalar::Null => "nothing".to_owned(),
                Scalar::Text(text) => format!("the text \"{}\"", printable(&text, 60)),
                _ => printable(text, 60),
            },
        }
    }

    fn element(&self) -> String {
        match &self.content {
            Content::Scalar { text, plain: true } if text.is_empty() => "null".to_owned(),
            Content::Scalar { text, .. } => printable(text, 20),
            Content::Sequence(_) => "[…]".to_owned(),
            Content::Mapping(_) => "{…}".to_owned(),
        }
    }
}
