//! The texts a spec is read from (the file, and each override), and places in them.

use crate::Override;
use crate::excerpt::excerpt;
use std::fmt;

/// A stretch of one line of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    /// 0 for the file, else the number of the override, from 1.
    pub source: usize,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// In characters.
    pub len: usize,
}

/// A place in a spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, or the override as `--set path=value`.
    pub source: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters. In an override it counts from the start of its path.
    pub column: usize,
    is_override: bool,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_override {
            f.write_str(&self.source)
        } else {
            write!(f, "{}:{}:{}", self.source, self.line, self.column)
        }
    }
}

/// All texts of a spec.
pub(crate) struct Sources {
    file: String,
    /// The file's text, then each override as `path=value`.
    texts: Vec<String>,
}

impl Sources {
    /// `text` must have no other line breaks than `\n`.
    pub fn new(file: &str, text: String, overrides: &[Override]) -> Self {
        let texts = std::iter::once(text).chain(overrides.iter().map(|o| format!("{}={}", o.path, o.value)));
        Self { file: file.to_owned(), texts: texts.collect() }
    }

    /// The file's text.
    pub fn text(&self) -> &str {
        &self.texts[0]
    }

    /// `span` in terms that a user knows.
    pub fn place(&self, span: Span) -> Place {
        let is_override = span.source > 0;
        let source =
            if is_override { format!("--set {}", printable(&self.texts[span.source], 120)) } else { self.file.clone() };
        Place { source, line: span.line, column: span.column, is_override }
    }

    /// The line of `span` with carets below its place, and `help` below both.
    pub fn excerpt(&self, span: Span, help: Option<&str>) -> String {
        let line = self.texts[span.source].split('\n').nth(span.line - 1).unwrap_or_default();
        let start = span.column - 1;
        excerpt(line, (span.source == 0).then_some(span.line), start..start.saturating_add(span.len), help)
    }
}

/// `text` fit for one line of a message: hidden characters as escapes, at most `max` characters of it.
pub(crate) fn printable(text: &str, max: usize) -> String {
    let cut = text.chars().nth(max).is_some();
    let start: String = text.chars().take(max).chain(cut.then_some('…')).collect();
    recur_core::visible::visible(&start).into_owned()
}
