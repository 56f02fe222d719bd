//! What can go wrong with a source as a whole. A row that cannot be used is no error: see [`Reject`].

use crate::content::Packing;
use crate::open::FileError;
use crate::part::PARTS;
use crate::rejects::Reject;
use recur_core::data_warning::counted;
use recur_core::facts::RejectReason;
use recur_core::nearest::nearest;
use recur_core::noun::Noun;
use recur_core::visible::visible_fully;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;

/// A source that cannot become a data set.
///
/// Paths are written as the spec writes them, relative to the folder that the run started in.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum IngestError {
    /// The source is an address of the network.
    #[error("`{location}` is no local file: recur reads files of this machine only")]
    Remote { location: String },
    /// There is no such file or folder.
    #[error("`{path}` does not exist{}", hint(nearest.as_deref(), "did you mean"))]
    Missing {
        path: String,
        /// The entry of the same folder with the most similar name.
        nearest: Option<String>,
    },
    /// The system refuses the threads that reading needs.
    #[error("the system refuses the threads that are needed to read data")]
    Threads,
    /// A file that is no regular file, too large, or a link that leads nowhere.
    #[error("`{path}` cannot be read: {problem}")]
    File { path: String, problem: FileError },
    /// A file or folder could not be read.
    #[error("`{path}` cannot be read")]
    Read {
        path: String,
        #[source]
        source: io::Error,
    },
    /// A glob that is none.
    #[error("`{pattern}` is not a valid glob")]
    Glob {
        pattern: String,
        #[source]
        source: glob::PatternError,
    },
    /// A glob that no file matches.
    #[error("no file matches `{pattern}`{}", not_read(hidden))]
    NoMatch { pattern: String, hidden: Vec<String> },
    /// A file whose extension names no known format.
    #[error("`{path}` is of no known format: the extension should be one of {} (.gz or .zst may follow)", known.join(", "))]
    UnknownKind {
        path: String,
        /// All known extensions, sorted.
        known: Vec<&'static str>,
    },
    /// A glob that matches files of different formats.
    #[error("`{first}` and `{other}` are of different formats: one source has one format")]
    MixedKinds {
        /// The first file in sorted order.
        first: String,
        /// The first one of another format.
        other: String,
    },
    /// A folder without lists of texts.
    #[error("folder `{folder}` holds no LABEL.txt, one text per line{}{}", found_files(found), not_read(hidden))]
    NoLists {
        folder: String,
        /// The data files it holds instead.
        found: Vec<String>,
        hidden: Vec<String>,
    },
    /// A path that is not valid Unicode, so no label and no record can name it.
    #[error("`{path}` has a name that is not valid Unicode")]
    FileName {
        /// The path, with replacement characters.
        path: String,
    },
    /// A file with nothing in it.
    #[error("`{path}` is empty")]
    EmptyFile { path: String },
    /// A compressed file that cannot be unpacked.
    #[error("`{path}` cannot be unpacked as {format}: {detail}")]
    Unpack { path: String, format: &'static str, detail: String },
    /// A file that is something else than its extension says.
    #[error("`{path}` is {found}, not a file of texts")]
    Content {
        path: String,
        found: &'static str,
        /// What to do with `FILE`.
        remedy: &'static str,
    },
    /// Text in an encoding whose characters all take several bytes.
    #[error("`{path}` is not UTF-8: it {}", if *has_mark {
        format!("begins with the byte order mark of {encoding}")
    } else {
        format!("looks like {encoding} without a byte order mark")
    })]
    Encoding {
        path: String,
        /// The encoding, as `iconv -f` calls it.
        encoding: &'static str,
        /// Whether it begins with a byte order mark.
        has_mark: bool,
        packing: Option<Packing>,
    },
    /// JSON where one object a line is expected.
    #[error("`{path}` is a JSON array: one object a line is expected")]
    JsonArray { path: String },
    /// A first line `sep=…`, as spreadsheets write, that names another separator than the extension.
    #[error("`{path}:{line}` says that fields are separated by `{found}`, but .csv means `,` and .tsv means a tab")]
    Separator {
        path: String,
        /// The line, from 1.
        line: u64,
        /// What the line names.
        found: String,
    },
    /// A header line that is no header.
    #[error("`{path}` has no usable header at line {line}: {detail}")]
    Header {
        path: String,
        /// The line, from 1.
        line: u64,
        detail: String,
    },
    /// A column that the settings name and the file does not have.
    #[error(
        "`{path}` has no column `{column}`{}: its columns are {}{}",
        match difference {
            Some(difference) => format!(", but {difference}"),
            None => hint(nearest.as_deref(), "did you mean"),
        },
        quoted(found),
        delimiter_hint(*delimiter)
    )]
    MissingColumn {
        path: String,
        column: String,
        /// The columns of the file, in its order (the first 20).
        found: Vec<String>,
        nearest: Option<Box<str>>,
        /// How a column differs that looks like the one looked for.
        difference: Option<Box<str>>,
        /// What the fields seem to be separated by, if not by what the extension says.
        delimiter: Option<char>,
    },
    /// A header of one column, in which another separator than the one of the file's extension is.
    #[error("`{path}` has only the column `{column}`{}", delimiter_hint(Some(*delimiter)))]
    Delimiter {
        path: String,
        column: String,
        /// What the fields seem to be separated by.
        delimiter: char,
    },
    /// A column that the file has more than once.
    #[error("`{path}` has more than one column `{column}`")]
    RepeatedColumn { path: String, column: String },
    /// A Parquet column whose values are no text.
    #[error("column `{column}` of `{path}` is of type {found}: it should hold text, numbers, booleans or dates")]
    ColumnType { path: String, column: String, found: String },
    /// A list of texts, where a column should say which part of a split a row is in.
    #[error(
        "`{path}` is a list with one text per line: it has no columns, so `data.split.column` cannot be read from it"
    )]
    ListHasNoColumns { path: String },
    /// A row of a published split that is in no part of it.
    #[error(
        "`{path}:{line}`: column `{column}` holds {}{}, it should hold one of {}",
        if value.is_empty() { "nothing".to_owned() } else { format!("`{value}`") },
        hint(*nearest, "did you mean"),
        part_words()
    )]
    UnknownPart {
        path: String,
        /// The line on which the row begins, from 1; of a Parquet file, the row, from 1.
        line: u64,
        column: String,
        /// What it holds in this row, at most 60 characters of it; empty if it holds nothing.
        value: String,
        nearest: Option<&'static str>,
    },
    /// A file that is damaged or not of its format.
    #[error("`{path}` cannot be read as {format}: {detail}")]
    Parse {
        path: String,
        /// The format that its extension names.
        format: &'static str,
        /// What the reader said.
        detail: String,
    },
    /// Rejected rows, where `rejects: error`.
    #[error("{count} rows cannot be used:{}", listed(first, *count))]
    Rejected { count: u64, first: Vec<Reject> },
    /// A source, or the place of a part of it, without rows.
    #[error("`{location}` has no rows")]
    NoRows {
        /// The source, or the place.
        location: String,
    },
    /// A source, or the place of a part of it, of whose rows none can be used.
    #[error("none of the {count} rows of `{location}` can be used ({}):{}", counted(reasons, &Noun::text()), listed(first, *count))]
    NoUsableRows { location: String, count: u64, reasons: BTreeMap<RejectReason, u64>, first: Vec<Reject> },
    /// A larger share of rejected rows than the settings allow.
    #[error(
        "{count} of {total} rows of `{location}` cannot be used ({}): these are {}, and data.max_rejected allows {}{}",
        counted(reasons, &Noun::text()),
        percents(*count as f64 / *total as f64, *limit)[0],
        percents(*count as f64 / *total as f64, *limit)[1],
        listed(first, *count)
    )]
    TooManyRejected {
        /// The source, or the place of a part of it.
        location: String,
        /// How many rows cannot be used.
        count: u64,
        total: u64,
        /// The largest share that is allowed.
        limit: f64,
        reasons: BTreeMap<RejectReason, u64>,
        first: Vec<Reject>,
    },
    /// Labels all of whose rows are rejected.
    #[error(
        "{} of `{location}` would lose all {} rows, because none of these can be used: {}{}",
        if labels.len() == 1 { "one label".to_owned() } else { format!("{} labels", labels.len()) },
        if labels.len() == 1 { "its" } else { "their" },
        labelled(labels),
        listed(first, first.len() as u64)
    )]
    LostLabels {
        location: String,
        /// The labels, with the rows of each.
        labels: Vec<(String, u64)>,
        /// The first row of each of the first few labels.
        first: Vec<Reject>,
    },
    /// Texts of which no character has a token of its own.
    #[error(
        "no character of the {rows} texts of `{location}` is in the alphabet, so all texts look the same to a model: \
         it has none of {}",
        characters.iter().map(|c| format!("`{}`", visible_fully(c.encode_utf8(&mut [0; 4])))).collect::<Vec<_>>().join(", ")
    )]
    NoKnownCharacter {
        location: String,
        /// Rows that can be used.
        rows: u64,
        /// Some of the characters.
        characters: Vec<char>,
    },
    /// Nothing to distinguish.
    #[error("all {rows} usable rows of `{location}` have the label `{label}`: a classifier needs at least two labels")]
    OneLabel {
        location: String,
        label: String,
        /// Rows that can be used.
        rows: u64,
    },
    /// Rows that repeat an earlier one, where `duplicates: error`.
    #[error("{count} rows repeat the text and label of another row:{}", listed(first, *count))]
    Duplicates {
        /// How many rows repeat another.
        count: u64,
        first: Vec<Place>,
    },
    /// More than a data set can hold.
    #[error("{found} {what}, and at most {limit} fit a data set")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        found: u64,
        limit: u64,
    },
    /// A folder, where a file of texts should be.
    #[error("`{path}` is a folder and not a file")]
    IsFolder { path: String },
    /// A table of texts with several columns, of which none was named.
    #[error("`{path}` has several columns, none of them is called `name` or `text`: {}", quoted(found))]
    ChooseColumn {
        path: String,
        /// Its columns, in its order (the first 20).
        found: Vec<String>,
    },
    /// A list of texts, where a column was named.
    #[error("`{path}` is a list with one text per line: it has no column `{column}`")]
    ListHasNoColumn { path: String, column: String },
    /// A list of texts whose first line seems to be something else.
    #[error("`{path}:{line}`: `{text}` looks like {mistake} and not like a text")]
    NotAList {
        path: String,
        /// The line, from 1.
        line: u64,
        /// The line as it is.
        text: String,
        mistake: ListMistake,
    },
}

impl IngestError {
    /// The error of a file that is `path` to the reader.
    pub(crate) fn of_file(path: &str, error: FileError) -> Self {
        let path = path.to_owned();
        match error {
            FileError::Io(source) => IngestError::Read { path, source },
            problem => IngestError::File { path, problem },
        }
    }

    /// What to do next, where that is known.
    pub(crate) fn hint_of_file(&self) -> Option<String> {
        match self {
            IngestError::Missing { .. } => {
                Some("docs/spec.md shows where a relative path begins; --set data.source=PATH".to_owned())
            }
            IngestError::File { problem: FileError::DanglingLink { .. } | FileError::LinkLoop { .. }, .. } => {
                Some("let the link name the file, or name the file itself: --set data.source=PATH".to_owned())
            }
            IngestError::Threads => Some("raise the limit of processes (ulimit -u)".to_owned()),
            IngestError::File { problem: FileError::NotRegular { .. }, .. } => {
                Some("write the data to a file first, and name that file".to_owned())
            }
            IngestError::UnknownKind { path, .. } => {
                let is = |extensions: &[&str]| extensions.iter().any(|e| path.to_lowercase().ends_with(e));
                if is(&[".xlsx", ".xls", ".ods", ".numbers"]) {
                    return Some("save the sheet as CSV in UTF-8".to_owned());
                }
                is(&[".zip", ".tar", ".tgz", ".tar.gz", ".7z", ".rar"]).then(|| "unpack it first".to_owned())
            }
            IngestError::Encoding { path, encoding, packing, .. } => Some(convert(path, encoding, *packing)),
            IngestError::Content { path, remedy, .. } => Some(remedy.replace("FILE", &shell_word(path))),
            IngestError::JsonArray { path } => Some(format!(
                "write one object a line: jq -c '.[]' {0} > {1}",
                shell_word(path),
                shell_word(&beside(path, None, "lines"))
            )),
            IngestError::Separator { found, .. } => Some(match found.as_str() {
                "\t" => "give the file the extension .tsv, and remove that line".to_owned(),
                _ => "write the file with `,` between fields, and remove that line".to_owned(),
            }),
            IngestError::ColumnType { column, .. } => Some(format!(
                "write the file with `{column}` as text, for example with pandas: df[{column:?}].astype(str)"
            )),
            _ => None,
        }
    }

    pub(crate) fn unknown_part(path: &str, line: u64, column: &str, value: &str) -> Self {
        let nearest =
            (value.len() <= 60).then(|| nearest(&value.to_lowercase(), PARTS.map(|(word, _)| word))).flatten();
        let value = match value.char_indices().nth(60) {
            Some((end, _)) => format!("{}…", &value[..end]),
            None => value.to_owned(),
        };
        IngestError::UnknownPart { path: path.to_owned(), line, column: column.to_owned(), value, nearest }
    }
}

/// What the first line of a list of texts may be that is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListMistake {
    /// The name of a column.
    Header,
    /// A row of a table.
    Table,
    /// A JSON object.
    Json,
}

impl Display for ListMistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ListMistake::Header => "a header",
            ListMistake::Table => "a row of a table",
            ListMistake::Json => "a JSON object",
        })
    }
}

/// The command that makes UTF-8 of the file `path`.
pub(crate) fn convert(path: &str, encoding: &str, packing: Option<Packing>) -> String {
    let converted = shell_word(&beside(path, packing, "utf8"));
    let path = shell_word(path);
    let iconv = format!("iconv -f {encoding} -t UTF-8");
    let command = match packing {
        None => format!("{iconv} {path} > {converted}"),
        Some(Packing::Gzip) => format!("gzip -dc < {path} | {iconv} > {converted}"),
        Some(Packing::Zstd) => format!("zstd -dc < {path} | {iconv} > {converted}"),
    };
    format!("convert it: {command}")
}

/// A name for another form of the file `path`: `a.csv.gz` becomes `a.utf8.csv`.
fn beside(path: &str, packing: Option<Packing>, what: &str) -> String {
    let path = if packing.is_some() { path.trim_end_matches(".gz").trim_end_matches(".zst") } else { path };
    match path.rsplit_once('.') {
        Some((stem, extension)) if !extension.contains('/') => format!("{stem}.{what}.{extension}"),
        _ => format!("{path}.{what}"),
    }
}

/// `text` as a shell reads it as one word.
fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+' | '=' | ',' | '@');
    if !text.is_empty() && text.chars().all(is_plain) && !text.starts_with('-') {
        return text.to_owned();
    }
    let dashed = if text.starts_with('-') { "./" } else { "" };
    format!("'{dashed}{}'", text.replace('\'', "'\\''"))
}

fn not_read(hidden: &[String]) -> String {
    if hidden.is_empty() {
        return String::new();
    }
    let more = if hidden.len() > 5 { ", …" } else { "" };
    format!("; hidden files are not read: {}{more}", quoted(&hidden[..hidden.len().min(5)]))
}

fn part_words() -> String {
    PARTS.map(|(word, _)| word).join(", ")
}

/// A row that repeats an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as in [`Reject::file`].
    pub file: String,
    /// The line, as in [`Reject::line`].
    pub line: u64,
    /// The text, normalised.
    pub text: String,
    /// Its label, normalised.
    pub label: String,
}

impl Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: `{}`, `{}`", self.file, self.line, self.text, self.label)
    }
}

fn hint(nearest: Option<&str>, words: &str) -> String {
    nearest.map_or_else(String::new, |nearest| format!(" ({words} `{nearest}`?)"))
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn found_files(found: &[String]) -> String {
    if found.is_empty() { String::new() } else { format!("; to read {} name the file or a glob", quoted(found)) }
}

fn delimiter_hint(delimiter: Option<char>) -> String {
    delimiter.map_or_else(String::new, |delimiter| {
        let name = if delimiter == '\t' { "a tab".to_owned() } else { format!("`{delimiter}`") };
        format!("; fields seem to be separated by {name}, but .csv means `,` and .tsv means a tab")
    })
}

/// Two shares in percent, to a hundredth or as exactly as it takes to tell them apart.
fn percents(found: f64, limit: f64) -> [String; 2] {
    let percent = |share: f64, decimals: usize| {
        let text = format!("{:.decimals$}", 100.0 * share);
        format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
    };
    let texts = |decimals| [found, limit].map(|share| percent(share, decimals));
    (2..=12).map(texts).find(|[found, limit]| found != limit).unwrap_or_else(|| texts(12))
}

/// The first few labels with their rows.
fn labelled(labels: &[(String, u64)]) -> String {
    let label = |(label, rows): &(String, u64)| format!("`{}` ({rows})", visible_fully(label));
    let more = (labels.len() > 5).then(|| "…".to_owned());
    labels.iter().take(5).map(label).chain(more).collect::<Vec<_>>().join(", ")
}

fn listed<T: Display>(first: &[T], count: u64) -> String {
    let mut text: String = first.iter().map(|item| format!("\n  {item}")).collect();
    let more = count.saturating_sub(first.len() as u64);
    if more > 0 {
        text.push_str(&format!("\n  and {more} more"));
    }
    text
}
