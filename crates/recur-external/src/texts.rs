//! Texts as raw bytes, all little-endian: lengths, labels, tokens and, where a plugin asks for them, raw texts.

use crate::block::push;
use recur_core::dataset::{Alphabet, Sequences};
use std::borrow::Cow;

/// How raw texts are found, for a plugin that asks for them.
#[derive(Clone, Debug)]
pub(crate) struct RawTexts(Option<Alphabet>);

impl RawTexts {
    /// Those of a model that is built on `alphabet`.
    pub(crate) fn of(alphabet: Option<&Alphabet>) -> Self {
        Self(alphabet.cloned())
    }

    /// The raw text of `row`; where it was not kept, its characters, with U+FFFD for those without a token of their
    /// own.
    fn text<'a>(&self, sequences: &'a Sequences, row: u32) -> Cow<'a, str> {
        if let Some(raw) = sequences.raw(row) {
            return Cow::Borrowed(raw);
        }
        let characters = self.0.as_ref().map_or(&[][..], Alphabet::characters);
        let character =
            |token: &u16| characters.get(usize::from(*token)).copied().unwrap_or(char::REPLACEMENT_CHARACTER);
        Cow::Owned(sequences.get(row).iter().map(character).collect())
    }

    /// Appends those of `rows`: the bytes that each has (u32), and all their bytes in UTF-8.
    fn push(&self, block: &mut Vec<u8>, sequences: &Sequences, rows: &[u32]) {
        let texts: Vec<Cow<'_, str>> = rows.iter().map(|row| self.text(sequences, *row)).collect();
        texts.iter().for_each(|text| block.extend((text.len() as u32).to_le_bytes()));
        texts.iter().for_each(|text| block.extend_from_slice(text.as_bytes()));
    }
}

/// Appends `rows` of `sequences`: the length of each (u32), the label of each if there are labels (u16), all their
/// tokens end to end (u16), and their raw texts where they are asked for.
pub(crate) fn push_texts(
    block: &mut Vec<u8>,
    sequences: &Sequences,
    labels: Option<&[u16]>,
    rows: &[u32],
    raw: Option<&RawTexts>,
) {
    for row in rows {
        block.extend((sequences.get(*row).len() as u32).to_le_bytes());
    }
    for row in rows.iter().filter(|_| labels.is_some()) {
        block.extend(labels.map_or(0, |labels| labels[*row as usize]).to_le_bytes());
    }
    let mut tokens = Vec::new();
    rows.iter().for_each(|row| tokens.extend_from_slice(sequences.get(*row)));
    push(block, &tokens, u16::to_le_bytes);
    if let Some(raw) = raw {
        raw.push(block, sequences, rows);
    }
}

/// The texts in `block`, and their labels if they have some; with their raw texts if `is_raw`.
pub(crate) fn texts(
    block: &[u8],
    n_texts: usize,
    labelled: bool,
    is_raw: bool,
) -> Result<(Sequences, Vec<u16>), String> {
    let n_labels = if labelled { n_texts } else { 0 };
    let heads = n_texts.checked_mul(4).and_then(|lengths| lengths.checked_add(2 * n_labels));
    let Some((lengths, rest)) = heads.filter(|heads| *heads <= block.len()).map(|_| block.split_at(4 * n_texts)) else {
        return Err(format!("{} bytes are too few for {n_texts} texts", block.len()));
    };
    let (labels, mut rest) = rest.split_at(2 * n_labels);
    let mut sequences = Sequences::new();
    for length in lengths.as_chunks().0 {
        let Some((text, after)) = rest.split_at_checked((u32::from_le_bytes(*length) as usize).saturating_mul(2))
        else {
            return Err(format!("the tokens end within text {}", sequences.len()));
        };
        sequences.push(text.as_chunks().0.iter().map(|bytes| u16::from_le_bytes(*bytes)));
        rest = after;
    }
    if is_raw {
        let raw;
        (raw, rest) = raw_texts(rest, n_texts)?;
        sequences = sequences.with_raw(raw);
    }
    match rest.len() {
        0 => Ok((sequences, labels.as_chunks().0.iter().map(|bytes| u16::from_le_bytes(*bytes)).collect())),
        left => Err(format!("{left} bytes are left over")),
    }
}

/// The raw texts at the start of `block`, and what comes after them.
fn raw_texts(block: &[u8], n_texts: usize) -> Result<(Vec<&str>, &[u8]), String> {
    let too_short = |text: usize| format!("the bytes end within the raw text {text}");
    let Some((lengths, mut rest)) = block.split_at_checked(4 * n_texts) else { return Err(too_short(0)) };
    let mut texts = Vec::with_capacity(n_texts);
    for length in lengths.as_chunks().0 {
        let Some((text, after)) = rest.split_at_checked(u32::from_le_bytes(*length) as usize) else {
            return Err(too_short(texts.len()));
        };
        texts.push(std::str::from_utf8(text).map_err(|error| format!("the raw text {}: {error}", texts.len()))?);
        rest = after;
    }
    Ok((texts, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_as_they_were() {
        let sequences: Sequences = [&[1_u16, 2][..], &[], &[7]].into_iter().collect();
        for labels in [None, Some(&[5_u16, 6, 7][..])] {
            let mut block = Vec::new();
            push_texts(&mut block, &sequences, labels, &[2, 0, 1], None);
            let (back, back_labels) = texts(&block, 3, labels.is_some(), false).unwrap();
            assert_eq!(back, [&[7_u16][..], &[1, 2], &[]].into_iter().collect());
            assert_eq!(back_labels, labels.map_or(vec![], |_| vec![7, 5, 6]));
            assert!(texts(&block[1..], 3, labels.is_some(), false).is_err());
            assert!(texts(&block, usize::MAX, labels.is_some(), false).is_err());
        }
    }

    #[test]
    fn raw_texts_come_back_as_they_were_and_are_made_of_characters_where_there_are_none() {
        let sequences: Sequences = [&[1_u16, 2][..], &[0]].into_iter().collect();
        let raw = RawTexts::of(Some(&Alphabet::new("ab".chars(), true)));
        let back = |sequences: &Sequences| {
            let mut block = Vec::new();
            push_texts(&mut block, sequences, Some(&[5, 6]), &[1, 0], Some(&raw));
            assert!(texts(&block, 2, true, false).unwrap_err().ends_with("bytes are left over"));
            assert!(texts(&block[..block.len() - 1], 2, true, true).unwrap_err().contains("within the raw text 1"));
            texts(&block, 2, true, true).unwrap().0
        };
        let kept = back(&sequences.clone().with_raw(["B\u{e9}?", "A"]));
        assert_eq!([kept.raw(0), kept.raw(1)], [Some("A"), Some("B\u{e9}?")]);
        let made = back(&sequences);
        assert_eq!([made.raw(0), made.raw(1)], [Some("a"), Some("b\u{fffd}")]);
        assert_eq!((made.get(0), made.get(1)), (&[0_u16][..], &[1_u16, 2][..]));
    }
}
