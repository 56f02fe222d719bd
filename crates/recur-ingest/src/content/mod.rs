//! From the bytes of a file to the bytes of its format: unpacked, and known to be of no other format.
//!
//! The content decides, not the extension: a `.csv` that is gzip is unpacked, and a `.csv.gz` that is plain text is read
//! as it is.

pub(crate) mod encoding;
mod foreign;
mod unpack;

use crate::error::IngestError;
use crate::source::{InputFile, Kind};
use encoding::Unreadable;
pub use unpack::Packing;

/// The bytes of a file in its own format, and what a user should know of them.
#[derive(Debug)]
pub(crate) struct Content {
    /// Of text: UTF-8 as far as it is valid, with `\n` or `\r\n` as line ends.
    pub bytes: Vec<u8>,
    pub notes: Vec<String>,
}

/// What `file` holds, whose bytes are `stored`.
pub(crate) fn content(file: &InputFile, stored: Vec<u8>) -> Result<Content, IngestError> {
    let packing = Packing::of(&stored);
    let mut bytes = match packing {
        None => stored,
        Some(packing) => packing.unpack(&stored).map_err(|detail| IngestError::Unpack {
            path: file.shown.clone(),
            format: packing.name(),
            detail,
        })?,
    };
    if let Some(foreign) = foreign::foreign(&bytes, file.kind) {
        return Err(IngestError::Content { path: file.shown.clone(), found: foreign.what, remedy: foreign.remedy });
    }
    let mut notes = Vec::new();
    if file.kind != Kind::Parquet {
        match encoding::check(&bytes) {
            Ok(()) => {}
            Err(Unreadable { encoding, has_mark }) => {
                return Err(IngestError::Encoding { path: file.shown.clone(), encoding, has_mark, packing });
            }
        }
        unify_line_ends(&mut bytes, file, &mut notes);
    }
    Ok(Content { bytes, notes })
}

/// Text whose lines end in CR without LF, as on old Macs, gets LF instead: nothing moves.
fn unify_line_ends(bytes: &mut [u8], file: &InputFile, notes: &mut Vec<String>) {
    if bytes.contains(&b'\n') || !bytes.contains(&b'\r') {
        return;
    }
    bytes.iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
    notes.push(format!("`{}` has CR as its only line ends: each CR is read as the end of a line", file.shown));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn read(kind: Kind, bytes: &[u8]) -> Result<Content, IngestError> {
        let file = InputFile { key: "a".to_owned(), shown: "a.csv".to_owned(), path: PathBuf::from("a.csv"), kind };
        content(&file, bytes.to_vec())
    }

    #[test]
    fn carriage_returns_end_lines_only_where_nothing_else_does() {
        let check = |text: &str, expected: &str, n_notes: usize| {
            let found = read(Kind::Csv, text.as_bytes()).unwrap();
            assert_eq!((found.bytes.as_slice(), found.notes.len()), (expected.as_bytes(), n_notes));
        };
        check("a,b\rc,d\r", "a,b\nc,d\n", 1);
        check("a,b\r\nc,d\re", "a,b\r\nc,d\re", 0);
        check("a,b", "a,b", 0);
    }

    #[test]
    fn parquet_is_left_as_it_is() {
        let bytes = b"PAR1\r\0\0\xff\xfePAR1";
        assert_eq!(read(Kind::Parquet, bytes).unwrap().bytes, bytes);
    }
}
