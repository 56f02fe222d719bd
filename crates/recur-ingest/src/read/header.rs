//! Columns by their names, and how a name differs that only looks like the one looked for.

use crate::error::IngestError;
use recur_core::nearest::nearest;
use recur_core::visible::{is_hidden, is_ignorable, visible_fully};
use unicode_normalization::UnicodeNormalization;

/// How many columns an error lists, and how many characters of each.
const MOST_SHOWN: usize = 20;
const MOST_CHARACTERS: usize = 60;

/// The index of the column `wanted` among `names`. Names that Unicode calls equivalent (`é` in one character or in two) are
/// the same.
pub(super) fn position(path: &str, names: &[&str], wanted: &str) -> Result<usize, IngestError> {
    let mut found = names.iter().enumerate().filter(|(_, name)| is_same(name, wanted)).map(|(i, _)| i);
    match (found.next(), found.next()) {
        (Some(column), None) => Ok(column),
        (Some(_), Some(_)) => Err(IngestError::RepeatedColumn { path: path.to_owned(), column: wanted.to_owned() }),
        _ => Err(missing_column(path, wanted, names.iter().copied())),
    }
}

pub(super) fn missing_column<'a>(path: &str, column: &str, found: impl IntoIterator<Item = &'a str>) -> IngestError {
    let found: Vec<&str> = found.into_iter().collect();
    let difference = found.iter().find_map(|name| difference(name, column));
    IngestError::MissingColumn {
        path: path.to_owned(),
        column: column.to_owned(),
        nearest: nearest(column, found.iter().copied()).map(|name| shown(name).into()),
        found: found.into_iter().take(MOST_SHOWN).map(shown).collect(),
        difference: difference.map(Into::into),
        delimiter: None,
    }
}

fn is_same(a: &str, b: &str) -> bool {
    a == b || (!(a.is_ascii() && b.is_ascii()) && a.nfc().eq(b.nfc()))
}

/// The beginning of a name, with escapes for what cannot be seen.
pub(super) fn shown(name: &str) -> String {
    let cut: String = name.chars().take(MOST_CHARACTERS).collect();
    let more = if cut.len() < name.len() { "…" } else { "" };
    format!("{}{more}", visible_fully(&cut))
}

/// How `found` differs from `wanted`, if the two look alike.
fn difference(found: &str, wanted: &str) -> Option<String> {
    if is_same(found, wanted) {
        return Some(format!(
            "column `{}` ({}) is the same text in another Unicode form (NFC, NFD)",
            shown(found),
            code_points(found.chars().filter(|c| !c.is_ascii()))
        ));
    }
    let (plain, wanted_plain) = (without_invisible(found), without_invisible(wanted));
    if is_same(plain.trim(), wanted_plain.trim()) {
        let is_extra = |text: &str, c: char| is_invisible(c) && !text.contains(c);
        let extra: Vec<char> = found.chars().filter(|c| is_extra(wanted, *c)).collect();
        return Some(match extra.as_slice() {
            [] => format!("column `{}` lacks invisible characters of `{}`", shown(found), shown(wanted)),
            _ => format!("column `{}` has invisible characters: {}", shown(found), code_points(extra)),
        });
    }
    let pairs: Vec<(char, char)> = plain.nfc().zip(wanted_plain.nfc()).filter(|(a, b)| a != b).collect();
    let n_characters = wanted_plain.nfc().count();
    let is_alike = |(a, b): &(char, char)| a.is_ascii() != b.is_ascii() || a.nfkc().eq(b.nfkc());
    let is_of_one_length = plain.nfc().count() == n_characters;
    let is_mostly_equal = pairs.len() < n_characters || plain.nfkc().eq(wanted_plain.nfkc());
    match pairs.first() {
        Some((other, one)) if is_of_one_length && is_mostly_equal && pairs.iter().all(is_alike) => Some(format!(
            "column `{}` has {} (`{other}`) where `{}` has {} (`{one}`)",
            shown(found),
            code_points([*other]),
            shown(wanted),
            code_points([*one])
        )),
        _ => None,
    }
}

/// White space at the ends of a name is no part of it, so only that within is left.
fn is_invisible(c: char) -> bool {
    is_hidden(c) || is_ignorable(c) || (c.is_whitespace() && c != ' ')
}

/// `text` without invisible characters and without the sequences that colour a terminal.
fn without_invisible(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        if c == '\u{1b}' && characters.peek() == Some(&'[') {
            characters.next();
            // Parameters, then one final character.
            while characters.next().is_some_and(|c| !('@'..='~').contains(&c)) {}
        } else if !is_invisible(c) {
            plain.push(c);
        }
    }
    plain
}

fn code_points(characters: impl IntoIterator<Item = char>) -> String {
    let mut points: Vec<String> = characters.into_iter().map(|c| format!("U+{:04X}", u32::from(c))).collect();
    points.dedup();
    points.truncate(8);
    points.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equivalent_names_are_the_same_column() {
        let check = |names: &[&str], wanted: &str| position("a.csv", names, wanted);
        assert_eq!(check(&["name", "pre\u{301}nom"], "prénom").unwrap(), 1);
        assert_eq!(check(&["prénom"], "pre\u{301}nom").unwrap(), 0);
        let twice = "`a.csv` has more than one column `prénom`";
        assert_eq!(check(&["prénom", "pre\u{301}nom"], "prénom").unwrap_err().to_string(), twice);
        assert_eq!(check(&["x", "x"], "x").unwrap_err().to_string(), "`a.csv` has more than one column `x`");
    }

    #[test]
    fn names_that_look_alike_are_distinguished_by_code_point() {
        let check = |found: &str, expected: &str| {
            let error = missing_column("a.csv", "name", [found]).to_string();
            let expected = format!("`a.csv` has no column `name`, but column {expected}; its columns are");
            assert!(error.starts_with(&expected.replace("; its", ": its")), "{error}\n{expected}");
        };
        check("name\u{200b}", "`name\\u{200b}` has invisible characters: U+200B");
        check("na\u{ad}me", "`na\\u{ad}me` has invisible characters: U+00AD");
        check("\u{feff}name", "`\\u{feff}name` has invisible characters: U+FEFF");
        check("\u{1b}[1mname\u{1b}[0m", "`\\x1b[1mname\\x1b[0m` has invisible characters: U+001B");
        check("n\u{430}me", "`n\u{430}me` has U+0430 (`\u{430}`) where `name` has U+0061 (`a`)");
        check("\u{ff4e}\u{ff41}\u{ff4d}\u{ff45}", "`ｎａｍｅ` has U+FF4E (`ｎ`) where `name` has U+006E (`n`)");
    }

    #[test]
    fn other_names_are_only_the_nearest() {
        for (found, nearest) in
            [("names", " (did you mean `names`?)"), ("nbme", " (did you mean `nbme`?)"), ("слов", "")]
        {
            let error = missing_column("a.csv", "name", [found]).to_string();
            assert_eq!(error, format!("`a.csv` has no column `name`{nearest}: its columns are `{found}`"));
        }
    }

    #[test]
    fn a_name_of_a_megabyte_is_cut() {
        assert!(missing_column("a.csv", "name", ["x".repeat(1 << 20).as_str()]).to_string().len() < 300);
    }
}
