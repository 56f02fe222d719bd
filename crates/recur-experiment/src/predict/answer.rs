//! The form of the answer: which columns there are, and the rows of a text.

use super::batch::Predicted;
use std::fmt;

/// What an answer is to have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnswerForm {
    /// So many of the most probable labels, a row each; without it the most probable one.
    pub top: Option<usize>,
    /// Whether there is a column for each label, too.
    pub all: bool,
    /// Log-probabilities (natural logarithm) instead of probabilities; without `top`, of every label.
    pub log_probs: bool,
}

/// The form of the answer of a model with certain labels.
#[derive(Clone, Debug)]
pub struct Answer<'a> {
    labels: &'a [String],
    /// Rows for each text.
    top: usize,
    /// Whether each row has its rank.
    ranked: bool,
    log_probs: bool,
    /// Whether there are columns for the most probable label and its probability.
    best: bool,
    /// Whether there is a column for each label.
    wide: bool,
}

/// A column of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its title.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Texts and labels.
    Text,
    /// Ranks, from 1.
    Integer,
    /// Probabilities or log-probabilities.
    Real,
}

/// A value of the answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// The text itself, or a label.
    Text(&'a str),
    /// The place of a label among all, from 1.
    Rank(usize),
    /// The probability of a label.
    Probability(f64),
    /// Its natural logarithm, as the model gives it.
    LogProbability(f32),
    /// The text could not be read.
    Nothing,
}

impl fmt::Display for Cell<'_> {
    /// In words, for tables and CSV. A text is as it is: it may be from outside.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Text(text) => f.write_str(text),
            Cell::Rank(rank) => write!(f, "{rank}"),
            Cell::Probability(probability) => write!(f, "{probability:.6}"),
            Cell::LogProbability(value) => write!(f, "{value}"),
            Cell::Nothing => Ok(()),
        }
    }
}

impl<'a> Answer<'a> {
    /// Of a model with `labels`, in the form that is asked for.
    pub fn new(form: AnswerForm, labels: &'a [String]) -> Self {
        let AnswerForm { top, all, log_probs } = form;
        let wide = all || (log_probs && top.is_none());
        let (ranked, top) = (top.is_some(), top.unwrap_or(1).min(labels.len()));
        Self { labels, top, ranked, log_probs, best: all || !wide, wide }
    }

    /// The columns, in order.
    pub fn columns(&self) -> Vec<Column> {
        let column = |name: &str, kind| Column { name: name.to_owned(), kind };
        let mut columns = vec![column("text", ColumnKind::Text)];
        if self.ranked {
            columns.push(column("rank", ColumnKind::Integer));
        }
        if self.best {
            let value = if self.log_probs { "log_probability" } else { "probability" };
            columns.extend([column("label", ColumnKind::Text), column(value, ColumnKind::Real)]);
        }
        if self.wide {
            // A label may be called as one of the other columns: no two columns have one name.
            let is_taken = |label: &String| columns.iter().any(|column| column.name == *label);
            let prefix = if self.labels.iter().any(is_taken) { "label=" } else { "" };
            columns.extend(self.labels.iter().map(|label| column(&format!("{prefix}{label}"), ColumnKind::Real)));
        }
        columns
    }

    /// The rows of one text; a single one, with nothing but the text, if it could not be read.
    pub fn rows<'s>(&'s self, text: &'s str, predicted: &Predicted) -> Vec<Vec<Cell<'s>>> {
        let Ok(log_probs) = predicted else {
            let nothing = std::iter::repeat_n(Cell::Nothing, self.columns().len() - 1);
            return vec![std::iter::once(Cell::Text(text)).chain(nothing).collect()];
        };
        let value = |log_prob: f32| match self.log_probs {
            true => Cell::LogProbability(log_prob),
            false => Cell::Probability(libm::exp(f64::from(log_prob))),
        };
        let row = |(rank, label): (usize, usize)| {
            let mut row = vec![Cell::Text(text)];
            row.extend(self.ranked.then_some(Cell::Rank(rank + 1)));
            if self.best {
                row.extend([Cell::Text(&self.labels[label]), value(log_probs[label])]);
            }
            if self.wide {
                row.extend(log_probs.iter().copied().map(value));
            }
            row
        };
        ranked(log_probs).into_iter().take(self.top).enumerate().map(row).collect()
    }
}

/// Indices of `log_probs (C)`, the most probable first; of equals the first.
fn ranked(log_probs: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..log_probs.len()).collect();
    order.sort_by(|a, b| log_probs[*b].total_cmp(&log_probs[*a]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use recur_train::Unreadable;

    fn check(top: Option<usize>, all: bool, log_probs: bool, columns: &str, row: &[Cell<'_>]) {
        let labels = ["Czech", "Irish", "Korean"].map(str::to_owned);
        let answer = Answer::new(AnswerForm { top, all, log_probs }, &labels);
        let names: Vec<String> = answer.columns().into_iter().map(|column| column.name).collect();
        assert_eq!(names.join(","), columns);
        let rows = answer.rows("Ann", &Ok(vec![-2.0, 0.0, 0.0]));
        assert_eq!(rows[0], row);
        assert_eq!(rows.len(), top.map_or(1, |top| top.min(3)));
        let unread = answer.rows("", &Err(Unreadable::NoCharacters));
        assert_eq!(unread.len(), 1);
        assert_eq!(unread[0].len(), names.len());
        assert!(unread[0][1..].iter().all(|cell| *cell == Cell::Nothing));
    }

    #[test]
    fn each_form_has_the_most_probable_label_first_and_the_first_of_equals() {
        let (ann, irish, one) = (Cell::Text("Ann"), Cell::Text("Irish"), Cell::Probability(1.0));
        let (low, log) = (Cell::Probability(libm::exp(-2.0)), Cell::LogProbability);
        check(None, false, false, "text,label,probability", &[ann, irish, one]);
        check(Some(2), false, false, "text,rank,label,probability", &[ann, Cell::Rank(1), irish, one]);
        check(Some(99), false, true, "text,rank,label,log_probability", &[ann, Cell::Rank(1), irish, log(0.0)]);
        check(None, false, true, "text,Czech,Irish,Korean", &[ann, log(-2.0), log(0.0), log(0.0)]);
        check(None, true, false, "text,label,probability,Czech,Irish,Korean", &[ann, irish, one, low, one, one]);
        let all = [ann, irish, log(0.0), log(-2.0), log(0.0), log(0.0)];
        check(None, true, true, "text,label,log_probability,Czech,Irish,Korean", &all);
    }

    #[test]
    fn no_two_columns_share_a_name() {
        let labels = ["label", "other"].map(str::to_owned);
        let answer = Answer::new(AnswerForm { all: true, ..AnswerForm::default() }, &labels);
        let names: Vec<String> = answer.columns().into_iter().map(|column| column.name).collect();
        assert_eq!(names, ["text", "label", "probability", "label=label", "label=other"]);
    }
}
