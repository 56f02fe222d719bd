//! The one way from a source to a data set: read, normalise, set aside, drop duplicates, group, count.

use crate::content::{Content, content};
use crate::error::{IngestError, Place};
use crate::facts::text_counts;
use crate::judge::{Judge, Refused, without_controls};
use crate::open::read_regular;
use crate::part::part;
use crate::read::{BadRow, Columns, Row, Table, damaged_labels, tables};
use crate::rejects::{Mark, Reject, RejectList, Rejected, Unlisted, excerpt};
use crate::source::{InputFile, PlaceFiles, files_by_place};
use crate::threads;
use crate::warnings::warnings;
use recur_core::dataset::{Alphabet, Dataset, LabelledText};
use recur_core::digest::Digest;
use recur_core::facts::{DataFacts, PublishedFacts, RejectReason};
use recur_core::settings::{DataSettings, Duplicates, Group, Rejects, TextSettings, Unknown};
use recur_core::split::Part;
use recur_text::groups;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;

/// How many rows an error shows.
const SHOWN: usize = 5;

/// The most labels that rejected rows are remembered by: more than a data set may have.
const MOST_LOST: usize = 65_536;
/// The most bytes that are read of one file.
pub(crate) const MOST_BYTES: u64 = 16 << 30;

/// The most characters that an alphabet, and labels that a data set, may have.
const MOST_CHARACTERS: u64 = 65_000;
const MOST_LABELS: u64 = 65_535;

/// A data set, and what became of the rows of its source.
#[derive(Clone, Debug, PartialEq)]
pub struct Ingested {
    /// The rows that can be used.
    pub dataset: Dataset,
    /// What became of all rows.
    pub facts: DataFacts,
    /// The rows that cannot be used, by file and line: the first 10,000.
    pub rejects: Vec<Reject>,
    /// How many more there are.
    pub unlisted: Vec<Unlisted>,
    /// What a user should know of how the files were read, in sentences without a full stop.
    pub notes: Vec<String>,
}

/// Reads the source that `settings` name; relative paths start at `base`. `group` says which rows a split keeps together.
///
/// Labels are trimmed and composed (NFC: some systems decompose the names of files). A row is rejected for the first of
/// these that holds: it cannot be read, it has no label, its label or its text has a control character, nothing is left
/// of its text, the text is too long, it has characters outside the alphabet (where those are an error). With the alphabet
/// `auto`, the characters of all kept texts have a token; after folding, only those of ASCII.
///
/// The share of rejected rows has a limit, of the whole source and of each place that a part of a published split is
/// read from. No label may lose all its rows, and some character of the texts must have a token.
///
/// Of a published split, each row is in the part of its file or of its value in the column of parts. Rows with the same text
/// and label in the same part are duplicates; in two parts they are all kept, as published.
///
/// # Errors
/// If the source cannot be found or read, if it has no usable rows, too many rejected ones or one label only, if a label
/// loses all its rows, if the alphabet has no character of the texts, and if the settings refuse rejected or duplicate
/// rows: see [`IngestError`].
pub fn ingest(settings: &DataSettings, group: Group, base: &Path) -> Result<Ingested, IngestError> {
    threads::start()?;
    let mut gathered = Gathered::new(settings);
    for place in files_by_place(&settings.source, base)? {
        gathered.add_place(&place)?;
    }
    gathered.refuse_unusable()?;
    let duplicates = gathered.drop_duplicates()?;
    gathered.finish(group, duplicates)
}

/// A row that can be used. The order is that of the data set; the place is of use to errors alone.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kept {
    label: String,
    text: String,
    part: Option<Part>,
    file: usize,
    line: u64,
    /// The text as it is in the file, where it is not the same.
    raw: Option<String>,
}

/// What has been read so far.
struct Gathered<'a> {
    settings: &'a DataSettings,
    judge: Judge<'a>,
    file_names: Vec<String>,
    files: BTreeMap<String, Digest>,
    kept: Vec<Kept>,
    rejects: RejectList,
    /// For the labels of rejected rows, as far as they can be read: how many rows, and the first of them.
    rejected_labels: BTreeMap<String, (u64, Reject)>,
    notes: Vec<String>,
}

impl<'a> Gathered<'a> {
    fn new(settings: &'a DataSettings) -> Self {
        Self {
            settings,
            judge: Judge::new(settings),
            file_names: Vec::new(),
            files: BTreeMap::new(),
            kept: Vec::new(),
            rejects: RejectList::default(),
            rejected_labels: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    fn add_place(&mut self, place: &PlaceFiles<'_>) -> Result<(), IngestError> {
        let (n_kept, before) = (self.kept.len(), self.rejects.mark());
        self.notes.extend(hidden_files(place));
        for file in &place.files {
            self.add_file(file, place.part)?;
        }
        if place.part.is_none() {
            return Ok(());
        }
        // Whatever the other places hold, this part of the split would be empty, or have lost many of its rows.
        let (n_kept, rejected) = ((self.kept.len() - n_kept) as u64, self.rejects.since(&before));
        match rejected.count {
            0 if n_kept == 0 => Err(IngestError::NoRows { location: place.place.to_owned() }),
            _ => self.refuse_rejects(place.place, n_kept, rejected),
        }
    }

    fn add_file(&mut self, file: &InputFile, part_of_file: Option<Part>) -> Result<(), IngestError> {
        let stored = read_regular(&file.path, MOST_BYTES).map_err(|error| IngestError::of_file(&file.shown, error))?;
        self.files.insert(file.key.clone(), Digest::of(&stored));
        let Content { bytes, notes } = content(file, stored)?;
        self.notes.extend(notes);
        let part_column = self.settings.split_column.as_deref().filter(|_| part_of_file.is_none());
        let columns =
            Columns { text: &self.settings.text_column, label: &self.settings.label_column, part: part_column };
        self.file_names.push(file.key.clone());
        let before = self.rejects.mark();
        tables(file, &bytes, columns, &mut |table| {
            self.add_rows(table, &bytes, file, part_column, part_of_file).map(ControlFlow::Continue)
        })?;
        self.count_damaged(file, &bytes, columns, &before);
        let notes = notes_of_rejected(file, &self.rejects.since(&before));
        self.notes.extend(notes);
        Ok(())
    }

    fn add_rows(
        &mut self,
        table: Table,
        bytes: &[u8],
        file: &InputFile,
        part_column: Option<&str>,
        part_of_file: Option<Part>,
    ) -> Result<(), IngestError> {
        let file_idx = self.file_names.len() - 1;
        let mut bad = table.bad;
        for row in table.rows {
            let part = part_column.map_or(Ok(part_of_file), |column| part_in(column, &row, file).map(Some))?;
            let raw = row.text.as_deref().unwrap_or("");
            match self.judge.row(raw, row.label.as_deref().unwrap_or("")) {
                Ok((text, label)) => {
                    let raw = (raw != text).then(|| raw.to_owned());
                    self.kept.push(Kept { label, text, part, file: file_idx, line: row.line, raw });
                }
                Err(Refused { reason, detail, label }) => {
                    let text = if self.rejects.is_full() { String::new() } else { text_of(&row, bytes) };
                    let rejected = BadRow { line: row.line, reason, text, detail };
                    if let Some(label) = label {
                        self.count_rejected(label, || rejected_row(&file.key, rejected.clone()));
                    }
                    bad.push(rejected);
                }
            }
        }
        bad.sort_by_key(|bad| bad.line);
        for BadRow { line, reason, text, detail } in bad {
            self.rejects.push(Reject { file: file.key.clone(), line, reason, text, detail });
        }
        Ok(())
    }

    /// Remembers the labels of the rows of `file` that are not UTF-8: nobody would see otherwise that a label is lost.
    fn count_damaged(&mut self, file: &InputFile, bytes: &[u8], columns: Columns<'_>, before: &Mark) {
        if !self.rejects.since(before).by_reason.contains_key(&RejectReason::InvalidUtf8) {
            return;
        }
        damaged_labels(file, bytes, columns, &mut |label, line, span| {
            let listed = self.rejects.since(before).listed;
            let known =
                listed.binary_search_by_key(&line, |reject| reject.line).ok().map(|index| listed[index].clone());
            self.count_rejected(label, || {
                let detail = String::new();
                let bad = BadRow { line, reason: RejectReason::InvalidUtf8, text: excerpt(&bytes[span]), detail };
                known.unwrap_or_else(|| rejected_row(&file.key, bad))
            });
        });
    }

    /// Remembers that a row of `label` was rejected.
    fn count_rejected(&mut self, label: String, row: impl FnOnce() -> Reject) {
        if let Some((rows, _)) = self.rejected_labels.get_mut(&label) {
            *rows += 1;
        } else if self.rejected_labels.len() < MOST_LOST {
            self.rejected_labels.insert(label, (1, row()));
        }
    }

    /// Rows kept or rejected: all that were read, until duplicates are dropped.
    fn rows_read(&self) -> u64 {
        self.kept.len() as u64 + self.rejects.all().count
    }

    fn refuse_unusable(&self) -> Result<(), IngestError> {
        let location = self.settings.source.to_string();
        let rejected = self.rejects.all();
        let count = rejected.count;
        if self.rows_read() == 0 {
            return Err(IngestError::NoRows { location });
        }
        if count > 0 && self.settings.rejects == Rejects::Error {
            return Err(IngestError::Rejected { count, first: first(rejected.listed) });
        }
        if !self.kept.is_empty() {
            self.refuse_lost_labels()?;
        }
        self.refuse_rejects(&location, self.kept.len() as u64, self.rejects.all())?;
        if let Some(some) = self.kept.first().filter(|some| self.kept.iter().all(|row| row.label == some.label)) {
            let (label, rows) = (some.label.clone(), self.kept.len() as u64);
            return Err(IngestError::OneLabel { location, label, rows });
        }
        match self.judge.unknown_only() {
            Some(characters) => {
                Err(IngestError::NoKnownCharacter { location, rows: self.kept.len() as u64, characters })
            }
            None => Ok(()),
        }
    }

    /// Refuses the rows of `location` if none is kept, or if a larger share of them is rejected than the settings allow.
    fn refuse_rejects(&self, location: &str, n_kept: u64, rejected: Rejected<'_>) -> Result<(), IngestError> {
        let Rejected { count, by_reason: reasons, listed } = rejected;
        let limit = self.settings.max_rejected;
        let (total, location) = (n_kept + count, location.to_owned());
        if n_kept == 0 {
            return Err(IngestError::NoUsableRows { location, count, reasons, first: first(listed) });
        }
        // Where each rejected row is an error, that error comes first.
        if self.settings.rejects == Rejects::Error || count as f64 / total as f64 <= limit {
            return Ok(());
        }
        Err(IngestError::TooManyRejected { location, count, total, limit, reasons, first: first(listed) })
    }

    /// Refuses labels that only rejected rows have.
    fn refuse_lost_labels(&self) -> Result<(), IngestError> {
        if self.rejected_labels.is_empty() {
            return Ok(());
        }
        let kept: BTreeSet<&str> = self.kept.iter().map(|row| row.label.as_str()).collect();
        // A control character may be all that is wrong with a label: then the label itself is not lost.
        let is_lost = |label: &str| !kept.contains(without_controls(label).trim());
        let lost: Vec<_> = self.rejected_labels.iter().filter(|(label, _)| is_lost(label)).collect();
        if lost.is_empty() {
            return Ok(());
        }
        let mut first: Vec<Reject> = lost.iter().take(SHOWN).map(|(_, (_, reject))| reject.clone()).collect();
        first.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        let labels: Vec<(String, u64)> = lost.into_iter().map(|(label, (rows, _))| (label.clone(), *rows)).collect();
        Err(IngestError::LostLabels { location: self.settings.source.to_string(), labels, first })
    }

    /// Sorts the kept rows and drops those that repeat the text and label of another of the same part; how many those are.
    fn drop_duplicates(&mut self) -> Result<u64, IngestError> {
        self.kept.sort_unstable();
        let same = |a: &Kept, b: &Kept| (&a.label, &a.text, a.part) == (&b.label, &b.text, b.part);
        match self.settings.duplicates {
            Duplicates::Keep => Ok(0),
            Duplicates::Drop => {
                let before = self.kept.len();
                // Of different raw texts the least is kept, whatever the order of files and rows.
                self.kept.dedup_by(|b, a| {
                    let is_same = same(a, b);
                    if is_same && b.raw < a.raw {
                        std::mem::swap(&mut a.raw, &mut b.raw);
                    }
                    is_same
                });
                Ok((before - self.kept.len()) as u64)
            }
            Duplicates::Error => {
                let mut repeated: Vec<&Kept> =
                    self.kept.windows(2).filter(|pair| same(&pair[0], &pair[1])).map(|pair| &pair[1]).collect();
                repeated.sort_unstable_by_key(|row| (row.file, row.line));
                let count = repeated.len() as u64;
                let first: Vec<Place> = repeated.into_iter().take(SHOWN).map(|row| self.place(row)).collect();
                if first.is_empty() { Ok(0) } else { Err(IngestError::Duplicates { count, first }) }
            }
        }
    }

    fn place(&self, row: &Kept) -> Place {
        let file = self.file_names[row.file].clone();
        Place { file, line: row.line, text: row.text.clone(), label: row.label.clone() }
    }

    fn finish(self, group: Group, duplicates: u64) -> Result<Ingested, IngestError> {
        let rows_read = self.rows_read() + duplicates;
        let pairs: Vec<(&str, &str)> = self.kept.iter().map(|row| (row.text.as_str(), row.label.as_str())).collect();
        let counts = text_counts(&pairs);
        let alphabet = self.alphabet()?;
        let n_bytes = self.kept.iter().map(|row| row.text.len() as u64).sum();
        check_limit("labels", counts.rows_by_label.len() as u64, MOST_LABELS)?;
        check_limit("bytes of texts", n_bytes, u64::from(u32::MAX))?;
        let groups = groups(&pairs, group);
        let warnings = warnings(&pairs, &counts, self.judge.unknown_counts(&pairs));
        let n_rows = self.kept.len() as u64;
        let (rows, parts): (Vec<LabelledText>, Vec<Option<Part>>) = self
            .kept
            .into_iter()
            .zip(groups)
            .map(|(Kept { label, text, part, raw, .. }, group)| (LabelledText { label, text, group, raw }, part))
            .unzip();
        // Every row has a part, or none has one.
        let dataset = match parts.into_iter().collect::<Option<Vec<Part>>>() {
            Some(parts) => Dataset::published(rows.into_iter().zip(parts).collect(), alphabet),
            None => Dataset::new(rows, alphabet),
        };
        let most_common = counts.rows_by_label.values().max().copied().unwrap_or(0);
        let facts = DataFacts {
            source: self.settings.source.to_string(),
            files: self.files,
            rows_read,
            rejected: self.rejects.all().by_reason,
            duplicates,
            rows: n_rows,
            distinct_texts: counts.distinct,
            ambiguous_texts: counts.ambiguous,
            accuracy_ceiling: counts.best_right as f64 / n_rows as f64,
            majority_share: most_common as f64 / n_rows as f64,
            groups: dataset.groups().iter().max().map_or(0, |last| u64::from(*last) + 1),
            rows_by_label: counts.rows_by_label,
            n_tokens: dataset.alphabet().n_tokens() as u64,
            unknown_characters: self.judge.unknown_characters,
            published: PublishedFacts::of(&dataset),
            dataset: dataset.digest().clone(),
            warnings,
        };
        let (rejects, unlisted) = self.rejects.into_parts();
        Ok(Ingested { dataset, facts, rejects, unlisted, notes: self.notes })
    }

    fn alphabet(&self) -> Result<Alphabet, IngestError> {
        let TextSettings { alphabet, unknown, .. } = &self.settings.text;
        let characters: Vec<char> = match alphabet {
            Some(characters) => characters.chars().collect(),
            None => {
                // By code point, up to the last one of the data.
                let mut seen: Vec<bool> = Vec::new();
                for character in self.kept.iter().flat_map(|row| row.text.chars()) {
                    let code = character as usize;
                    if code >= seen.len() {
                        seen.resize(code + 1, false);
                    }
                    seen[code] = true;
                }
                let codes = seen.iter().enumerate().filter(|(_, seen)| **seen);
                let characters = codes.filter_map(|(code, _)| char::from_u32(code as u32));
                characters.filter(|character| self.judge.has_token(*character)).collect()
            }
        };
        check_limit("characters of an alphabet", characters.len() as u64, MOST_CHARACTERS)?;
        Ok(Alphabet::new(characters, *unknown == Unknown::Token))
    }
}

/// The part that `row` names in `column`. A row in no part refuses the data: without it the split would be another one.
fn part_in(column: &str, row: &Row, file: &InputFile) -> Result<Part, IngestError> {
    let word = row.part.as_deref().unwrap_or("").trim();
    part(word).ok_or_else(|| IngestError::unknown_part(&file.shown, row.line, column, word))
}

fn text_of(row: &Row, bytes: &[u8]) -> String {
    match &row.span {
        Some(span) => excerpt(&bytes[span.clone()]),
        None => {
            let value = |value: &Option<String>| value.clone().unwrap_or_default();
            excerpt(format!("{}, {}", value(&row.text), value(&row.label)).as_bytes())
        }
    }
}

fn check_limit(what: &'static str, found: u64, limit: u64) -> Result<(), IngestError> {
    if found > limit { Err(IngestError::TooMany { what, found, limit }) } else { Ok(()) }
}

/// The first few of `rejects`.
fn first(rejects: &[Reject]) -> Vec<Reject> {
    rejects.iter().take(SHOWN).cloned().collect()
}

fn rejected_row(file: &str, BadRow { line, reason, text, detail }: BadRow) -> Reject {
    Reject { file: file.to_owned(), line, reason, text, detail }
}

/// What the rejected rows of a file say of the file as a whole. The first of all is named with their number elsewhere.
fn notes_of_rejected(file: &InputFile, rejected: &Rejected<'_>) -> Vec<String> {
    let note = |(reason, what): (RejectReason, &str)| {
        let rows = rejected.by_reason.get(&reason)?;
        let first = rejected.listed.iter().find(|reject| reject.reason == reason);
        let first =
            first.map_or_else(String::new, |first| format!("; the first is line {}: {}", first.line, first.detail));
        let noun = if *rows == 1 { "row" } else { "rows" };
        Some(format!("`{}` has {rows} {noun} {what}{first}", file.shown))
    };
    let wanted = [
        (RejectReason::InvalidUtf8, "that are not UTF-8"),
        (
            RejectReason::QuotedLineEnd,
            "with a quoted field over several lines, and each of these lines was judged by itself",
        ),
    ];
    let is_named = |reason| rejected.listed.first().is_some_and(|first| first.reason == reason);
    wanted.into_iter().filter(|(reason, _)| !is_named(*reason)).filter_map(note).collect()
}

fn hidden_files(place: &PlaceFiles<'_>) -> Option<String> {
    let n = place.hidden.len();
    let first: Vec<String> = place.hidden.iter().take(SHOWN).map(|file| format!("`{file}`")).collect();
    let more = if n > SHOWN { ", …" } else { "" };
    (n > 0).then(|| format!("`{}`: hidden files are not read: {n} ({}{more})", place.place, first.join(", ")))
}
