//! The networks of recur, one folder each, and the stack of recurrent layers that some of them share. What all networks share is
//! `recur-nn`.
//!
//! Each model is a `mod` line here and a folder next to `manual_rnn`: the build script makes [`PLUGINS`] of the plugins that
//! it finds behind these lines, and refuses a folder without one. `just new-model NAME` makes both.

mod char_cnn;
mod gru;
mod lstm;
mod manual_rnn;
#[cfg(test)]
mod parity;
#[cfg(test)]
mod pinned;
mod stack;
mod stacked_rnn;
/// What `just new-model` copies: compiled and tested like a model, but none.
#[cfg(test)]
mod template;
mod transformer;
/// Where the walk of docs/adding-a-model.md ends.
#[cfg(test)]
mod walk;

include!(concat!(env!("OUT_DIR"), "/plugins.rs"));
