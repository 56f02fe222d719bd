//! CSV and TSV: records are found here, their fields are parsed by polars.

use super::first::FirstColumn;
use super::frame::{PolarsError, columns_of_text};
use super::header::{position, shown};
use super::records::{Quotes, Record, Records, fields};
use super::{BadRow, Columns, Each, ROWS_AT_ONCE, Row, Table, Values, byte_order_mark};
use crate::error::IngestError;
use polars::prelude::{CsvReadOptions, DataType, Field, Schema, SerReader};
use recur_core::facts::RejectReason;
use std::io::Cursor;
use std::sync::Arc;

/// What fields may be separated by, in the order in which a hint tries them.
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];

/// Rows of the delimiter-separated file `path`. Fields may be quoted (RFC 4180), in TSV as well.
pub(super) fn tables(
    path: &str,
    bytes: &[u8],
    delimiter: u8,
    columns: Columns<'_>,
    each: Each<'_>,
) -> Result<(), IngestError> {
    let mut records = Records::new(bytes, byte_order_mark(bytes), delimiter);
    let header = Header::read(path, bytes, delimiter, &mut records)?;
    let find = |wanted| header.column(path, wanted, delimiter);
    let columns = [Some(find(columns.text)?), Some(find(columns.label)?), columns.part.map(find).transpose()?];
    let format = if delimiter == b'\t' { "TSV" } else { "CSV" };
    loop {
        let (good, bad) = sort_out(bytes, records.by_ref().take(ROWS_AT_ONCE), &header);
        if good.is_empty() && bad.is_empty() {
            return Ok(());
        }
        let n_columns = header.n_columns();
        let values = parse(bytes, &good, delimiter, n_columns, columns).map_err(|error| IngestError::Parse {
            path: path.to_owned(),
            format,
            detail: error.to_string(),
        })?;
        let row = |(record, values): (Record, Values)| Row::new(record.line, Some(record.span), values);
        if each(Table { rows: good.into_iter().zip(values).map(row).collect(), bad })?.is_break() {
            return Ok(());
        }
    }
}

/// The columns of the file `path`, with the values of its first rows.
pub(super) fn first_rows(path: &str, bytes: &[u8], delimiter: u8) -> Result<Vec<FirstColumn>, IngestError> {
    let mut records = Records::new(bytes, byte_order_mark(bytes), delimiter);
    let header = Header::read(path, bytes, delimiter, &mut records)?;
    if let Some(delimiter) = likelier_delimiter(&header.names, delimiter) {
        let column = shown(&header.names[0]);
        return Err(IngestError::Delimiter { path: path.to_owned(), column, delimiter });
    }
    let mut columns: Vec<FirstColumn> = header.names.iter().map(|name| FirstColumn::new(name)).collect();
    let (good, _) = sort_out(bytes, records.take(ROWS_AT_ONCE), &header);
    for record in good {
        let row = String::from_utf8_lossy(&bytes[record.span]);
        columns.iter_mut().zip(fields(&row, delimiter)).for_each(|(column, value)| column.push(Some(value)));
    }
    Ok(columns)
}

/// The first row of a file, or the second after a line `sep=,`.
pub(super) struct Header<'a> {
    /// Its bytes.
    row: &'a [u8],
    names: Vec<String>,
}

impl<'a> Header<'a> {
    pub(super) fn read(
        path: &str,
        bytes: &'a [u8],
        delimiter: u8,
        records: &mut Records<'_>,
    ) -> Result<Self, IngestError> {
        let empty = || IngestError::EmptyFile { path: path.to_owned() };
        let mut record = records.next().ok_or_else(empty)?;
        if let Some(separator) = separator(&bytes[record.span.clone()]) {
            if separator != [delimiter] {
                let found = String::from_utf8_lossy(separator).replace('\t', "\\t");
                return Err(IngestError::Separator { path: path.to_owned(), line: record.line, found });
            }
            record = records.next().ok_or_else(empty)?;
        }
        let refused = |detail| IngestError::Header { path: path.to_owned(), line: record.line, detail };
        let row = &bytes[record.span.clone()];
        let text = std::str::from_utf8(row).map_err(|error| refused(super::not_utf8(row, error)))?;
        record.n_fields.map_err(|quotes| refused(quotes.to_string()))?;
        let names = fields(text, delimiter).iter().map(|field| field.trim().to_owned()).collect();
        Ok(Self { row, names })
    }

    /// The index of the column `wanted`.
    pub(super) fn column(&self, path: &str, wanted: &str, delimiter: u8) -> Result<usize, IngestError> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        position(path, &names, wanted).map_err(|mut error| {
            if let IngestError::MissingColumn { delimiter: hint, .. } = &mut error {
                *hint = likelier_delimiter(&self.names, delimiter);
            }
            error
        })
    }

    pub(super) fn n_columns(&self) -> usize {
        self.names.len()
    }

    /// Whether `row` is this one again, as where files were joined: quotes, blanks and byte order marks apart.
    fn is_repeated_by(&self, row: &[u8]) -> bool {
        let row = &row[byte_order_mark(row)..];
        let is_text = |byte: &&u8| !matches!(byte, b'"' | b' ');
        self.row.iter().filter(is_text).eq(row.iter().filter(is_text))
    }
}

/// What a line `sep=,` names: spreadsheets write such a line before the header, and obey it.
fn separator(row: &[u8]) -> Option<&[u8]> {
    let row = row.strip_prefix(b"\"").and_then(|row| row.strip_suffix(b"\"")).unwrap_or(row);
    let (key, separator) = row.split_at_checked(4)?;
    (key.eq_ignore_ascii_case(b"sep=") && separator.len() == 1).then_some(separator)
}

/// What a header of one field seems to be separated by.
fn likelier_delimiter(header: &[String], delimiter: u8) -> Option<char> {
    let [only] = header else { return None };
    DELIMITERS.into_iter().find(|other| *other != char::from(delimiter) && only.contains(*other))
}

/// Records fit to be parsed, and the others.
fn sort_out(bytes: &[u8], records: impl Iterator<Item = Record>, header: &Header<'_>) -> (Vec<Record>, Vec<BadRow>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for record in records {
        let row = &bytes[record.span.clone()];
        match fault(row, record.n_fields, header) {
            Some((reason, detail)) => bad.push(BadRow::new(record.line, reason, row, detail)),
            None => good.push(record),
        }
    }
    (good, bad)
}

/// Why a record cannot be parsed.
fn fault(row: &[u8], n_fields: Result<usize, Quotes>, header: &Header<'_>) -> Option<(RejectReason, String)> {
    if let Err(error) = std::str::from_utf8(row) {
        return Some((RejectReason::InvalidUtf8, super::not_utf8(row, error)));
    }
    let n_columns = header.n_columns();
    match n_fields {
        Err(quotes @ Quotes::OverLines { .. }) => Some((RejectReason::QuotedLineEnd, quotes.to_string())),
        Err(quotes) => Some((RejectReason::Malformed, quotes.to_string())),
        Ok(n) if n != n_columns => {
            // A line end that ends no line here, as where files of different systems were joined.
            let cr =
                if row.contains(&b'\r') { ", and it holds CR, which ends no line where others end in LF" } else { "" };
            Some((RejectReason::Malformed, format!("{n} fields, the header has {n_columns}{cr}")))
        }
        Ok(_) if header.is_repeated_by(row) => {
            Some((RejectReason::RepeatedHeader, "the header of the file again".to_owned()))
        }
        Ok(_) => None,
    }
}

/// The text of `columns` in each of the `records`.
fn parse(
    bytes: &[u8],
    records: &[Record],
    delimiter: u8,
    n_columns: usize,
    columns: [Option<usize>; 3],
) -> Result<Vec<Values>, PolarsError> {
    let names: Vec<String> = (0..n_columns).map(|i| format!("column_{i}")).collect();
    let schema = Schema::from_iter(names.iter().map(|name| Field::new(name.as_str().into(), DataType::String)));
    // A first line of our own: whatever a file begins with, polars cannot take it for a compressed one.
    let mut text = names.join(&char::from(delimiter).to_string()).into_bytes();
    for record in records {
        text.push(b'\n');
        text.extend_from_slice(&bytes[record.span.clone()]);
    }
    text.push(b'\n');
    let mut projection: Vec<usize> = columns.into_iter().flatten().collect();
    projection.sort_unstable();
    projection.dedup();
    let frame = CsvReadOptions::default()
        .with_has_header(true)
        .with_schema(Some(Arc::new(schema)))
        // polars guesses types even where it is given them, with expressions that it compiles for it.
        .with_infer_schema_length(Some(0))
        .with_projection(Some(Arc::new(projection)))
        .map_parse_options(|options| options.with_separator(delimiter).with_missing_is_null(false))
        .into_reader_with_file_handle(Cursor::new(text))
        .finish()?;
    columns_of_text(&frame, columns.map(|column| Some(names[column?].as_str())), records.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::ControlFlow;

    const COLUMNS: Columns<'static> = Columns { text: "name", label: "label", part: None };

    fn try_read(name: &str, text: &[u8], delimiter: u8) -> Result<Table, IngestError> {
        let mut whole = Table::default();
        tables(name, text, delimiter, COLUMNS, &mut |table| {
            whole.rows.extend(table.rows);
            whole.bad.extend(table.bad);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(whole)
    }

    fn read(text: &[u8]) -> Table {
        try_read("a.csv", text, b',').unwrap()
    }

    fn check(text: &str, expected: &[(u64, &str, &str)]) {
        let table = read(text.as_bytes());
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let found: Vec<_> = table.rows.iter().map(|row| (row.line, text(&row.text), text(&row.label))).collect();
        let expected: Vec<_> = expected.iter().map(|(line, n, l)| (*line, (*n).to_owned(), (*l).to_owned())).collect();
        assert_eq!(found, expected);
        assert_eq!(table.bad, []);
    }

    fn check_bad(text: &[u8], expected: &[(u64, RejectReason, &str)]) {
        let table = read(text);
        let found: Vec<_> = table.bad.iter().map(|bad| (bad.line, bad.reason, bad.detail.as_str())).collect();
        assert_eq!(found, expected);
    }

    fn check_error(text: &[u8], expected: &str) {
        assert_eq!(try_read("a.csv", text, b',').unwrap_err().to_string(), expected);
    }

    #[test]
    fn every_value_is_text() {
        check("name,label\nNA,007\nnull,1.0\ntrue,\n", &[(2, "NA", "007"), (3, "null", "1.0"), (4, "true", "")]);
    }

    #[test]
    fn columns_are_found_by_name_in_any_order() {
        check(" label ,x,\"name\"\n1,2,3\n", &[(2, "3", "1")]);
    }

    #[test]
    fn quoted_fields_keep_delimiters_and_quotes() {
        check("name,label\n\"a,\"\"b\"\"c\",x\nd,\"y\"\r\n", &[(2, "a,\"b\"c", "x"), (3, "d", "y")]);
    }

    #[test]
    fn quoted_fields_over_lines_are_rejected_and_the_rows_within_are_kept() {
        let text = b"name,label\na,\"x\nb,y\nc,\"\nd,e\n";
        let over = "a quoted field spans lines 2 to 4, and a row should be on one line";
        check_bad(
            text,
            &[
                (2, RejectReason::QuotedLineEnd, over),
                (4, RejectReason::Malformed, "a quote is opened and never closed"),
            ],
        );
        assert_eq!(read(text).rows.iter().map(|row| row.line).collect::<Vec<_>>(), [3, 5]);
    }

    #[test]
    fn a_repeated_header_is_rejected() {
        let again = |line| (line, RejectReason::RepeatedHeader, "the header of the file again");
        let text = "name,label\na,b\n\"name\", label\nc,d\n\u{feff}name,label\nname,x\n";
        check_bad(text.as_bytes(), &[again(3), again(5)]);
        assert_eq!(read(text.as_bytes()).rows.len(), 3);
    }

    #[test]
    fn a_line_that_names_the_separator_is_obeyed_or_refused() {
        check("sep=,\nname,label\na,b\n", &[(3, "a", "b")]);
        check("\u{feff}\"SEP=,\"\r\nname,label\r\na,b\r\n", &[(3, "a", "b")]);
        let means = "but .csv means `,` and .tsv means a tab";
        check_error(b"sep=;\nname;label\n", &format!("`a.csv:1` says that fields are separated by `;`, {means}"));
        check_error(b"sep=\t\nname\tlabel\n", &format!("`a.csv:1` says that fields are separated by `\\t`, {means}"));
        assert_eq!(try_read("a.tsv", b"sep=\t\nname\tlabel\na\tb\n", b'\t').unwrap().rows.len(), 1);
    }

    #[test]
    fn byte_order_marks_are_no_part_of_a_column() {
        check("\u{feff}\u{feff}name,label\na,b\n", &[(2, "a", "b")]);
    }

    #[test]
    fn first_bytes_of_a_compressed_file_are_just_text() {
        check("x^,name,label\n1,a,b\n", &[(2, "a", "b")]);
    }

    #[test]
    fn more_rows_than_are_parsed_at_once_come_in_order() {
        let rows: Vec<String> = (0..3 * ROWS_AT_ONCE / 2).map(|i| format!("n{i},\"l\"\"\"")).collect();
        let table = read(format!("name,label\n{}", rows.join("\n")).as_bytes());
        assert_eq!(table.rows.len(), rows.len());
        for (i, row) in table.rows.iter().enumerate() {
            assert_eq!((row.text.clone(), row.line), (Some(format!("n{i}")), 2 + i as u64));
        }
    }

    #[test]
    fn malformed_rows_are_listed_and_the_rest_is_read() {
        let few_many = b"name,label\na\nb,c\nd,e,f\n\xff,g\n\"h,i\nj,k\n";
        check_bad(
            few_many,
            &[
                (2, RejectReason::Malformed, "1 fields, the header has 2"),
                (4, RejectReason::Malformed, "3 fields, the header has 2"),
                (
                    5,
                    RejectReason::InvalidUtf8,
                    "byte 1 of the row, 0xff, is not UTF-8; it looks like WINDOWS-1252: `ÿ,g`",
                ),
                (6, RejectReason::Malformed, "a quote is opened and never closed"),
            ],
        );
        assert_eq!(read(few_many).rows.iter().map(|row| row.line).collect::<Vec<_>>(), [3, 7]);
    }

    #[test]
    fn missing_column_is_an_error_with_the_columns_found() {
        check_error(
            b"names,label\na,b\n",
            "`a.csv` has no column `name` (did you mean `names`?): its columns are `names`, `label`",
        );
        check_error(b"name,label,name\na,b,c\n", "`a.csv` has more than one column `name`");
    }

    #[test]
    fn wrong_delimiter_is_named() {
        let hint =
            |name: &str| format!("fields seem to be separated by {name}, but .csv means `,` and .tsv means a tab");
        let columns = "`a.csv` has no column `name`: its columns are";
        check_error(b"name;label\na;b\n", &format!("{columns} `name;label`; {}", hint("`;`")));
        check_error(b"name\tlabel\na\tb\n", &format!("{columns} `name\\tlabel`; {}", hint("a tab")));
    }

    #[test]
    fn header_that_is_none_is_an_error() {
        check_error(
            b"na\"me,label\n",
            "`a.csv` has no usable header at line 1: a quote inside a field that does not begin with one",
        );
        check_error(
            b"\xe9name,label\n",
            "`a.csv` has no usable header at line 1: byte 1 of the row, 0xe9, is not UTF-8; it looks like WINDOWS-1252: \
             `éname,label`",
        );
    }
}
