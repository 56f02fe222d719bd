//! Forward and backward pass of the manual cell.
//!
//! Letters for dimensions: `B` names, `R` states of the batch in packed order (a name of n letters has n - 1), `V`
//! tokens, `H` hidden size, `C` labels.

use crate::batch::Batch;
use crate::gradient::WeightGradients;
use crate::layout::Layout;
use crate::recurrence::{self, Activation};
use recur_core::random::Stream;
use recur_kernels::{AlignedVec, Kernels, Matrix};
use std::ops::Range;

/// The network with its workspace.
pub(crate) struct Network {
    layout: Layout,
    activation: Activation,
    hidden: usize,
    classes: usize,
    /// `i2h.weight` by rows of its input, (V, H) and (H, H).
    w_xh: Range<usize>,
    w_hh: Range<usize>,
    b_h: Range<usize>,
    /// `i2o.weight` by rows of its input, (V, C) and (H, C).
    w_xo: Range<usize>,
    w_ho: Range<usize>,
    b_o: Range<usize>,
    /// Second layouts for the backward pass, (H, H) and (C, H).
    w_hh_t: AlignedVec,
    w_ho_t: AlignedVec,
    /// Where each time's states start, (T).
    starts: Vec<usize>,
    /// The token that each state follows, (R), and the last token of each name, (B).
    tokens: Vec<u16>,
    last_tokens: Vec<u16>,
    /// States after each letter but the last, (R, H).
    states: AlignedVec,
    /// Gradients of the same.
    d_states: AlignedVec,
    previous: AlignedVec,
    /// The state that each name's answer is read from, (B, H).
    last: AlignedVec,
    d_last: AlignedVec,
}

impl Network {
    /// A network for `vocab` tokens and `classes` labels.
    pub(crate) fn new(vocab: usize, hidden: usize, classes: usize, activation: Activation) -> Self {
        let mut layout = Layout::default();
        let fan = vocab + hidden;
        let i2h = layout.matrix("i2h.weight", hidden, fan, fan);
        let b_h = layout.vector("i2h.bias", hidden, fan);
        let i2o = layout.matrix("i2o.weight", classes, fan, fan);
        let b_o = layout.vector("i2o.bias", classes, fan);
        let split = |range: Range<usize>, out: usize| {
            let middle = range.start + vocab * out;
            (range.start..middle, middle..range.end)
        };
        let ((w_xh, w_hh), (w_xo, w_ho)) = (split(i2h, hidden), split(i2o, classes));
        Self {
            layout,
            activation,
            hidden,
            classes,
            w_xh,
            w_hh,
            b_h,
            w_xo,
            w_ho,
            b_o,
            w_hh_t: AlignedVec::zeros(hidden * hidden),
            w_ho_t: AlignedVec::zeros(classes * hidden),
            starts: Vec::new(),
            tokens: Vec::new(),
            last_tokens: Vec::new(),
            states: AlignedVec::default(),
            d_states: AlignedVec::default(),
            previous: AlignedVec::default(),
            last: AlignedVec::default(),
            d_last: AlignedVec::default(),
        }
    }

    /// Where the state that packed row `row` is answered from stands among the states; none for a name of one letter.
    fn place_of_last(starts: &[usize], length: usize, row: usize) -> Option<usize> {
        (length >= 2).then(|| starts[length - 2] + row)
    }
}

/// Row `index` of a matrix with rows of `n`.
fn row(data: &[f32], index: usize, n: usize) -> &[f32] {
    &data[index * n..][..n]
}

fn row_mut(data: &mut [f32], index: usize, n: usize) -> &mut [f32] {
    &mut data[index * n..][..n]
}

impl crate::network::Network for Network {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn parameters_changed(&mut self, parameters: &[f32]) {
        let (kernels, h) = (Kernels::get(), self.hidden);
        kernels.transpose(&mut self.w_hh_t, &parameters[self.w_hh.clone()], h, h);
        kernels.transpose(&mut self.w_ho_t, &parameters[self.w_ho.clone()], h, self.classes);
    }

    /// `h_{t+1} = f((b_h + W_xh[x_t]) + h_t · W_hh)`, `o = (b_o + W_xo[x_last]) + h_last · W_ho`.
    fn forward(&mut self, parameters: &[f32], batch: &Batch, _dropout: Option<&mut Stream>, logits: &mut [f32]) {
        let (kernels, h, c) = (Kernels::get(), self.hidden, self.classes);
        // A name is in state t as long as it has a letter t + 1: the states start like the letters after the first.
        let skipped = batch.len();
        self.starts.clear();
        self.starts.extend(batch.starts()[1..].iter().map(|start| start - skipped));

        self.tokens.clear();
        for (time, active) in self.starts.windows(2).enumerate() {
            self.tokens.extend_from_slice(&batch.tokens()[batch.place(time, 0)..][..active[1] - active[0]]);
        }
        self.last_tokens.clear();
        let last_place = |(row, length): (usize, &usize)| batch.place(length - 1, row);
        self.last_tokens.extend(batch.lengths().iter().enumerate().map(last_place).map(|place| batch.tokens()[place]));

        let states = self.states.take(self.tokens.len() * h);
        for (state, token) in states.chunks_exact_mut(h).zip(&self.tokens) {
            state.copy_from_slice(&parameters[self.b_h.clone()]);
            kernels.add(state, row(&parameters[self.w_xh.clone()], usize::from(*token), h));
        }
        recurrence::forward(kernels, self.activation, &parameters[self.w_hh.clone()], &self.starts, states);

        let last = self.last.take(batch.len() * h);
        for (i, length) in batch.lengths().iter().enumerate() {
            match Self::place_of_last(&self.starts, *length, i) {
                Some(place) => row_mut(last, i, h).copy_from_slice(row(states, place, h)),
                None => row_mut(last, i, h).fill(0.0),
            }
        }
        for (logits, token) in logits.chunks_exact_mut(c).zip(&self.last_tokens) {
            logits.copy_from_slice(&parameters[self.b_o.clone()]);
            kernels.add(logits, row(&parameters[self.w_xo.clone()], usize::from(*token), c));
        }
        let w_ho = Matrix::new(&parameters[self.w_ho.clone()], h, c);
        kernels.gemm(logits, Matrix::new(last, batch.len(), h), w_ho);
    }

    fn backward(&mut self, batch: &Batch, d_logits: &[f32], into: &mut dyn WeightGradients) {
        let (kernels, h, c, b) = (Kernels::get(), self.hidden, self.classes, batch.len());
        // o = (b_o + W_xo[x_last]) + h_last · W_ho
        into.sum(&self.b_o, d_logits);
        into.lookups(&self.w_xo, &self.last_tokens, d_logits);
        let d_last = self.d_last.take(b * h);
        d_last.fill(0.0);
        let d_products = Matrix::new(d_logits, b, c);
        kernels.gemm(d_last, d_products, Matrix::new(&self.w_ho_t, c, h));
        into.product(&self.w_ho, &mut self.w_ho_t, Matrix::new(&self.last[..b * h], b, h), d_products);

        let len = self.tokens.len() * h;
        let (states, d_states) = (&self.states[..len], self.d_states.take(len));
        d_states.fill(0.0);
        for (i, length) in batch.lengths().iter().enumerate() {
            if let Some(place) = Self::place_of_last(&self.starts, *length, i) {
                row_mut(d_states, place, h).copy_from_slice(row(d_last, i, h));
            }
        }
        // h_{t+1} = f((b_h + W_xh[x_t]) + h_t · W_hh)
        recurrence::backward(kernels, self.activation, &self.w_hh_t, &self.starts, states, d_states);
        into.sum(&self.b_h, d_states);
        into.lookups(&self.w_xh, &self.tokens, d_states);
        let previous = self.previous.take(len);
        let (w_hh, w_hh_t) = (&self.w_hh, &mut self.w_hh_t);
        recurrence::give_weight_gradient(w_hh, w_hh_t, &self.starts, states, d_states, previous, into);
    }
}
