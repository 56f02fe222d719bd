//! Tables as CSV.

use recur_core::spreadsheet;
use recur_core::table::{Column, Values};

/// A table as CSV (RFC 4180); what has no value is empty. A text that a spreadsheet would take for a formula begins with an apostrophe.
pub fn csv(columns: &[Column]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let in_memory = "a row can be written to memory";
    writer.write_record(columns.iter().map(|column| &column.name)).expect(in_memory);
    for row in 0..columns.first().map_or(0, |column| column.values.len()) {
        writer.write_record(columns.iter().map(|column| cell(&column.values, row))).expect(in_memory);
    }
    writer.into_inner().expect(in_memory)
}

fn cell(values: &Values, row: usize) -> String {
    let text = values.text(row);
    match values {
        Values::Text(_) => spreadsheet::cell(&text).into_owned(),
        Values::Integer(_) | Values::Real(_) | Values::Boolean(_) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_a_spreadsheet_would_execute_are_texts_and_numbers_stay_numbers() {
        let column = |name: &str, values| Column { name: name.to_owned(), values };
        let words = ["=cmd()", "-1", "a=b", "@x"].map(|word| Some(word.to_owned()));
        let columns = [
            column("word", Values::Text(words.to_vec())),
            column("number", Values::Real(vec![Some(-0.5), None, Some(f64::NEG_INFINITY), Some(-1e-9)])),
        ];
        let text = String::from_utf8(csv(&columns)).unwrap();
        assert_eq!(text, "word,number\n'=cmd(),-0.5\n-1,\na=b,-inf\n'@x,-0.000000001\n");
    }
}
