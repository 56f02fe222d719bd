//! YAML of other files than specs, such as manifests of plugins: read into a type, and its error shown as that of a spec.

use crate::excerpt::excerpt;
use recur_core::visible::visible;
use serde::de::DeserializeOwned;
use serde_yaml::Location;
use std::fmt;

/// The first thing that is wrong with YAML text: in one line, and below it the line of the text where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    problem: String,
    excerpt: Option<String>,
}

impl std::error::Error for YamlError {}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)?;
        self.excerpt.as_ref().map_or(Ok(()), |excerpt| write!(f, "\n{excerpt}"))
    }
}

/// Reads `text` as a `T`.
///
/// # Errors
/// Text that is no YAML, or not that of a `T`. The message names line and column, and shows the line.
pub fn read_yaml<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    // The parser does not count a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_yaml::from_str(text).map_err(|error| YamlError {
        problem: visible(&error.to_string()).into_owned(),
        excerpt: error.location().filter(|_| !text.is_empty()).map(|location| line_of(text, &location)),
    })
}

/// The parser counts bytes, and knows more line breaks than `\n`.
fn line_of(text: &str, location: &Location) -> String {
    let is_break = |character: char| matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let at = text.floor_char_boundary(location.index());
    let (before, after) = text.split_at(at);
    let start = before.rfind(is_break).map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
    let end = after.find(is_break).map_or(text.len(), |end| at + end);
    let column = text[start..at].chars().count();
    excerpt(&text[start..end], Some(location.line()), column..column + 1, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use recur_core::visible::is_hidden;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Named {
        #[expect(dead_code, reason = "read for its type")]
        id: u32,
    }

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let error = read_yaml::<Named>(text).unwrap_err().to_string();
        assert_eq!(error, expect);
    }

    #[test]
    fn the_line_is_shown_with_a_caret_at_its_place() {
        check(
            "# 名\nid: two\n",
            "id: invalid type: string \"two\", expected u32 at line 2 column 5\n  |\n2 | id: two\n  |     ^",
        );
        check("\u{feff}id: 1\r\nit: 2", "unknown field `it`, expected `id` at line 2 column 1\n  |\n2 | it: 2\n  | ^");
        check(
            "{名: e\u{301}, id: x}",
            "unknown field `名`, expected `id` at line 1 column 2\n  |\n1 | {名: e\u{301}, id: x}\n  |  ^^",
        );
    }

    #[test]
    fn an_error_at_the_end_or_in_an_empty_file_has_its_place() {
        let unclosed = read_yaml::<Named>("{id: 1,\n").unwrap_err().to_string();
        assert!(unclosed.ends_with("\n  |\n2 |\n  | ^"), "{unclosed}");
        let empty = read_yaml::<Named>("").unwrap_err().to_string();
        assert!(!empty.is_empty() && !empty.contains('^'), "{empty}");
    }

    #[test]
    fn hidden_characters_are_escapes() {
        let error = read_yaml::<Named>("\"a\u{202e}b\": 1").unwrap_err().to_string();
        assert!(error.contains("1 | \"a\\u{202e}b\": 1\n"), "{error}");
        assert!(!error.contains(|c| c != '\n' && is_hidden(c)), "{error}");
    }
}
