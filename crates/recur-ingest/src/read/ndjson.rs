//! NDJSON: one JSON object a line. Lines are checked one by one here, the good ones are parsed by polars.

use super::first::FirstColumn;
use super::frame::{PolarsError, columns_of_text};
use super::header::missing_column;
use super::{BadRow, Columns, Each, ROWS_AT_ONCE, Row, Table, Values, lines};
use crate::error::IngestError;
use polars::prelude::{DataType, Field, JsonFormat, JsonReader, Schema, SerReader};
use recur_core::facts::RejectReason;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Cursor;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

/// A line that is an object, its place trimmed of blanks.
struct Line {
    line: u64,
    span: Range<usize>,
}

/// Rows of the NDJSON file `path`. Numbers and booleans become text; a text or label that is a list or an object
/// makes a row malformed.
pub(super) fn tables(path: &str, bytes: &[u8], columns: Columns<'_>, each: Each<'_>) -> Result<(), IngestError> {
    let mut keys = BTreeSet::new();
    let mut has_objects = false;
    let mut lines = lines(bytes).peekable();
    while lines.peek().is_some() {
        let (good, mut bad) = sort_out(path, bytes, lines.by_ref().take(ROWS_AT_ONCE), columns, &mut keys)?;
        if !has_objects && !good.is_empty() {
            has_objects = true;
            check_columns(path, bytes, columns, &mut keys)?;
        }
        let mut rows = Vec::with_capacity(good.len());
        parse_or_halve(bytes, &good, columns, &mut rows, &mut bad);
        bad.sort_by_key(|bad| bad.line);
        if each(Table { rows, bad })?.is_break() {
            return Ok(());
        }
    }
    if has_objects { Ok(()) } else { refuse_array(path, bytes) }
}

/// Refuses one JSON array over many lines, which people take for NDJSON.
fn refuse_array(path: &str, bytes: &[u8]) -> Result<(), IngestError> {
    match bytes.trim_ascii_start().starts_with(b"[") {
        true => Err(IngestError::JsonArray { path: path.to_owned() }),
        false => Ok(()),
    }
}

/// The keys of the first lines of the file `path`, in order of appearance, with their values in each of these lines.
pub(super) fn first_rows(path: &str, bytes: &[u8]) -> Result<Vec<FirstColumn>, IngestError> {
    let texts = lines(bytes).take(ROWS_AT_ONCE).filter_map(|(_, span)| std::str::from_utf8(&bytes[span]).ok());
    let objects: Vec<Object<Value>> = texts.filter_map(|text| serde_json::from_str(text.trim_ascii()).ok()).collect();
    if objects.is_empty() {
        refuse_array(path, bytes)?;
    }
    let mut columns: Vec<FirstColumn> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (n_rows, object) in objects.into_iter().enumerate() {
        for (key, value) in object.0 {
            let at = *places.entry(key).or_insert_with_key(|key| {
                columns.push(FirstColumn::new(key));
                columns.len() - 1
            });
            columns[at].push_at(n_rows, value);
        }
    }
    Ok(columns)
}

/// Refuses the file if a column occurs in none of its lines. Where the first lines have them all, the others are not
/// looked at.
fn check_columns(
    path: &str,
    bytes: &[u8],
    columns: Columns<'_>,
    keys: &mut BTreeSet<String>,
) -> Result<(), IngestError> {
    let is_missing = |keys: &BTreeSet<String>| columns.wanted().find(|column| !keys.contains(*column));
    for (_, span) in lines(bytes) {
        if is_missing(keys).is_none() {
            return Ok(());
        }
        if let Ok(text) = std::str::from_utf8(&bytes[span]) {
            // Only the keys are of interest here.
            let _ = check(text.trim_ascii(), columns, keys);
        }
    }
    match is_missing(keys) {
        Some(column) => Err(missing_column(path, column, keys.iter().map(String::as_str))),
        None => Ok(()),
    }
}

/// Lines that polars can be given, and the others; the keys found are added to `keys`.
fn sort_out(
    path: &str,
    bytes: &[u8],
    lines: impl Iterator<Item = (u64, Range<usize>)>,
    columns: Columns<'_>,
    keys: &mut BTreeSet<String>,
) -> Result<(Vec<Line>, Vec<BadRow>), IngestError> {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for (line, span) in lines {
        let row = &bytes[span.clone()];
        let text = match std::str::from_utf8(row) {
            Ok(text) => text.trim_ascii(),
            Err(error) => {
                bad.push(BadRow::not_utf8(line, row, error));
                continue;
            }
        };
        match check(text, columns, keys) {
            Ok(()) => {
                let start = span.start + (text.as_ptr() as usize - row.as_ptr() as usize);
                good.push(Line { line, span: start..start + text.len() });
            }
            Err(Refused::Row(detail)) => bad.push(BadRow::new(line, RejectReason::Malformed, row, detail)),
            Err(Refused::Part) => {
                return Err(IngestError::unknown_part(
                    path,
                    line,
                    columns.part.unwrap_or_default(),
                    "a list or an object",
                ));
            }
        }
    }
    Ok((good, bad))
}

/// How many different keys are remembered for an error message: objects may have keys without end.
const MOST_KEYS: usize = 100;

/// Why a line is not read.
enum Refused {
    /// The row cannot be used.
    Row(String),
    /// Its part cannot be known, so that the data cannot be used.
    Part,
}

fn check(text: &str, columns: Columns<'_>, keys: &mut BTreeSet<String>) -> Result<(), Refused> {
    // Line and column stand in the reject already; serde_json's own are those of this one line.
    let object: Object<Shape> =
        serde_json::from_str(text).map_err(|error| match error.to_string().split_once(" at line ") {
            Some((message, _)) => Refused::Row(message.to_owned()),
            None => Refused::Row(error.to_string()),
        })?;
    for column in columns.wanted() {
        let mut values = object.0.iter().filter(|(key, _)| key == column);
        match (values.next(), values.next()) {
            (Some(_), Some(_)) => return Err(Refused::Row(format!("`{column}` occurs twice"))),
            (Some((_, Shape::Nested)), _) if columns.part == Some(column) => return Err(Refused::Part),
            (Some((_, Shape::Nested)), _) => return Err(Refused::Row(format!("`{column}` is a list or an object"))),
            _ => {}
        }
    }
    for (key, _) in object.0 {
        if keys.len() < MOST_KEYS || columns.wanted().any(|column| key == column) {
            keys.insert(key);
        }
    }
    Ok(())
}

/// Parses `lines`. Where polars refuses some of them they are halved until the line to blame stands alone.
fn parse_or_halve(bytes: &[u8], lines: &[Line], columns: Columns<'_>, rows: &mut Vec<Row>, bad: &mut Vec<BadRow>) {
    match (parse(bytes, lines, columns), lines) {
        (_, []) => {}
        (Ok(values), _) => {
            let row = |(line, values): (&Line, Values)| Row::new(line.line, Some(line.span.clone()), values);
            rows.extend(lines.iter().zip(values).map(row));
        }
        (Err(error), [line]) => {
            let row = &bytes[line.span.clone()];
            bad.push(BadRow::new(line.line, RejectReason::Malformed, row, error.to_string()));
        }
        (Err(_), _) => {
            let (first, second) = lines.split_at(lines.len() / 2);
            parse_or_halve(bytes, first, columns, rows, bad);
            parse_or_halve(bytes, second, columns, rows, bad);
        }
    }
}

fn parse(bytes: &[u8], lines: &[Line], columns: Columns<'_>) -> Result<Vec<Values>, PolarsError> {
    // No line end after the last line: polars' estimate of line lengths would look past the end of the text.
    let text = lines.iter().map(|line| &bytes[line.span.clone()]).collect::<Vec<_>>().join(&b'\n');
    let schema = Schema::from_iter(columns.wanted().map(|column| Field::new(column.into(), DataType::String)));
    let reader = JsonReader::new(Cursor::new(text)).with_json_format(JsonFormat::JsonLines);
    let frame = reader.with_schema(Arc::new(schema)).finish()?;
    columns_of_text(&frame, [Some(columns.text), Some(columns.label), columns.part], lines.len())
}

/// The values of `column` in those of the numbered `lines` that have it, as [`tables`] reads them.
pub(super) fn column_of<T: AsRef<str>>(lines: impl Iterator<Item = (u64, T)>, column: &str) -> Vec<(u64, String)> {
    let columns = Columns { text: column, label: column, part: None };
    let (mut bytes, mut good) = (Vec::new(), Vec::new());
    for (line, text) in lines {
        let text = text.as_ref().trim_ascii();
        if check(text, columns, &mut BTreeSet::new()).is_ok() {
            good.push(Line { line, span: bytes.len()..bytes.len() + text.len() });
            bytes.extend_from_slice(text.as_bytes());
        }
    }
    let (mut rows, mut bad) = (Vec::new(), Vec::new());
    parse_or_halve(&bytes, &good, columns, &mut rows, &mut bad);
    rows.into_iter().filter_map(|row| Some((row.line, row.label?))).collect()
}

/// The keys of a JSON object in their order, each with what is asked of its value.
struct Object<T>(Vec<(String, T)>);

#[derive(PartialEq)]
enum Shape {
    Plain,
    /// A list or an object. How deep it goes is bounded by serde_json, and so is the recursion in polars.
    Nested,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Keys<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<T>, A::Error> {
                let mut keys = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    keys.push(entry);
                }
                Ok(Object(keys))
            }
        }
        deserializer.deserialize_map(Keys(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyValue;
        impl<'de> Visitor<'de> for AnyValue {
            type Value = Shape;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Shape, E> {
                Ok(Shape::Plain)
            }

            fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Shape, E> {
                Ok(Shape::Plain)
            }

            fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Shape, E> {
                Ok(Shape::Plain)
            }

            fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Shape, E> {
                Ok(Shape::Plain)
            }

            fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Shape, E> {
                Ok(Shape::Plain)
            }

            fn visit_unit<E: serde::de::Error>(self) -> Result<Shape, E> {
                Ok(Shape::Plain)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Shape, A::Error> {
                while list.next_element::<Shape>()?.is_some() {}
                Ok(Shape::Nested)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
                while map.next_entry::<String, Shape>()?.is_some() {}
                Ok(Shape::Nested)
            }
        }
        deserializer.deserialize_any(AnyValue)
    }
}
