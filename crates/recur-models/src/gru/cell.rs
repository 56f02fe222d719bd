//! The gated recurrent unit over packed texts, forward and backward.
//!
//! Characters for dimensions: `R` characters of the batch in packed order, `B` texts, `H` hidden size. Gates are in the order
//! r, z, n.

use crate::stack::{Cell, Gradients, Recurrent};
use recur_kernels::{AlignedVec, Kernels, Matrix};
use recur_nn::time_steps::TimeSteps;

/// The cell with its workspace.
#[derive(Clone, Default)]
pub(crate) struct GruCell {
    /// Inputs, then gates, then the gradients of the inputs, (R, 3H).
    gates: AlignedVec,
    /// `b_hh + h_{t-1} · W_hh`, then its gradient, (R, 3H).
    products: AlignedVec,
    /// (R, H).
    states: AlignedVec,
    /// The state before the first, (B, H).
    zeros: AlignedVec,
    gathered: AlignedVec,
}

impl Cell for GruCell {
    const GATES: usize = 3;
    const ONE_SUM: bool = false;

    fn inputs(&mut self, len: usize) -> &mut [f32] {
        self.gates.take(len)
    }

    /// `a_t = b_hh + h_{t-1} · W_hh`, all gates in one product; then the gates. The product with the zero state before
    /// the first is left out.
    fn forward(&mut self, kernels: Kernels, Recurrent { w_hh, b_hh }: Recurrent<'_>, times: &TimeSteps) {
        let r = times.n_rows();
        let (n, h) = (b_hh.len(), b_hh.len() / Self::GATES);
        let products = self.products.take(r * n);
        products.chunks_exact_mut(n).for_each(|product| product.copy_from_slice(b_hh));
        let (states, zeros) = (self.states.take(r * h), self.zeros.take(times.n_rows_at(0) * h));
        for time in 0..times.len() {
            let (past, states) = states.split_at_mut(times.at(time, h).start);
            let states = &mut states[..times.at(time, h).len()];
            let products = &mut products[times.at(time, n)];
            let mut before = &*zeros;
            if time > 0 {
                before = times.predecessors(time, h, past, &mut self.gathered);
                kernels.gemm(products, Matrix::new(before, before.len() / h, h), Matrix::new(w_hh, h, n));
            }
            kernels.gru_forward(h, &mut self.gates[times.at(time, n)], products, before, states);
        }
    }

    fn states(&self, len: usize) -> &[f32] {
        &self.states[..len]
    }

    /// From the last time to the first, `d_h_{t-1} += (d_h_t · z_t + d_a_t · W_hhᵀ)`.
    fn backward<'a>(
        &'a mut self,
        kernels: Kernels,
        w_hh_t: &[f32],
        times: &TimeSteps,
        d_states: &'a mut [f32],
    ) -> Gradients<'a> {
        let r = times.n_rows();
        let h = d_states.len() / r;
        let n = Self::GATES * h;
        for time in (0..times.len()).rev() {
            let (past, d) = d_states.split_at_mut(times.at(time, h).start);
            let d = &mut d[..times.at(time, h).len()];
            let (gates, products) = (times.at(time, n), times.at(time, n));
            let (gates, products) = (&mut self.gates[gates], &mut self.products[products]);
            if time == 0 {
                kernels.gru_backward(h, gates, products, &self.zeros[..d.len()], d);
            } else {
                let before = times.before(time, h);
                kernels.gru_backward(h, gates, products, &self.states[before.clone()], d);
                kernels.gemm(d, Matrix::new(products, products.len() / n, n), Matrix::new(w_hh_t, n, h));
                kernels.add(&mut past[before], d);
            }
        }
        Gradients { inputs: &self.gates[..r * n], products: &self.products[..r * n], states: &self.states[..r * h] }
    }
}
