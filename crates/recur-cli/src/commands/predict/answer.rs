//! The form of the answer: which columns there are, and the rows of a name.

use super::Predicted;
use crate::args::Predict;

/// The form of the answer.
pub(super) struct Answer<'a> {
    labels: &'a [String],
    /// Rows for each name.
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
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Real,
}

/// A value of the answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell<'a> {
    Text(&'a str),
    Rank(usize),
    Probability(f64),
    LogProbability(f32),
    /// The name could not be read.
    Nothing,
}

impl<'a> Answer<'a> {
    pub(super) fn new(args: &Predict, labels: &'a [String]) -> Self {
        Self::of(args.top.map(usize::from), args.all, args.log_probs, labels)
    }

    fn of(top: Option<usize>, all: bool, log_probs: bool, labels: &'a [String]) -> Self {
        let wide = all || (log_probs && top.is_none());
        let (ranked, top) = (top.is_some(), top.unwrap_or(1).min(labels.len()));
        Self { labels, top, ranked, log_probs, best: all || !wide, wide }
    }

    pub(super) fn columns(&self) -> Vec<Column> {
        let column = |name: &str, kind| Column { name: name.to_owned(), kind };
        let mut columns = vec![column("text", Kind::Text)];
        if self.ranked {
            columns.push(column("rank", Kind::Integer));
        }
        if self.best {
            let value = if self.log_probs { "log_probability" } else { "probability" };
            columns.extend([column("label", Kind::Text), column(value, Kind::Real)]);
        }
        if self.wide {
            // A label may be called as one of the other columns: no two columns have one name.
            let is_taken = |label: &String| columns.iter().any(|column| column.name == *label);
            let prefix = if self.labels.iter().any(is_taken) { "label=" } else { "" };
            columns.extend(self.labels.iter().map(|label| column(&format!("{prefix}{label}"), Kind::Real)));
        }
        columns
    }

    /// The rows of one name; a single one, with nothing but the name, if it could not be read.
    pub(super) fn rows<'s>(&'s self, name: &'s str, predicted: &Predicted) -> Vec<Vec<Cell<'s>>> {
        let Ok(log_probs) = predicted else {
            let nothing = std::iter::repeat_n(Cell::Nothing, self.columns().len() - 1);
            return vec![std::iter::once(Cell::Text(name)).chain(nothing).collect()];
        };
        let value = |log_prob: f32| match self.log_probs {
            true => Cell::LogProbability(log_prob),
            false => Cell::Probability(libm::exp(f64::from(log_prob))),
        };
        let row = |(rank, label): (usize, usize)| {
            let mut row = vec![Cell::Text(name)];
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
        let answer = Answer::of(top, all, log_probs, &labels);
        let names: Vec<String> = answer.columns().into_iter().map(|column| column.name).collect();
        assert_eq!(names.join(","), columns);
        let rows = answer.rows("Ann", &Ok(vec![-2.0, 0.0, 0.0]));
        assert_eq!(rows[0], row);
        assert_eq!(rows.len(), top.map_or(1, |top| top.min(3)));
        let unread = answer.rows("", &Err(Unreadable::NoLetters));
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
        let names: Vec<String> =
            Answer::of(None, true, false, &labels).columns().into_iter().map(|column| column.name).collect();
        assert_eq!(names, ["text", "label", "probability", "label=label", "label=other"]);
    }
}
