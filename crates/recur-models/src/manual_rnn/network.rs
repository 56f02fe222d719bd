//! Forward and backward pass of the manual cell.
//!
//! Characters for dimensions: `B` texts, `R` states of the batch in packed order (a text of n characters has n - 1), `V`
//! tokens, `H` hidden size, `C` labels.

use recur_kernels::{AlignedVec, Kernels, Matrix};
use recur_nn::batch::Batch;
use recur_nn::gradient::{Terms, WeightGradients};
use recur_nn::layout::Layout;
use recur_nn::network::StepRng;
use recur_nn::recurrence::{self, Activation};
use recur_nn::time_steps::TimeSteps;
use std::ops::Range;

/// The network with its workspace.
#[derive(Clone)]
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
    /// Where each time's states are: those of characters that another one follows.
    times: TimeSteps,
    /// The token that each state follows, (R), and the last token of each text, (B).
    tokens: Vec<u16>,
    last_tokens: Vec<u16>,
    /// States after each character but the last, (R, H).
    states: AlignedVec,
    /// Gradients of the same.
    d_states: AlignedVec,
    previous: AlignedVec,
    gathered: AlignedVec,
    /// The state that each text's answer is read from, (B, H).
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
            times: TimeSteps::default(),
            tokens: Vec::new(),
            last_tokens: Vec::new(),
            states: AlignedVec::default(),
            d_states: AlignedVec::default(),
            previous: AlignedVec::default(),
            gathered: AlignedVec::default(),
            last: AlignedVec::default(),
            d_last: AlignedVec::default(),
        }
    }

    /// Which state each packed row is answered from; none for a text of one character.
    fn answered_from(times: &TimeSteps, batch: &Batch) -> impl Iterator<Item = Option<usize>> {
        let state = |time: usize, row| times.at(time - 1, 1).start + batch.times().parent(time, row);
        batch.last().iter().map(move |(time, row)| (*time > 0).then(|| state(*time, *row)))
    }
}

/// Row `index` of a matrix with rows of `n`.
fn row(data: &[f32], index: usize, n: usize) -> &[f32] {
    &data[index * n..][..n]
}

fn row_mut(data: &mut [f32], index: usize, n: usize) -> &mut [f32] {
    &mut data[index * n..][..n]
}

impl recur_nn::network::Network for Network {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn looks_ahead(&self) -> bool {
        false
    }

    fn parameters_changed(&mut self, kernels: Kernels, parameters: &[f32]) {
        let h = self.hidden;
        kernels.transpose(&mut self.w_hh_t, &parameters[self.w_hh.clone()], h, h);
        kernels.transpose(&mut self.w_ho_t, &parameters[self.w_ho.clone()], h, self.classes);
    }

    /// `h_{t+1} = f((b_h + W_xh[x_t]) + h_t · W_hh)`, `o = (b_o + W_xo[x_last]) + h_last · W_ho`.
    fn forward(
        &mut self,
        kernels: Kernels,
        parameters: &[f32],
        batch: &Batch,
        _draws: Option<StepRng<'_>>,
        logits: &mut [f32],
    ) {
        let (h, c) = (self.hidden, self.classes);
        // The last character of a text makes no state.
        self.times.copy_first(batch.times(), batch.n_followed());
        self.tokens.clear();
        for time in 0..self.times.len() {
            self.tokens.extend_from_slice(&batch.tokens()[batch.times().at(time, 1)][..self.times.n_rows_at(time)]);
        }
        self.last_tokens.clear();
        let last_token = |(time, row): &(usize, usize)| batch.tokens()[batch.times().at(*time, 1)][*row];
        self.last_tokens.extend(batch.last().iter().map(last_token));

        let states = self.states.take(self.tokens.len() * h);
        let (b_h, w_xh) = (&parameters[self.b_h.clone()], &parameters[self.w_xh.clone()]);
        kernels.look_up_rows(states, b_h, w_xh, &self.tokens);
        recurrence::forward(
            kernels,
            self.activation,
            &parameters[self.w_hh.clone()],
            &self.times,
            states,
            &mut self.gathered,
        );

        let last = self.last.take(batch.len() * h);
        for (last, state) in last.chunks_exact_mut(h).zip(Self::answered_from(&self.times, batch)) {
            match state {
                Some(state) => last.copy_from_slice(row(states, state, h)),
                None => last.fill(0.0),
            }
        }
        let (b_o, w_xo) = (&parameters[self.b_o.clone()], &parameters[self.w_xo.clone()]);
        kernels.look_up_rows(logits, b_o, w_xo, &self.last_tokens);
        let w_ho = Matrix::new(&parameters[self.w_ho.clone()], h, c);
        kernels.gemm(logits, Matrix::new(last, batch.len(), h), w_ho);
    }

    fn backward(&mut self, kernels: Kernels, batch: &Batch, d_logits: &[f32], into: &mut dyn WeightGradients) {
        let (h, c, b) = (self.hidden, self.classes, batch.len());
        // o = (b_o + W_xo[x_last]) + h_last · W_ho
        into.sum(&self.b_o, d_logits, Terms::Texts);
        into.lookups(&self.w_xo, &self.last_tokens, d_logits, Terms::Texts);
        let d_last = self.d_last.take(b * h);
        d_last.fill(0.0);
        let d_products = Matrix::new(d_logits, b, c);
        kernels.gemm(d_last, d_products, Matrix::new(&self.w_ho_t, c, h));
        into.product(&self.w_ho, &mut self.w_ho_t, Matrix::new(&self.last[..b * h], b, h), d_products, Terms::Texts);

        let len = self.tokens.len() * h;
        let (states, d_states) = (&self.states[..len], self.d_states.take(len));
        d_states.fill(0.0);
        for (d_last, state) in d_last.chunks_exact(h).zip(Self::answered_from(&self.times, batch)) {
            if let Some(state) = state {
                row_mut(d_states, state, h).copy_from_slice(d_last);
            }
        }
        // h_{t+1} = f((b_h + W_xh[x_t]) + h_t · W_hh)
        recurrence::backward(kernels, self.activation, &self.w_hh_t, &self.times, states, d_states);
        let terms = Terms::From(0, &self.times);
        into.sum(&self.b_h, d_states, terms);
        into.lookups(&self.w_xh, &self.tokens, d_states, terms);
        let previous = self.previous.take(len);
        let (w_hh, w_hh_t) = (&self.w_hh, &mut self.w_hh_t);
        recurrence::give_weight_gradient(w_hh, w_hh_t, &self.times, states, d_states, previous, into);
    }
}
