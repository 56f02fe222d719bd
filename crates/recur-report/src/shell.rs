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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_for_a_shell_and_nothing_of_it_is_hidden() {
        let check = |word: &str, expect: &str| assert_eq!(quoted(word), expect);
        check("a.yaml", "a.yaml");
        check("a b.yaml", "'a b.yaml'");
        check("x'y", "\"x'y\"");
        check("", "''");
        check("a\u{202e}b'\\.yaml", "$'a\\U0000202eb\\'\\\\.yaml'");
        check("\u{1b}[31m", "$'\\U0000001b[31m'");
    }
}
