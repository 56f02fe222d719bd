//! Rows that cannot be used: what and where they are, and the file that lists them.

use crate::error::IngestError;
use recur_core::facts::RejectReason;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

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
        write!(f, "{}:{}: {} ({}): {}", self.file, self.line, self.reason.title(), self.detail, self.text)
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

/// Writes `rejects` to the CSV file `path` with the columns `file,line,reason,text,detail`.
///
/// The file appears whole or not at all: it is written beside its place and then renamed.
///
/// # Errors
/// [`IngestError::WriteRejects`] if the file cannot be written.
pub fn write_rejects(path: &Path, rejects: &[Reject]) -> Result<(), IngestError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = write_csv(&temporary, rejects).and_then(|()| fs::rename(&temporary, path));
    written.map_err(|source| {
        // The first error is the one to tell; a temporary file that was never made cannot be removed.
        let _ = fs::remove_file(&temporary);
        IngestError::WriteRejects { path: path.display().to_string(), source }
    })
}

fn write_csv(path: &Path, rejects: &[Reject]) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(out, "file,line,reason,text,detail")?;
    for Reject { file, line, reason, text, detail } in rejects {
        writeln!(out, "{},{line},{},{},{}", field(file), field(reason.title()), field(text), field(detail))?;
    }
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

/// A CSV field (RFC 4180).
fn field(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn rejects_file_is_csv_and_leaves_nothing_else_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rejects.csv");
        write_rejects(&path, &[reject("a,\"b\"\nc,d")]).unwrap();
        let expected = "file,line,reason,text,detail\n\
            names.csv,7,malformed row,\"a,\"\"b\"\"\nc,d\",\"3 fields, the header has 2\"\n";
        assert_eq!(fs::read_to_string(&path).unwrap(), expected);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn rejects_file_that_cannot_be_written_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let error = write_rejects(&folder.path().join("no/rejects.csv"), &[]).unwrap_err();
        assert!(matches!(&error, IngestError::WriteRejects { path, .. } if path.ends_with("rejects.csv")));
    }
}
