//! Reduction of characters to ASCII.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Characters without a decomposition, and what they become where texts are folded. A capital becomes a capital followed by small
/// characters.
pub const FOLDED: [(char, &str); 27] = [
    ('ß', "ss"),
    ('ẞ', "SS"),
    ('æ', "ae"),
    ('Æ', "Ae"),
    ('œ', "oe"),
    ('Œ', "Oe"),
    ('þ', "th"),
    ('Þ', "Th"),
    ('ð', "d"),
    ('Ð', "D"),
    ('đ', "d"),
    ('Đ', "D"),
    ('ħ', "h"),
    ('Ħ', "H"),
    ('ı', "i"),
    ('ł', "l"),
    ('Ł', "L"),
    ('ŋ', "n"),
    ('Ŋ', "N"),
    ('ø', "o"),
    ('Ø', "O"),
    ('ŧ', "t"),
    ('Ŧ', "T"),
    // Typographic apostrophes and hyphens.
    ('‘', "'"),
    ('’', "'"),
    ('ʼ', "'"),
    ('‐', "-"),
];

/// `text` without marks (general category M after canonical decomposition) and with the characters above replaced.
///
/// What is then not ASCII, such as a character of another script, stays, decomposed.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut folded = String::with_capacity(text.len());
    for character in text.nfd().filter(|character| !is_combining_mark(*character)) {
        match FOLDED.iter().find(|(from, _)| *from == character) {
            Some((_, to)) => folded.push_str(to),
            None => folded.push(character),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_go_and_characters_without_decomposition_are_replaced() {
        let check = |text: &str, expected: &str| assert_eq!(fold(text), expected);
        check("Novák", "Novak");
        check("Nova\u{301}k", "Novak");
        check("Łøđß", "Lodss");
        check("Þórðardóttir", "Thordardottir");
        check("Æsœı", "Aesoei");
        check("İyigün", "Iyigun");
        check("Nguyễn", "Nguyen");
        check("O’Brien", "O'Brien");
        check("Жук", "Жук");
    }
}
