//! The texts a spec is read from (the file, and each override), and places in them.

use crate::Override;
use recur_core::visible::is_hidden;
use std::fmt;
use unicode_width::UnicodeWidthChar;

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

/// The line that an error is about, with the stretch to underline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Excerpt {
    number: Option<usize>,
    text: String,
    indent: String,
    carets: usize,
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

    /// The line that `span` stands in.
    pub fn excerpt(&self, span: Span) -> Excerpt {
        let line = self.texts[span.source].split('\n').nth(span.line - 1).unwrap_or_default();
        Excerpt::new((span.source == 0).then_some(span.line), line, span.column - 1, span.len)
    }
}

/// Lines longer than this are cut around the caret.
const WINDOW: usize = 120;

impl Excerpt {
    fn new(number: Option<usize>, line: &str, start: usize, len: usize) -> Self {
        let cut = if start > WINDOW * 2 / 3 { start - WINDOW / 2 } else { 0 };
        let shown: Vec<char> = line.chars().skip(cut).take(WINDOW).map(visible).collect();
        let more = line.chars().nth(cut + WINDOW).is_some();
        let start = start - cut;
        let ellipsis = if cut > 0 { "…" } else { "" };
        let text = format!("{ellipsis}{}{}", shown.iter().collect::<String>(), if more { "…" } else { "" });
        // A tab stays one, so that both lines jump alike; every other letter is as many blanks as it is wide.
        let blank = |c: &char| if *c == '\t' { "\t".to_owned() } else { " ".repeat(c.width().unwrap_or(0)) };
        let before = shown.iter().take(start).map(blank);
        let indent = std::iter::repeat_n(" ".to_owned(), usize::from(cut > 0)).chain(before).collect();
        let carets = shown.iter().skip(start).take(len).map(|c| c.width().unwrap_or(1)).sum::<usize>().max(1);
        Self { number, text: text.trim_end().to_owned(), indent, carets }
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.number.map(|n| n.to_string()).unwrap_or_default();
        writeln!(f, "{number:>5} | {}", self.text)?;
        write!(f, "{:>5} | {}{}", "", self.indent, "^".repeat(self.carets))
    }
}

/// The same character, or a mark as wide as one for what would disturb a terminal: carets have to point at their place.
fn visible(letter: char) -> char {
    if is_hidden(letter) && letter != '\t' { char::REPLACEMENT_CHARACTER } else { letter }
}

/// `text` fit for one line of a message: hidden characters as escapes, at most `max` characters of it.
pub(crate) fn printable(text: &str, max: usize) -> String {
    let cut = text.chars().nth(max).is_some();
    let start: String = text.chars().take(max).chain(cut.then_some('…')).collect();
    recur_core::visible::visible(&start).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, start: usize, len: usize, expect: &str) {
        assert_eq!(Excerpt::new(Some(7), line, start, len).to_string(), expect);
    }

    #[test]
    fn carets_stand_under_their_letters() {
        check("a: bcd", 3, 3, "    7 | a: bcd\n      |    ^^^");
        check("名前: bcd", 4, 3, "    7 | 名前: bcd\n      |       ^^^");
        check("e\u{301}: 名", 4, 1, "    7 | e\u{301}: 名\n      |    ^^");
        check("\ta: b", 4, 1, "    7 | \ta: b\n      | \t   ^");
    }

    #[test]
    fn a_caret_past_the_end_is_one_wide() {
        check("ab", 2, 0, "    7 | ab\n      |   ^");
    }

    #[test]
    fn a_long_line_is_cut_around_the_caret() {
        let line = format!("{}X{}", "a".repeat(5000), "b".repeat(5000));
        let text = Excerpt::new(Some(1), &line, 5000, 1).to_string();
        let (shown, carets) = text.split_once('\n').unwrap();
        assert!(shown.chars().count() < 140);
        let column = |line: &str, mark| line.chars().position(|c| c == mark);
        assert_eq!(column(shown, 'X'), column(carets, '^'));
    }

    #[test]
    fn control_characters_are_not_echoed() {
        check("\u{1b}[31m", 0, 1, "    7 | \u{fffd}[31m\n      | ^");
    }
}
