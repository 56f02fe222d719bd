//! `lstm`: `torch.nn.LSTM` of one or more layers, and a linear map of the top layer's last state.
//!
//! ```text
//! i_t = σ(W_ii · x_t + b_ii + W_hi · h_{t-1} + b_hi)        input: how much of the new to store
//! f_t = σ(W_if · x_t + b_if + W_hf · h_{t-1} + b_hf)        forget: how much of the memory to keep
//! g_t = tanh(W_ig · x_t + b_ig + W_hg · h_{t-1} + b_hg)     the new candidate
//! o_t = σ(W_io · x_t + b_io + W_ho · h_{t-1} + b_ho)        output: how much of the memory to show
//! c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t                           the memory, c_0 = 0
//! h_t = o_t ⊙ tanh(c_t)                                     the state, h_0 = 0
//! answer = log_softmax(W_fc · h_last + b_fc)                of the top layer, after the last letter
//! ```
//! `x_t` is the one-hot letter in the first layer and the state of the layer below in the others. Dropout, where asked
//! for, applies to the output of each layer but the last, in training only. `rnn.weight_ih_l*` holds W_ii, W_if, W_ig and
//! W_io one above the other, and so do the other weights.
//! Source: Hochreiter and Schmidhuber 1997, "Long Short-Term Memory", with the forget gate of Gers et al. 2000,
//! "Learning to Forget"; parametrised and initialised as `torch.nn.LSTM`.

mod cell;

use crate::stack::{DROPOUT, HIDDEN_SIZE, LAYERS, LEARNING_RATE, Shape, Stack};
use crate::trainer::Trainer;
use recur_core::model::{Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::ParamSpec;

/// The plugin.
pub(crate) struct Lstm;

const PARAMETERS: &[ParamSpec] = &[HIDDEN_SIZE, LAYERS, DROPOUT, LEARNING_RATE];

impl ModelPlugin for Lstm {
    fn id(&self) -> &'static str {
        "lstm"
    }

    fn summary(&self) -> &'static str {
        "torch.nn.LSTM with one or more layers and a linear map of the last state"
    }

    fn version(&self) -> u32 {
        2
    }

    fn code(&self) -> &'static str {
        env!("RECUR_CODE_lstm")
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
        Ok(Box::new(Trainer::new(Stack::new(Shape::of(setup), cell::LstmCell::default), setup)))
    }
}
