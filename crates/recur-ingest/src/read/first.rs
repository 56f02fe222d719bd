//! The header of a table, with its first rows: all that is known of a file whose columns nobody has named yet.

use super::{delimited, ndjson, parquet, refuse_empty};
use crate::error::IngestError;
use crate::source::{InputFile, Kind};
use serde_json::Value;

/// A column, with its values in the first rows that can be read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FirstColumn {
    pub name: String,
    /// `None` in a row without a value. The column itself is `None` where its values are no texts, as of lists.
    pub values: Option<Vec<Option<String>>>,
}

impl FirstColumn {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), values: Some(Vec::new()) }
    }

    pub(super) fn unreadable(name: &str) -> Self {
        Self { name: name.to_owned(), values: None }
    }

    pub(super) fn push(&mut self, value: Option<String>) {
        self.values.iter_mut().for_each(|values| values.push(value.clone()));
    }

    /// Adds the value of the row `row_idx`. A list or an object makes the column one that cannot be read.
    pub(super) fn push_at(&mut self, row_idx: usize, value: Value) {
        let Some(values) = &mut self.values else { return };
        values.resize(row_idx, None);
        match value {
            Value::Null => values.push(None),
            Value::String(text) => values.push(Some(text)),
            Value::Bool(_) | Value::Number(_) => values.push(Some(value.to_string())),
            Value::Array(_) | Value::Object(_) => self.values = None,
        }
    }
}

/// All columns of a table, in the order of the file (NDJSON: in the order in which its first lines name them), with the
/// values of its first rows. A list has no columns.
///
/// # Errors
/// If the file is empty, damaged or has no usable header.
pub(crate) fn first_rows(file: &InputFile, bytes: &[u8]) -> Result<Vec<FirstColumn>, IngestError> {
    refuse_empty(file, bytes)?;
    match file.kind {
        Kind::Csv => delimited::first_rows(&file.shown, bytes, b','),
        Kind::Tsv => delimited::first_rows(&file.shown, bytes, b'\t'),
        Kind::Ndjson => ndjson::first_rows(&file.shown, bytes),
        Kind::Parquet => parquet::first_rows(&file.shown, bytes),
        Kind::List => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::write_table;
    use recur_core::table::{Column, Values};

    /// The names of the columns, each with its values; `-` is no value, and no values are a column that cannot be read.
    fn check(kind: Kind, bytes: &[u8], expected: &[(&str, &str)]) {
        let file = InputFile { key: String::new(), shown: "a".to_owned(), path: "a".into(), kind };
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        let columns = first_rows(&file, bytes).unwrap();
        let found = columns.iter().map(|column| {
            let values = column.values.iter().flatten().map(value).collect::<Vec<_>>().join(" ");
            (column.name.as_str(), values)
        });
        let expected: Vec<(&str, String)> =
            expected.iter().map(|(name, values)| (*name, (*values).to_owned())).collect();
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn every_format_gives_its_columns_in_order_with_their_first_values() {
        check(Kind::Csv, b"b,\"a,\"\n1,x\n2\n3,\"y\"\n", &[("b", "1 3"), ("a,", "x y")]);
        check(Kind::Tsv, b"sep=\t\nb\ta\n1\tx\n", &[("b", "1"), ("a", "x")]);
        let lines = b"{\"b\": 1, \"a\": \"x\"}\nno\n{\"c\": true, \"d\": []}\n{\"b\": null, \"a\": 2.5}\n";
        check(Kind::Ndjson, lines, &[("b", "1 - -"), ("a", "x - 2.5"), ("c", "- true"), ("d", "")]);
        let columns = [
            ("b", Values::Integer(vec![Some(1), Some(2)])),
            ("a", Values::Text(["x", "y"].map(|text| Some(text.to_owned())).to_vec())),
        ];
        let columns = columns.map(|(name, values)| Column { name: name.to_owned(), values });
        check(Kind::Parquet, &write_table(&columns), &[("b", "1 2"), ("a", "x y")]);
        check(Kind::List, b"x\n", &[]);
    }
}
