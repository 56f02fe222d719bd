//! `gru`: `torch.nn.GRU` of one or more layers, and a linear map of the top layer's last state.
//!
//! ```text
//! r_t = σ(W_ir · x_t + b_ir + W_hr · h_{t-1} + b_hr)                   reset: how much of the past to see
//! z_t = σ(W_iz · x_t + b_iz + W_hz · h_{t-1} + b_hz)                   update: how much of the past to keep
//! n_t = tanh(W_in · x_t + b_in + r_t ⊙ (W_hn · h_{t-1} + b_hn))        the new candidate
//! h_t = (1 - z_t) ⊙ n_t + z_t ⊙ h_{t-1}                                h_0 = 0
//! answer = log_softmax(W_fc · h_last + b_fc)                           of the top layer, after the last letter
//! ```
//! `x_t` is the one-hot letter in the first layer and the state of the layer below in the others. Dropout, where asked
//! for, applies to the output of each layer but the last, in training only. `rnn.weight_ih_l*` holds W_ir, W_iz and W_in
//! one above the other, and so do the other weights.
//! Source: Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder", but with the reset gate after
//! the product, as `torch.nn.GRU` has it; parametrised and initialised as that.

mod cell;

use crate::stack::{DROPOUT, HIDDEN_SIZE, LAYERS, LEARNING_RATE, Shape, Stack};
use crate::trainer::Trainer;
use recur_core::model::{Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::ParamSpec;

/// The plugin.
pub(crate) struct Gru;

const PARAMETERS: &[ParamSpec] = &[HIDDEN_SIZE, LAYERS, DROPOUT, LEARNING_RATE];

impl ModelPlugin for Gru {
    fn id(&self) -> &'static str {
        "gru"
    }

    fn summary(&self) -> &'static str {
        "torch.nn.GRU with one or more layers and a linear map of the last state"
    }

    fn version(&self) -> u32 {
        2
    }

    fn code(&self) -> &'static str {
        env!("RECUR_CODE_gru")
    }

    fn determinism(&self) -> Determinism {
        Determinism::Portable
    }

    fn regime(&self) -> Regime {
        Regime::Iterative
    }

    fn parameters(&self) -> &'static [ParamSpec] {
        PARAMETERS
    }

    fn source_file(&self) -> &'static str {
        file!()
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        Ok(Box::new(Trainer::new(Stack::new(Shape::of(setup), cell::GruCell::default), setup)))
    }
}
