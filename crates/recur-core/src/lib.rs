//! The vocabulary that every crate of recur speaks: what a data set, a split, a model, a trial and a record are.
//!
//! This crate holds types and small pure functions. It knows no files, no YAML, no polars and no threads.

pub mod answer;
pub mod checkpoint;
pub mod data_warning;
pub mod dataset;
pub mod declared;
pub mod digest;
pub mod division;
pub mod event;
pub mod facts;
pub mod identity;
pub mod metric;
pub mod model;
pub mod nearest;
pub mod noun;
pub mod params;
pub mod plan;
pub mod random;
pub mod record;
pub mod recurrent;
pub mod registry;
pub mod replicate;
#[cfg(test)]
mod samples;
pub mod search;
pub mod selection;
pub mod settings;
pub mod space;
pub mod split;
mod split_hint;
pub mod spreadsheet;
pub mod table;
pub mod tensor;
mod training_value;
pub mod trial;
pub mod unwound;
pub mod visible;
pub mod weights;
pub mod workers;

/// The version of the numeric contract (rounding order of every operation of a `portable` model).
///
/// Changing any rounding order raises it, and with it every trial id.
pub const NUMERIC_CONTRACT: u32 = 1;
