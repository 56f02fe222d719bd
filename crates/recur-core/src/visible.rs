//! Text from outside, made safe to show: no character can move a cursor, ring a bell, hide itself or reverse its line.
//!
//! A terminal obeys control characters, and a text with bidirectional marks is not read in the order of its
//! characters. Both are shown as an escape that names the character: `\x1b`, `\u{202e}`. Nothing is removed, so two
//! different texts stay different. (A backslash is not doubled: what is shown is for reading, not for parsing.)

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;

/// Whether a terminal or a reader may be misled by `character`: control characters bidirectional
/// marks, separators of lines, and characters without width that join nothing.
///
/// Joiners (U+200C, U+200D) and variation selectors are left as they are: words and emoji need them.
pub fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// Whether Unicode lets a reader see nothing of `character`: the property Default_Ignorable_Code_Point (UAX #44,
/// version 16). Texts that differ only in these look alike.
pub fn is_ignorable(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// `text` on one line, with each hidden character as an escape.
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, is_hidden, push_escape)
}

/// The name of a file or folder, on one line with each hidden character as an escape: a name may be anybody's, and one with a
/// line end would be read as a line of recur's own.
pub fn shown(path: impl AsRef<Path>) -> String {
    visible(&path.as_ref().display().to_string()).into_owned()
}

/// As [`visible`], for text of several lines: line ends stay.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |character| character != '\n' && is_hidden(character), push_escape)
}

/// As [`visible`], for what a terminal shows: line ends and tabs stay, so that a caret below a line points at its place.
pub fn visible_screen(text: &str) -> Cow<'_, str> {
    escaped(text, |character| !matches!(character, '\n' | '\t') && is_hidden(character), push_escape)
}

/// As [`visible`], with ignorable characters as escapes too: for texts whose difference has to be seen.
pub fn visible_fully(text: &str) -> Cow<'_, str> {
    escaped(text, |character| is_hidden(character) || is_ignorable(character), push_escape)
}

/// JSON with each hidden character of its strings as a JSON escape: the same value, and safe to print.
pub fn visible_json(json: &str) -> Cow<'_, str> {
    escaped(
        json,
        |character| character != '\n' && is_hidden(character),
        |out, character| {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        },
    )
}

fn push_escape(out: &mut String, character: char) {
    // Writing to a string does not fail.
    let _ = match character {
        '\n' => write!(out, "\\n"),
        '\r' => write!(out, "\\r"),
        '\t' => write!(out, "\\t"),
        c if c.is_ascii() => write!(out, "\\x{:02x}", u32::from(c)),
        c => write!(out, "\\u{{{:x}}}", u32::from(c)),
    };
}

fn escaped(text: &str, is_wanted: impl Fn(char) -> bool, push: impl Fn(&mut String, char)) -> Cow<'_, str> {
    let Some(first) = text.find(&is_wanted) else { return Cow::Borrowed(text) };
    let mut out = text[..first].to_owned();
    for character in text[first..].chars() {
        if is_wanted(character) {
            push(&mut out, character);
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(visible(text), expected);
    }

    #[test]
    fn what_a_terminal_obeys_is_shown_as_an_escape() {
        check("A\x1b[31mnna", "A\\x1b[31mnna");
        check("\x07\0\x7f", "\\x07\\x00\\x7f");
        check("a\u{9b}31m", "a\\u{9b}31m");
        check("a\r\n\tb", "a\\r\\n\\tb");
        check("ab\u{202e}dc\u{2066}", "ab\\u{202e}dc\\u{2066}");
        check("\u{feff}name\u{200b}", "\\u{feff}name\\u{200b}");
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        for text in ["", "naïve Łódź", "Ελλάδα", "می\u{200c}خواهم", "👩\u{200d}🚀", "a\\x1b"] {
            check(text, text);
        }
        assert_eq!(visible_lines("a\n\tb\x1b"), "a\n\\tb\\x1b");
        assert_eq!(visible_screen("a\n\tb\x1b"), "a\n\tb\\x1b");
        assert_eq!(visible_fully("a\u{ad}b\u{200c}"), "a\\u{ad}b\\u{200c}");
    }

    #[test]
    fn json_keeps_its_value() {
        let text = "a\u{7f}b\u{202e}c\u{e0041}";
        let json = serde_json::to_string(text).unwrap();
        let shown = visible_json(&json);
        assert!(!shown.chars().any(is_hidden), "{shown}");
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
    }
}
