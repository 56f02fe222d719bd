//! `data.text.alphabet`: characters written one by one. A keyword or a range there is a mistake that would be taken for
//! characters without a word.

use crate::check::{Checker, Fields};
use crate::error::ErrorKind;
use crate::source::printable;
use std::collections::BTreeSet;

/// What other tools call alphabets, and what this tool writes at other keys; in lower case, without `-`, `_` and blanks.
const KEYWORDS: [&str; 66] = [
    "all",
    "alnum",
    "alpha",
    "alphabet",
    "alphabetic",
    "alphanumeric",
    "any",
    "arabic",
    "ascii",
    "asciilower",
    "asciilowercase",
    "asciiupper",
    "asciiuppercase",
    "auto",
    "automatic",
    "char",
    "characters",
    "chars",
    "chinese",
    "constant",
    "cyrillic",
    "data",
    "default",
    "devanagari",
    "digit",
    "digits",
    "drop",
    "english",
    "error",
    "false",
    "full",
    "greek",
    "han",
    "hangul",
    "hebrew",
    "infer",
    "iso88591",
    "japanese",
    "korean",
    "latin",
    "latin1",
    "letter",
    "letters",
    "lower",
    "lowercase",
    "nfc",
    "nfd",
    "nfkc",
    "none",
    "null",
    "off",
    "printable",
    "punctuation",
    "romanized",
    "russian",
    "standard",
    "token",
    "true",
    "unicode",
    "unknown",
    "upper",
    "uppercase",
    "utf16",
    "utf8",
    "word",
    "yes",
];

/// Refuses an alphabet that is a keyword, other than `auto`, or that is made of ranges such as `a-z`.
pub(crate) fn alphabet(checker: &mut Checker<'_>, data: &Fields<'_>) {
    let Some(text) = data.section("text") else { return };
    let (Some(alphabet), Some(place)) = (text.text("alphabet"), text.span("alphabet")) else { return };
    if alphabet == "auto" {
        return;
    }
    let looks_like = if is_keyword(alphabet) {
        "a keyword"
    } else if is_ranges(alphabet) {
        "a range"
    } else {
        return;
    };
    let got = printable(alphabet, 60);
    checker.error(place, ErrorKind::AlphabetWord { got, looks_like, other_order: other_order(alphabet) });
}

fn is_keyword(text: &str) -> bool {
    let word: String = text.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect();
    KEYWORDS.binary_search(&word.as_str()).is_ok()
}

/// Whether `text` is nothing but ranges of characters or digits, with brackets around them or without: `a-z`, `[A-Za-z0-9]`.
fn is_ranges(text: &str) -> bool {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let characters: Vec<char> = inner.chars().filter(|c| !matches!(c, ' ' | ',')).collect();
    let is_range = |range: &[char]| match range {
        [from, '-' | '–', to] => from.is_alphanumeric() && to.is_alphanumeric() && from < to,
        _ => false,
    };
    !characters.is_empty() && characters.chunks(3).all(is_range)
}

/// The characters of `alphabet` in an order that is not refused, if there is one: sorted, or sorted backwards.
fn other_order(alphabet: &str) -> Option<String> {
    let characters: BTreeSet<char> = alphabet.chars().collect();
    let orders: [String; 2] = [characters.iter().collect(), characters.iter().rev().collect()];
    orders.into_iter().find(|order| !is_keyword(order) && !is_ranges(order))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_sorted_in_lower_case() {
        assert!(KEYWORDS.is_sorted());
        assert!(KEYWORDS.iter().all(|word| is_keyword(word) && is_keyword(&word.to_uppercase())));
    }

    #[test]
    fn keywords_and_ranges_are_recognised_and_alphabets_are_not() {
        for text in ["AUTO", "Auto", "ascii", "ASCII_lower", "Latin-1", "none", "utf-8", "lower case"] {
            assert!(is_keyword(text), "{text}");
        }
        for text in ["a-z", "A-Za-z", "[a-zA-Z0-9]", "a-z, 0-9", "а-я"] {
            assert!(is_ranges(text), "{text}");
        }
        for text in ["abc", "AbeNovák", "-", "a-", "abcdefghijklmnopqrstuvwxyz-'", "z-a", "autoi", "ab", "[]"] {
            assert!(!is_keyword(text) && !is_ranges(text), "{text}");
        }
    }

    #[test]
    fn the_other_order_is_accepted() {
        for text in KEYWORDS.into_iter().chain(["a-z", "AUTO"]) {
            let other = other_order(text).unwrap();
            assert!(!is_keyword(&other) && !is_ranges(&other), "{text}: {other}");
            let characters = |text: &str| text.chars().collect::<BTreeSet<char>>();
            assert_eq!(characters(&other), characters(text));
        }
    }
}
