//! Rows of an answer as the bytes of a format.

use super::Predicted;
use super::answer::{Answer, Cell, Column, ColumnKind};
use recur_core::spreadsheet;
use recur_core::table::{Column as Series, Values};
use recur_core::visible::{visible, visible_json};

/// A format whose rows are text: they can be written as they come, to a file or to a pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFormat {
    /// Comma-separated values, with a header. Text is escaped for terminals and spreadsheets.
    Csv,
    /// A JSON object a line, with the exact text.
    Ndjson,
}

impl Answer<'_> {
    /// What comes before the first row.
    pub fn head(&self, format: TextFormat) -> Vec<u8> {
        match format {
            TextFormat::Csv => {
                let columns = self.columns();
                csv(&[columns.iter().map(|column| Cell::Text(&column.name)).collect()])
            }
            TextFormat::Ndjson => Vec::new(),
        }
    }

    /// The rows of `texts`, which were `predicted`.
    pub fn encode(&self, format: TextFormat, texts: &[String], predicted: &[Predicted]) -> Vec<u8> {
        let rows = self.all_rows(texts, predicted);
        match format {
            TextFormat::Csv => csv(&rows),
            TextFormat::Ndjson => ndjson(&self.columns(), &rows),
        }
    }

    pub(super) fn all_rows<'s>(&'s self, texts: &'s [String], predicted: &[Predicted]) -> Vec<Vec<Cell<'s>>> {
        texts.iter().zip(predicted).flat_map(|(text, predicted)| self.rows(text, predicted)).collect()
    }
}

/// Rows as CSV (RFC 4180). What a terminal would obey is an escape, and what a spreadsheet would execute has an apostrophe.
fn csv(rows: &[Vec<Cell<'_>>]) -> Vec<u8> {
    let cell = |cell: &Cell<'_>| match cell {
        Cell::Text(text) => spreadsheet::cell(&visible(text)).into_owned(),
        other => other.to_string(),
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(cell)).expect("rows have the same length, and memory takes them");
    }
    writer.into_inner().expect("memory takes all")
}

/// Rows as JSON objects, a line each, with the columns as keys, in their order.
fn ndjson(columns: &[Column], rows: &[Vec<Cell<'_>>]) -> Vec<u8> {
    let string = |text: &str| serde_json::Value::from(text).to_string();
    let value = |cell: &Cell<'_>| match cell {
        Cell::Text(text) => string(text),
        Cell::Rank(rank) => rank.to_string(),
        // The fewest digits that read back as the same `f64` or `f32`; an infinity, which JSON does not have, is `null`.
        Cell::Probability(probability) => serde_json::to_string(probability).expect("a number is JSON"),
        Cell::LogProbability(value) => serde_json::to_string(value).expect("a number is JSON"),
        Cell::Nothing => "null".to_owned(),
    };
    let keys: Vec<String> = columns.iter().map(|column| string(&column.name)).collect();
    let mut out = String::new();
    for row in rows {
        let entries: Vec<String> = keys.iter().zip(row).map(|(key, cell)| format!("{key}:{}", value(cell))).collect();
        out.push_str(&format!("{{{}}}\n", entries.join(",")));
    }
    visible_json(&out).into_owned().into_bytes()
}

/// Rows as columns of Parquet.
pub(super) fn series(columns: &[Column], rows: &[Vec<Cell<'_>>]) -> Vec<Series> {
    let values = |(index, column): (usize, &Column)| match column.kind {
        ColumnKind::Text => Values::Text(
            rows.iter()
                .map(|row| if let Cell::Text(text) = row[index] { Some(text.to_owned()) } else { None })
                .collect(),
        ),
        ColumnKind::Integer => Values::Integer(
            rows.iter().map(|row| if let Cell::Rank(rank) = row[index] { Some(rank as i64) } else { None }).collect(),
        ),
        ColumnKind::Real => Values::Real(
            rows.iter()
                .map(|row| match row[index] {
                    Cell::Probability(value) => Some(value),
                    Cell::LogProbability(value) => Some(f64::from(value)),
                    _ => None,
                })
                .collect(),
        ),
    };
    let series =
        |(index, column): (usize, &Column)| Series { name: column.name.clone(), values: values((index, column)) };
    columns.iter().enumerate().map(series).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "=A\u{1b}[31mnn\u{202e}a";

    fn rows() -> Vec<Vec<Cell<'static>>> {
        vec![
            vec![Cell::Text(HOSTILE), Cell::Rank(1), Cell::LogProbability(-0.1)],
            vec![Cell::Text("B,\"o\""), Cell::Nothing, Cell::LogProbability(f32::NEG_INFINITY)],
        ]
    }

    fn columns() -> Vec<Column> {
        let column = |(name, kind): (&str, ColumnKind)| Column { name: name.to_owned(), kind };
        [("name", ColumnKind::Text), ("rank", ColumnKind::Integer), ("-x", ColumnKind::Real)].map(column).to_vec()
    }

    #[test]
    fn csv_moves_no_cursor_and_starts_no_formula() {
        let text = String::from_utf8(csv(&rows())).unwrap();
        assert_eq!(text, "'=A\\x1b[31mnn\\u{202e}a,1,-0.1\n\"B,\"\"o\"\"\",,-inf\n");
    }

    #[test]
    fn ndjson_has_the_exact_text_and_moves_no_cursor() {
        let text = String::from_utf8(ndjson(&columns(), &rows())).unwrap();
        assert!(!text.chars().any(|c| c != '\n' && recur_core::visible::is_hidden(c)), "{text}");
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["name"], HOSTILE);
        assert_eq!(lines[1], serde_json::json!({"name": "B,\"o\"", "rank": null, "-x": null}));
        assert!(text.contains("\"-x\":-0.1}"), "{text}");
    }

    #[test]
    fn parquet_has_the_exact_text() {
        let series = series(&columns(), &rows());
        assert_eq!(series[0].values, Values::Text(vec![Some(HOSTILE.to_owned()), Some("B,\"o\"".to_owned())]));
        assert_eq!(series[1].values, Values::Integer(vec![Some(1), None]));
        assert_eq!(series[2].values, Values::Real(vec![Some(f64::from(-0.1_f32)), Some(f64::NEG_INFINITY)]));
    }
}
