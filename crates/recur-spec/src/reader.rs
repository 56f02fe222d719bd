//! Text → tree: YAML without the parts that make a file mean something else than it shows.
//!
//! Anchors, aliases, merge keys, tags and further documents are refused, so the tree is never larger than the text.

use crate::error::{ErrorKind, Feature};
use crate::source::Span;
use crate::tree::{Content, Entry, Node};
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span as Marks, StrInput, Tag};
use std::borrow::Cow;

/// Bytes that a spec may have.
pub(crate) const MAX_BYTES: usize = 1 << 20;
const MAX_DEPTH: usize = 32;
const MAX_NODES: usize = 100_000;

/// What is wrong, and where.
pub(crate) type Fault = (Span, ErrorKind);

/// The end of reading at its first fault.
pub(crate) fn fail<T>(span: Span, kind: ErrorKind) -> Result<T, Box<Fault>> {
    Err(Box::new((span, kind)))
}

/// Bytes → text with `\n` as its only line break and without a byte order mark.
///
/// The text is given in any case, to show the line of an error from.
pub(crate) fn decode(bytes: &[u8]) -> (String, Option<Fault>) {
    if bytes.len() > MAX_BYTES {
        let error = ErrorKind::TooLarge { bytes: bytes.len(), max: MAX_BYTES };
        return (String::new(), Some((Span { source: 0, line: 1, column: 1, len: 0 }, error)));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let unify = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            let text = unify(text);
            let error = forbidden_character(&text, 0);
            (text, error)
        }
        Err(error) => {
            let (valid, rest) = bytes.split_at(error.valid_up_to());
            let before = unify(&String::from_utf8_lossy(valid));
            let span = Span { len: 1, ..end_of(&before, 0) };
            let kind = ErrorKind::NotUtf8 { byte: rest[0] };
            (before + &unify(&String::from_utf8_lossy(rest)), Some((span, kind)))
        }
    }
}

/// The first character that YAML does not allow. The parser would take some of them, NUL above all, for the end.
pub(crate) fn forbidden_character(text: &str, source: usize) -> Option<Fault> {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\u{85}' | '\u{a0}'..) || (' '..='~').contains(&c);
    let (at, character) =
        text.char_indices().find(|(_, c)| !allowed(*c) || matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}'))?;
    Some((Span { len: 1, ..end_of(&text[..at], source) }, ErrorKind::ForbiddenCharacter { code: character.into() }))
}

fn end_of(text: &str, source: usize) -> Span {
    let last_line = text.rsplit('\n').next().unwrap_or_default();
    Span { source, line: text.matches('\n').count() + 1, column: last_line.chars().count() + 1, len: 0 }
}

/// Reads the one document of `text`; `None` if there is nothing in it.
///
/// `source` and `shift` (columns by which the first line is moved to the right) make its places.
pub(crate) fn read(text: &str, source: usize, shift: usize) -> Result<Option<Node>, Box<Fault>> {
    let mut reader = Reader { parser: Parser::new_from_str(text), source, shift, n_nodes: 0, text };
    let mut root = None;
    loop {
        let (event, marks) = reader.next()?;
        match event {
            Event::StreamEnd => return Ok(root),
            Event::DocumentStart(_) if root.is_some() => {
                return fail(reader.span(marks), ErrorKind::Unsupported(Feature::Documents));
            }
            Event::DocumentStart(_) => {
                let (event, marks) = reader.next()?;
                root = Some(reader.node(event, marks, 0)?);
            }
            _ => {}
        }
    }
}

const ALIAS: ErrorKind = ErrorKind::Unsupported(Feature::Aliases);

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    source: usize,
    shift: usize,
    n_nodes: usize,
    text: &'t str,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Marks), Box<Fault>> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(Box::new(self.syntax_error(&error))),
            None => Ok((Event::StreamEnd, Marks::default())),
        }
    }

    fn node(&mut self, event: Event<'t>, marks: Marks, depth: usize) -> Result<Node, Box<Fault>> {
        let span = self.span(marks);
        self.n_nodes += 1;
        if depth > MAX_DEPTH {
            return fail(span, ErrorKind::TooDeep { max: MAX_DEPTH });
        }
        if self.n_nodes > MAX_NODES {
            return fail(span, ErrorKind::TooManyValues { max: MAX_NODES });
        }
        let content = match event {
            Event::Scalar(text, style, anchor, tag) => {
                refuse(span, anchor, tag.as_ref())?;
                Content::Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain }
            }
            Event::SequenceStart(anchor, tag) => {
                refuse(span, anchor, tag.as_ref())?;
                Content::Sequence(self.sequence(depth)?)
            }
            Event::MappingStart(anchor, tag) => {
                refuse(span, anchor, tag.as_ref())?;
                Content::Mapping(self.mapping(depth)?)
            }
            Event::Alias(_) => {
                let column = marks.start.col();
                return fail(span, self.glob_at(marks.start.line(), column).unwrap_or(ALIAS));
            }
            // No other event comes where a value is due; were it so, nothing would.
            _ => return Ok(Node::null(span)),
        };
        Ok(Node { span, content })
    }

    fn sequence(&mut self, depth: usize) -> Result<Vec<Node>, Box<Fault>> {
        let mut elements = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd | Event::StreamEnd, _) => return Ok(elements),
                (event, marks) => elements.push(self.node(event, marks, depth + 1)?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Vec<Entry>, Box<Fault>> {
        let mut entries = Vec::new();
        loop {
            let (event, marks) = self.next()?;
            if matches!(event, Event::MappingEnd | Event::StreamEnd) {
                return Ok(entries);
            }
            let key = self.node(event, marks, depth + 1)?;
            let (event, marks) = self.next()?;
            let mut value = self.node(event, marks, depth + 1)?;
            let Content::Scalar { text, .. } = key.content else {
                return fail(key.span, ErrorKind::KeyIsNoWord { got: key.described() });
            };
            if text == "<<" {
                return fail(key.span, ErrorKind::Unsupported(Feature::MergeKeys));
            }
            if value.is_null() && value.span.len <= 1 {
                // The place of an empty value is of no use to a reader; that of its key is.
                value.span = key.span;
            }
            entries.push(Entry { key: text, key_span: key.span, value });
        }
    }

    fn span(&self, marks: Marks) -> Span {
        let (start, end) = (marks.start, marks.end);
        // A value that goes on below is underlined to the end of its first line; the excerpt ends there by itself.
        let len = if end.line() == start.line() { end.col().saturating_sub(start.col()) } else { usize::MAX };
        self.at(start.line(), start.col(), len.max(1))
    }

    fn at(&self, line: usize, column: usize, len: usize) -> Span {
        let shift = if line <= 1 { self.shift } else { 0 };
        Span { source: self.source, line: line.max(1), column: column + 1 + shift, len }
    }

    /// The error of the word around `column` (from 0) of `line`, if it is a glob without quotes.
    fn glob_at(&self, line: usize, column: usize) -> Option<ErrorKind> {
        let line: Vec<char> = self.text.split('\n').nth(line.max(1) - 1)?.chars().collect();
        let is_blank = |c: &char| c.is_whitespace();
        let before = line.get(..column.min(line.len()))?;
        let start = before.iter().rposition(is_blank).map_or(0, |blank| blank + 1);
        let text: String = line[start..].iter().take_while(|c| !is_blank(c)).collect();
        let is_alias =
            |name: &str| name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ',' | ']' | '}'));
        let is_glob = match text.strip_prefix('*') {
            Some(name) => name.is_empty() || !is_alias(name),
            None => text.starts_with('[') && !text.ends_with(']') && text.contains(['*', '?', '.', '/']),
        };
        let is_override = self.source > 0;
        (is_glob && !text.contains(['"', '\''])).then_some(ErrorKind::UnquotedGlob { text, is_override })
    }

    fn syntax_error(&self, error: &ScanError) -> Fault {
        let (mut line, mut column) = (error.marker().line().max(1), error.marker().col());
        let lines: Vec<&str> = self.text.split('\n').take(line).collect();
        let here = lines.get(line - 1).copied().unwrap_or_default();
        if here.trim().is_empty() {
            // The text ends too early: its last line says more than the empty one behind it.
            let last = lines.iter().rposition(|line| !line.trim().is_empty()).unwrap_or(0);
            (line, column) = (last + 1, lines[last].trim_end().chars().count());
        }
        if let Some(glob) = self.glob_at(line, column) {
            return (self.at(line, column, 1), glob);
        }
        let kind = match here.chars().nth(column) {
            // An alias of an anchor that is not there: the alias is what to take out.
            Some('*') if error.info().contains("anchor") => ALIAS,
            // The parser stops at a tab or one character behind it.
            _ if here.chars().take(column + 1).skip(column.saturating_sub(1)).any(|c| c == '\t') => {
                ErrorKind::Tab { indents: here.chars().take(column).all(char::is_whitespace) }
            }
            _ => ErrorKind::Syntax { problem: error.info().to_owned() },
        };
        (self.at(line, column, 1), kind)
    }
}

fn refuse(span: Span, anchor: usize, tag: Option<&Cow<'_, Tag>>) -> Result<(), Box<Fault>> {
    match (anchor, tag) {
        (0, None) => Ok(()),
        (0, Some(_)) => fail(span, ErrorKind::Unsupported(Feature::Tags)),
        _ => fail(span, ErrorKind::Unsupported(Feature::Anchors)),
    }
}
