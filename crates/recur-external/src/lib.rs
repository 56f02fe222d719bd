//! Models in other processes, in any language.
//!
//! A folder `plugins/NAME` with a manifest `plugin.yaml` is a model: [`Plugins::find`] lists them, and each is a
//! [`ModelPlugin`](recur_core::model::ModelPlugin) like any other once its manifest was read. What it builds is a child process that is asked
//! through its standard input and answers on its standard output. `docs/external-plugins.md` is the protocol.
//!
//! A child is never trusted: every answer is bounded in size and time, and what is wrong with it is a
//! [`ModelError`](recur_core::model::ModelError) of that kind. This crate knows no data, no spec and no store.

mod block;
mod code;
mod connection;
mod error;
mod folder;
mod frozen;
mod lease;
mod manifest;
mod metrics;
mod model;
mod parameter;
mod pipes;
mod plugin;
mod process;
mod quoted;
mod ready;
mod serve;
mod stderr;
mod texts;
mod time;
mod watchdog;
mod wire;

pub use error::{ExternalError, Problem};
pub use folder::{Plugins, USUAL_FOLDER};
pub use manifest::{MANIFEST, MANIFEST_FORMAT};
pub use plugin::ExternalModel;
pub use serve::{ServeError, serve};
pub use wire::PROTOCOL;
