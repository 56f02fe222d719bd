//! The recurrent models of recur, one folder each, and what they share: packing of batches, the layout of weights,
//! stacks of layers, optimizers and the training loop.
//!
//! To add a model: make a folder beside `manual_rnn`, declare it with a `mod` line, and add its plugin to [`PLUGINS`].

mod batch;
mod gradient;
mod gru;
mod kept;
mod layout;
mod lstm;
mod manual_rnn;
mod network;
mod optimizer;
#[cfg(test)]
mod parity;
#[cfg(test)]
mod pinned;
mod recurrence;
mod stack;
mod stacked_rnn;
mod times;
mod trainer;

use recur_core::model::ModelPlugin;

/// Every model of this crate.
pub static PLUGINS: &[&dyn ModelPlugin] = &[&gru::Gru, &lstm::Lstm, &manual_rnn::ManualRnn, &stacked_rnn::StackedRnn];
