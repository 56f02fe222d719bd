//! Texts as weighted character n-grams: the input of every model of this crate.
//!
//! A text is put between a start and an end mark and cut into all its runs of `from` to `to` tokens. The n-grams that
//! are in most training texts have a column each; what has none is ignored. The columns of one text are sparse
//! (about three a character with the lengths 1 to 3), and stay so; only linfa's own fits get them dense.

mod ngram;
mod rows;
mod vocabulary;
mod weighting;

pub use ngram::{LONGEST, NGram, NGramRange};
pub use rows::Rows;
pub use vocabulary::{Occurrence, Vocabulary};
pub use weighting::{Weight, Weighting};

use recur_core::dataset::Sequences;

/// A vocabulary and the value that its columns take for a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// The columns.
    pub vocabulary: Vocabulary,
    /// Their values.
    pub weighting: Weighting,
}

/// What decides a model's features before any text is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeatureSettings {
    /// Which n-grams are looked at.
    pub range: NGramRange,
    /// In how many training texts an n-gram must be to have a column, at least 1.
    pub min_texts: usize,
    /// How many of them may have a column.
    pub max_ngrams: usize,
    /// How they are weighed.
    pub weighting: WeightingKind,
}

/// A [`Weighting`] without its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightingKind {
    /// See [`Weighting::Presence`].
    Presence,
    /// See [`Weighting::Counts`].
    Counts,
    /// See [`Weighting::TfIdf`].
    TfIdf,
}

impl Features {
    /// Chooses columns and weights from training rows.
    pub fn learn(settings: FeatureSettings, sequences: &Sequences, rows: &[u32]) -> Self {
        let (vocabulary, rows_with) = Vocabulary::choose(settings, sequences, rows);
        let weighting = match settings.weighting {
            WeightingKind::Presence => Weighting::Presence,
            WeightingKind::Counts => Weighting::Counts,
            WeightingKind::TfIdf => Weighting::tfidf(rows.len(), &rows_with),
        };
        Self { vocabulary, weighting }
    }

    /// The columns of each of `rows` that are not zero: a sparse matrix (rows, K).
    pub fn rows(&self, sequences: &Sequences, rows: &[u32]) -> Rows {
        Rows::new(self.vocabulary.len(), rows.iter().map(|row| self.of(sequences.get(*row))))
    }

    /// The columns of `text` that are not zero, ascending.
    pub fn of(&self, text: &[u16]) -> Vec<Weight> {
        self.weighting.weigh(&self.vocabulary.occurrences(text))
    }
}
