//! Where the records of delimiter-separated text begin and end, found in the bytes.
//!
//! polars stops at the first malformed row and counts rows, not lines. So the records are found here first, by the
//! rules of RFC 4180, with one more: a row is on one line. Two stray quotes may pair over thousands of rows and swallow
//! them; a text of several lines is not worth that. polars parses only records that keep the rules. A record that breaks
//! them costs one line: the search goes on at the next.

use std::fmt;
use std::ops::Range;

/// What is wrong with the quotes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quotes {
    /// A quote that nothing closes, or only the opening quote of another row.
    Unclosed,
    /// Text behind a closing quote.
    AfterQuote,
    /// A quote within a field without quotes.
    Stray,
    /// A field in quotes with line ends in it.
    OverLines {
        /// The line of its opening quote, from 1.
        first: u64,
        /// The line of its closing quote.
        last: u64,
    },
}

impl fmt::Display for Quotes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Quotes::Unclosed => f.write_str("a quote is opened and never closed"),
            Quotes::AfterQuote => f.write_str("text follows a closing quote"),
            Quotes::Stray => f.write_str("a quote inside a field that does not begin with one"),
            Quotes::OverLines { first, last } => {
                write!(f, "a quoted field spans lines {first} to {last}, and a row should be on one line")
            }
        }
    }
}

/// A record, or a line that begins none.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    /// Its first line, from 1.
    pub line: u64,
    /// Its bytes without the line end.
    pub span: Range<usize>,
    /// How many fields it has, or what is wrong with its quotes.
    pub n_fields: Result<usize, Quotes>,
}

/// The records of `bytes` from byte `at` on, which begins a line; blank lines are left out.
pub(super) struct Records<'a> {
    bytes: &'a [u8],
    delimiter: u8,
    at: usize,
    line: u64,
}

impl<'a> Records<'a> {
    pub fn new(bytes: &'a [u8], at: usize, delimiter: u8) -> Self {
        Self { bytes, delimiter, at, line: 1 }
    }

    fn is_blank(&self, span: Range<usize>) -> bool {
        self.bytes[span].iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r') && *byte != self.delimiter)
    }

    /// The end of the record that begins at `start`, and how many fields it has.
    fn measure(&self, start: usize) -> Result<(usize, usize), Quotes> {
        let (mut at, mut n_fields) = (start, 1);
        loop {
            at = if self.bytes.get(at) == Some(&b'"') { self.quoted(at)? } else { self.unquoted(at)? };
            if self.bytes.get(at) != Some(&self.delimiter) {
                return Ok((at, n_fields));
            }
            at += 1;
            n_fields += 1;
        }
    }

    /// The end of the quoted field that begins at `start`.
    ///
    /// This may look far ahead, but all rows together look at each byte at most twice: a line that leaves a quote open
    /// has an odd number of quotes, and a field in quotes that goes on over a line meets an even number there.
    fn quoted(&self, start: usize) -> Result<usize, Quotes> {
        let mut at = start;
        let end = loop {
            at = self.next_byte(at + 1, |byte| byte == b'"').ok_or(Quotes::Unclosed)? + 1;
            match self.bytes.get(at) {
                Some(b'"') => {}
                Some(b'\r') if matches!(self.bytes.get(at + 1), None | Some(b'\n')) => break Ok(at + 1),
                Some(byte) if *byte != self.delimiter && *byte != b'\n' => break Err(Quotes::AfterQuote),
                _ => break Ok(at),
            }
        };
        match (self.n_line_ends(start..at), end) {
            (0, end) => end,
            (_, Err(_)) => Err(Quotes::Unclosed),
            (n, Ok(_)) => Err(Quotes::OverLines { first: self.line, last: self.line + n }),
        }
    }

    fn n_line_ends(&self, span: Range<usize>) -> u64 {
        self.bytes[span].iter().filter(|byte| **byte == b'\n').count() as u64
    }

    /// The end of the field without quotes that begins at `at`.
    fn unquoted(&self, at: usize) -> Result<usize, Quotes> {
        let end = self.next_byte(at, |byte| byte == self.delimiter || byte == b'\n' || byte == b'"');
        match end {
            Some(end) if self.bytes[end] == b'"' => Err(Quotes::Stray),
            _ => Ok(end.unwrap_or(self.bytes.len())),
        }
    }

    fn next_byte(&self, from: usize, wanted: impl Fn(u8) -> bool) -> Option<usize> {
        self.bytes[from..].iter().position(|byte| wanted(*byte)).map(|i| from + i)
    }
}

impl Iterator for Records<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        while self.at < self.bytes.len() {
            let (start, line) = (self.at, self.line);
            let scanned = self.measure(start);
            let end_of_line = || self.next_byte(start, |byte| byte == b'\n').unwrap_or(self.bytes.len());
            let end = scanned.map_or_else(|_| end_of_line(), |(end, _)| end);
            self.at = end + 1;
            self.line += 1;
            let trimmed = if self.bytes[start..end].ends_with(b"\r") { end - 1 } else { end };
            if !self.is_blank(start..trimmed) {
                let n_fields = scanned.map(|(_, n_fields)| n_fields);
                return Some(Record { line, span: start..trimmed, n_fields });
            }
        }
        None
    }
}

/// The fields of a record that keeps the rules, quotes taken off.
pub(super) fn fields(record: &str, delimiter: u8) -> Vec<String> {
    let (mut fields, mut field, mut in_quotes) = (Vec::new(), String::new(), false);
    let mut characters = record.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if in_quotes && characters.peek() == Some(&'"') => field.extend(characters.next()),
            '"' => in_quotes = !in_quotes,
            character if character == char::from(delimiter) && !in_quotes => fields.push(std::mem::take(&mut field)),
            character => field.push(character),
        }
    }
    fields.push(field);
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(u64, &str, Result<usize, Quotes>)]) {
        let records: Vec<Record> = Records::new(text.as_bytes(), 0, b',').collect();
        let found: Vec<_> = records.iter().map(|r| (r.line, &text[r.span.clone()], r.n_fields)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn records_are_lines_that_are_not_blank() {
        check("a,b\r\n\n  \r\nc,\"d\"\r\n", &[(1, "a,b", Ok(2)), (4, "c,\"d\"", Ok(2))]);
        check("\"a\"\"b\",c", &[(1, "\"a\"\"b\",c", Ok(2))]);
        check(",\n,,", &[(1, ",", Ok(2)), (2, ",,", Ok(3))]);
    }

    #[test]
    fn quotes_that_pair_over_lines_swallow_no_row() {
        let over = |first, last| Err(Quotes::OverLines { first, last });
        check(
            "a,\"b\nc,d\ne,\"\nf,g",
            &[(1, "a,\"b", over(1, 3)), (2, "c,d", Ok(2)), (3, "e,\"", Err(Quotes::Unclosed)), (4, "f,g", Ok(2))],
        );
        check("a,b\n\"x\r\ny\",z\n", &[(1, "a,b", Ok(2)), (2, "\"x", over(2, 3)), (3, "y\",z", Err(Quotes::Stray))]);
    }

    #[test]
    fn broken_quotes_cost_one_line() {
        check("\"a,b\nc,d\n", &[(1, "\"a,b", Err(Quotes::Unclosed)), (2, "c,d", Ok(2))]);
        check("\"a,b\n\"c\",d", &[(1, "\"a,b", Err(Quotes::Unclosed)), (2, "\"c\",d", Ok(2))]);
        check("\"a\"b,c\nd,e", &[(1, "\"a\"b,c", Err(Quotes::AfterQuote)), (2, "d,e", Ok(2))]);
        check("a\"b,c\nd,e", &[(1, "a\"b,c", Err(Quotes::Stray)), (2, "d,e", Ok(2))]);
    }

    #[test]
    fn fields_lose_their_quotes() {
        assert_eq!(fields("a,\"b,c\",\"d\"\"e\",", b','), ["a", "b,c", "d\"e", ""]);
    }
}
