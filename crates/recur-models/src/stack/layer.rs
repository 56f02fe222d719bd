//! A recurrent layer: one direction, or one that reads texts forwards and one that reads them backwards, with their states side
//! by side; and dropout.

use super::direction::{Direction, Input, Named};
use super::{Cell, Shape};
use recur_core::random::Stream;
use recur_kernels::{AlignedVec, Kernels};
use recur_nn::batch::Batch;
use recur_nn::dropout::Dropout;
use recur_nn::gradient::WeightGradients;
use recur_nn::layout::Layout;

/// A layer's directions and workspace.
#[derive(Clone)]
pub(super) struct Layer<C> {
    forwards: Direction<C>,
    backwards: Option<Backwards<C>>,
    hidden: usize,
    /// Numbers of an input row that is not one-hot (I); 0 where rows are one-hot.
    inputs: usize,
    /// What the layer above reads where there is dropout, (R, W).
    dropout: Dropout,
}

/// The direction that reads texts backwards, in a batch that has the characters of each text in the opposite order.
#[derive(Clone)]
struct Backwards<C> {
    direction: Direction<C>,
    /// What it reads: (R, I), or (R).
    rows: AlignedVec,
    tokens: Vec<u16>,
    /// The gradient of `rows`, and of its states, (R, H), in its own order.
    d_rows: AlignedVec,
    d_states: AlignedVec,
    /// The states of both directions, those that read forwards first, (R, 2H).
    both: AlignedVec,
}

/// What the backward pass of a layer uses up.
#[derive(Clone, Default)]
pub(super) struct Scratch {
    /// (R, H), both.
    d_states: AlignedVec,
    previous: AlignedVec,
}

impl<C: Cell> Layer<C> {
    /// The layer `index`; it takes `cell` for each direction.
    pub(super) fn new(layout: &mut Layout, shape: &Shape, index: usize, cell: impl Fn() -> C) -> Self {
        let is_one_hot = index == 0 && shape.embedding == 0;
        let inputs = shape.inputs_of(index);
        let mut direction = |suffix: &str| {
            let named = Named { suffix, inputs, is_one_hot, hidden: shape.hidden };
            Direction::new(layout, &named, cell())
        };
        let forwards = direction(&format!("l{index}"));
        let backwards = shape.bidirectional.then(|| Backwards {
            direction: direction(&format!("l{index}_reverse")),
            rows: AlignedVec::default(),
            tokens: Vec::new(),
            d_rows: AlignedVec::default(),
            d_states: AlignedVec::default(),
            both: AlignedVec::default(),
        });
        let inputs = if is_one_hot { 0 } else { inputs };
        Self { forwards, backwards, hidden: shape.hidden, inputs, dropout: Dropout::new(shape.dropout) }
    }

    pub(super) fn parameters_changed(&mut self, kernels: Kernels, parameters: &[f32]) {
        self.forwards.parameters_changed(kernels, parameters);
        if let Some(backwards) = &mut self.backwards {
            backwards.direction.parameters_changed(kernels, parameters);
        }
    }

    /// From what it reads to the states of each direction. `mirror` is that of [`Batch::mirror`].
    pub(super) fn forward(
        &mut self,
        kernels: Kernels,
        parameters: &[f32],
        (batch, mirror): (&Batch, &[u32]),
        x: Input<'_>,
    ) {
        let (h, len) = (self.hidden, batch.n_characters() * self.hidden);
        self.forwards.forward(kernels, parameters, batch, x);
        let Some(backwards) = &mut self.backwards else { return };
        backwards.take(x, self.inputs, mirror);
        let x = Backwards::<C>::input(&backwards.rows, &backwards.tokens, x);
        backwards.direction.forward(kernels, parameters, batch, x);
        let both = backwards.both.take(2 * len).chunks_exact_mut(2 * h);
        let (one, other) = (self.forwards.states(len), backwards.direction.states(len));
        for ((both, one), image) in both.zip(one.chunks_exact(h)).zip(mirror) {
            both[..h].copy_from_slice(one);
            both[h..].copy_from_slice(&other[*image as usize * h..][..h]);
        }
    }

    /// The backward pass of [`Layer::forward`] for the gradient `d (R, W)` of the states: gives the weights' gradients, and
    /// writes that of what it read, unless that was one-hot.
    pub(super) fn backward(
        &mut self,
        kernels: Kernels,
        (batch, mirror): (&Batch, &[u32]),
        (x, d_x): (Input<'_>, &mut [f32]),
        d: &mut [f32],
        scratch: &mut Scratch,
        into: &mut dyn WeightGradients,
    ) {
        let (h, r) = (self.hidden, batch.n_characters());
        let previous = scratch.previous.take(r * h);
        let Some(backwards) = &mut self.backwards else {
            return self.forwards.backward(kernels, batch, (x, d_x), d, previous, into);
        };
        let (d_one, d_other) = (scratch.d_states.take(r * h), backwards.d_states.take(r * h));
        for ((d, d_one), image) in d.chunks_exact(2 * h).zip(d_one.chunks_exact_mut(h)).zip(mirror) {
            d_one.copy_from_slice(&d[..h]);
            d_other[*image as usize * h..][..h].copy_from_slice(&d[h..]);
        }
        self.forwards.backward(kernels, batch, (x, &mut *d_x), d_one, previous, into);
        let mirrored = Backwards::<C>::input(&backwards.rows, &backwards.tokens, x);
        let d_rows = backwards.d_rows.take(d_x.len());
        backwards.direction.backward(kernels, batch, (mirrored, &mut *d_rows), d_other, previous, into);
        if self.inputs > 0 {
            for (d_x, image) in d_x.chunks_exact_mut(self.inputs).zip(mirror) {
                kernels.add(d_x, &d_rows[*image as usize * self.inputs..][..self.inputs]);
            }
        }
    }

    /// Drops out some of the states, with a mask drawn from the `drawn`th number of `stream` on.
    pub(super) fn drop_out(&mut self, kernels: Kernels, batch: &Batch, stream: &mut Stream, drawn: usize) {
        let width = self.hidden * if self.backwards.is_some() { 2 } else { 1 };
        let len = batch.n_characters() * width;
        let states = match &self.backwards {
            Some(backwards) => &backwards.both[..len],
            None => self.forwards.states(len),
        };
        self.dropout.of_characters(kernels, batch, (stream, drawn), states, width);
    }

    /// What the layer above read in the last forward pass, `(R, W)` with `len` numbers in all.
    pub(super) fn output(&self, len: usize, dropping: bool) -> &[f32] {
        match &self.backwards {
            _ if dropping => self.dropout.output(len),
            Some(backwards) => &backwards.both[..len],
            None => self.forwards.states(len),
        }
    }

    /// The dropout between the states and what the layer above read.
    pub(super) fn dropout(&self) -> &Dropout {
        &self.dropout
    }
}

impl<C> Backwards<C> {
    /// Takes what it reads: the rows of `x`, of `n` numbers, in the order of `mirror`.
    fn take(&mut self, x: Input<'_>, n: usize, mirror: &[u32]) {
        match x {
            Input::Tokens(tokens) => {
                self.tokens.clear();
                self.tokens.extend(mirror.iter().map(|image| tokens[*image as usize]));
            }
            Input::Rows(x) => {
                let rows = self.rows.take(x.len()).chunks_exact_mut(n);
                rows.zip(mirror).for_each(|(row, image)| row.copy_from_slice(&x[*image as usize * n..][..n]));
            }
        }
    }

    /// What it took of `x`.
    fn input<'a>(rows: &'a [f32], tokens: &'a [u16], x: Input<'_>) -> Input<'a> {
        match x {
            Input::Tokens(_) => Input::Tokens(tokens),
            Input::Rows(x) => Input::Rows(&rows[..x.len()]),
        }
    }
}
