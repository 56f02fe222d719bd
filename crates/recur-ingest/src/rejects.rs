//! Rows that cannot be used: what and where they are, and the file that lists them.

use recur_core::facts::RejectReason;
use recur_core::spreadsheet;
use recur_core::visible::{visible, visible_lines};
use std::fmt;

/// The longest [`Reject::text`], in letters.
const TEXT_LETTERS: usize = 200;

/// A row that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// The file, by its name relative to the source, as in the facts.
    pub file: String,
    /// The line of the file on which the row begins, from 1; of a Parquet file, the row, from 1.
    pub line: u64,
    /// Why the row cannot be used.
    pub reason: RejectReason,
    /// The row as it stands in the file, at most 200 letters of it; bytes that are not UTF-8 are replaced.
    pub text: String,
    /// What exactly is wrong.
    pub detail: String,
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, detail, text) = (visible(&self.file), visible(&self.detail), visible(&self.text));
        write!(f, "{file}:{}: {} ({detail}): {text}", self.line, self.reason.title())
    }
}

/// The beginning of `bytes` as text of at most 200 letters.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    // A letter has at most 4 bytes: more than these cannot show.
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * (TEXT_LETTERS + 1))]);
    match text.char_indices().nth(TEXT_LETTERS) {
        None => text.into_owned(),
        Some(_) => text.chars().take(TEXT_LETTERS - 1).chain(['…']).collect(),
    }
}

/// `rejects` as a CSV file with the columns `file,line,reason,text,detail`. Characters that a terminal obeys are written
/// as escapes, and no spreadsheet takes a field for a formula ([`spreadsheet::cell`]).
pub fn rejects_csv(rejects: &[Reject]) -> Vec<u8> {
    let mut out = "file,line,reason,text,detail\n".to_owned();
    for Reject { file, line, reason, text, detail } in rejects {
        let [file, reason, text, detail] = [file.as_str(), reason.title(), text, detail].map(field);
        out.push_str(&format!("{file},{line},{reason},{text},{detail}\n"));
    }
    out.into_bytes()
}

/// A CSV field (RFC 4180).
fn field(text: &str) -> String {
    let text = visible_lines(text);
    let text = spreadsheet::cell(&text);
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DETAIL: &str = "\"3 fields, the header has 2\"";

    fn reject(text: &str) -> Reject {
        let detail = "3 fields, the header has 2".to_owned();
        Reject { file: "names.csv".into(), line: 7, reason: RejectReason::Malformed, text: text.into(), detail }
    }

    #[test]
    fn excerpt_is_at_most_200_letters() {
        let check = |bytes: &[u8], letters: usize| assert_eq!(excerpt(bytes).chars().count(), letters);
        check(b"", 0);
        check("ø".repeat(200).as_bytes(), 200);
        check("ø".repeat(201).as_bytes(), 200);
        check(&[0xff; 1 << 20], 200);
        assert!(excerpt("ø".repeat(201).as_bytes()).ends_with('…'));
    }

    #[test]
    fn rejects_are_csv() {
        let expected = "file,line,reason,text,detail\n\
            names.csv,7,malformed row,\"a,\"\"b\"\"\nc,d\",\"3 fields, the header has 2\"\n";
        assert_eq!(String::from_utf8(rejects_csv(&[reject("a,\"b\"\nc,d")])).unwrap(), expected);
    }

    #[test]
    fn text_of_a_row_is_neither_a_formula_nor_a_command() {
        let check = |text: &str, expected: &str| {
            let csv = String::from_utf8(rejects_csv(&[reject(text)])).unwrap();
            assert_eq!(csv.lines().nth(1), Some(&*format!("names.csv,7,malformed row,{expected},{DETAIL}")));
        };
        check("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0");
        check("=1,2", "\"'=1,2\"");
        check("-1", "-1");
        check("a\x1b[31mb", "a\\x1b[31mb");
        let shown = reject("a\n\x07").to_string();
        assert!(shown.ends_with(": a\\n\\x07"), "{shown}");
    }
}
