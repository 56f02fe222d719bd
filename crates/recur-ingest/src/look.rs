//! A look at a source that no spec describes yet: which columns it has, which of them may hold texts and labels, and what is in these.

mod choice;

use crate::content::content;
use crate::error::IngestError;
use crate::ingest::MOST_BYTES;
use crate::open::read_regular;
use crate::part::part;
use crate::read::{Columns, Row, tables};
use crate::source::{InputFile, Kind, files};
use crate::threads;
use choice::{choose, part_column};
use std::collections::{BTreeSet, HashMap};
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
    /// All, in the order of the file (the first 20).
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

/// Why nothing can be said of a source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum LookError {
    /// It cannot be read.
    #[error("cannot use the data")]
    Ingest(#[from] IngestError),
    /// A table needs a column of texts and one of labels.
    #[error("`{path}` has only the column `{column}`, and a column of texts and one of labels are needed")]
    OneColumn { path: String, column: String },
    /// The user names one column twice.
    #[error("the column `{column}` cannot hold both the texts and the labels")]
    SameColumn { column: String },
    /// No column repeats its values as labels do.
    #[error(
        "no column of `{path}` looks like one of labels: every one has a single value, or more than {most} different ones"
    )]
    NoLabels { path: String, most: usize },
    /// No column is left for the texts.
    #[error("no column of `{path}` looks like one of texts: apart from the labels they are empty or hold numbers only")]
    NoTexts { path: String },
    /// There is no row with a text and a label.
    #[error("`{source_path}` has no row with a text and a label")]
    NoRows { source_path: String },
    /// All rows have the same label.
    #[error("all rows of `{source_path}` have the label `{label}`: there is nothing to learn")]
    OneLabel { source_path: String, label: String },
}

impl LookError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Ingest(IngestError::Missing { .. }) => Some("name a file that is there: --from FILE".to_owned()),
            Self::Ingest(error) => error.hint(),
            Self::OneColumn { .. } => Some("add a column with the label of each row".to_owned()),
            Self::NoLabels { .. } | Self::NoTexts { .. } => {
                Some("name the columns: --text COLUMN --label COLUMN".to_owned())
            }
            Self::SameColumn { .. } => Some("name two columns: --text COLUMN --label COLUMN".to_owned()),
            Self::NoRows { .. } | Self::OneLabel { .. } => {
                Some("name other columns: --text COLUMN --label COLUMN".to_owned())
            }
        }
    }
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
    let mut counted = Counted::default();
    let mut columns = None;
    for file in &files {
        let bytes = bytes_of(file)?;
        if columns.is_none() && file.kind != Kind::List {
            columns = Some(choose_columns(file, &bytes, request)?);
        }
        let wanted = columns.as_ref().map_or(Columns { text: "", label: "", part: None }, |chosen: &ChosenColumns| {
            Columns { text: &chosen.text, label: &chosen.label, part: None }
        });
        tables(file, &bytes, wanted, &mut |table| {
            counted.unreadable += table.bad.len() as u64;
            table.rows.into_iter().for_each(|row| counted.add(row));
            Ok(())
        })?;
    }
    counted.finish(columns, request.source)
}

fn bytes_of(file: &InputFile) -> Result<Vec<u8>, IngestError> {
    let stored = read_regular(&file.path, MOST_BYTES).map_err(|error| IngestError::of_file(&file.shown, error))?;
    Ok(content(file, stored)?.bytes)
}

/// A name that no column has.
const NO_COLUMN: &str = "\u{1}";

/// The names of the columns of a table.
fn column_names(file: &InputFile, bytes: &[u8]) -> Result<Vec<String>, IngestError> {
    match tables(file, bytes, Columns { text: NO_COLUMN, label: NO_COLUMN, part: None }, &mut |_| Ok(())) {
        Err(IngestError::MissingColumn { found, delimiter: None, .. }) => Ok(found),
        Err(error) => Err(error),
        Ok(()) => Ok(Vec::new()),
    }
}

fn choose_columns(file: &InputFile, bytes: &[u8], request: LookRequest<'_>) -> Result<ChosenColumns, LookError> {
    let all = column_names(file, bytes)?;
    if let [only] = all.as_slice() {
        return Err(LookError::OneColumn { path: file.shown.clone(), column: only.clone() });
    }
    // What a user names is there, or the error names what is.
    for named in [request.text, request.label].into_iter().flatten() {
        sample(file, bytes, named)?;
    }
    // A column that cannot be read, such as one of lists, holds neither texts nor labels.
    let samples: Vec<Sample> = all.iter().filter_map(|name| sample(file, bytes, name).ok()).collect();
    let choice = choose(&samples, request.text, request.label, &file.shown)?;
    let part = part_column(&samples, &choice.text, &choice.label);
    Ok(ChosenColumns { all, part, ..choice })
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
    are_parts: bool,
}

/// What ends the reading of a sample; nobody sees it.
fn enough(file: &InputFile) -> IngestError {
    IngestError::EmptyFile { path: format!("{}\u{1}", file.shown) }
}

/// The rows of the column `name` that are read at once.
fn sample(file: &InputFile, bytes: &[u8], name: &str) -> Result<Sample, IngestError> {
    let mut rows: Vec<Row> = Vec::new();
    let ended = tables(file, bytes, Columns { text: name, label: name, part: None }, &mut |table| {
        rows.extend(table.rows);
        Err(enough(file))
    });
    match ended {
        Err(IngestError::EmptyFile { path }) if path.ends_with('\u{1}') => {}
        ended => ended?,
    }
    let values: Vec<&str> = rows.iter().filter_map(|row| row.text.as_deref()).map(str::trim).collect();
    let values: Vec<&str> = values.into_iter().filter(|value| !value.is_empty()).collect();
    let distinct: BTreeSet<&str> = values.iter().copied().collect();
    let characters: usize = values.iter().map(|value| value.chars().count()).sum();
    Ok(Sample {
        name: name.to_owned(),
        rows: rows.len(),
        n: values.len(),
        characters: characters as f64 / values.len().max(1) as f64,
        are_numbers: distinct.iter().all(|value| value.parse::<f64>().is_ok()),
        are_parts: distinct.len() > 1 && distinct.iter().all(|value| part(value).is_some()),
        distinct: distinct.len(),
    })
}

/// Rows, as they are counted.
#[derive(Default)]
struct Counted {
    rows: u64,
    unreadable: u64,
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
}

impl Counted {
    fn add(&mut self, row: Row) {
        self.rows += 1;
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

    fn finish(mut self, columns: Option<ChosenColumns>, source: &str) -> Result<Look, LookError> {
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

#[cfg(test)]
mod tests;
