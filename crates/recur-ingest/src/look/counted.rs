//! The rows of a source, counted one by one.

use super::{ChosenColumns, Lengths, Look, LookError};
use crate::part::part;
use crate::read::Row;
use recur_core::split::Part;
use std::collections::{BTreeSet, HashMap};

/// Rows, as they are counted.
#[derive(Default)]
pub(super) struct Counted {
    rows: u64,
    pub(super) unreadable: u64,
    without_text: u64,
    without_label: u64,
    /// Each label by its number, in order of appearance.
    labels: HashMap<String, u32>,
    by_label: Vec<(String, u64)>,
    /// Each text by its number, with the number of its first label.
    texts: HashMap<String, (u32, u32)>,
    /// Labels of texts besides their first one, by number.
    others: BTreeSet<(u32, u32)>,
    ambiguous: BTreeSet<u32>,
    duplicates: u64,
    lengths: Vec<u32>,
    /// What is in the column that may name the parts of a split.
    pub(super) parts: Parts,
}

/// Whether the values of a column are the parts of a split.
#[derive(Default)]
pub(super) struct Parts {
    found: BTreeSet<Part>,
    has_other: bool,
}

impl Parts {
    pub(super) fn add(&mut self, value: Option<&str>) {
        match value.and_then(part) {
            Some(part) => {
                self.found.insert(part);
            }
            None => self.has_other = true,
        }
    }

    /// Whether no row can belong to a part.
    pub(super) fn has_other(&self) -> bool {
        self.has_other
    }

    /// Whether every row has a part, and not all have the same.
    pub(super) fn is_split(&self) -> bool {
        self.found.len() > 1 && !self.has_other
    }
}

impl Counted {
    pub(super) fn add(&mut self, row: Row) {
        self.rows += 1;
        self.parts.add(row.part.as_deref());
        let value =
            |value: Option<String>| value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let (text, label) = (value(row.text), value(row.label));
        self.without_text += u64::from(text.is_none());
        self.without_label += u64::from(label.is_none());
        let (Some(text), Some(label)) = (text, label) else { return };
        self.lengths.push(u32::try_from(text.chars().count()).unwrap_or(u32::MAX));
        let label = match self.labels.get(&label) {
            Some(number) => *number,
            None => {
                let number = self.by_label.len() as u32;
                self.by_label.push((label.clone(), 0));
                self.labels.insert(label, number);
                number
            }
        };
        self.by_label[label as usize].1 += 1;
        let next = self.texts.len() as u32;
        let (text, first) = *self.texts.entry(text).or_insert((next, label));
        if text == next {
            return;
        }
        let is_repeated = if first == label { true } else { !self.others.insert((text, label)) };
        self.duplicates += u64::from(is_repeated);
        if first != label {
            self.ambiguous.insert(text);
        }
    }

    /// What was counted, of the source `source` with `columns`.
    pub(super) fn finish(mut self, columns: Option<ChosenColumns>, source: &str) -> Result<Look, LookError> {
        self.by_label.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        match self.by_label.as_slice() {
            [] => return Err(LookError::NoRows { source_path: source.to_owned() }),
            [(only, _)] => {
                return Err(LookError::OneLabel { source_path: source.to_owned(), label: only.clone() });
            }
            _ => {}
        }
        self.lengths.sort_unstable();
        let at = |share: f64| {
            let place = (self.lengths.len() as f64 * share).ceil() as usize;
            self.lengths[place.saturating_sub(1).min(self.lengths.len() - 1)]
        };
        let lengths = Lengths { shortest: at(0.0), median: at(0.5), most: at(0.99), longest: at(1.0) };
        Ok(Look {
            columns,
            rows: self.rows + self.unreadable,
            unreadable: self.unreadable,
            without_text: self.without_text,
            without_label: self.without_label,
            labels: self.by_label,
            duplicates: self.duplicates,
            ambiguous: self.ambiguous.len() as u64,
            lengths,
            sorted: self.lengths,
        })
    }
}
