//! The texts to predict: words, files or standard input. Nothing is guessed: a word that could be either is refused.

use super::error::PredictionError;
use super::words::looks_like_file;
use recur_ingest::{IngestError, Texts, TextsOptions, parse_texts, read_texts};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Which texts are to be predicted.
#[derive(Clone, Copy, Debug, Default)]
pub struct TextRequest<'a> {
    /// Texts; or files, where all of them look like files.
    pub words: &'a [String],
    /// Files, or `-` for standard input. Where there are any, `words` is empty.
    pub files: &'a [String],
    /// The folder in which the words were typed, where that is not the working folder: what of them are files is there.
    pub typed_in: Option<&'a Path>,
    /// How files are read; with `literal`, `words` are texts whatever they look like.
    pub options: TextsOptions<'a>,
}

impl TextRequest<'_> {
    /// The texts, in order. `standard_input` is read where a file is `-`.
    ///
    /// # Errors
    /// If a word may be a file or a text, or a file cannot be read.
    pub fn read(&self, mut standard_input: impl Read) -> Result<Vec<String>, PredictionError> {
        let Self { words, files, typed_in, options } = *self;
        let files = match files {
            [] if options.literal => Vec::new(),
            [] => files_among(words, typed_in)?,
            files => files.to_vec(),
        };
        if files.is_empty() {
            let for_files = [("column", options.column.is_some()), ("input-format", options.format.is_some())];
            return match for_files.into_iter().find(|(_, is_given)| *is_given) {
                Some((option, _)) => Err(PredictionError::OptionOfFiles { option }),
                None => Ok(words.to_vec()),
            };
        }
        if files.len() > 1 && files.iter().any(|file| file == "-") {
            return Err(PredictionError::StandardInputAndOthers);
        }
        let mut texts = Vec::new();
        for file in &files {
            for read in read_file(file, options, &mut standard_input)? {
                let Texts { path, column, rows, notes } = read;
                notes.iter().for_each(|note| tracing::warn!("{note}"));
                if let (Some(column), None) = (column, options.column) {
                    tracing::info!("{path}: the texts are those of its column `{column}`");
                }
                texts.extend(rows.into_iter().map(|(_, text)| text));
            }
        }
        Ok(texts)
    }
}

fn read_file(
    file: &str,
    options: TextsOptions<'_>,
    standard_input: &mut impl Read,
) -> Result<Vec<Texts>, PredictionError> {
    if file != "-" {
        return Ok(read_texts(file, options)?);
    }
    let mut bytes = Vec::new();
    standard_input.read_to_end(&mut bytes).map_err(PredictionError::StandardInput)?;
    Ok(vec![parse_texts("standard input", &bytes, options)?])
}

/// The words, if they are files; none, if they are texts.
fn files_among(words: &[String], typed_in: Option<&Path>) -> Result<Vec<String>, PredictionError> {
    let path = |word: &str| typed_in.map_or_else(|| PathBuf::from(word), |folder| folder.join(word));
    let (files, texts): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| looks_like_file(word));
    match (files.as_slice(), texts.as_slice()) {
        ([file, ..], [_, ..]) if *file == "-" => Err(PredictionError::StandardInputAndOthers),
        ([file, ..], [text, ..]) => {
            let [file, text] = [file, text].map(|word| (*word).clone());
            Err(PredictionError::FileAndText { file, text })
        }
        ([], texts) => match texts.iter().find(|text| path(text).symlink_metadata().is_ok()) {
            Some(word) if path(word).is_dir() => Err(IngestError::IsFolder { path: (*word).clone() }.into()),
            Some(word) => Err(PredictionError::FileOrText { word: (*word).clone() }),
            None => Ok(Vec::new()),
        },
        (files, []) => Ok(files.iter().map(|file| place(file, &path(file))).collect()),
    }
}

/// A file as it is found from the working folder.
fn place(file: &str, path: &Path) -> String {
    if file == "-" || file.contains("://") { file.to_owned() } else { path.to_string_lossy().into_owned() }
}
