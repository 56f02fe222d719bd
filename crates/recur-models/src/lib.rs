//! The recurrent models of recur, one folder each, and what they share: packing of batches, the layout of weights,
//! optimizers and the training loop.
//!
//! To add a model: make a folder beside `manual_rnn`, and add its plugin to [`PLUGINS`].

mod batch;
mod layout;
mod manual_rnn;
mod network;
mod optimizer;
#[cfg(test)]
mod parity;
mod recurrence;
mod stacked_rnn;
mod trainer;

use recur_core::model::ModelPlugin;

/// Every model of this crate.
pub static PLUGINS: &[&dyn ModelPlugin] = &[&manual_rnn::ManualRnn, &stacked_rnn::StackedRnn];
