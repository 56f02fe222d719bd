//! The gated recurrent unit over packed names, forward and backward.
//!
//! Letters for dimensions: `R` letters of the batch in packed order, `B` names, `H` hidden size. Gates stand in the order
//! r, z, n.

use crate::stack::{Cell, Gradients, Recurrent, at_time, before_time};
use recur_kernels::{AlignedVec, Kernels, Matrix};

/// The cell with its workspace.
#[derive(Default)]
pub(crate) struct GruCell {
    /// Inputs, then gates, then the gradients of the inputs, (R, 3H).
    gates: AlignedVec,
    /// `b_hh + h_{t-1} · W_hh`, then its gradient, (R, 3H).
    products: AlignedVec,
    /// (R, H).
    states: AlignedVec,
    /// The state before the first, (B, H).
    zeros: AlignedVec,
}

impl Cell for GruCell {
    const GATES: usize = 3;
    const ONE_SUM: bool = false;

    fn inputs(&mut self, len: usize) -> &mut [f32] {
        self.gates.take(len)
    }

    /// `a_t = b_hh + h_{t-1} · W_hh`, all gates in one product; then the gates. The product with the zero state before
    /// the first is left out.
    fn forward(&mut self, Recurrent { w_hh, b_hh }: Recurrent<'_>, starts: &[usize]) {
        let (kernels, r) = (Kernels::get(), starts[starts.len() - 1]);
        let (n, h) = (b_hh.len(), b_hh.len() / Self::GATES);
        let products = self.products.take(r * n);
        products.chunks_exact_mut(n).for_each(|product| product.copy_from_slice(b_hh));
        let (states, zeros) = (self.states.take(r * h), self.zeros.take(starts[1] * h));
        for time in 0..starts.len() - 1 {
            let (past, states) = states.split_at_mut(starts[time] * h);
            let states = &mut states[..at_time(starts, time, h).len()];
            let products = &mut products[at_time(starts, time, n)];
            let mut before = &*zeros;
            if time > 0 {
                before = &past[before_time(starts, time, h)];
                kernels.gemm(products, Matrix::new(before, before.len() / h, h), Matrix::new(w_hh, h, n));
            }
            kernels.gru_forward(h, &mut self.gates[at_time(starts, time, n)], products, before, states);
        }
    }

    fn states(&self, len: usize) -> &[f32] {
        &self.states[..len]
    }

    /// From the last time to the first, `d_h_{t-1} += (d_h_t · z_t + d_a_t · W_hhᵀ)`.
    fn backward<'a>(&'a mut self, w_hh_t: &[f32], starts: &[usize], d_states: &'a mut [f32]) -> Gradients<'a> {
        let (kernels, r) = (Kernels::get(), starts[starts.len() - 1]);
        let h = d_states.len() / r;
        let n = Self::GATES * h;
        for time in (0..starts.len() - 1).rev() {
            let (past, d) = d_states.split_at_mut(starts[time] * h);
            let d = &mut d[..at_time(starts, time, h).len()];
            let (gates, products) = (at_time(starts, time, n), at_time(starts, time, n));
            let (gates, products) = (&mut self.gates[gates], &mut self.products[products]);
            if time == 0 {
                kernels.gru_backward(h, gates, products, &self.zeros[..d.len()], d);
            } else {
                let before = before_time(starts, time, h);
                kernels.gru_backward(h, gates, products, &self.states[before.clone()], d);
                kernels.gemm(d, Matrix::new(products, products.len() / n, n), Matrix::new(w_hh_t, n, h));
                kernels.add(&mut past[before], d);
            }
        }
        Gradients { inputs: &self.gates[..r * n], products: &self.products[..r * n], states: &self.states[..r * h] }
    }
}
