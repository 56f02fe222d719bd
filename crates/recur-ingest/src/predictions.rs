//! What a model said of each text, as Parquet: a table that any tool can open.
//!
//! Columns: `text`, `label`, `predicted` (text), `log_probability`, `label_log_probability` (f32), `label_rank` (u32), and for
//! each label `log_probability:LABEL` (f32). No compression and no statistics, so that equal rows give equal bytes.

use crate::quiet::quietly;
use crate::tables::parquet;
use polars::prelude::{Column, DataFrame, ParallelStrategy, ParquetReader, PolarsError, PolarsResult, SerReader};
use recur_core::record::Prediction;
use std::io::Cursor;

/// A table of predictions that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a table of predictions: {problem}")]
pub struct UnreadablePredictions {
    problem: String,
}

/// `predictions` as the bytes of a Parquet file; labels are written by their names.
///
/// # Panics
/// If a label has no name, or a prediction not one log-probability for each of `label_names`.
pub fn write_predictions(predictions: &[Prediction], label_names: &[String]) -> Vec<u8> {
    let label = |index: u16| label_names[usize::from(index)].as_str();
    let texts = |name: &str, text: &dyn Fn(&Prediction) -> String| {
        Column::new(name.into(), predictions.iter().map(text).collect::<Vec<String>>())
    };
    let numbers = |name: &str, number: &dyn Fn(&Prediction) -> f32| {
        Column::new(name.into(), predictions.iter().map(number).collect::<Vec<f32>>())
    };
    let mut columns = vec![
        texts("text", &|p| p.text.clone()),
        texts("label", &|p| label(p.label).to_owned()),
        texts("predicted", &|p| label(p.predicted).to_owned()),
        numbers("log_probability", &|p| p.log_probability),
        numbers("label_log_probability", &|p| p.label_log_probability),
        Column::new("label_rank".into(), predictions.iter().map(|p| u32::from(p.label_rank)).collect::<Vec<u32>>()),
    ];
    columns.extend((0..).zip(label_names).map(|(index, label)| {
        let of_label = |p: &Prediction| p.log_probabilities[index];
        numbers(&of_label_named(label), &of_label)
    }));
    parquet(DataFrame::new(predictions.len(), columns).expect("columns of one length, with different names"))
}

/// The column of a label's log-probabilities.
fn of_label_named(label: &str) -> String {
    format!("log_probability:{label}")
}

/// The predictions in the bytes of a file that [`write_predictions`] made.
///
/// # Errors
/// If it is no such file, or names a label that `label_names` does not have.
pub fn read_predictions(bytes: &[u8], label_names: &[String]) -> Result<Vec<Prediction>, UnreadablePredictions> {
    let read = quietly(|| read(bytes, label_names))
        .unwrap_or_else(|| Err(PolarsError::ComputeError("the file is damaged".into())));
    read.map_err(|error| UnreadablePredictions { problem: error.to_string() })
}

fn read(bytes: &[u8], label_names: &[String]) -> PolarsResult<Vec<Prediction>> {
    // On this thread, so that a panic is quiet.
    let frame = ParquetReader::new(Cursor::new(bytes)).read_parallel(ParallelStrategy::None).finish()?;
    let missing = || PolarsError::NoData("a value is missing".into());
    let label = |name: Option<&str>| {
        let name = name.ok_or_else(missing)?;
        let index = label_names.binary_search_by(|label| label.as_str().cmp(name));
        index.map(|index| index as u16).map_err(|_| PolarsError::ComputeError(format!("unknown label {name}").into()))
    };
    let (texts, labels) = (frame.column("text")?.str()?, frame.column("label")?.str()?);
    let (predicted, log) = (frame.column("predicted")?.str()?, frame.column("log_probability")?.f32()?);
    let label_log = frame.column("label_log_probability")?.f32()?;
    let ranks = frame.column("label_rank")?.u32()?;
    let rows =
        texts.iter().zip(labels.iter()).zip(predicted.iter()).zip(log.iter().zip(label_log.iter()).zip(ranks.iter()));
    let distributions = distributions(&frame, label_names)?;
    rows.zip(distributions)
        .map(|(row, log_probabilities)| {
            let (((text, truth), predicted), ((log_probability, label_log_probability), rank)) = row;
            Ok(Prediction {
                text: text.ok_or_else(missing)?.to_owned(),
                label: label(truth)?,
                predicted: label(predicted)?,
                log_probability: log_probability.ok_or_else(missing)?,
                label_log_probability: label_log_probability.ok_or_else(missing)?,
                label_rank: u16::try_from(rank.ok_or_else(missing)?)
                    .map_err(|_| PolarsError::ComputeError("a rank beyond all labels".into()))?,
                log_probabilities,
            })
        })
        .collect()
}

/// The log-probability of each label, (N, C).
fn distributions(frame: &DataFrame, label_names: &[String]) -> PolarsResult<Vec<Vec<f32>>> {
    let mut distributions = vec![Vec::with_capacity(label_names.len()); frame.height()];
    for label in label_names {
        let column = frame.column(&of_label_named(label))?.f32()?;
        for (distribution, value) in distributions.iter_mut().zip(column.iter()) {
            distribution.push(value.ok_or_else(|| PolarsError::NoData("a value is missing".into()))?);
        }
    }
    Ok(distributions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Vec<String> {
        ["Czech", "Português", "Ürdü"].map(str::to_owned).to_vec()
    }

    fn predictions(n: usize) -> Vec<Prediction> {
        let prediction = |i: usize| Prediction {
            text: format!("Ná\"me, {i}\n"),
            label: (i % 3) as u16,
            predicted: (i / 2 % 3) as u16,
            log_probability: [-0.1, f32::NEG_INFINITY, -f32::MIN_POSITIVE, -0.0][i % 4],
            label_log_probability: -(i as f32),
            label_rank: i as u16,
            log_probabilities: vec![-0.1 * i as f32, f32::NEG_INFINITY, -0.0],
        };
        (0..n).map(prediction).collect()
    }

    #[test]
    fn predictions_come_back_bit_for_bit_and_equal_ones_give_equal_bytes() {
        for n in [0, 1, 7000] {
            let bytes = write_predictions(&predictions(n), &labels());
            assert_eq!(bytes, write_predictions(&predictions(n), &labels()));
            let read = read_predictions(&bytes, &labels()).unwrap();
            assert_eq!(read, predictions(n));
            let bits = |p: &Prediction| p.log_probability.to_bits();
            assert!(read.iter().map(bits).eq(predictions(n).iter().map(bits)));
        }
    }

    #[test]
    fn cut_files_and_unknown_labels_are_errors() {
        let bytes = write_predictions(&predictions(9), &labels());
        for len in [0, 3, bytes.len() / 2, bytes.len() - 1] {
            assert!(read_predictions(&bytes[..len], &labels()).is_err(), "{len}");
        }
        let error = read_predictions(&bytes, &labels()[..2]).unwrap_err();
        assert!(error.to_string().contains("unknown label Ürdü"), "{error}");
    }
}
