//! Predicting labels for texts with trained weights: which texts, on how many threads, and the answers in several formats.
//!
//! [`TextRequest::read`] reads the texts, [`BatchPredictor::predict`] predicts them, and an [`Answer`] has the rows, which go
//! into a [`PredictionFile`] or to any other place. `recur predict` does the same.

mod answer;
mod batch;
mod encode;
mod error;
mod file;
mod texts;
mod words;

pub use answer::{Answer, AnswerForm, Cell, Column, ColumnKind};
pub use batch::{BatchPredictor, Predicted, card_of};
pub use encode::TextFormat;
pub use error::PredictionError;
pub use file::{FileFormat, PredictionFile};
pub use texts::TextRequest;
