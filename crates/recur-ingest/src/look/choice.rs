//! Which columns hold the texts and the labels, if nobody names them.

use super::{ChosenColumns, LookError, Sample, SeenColumn};

/// What columns of labels are often called, the likeliest first.
const LABELS: [&str; 16] = [
    "label",
    "labels",
    "class",
    "category",
    "target",
    "language",
    "lang",
    "sentiment",
    "intent",
    "topic",
    "tag",
    "gender",
    "country",
    "type",
    "y",
    "genre",
];

/// The same for columns of texts.
const TEXTS: [&str; 18] = [
    "text",
    "texts",
    "name",
    "sentence",
    "comment",
    "review",
    "message",
    "content",
    "body",
    "title",
    "question",
    "domain",
    "url",
    "word",
    "query",
    "tweet",
    "description",
    "surname",
];

/// The most different values that a column of labels has, in the rows that are looked at, unless it is called like one.
pub(super) const MOST_LABELS: usize = 1000;

/// Chooses among columns. `text` and `label` are what the user names, which are among them; `path` is the file in messages.
pub(super) fn choose(
    samples: &[Sample],
    text: Option<&str>,
    label: Option<&str>,
    path: &str,
) -> Result<ChosenColumns, LookError> {
    let (label, why_label) = match label {
        Some(label) => (label.to_owned(), String::new()),
        None => label_column(samples, text, path)?,
    };
    let (text, why_text) = match text {
        Some(text) => (text.to_owned(), String::new()),
        None => text_column(samples, &label, path)?,
    };
    Ok(ChosenColumns { all: Vec::new(), text, why_text, label, why_label, part: None })
}

/// The first of `names` that a column is called, in upper or lower case.
fn called<'s>(samples: &[&'s Sample], names: &[&str]) -> Option<&'s Sample> {
    names.iter().find_map(|name| samples.iter().copied().find(|sample| sample.name.trim().eq_ignore_ascii_case(name)))
}

fn label_column(samples: &[Sample], text: Option<&str>, path: &str) -> Result<(String, String), LookError> {
    let others: Vec<&Sample> = samples.iter().filter(|sample| Some(sample.name.as_str()) != text).collect();
    let repeats = |sample: &&Sample| sample.distinct >= 2 && sample.distinct * 2 <= sample.n;
    let named: Vec<&Sample> = others.iter().copied().filter(repeats).collect();
    if let Some(column) = called(&named, &LABELS) {
        return Ok((column.name.clone(), format!("of its name; it has {}", values(column))));
    }
    let likely = named.iter().copied().filter(|sample| sample.distinct <= MOST_LABELS && !sample.are_parts);
    // Of columns with as few values the last one: labels are often behind texts.
    let fewest = likely.rev().min_by_key(|sample| sample.distinct);
    let column = fewest.ok_or_else(|| no_labels(&others, path))?;
    Ok((column.name.clone(), format!("it has the fewest different values: {}", values(column))))
}

fn no_labels(columns: &[&Sample], path: &str) -> LookError {
    let path = path.to_owned();
    if columns.iter().all(|column| column.rows == 0) {
        return LookError::OnlyHeader { path, columns: columns.iter().map(|column| column.name.clone()).collect() };
    }
    let seen =
        |column: &&Sample| SeenColumn { name: column.name.clone(), n_distinct: column.distinct, n_rows: column.n };
    LookError::NoLabels { path, seen: columns.iter().map(seen).collect() }
}

fn values(sample: &Sample) -> String {
    format!("{} different ones in {} rows", sample.distinct, sample.rows)
}

fn text_column(samples: &[Sample], label: &str, path: &str) -> Result<(String, String), LookError> {
    let is_text = |sample: &&Sample| sample.name != label && sample.n > 0 && !sample.are_numbers && !sample.are_parts;
    let others: Vec<&Sample> = samples.iter().filter(is_text).collect();
    if let Some(column) = called(&others, &TEXTS) {
        return Ok((column.name.clone(), "of its name".to_owned()));
    }
    // Of columns with texts as long the first one.
    let longest = others.iter().rev().max_by(|a, b| a.characters.total_cmp(&b.characters));
    let column = longest.ok_or_else(|| LookError::NoTexts { path: path.to_owned() })?;
    Ok((column.name.clone(), format!("its values are the longest: {:.0} characters on average", column.characters)))
}

/// The columns, other than those of texts and labels, whose first values are words for the parts of a split. Those with
/// several parts come first.
pub(super) fn may_be_parts(samples: &[Sample], text: &str, label: &str) -> Vec<String> {
    let is_other = |sample: &&Sample| sample.name != text && sample.name != label && sample.n == sample.rows;
    let (several, one): (Vec<&Sample>, Vec<&Sample>) =
        samples.iter().filter(is_other).filter(|sample| sample.are_parts).partition(|sample| sample.distinct > 1);
    several.into_iter().chain(one).map(|sample| sample.name.clone()).collect()
}
