//! Texts without labels, from files: what a model is to predict.
//!
//! The files are read as [`ingest`](crate::ingest()) reads them, one column of a table or one text a line. Here no row is
//! set aside, so that the n-th prediction is that of the n-th row: a file with a row that cannot be read is refused.

use crate::content::{Content, content};
use crate::error::{IngestError, ListMistake};
use crate::ingest::MOST_BYTES;
use crate::open::read_regular;
use crate::read::{Columns, Row, Table, first_rows, tables};
use crate::rejects::Reject;
use crate::source::{InputFile, Kind, files_of_kind, kind_by_extension};
use crate::threads;
use std::ops::ControlFlow;
use std::path::Path;

/// The columns that are read where none is named, the first that the file has.
const USUAL_COLUMNS: [&str; 2] = ["name", "text"];

/// How many rows an error shows.
const SHOWN: usize = 5;

/// How to read files of texts.
#[derive(Clone, Copy, Debug, Default)]
pub struct TextsOptions<'a> {
    /// The column of a table; without one, `name`, `text` or the only column.
    pub column: Option<&'a str>,
    /// The format, as an extension (`csv`), whatever the file is called.
    pub format: Option<&'a str>,
    /// Whether the first line of a list is a text even if it looks like a header.
    pub literal: bool,
}

/// The texts of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// The file, as the user wrote it.
    pub path: String,
    /// The column that they are from, if the file is a table.
    pub column: Option<String>,
    /// Each with the line on which its row begins, from 1 (Parquet: its row). What has no value is an empty text.
    pub rows: Vec<(u64, String)>,
    /// What of the file a user may want to know: that its line ends are unusual, say.
    pub notes: Vec<String>,
}

/// The texts of the file `source`, or of each file that matches if it is a glob.
///
/// # Errors
/// If a file cannot be found or read, if the column is not clear, if a row cannot be read, or if the first line of a list
/// looks like a header.
pub fn read_texts(source: &str, options: TextsOptions<'_>) -> Result<Vec<Texts>, IngestError> {
    input_files(source, options.format)?.iter().map(|file| read_file(file, options)).collect()
}

/// As [`read_texts`], for the `bytes` of standard input or any other place called `shown`. Without a format they are a list.
///
/// # Errors
/// As [`read_texts`].
pub fn parse_texts(shown: &str, bytes: &[u8], options: TextsOptions<'_>) -> Result<Texts, IngestError> {
    let kind = options.format.and_then(kind_of_format).unwrap_or(Kind::List);
    names_of(&input_file(shown, kind), bytes.to_owned(), options)
}

fn kind_of_format(format: &str) -> Option<Kind> {
    kind_by_extension(&Path::new("names").with_extension(format))
}

fn input_file(shown: &str, kind: Kind) -> InputFile {
    InputFile { key: shown.to_owned(), shown: shown.to_owned(), path: shown.into(), kind }
}

/// The files that `source` means.
fn input_files(source: &str, format: Option<&str>) -> Result<Vec<InputFile>, IngestError> {
    if Path::new(source).is_dir() {
        return Err(IngestError::IsFolder { path: source.to_owned() });
    }
    files_of_kind(source, Path::new(""), format.and_then(kind_of_format)).map(|found| found.files)
}

fn read_file(file: &InputFile, options: TextsOptions<'_>) -> Result<Texts, IngestError> {
    let stored = read_regular(&file.path, MOST_BYTES).map_err(|error| IngestError::of_file(&file.shown, error))?;
    names_of(file, stored, options)
}

/// The texts in what is `stored` as `file`, compressed or not.
fn names_of(file: &InputFile, stored: Vec<u8>, options: TextsOptions<'_>) -> Result<Texts, IngestError> {
    threads::start()?;
    let Content { bytes, notes } = content(file, stored)?;
    let bytes = bytes.as_slice();
    let path = file.shown.clone();
    if file.kind == Kind::List {
        let rows = list(file, bytes, options)?;
        return Ok(Texts { path, column: None, rows, notes });
    }
    let (table, column) = read_column(file, bytes, options.column)?;
    let rows = whole(file, table)?.into_iter().map(|row| (row.line, row.text.unwrap_or_default())).collect();
    Ok(Texts { path, column: Some(column), rows, notes })
}

/// The table with the column `asked`, or with the one that is clear without asking.
fn read_column(file: &InputFile, bytes: &[u8], asked: Option<&str>) -> Result<(Table, String), IngestError> {
    let read = |column: &str| Ok((rows(file, bytes, column)?, column.to_owned()));
    if let Some(column) = asked {
        return read(column);
    }
    let [first, second] = USUAL_COLUMNS;
    match read(first) {
        Err(IngestError::MissingColumn { delimiter: None, .. }) => match read(second) {
            Err(IngestError::MissingColumn { path, found, .. }) => match first_rows(file, bytes)?.as_slice() {
                [only] => read(&only.name),
                _ => Err(IngestError::ChooseColumn { path, found }),
            },
            read => read,
        },
        read => read,
    }
}

/// The rows of a file, with the column of texts. Labels are not needed: their column is the same one.
fn rows(file: &InputFile, bytes: &[u8], column: &str) -> Result<Table, IngestError> {
    let mut whole = Table::default();
    tables(file, bytes, Columns { text: column, label: column, part: None }, &mut |table| {
        whole.rows.extend(table.rows);
        whole.bad.extend(table.bad);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(whole)
}

/// The rows of `table`, if all of its rows could be read.
fn whole(file: &InputFile, table: Table) -> Result<Vec<Row>, IngestError> {
    let reject = |bad: crate::read::BadRow| Reject {
        file: file.shown.clone(),
        line: bad.line,
        reason: bad.reason,
        text: bad.text,
        detail: bad.detail,
    };
    match table.bad.len() as u64 {
        0 => Ok(table.rows),
        count => Err(IngestError::Rejected { count, first: table.bad.into_iter().take(SHOWN).map(reject).collect() }),
    }
}

/// The lines of a list, blank ones as empty texts.
fn list(file: &InputFile, bytes: &[u8], options: TextsOptions<'_>) -> Result<Vec<(u64, String)>, IngestError> {
    if let Some(column) = options.column {
        return Err(IngestError::ListHasNoColumn { path: file.shown.clone(), column: column.to_owned() });
    }
    let rows = match rows(file, bytes, USUAL_COLUMNS[0]) {
        // Who lists nothing gets no predictions.
        Err(IngestError::EmptyFile { .. }) => Vec::new(),
        read => whole(file, read?)?,
    };
    if let Some(first) = rows.first().filter(|_| !options.literal) {
        check_first(file, first)?;
    }
    let mut texts: Vec<(u64, String)> = Vec::with_capacity(rows.len());
    for row in rows {
        // Blank lines are not among the rows, and count.
        let next = texts.last().map_or(1, |(line, _)| line + 1);
        texts.extend((next..row.line).map(|line| (line, String::new())));
        texts.push((row.line, row.text.unwrap_or_default()));
    }
    Ok(texts)
}

/// Words that a column of texts is called.
const HEADERS: [&str; 24] = [
    "name",
    "names",
    "surname",
    "surnames",
    "lastname",
    "lastnames",
    "firstname",
    "firstnames",
    "forename",
    "givenname",
    "familyname",
    "fullname",
    "middlename",
    "maidenname",
    "nickname",
    "username",
    "namen",
    "nachname",
    "vorname",
    "nom",
    "text",
    "texts",
    "label",
    "labels",
];

/// Whether the first line of a list is one of its texts.
fn check_first(file: &InputFile, first: &Row) -> Result<(), IngestError> {
    let text = first.text.as_deref().unwrap_or_default();
    let Some(mistake) = mistake(text) else { return Ok(()) };
    Err(IngestError::NotAList { path: file.shown.clone(), line: first.line, text: text.to_owned(), mistake })
}

fn mistake(line: &str) -> Option<ListMistake> {
    let line = line.trim();
    if line.starts_with('{') {
        return Some(ListMistake::Json);
    }
    let cells: Vec<&str> = line.split([',', ';', '\t', '|']).collect();
    let has_header = cells.iter().any(|cell| is_header(cell));
    // `Novak, Jan` is a text. A table has no blank after its delimiter.
    let is_name = |cell: &&str| cell.starts_with(' ') || cell.is_empty();
    match cells.as_slice() {
        [_] if has_header => Some(ListMistake::Header),
        [_] => None,
        _ if has_header || line.contains([';', '\t', '|']) => Some(ListMistake::Table),
        [_, rest @ ..] => (!rest.iter().all(is_name)).then_some(ListMistake::Table),
        [] => None,
    }
}

fn is_header(cell: &str) -> bool {
    let word: String = cell.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    HEADERS.contains(&word.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(format: &str, text: &str, column: Option<&str>) -> Result<Texts, IngestError> {
        parse_texts("x", text.as_bytes(), TextsOptions { column, format: Some(format), literal: false })
    }

    fn check(format: &str, text: &str, column: Option<&str>, expected: &[(u64, &str)]) {
        let texts = parse(format, text, column).unwrap();
        let found: Vec<_> = texts.rows.iter().map(|(line, text)| (*line, text.as_str())).collect();
        assert_eq!(found, expected);
    }

    fn check_error(format: &str, text: &str, column: Option<&str>, expected: &str) {
        assert_eq!(parse(format, text, column).unwrap_err().to_string(), expected);
    }

    #[test]
    fn every_line_of_a_list_is_a_row_even_a_blank_one() {
        check("txt", "\u{feff}Ann\r\n\r\nBo", None, &[(1, "Ann"), (2, ""), (3, "Bo")]);
        check("txt", "\n \nAnn\n", None, &[(1, ""), (2, ""), (3, "Ann")]);
        check("txt", "", None, &[]);
    }

    #[test]
    fn a_column_is_read_from_every_format() {
        check("csv", "id,who\n1,Ann\n2,\"B,o\"\n", Some("who"), &[(2, "Ann"), (3, "B,o")]);
        check("tsv", "id\twho\n1\tAnn\n", Some("who"), &[(2, "Ann")]);
        check("ndjson", "{\"who\":\"Ann\",\"n\":1}\n{\"who\":null}\n", Some("who"), &[(1, "Ann"), (2, "")]);
        check_error(
            "csv",
            "id,who\n1,Ann\n",
            Some("whom"),
            "`x` has no column `whom` (did you mean `who`?): its columns are `id`, `who`",
        );
    }

    #[test]
    fn a_column_that_is_not_named_must_be_clear() {
        check("csv", "id,name\n1,Ann\n", None, &[(2, "Ann")]);
        check("csv", "id,text\n1,Ann\n", None, &[(2, "Ann")]);
        check("csv", "text,name\nAnn,Bo\n", None, &[(2, "Bo")]);
        check("csv", "who\nAnn\n", None, &[(2, "Ann")]);
        check("ndjson", "{\"who\":\"Ann\"}\n", None, &[(1, "Ann")]);
        assert_eq!(parse("csv", "who\nAnn\n", None).unwrap().column.as_deref(), Some("who"));
        check_error(
            "csv",
            "id,who\n1,Ann\n",
            None,
            "`x` has several columns, none of them is called `name` or `text`: `id`, `who`",
        );
        check_error("txt", "Ann\n", Some("who"), "`x` is a list with one text per line: it has no column `who`");
        assert!(parse("csv", "id;name\n1;Ann\n", None).unwrap_err().to_string().contains("separated by `;`"));
    }

    #[test]
    fn a_format_that_is_given_is_that_of_each_file_of_a_glob() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("b.dat", "name\nBo\n"), ("a.dat", "name\nAnn\n"), ("c.txt", "Cy\n")] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let options = TextsOptions { format: Some("csv"), ..TextsOptions::default() };
        let read = |pattern: &str| read_texts(folder.path().join(pattern).to_str().unwrap(), options);
        let texts: Vec<_> = read("*.dat").unwrap().into_iter().flat_map(|texts| texts.rows).collect();
        assert_eq!(texts, [(2, "Ann".to_owned()), (2, "Bo".to_owned())]);
        assert_eq!(read("a.dat").unwrap().len(), 1);
        assert!(matches!(read("*.bat"), Err(IngestError::NoMatch { .. })));
        assert!(matches!(read("d.dat"), Err(IngestError::Missing { nearest: Some(_), .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_nowhere_is_named_as_one_whatever_the_format() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("gone.dat", folder.path().join("a.dat")).unwrap();
        for (format, pattern) in [(None, "a.dat"), (Some("csv"), "a.dat"), (Some("csv"), "*.dat")] {
            let source = folder.path().join(pattern);
            let options = TextsOptions { format, ..TextsOptions::default() };
            let error = read_texts(source.to_str().unwrap(), options).unwrap_err().to_string();
            assert!(error.contains("it is a link to `gone.dat`, which does not exist"), "{error}");
        }
    }

    #[test]
    fn a_row_that_cannot_be_read_refuses_the_file() {
        let error = parse("csv", "name,n\nAnn,1\nBo\n", None).unwrap_err().to_string();
        assert!(error.starts_with("1 rows cannot be used:") && error.contains("x:3: "), "{error}");
        let error = parse_texts("x", b"Ann\nJos\xe9\n", TextsOptions::default()).unwrap_err().to_string();
        assert!(error.contains("x:2: "), "{error}");
    }

    #[test]
    fn a_header_is_not_a_text() {
        for header in ["name", "Name", "NAMES", "\"name\"", "last_name", "Last Name", " name ", "#name", "Text"] {
            assert_eq!(mistake(header), Some(ListMistake::Header), "{header}");
        }
        for header in ["name,label", "Ann,Irish", "id;name", "a\tb", "id|who", "Ann, label"] {
            assert_eq!(mistake(header), Some(ListMistake::Table), "{header}");
        }
        assert_eq!(mistake("{\"name\":\"Ann\"}"), Some(ListMistake::Json));
        for text in ["Ann", "Novak, Jan", "O'Neill", "Namura", "von der Leyen", "Nomura", "Novak,"] {
            assert_eq!(mistake(text), None, "{text}");
        }
        check_error("txt", "\nname\nAnn\n", None, "`x:2`: `name` looks like a header and not like a text");
        let literal = TextsOptions { literal: true, ..TextsOptions::default() };
        assert_eq!(parse_texts("x", b"Name\n", literal).unwrap().rows, [(1, "Name".to_owned())]);
    }
}
