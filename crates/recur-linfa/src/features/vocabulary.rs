//! The n-grams that have a column, chosen by how many training texts they are in.

use super::ngram::{NGram, NGramRange};
use recur_core::dataset::Sequences;
use std::collections::BTreeMap;

/// The n-grams that have a column (K of them), in ascending order; a column's number is the place in that order.
#[derive(Clone, Debug, PartialEq)]
pub struct Vocabulary {
    range: NGramRange,
    ngrams: Vec<NGram>,
}

/// An n-gram in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The n-gram's column.
    pub column: usize,
    /// How often it is in the text, at least once.
    pub count: u32,
}

impl Vocabulary {
    /// The `max_ngrams` n-grams that are in most of `rows`; of equally common ones the lesser.
    /// Also gives the number of rows that each is in, by column.
    pub fn choose(range: NGramRange, sequences: &Sequences, rows: &[u32], max_ngrams: usize) -> (Self, Vec<u32>) {
        let mut rows_with: BTreeMap<NGram, u32> = BTreeMap::new();
        for row in rows {
            let mut ngrams = range.of(sequences.get(*row));
            ngrams.sort_unstable();
            ngrams.dedup();
            ngrams.into_iter().for_each(|ngram| *rows_with.entry(ngram).or_default() += 1);
        }
        let mut chosen: Vec<(NGram, u32)> = rows_with.into_iter().collect();
        chosen.sort_by_key(|(ngram, n_rows)| (std::cmp::Reverse(*n_rows), *ngram));
        chosen.truncate(max_ngrams);
        chosen.sort_unstable();
        let (ngrams, counts) = chosen.into_iter().unzip();
        (Self { range, ngrams }, counts)
    }

    /// A vocabulary of given n-grams; `None` unless they ascend.
    pub fn new(range: NGramRange, ngrams: Vec<NGram>) -> Option<Self> {
        ngrams.is_sorted_by(|a, b| a < b).then_some(Self { range, ngrams })
    }

    /// Number of columns (K).
    #[expect(clippy::len_without_is_empty, reason = "nobody asks whether a vocabulary is empty")]
    pub fn len(&self) -> usize {
        self.ngrams.len()
    }

    /// The n-grams in the order of their columns.
    pub fn ngrams(&self) -> &[NGram] {
        &self.ngrams
    }

    /// The n-grams of `text` that have a column, columns ascending.
    pub fn occurrences(&self, text: &[u16]) -> Vec<Occurrence> {
        let column_of = |ngram: NGram| self.ngrams.binary_search(&ngram).ok();
        let mut columns: Vec<usize> = self.range.of(text).into_iter().filter_map(column_of).collect();
        columns.sort_unstable();
        let runs = columns.chunk_by(|a, b| a == b);
        runs.map(|run| Occurrence { column: run[0], count: run.len() as u32 }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGE: NGramRange = NGramRange { from: 1, to: 1, n_tokens: 5 };

    fn chosen(texts: &[&[u16]], max_ngrams: usize) -> (Vec<Vec<u16>>, Vec<u32>) {
        let sequences: Sequences = texts.iter().copied().collect();
        let rows: Vec<u32> = (0..texts.len() as u32).collect();
        let (vocabulary, counts) = Vocabulary::choose(RANGE, &sequences, &rows, max_ngrams);
        (vocabulary.ngrams().iter().map(|ngram| ngram.tokens()).collect(), counts)
    }

    #[test]
    fn commonest_are_chosen_and_stand_in_order() {
        let texts: [&[u16]; 3] = [&[4, 2], &[4, 2, 3], &[4, 1]];
        assert_eq!(chosen(&texts, 2), (vec![vec![2], vec![4]], vec![2, 3]));
    }

    #[test]
    fn ties_go_to_the_lesser_ngram() {
        assert_eq!(chosen(&[&[3, 1, 2]], 2), (vec![vec![1], vec![2]], vec![1, 1]));
    }

    #[test]
    fn a_text_counts_once_however_often_it_repeats_a_character() {
        assert_eq!(chosen(&[&[0, 0, 0], &[1], &[1]], 1), (vec![vec![1]], vec![2]));
    }

    #[test]
    fn occurrences_count_and_skip_what_is_unknown() {
        let ngrams = [1, 3].map(|token| NGram::new(&[token])).to_vec();
        let vocabulary = Vocabulary::new(RANGE, ngrams).unwrap();
        let expect = [Occurrence { column: 0, count: 2 }, Occurrence { column: 1, count: 1 }];
        assert_eq!(vocabulary.occurrences(&[1, 0, 3, 1]), expect);
        assert_eq!(vocabulary.occurrences(&[0, 2]), []);
    }
}
