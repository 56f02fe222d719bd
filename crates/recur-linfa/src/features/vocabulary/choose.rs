//! Which n-grams of the training texts have a column.
//!
//! N-grams are counted length by length. One is in no more texts than the n-gram without its last token is; so below one that
//! is in too few texts nothing is counted, and memory grows with what is kept and the places of the texts, not with
//! everything that could be counted.

use super::super::FeatureSettings;
use super::super::ngram::NGram;
use super::{NONE, Vocabulary};
use recur_core::dataset::Sequences;

/// An n-gram and the number of texts that it is in.
type Counted = (NGram, u32);

impl Vocabulary {
    /// The n-grams that are in at least `settings.min_texts` of `rows`, and of these the `settings.max_ngrams` that are in
    /// most; of equally common ones the lesser. Also gives the number of rows that each is in, by column.
    pub fn choose(settings: FeatureSettings, sequences: &Sequences, rows: &[u32]) -> (Self, Vec<u32>) {
        let mut chosen = counted(settings, sequences, rows);
        if chosen.len() > settings.max_ngrams {
            chosen.sort_by_key(|(ngram, n_rows)| (std::cmp::Reverse(*n_rows), *ngram));
            chosen.truncate(settings.max_ngrams);
            chosen.sort_unstable();
        }
        let (ngrams, counts) = chosen.into_iter().unzip();
        (Self::new(settings.range, ngrams).expect("sorted"), counts)
    }
}

/// The n-grams that are in at least `settings.min_texts` of `rows`, ascending.
fn counted(settings: FeatureSettings, sequences: &Sequences, rows: &[u32]) -> Vec<Counted> {
    let range = settings.range;
    let texts: Vec<Vec<u16>> = rows.iter().map(|row| range.marked(sequences.get(*row))).collect();
    // For each place of the texts, one after the other, the n-gram of the last length that begins there.
    let mut at: Vec<u32> = texts.iter().flatten().map(|_| 0).collect();
    let mut above = vec![NGram::new(&[])];
    let mut chosen = Vec::new();
    for length in 1..=range.to {
        let keys = keys(&texts, &at, length);
        let kept: Vec<(u64, u32)> = keys
            .chunk_by(|a, b| a == b)
            .filter(|run| run.len() >= settings.min_texts)
            .map(|run| (run[0], run.len() as u32))
            .collect();
        let level: Vec<Counted> =
            kept.iter().map(|(key, n)| (above[(key >> 16) as usize].with(*key as u16), *n)).collect();
        descend(&texts, &mut at, length, &kept);
        if length >= range.from {
            chosen.extend(level.iter().filter(|(ngram, _)| !range.is_mark(*ngram)));
        }
        above = level.into_iter().map(|(ngram, _)| ngram).collect();
    }
    chosen
}

/// An n-gram as the place of the one without its last token among those of the last length, and that token.
fn key(above: u32, token: u16) -> u64 {
    (u64::from(above) << 16) | u64::from(token)
}

/// The n-grams of `length` of all texts, ascending, each once for each text that it is in.
fn keys(texts: &[Vec<u16>], at: &[u32], length: usize) -> Vec<u64> {
    let (mut all, mut of_text, mut start) = (Vec::new(), Vec::new(), 0);
    for text in texts {
        let ends = text.iter().skip(length - 1);
        of_text.extend(at[start..].iter().zip(ends).filter(|(above, _)| **above != NONE).map(|(a, t)| key(*a, *t)));
        of_text.sort_unstable();
        of_text.dedup();
        all.append(&mut of_text);
        start += text.len();
    }
    all.sort_unstable();
    all
}

/// Takes `at` to the n-grams of `length`, of which `kept` are left.
fn descend(texts: &[Vec<u16>], at: &mut [u32], length: usize, kept: &[(u64, u32)]) {
    let mut start = 0;
    for text in texts {
        let ends = text.iter().map(Some).skip(length - 1).chain(std::iter::repeat(None));
        for (above, end) in at[start..start + text.len()].iter_mut().zip(ends) {
            let found = |token: &u16| kept.binary_search_by_key(&key(*above, *token), |(key, _)| *key).ok();
            *above = end.filter(|_| *above != NONE).and_then(found).map_or(NONE, |place| place as u32);
        }
        start += text.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{NGramRange, WeightingKind};
    use std::collections::BTreeMap;

    fn settings(to: usize, max_ngrams: usize, min_texts: usize) -> FeatureSettings {
        let range = NGramRange { from: 1, to, n_tokens: 5 };
        FeatureSettings { range, max_ngrams, min_texts, weighting: WeightingKind::Counts }
    }

    fn chosen(texts: &[&[u16]], settings: FeatureSettings) -> (Vec<Vec<u16>>, Vec<u32>) {
        let sequences: Sequences = texts.iter().copied().collect();
        let rows: Vec<u32> = (0..texts.len() as u32).collect();
        let (vocabulary, counts) = Vocabulary::choose(settings, &sequences, &rows);
        (vocabulary.ngrams().iter().map(|ngram| ngram.tokens()).collect(), counts)
    }

    #[test]
    fn commonest_are_chosen_and_stand_in_order() {
        let texts: [&[u16]; 3] = [&[4, 2], &[4, 2, 3], &[4, 1]];
        assert_eq!(chosen(&texts, settings(1, 2, 1)), (vec![vec![2], vec![4]], vec![2, 3]));
    }

    #[test]
    fn ties_go_to_the_lesser_ngram() {
        assert_eq!(chosen(&[&[3, 1, 2]], settings(1, 2, 1)), (vec![vec![1], vec![2]], vec![1, 1]));
    }

    #[test]
    fn a_text_counts_once_however_often_it_repeats_a_character() {
        assert_eq!(chosen(&[&[0, 0, 0], &[1], &[1]], settings(1, 1, 1)), (vec![vec![1]], vec![2]));
    }

    /// The count length by length against one of every n-gram.
    #[test]
    fn the_count_is_that_of_every_ngram_of_every_text() {
        let texts: Vec<Vec<u16>> =
            (0..40_u16).map(|i| (0..i % 7).map(|place| (i * 7 + place * place) % 4).collect()).collect();
        let texts: Vec<&[u16]> = texts.iter().map(Vec::as_slice).collect();
        for (from, min_texts) in [(1, 1), (1, 2), (1, 5), (3, 2)] {
            let settings = settings(4, usize::MAX, min_texts);
            let settings = FeatureSettings { range: NGramRange { from, ..settings.range }, ..settings };
            let mut rows_with: BTreeMap<NGram, u32> = BTreeMap::new();
            for text in &texts {
                let mut ngrams = settings.range.of(text);
                ngrams.sort_unstable();
                ngrams.dedup();
                ngrams.into_iter().for_each(|ngram| *rows_with.entry(ngram).or_default() += 1);
            }
            let all = rows_with.into_iter().filter(|(_, n)| *n as usize >= min_texts);
            let expect: (Vec<Vec<u16>>, Vec<u32>) = all.map(|(ngram, n)| (ngram.tokens(), n)).unzip();
            assert_eq!(chosen(&texts, settings), expect, "from {from}, in {min_texts}");
        }
    }
}
