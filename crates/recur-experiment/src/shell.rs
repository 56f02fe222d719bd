//! Words of a command as a shell reads them, for the command that a report names.

use recur_core::visible::is_hidden;
use std::borrow::Cow;
use std::fmt::Write as _;

/// `word` as a shell reads it as one. Hidden characters are written as `$'…'` has them, which bash, ksh and zsh read: so
/// they are seen.
pub fn quoted(word: &str) -> String {
    if word.contains(is_hidden) {
        return escaped(word);
    }
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), Cow::into_owned)
}

fn escaped(word: &str) -> String {
    let mut quoted = "$'".to_owned();
    for character in word.chars() {
        // Writing to a string does not fail.
        let _ = match character {
            '\'' | '\\' => write!(quoted, "\\{character}"),
            hidden if is_hidden(hidden) => write!(quoted, "\\U{:08x}", u32::from(hidden)),
            other => write!(quoted, "{other}"),
        };
    }
    quoted + "'"
}

/// The words of a command in which each word is as [`quoted`] writes it; `None` if a quote is not closed.
pub fn split(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = command.trim_start();
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix("$'") {
            let (word, after) = unescaped(inner)?;
            words.push(word);
            rest = after.trim_start();
        } else {
            // Up to the next such word, which no other word of `quoted` holds outside of quotes.
            let end = next_escaped(rest);
            words.extend(shlex::split(&rest[..end])?);
            rest = &rest[end..];
        }
    }
    Some(words)
}

/// Where the next word of the form `$'…'` begins, or the end.
fn next_escaped(text: &str) -> usize {
    let mut quote = None;
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        match quote {
            None if character == '$' && before == ' ' && text[at..].starts_with("$'") => return at,
            None if matches!(character, '\'' | '"') => quote = Some(character),
            Some(open) if character == open => quote = None,
            _ => {}
        }
        before = character;
    }
    text.len()
}

/// A word up to its closing quote, and what follows.
fn unescaped(text: &str) -> Option<(String, &str)> {
    let (mut word, mut characters) = (String::new(), text.char_indices());
    while let Some((at, character)) = characters.next() {
        match character {
            '\'' => return Some((word, &text[at + 1..])),
            '\\' => match characters.next()?.1 {
                'U' => {
                    let digits: String = characters.by_ref().take(8).map(|(_, digit)| digit).collect();
                    word.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
                }
                other => word.push(other),
            },
            other => word.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_any_characters_are_read_back_and_none_is_hidden() {
        let words = [
            "just",
            "a b.yaml",
            "x'y",
            "$'",
            "a\u{202e}b'\\.yaml",
            "\u{1b}[31m",
            "line\nend",
            "",
            "--set",
            "a=\u{200b}",
        ];
        let command = words.map(quoted).join(" ");
        assert!(!command.contains(is_hidden), "{command}");
        assert_eq!(split(&command).unwrap(), words);
        assert_eq!((quoted("a.yaml"), quoted("a\u{202e}")), ("a.yaml".to_owned(), "$'a\\U0000202e'".to_owned()));
    }

    #[test]
    fn an_open_quote_is_no_command() {
        assert_eq!((split("a 'b"), split("a $'b"), split("a $'\\U00")), (None, None, None));
    }
}
