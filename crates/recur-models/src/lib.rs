//! The recurrent models of recur, one folder each, and what they share: packing of batches, the layout of weights,
//! stacks of layers, optimizers and the training loop.
//!
//! Each model is a `mod` line here and a folder next to `manual_rnn`: the build script makes [`PLUGINS`] of the plugins that
//! it finds behind these lines, and refuses a folder without one. `just new-model NAME` makes both.

mod batch;
mod gradient;
mod gru;
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
mod saved_activations;
mod stack;
mod stacked_rnn;
/// What `just new-model` copies: compiled and tested like a model, but none.
#[cfg(test)]
mod template;
mod time_steps;
mod trainer;
/// Where the walk of docs/adding-a-model.md ends.
#[cfg(test)]
mod walk;

include!(concat!(env!("OUT_DIR"), "/plugins.rs"));
