//! The names to predict: arguments, files or standard input. Nothing is guessed: an argument that could be either is refused.

use crate::args::Predict;
use crate::error::CliError;
use recur_ingest::{FileError, IngestError, ListMistake, Names, NamesOptions, parse_names, read_names};
use std::io::Read as _;
use std::path::Path;

/// Files that cannot be read, with what to do about it.
fn unreadable(error: &IngestError) -> CliError {
    let hint = match error {
        IngestError::Missing { .. } | IngestError::NoMatch { .. } | IngestError::Remote { .. } => {
            "a text that looks like a file: --literal"
        }
        IngestError::UnknownKind { .. } => {
            "--input-format csv (or txt, tsv, ndjson, parquet) gives the format of a file with another extension"
        }
        IngestError::ChooseColumn { .. } | IngestError::MissingColumn { .. } => {
            "--column NAME chooses the column with the texts"
        }
        IngestError::ListHasNoColumn { .. } => {
            "leave --column out, or give the format of the table: --input-format csv"
        }
        IngestError::NotAList { mistake: ListMistake::Header, .. } => {
            "remove the line, or read it as a table: --input-format csv; --input FILE --literal takes every line for a text"
        }
        IngestError::NotAList { .. } => {
            "--input-format csv (or tsv, ndjson) with --column NAME reads a table; --input FILE --literal takes every line for a text"
        }
        IngestError::IsFolder { path } => {
            let path = path.trim_end_matches('/');
            return refused(
                error,
                Some(format!("--input '{path}/*.txt' reads the files of the folder; a text: --literal")),
            );
        }
        IngestError::File { problem: FileError::NotRegular { .. }, .. } => {
            "standard input may be a pipe: COMMAND | recur predict --model MODEL --input -"
        }
        IngestError::Rejected { .. } => "correct these rows, or remove them: each row of the input gets a prediction",
        _ => return refused(error, error.hint()),
    };
    refused(error, Some(hint.to_owned()))
}

fn refused(error: &IngestError, hint: Option<String>) -> CliError {
    CliError::new("cannot read the texts").because(error).hint(hint)
}

/// The names that `args` ask for, in order.
pub(super) fn read(args: &Predict) -> Result<Vec<String>, CliError> {
    let files = match args.input.as_slice() {
        [] if args.literal => Vec::new(),
        [] => files_among(&args.names)?,
        inputs => inputs.to_vec(),
    };
    if files.is_empty() {
        let for_files = [("column", args.column.is_some()), ("input-format", args.input_format.is_some())];
        return match for_files.into_iter().find(|(_, is_given)| *is_given) {
            Some((option, _)) => Err(CliError::new(format!("--{option} is for files of texts, and texts were given"))
                .hint("--input FILE reads a file".to_owned())),
            None => Ok(args.names.clone()),
        };
    }
    if files.len() > 1 && files.iter().any(|file| file == "-") {
        return Err(stdin_and_others());
    }
    let options =
        NamesOptions { column: args.column.as_deref(), format: args.input_format.as_deref(), literal: args.literal };
    let mut names = Vec::new();
    for file in &files {
        for read in read_file(file, options)? {
            let Names { path, column, rows, notes } = read;
            notes.iter().for_each(|note| tracing::warn!("{note}"));
            if let (Some(column), None) = (column, &args.column) {
                tracing::info!("{path}: the texts are those of its column `{column}`");
            }
            names.extend(rows.into_iter().map(|(_, name)| name));
        }
    }
    Ok(names)
}

fn read_file(file: &str, options: NamesOptions<'_>) -> Result<Vec<Names>, CliError> {
    if file != "-" {
        return read_names(file, options).map_err(|error| unreadable(&error));
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .map_err(|error| CliError::new("cannot read texts from standard input").because(&error))?;
    Ok(vec![parse_names("standard input", &bytes, options).map_err(|error| unreadable(&error))?])
}

fn stdin_and_others() -> CliError {
    CliError::new("`-` (standard input) is given together with other texts or files")
        .hint("--input - reads standard input, and nothing else".to_owned())
}

/// The arguments, if they are files; none, if they are names.
fn files_among(arguments: &[String]) -> Result<Vec<String>, CliError> {
    let (files, names): (Vec<&String>, Vec<&String>) = arguments.iter().partition(|argument| looks_like_file(argument));
    match (files.as_slice(), names.as_slice()) {
        ([file, ..], [_, ..]) if *file == "-" => Err(stdin_and_others()),
        ([file, ..], [name, ..]) => {
            let hint =
                "--input FILE… reads files only, and --literal takes all arguments for texts; for both, run it twice";
            Err(CliError::new(format!("`{file}` looks like a file and `{name}` like a text")).hint(hint.to_owned()))
        }
        ([], names) => match names.iter().find(|name| Path::new(name).symlink_metadata().is_ok()) {
            Some(name) if Path::new(name).is_dir() => Err(unreadable(&IngestError::IsFolder { path: (*name).clone() })),
            Some(name) => Err(CliError::new(format!("`{name}` is a file here, and it could be a text"))
                .hint(format!("--input {name} reads the file; --literal takes arguments for texts"))),
            None => Ok(Vec::new()),
        },
        (files, []) => Ok(files.iter().map(|file| (*file).clone()).collect()),
    }
}

/// Extensions that no name has: of data, of texts, of what recur writes, and of packed files.
const EXTENSIONS: [&str; 40] = [
    "arrow",
    "bz2",
    "csv",
    "dat",
    "db",
    "doc",
    "docx",
    "feather",
    "gz",
    "htm",
    "html",
    "ini",
    "json",
    "jsonl",
    "log",
    "lst",
    "md",
    "ndjson",
    "npy",
    "npz",
    "ods",
    "parquet",
    "pdf",
    "pkl",
    "pq",
    "psv",
    "py",
    "safetensors",
    "tab",
    "tex",
    "text",
    "toml",
    "tsv",
    "txt",
    "xls",
    "xlsx",
    "xml",
    "yaml",
    "yml",
    "zst",
];

/// Whether an argument is more like a path than like a name.
fn looks_like_file(argument: &str) -> bool {
    let argument = argument.trim();
    if argument == "-" || argument.contains(['/', '\\', '*', '?', '[']) || argument.starts_with('~') {
        return true;
    }
    let Some((stem, extension)) = argument.rsplit_once('.') else { return false };
    // `St.Doc` may be a name: extensions are in one case.
    let lower = extension.to_ascii_lowercase();
    let is_one_case = extension == lower || extension == extension.to_ascii_uppercase();
    !stem.is_empty() && is_one_case && (EXTENSIONS.contains(&lower.as_str()) || matches!(lower.as_str(), "xz" | "zip"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_names() {
        for file in [
            "-",
            "names.txt",
            "nmaes.TXT",
            "a b.csv",
            "x.csv.gz",
            "./names",
            "data/names",
            "C:\\names",
            "*.txt",
            "~names",
            " a.txt ",
            "n[1].txt",
            "x.safetensors",
            "https://a.b",
            ".hidden/x",
        ] {
            assert!(looks_like_file(file), "{file}");
        }
        for name in [
            "Novak",
            "O'Neill",
            "J. R. Tolkien",
            "St. John",
            "St.Doc",
            "Smith-Jones",
            "",
            ".txt",
            "de la Cruz",
            "Nguyễn",
        ] {
            assert!(!looks_like_file(name), "{name}");
        }
    }
}
