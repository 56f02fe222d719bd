//! A learned row for each token: `torch.nn.Embedding`.
//!
//! Characters for dimensions: `R` tokens, `V` tokens that there are, `D` numbers of a row.

use crate::gradient::{Terms, WeightGradients};
use crate::layout::{Init, Layout};
use recur_kernels::{AlignedVec, Kernels};
use std::ops::Range;

/// The table with its workspace.
#[derive(Clone, Debug)]
pub struct Embedding {
    width: usize,
    /// `NAME.weight`, (V, D).
    weight: Range<usize>,
    /// What a row starts from, (D).
    zeros: AlignedVec,
    /// (R, D).
    rows: AlignedVec,
}

impl Embedding {
    /// `NAME.weight` of `vocab` rows of `width` numbers from the standard normal distribution, as PyTorch draws them.
    pub fn new(layout: &mut Layout, name: &str, vocab: usize, width: usize) -> Self {
        let weight = layout.table(format!("{name}.weight"), vocab, width, Init::Normal { deviation: 1.0 });
        Self { width, weight, zeros: AlignedVec::zeros(width), rows: AlignedVec::default() }
    }

    /// The row of each of `tokens (R)`, (R, D).
    pub fn forward(&mut self, kernels: Kernels, parameters: &[f32], tokens: &[u16]) -> &[f32] {
        let rows = self.rows.take(tokens.len() * self.width);
        kernels.look_up_rows(rows, &self.zeros, &parameters[self.weight.clone()], tokens);
        rows
    }

    /// The rows of the last forward pass, of `n_tokens`.
    pub fn output(&self, n_tokens: usize) -> &[f32] {
        &self.rows[..n_tokens * self.width]
    }

    /// Gives the table's gradient from that of the rows, `d (R, D)`.
    pub fn backward(&self, tokens: &[u16], d: &[f32], terms: Terms<'_>, into: &mut dyn WeightGradients) {
        into.lookups(&self.weight, tokens, d, terms);
    }
}
