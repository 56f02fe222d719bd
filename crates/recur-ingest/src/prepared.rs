//! A data set as it is after it was read, in files: another process has it without reading and normalising the source again.
//!
//! The rows are a Parquet file without compression, which polars maps into memory; the alphabet is a JSON file. The digest of the data
//! set covers both, so whoever reads them compares it.

use crate::quiet::quietly;
use crate::tables::write_table;
use polars::prelude::{Column as Series, ParallelStrategy, ParquetReader, PolarsError, PolarsResult, SerReader};
use recur_core::dataset::{Alphabet, Dataset, LabelledText};
use recur_core::settings::Group;
use recur_core::split::Part;
use recur_core::table::{Column, Values};
use recur_files::read_regular;
use recur_text::groups;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::{Path, PathBuf};

/// The file of the rows.
pub const PREPARED_ROWS: &str = "rows.parquet";

/// The file of the alphabet.
pub const PREPARED_ALPHABET: &str = "alphabet.json";

/// Bytes that the file of the alphabet may have.
const MAX_ALPHABET: u64 = 1 << 20;

/// The bytes of the two files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// Of [`PREPARED_ROWS`].
    pub rows: Vec<u8>,
    /// Of [`PREPARED_ALPHABET`].
    pub alphabet: Vec<u8>,
}

/// Why a prepared data set cannot be used. It can be read from its source instead.
#[derive(Debug, thiserror::Error)]
#[error("the prepared data in {} cannot be used: {problem}", recur_core::visible::shown(path))]
pub struct NotPrepared {
    path: PathBuf,
    problem: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AlphabetFile {
    characters: String,
    has_unknown: bool,
}

/// `dataset`, whose rows were grouped as `group` says, as files; `None` where its groups are not those of its texts.
pub fn prepared(dataset: &Dataset, group: Group) -> Option<Prepared> {
    let labels: Vec<&str> =
        dataset.labels().iter().map(|label| dataset.label_names()[usize::from(*label)].as_str()).collect();
    let pairs: Vec<(&str, &str)> = dataset.texts().iter().map(String::as_str).zip(labels.iter().copied()).collect();
    let groups = groups(&pairs, group);
    let raw = |row: usize| {
        let raw = dataset.raw_text(row as u32);
        (raw != dataset.texts()[row]).then(|| raw.to_owned())
    };
    let part = |row: usize| dataset.parts().map(|parts| part_number(parts[row]));
    let rows = || 0..dataset.len();
    let column = |name: &str, values| Column { name: name.to_owned(), values };
    let texts = |texts: Vec<Option<String>>| Values::Text(texts);
    let columns = [
        column("label", texts(labels.iter().map(|label| Some((*label).to_owned())).collect())),
        column("text", texts(dataset.texts().iter().cloned().map(Some).collect())),
        column("group", texts(groups.into_iter().map(Some).collect())),
        column("raw", texts(rows().map(raw).collect())),
        column("part", Values::Integer(rows().map(part).collect())),
    ];
    let alphabet = AlphabetFile {
        characters: dataset.alphabet().characters().iter().collect(),
        has_unknown: dataset.alphabet().has_unknown(),
    };
    let alphabet = serde_json::to_vec(&alphabet).ok()?;
    Some(Prepared { rows: write_table(&columns), alphabet })
}

/// The data set in the files of `folder`. Its digest shows whether it is the one that is wanted.
///
/// # Errors
/// If they are not there, or are not as [`prepared`] makes them.
pub fn read_prepared(folder: &Path) -> Result<Dataset, NotPrepared> {
    let wrong = |problem: String| NotPrepared { path: folder.to_owned(), problem };
    let bytes =
        read_regular(&folder.join(PREPARED_ALPHABET), MAX_ALPHABET).map_err(|error| wrong(error.to_string()))?;
    let AlphabetFile { characters, has_unknown } =
        serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    let file = File::open(folder.join(PREPARED_ROWS)).map_err(|error| wrong(error.to_string()))?;
    let rows = quietly(|| read_rows(file)).unwrap_or_else(|| Err(PolarsError::ComputeError("it is damaged".into())));
    let (rows, parts) = rows.map_err(|error| wrong(error.to_string()))?;
    if characters.chars().count() > 65_000 {
        return Err(wrong("the alphabet has more than 65,000 characters".to_owned()));
    }
    let alphabet = Alphabet::new(characters.chars(), has_unknown);
    Ok(match parts {
        Some(parts) => Dataset::published(rows.into_iter().zip(parts).collect(), alphabet),
        None => Dataset::new(rows, alphabet),
    })
}

fn read_rows(file: File) -> PolarsResult<(Vec<LabelledText>, Option<Vec<Part>>)> {
    // On this thread, so that a panic is quiet.
    let frame = ParquetReader::new(file).read_parallel(ParallelStrategy::None).finish()?;
    let missing = || PolarsError::ComputeError("a value is missing".into());
    let column = |name: &str| frame.column(name).map(Series::as_materialized_series);
    let [labels, texts, groups, raws] =
        ["label", "text", "group", "raw"].map(|name| column(name).and_then(|series| series.str()));
    let parts = column("part")?.i64()?;
    let (labels, texts, groups, raws) = (labels?, texts?, groups?, raws?);
    let row = |row: usize| {
        let [label, text, group] = [&labels, &texts, &groups].map(|column| column.get(row).map(str::to_owned));
        Some(LabelledText { label: label?, text: text?, group: group?, raw: raws.get(row).map(str::to_owned) })
    };
    let rows = (0..labels.len()).map(row).collect::<Option<Vec<_>>>().ok_or_else(missing)?;
    if parts.null_count() == rows.len() {
        return Ok((rows, None));
    }
    let parts = parts.iter().map(|number| number.and_then(numbered_part)).collect::<Option<Vec<_>>>();
    Ok((rows, Some(parts.ok_or_else(missing)?)))
}

fn part_number(part: Part) -> i64 {
    match part {
        Part::Train => 0,
        Part::Validation => 1,
        Part::Test => 2,
    }
}

fn numbered_part(number: i64) -> Option<Part> {
    [Part::Train, Part::Validation, Part::Test].into_iter().find(|part| part_number(*part) == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str, label: &str, raw: Option<&str>) -> LabelledText {
        let group = groups(&[(text, label)], Group::Text).remove(0);
        LabelledText { label: label.into(), text: text.into(), group, raw: raw.map(str::to_owned) }
    }

    fn kept(dataset: &Dataset) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let Prepared { rows, alphabet } = prepared(dataset, Group::Text).unwrap();
        std::fs::write(folder.path().join(PREPARED_ROWS), rows).unwrap();
        std::fs::write(folder.path().join(PREPARED_ALPHABET), alphabet).unwrap();
        folder
    }

    #[test]
    fn a_data_set_comes_back_as_it_was() {
        let rows =
            || vec![row("Novak", "Czech", Some("Novák ")), row("Abe", "Japanese", None), row("abe", "Czech", None)];
        let alphabet = || Alphabet::new("Novakbe\u{10ffff}".chars(), true);
        let plain = Dataset::new(rows(), alphabet());
        let parts = [Part::Test, Part::Train, Part::Validation];
        let published = Dataset::published(rows().into_iter().zip(parts).collect(), alphabet());
        for dataset in [plain, published, Dataset::new(Vec::new(), Alphabet::new("".chars(), false))] {
            assert_eq!(read_prepared(kept(&dataset).path()).unwrap(), dataset);
        }
    }

    #[test]
    fn what_is_damaged_or_gone_is_an_error() {
        let dataset = Dataset::new(
            vec![row("Abe", "Japanese", None), row("Cho", "Korean", None)],
            Alphabet::new("a".chars(), true),
        );
        for name in [PREPARED_ROWS, PREPARED_ALPHABET] {
            let folder = kept(&dataset);
            let path = folder.path().join(name);
            let bytes = std::fs::read(&path).unwrap();
            for len in [0, 3, bytes.len() / 2, bytes.len() - 1] {
                std::fs::write(&path, &bytes[..len]).unwrap();
                assert!(read_prepared(folder.path()).is_err(), "{name} {len}");
            }
            std::fs::remove_file(&path).unwrap();
            assert!(read_prepared(folder.path()).is_err(), "{name}");
        }
    }
}
