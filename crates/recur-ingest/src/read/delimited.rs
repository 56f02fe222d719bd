//! CSV and TSV: records are found here, their fields are parsed by polars.

use super::frame::{PolarsError, columns_of_text};
use super::records::{Record, Records, fields};
use super::{BadRow, Columns, Row, Table, Values, byte_order_mark, missing_column};
use crate::error::IngestError;
use polars::prelude::{CsvReadOptions, DataType, Field, Schema, SerReader};
use recur_core::facts::RejectReason;
use std::io::Cursor;
use std::sync::Arc;

/// What fields may be separated by, in the order in which a hint tries them.
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];

/// Rows of the delimiter-separated file `path`. Fields may be quoted (RFC 4180), in TSV as well.
pub(super) fn table(path: &str, bytes: &[u8], delimiter: u8, columns: Columns<'_>) -> Result<Table, IngestError> {
    let mut records = Records::new(bytes, byte_order_mark(bytes), delimiter);
    let Some(record) = records.next() else { return Err(IngestError::EmptyFile { path: path.to_owned() }) };
    let header = header(path, bytes, &record, delimiter)?;
    let find = |wanted| column(path, &header, wanted, delimiter);
    let columns = [Some(find(columns.name)?), Some(find(columns.label)?), columns.part.map(find).transpose()?];
    let (good, bad) = sort_out(bytes, records, header.len());
    let format = if delimiter == b'\t' { "TSV" } else { "CSV" };
    let values = parse(bytes, &good, delimiter, header.len(), columns).map_err(|error| IngestError::Parse {
        path: path.to_owned(),
        format,
        detail: error.to_string(),
    })?;
    let rows = good.into_iter().zip(values).map(|(record, values)| Row::new(record.line, Some(record.span), values));
    Ok(Table { rows: rows.collect(), bad })
}

fn header(path: &str, bytes: &[u8], record: &Record, delimiter: u8) -> Result<Vec<String>, IngestError> {
    let refused = |detail| IngestError::Header { path: path.to_owned(), line: record.line, detail };
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(refused("the file is UTF-16 text: save it as UTF-8"));
    }
    record.n_fields.map_err(refused)?;
    let text = std::str::from_utf8(&bytes[record.span.clone()]).map_err(|_| refused("it is not UTF-8"))?;
    Ok(fields(text, delimiter).iter().map(|field| field.trim().to_owned()).collect())
}

/// The index of the column `wanted`.
fn column(path: &str, header: &[String], wanted: &str, delimiter: u8) -> Result<usize, IngestError> {
    let mut found = header.iter().enumerate().filter(|(_, name)| *name == wanted).map(|(i, _)| i);
    match (found.next(), found.next()) {
        (Some(column), None) => Ok(column),
        (Some(_), Some(_)) => Err(IngestError::RepeatedColumn { path: path.to_owned(), column: wanted.to_owned() }),
        _ => {
            let mut error = missing_column(path, wanted, header.iter().map(String::as_str));
            if let IngestError::MissingColumn { delimiter: hint, .. } = &mut error {
                *hint = likelier_delimiter(header, delimiter);
            }
            Err(error)
        }
    }
}

/// What a header of one field seems to be separated by.
fn likelier_delimiter(header: &[String], delimiter: u8) -> Option<char> {
    let [only] = header else { return None };
    DELIMITERS.into_iter().find(|other| *other != char::from(delimiter) && only.contains(*other))
}

/// Records fit to be parsed, and the others.
fn sort_out(bytes: &[u8], records: Records<'_>, n_columns: usize) -> (Vec<Record>, Vec<BadRow>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for record in records {
        let row = &bytes[record.span.clone()];
        let malformed = |detail: String| BadRow::new(record.line, RejectReason::Malformed, row, detail);
        match (std::str::from_utf8(row), record.n_fields) {
            (Err(error), _) => bad.push(BadRow::not_utf8(record.line, row, error)),
            (_, Err(quotes)) => bad.push(malformed(quotes.to_owned())),
            (_, Ok(n)) if n != n_columns => bad.push(malformed(format!("{n} fields, the header has {n_columns}"))),
            _ => good.push(record),
        }
    }
    (good, bad)
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
        .with_projection(Some(Arc::new(projection)))
        .map_parse_options(|options| options.with_separator(delimiter).with_missing_is_null(false))
        .into_reader_with_file_handle(Cursor::new(text))
        .finish()?;
    columns_of_text(&frame, columns.map(|column| Some(names[column?].as_str())), records.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: Columns<'static> = Columns { name: "name", label: "label", part: None };

    fn read(text: &[u8]) -> Table {
        table("a.csv", text, b',', COLUMNS).unwrap()
    }

    fn check(text: &str, expected: &[(u64, &str, &str)]) {
        let table = read(text.as_bytes());
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let found: Vec<_> = table.rows.iter().map(|row| (row.line, text(&row.name), text(&row.label))).collect();
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
        assert_eq!(table("a.csv", text, b',', COLUMNS).unwrap_err().to_string(), expected);
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
    fn quoted_fields_keep_delimiters_quotes_and_line_ends() {
        check("name,label\n\"a,\"\"b\"\"\nc\",x\nd,\"y\"\r\n", &[(2, "a,\"b\"\nc", "x"), (4, "d", "y")]);
    }

    #[test]
    fn first_bytes_of_a_compressed_file_are_just_text() {
        check("x^,name,label\n1,a,b\n", &[(2, "a", "b")]);
    }

    #[test]
    fn many_quoted_line_ends_come_through_in_order() {
        let rows: Vec<String> = (0..3000).map(|i| format!("\"n\n{i}\",\"l\"\"\n\n\"")).collect();
        let table = read(format!("name,label\n{}", rows.join("\n")).as_bytes());
        assert_eq!(table.rows.len(), 3000);
        for (i, row) in table.rows.iter().enumerate() {
            assert_eq!((row.name.clone(), row.line), (Some(format!("n\n{i}")), 2 + 4 * i as u64));
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
                (5, RejectReason::InvalidUtf8, "byte 1 of the row begins no UTF-8 letter"),
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
        check_error(b"name\tlabel\na\tb\n", &format!("{columns} `name\tlabel`; {}", hint("a tab")));
    }

    #[test]
    fn header_that_is_none_is_an_error() {
        check_error(
            b"na\"me,label\n",
            &format!("`a.csv` has no usable header at line 1: {}", super::super::records::STRAY_QUOTE),
        );
        check_error(b"\xffname,label\n", "`a.csv` has no usable header at line 1: it is not UTF-8");
        check_error(
            b"\xff\xfen\0a\0",
            "`a.csv` has no usable header at line 1: the file is UTF-16 text: save it as UTF-8",
        );
    }
}
