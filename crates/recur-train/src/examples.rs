//! Examples of one part of a split, copied out of the data set: a model that is handed them cannot read any others.

use recur_core::dataset::{Dataset, Sequences};
use recur_core::model::{Labelled, ModelError, Needs};

/// The examples of some rows of a data set, numbered from 0.
pub(crate) struct Examples {
    /// The row of each in the data set.
    rows: Vec<u32>,
    /// Their texts as token ids.
    pub(crate) sequences: Sequences,
    /// Their labels.
    pub(crate) labels: Vec<u16>,
    /// Number of labels of the data set (C).
    pub(crate) n_classes: usize,
}

impl Examples {
    /// Those of `rows`, in their order, for a model with such needs.
    pub(crate) fn of(dataset: &Dataset, rows: &[u32], needs: Needs) -> Self {
        let sequences: Sequences = rows.iter().map(|row| dataset.sequences().get(*row)).collect();
        let raw = |sequences: Sequences| sequences.with_raw(rows.iter().map(|row| dataset.raw_text(*row)));
        Self {
            rows: rows.to_vec(),
            sequences: if needs.raw_texts { raw(sequences) } else { sequences },
            labels: rows.iter().map(|row| dataset.labels()[*row as usize]).collect(),
            n_classes: dataset.label_names().len(),
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Them with their labels, for a model.
    pub(crate) fn labelled(&self) -> Labelled<'_> {
        Labelled { sequences: &self.sequences, labels: &self.labels }
    }

    /// The numbers of all of them: 0, 1, ….
    pub(crate) fn all(&self) -> Vec<u32> {
        (0..self.rows.len() as u32).collect()
    }

    /// The numbers of the examples of each label, per label.
    pub(crate) fn by_label(&self) -> Vec<Vec<u32>> {
        let mut by_label = vec![Vec::new(); self.n_classes];
        (0..).zip(&self.labels).for_each(|(example, label)| by_label[usize::from(*label)].push(example));
        by_label
    }

    /// An error about an example's answer as one about its row of the data set; any other as it is.
    pub(crate) fn error_of_row(&self, error: ModelError) -> ModelError {
        match error {
            ModelError::Answer { row, text, problem } => {
                ModelError::Answer { row: self.rows.get(row as usize).copied().unwrap_or(row), text, problem }
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use recur_core::answer::Improper;
    use recur_core::dataset::{Alphabet, LabelledText};

    fn dataset() -> Dataset {
        let row = |text: &str, label: &str| LabelledText {
            label: label.into(),
            text: text.into(),
            group: text.into(),
            raw: None,
        };
        let rows = vec![row("a", "one"), row("b", "one"), row("c", "other"), row("d", "other")];
        Dataset::new(rows, Alphabet::new("abcd".chars(), false))
    }

    #[test]
    fn nothing_but_the_rows_asked_for_is_copied() {
        let examples = Examples::of(&dataset(), &[1, 3], Needs::default());
        assert_eq!(examples.sequences, [&[1_u16][..], &[3]].into_iter().collect());
        assert_eq!((&examples.labels[..], examples.all()), (&[0, 1][..], vec![0, 1]));
        assert_eq!(examples.by_label(), [[0], [1]]);
        assert_eq!(examples.sequences.raw(0), None);
    }

    #[test]
    fn raw_texts_are_copied_for_who_needs_them() {
        let needs = Needs { raw_texts: true, ..Needs::default() };
        let sequences = Examples::of(&dataset(), &[3, 1], needs).sequences;
        assert_eq!([0, 1, 2].map(|row| sequences.raw(row)), [Some("d"), Some("b"), None]);
    }

    #[test]
    fn an_error_about_an_example_names_its_row_of_the_data_set() {
        let examples = Examples::of(&dataset(), &[1, 3], Needs::default());
        let problem = Improper::NotANumber { label: 0 };
        let error = ModelError::Answer { row: 1, text: None, problem };
        assert!(matches!(examples.error_of_row(error), ModelError::Answer { row: 3, .. }));
    }
}
