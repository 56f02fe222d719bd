//! The long short-term memory over packed texts, forward and backward.
//!
//! Characters for dimensions: `R` characters of the batch in packed order, `B` texts, `H` hidden size. Gates are in the order
//! i, f, g, o.

use crate::stack::{Cell, Gradients, Recurrent};
use recur_kernels::{AlignedVec, Kernels, Matrix};
use recur_nn::time_steps::TimeSteps;

/// The cell with its workspace.
#[derive(Clone, Default)]
pub(crate) struct LstmCell {
    /// Inputs, then gates, then the gradients of the inputs, (R, 4H).
    gates: AlignedVec,
    /// The memory after each character and its tanh, (R, H).
    cells: AlignedVec,
    squashed: AlignedVec,
    /// (R, H).
    states: AlignedVec,
    /// The memory before the first character, (B, H).
    zeros: AlignedVec,
    /// The gradient of each text's memory at the time at hand, (B, H).
    d_cells: AlignedVec,
    gathered: AlignedVec,
}

impl Cell for LstmCell {
    const GATES: usize = 4;
    const ONE_SUM: bool = true;

    fn inputs(&mut self, len: usize) -> &mut [f32] {
        self.gates.take(len)
    }

    /// `inputs_t += h_{t-1} · W_hh`, all gates in one product; then the gates. The product with the zero state before
    /// the first is left out.
    fn forward(&mut self, kernels: Kernels, Recurrent { w_hh, b_hh }: Recurrent<'_>, times: &TimeSteps) {
        let r = times.n_rows();
        let (n, h) = (b_hh.len(), b_hh.len() / Self::GATES);
        let (cells, squashed) = (self.cells.take(r * h), self.squashed.take(r * h));
        let (states, zeros) = (self.states.take(r * h), self.zeros.take(times.n_rows_at(0) * h));
        for time in 0..times.len() {
            let now = times.at(time, h);
            let (past, cells) = cells.split_at_mut(now.start);
            let gates = &mut self.gates[times.at(time, n)];
            let mut cells_before = &*zeros;
            if time > 0 {
                let before = times.predecessors(time, h, states, &mut self.gathered);
                kernels.gemm(gates, Matrix::new(before, now.len() / h, h), Matrix::new(w_hh, h, n));
                cells_before = times.predecessors(time, h, past, &mut self.gathered);
            }
            let (squashed, states) = (&mut squashed[now.clone()], &mut states[now.clone()]);
            kernels.lstm_forward(h, gates, cells_before, &mut cells[..now.len()], squashed, states);
        }
    }

    fn states(&self, len: usize) -> &[f32] {
        &self.states[..len]
    }

    /// From the last time to the first, `d_h_{t-1} += d_inputs_t · W_hhᵀ`; the gradient of the memory goes with it.
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
        let d_cells = self.d_cells.take(times.n_rows_at(0) * h);
        d_cells.fill(0.0);
        for time in (0..times.len()).rev() {
            let now = times.at(time, h);
            let (past, d) = d_states.split_at_mut(now.start);
            let (d, d_cells) = (&d[..now.len()], &mut d_cells[..now.len()]);
            let (gates, squashed) = (&mut self.gates[times.at(time, n)], &self.squashed[now.clone()]);
            if time == 0 {
                kernels.lstm_backward(h, gates, &self.zeros[..now.len()], squashed, d, d_cells);
            } else {
                let before = times.before(time, h);
                kernels.lstm_backward(h, gates, &self.cells[before.clone()], squashed, d, d_cells);
                let d_inputs = Matrix::new(gates, now.len() / h, n);
                kernels.gemm(&mut past[before], d_inputs, Matrix::new(w_hh_t, n, h));
            }
        }
        let d_inputs = &self.gates[..r * n];
        Gradients { inputs: d_inputs, products: d_inputs, states: &self.states[..r * h] }
    }
}
