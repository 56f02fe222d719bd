//! Where the records of delimiter-separated text begin and end, found in the bytes.
//!
//! polars stops at the first malformed row and counts rows, not lines. So the records are found here first, by the
//! rules of RFC 4180, and polars parses those alone that keep the rules. A record that breaks them costs one line:
//! the search goes on at the next, so a stray quote does not swallow the rest of a file.

use std::ops::Range;

/// What is wrong with the quotes of a record.
pub(super) const UNCLOSED: &str = "a quote is opened and never closed";
pub(super) const AFTER_QUOTE: &str = "text follows a closing quote";
pub(super) const STRAY_QUOTE: &str = "a quote inside a field that does not begin with one";

/// A record, or a line that begins none.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    /// Its first line, from 1.
    pub line: u64,
    /// Its bytes without the line end.
    pub span: Range<usize>,
    /// How many fields it has, or what is wrong with its quotes.
    pub n_fields: Result<usize, &'static str>,
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
    fn measure(&self, start: usize) -> Result<(usize, usize), &'static str> {
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

    /// The end of the quoted field that begins at `at`.
    fn quoted(&self, mut at: usize) -> Result<usize, &'static str> {
        loop {
            at = self.next_byte(at + 1, |byte| byte == b'"').ok_or(UNCLOSED)? + 1;
            match self.bytes.get(at) {
                Some(b'"') => {}
                Some(b'\r') if matches!(self.bytes.get(at + 1), None | Some(b'\n')) => return Ok(at + 1),
                Some(byte) if *byte != self.delimiter && *byte != b'\n' => return Err(AFTER_QUOTE),
                _ => return Ok(at),
            }
        }
    }

    /// The end of the field without quotes that begins at `at`.
    fn unquoted(&self, at: usize) -> Result<usize, &'static str> {
        let end = self.next_byte(at, |byte| byte == self.delimiter || byte == b'\n' || byte == b'"');
        match end {
            Some(end) if self.bytes[end] == b'"' => Err(STRAY_QUOTE),
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
            self.line += 1 + self.bytes[start..end].iter().filter(|byte| **byte == b'\n').count() as u64;
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
    let mut letters = record.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if in_quotes && letters.peek() == Some(&'"') => field.extend(letters.next()),
            '"' => in_quotes = !in_quotes,
            letter if letter == char::from(delimiter) && !in_quotes => fields.push(std::mem::take(&mut field)),
            letter => field.push(letter),
        }
    }
    fields.push(field);
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(u64, &str, Result<usize, &'static str>)]) {
        let records: Vec<Record> = Records::new(text.as_bytes(), 0, b',').collect();
        let found: Vec<_> = records.iter().map(|r| (r.line, &text[r.span.clone()], r.n_fields)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn records_keep_their_line_over_quoted_line_ends() {
        check(
            "a,b\r\n\"x\ny\",b\n\n  \r\nc,\"d\"\r\n",
            &[(1, "a,b", Ok(2)), (2, "\"x\ny\",b", Ok(2)), (6, "c,\"d\"", Ok(2))],
        );
        check("\"a\"\"b\",c", &[(1, "\"a\"\"b\",c", Ok(2))]);
        check(",\n,,", &[(1, ",", Ok(2)), (2, ",,", Ok(3))]);
    }

    #[test]
    fn broken_quotes_cost_one_line() {
        check("\"a,b\nc,d\n", &[(1, "\"a,b", Err(UNCLOSED)), (2, "c,d", Ok(2))]);
        check("\"a,b\n\"c\",d", &[(1, "\"a,b", Err(AFTER_QUOTE)), (2, "\"c\",d", Ok(2))]);
        check("a\"b,c\nd,e", &[(1, "a\"b,c", Err(STRAY_QUOTE)), (2, "d,e", Ok(2))]);
    }

    #[test]
    fn fields_lose_their_quotes() {
        assert_eq!(fields("a,\"b,c\",\"d\"\"e\",", b','), ["a", "b,c", "d\"e", ""]);
    }
}
