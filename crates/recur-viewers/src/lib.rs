//! An experiment's results in the formats of other tools: event files of TensorBoard, a file store of MLflow, a journal of Optuna,
//! and trained recurrent networks as ONNX. Equal results give equal bytes.
//!
//! It reads records and the analysis, and computes no number. The formats are written by hand, as no tool has a stable library for
//! Rust; `just check-exports` opens every one of them in its tool.

mod experiment;
mod folder;
mod live;
mod mlflow;
mod onnx;
mod optuna;
mod protobuf;
mod tensorboard;

pub use experiment::{TrialTime, ViewedExperiment};
pub use folder::{Files, FolderError, write_folder};
pub use live::{LiveError, LiveTensorBoard};
pub use mlflow::mlflow;
pub use onnx::{OnnxError, onnx};
pub use optuna::optuna;
pub use tensorboard::tensorboard;
