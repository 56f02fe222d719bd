//! Files that are something else than their extension says, known by their first bytes.

use crate::source::Kind;

/// What a file is, and what to do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Foreign {
    pub what: &'static str,
    /// A sentence without a capital, in which `FILE` is the file.
    pub remedy: &'static str,
}

const fn foreign_file(what: &'static str, remedy: &'static str) -> Foreign {
    Foreign { what, remedy }
}

const BZIP2: Foreign = foreign_file("compressed with bzip2", "unpack it first: bzip2 -dk FILE");
const XZ: Foreign = foreign_file("compressed with xz", "unpack it first: xz -dk FILE");
const LZ4: Foreign = foreign_file("compressed with lz4", "unpack it first: lz4 -dk FILE");
const SEVEN_ZIP: Foreign = foreign_file("a 7-Zip archive", "unpack it first: 7z x FILE");
const ZIP: Foreign = foreign_file(
    "a ZIP archive, as a spreadsheet (.xlsx, .ods) is too",
    "unpack an archive (unzip FILE); save a spreadsheet as CSV in UTF-8",
);
const OLD_EXCEL: Foreign = foreign_file("an old Excel file (.xls)", "save its sheet as CSV in UTF-8");
const PARQUET: Foreign = foreign_file("a Parquet file", "give it the extension .parquet");
const ARROW: Foreign = foreign_file("an Arrow or Feather file", "save it as Parquet or CSV");
const SQLITE: Foreign = foreign_file("an SQLite database", "export its table: sqlite3 -header -csv FILE 'SELECT …'");
const PDF: Foreign = foreign_file("a PDF document", "name the file that holds the data");
const WEB_PAGE: Foreign =
    foreign_file("a web page (HTML)", "download the data itself: such a page often replaces a file that needs a login");

/// What `bytes` are, if they are no file of `kind`.
pub(super) fn foreign(bytes: &[u8], kind: Kind) -> Option<Foreign> {
    let is_bzip2 = bytes.starts_with(b"BZh") && bytes.get(4..10) == Some(b"\x31\x41\x59\x26\x53\x59");
    let magics: [(&[u8], Foreign); 8] = [
        (b"\xfd7zXZ\0", XZ),
        (b"\x04\x22\x4d\x18", LZ4),
        (b"7z\xbc\xaf\x27\x1c", SEVEN_ZIP),
        (b"PK\x03\x04", ZIP),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLD_EXCEL),
        (b"ARROW1\0\0", ARROW),
        (b"SQLite format 3\0", SQLITE),
        (b"%PDF-", PDF),
    ];
    if is_bzip2 {
        return Some(BZIP2);
    }
    if let Some((_, found)) = magics.into_iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Some(found);
    }
    let is_parquet = bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1");
    if is_parquet && kind != Kind::Parquet {
        return Some(PARQUET);
    }
    is_web_page(bytes).then_some(WEB_PAGE)
}

fn is_web_page(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let begins = |tag: &[u8]| text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    begins(b"<!doctype html") || begins(b"<html")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_formats_are_known_by_their_first_bytes() {
        let check = |bytes: &[u8], kind, expected| assert_eq!(foreign(bytes, kind), expected);
        check(b"BZh91AY&SY\0\0", Kind::Csv, Some(BZIP2));
        check(b"PK\x03\x04\x14\0", Kind::List, Some(ZIP));
        check(b"PK\x03\x04\x14\0", Kind::Parquet, Some(ZIP));
        check(b"PAR1\0\0\0\0PAR1", Kind::Csv, Some(PARQUET));
        check(b"PAR1\0\0\0\0PAR1", Kind::Parquet, None);
        check(b"\xef\xbb\xbf\n <!DOCTYPE HTML><html>", Kind::Csv, Some(WEB_PAGE));
        check(b"name,label\n", Kind::Csv, None);
        check(b"BZh,PAR1\nPK,7z\n", Kind::Csv, None);
        check(b"", Kind::Csv, None);
    }
}
