//! What an example is called: in reports, which know the spec, and elsewhere, where it is a text.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What an example is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noun {
    /// One of them.
    pub one: String,
    /// Any other number of them.
    pub many: String,
}

impl Noun {
    /// The noun that is `one` in the singular, with the plural that English forms by rule.
    pub fn of(one: &str) -> Self {
        Self { one: one.to_owned(), many: plural(one) }
    }

    /// Whether the plural is that which English forms by rule.
    pub fn is_regular(&self) -> bool {
        self.many == plural(&self.one)
    }

    /// What an example is called where nothing else is known.
    pub fn text() -> Self {
        Self::of("text")
    }

    /// `1 name` or `2 names`, where `count` writes the number.
    pub fn counted(&self, n: u64, count: impl Fn(u64) -> String) -> String {
        format!("{} {}", count(n), if n == 1 { &self.one } else { &self.many })
    }

    /// The singular at the beginning of a sentence.
    pub fn capitalised(&self) -> String {
        let mut characters = self.one.chars();
        let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
        first + characters.as_str()
    }
}

impl fmt::Display for Noun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.one)
    }
}

fn plural(one: &str) -> String {
    let ends = |endings: &[&str]| endings.iter().any(|ending| one.ends_with(ending));
    match one.strip_suffix('y') {
        Some(stem) if !ends(&["ay", "ey", "oy", "uy"]) => format!("{stem}ies"),
        _ if ends(&["s", "x", "z", "ch", "sh"]) => format!("{one}es"),
        _ => format!("{one}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plural_follows_the_rule() {
        let check = |one: &str, many: &str| assert_eq!(Noun::of(one).many, many);
        check("name", "names");
        check("domain", "domains");
        check("query", "queries");
        check("key", "keys");
        check("address", "addresses");
        check("hash", "hashes");
    }

    #[test]
    fn a_number_decides_between_singular_and_plural() {
        let of = |n: u64| Noun::text().counted(n, |n| n.to_string());
        assert_eq!([of(0), of(1), of(2)], ["0 texts", "1 text", "2 texts"]);
    }

    #[test]
    fn a_sentence_begins_with_a_capital() {
        assert_eq!((Noun::of("name").capitalised(), Noun::of("élan").capitalised()), ("Name".into(), "Élan".into()));
    }
}
