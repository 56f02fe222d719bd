//! A data set of labelled texts, as every model sees it.
//!
//! A [`Dataset`] is canonical: rows are sorted by (label, text), so neither the order of rows in a file nor the
//! way the file was read can change a split, a digest or a result.

use crate::digest::{Digest, Hasher};
use crate::split::Part;
use std::collections::BTreeMap;
use std::ops::Range;

/// Sequences of token ids, stored end to end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sequences {
    tokens: Vec<u16>,
    ends: Vec<u32>,
}

impl Sequences {
    /// No sequences.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends one sequence.
    pub fn push(&mut self, tokens: impl IntoIterator<Item = u16>) {
        self.tokens.extend(tokens);
        self.ends.push(u32::try_from(self.tokens.len()).expect("more than 2^32 characters"));
    }

    /// How many sequences there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The tokens of sequence `row`.
    pub fn get(&self, row: u32) -> &[u16] {
        &self.tokens[self.range(row as usize)]
    }

    fn range(&self, row: usize) -> Range<usize> {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        start as usize..self.ends[row] as usize
    }
}

impl<'a> FromIterator<&'a [u16]> for Sequences {
    fn from_iter<I: IntoIterator<Item = &'a [u16]>>(rows: I) -> Self {
        let mut sequences = Self::new();
        rows.into_iter().for_each(|row| sequences.push(row.iter().copied()));
        sequences
    }
}

/// The characters that have a token, in token order; with [`Alphabet::has_unknown`] one more token represents all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alphabet {
    characters: Vec<char>,
    has_unknown: bool,
    tokens: BTreeMap<char, u16>,
}

impl Alphabet {
    /// An alphabet of `characters` in the order given, repeated ones counted once.
    ///
    /// # Panics
    /// If there are more than 65,000 characters.
    pub fn new(characters: impl IntoIterator<Item = char>, has_unknown: bool) -> Self {
        let mut alphabet = Self { characters: Vec::new(), has_unknown, tokens: BTreeMap::new() };
        for character in characters {
            if !alphabet.tokens.contains_key(&character) {
                assert!(alphabet.characters.len() < 65_000, "more than 65,000 characters");
                alphabet.tokens.insert(character, alphabet.characters.len() as u16);
                alphabet.characters.push(character);
            }
        }
        alphabet
    }

    /// The characters in token order.
    pub fn characters(&self) -> &[char] {
        &self.characters
    }

    /// Whether characters outside the alphabet have a token of their own (the last one).
    pub fn has_unknown(&self) -> bool {
        self.has_unknown
    }

    /// How many tokens there are (V).
    pub fn n_tokens(&self) -> usize {
        self.characters.len() + usize::from(self.has_unknown)
    }

    /// The token of `character`: its own, or the unknown one, or none where there is no unknown token.
    pub fn token(&self, character: char) -> Option<u16> {
        let unknown = self.has_unknown.then_some(self.characters.len() as u16);
        self.tokens.get(&character).copied().or(unknown)
    }

    /// The tokens of `text`; characters without a token are left out.
    pub fn encode<'a>(&'a self, text: &'a str) -> impl Iterator<Item = u16> + 'a {
        text.chars().filter_map(|character| self.token(character))
    }
}

/// One labelled text, before it becomes a row of a [`Dataset`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelledText {
    /// The label.
    pub label: String,
    /// The text, normalised.
    pub text: String,
    /// Rows with the same group stay on one side of a split.
    pub group: String,
}

/// Labelled texts in canonical order.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    texts: Vec<String>,
    sequences: Sequences,
    labels: Vec<u16>,
    groups: Vec<u32>,
    parts: Option<Vec<Part>>,
    label_names: Vec<String>,
    alphabet: Alphabet,
    digest: Digest,
}

impl Dataset {
    /// Puts rows into canonical order and encodes them.
    ///
    /// # Panics
    /// If there are more than 65,535 labels or 2³² rows.
    pub fn new(mut rows: Vec<LabelledText>, alphabet: Alphabet) -> Self {
        rows.sort_unstable();
        Self::of_sorted(rows, None, alphabet)
    }

    /// As [`Dataset::new`], of rows with the part of a published split that each is in.
    ///
    /// # Panics
    /// As [`Dataset::new`].
    pub fn published(mut rows: Vec<(LabelledText, Part)>, alphabet: Alphabet) -> Self {
        rows.sort_unstable();
        let (rows, parts) = rows.into_iter().unzip();
        Self::of_sorted(rows, Some(parts), alphabet)
    }

    fn of_sorted(rows: Vec<LabelledText>, parts: Option<Vec<Part>>, alphabet: Alphabet) -> Self {
        let mut label_names: Vec<String> = rows.iter().map(|row| row.label.clone()).collect();
        label_names.dedup();
        let index_of_label: BTreeMap<&str, u16> = label_names
            .iter()
            .enumerate()
            .map(|(i, l)| (l.as_str(), u16::try_from(i).expect("too many labels")))
            .collect();
        let labels = rows.iter().map(|row| index_of_label[row.label.as_str()]).collect();
        let mut group_names: Vec<&str> = rows.iter().map(|row| row.group.as_str()).collect();
        group_names.sort_unstable();
        group_names.dedup();
        let group_of = |row: &LabelledText| group_names.binary_search(&row.group.as_str()).expect("listed") as u32;
        let groups = rows.iter().map(group_of).collect();
        let mut sequences = Sequences::new();
        rows.iter().for_each(|row| sequences.push(alphabet.encode(&row.text)));
        let digest = digest(&rows, parts.as_deref(), &alphabet);
        Self {
            texts: rows.into_iter().map(|row| row.text).collect(),
            sequences,
            labels,
            groups,
            parts,
            label_names,
            alphabet,
            digest,
        }
    }

    /// How many rows there are (N).
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The texts, one a row.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// The texts as token ids, one sequence a row.
    pub fn sequences(&self) -> &Sequences {
        &self.sequences
    }

    /// The index into [`Dataset::label_names`] of each row's label.
    pub fn labels(&self) -> &[u16] {
        &self.labels
    }

    /// The group of each row: 0, 1, … in alphabetical order of the groups' names.
    pub fn groups(&self) -> &[u32] {
        &self.groups
    }

    /// The part of a published split that each row is in; `None` if the data has no split of its own.
    pub fn parts(&self) -> Option<&[Part]> {
        self.parts.as_deref()
    }

    /// The labels in alphabetical order (C of them).
    pub fn label_names(&self) -> &[String] {
        &self.label_names
    }

    /// The alphabet that the texts were encoded with.
    pub fn alphabet(&self) -> &Alphabet {
        &self.alphabet
    }

    /// The digest of all that a model or a split can see: texts, labels, groups, published parts and alphabet.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The rows of each label, per label, in row order.
    pub fn rows_by_label(&self, rows: &[u32]) -> Vec<Vec<u32>> {
        let mut by_label = vec![Vec::new(); self.label_names.len()];
        rows.iter().for_each(|&row| by_label[self.labels[row as usize] as usize].push(row));
        by_label
    }
}

fn digest(rows: &[LabelledText], parts: Option<&[Part]>, alphabet: &Alphabet) -> Digest {
    let mut hasher = Hasher::new();
    hasher.field(b"recur dataset 1");
    hasher.field(alphabet.characters.iter().collect::<String>().as_bytes());
    hasher.field(&[u8::from(alphabet.has_unknown)]);
    for row in rows {
        hasher.field(row.label.as_bytes()).field(row.text.as_bytes()).field(row.group.as_bytes());
    }
    if let Some(parts) = parts {
        hasher.field(&parts.iter().map(|part| *part as u8).collect::<Vec<u8>>());
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str, label: &str) -> LabelledText {
        LabelledText { label: label.into(), text: text.into(), group: text.to_lowercase() }
    }

    #[test]
    fn order_of_rows_changes_nothing() {
        let rows = vec![row("Abe", "Japanese"), row("Novak", "Czech"), row("Cho", "Korean"), row("Abe", "English")];
        let alphabet = Alphabet::new("Abehokvc NC".chars(), true);
        let one = Dataset::new(rows.clone(), alphabet.clone());
        let other = Dataset::new(rows.into_iter().rev().collect(), alphabet);
        assert_eq!(one, other);
        assert_eq!(one.label_names(), ["Czech", "English", "Japanese", "Korean"]);
    }

    #[test]
    fn unknown_characters_get_the_last_token_or_none() {
        let encode = |unknown| Alphabet::new("abba".chars(), unknown).encode("axb").collect::<Vec<_>>();
        assert_eq!(encode(true), [0, 2, 1]);
        assert_eq!(encode(false), [0, 1]);
    }

    #[test]
    fn digest_sees_texts_labels_and_alphabet() {
        let base = Dataset::new(vec![row("Abe", "Japanese")], Alphabet::new("Abe".chars(), true));
        let label = Dataset::new(vec![row("Abe", "Korean")], Alphabet::new("Abe".chars(), true));
        let alphabet = Dataset::new(vec![row("Abe", "Japanese")], Alphabet::new("Aeb".chars(), true));
        assert_ne!(base.digest(), label.digest());
        assert_ne!(base.digest(), alphabet.digest());
    }
}
