//! A look at a source that no spec describes yet: which columns it has, which of them may hold texts and labels, and what is in these.

mod choice;
mod counted;
mod error;

use crate::content::content;
use crate::error::IngestError;
use crate::ingest::MOST_BYTES;
use crate::open::read_regular;
use crate::part::part;
use crate::read::{Columns, FirstColumn, first_rows, tables};
use crate::source::{InputFile, Kind, files};
use crate::threads;
use choice::{choose, may_be_parts};
use counted::{Counted, Parts};
pub use error::{LookError, SeenColumn};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;

/// What a user says of a source.
#[derive(Clone, Copy, Debug)]
pub struct LookRequest<'a> {
    /// A file, a folder of `LABEL.txt`, or a glob, as a spec has it.
    pub source: &'a str,
    /// The column of texts, where the user names it.
    pub text: Option<&'a str>,
    /// The column of labels, where the user names it.
    pub label: Option<&'a str>,
}

/// What a source holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// The columns that were chosen; `None` for lists, `LABEL.txt`.
    pub columns: Option<ChosenColumns>,
    /// Rows that are not blank.
    pub rows: u64,
    /// Rows that cannot be read.
    pub unreadable: u64,
    /// Rows without a text.
    pub without_text: u64,
    /// Rows without a label.
    pub without_label: u64,
    /// The labels with their rows, the commonest first.
    pub labels: Vec<(String, u64)>,
    /// Rows with the text and the label of an earlier one.
    pub duplicates: u64,
    /// Different texts that have more than one label.
    pub ambiguous: u64,
    /// Characters of the texts.
    pub lengths: Lengths,
    /// Characters of each text, in ascending order.
    sorted: Vec<u32>,
}

impl Look {
    /// How many texts have more characters than `limit`.
    pub fn longer_than(&self, limit: u32) -> u64 {
        (self.sorted.len() - self.sorted.partition_point(|length| *length <= limit)) as u64
    }
}

/// Characters of texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lengths {
    /// Of the shortest.
    pub shortest: u32,
    /// Half of the texts have no more.
    pub median: u32,
    /// 99 of 100 texts have no more.
    pub most: u32,
    /// Of the longest.
    pub longest: u32,
}

/// Columns of a table, and why these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenColumns {
    /// All, in the order of the file.
    pub all: Vec<String>,
    /// The one with the texts.
    pub text: String,
    /// Why it was chosen; empty where the user named it.
    pub why_text: String,
    /// The one with the labels.
    pub label: String,
    /// Why it was chosen; empty where the user named it.
    pub why_label: String,
    /// One that divides the rows into parts of a published split.
    pub part: Option<String>,
}

/// Looks at all rows of a source, which is relative to the folder `base`.
///
/// # Errors
/// If it cannot be read, has no columns for texts and labels, or has no rows with two labels.
pub fn look(request: LookRequest<'_>, base: &Path) -> Result<Look, LookError> {
    threads::start().map_err(LookError::Ingest)?;
    if let (Some(text), Some(label)) = (request.text, request.label)
        && text == label
    {
        return Err(LookError::SameColumn { column: text.to_owned() });
    }
    let files = files(request.source, base)?.files;
    let (mut columns, mut candidates) = (None, Vec::new());
    if let Some(table) = files.iter().find(|file| file.kind != Kind::List) {
        let (chosen, may_be_parts) = choose_columns(table, &bytes_of(table)?, request)?;
        (columns, candidates) = (Some(chosen), may_be_parts);
    }
    // A column that only may name parts must not be what makes an error.
    let first = candidates.first().map(String::as_str);
    let (counted, first) = match count(&files, columns.as_ref(), first) {
        Err(_) if first.is_some() => (count(&files, columns.as_ref(), None)?, None),
        counted => (counted?, first),
    };
    if let Some(columns) = &mut columns {
        columns.part = match first.filter(|_| counted.parts.is_split()) {
            Some(first) => Some(first.to_owned()),
            None => candidates.iter().skip(1).find(|name| is_split(&files, name).unwrap_or(false)).cloned(),
        };
    }
    counted.finish(columns, request.source)
}

/// Counts the rows of all files; `part` is a column that may name the parts of a split.
fn count(files: &[InputFile], chosen: Option<&ChosenColumns>, part: Option<&str>) -> Result<Counted, IngestError> {
    let wanted = chosen.map_or(Columns { text: "", label: "", part: None }, |chosen| Columns {
        text: &chosen.text,
        label: &chosen.label,
        part,
    });
    let mut counted = Counted::default();
    for file in files {
        tables(file, &bytes_of(file)?, wanted, &mut |table| {
            counted.unreadable += table.bad.len() as u64;
            table.rows.into_iter().for_each(|row| counted.add(row));
            Ok(ControlFlow::Continue(()))
        })?;
    }
    Ok(counted)
}

/// Whether the column `name` divides all rows into the parts of a split.
fn is_split(files: &[InputFile], name: &str) -> Result<bool, IngestError> {
    let mut parts = Parts::default();
    for file in files {
        tables(file, &bytes_of(file)?, Columns { text: name, label: name, part: None }, &mut |table| {
            table.rows.iter().for_each(|row| parts.add(row.text.as_deref()));
            Ok(if parts.has_other() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
    }
    Ok(parts.is_split())
}

fn bytes_of(file: &InputFile) -> Result<Vec<u8>, IngestError> {
    let stored = read_regular(&file.path, MOST_BYTES).map_err(|error| IngestError::of_file(&file.shown, error))?;
    Ok(content(file, stored)?.bytes)
}

/// The columns of texts and labels, and those that may name the parts of a split.
fn choose_columns(
    file: &InputFile,
    bytes: &[u8],
    request: LookRequest<'_>,
) -> Result<(ChosenColumns, Vec<String>), LookError> {
    let columns = first_rows(file, bytes)?;
    let all: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    if let [only] = all.as_slice() {
        return Err(LookError::OneColumn { path: file.shown.clone(), column: only.clone() });
    }
    // What a user names is there, or the error names what is.
    for named in [request.text, request.label].into_iter().flatten() {
        let wanted = Columns { text: named, label: named, part: None };
        tables(file, bytes, wanted, &mut |_| Ok(ControlFlow::Break(())))?;
    }
    // A column that cannot be read, such as one of lists, holds neither texts nor labels; nor does one of two with one name.
    let is_single = |name: &String| all.iter().filter(|other| *other == name).count() == 1;
    let samples: Vec<Sample> = columns.iter().filter(|column| is_single(&column.name)).filter_map(Sample::of).collect();
    let choice = choose(&samples, request.text, request.label, &file.shown)?;
    let may_be_parts = may_be_parts(&samples, &choice.text, &choice.label);
    Ok((ChosenColumns { all, ..choice }, may_be_parts))
}

/// The beginning of a column.
struct Sample {
    name: String,
    rows: usize,
    /// Values that are there.
    n: usize,
    distinct: usize,
    /// Mean number of characters.
    characters: f64,
    are_numbers: bool,
    /// Whether all values are words for the parts of a split.
    are_parts: bool,
}

impl Sample {
    fn of(column: &FirstColumn) -> Option<Self> {
        let all = column.values.as_ref()?;
        let trimmed = all.iter().flatten().map(|value| value.trim());
        let values: Vec<&str> = trimmed.filter(|value| !value.is_empty()).collect();
        let distinct: BTreeSet<&str> = values.iter().copied().collect();
        let characters: usize = values.iter().map(|value| value.chars().count()).sum();
        Some(Self {
            name: column.name.clone(),
            rows: all.len(),
            n: values.len(),
            characters: characters as f64 / values.len().max(1) as f64,
            are_numbers: distinct.iter().all(|value| value.parse::<f64>().is_ok()),
            are_parts: !distinct.is_empty() && distinct.iter().all(|value| part(value).is_some()),
            distinct: distinct.len(),
        })
    }
}

#[cfg(test)]
mod tests;
