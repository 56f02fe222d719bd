//! The line that a message is about, with carets below its place, as `annotate-snippets` draws it.
//!
//! The line comes from a user's file, so hidden characters are shown as escapes (`recur_core::visible`). Nothing is
//! coloured: messages are written to logs and reports as well as to terminals.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use recur_core::visible::{is_hidden, visible};
use std::ops::Range;
use unicode_width::UnicodeWidthChar;

/// Lines wider than this are cut around the place, in columns.
const WIDTH: usize = 120;

/// So many characters next to the place are handed to the renderer, which cuts the line to [`WIDTH`]: a line of a
/// megabyte is not drawn once for each of its errors.
const CONTEXT: usize = 1000;

/// The line with carets below the characters `columns` (from 0) of it, and `help` below both.
///
/// `number` is the line's number; `None` draws no number.
pub(crate) fn excerpt(line: &str, number: Option<usize>, columns: Range<usize>, help: Option<&str>) -> String {
    let (shown, place) = shown(line, columns);
    let snippet = Snippet::source(shown)
        .line_start(number.unwrap_or(1))
        .line_numbering(number.is_some())
        .annotation(AnnotationKind::Primary.span(place));
    let mut group = Group::with_level(Level::ERROR).element(snippet);
    if let Some(help) = help {
        group = group.element(Level::HELP.message(help));
    }
    Renderer::plain().term_width(WIDTH).render(&[group])
}

/// The part of `line` around `columns`, hidden characters as escapes, and the bytes of it that `columns` are.
fn shown(line: &str, columns: Range<usize>) -> (String, Range<usize>) {
    let first = columns.start.saturating_sub(CONTEXT);
    let mut shown = escaped(line.chars().skip(first).take(columns.start - first));
    let start = shown.len();
    let mut width = 0;
    let fits = |character: &char| {
        width += character.width().unwrap_or(1);
        width <= WIDTH
    };
    let marked: Vec<char> = line.chars().skip(columns.start).take(columns.len()).take_while(fits).collect();
    shown += &escaped(marked.iter().copied());
    let end = shown.len();
    shown += &escaped(line.chars().skip(columns.start + marked.len()).take(CONTEXT));
    (shown, start..end)
}

/// The renderer draws a tab as blanks, so tabs are left to it.
fn escaped(characters: impl Iterator<Item = char>) -> String {
    let mut out = String::new();
    for character in characters {
        match character {
            '\t' => out.push('\t'),
            hidden if is_hidden(hidden) => out.push_str(&visible(hidden.encode_utf8(&mut [0; 4]))),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    /// The line as shown, and the columns of the carets, without the gutter.
    fn drawn(line: &str, columns: Range<usize>) -> (String, Range<usize>) {
        let text = excerpt(line, Some(7), columns, None);
        let lines: Vec<&str> = text.lines().collect();
        let [_, shown, carets] = lines[..] else { panic!("{text}") };
        let carets = carets.strip_prefix("  | ").unwrap_or_else(|| panic!("{text}"));
        let start = carets.find('^').unwrap_or_else(|| panic!("{text}"));
        assert!(carets[..start].chars().all(|c| c == ' '), "{text}");
        (shown.strip_prefix("7 |").unwrap().to_owned(), start..carets.len())
    }

    fn check(line: &str, columns: Range<usize>, expect: &str) {
        let shown = format!("\n{}", excerpt(line, Some(7), columns, None));
        assert_eq!(shown, expect);
    }

    #[test]
    fn carets_point_at_characters_behind_wide_combining_and_tabbed_ones() {
        check("a: bcd", 3..6, "\n  |\n7 | a: bcd\n  |    ^^^");
        check("名前: bcd", 4..7, "\n  |\n7 | 名前: bcd\n  |       ^^^");
        check("e\u{301}: 名", 4..5, "\n  |\n7 | e\u{301}: 名\n  |    ^^");
        check("\ta: b", 4..5, "\n  |\n7 |     a: b\n  |        ^");
        check("a:\tb", 3..4, "\n  |\n7 | a:    b\n  |       ^");
    }

    #[test]
    fn hidden_characters_are_escapes_and_carets_count_them() {
        check("\u{1b}[31m x", 6..7, "\n  |\n7 | \\x1b[31m x\n  |          ^");
        check("a\u{202e}b: c", 2..3, "\n  |\n7 | a\\u{202e}b: c\n  |          ^");
        check("a\u{202e}b", 1..2, "\n  |\n7 | a\\u{202e}b\n  |  ^^^^^^^^");
        check("a\rb\u{feff}", 2..3, "\n  |\n7 | a\\rb\\u{feff}\n  |    ^");
    }

    #[test]
    fn a_place_at_the_end_or_in_an_empty_line_is_one_caret() {
        check("ab", 2..2, "\n  |\n7 | ab\n  |   ^");
        check("ab", 5..6, "\n  |\n7 | ab\n  |   ^");
        check("", 0..1, "\n  |\n7 |\n  | ^");
    }

    #[test]
    fn help_is_below_and_an_override_has_no_number() {
        let text = excerpt("a=b", None, 2..3, Some("write c"));
        assert_eq!(text, " |\n | a=b\n |   ^\n |\n = help: write c");
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        for unit in ["a", "名", "e\u{301}", "\u{202e}", "\t"] {
            let n = 5000;
            let line = format!("{}X{}", unit.repeat(n), unit.repeat(n));
            let column = n * unit.chars().count();
            let (shown, carets) = drawn(&line, column..column + 1);
            assert!(shown.width() < 140, "{shown}");
            assert_eq!(shown[1..].split_once('X').unwrap().0.width(), carets.start, "{shown}");
        }
    }

    #[test]
    fn a_long_place_is_marked_for_a_line_of_the_screen() {
        for unit in ["a", "名", "\u{202e}"] {
            let (shown, carets) = drawn(&unit.repeat(5000), 0..5000);
            assert!(carets.len() <= 1000 && shown.width() < 1000, "{shown}");
        }
    }

    proptest! {
        #[test]
        fn any_line_and_place_can_be_drawn(line in "[ab \t名é\u{301}\u{200d}\u{202e}\u{1b}\u{0}👩]{0,300}", start in 0..310_usize, len in 0..310_usize) {
            let text = excerpt(&line, Some(1), start..start + len, Some("help"));
            prop_assert!(!text.contains(|c| c != '\n' && is_hidden(c)), "{text}");
            prop_assert!(text.contains('^'), "{text}");
        }

        #[test]
        fn the_caret_is_below_its_character(before in "[ab \t名é\u{301}\u{202e}\u{1b}\u{0}👩]{0,300}", after in "[ab 名]{0,300}") {
            let column = before.chars().count();
            let (shown, carets) = drawn(&format!("{before}X{after}"), column..column + 1);
            prop_assert_eq!(shown[1..].split_once('X').unwrap().0.width(), carets.start, "{}", shown);
        }
    }
}
