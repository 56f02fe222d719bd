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
    /// See [`Sequences::raw`]; empty where raw texts were not kept.
    raw: Vec<Box<str>>,
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

    /// The same with the text of each sequence as it was before it was normalised.
    ///
    /// # Panics
    /// If there are not as many texts as sequences.
    #[must_use]
    pub fn with_raw(mut self, raw: impl IntoIterator<Item = impl Into<Box<str>>>) -> Self {
        self.raw = raw.into_iter().map(Into::into).collect();
        assert_eq!(self.raw.len(), self.len(), "a raw text for each sequence");
        self
    }

    /// The text of sequence `row` as it was before it was normalised; `None` unless the model asked for raw texts
    /// ([`crate::model::Needs`]).
    pub fn raw(&self, row: u32) -> Option<&str> {
        self.raw.get(row as usize).map(|text| &**text)
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
    /// The text as the data has it, where it is not the same as the normalised one.
    pub raw: Option<String>,
}

impl LabelledText {
    /// What decides the order of rows. The raw text comes after it, and after the part of a published split.
    fn key(&self) -> (&str, &str, &str) {
        (&self.label, &self.text, &self.group)
    }
}

/// Labelled texts in canonical order.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    texts: Vec<String>,
    /// The raw text of each row whose text is another; empty where there is none.
    raw: Vec<Option<Box<str>>>,
    raw_digest: Option<Digest>,
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
        rows.sort_unstable_by(|a, b| (a.key(), &a.raw).cmp(&(b.key(), &b.raw)));
        Self::of_sorted(rows, None, alphabet)
    }

    /// As [`Dataset::new`], of rows with the part of a published split that each is in.
    ///
    /// # Panics
    /// As [`Dataset::new`].
    pub fn published(mut rows: Vec<(LabelledText, Part)>, alphabet: Alphabet) -> Self {
        rows.sort_unstable_by(|(a, a_part), (b, b_part)| (a.key(), a_part, &a.raw).cmp(&(b.key(), b_part, &b.raw)));
        let (rows, parts) = rows.into_iter().unzip();
        Self::of_sorted(rows, Some(parts), alphabet)
    }

    fn of_sorted(mut rows: Vec<LabelledText>, parts: Option<Vec<Part>>, alphabet: Alphabet) -> Self {
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
        let raw = raw_texts(&mut rows);
        Self {
            texts: rows.into_iter().map(|row| row.text).collect(),
            raw_digest: raw_digest(&raw),
            raw,
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

    /// The text of `row` as the data has it: before folding, composition and the characters that were dropped.
    pub fn raw_text(&self, row: u32) -> &str {
        let raw = self.raw.get(row as usize).and_then(Option::as_deref);
        raw.unwrap_or(&self.texts[row as usize])
    }

    /// The digest of the raw texts that are not the same as the normalised ones; `None` where all are the same.
    /// [`Dataset::digest`] does not cover it, as only models that ask for raw texts see them.
    pub fn raw_digest(&self) -> Option<&Digest> {
        self.raw_digest.as_ref()
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

/// The raw texts of `rows` that differ from the normalised ones, taken out of them.
fn raw_texts(rows: &mut [LabelledText]) -> Vec<Option<Box<str>>> {
    if rows.iter().all(|row| row.raw.as_ref().is_none_or(|raw| *raw == row.text)) {
        return Vec::new();
    }
    rows.iter_mut().map(|row| row.raw.take().filter(|raw| *raw != row.text).map(String::into_boxed_str)).collect()
}

fn raw_digest(raw: &[Option<Box<str>>]) -> Option<Digest> {
    let mut hasher = Hasher::new();
    hasher.field(b"recur raw texts 1");
    for (row, text) in raw.iter().enumerate() {
        if let Some(text) = text {
            hasher.field(&(row as u64).to_le_bytes()).field(text.as_bytes());
        }
    }
    (!raw.is_empty()).then(|| hasher.finish())
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
        LabelledText { label: label.into(), text: text.into(), group: text.to_lowercase(), raw: None }
    }

    #[test]
    fn raw_texts_are_kept_where_they_differ_and_change_no_other_digest() {
        let raw = |text: &str, raw: &str| LabelledText { raw: Some(raw.into()), ..row(text, "Czech") };
        let alphabet = || Alphabet::new("Novaky".chars(), true);
        let plain = Dataset::new(vec![row("Novak", "Czech"), row("Novy", "Czech")], alphabet());
        let same = Dataset::new(vec![raw("Novak", "Novak"), row("Novy", "Czech")], alphabet());
        assert_eq!((plain.raw_digest(), &plain), (None, &same));
        let folded = Dataset::new(vec![raw("Novak", "Novák "), row("Novy", "Czech")], alphabet());
        assert_eq!([folded.raw_text(0), folded.raw_text(1), plain.raw_text(0)], ["Novák ", "Novy", "Novak"]);
        assert_eq!(folded.digest(), plain.digest());
        let other = Dataset::new(vec![raw("Novak", "Nóvak"), row("Novy", "Czech")], alphabet());
        assert!(folded.raw_digest().is_some() && folded.raw_digest() != other.raw_digest());
    }

    /// Rows that differ in nothing else are ordered by their part, as they were before there were raw texts.
    #[test]
    fn a_raw_text_orders_rows_after_all_else() {
        let row = |raw: &str, part| (LabelledText { raw: Some(raw.into()), ..row("Novak", "Czech") }, part);
        let rows = vec![row("Novák", Part::Train), row("NOVAK", Part::Test), row("Nóvak", Part::Train)];
        let dataset = Dataset::published(rows, Alphabet::new("Novak".chars(), false));
        assert_eq!([0, 1, 2].map(|row| dataset.raw_text(row)), ["Novák", "Nóvak", "NOVAK"]);
        assert_eq!(dataset.parts(), Some(&[Part::Train, Part::Train, Part::Test][..]));
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
