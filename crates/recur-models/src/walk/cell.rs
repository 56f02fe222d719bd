//! A cell with one gate, over packed texts, forward and backward.
//!
//! ```text
//! a_t = z_t + h_{t-1} · W_hh              f and c side by side, (2H); z_t has the input's product and both biases
//! f_t = σ(a_f)     c_t = tanh(a_c)        how much to renew, and by what
//! h_t = h_{t-1} + f_t ⊙ (c_t - h_{t-1})   h_0 = 0
//! ```
//! Characters for dimensions: `R` characters of the batch in packed order, `H` hidden size.

use crate::stack::{Cell, Gradients, Recurrent};
use recur_kernels::{AlignedVec, Kernels, Matrix, sigmoid, tanh};
use recur_nn::time_steps::TimeSteps;

/// The cell with its workspace.
#[derive(Clone, Default)]
pub(crate) struct GatedCell {
    /// Inputs, then gates f and c, then the gradients of the inputs, (R, 2H).
    gates: AlignedVec,
    /// (R, H).
    states: AlignedVec,
    /// The states before those of one time, (B, H).
    before: AlignedVec,
    gathered: AlignedVec,
}

impl Cell for GatedCell {
    const GATES: usize = 2;
    const ONE_SUM: bool = true;

    fn inputs(&mut self, len: usize) -> &mut [f32] {
        self.gates.take(len)
    }

    fn forward(&mut self, kernels: Kernels, Recurrent { w_hh, b_hh }: Recurrent<'_>, times: &TimeSteps) {
        let (n, h) = (b_hh.len(), b_hh.len() / Self::GATES);
        let states = self.states.take(times.n_rows() * h);
        for time in 0..times.len() {
            let (past, states) = states.split_at_mut(times.at(time, h).start);
            let states = &mut states[..times.at(time, h).len()];
            let gates = &mut self.gates[times.at(time, n)];
            let before = self.before.take(states.len());
            before.fill(0.0);
            if time > 0 {
                before.copy_from_slice(times.predecessors(time, h, past, &mut self.gathered));
                let products = Matrix::new(before, before.len() / h, h);
                kernels.gemm(gates, products, Matrix::new(w_hh, h, n));
            }
            for ((a, state), before) in gates.chunks_exact_mut(n).zip(states.chunks_exact_mut(h)).zip(before.chunks(h))
            {
                let (f, c) = a.split_at_mut(h);
                for i in 0..h {
                    (f[i], c[i]) = (sigmoid(f[i]), tanh(c[i]));
                    state[i] = f[i].mul_add(c[i] - before[i], before[i]);
                }
            }
        }
    }

    fn states(&self, len: usize) -> &[f32] {
        &self.states[..len]
    }

    /// From the last time to the first, `d_h_{t-1} += d_h_t ⊙ (1 - f_t) + d_a_t · W_hhᵀ`.
    fn backward<'a>(
        &'a mut self,
        kernels: Kernels,
        w_hh_t: &[f32],
        times: &TimeSteps,
        d_states: &'a mut [f32],
    ) -> Gradients<'a> {
        let r = times.n_rows();
        let (h, n) = (d_states.len() / r, Self::GATES * (d_states.len() / r));
        for time in (0..times.len()).rev() {
            let (past, d) = d_states.split_at_mut(times.at(time, h).start);
            let d = &mut d[..times.at(time, h).len()];
            let gates = &mut self.gates[times.at(time, n)];
            let before = self.before.take(d.len());
            before.fill(0.0);
            if time > 0 {
                before.copy_from_slice(&self.states[times.before(time, h)]);
            }
            for ((a, d), before) in gates.chunks_exact_mut(n).zip(d.chunks_exact_mut(h)).zip(before.chunks(h)) {
                let (f, c) = a.split_at_mut(h);
                for i in 0..h {
                    let (gate, new) = (f[i], c[i]);
                    f[i] = d[i] * (new - before[i]) * gate * (1.0 - gate);
                    c[i] = d[i] * gate * (1.0 - new * new);
                    d[i] *= 1.0 - gate;
                }
            }
            if time > 0 {
                // `gates` holds the gradients of a by now.
                let d_a = Matrix::new(gates, gates.len() / n, n);
                kernels.gemm(d, d_a, Matrix::new(w_hh_t, n, h));
                kernels.add(&mut past[times.before(time, h)], d);
            }
        }
        let d_a = &self.gates[..r * n];
        Gradients { inputs: d_a, products: d_a, states: &self.states[..r * h] }
    }
}
