//! What networks that read texts share: packing of batches, the layout of weights, gradients, optimizers, the training loop, and
//! parts of networks with their backward passes.
//!
//! A model is a [`Network`](network::Network), which a [`Trainer`](trainer::Trainer) makes a
//! [`Model`](recur_core::model::Model) of. `recur-models` has the shipped ones, and `docs/adding-a-model.md` shows how one
//! is written; a crate of another workspace uses the same.
//!
//! - [`batch`] and [`time_steps`]: texts of different lengths in one array, time after time.
//! - [`layout`]: the place, the name and the first values of each weight.
//! - [`network`] and [`gradient`]: what a network must say, and where its gradients go.
//! - [`optimizer`], [`trainer`]: from gradients to steps.
//! - [`linear`], [`embedding`], [`ngram_bag`], [`convolution`], [`attention`], [`dropout`], [`pooling`], [`softmax`], [`layer_norm`], [`recurrence`]: parts of
//!   networks. GELU is an operation of [`Kernels`](recur_kernels::Kernels).
//!
//! Every operation has one rounding order, so equal inputs give equal bits on every machine, whatever the number of
//! threads.

pub mod attention;
pub mod batch;
pub mod convolution;
pub mod dropout;
pub mod embedding;
pub mod gradient;
pub mod layer_norm;
pub mod layout;
pub mod linear;
pub mod network;
pub mod ngram_bag;
pub mod optimizer;
pub mod pooling;
pub mod recurrence;
mod saved_activations;
#[cfg(test)]
mod slopes;
pub mod softmax;
pub mod time_steps;
pub mod trainer;
