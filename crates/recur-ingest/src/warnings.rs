//! What of a data set may mislead, as far as its rows show it.

use crate::facts::TextCounts;
use recur_core::data_warning::{DataWarning, distinct_spelling, latin_lookalike};
use recur_core::visible::is_ignorable;
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;

/// How many characters of the kept texts are outside the alphabet, and which labels have no others.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct UnknownCounts {
    pub characters: u64,
    pub of: u64,
    pub labels: Vec<String>,
}

/// The warnings about `rows`, given as (text, label).
pub(crate) fn warnings(rows: &[(&str, &str)], counts: &TextCounts, unknown: UnknownCounts) -> Vec<DataWarning> {
    let (n_rows, n_labels) = (rows.len() as u64, counts.rows_by_label.len() as u64);
    let repeated = rows.iter().filter(|(text, label)| text == label).count() as u64;
    let sets = similar(&counts.rows_by_label);
    let found = [
        // Two labels are no sign of a wrong column, however few the rows are.
        (n_labels > 2 && 2 * n_labels > n_rows).then_some(DataWarning::ManyLabels { labels: n_labels, rows: n_rows }),
        (2 * repeated > n_rows).then_some(DataWarning::LabelsRepeatTexts { rows: repeated, of: n_rows }),
        (!sets.is_empty()).then_some(DataWarning::SimilarLabels { sets }),
        (2 * unknown.characters > unknown.of)
            .then_some(DataWarning::MostlyUnknown { unknown: unknown.characters, of: unknown.of }),
        (!unknown.labels.is_empty()).then_some(DataWarning::UnknownLabels { labels: unknown.labels, of: n_labels }),
    ];
    found.into_iter().flatten().collect()
}

/// Sets of labels that a reader may take for one label, spelled so that the difference shows, with the rows of each.
fn similar(rows_by_label: &BTreeMap<String, u64>) -> Vec<Vec<(String, u64)>> {
    let mut set_of: BTreeMap<String, usize> = BTreeMap::new();
    let mut sets: Vec<Vec<(&str, u64)>> = Vec::new();
    for (label, rows) in rows_by_label {
        let keys = [plain(label), with_lookalike(label)];
        let mut known: Vec<usize> = keys.iter().filter_map(|key| set_of.get(key).copied()).collect();
        known.sort_unstable();
        let set = known.first().copied().unwrap_or(sets.len());
        if set == sets.len() {
            sets.push(Vec::new());
        }
        sets[set].push((label, *rows));
        if let Some(other) = known.get(1).copied().filter(|other| *other != set) {
            // This label looks like those of two sets: they are one.
            let moved = std::mem::take(&mut sets[other]);
            sets[set].extend(moved);
            set_of.values_mut().filter(|value| **value == other).for_each(|value| *value = set);
        }
        set_of.extend(keys.map(|key| (key, set)));
    }
    sets.retain(|set| set.len() > 1);
    sets.into_iter().map(spelled).collect()
}

fn spelled(set: Vec<(&str, u64)>) -> Vec<(String, u64)> {
    let shows_lookalikes = set.iter().any(|(label, _)| plain(label) != plain(set[0].0));
    set.into_iter().map(|(label, rows)| (distinct_spelling(label, shows_lookalikes), rows)).collect()
}

/// `label` without what a reader may overlook: case, blanks, invisible characters, compatibility forms, and how a number
/// is written.
fn plain(label: &str) -> String {
    let seen = label.nfkc().filter(|c| !is_ignorable(*c) && !c.is_whitespace());
    let folded: String = seen.flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc().collect();
    number(&folded).map_or(folded, |number| number.to_string())
}

/// As [`plain`], with Latin characters for those that look like them.
fn with_lookalike(label: &str) -> String {
    plain(&label.nfc().map(|c| latin_lookalike(c).unwrap_or(c)).collect::<String>())
}

/// The number that `text` is, if it has no more digits than a number keeps.
fn number(text: &str) -> Option<f64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'));
    let number: f64 = text.parse().ok().filter(|_| is_plain && text.len() <= 15)?;
    // There is one zero.
    Some(number + 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(labels: &[&str], expected: &[&[&str]]) {
        let rows_by_label = labels.iter().map(|label| ((*label).to_owned(), 1)).collect();
        let found: Vec<Vec<String>> =
            similar(&rows_by_label).into_iter().map(|set| set.into_iter().map(|(label, _)| label).collect()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn labels_that_look_alike_are_found_with_their_spellings() {
        check(&["Greek", "greek", "Czech"], &[&["Greek", "greek"]]);
        check(&["a b", "a  b", "a\u{a0}b", "ab"], &[&["a  b", "a b", "ab", "a\\u{a0}b"]]);
        check(&["Czech", "Czech\u{200b}", "\u{feff}Czech"], &[&["Czech", "Czech\\u{200b}", "\\u{feff}Czech"]]);
        check(&["ﬁn", "fin", "ＦＩＮ"], &[&["fin", "ﬁn", "ＦＩＮ"]]);
        check(&["Straße", "STRASSE"], &[&["STRASSE", "Straße"]]);
        check(&["1", "01", "1.0", "2"], &[&["01", "1", "1.0"]]);
        check(&["0", "-0"], &[&["-0", "0"]]);
    }

    #[test]
    fn characters_of_another_script_that_look_latin_are_shown_by_code_point() {
        check(&["Alpha", "Αlpha"], &[&["Alpha", "\\u{391}lpha"]]);
        check(&["Россия", "россия"], &[&["Россия", "россия"]]);
        // Alike in two ways: by case, and by a character.
        check(&["alpha", "ALPHA", "ΑLPHA"], &[&["ALPHA", "alpha", "\\u{391}LPHA"]]);
    }

    #[test]
    fn different_labels_are_not_alike() {
        check(&["Czech", "Greek", "Español", "Espanol", "-", "1", "1.5"], &[]);
        check(&["12345678901234567890", "12345678901234567891"], &[]);
    }

    #[test]
    fn a_column_with_nearly_as_many_labels_as_rows_is_doubted() {
        let check = |n_labels: usize, n_rows: usize, expected: bool| {
            let text: Vec<(String, String)> =
                (0..n_rows).map(|i| (format!("n{i}"), format!("l{}", (i * n_labels) / n_rows))).collect();
            let rows: Vec<(&str, &str)> = text.iter().map(|(text, label)| (text.as_str(), label.as_str())).collect();
            let found = warnings(&rows, &crate::facts::text_counts(&rows), UnknownCounts::default());
            let expected: Vec<DataWarning> = expected
                .then_some(DataWarning::ManyLabels { labels: n_labels as u64, rows: n_rows as u64 })
                .into_iter()
                .collect();
            assert_eq!(found, expected, "{n_labels} labels, {n_rows} rows");
        };
        check(5, 10, false);
        check(6, 10, true);
        check(10, 10, true);
        check(2, 2, false);
    }
}
