//! Multi-head self-attention within each text (Vaswani et al. 2017): `torch.nn.MultiheadAttention`.
//!
//! ```text
//! [q, k, v] = x · W_in + b_in                                   of each character; each of D numbers, K for each head
//! o_t       = Σ_s softmax_s(q_t · k_s / √K) v_s                 for each head, over the characters s of the text
//! y         = o · W_out + b_out                                 o: all heads side by side
//! ```
//! A network with attention looks ahead.
//!
//! Characters for dimensions: `R` characters of the batch in packed order, `T` characters of a text, `D` numbers of a character,
//! `K` numbers of a head.

use crate::batch::Batch;
use crate::gradient::{Terms, WeightGradients};
use crate::layout::{Init, Layout};
use crate::linear::Linear;
use crate::softmax;
use recur_kernels::{AlignedVec, Kernels, Matrix};

/// An attention with its weights and workspace.
#[derive(Clone, Debug)]
pub struct Attention {
    width: usize,
    heads: usize,
    input: Linear,
    output: Linear,
    /// q, k and v of each character, (R, 3D).
    joined: AlignedVec,
    /// What the heads gave, (R, D).
    mixed: AlignedVec,
    /// The weights of each head of each text, (T, T), one after another; without a backward pass those of one head.
    weights: AlignedVec,
}

/// What passes of attentions use up; all of a network can have the same.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    /// Gradients of q, k and v, (R, 3D), and of what the heads gave, (R, D).
    d_joined: AlignedVec,
    d_mixed: AlignedVec,
    head: Head,
    /// The rows of a text.
    rows: Vec<usize>,
}

/// One head of one text.
#[derive(Clone, Debug, Default)]
struct Head {
    /// (T, K).
    q: AlignedVec,
    k: AlignedVec,
    v: AlignedVec,
    /// A matrix transposed, (K, T).
    turned: AlignedVec,
    /// What it gives, or the gradient of that, (T, K).
    out: AlignedVec,
    /// Gradients: of the weights, (T, T), and of one of q, k and v, (T, K).
    d_weights: AlignedVec,
    d_part: AlignedVec,
}

/// Where the numbers of a head of a text are: `of` numbers from column `first` on in each of `rows` of `width` numbers.
#[derive(Clone, Copy)]
struct Place<'a> {
    rows: &'a [usize],
    width: usize,
    first: usize,
    of: usize,
}

impl Place<'_> {
    fn gather<'a>(self, from: &[f32], to: &'a mut AlignedVec) -> &'a mut [f32] {
        let to = to.take(self.rows.len() * self.of);
        for (to, row) in to.chunks_exact_mut(self.of).zip(self.rows) {
            to.copy_from_slice(&from[row * self.width + self.first..][..self.of]);
        }
        to
    }

    fn scatter(self, from: &[f32], to: &mut [f32]) {
        for (from, row) in from.chunks_exact(self.of).zip(self.rows) {
            to[row * self.width + self.first..][..self.of].copy_from_slice(from);
        }
    }

    /// The same numbers of `part` 1 or 2 of 3.
    fn part(self, part: usize) -> Self {
        Self { first: self.first + part * self.width / 3, ..self }
    }
}

impl Attention {
    /// `heads` heads for rows of `width` numbers, which they divide. The weights are `NAME.in_proj_weight`,
    /// `NAME.in_proj_bias`, `NAME.out_proj.weight` and `NAME.out_proj.bias`, drawn as PyTorch draws them.
    ///
    /// # Panics
    /// If the heads do not divide the width.
    pub fn new(layout: &mut Layout, name: &str, width: usize, heads: usize) -> Self {
        assert!(width.is_multiple_of(heads), "{heads} heads of {width} numbers");
        let xavier = Init::XavierUniform { fan_in: width, fan_out: 3 * width };
        let (weight, bias) = (format!("{name}.in_proj_weight"), format!("{name}.in_proj_bias"));
        let input = Linear::of_names(layout, (weight, xavier), (bias, Init::Zeros), [width, 3 * width]);
        let (weight, bias) = (format!("{name}.out_proj.weight"), format!("{name}.out_proj.bias"));
        let output = Linear::of_names(layout, (weight, Init::FanIn(width)), (bias, Init::Zeros), [width, width]);
        Self {
            width,
            heads,
            input,
            output,
            joined: AlignedVec::default(),
            mixed: AlignedVec::default(),
            weights: AlignedVec::default(),
        }
    }

    /// Refreshes the second layouts: see [`crate::network::Network::parameters_changed`].
    pub fn parameters_changed(&mut self, kernels: Kernels, parameters: &[f32]) {
        self.input.parameters_changed(kernels, parameters);
        self.output.parameters_changed(kernels, parameters);
    }

    /// Writes the result for each character, `y (R, D)`, from `x (R, D)`, rows of whole texts. Only where it `trains`, a backward
    /// pass may follow: it needs the weights of all texts, which take `4 · heads · T²` bytes each.
    pub fn forward(
        &mut self,
        kernels: Kernels,
        parameters: &[f32],
        (batch, trains): (&Batch, bool),
        (x, y): (&[f32], &mut [f32]),
        scratch: &mut Scratch,
    ) {
        let (d, of) = (self.width, self.width / self.heads);
        let joined = self.joined.take(3 * x.len());
        self.input.forward(kernels, parameters, x, joined);
        let mixed = self.mixed.take(x.len());
        let squares = batch.last().iter().map(|(last, _)| (last + 1) * (last + 1));
        let n_weights = if trains { squares.sum::<usize>() * self.heads } else { squares.max().unwrap_or(0) };
        let weights = self.weights.take(n_weights);
        let mut from = 0;
        for (last, row) in batch.last() {
            batch.times().ancestors(*last, *row, &mut scratch.rows);
            let rows = &scratch.rows[..];
            for first in (0..d).step_by(of) {
                let weights = &mut weights[from..from + rows.len() * rows.len()];
                from += if trains { weights.len() } else { 0 };
                let place = Place { rows, width: 3 * d, first, of };
                let result = scratch.head.forward(kernels, joined, place, weights);
                Place { width: d, ..place }.scatter(result, mixed);
            }
        }
        self.output.forward(kernels, parameters, mixed, y);
    }

    /// The backward pass of [`Attention::forward`]: from the gradient `d (R, D)` of the result writes `d_x (R, D)`, and
    /// gives the weights' gradients.
    pub fn backward(
        &mut self,
        kernels: Kernels,
        batch: &Batch,
        (x, d_x): (&[f32], &mut [f32]),
        d: &[f32],
        scratch: &mut Scratch,
        into: &mut dyn WeightGradients,
    ) {
        let (width, of, terms) = (self.width, self.width / self.heads, Terms::From(0, batch.times()));
        let d_mixed = scratch.d_mixed.take(x.len());
        self.output.backward(kernels, (&self.mixed[..x.len()], &mut *d_mixed), d, terms, into);
        let (joined, d_joined) = (&self.joined[..3 * x.len()], scratch.d_joined.take(3 * x.len()));
        let mut weights = &self.weights[..];
        for (last, row) in batch.last() {
            batch.times().ancestors(*last, *row, &mut scratch.rows);
            let rows = &scratch.rows[..];
            for first in (0..width).step_by(of) {
                let weights = weights.split_off(..rows.len() * rows.len()).expect("weights for each head");
                let place = Place { rows, width: 3 * width, first, of };
                Place { width, ..place }.gather(d_mixed, &mut scratch.head.out);
                scratch.head.backward(kernels, joined, place, weights, d_joined);
            }
        }
        self.input.backward(kernels, (x, d_x), d_joined, terms, into);
    }
}

impl Head {
    /// The head's result, (T, K), from the `joined` rows at `place`; leaves its weights in `weights (T, T)`.
    fn forward(&mut self, kernels: Kernels, joined: &[f32], place: Place<'_>, weights: &mut [f32]) -> &[f32] {
        let (t, of) = (place.rows.len(), place.of);
        let (q, k) = (place.gather(joined, &mut self.q), place.part(1).gather(joined, &mut self.k));
        let turned = self.turned.take(t * of);
        kernels.transpose(turned, k, t, of);
        weights.fill(0.0);
        kernels.gemm(weights, Matrix::new(q, t, of), Matrix::new(turned, of, t));
        kernels.scale(weights, scale(of));
        softmax::forward(kernels, weights, t);
        let v = place.part(2).gather(joined, &mut self.v);
        let out = self.out.take(t * of);
        out.fill(0.0);
        kernels.gemm(out, Matrix::new(weights, t, t), Matrix::new(v, t, of));
        out
    }

    /// From the gradient of the result in `out` writes those of q, k and v to `d_joined`.
    fn backward(&mut self, kernels: Kernels, joined: &[f32], place: Place<'_>, weights: &[f32], d_joined: &mut [f32]) {
        let (t, of) = (place.rows.len(), place.of);
        let (q, k) = (place.gather(joined, &mut self.q), place.part(1).gather(joined, &mut self.k));
        let (v, turned) = (place.part(2).gather(joined, &mut self.v), self.turned.take(t * of));
        let (d, d_part) = (Matrix::new(&self.out[..t * of], t, of), self.d_part.take(t * of));
        let mut give = |part: usize, a: Matrix<'_>, b: Matrix<'_>| {
            d_part.fill(0.0);
            kernels.gemm(d_part, a, b);
            place.part(part).scatter(d_part, d_joined);
        };
        give(2, Matrix::new(weights, t, t).transposed(), d);
        kernels.transpose(turned, v, t, of);
        let d_weights = self.d_weights.take(t * t);
        d_weights.fill(0.0);
        kernels.gemm(d_weights, d, Matrix::new(turned, of, t));
        softmax::backward(kernels, weights, d_weights, t);
        kernels.scale(d_weights, scale(of));
        let d_weights = Matrix::new(d_weights, t, t);
        give(0, d_weights, Matrix::new(k, t, of));
        give(1, d_weights.transposed(), Matrix::new(q, t, of));
    }
}

/// 1 / √K.
fn scale(of: usize) -> f32 {
    1.0 / (of as f32).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gradient::Buffer;
    use crate::slopes::{assert_slopes, numbers};

    #[test]
    fn gradients_are_the_slopes() {
        let (kernels, mut batch) = (Kernels::widest(), Batch::default());
        batch.pack_texts(&[&[1, 2], &[1, 2, 3], &[4], &[1, 2, 3, 4]]);
        let mut layout = Layout::default();
        let mut attention = Attention::new(&mut layout, "attention", 6, 2);
        let parameters = numbers(layout.n_parameters(), 1);
        let (x, d) = (numbers(batch.n_characters() * 6, 2), numbers(batch.n_characters() * 6, 3));
        let mut scratch = Scratch::default();
        let mut f = |parameters: &[f32], x: &[f32], gradients: Option<(&mut [f32], &mut [f32])>| {
            attention.parameters_changed(kernels, parameters);
            let mut y = vec![0.0; x.len()];
            attention.forward(kernels, parameters, (&batch, true), (x, &mut y), &mut scratch);
            if let Some((gradients, d_x)) = gradients {
                attention.backward(kernels, &batch, (x, d_x), &d, &mut scratch, &mut Buffer { kernels, gradients });
            }
            y
        };
        let (mut gradients, mut d_x) = (vec![0.0; parameters.len()], vec![0.0; x.len()]);
        f(&parameters, &x, Some((&mut gradients, &mut d_x)));
        assert_slopes(&x, &d, &d_x, |x| f(&parameters, x, None));
        assert_slopes(&parameters, &d, &gradients, |parameters| f(parameters, &x, None));
    }

    #[test]
    fn a_text_attends_to_its_own_characters() {
        let kernels = Kernels::widest();
        let mut layout = Layout::default();
        let mut attention = Attention::new(&mut layout, "attention", 4, 2);
        let parameters = numbers(layout.n_parameters(), 1);
        let (mut alone, mut among) = (Batch::default(), Batch::default());
        alone.pack_texts(&[&[1, 2]]);
        among.pack_texts(&[&[3, 4, 5], &[1, 2], &[6]]);
        let x = numbers(4 * among.n_characters(), 2);
        let rows: Vec<f32> = [1, 4].iter().flat_map(|row| x[row * 4..][..4].to_vec()).collect();
        let mut result = |batch: &Batch, x: &[f32]| {
            let mut y = vec![0.0; x.len()];
            attention.forward(kernels, &parameters, (batch, true), (x, &mut y), &mut Scratch::default());
            y
        };
        let (expected, among) = (result(&alone, &rows), result(&among, &x));
        assert_eq!([&among[4..8], &among[16..20]].concat(), expected);
    }

    #[test]
    fn prediction_keeps_the_weights_of_one_head_and_gives_the_same_bits() {
        let (kernels, mut batch) = (Kernels::widest(), Batch::default());
        batch.pack_texts(&[&[1, 2], &[1, 2, 3], &[4], &[1, 2, 3, 4]]);
        let mut layout = Layout::default();
        let mut attention = Attention::new(&mut layout, "attention", 4, 2);
        let (parameters, x) = (numbers(layout.n_parameters(), 1), numbers(batch.n_characters() * 4, 2));
        let mut result = |trains| {
            let mut y = vec![0.0; x.len()];
            attention.forward(kernels, &parameters, (&batch, trains), (&x, &mut y), &mut Scratch::default());
            (y, attention.weights.len())
        };
        let (predicted, n_of_prediction) = result(false);
        let (trained, n_of_training) = result(true);
        assert_eq!(predicted, trained);
        assert_eq!((n_of_prediction, n_of_training), (16, 2 * (4 + 9 + 1 + 16)));
    }
}
