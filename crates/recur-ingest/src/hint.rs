//! What to do about an error.

use crate::IngestError;

impl IngestError {
    /// How to get data that can be used; `None` where the error itself shows it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::TooManyRejected { count, total, .. } => {
                let share = accepting(*count, *total);
                format!("mend the file; to go on without these rows: --set data.max_rejected={share}")
            }
            Self::Rejected { .. } => "mend the file; `data.rejects: report` leaves these rows out".to_owned(),
            Self::LostLabels { .. } => {
                "mend these rows; to go on without the labels remove their rows from the file".to_owned()
            }
            Self::NoKnownCharacter { .. } => {
                "with `data.text.alphabet: auto` and `data.text.fold: none` every character of the data has a token"
                    .to_owned()
            }
            Self::NoUsableRows { .. } => {
                "mend the file; `data.columns` names its columns and `data.text` its alphabet".to_owned()
            }
            Self::OneLabel { .. } => "name another column of labels: --set data.columns.label=COLUMN".to_owned(),
            _ => return self.hint_of_file(),
        })
    }
}

/// The least share with two decimals that accepts `count` rejected rows of `total`.
fn accepting(count: u64, total: u64) -> f64 {
    let share = count as f64 / total as f64;
    let hundredths = (100.0 * share).floor();
    // A product is rounded, so what accepts the rows is found by the comparison itself.
    [0.0, 1.0, 2.0].map(|more| (hundredths + more) / 100.0).into_iter().find(|limit| share <= *limit).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::accepting;

    #[test]
    fn the_share_of_the_hint_is_accepted_and_the_least_with_two_decimals() {
        for total in 1..=200 {
            for count in 1..=total {
                let share = count as f64 / total as f64;
                // As a user types what the hint prints.
                let hinted: f64 = accepting(count, total).to_string().parse().unwrap();
                assert!(share <= hinted && hinted <= 1.0, "{count} of {total}: {hinted}");
                assert!(hinted.to_string().len() <= 4, "{count} of {total}: {hinted}");
                assert!(hinted - share < 0.01, "{count} of {total}: {hinted}");
            }
        }
        assert_eq!(accepting(29, 100), 0.29);
    }
}
