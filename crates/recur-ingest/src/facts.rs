//! Counts of the kept rows that the report states.

use std::collections::BTreeMap;

#[derive(Debug, PartialEq)]
pub(crate) struct TextCounts {
    pub distinct: u64,
    pub ambiguous: u64,
    /// Rows that a model gets right that gives each text its commonest label.
    pub best_right: u64,
    pub rows_by_label: BTreeMap<String, u64>,
}

/// Counts of `rows`, given as (text, label) and sorted by label.
pub(crate) fn text_counts(rows: &[(&str, &str)]) -> TextCounts {
    let mut sorted = rows.to_vec();
    // Texts are sorted within each label: a few long runs, which this sort merges.
    sorted.sort();
    let (mut distinct, mut ambiguous, mut best_right) = (0, 0, 0);
    for of_text in sorted.chunk_by(|a, b| a.0 == b.0) {
        let counts = of_text.chunk_by(|a, b| a.1 == b.1).map(|rows| rows.len() as u64);
        distinct += 1;
        ambiguous += u64::from(counts.clone().count() > 1);
        best_right += counts.max().unwrap_or(0);
    }
    let by_label = rows.chunk_by(|a, b| a.1 == b.1).map(|rows| (rows[0].1.to_owned(), rows.len() as u64));
    let rows_by_label = by_label.collect();
    TextCounts { distinct, ambiguous, best_right, rows_by_label }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ceiling_counts_the_commonest_label_of_each_text() {
        let rows = [("Abe", "E"), ("Lee", "E"), ("Abe", "J"), ("Abe", "J"), ("Cho", "K"), ("Lee", "K")];
        let counts = text_counts(&rows);
        assert_eq!((counts.distinct, counts.ambiguous, counts.best_right), (3, 2, 4));
        assert_eq!(
            counts.rows_by_label.into_iter().collect::<Vec<_>>(),
            [("E".to_owned(), 2), ("J".to_owned(), 2), ("K".to_owned(), 2)]
        );
    }
}
