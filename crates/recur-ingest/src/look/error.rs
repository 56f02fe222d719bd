//! Why nothing can be said of a source, and what to do about it.

use super::choice::MOST_LABELS;
use crate::error::IngestError;

/// How many columns a message names.
const MOST_NAMED: usize = 8;

/// What was seen of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenColumn {
    /// Its name.
    pub name: String,
    /// How many different values it has.
    pub n_distinct: usize,
    /// In how many rows it has a value.
    pub n_rows: usize,
}

/// Why nothing can be said of a source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum LookError {
    /// It cannot be read.
    #[error("cannot use the data")]
    Ingest(#[from] IngestError),
    /// A table needs a column of texts and one of labels.
    #[error("`{path}` has only the column `{column}`, and a column of texts and one of labels are needed")]
    OneColumn { path: String, column: String },
    /// The user names one column twice.
    #[error("the column `{column}` cannot hold both the texts and the labels")]
    SameColumn { column: String },
    /// There is a header and nothing else.
    #[error("`{path}` has the columns {} and no row that can be read", named(columns))]
    OnlyHeader { path: String, columns: Vec<String> },
    /// No column repeats its values as labels do.
    #[error("no column of `{path}` looks like one of labels, whose values repeat: {}", repeats(seen))]
    NoLabels { path: String, seen: Vec<SeenColumn> },
    /// No column is left for the texts.
    #[error("no column of `{path}` looks like one of texts: apart from the labels they are empty or hold numbers only")]
    NoTexts { path: String },
    /// There is no row with a text and a label.
    #[error("`{source_path}` has no row with a text and a label")]
    NoRows { source_path: String },
    /// All rows have the same label.
    #[error("all rows of `{source_path}` have the label `{label}`: there is nothing to learn")]
    OneLabel { source_path: String, label: String },
}

impl LookError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Ingest(IngestError::Missing { .. }) => Some("name a file that is there: --from FILE".to_owned()),
            Self::Ingest(error) => error.hint(),
            Self::OneColumn { .. } => Some("add a column with the label of each row".to_owned()),
            Self::OnlyHeader { .. } => Some("add rows".to_owned()),
            Self::NoLabels { .. } => Some(format!(
                "name the column of labels: --label COLUMN. Only a column with 2 to {MOST_LABELS} different values is chosen \
                 without this option, if each value is in two rows on average"
            )),
            Self::NoTexts { .. } => Some("name the columns: --text COLUMN --label COLUMN".to_owned()),
            Self::SameColumn { .. } => Some("name two columns: --text COLUMN --label COLUMN".to_owned()),
            Self::NoRows { .. } | Self::OneLabel { .. } => {
                Some("name other columns: --text COLUMN --label COLUMN".to_owned())
            }
        }
    }
}

fn named(columns: &[String]) -> String {
    let named: Vec<String> = columns.iter().take(MOST_NAMED).map(|name| format!("`{name}`")).collect();
    named.join(", ") + &more(columns.len())
}

fn more(n: usize) -> String {
    if n > MOST_NAMED { format!(" and {} more", n - MOST_NAMED) } else { String::new() }
}

/// How often values repeat in each column.
fn repeats(seen: &[SeenColumn]) -> String {
    let column = |seen: &SeenColumn| match seen.n_distinct {
        0 => format!("`{}` is empty", seen.name),
        1 => format!("`{}` has the same value in all of its {} rows", seen.name, seen.n_rows),
        n => format!("`{}` has {n} different values in {} rows", seen.name, seen.n_rows),
    };
    let named: Vec<String> = seen.iter().take(MOST_NAMED).map(column).collect();
    named.join(", ") + &more(seen.len())
}
