//! What became of the rows of a source: facts for the report, computed while the data is read.

use crate::data_warning::DataWarning;
use crate::dataset::Dataset;
use crate::digest::Digest;
use crate::noun::Noun;
use crate::split::{Part, straddling_groups};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What became of the rows of a source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataFacts {
    /// The source as written in the spec.
    pub source: String,
    /// The digest of each file's bytes, by the file's name relative to the source, sorted.
    pub files: BTreeMap<String, Digest>,
    /// Rows in the files, headers and blank lines not counted.
    pub rows_read: u64,
    /// Rows left out because they cannot be used, by reason.
    pub rejected: BTreeMap<RejectReason, u64>,
    /// Rows left out because an earlier row has the same normalised text and label.
    pub duplicates: u64,
    /// Rows in the data set.
    pub rows: u64,
    /// Distinct normalised texts in the data set.
    pub distinct_texts: u64,
    /// Distinct texts that carry more than one label.
    pub ambiguous_texts: u64,
    /// The share of rows that the best model of the exact text could get right: for each text, its commonest label.
    pub accuracy_ceiling: f64,
    /// The share of rows of the commonest label: what a model gets right that always says the same.
    pub majority_share: f64,
    /// Groups that stay on one side of a split.
    pub groups: u64,
    /// Rows of each label.
    pub rows_by_label: BTreeMap<String, u64>,
    /// Number of tokens, the unknown one included.
    pub n_tokens: u64,
    /// Characters outside a given alphabet, with the number of rows that have them.
    pub unknown_characters: BTreeMap<char, u64>,
    /// Rows in each part of a published split, and what is in two of them; `None` if the data has no such split.
    pub published: Option<PublishedFacts>,
    /// The digest of the data set.
    pub dataset: Digest,
    /// What of the data may mislead; see [`crate::data_warning`].
    pub warnings: Vec<DataWarning>,
}

impl DataFacts {
    /// All rows that cannot be used.
    pub fn n_rejected(&self) -> u64 {
        self.rejected.values().sum()
    }
}

/// What a published split has in each part, and in two of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedFacts {
    /// Training, validation and test rows.
    pub rows: [u64; 3],
    /// Distinct texts that are in two parts.
    pub texts_in_two: u64,
    /// Groups that are in two parts.
    pub groups_in_two: u64,
    /// All rows of these groups.
    pub rows_of_these: u64,
}

impl PublishedFacts {
    /// The facts of the published split of `dataset`, if it has one.
    pub fn of(dataset: &Dataset) -> Option<Self> {
        let parts = dataset.parts()?;
        let mut parts_of: BTreeMap<&str, (Part, bool)> = BTreeMap::new();
        for (text, part) in dataset.texts().iter().zip(parts) {
            let (first, is_in_two) = parts_of.entry(text).or_insert((*part, false));
            *is_in_two |= first != part;
        }
        let straddling = straddling_groups(dataset, parts);
        Some(Self {
            rows: Part::ALL.map(|part| parts.iter().filter(|other| **other == part).count() as u64),
            texts_in_two: parts_of.values().filter(|(_, is_in_two)| *is_in_two).count() as u64,
            groups_in_two: straddling.len() as u64,
            rows_of_these: straddling.iter().map(|rows| rows.len() as u64).sum(),
        })
    }
}

/// Why a row cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// No text, or nothing left of it after normalisation.
    EmptyText,
    /// No label.
    MissingLabel,
    /// More characters than `max_characters`.
    TooLong,
    /// A character outside the alphabet, where `unknown: error`.
    UnknownCharacter,
    /// Bytes that are not UTF-8.
    InvalidUtf8,
    /// More or fewer fields than the header has, or text that is no record of its format.
    Malformed,
    /// A control character inside the text or the label.
    ControlCharacter,
    /// A field in quotes that goes on over several lines.
    QuotedLineEnd,
    /// The header of the file again.
    RepeatedHeader,
}

impl RejectReason {
    /// The reason in words, about examples called `noun`.
    pub fn title(self, noun: &Noun) -> String {
        let title = match self {
            RejectReason::EmptyText => return format!("empty {noun}"),
            RejectReason::TooLong => return format!("{noun} too long"),
            RejectReason::MissingLabel => "missing label",
            RejectReason::UnknownCharacter => "character outside the alphabet",
            RejectReason::InvalidUtf8 => "not UTF-8",
            RejectReason::Malformed => "malformed row",
            RejectReason::ControlCharacter => "control character",
            RejectReason::QuotedLineEnd => "quoted field over several lines",
            RejectReason::RepeatedHeader => "repeated header",
        };
        title.to_owned()
    }
}
