//! Files of texts to a canonical data set; the only crate that knows polars.
//!
//! [`ingest`] reads CSV, TSV, NDJSON, Parquet or lists of texts (`LABEL.txt`), normalises the texts, sets aside the
//! rows that cannot be used, and gives a [`Dataset`](recur_core::dataset::Dataset) that depends on the rows alone:
//! not on their order, on the format, or on how they are spread over files. It trains nothing and splits nothing.
//! [`write_predictions`] and [`read_predictions`] keep what models say of texts, as Parquet; [`write_table`] and [`read_table`] do
//! so with any table, and [`TableWriter`] part by part. [`prepared`] and [`read_prepared`] keep a data set for other processes. [`read_texts`] reads texts without labels, for predictions.

mod content;
mod error;
mod facts;
mod hint;
mod ingest;
mod judge;
mod look;
mod open;
mod part;
mod predictions;
mod prepared;
mod quiet;
mod read;
mod rejects;
mod source;
mod stream;
mod tables;
mod texts;
mod threads;
mod warnings;

pub use content::Packing;
pub use error::{IngestError, ListMistake, Place};
pub use ingest::{Ingested, ingest};
pub use look::{ChosenColumns, Lengths, Look, LookError, LookRequest, SeenColumn, look};
pub use open::{FileError, read_regular};
pub use predictions::{UnreadablePredictions, read_predictions, write_predictions};
pub use prepared::{NotPrepared, PREPARED_ALPHABET, PREPARED_ROWS, Prepared, prepared, read_prepared};
pub use quiet::panics_are_quiet;
pub use rejects::{Reject, Unlisted, rejects_csv};
pub use source::{glob_parts, is_there};
pub use stream::TableWriter;
pub use tables::{UnreadableTable, read_table, write_table};
pub use texts::{Texts, TextsOptions, parse_texts, read_texts};
