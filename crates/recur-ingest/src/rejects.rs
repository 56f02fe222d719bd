//! Rows that cannot be used: what and where they are, and the file that lists them.

use recur_core::facts::RejectReason;
use recur_core::noun::Noun;
use recur_core::spreadsheet;
use recur_core::visible::{visible, visible_lines};
use std::collections::BTreeMap;
use std::fmt;

/// How many rejected rows are listed; of the others only the number is known, so that memory stays bounded.
pub(crate) const MOST_LISTED: usize = 10_000;

/// The longest [`Reject::text`], in characters.
const TEXT_CHARACTERS: usize = 200;

/// A row that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// The file, by its name relative to the source, as in the facts.
    pub file: String,
    /// The line of the file on which the row begins, from 1; of a Parquet file, the row, from 1.
    pub line: u64,
    /// Why the row cannot be used.
    pub reason: RejectReason,
    /// The row as it stands in the file, at most 200 characters of it; bytes that are not UTF-8 are replaced.
    pub text: String,
    /// What exactly is wrong.
    pub detail: String,
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, detail, text) = (visible(&self.file), visible(&self.detail), visible(&self.text));
        write!(f, "{file}:{}: {} ({detail}): {text}", self.line, self.reason.title(&Noun::text()))
    }
}

/// Rejected rows of one file and one reason that are not listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlisted {
    /// The file, as in [`Reject::file`].
    pub file: String,
    /// Why these rows cannot be used.
    pub reason: RejectReason,
    /// How many they are.
    pub rows: u64,
}

/// The rejected rows of all files, added in order of files and lines: the first ones, and the number of all.
#[derive(Debug, Default)]
pub(crate) struct RejectList {
    listed: Vec<Reject>,
    counts: BTreeMap<RejectReason, u64>,
    unlisted: Vec<Unlisted>,
}

/// The rejected rows since a [`Mark`].
#[derive(Debug, PartialEq)]
pub(crate) struct Rejected<'a> {
    pub count: u64,
    pub by_reason: BTreeMap<RejectReason, u64>,
    /// Those that are listed, first of all.
    pub listed: &'a [Reject],
}

/// A place in a [`RejectList`]; the default is its beginning.
#[derive(Debug, Default)]
pub(crate) struct Mark {
    n_listed: usize,
    counts: BTreeMap<RejectReason, u64>,
}

impl RejectList {
    /// Whether a further row is only counted, so that its text is not needed.
    pub fn is_full(&self) -> bool {
        self.listed.len() == MOST_LISTED
    }

    pub fn push(&mut self, reject: Reject) {
        *self.counts.entry(reject.reason).or_default() += 1;
        if !self.is_full() {
            return self.listed.push(reject);
        }
        let Reject { file, reason, .. } = reject;
        // Files come one after another, and there are few reasons.
        let of_file = self.unlisted.iter_mut().rev().take_while(|unlisted| unlisted.file == file);
        match of_file.into_iter().find(|unlisted| unlisted.reason == reason) {
            Some(unlisted) => unlisted.rows += 1,
            None => self.unlisted.push(Unlisted { file, reason, rows: 1 }),
        }
    }

    pub fn mark(&self) -> Mark {
        Mark { n_listed: self.listed.len(), counts: self.counts.clone() }
    }

    pub fn since(&self, mark: &Mark) -> Rejected<'_> {
        let before = |reason| mark.counts.get(reason).copied().unwrap_or(0);
        let by_reason = self.counts.iter().map(|(reason, count)| (*reason, count - before(reason)));
        let by_reason: BTreeMap<RejectReason, u64> = by_reason.filter(|(_, count)| *count > 0).collect();
        Rejected { count: by_reason.values().sum(), by_reason, listed: &self.listed[mark.n_listed..] }
    }

    pub fn all(&self) -> Rejected<'_> {
        self.since(&Mark::default())
    }

    pub fn into_parts(mut self) -> (Vec<Reject>, Vec<Unlisted>) {
        self.unlisted.sort_by(|a, b| (&a.file, a.reason).cmp(&(&b.file, b.reason)));
        (self.listed, self.unlisted)
    }
}

/// The beginning of `bytes` as text of at most 200 characters.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    // A character has at most 4 bytes: more than these cannot show.
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * (TEXT_CHARACTERS + 1))]);
    match text.char_indices().nth(TEXT_CHARACTERS) {
        None => text.into_owned(),
        Some(_) => text.chars().take(TEXT_CHARACTERS - 1).chain(['…']).collect(),
    }
}

/// `rejects` as a CSV file about examples called `noun`, with the columns `file,line,reason,text,detail`. Rows that are not listed come last: one line for
/// each file and reason, with nothing as `line` and `text`, and their number as detail. Characters that a terminal obeys are
/// written as escapes, and no spreadsheet takes a field for a formula ([`spreadsheet::cell`]).
pub fn rejects_csv(rejects: &[Reject], unlisted: &[Unlisted], noun: &Noun) -> Vec<u8> {
    let mut out = "file,line,reason,text,detail\n".to_owned();
    for Reject { file, line, reason, text, detail } in rejects {
        let [file, reason, text, detail] = [file.as_str(), &reason.title(noun), text, detail].map(field);
        out.push_str(&format!("{file},{line},{reason},{text},{detail}\n"));
    }
    for Unlisted { file, reason, rows } in unlisted {
        let [file, reason] = [file.as_str(), &reason.title(noun)].map(field);
        out.push_str(&format!("{file},,{reason},,{rows} more rows are not listed\n"));
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
    fn excerpt_is_at_most_200_characters() {
        let check = |bytes: &[u8], characters: usize| assert_eq!(excerpt(bytes).chars().count(), characters);
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
        assert_eq!(String::from_utf8(rejects_csv(&[reject("a,\"b\"\nc,d")], &[], &Noun::text())).unwrap(), expected);
    }

    #[test]
    fn rows_beyond_the_limit_are_only_counted() {
        let mut list = RejectList::default();
        let row = |file: &str, line, reason| Reject { file: file.into(), line, reason, ..reject("x") };
        for line in 0..MOST_LISTED as u64 - 1 {
            list.push(row("a.csv", line, RejectReason::Malformed));
        }
        let mark = list.mark();
        list.push(row("b.csv", 1, RejectReason::EmptyText));
        assert!(list.is_full());
        for file in ["b.csv", "c.csv"] {
            for (line, reason) in
                [(7, RejectReason::Malformed), (8, RejectReason::EmptyText), (9, RejectReason::Malformed)]
            {
                list.push(row(file, line, reason));
            }
        }
        let since = list.since(&mark);
        assert_eq!((since.count, since.listed), (7, [row("b.csv", 1, RejectReason::EmptyText)].as_slice()));
        assert_eq!(since.by_reason, BTreeMap::from([(RejectReason::EmptyText, 3), (RejectReason::Malformed, 4)]));
        assert_eq!(list.all().count, MOST_LISTED as u64 + 6);
        let (listed, unlisted) = list.into_parts();
        let csv = String::from_utf8(rejects_csv(&listed, &unlisted, &Noun::text())).unwrap();
        let last: Vec<&str> = csv.lines().skip(1 + MOST_LISTED).collect();
        let expected = [
            "b.csv,,empty text,,1 more rows are not listed",
            "b.csv,,malformed row,,2 more rows are not listed",
            "c.csv,,empty text,,1 more rows are not listed",
            "c.csv,,malformed row,,2 more rows are not listed",
        ];
        assert_eq!(last, expected);
    }

    #[test]
    fn text_of_a_row_is_neither_a_formula_nor_a_command() {
        let check = |text: &str, expected: &str| {
            let csv = String::from_utf8(rejects_csv(&[reject(text)], &[], &Noun::text())).unwrap();
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
