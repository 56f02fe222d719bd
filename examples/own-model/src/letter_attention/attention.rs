//! A step of attention: each text reads from its characters. A part like those of `recur-nn`, made outside of it.
//!
//! ```text
//! q   = W · m + b + a                             of each text, from its row m
//! k_t = W · h_t + b                               of each character, by the same map
//! r   = Σ_t softmax_t(q · k_t / √K) h_t           over the characters t of the text
//! ```
//!
//! Characters for dimensions: `B` texts, `R` characters of the batch in packed order, `T` characters of a text,
//! `F` numbers of a text and of a character, `K` numbers of a query and of a key.

use recur_kernels::{AlignedVec, Kernels};
use recur_nn::batch::Batch;
use recur_nn::gradient::{Terms, WeightGradients};
use recur_nn::layout::{Init, Layout};
use recur_nn::linear::Linear;
use recur_nn::softmax;
use std::ops::Range;

/// The attention with its weights and workspace.
#[derive(Clone)]
pub(super) struct AttentionPool {
    numbers: usize,
    size: usize,
    /// W and b, (F) to (K).
    projection: Linear,
    /// a, (K).
    asked: Range<usize>,
    /// What is projected: the rows of the texts, and after them those of the characters, (B + R, F); and its gradient.
    joined: AlignedVec,
    d_joined: AlignedVec,
    /// Queries, and after them keys, (B + R, K); and their gradient.
    projected: AlignedVec,
    d_projected: AlignedVec,
    /// The weights of each text's characters, text after text, (R).
    weights: AlignedVec,
    /// What the texts read, (B, F).
    read: AlignedVec,
    /// The gradient of one text's weights, (T), and the rows of its characters.
    d_weights: AlignedVec,
    rows: Vec<usize>,
}

impl AttentionPool {
    /// For rows of `numbers` numbers, with queries and keys of `size`. The weights are `NAME.proj.weight`,
    /// `NAME.proj.bias` and `NAME.query`.
    pub(super) fn new(layout: &mut Layout, name: &str, numbers: usize, size: usize) -> Self {
        let weight = (format!("{name}.proj.weight"), Init::XavierUniform { fan_in: numbers, fan_out: size });
        let bias = (format!("{name}.proj.bias"), Init::Zeros);
        Self {
            numbers,
            size,
            projection: Linear::of_names(layout, weight, bias, [numbers, size]),
            asked: layout.tensor(format!("{name}.query"), &[size], Init::Normal { deviation: 0.1 }),
            joined: AlignedVec::default(),
            d_joined: AlignedVec::default(),
            projected: AlignedVec::default(),
            d_projected: AlignedVec::default(),
            weights: AlignedVec::default(),
            read: AlignedVec::default(),
            d_weights: AlignedVec::default(),
            rows: Vec::new(),
        }
    }

    pub(super) fn parameters_changed(&mut self, kernels: Kernels, parameters: &[f32]) {
        self.projection.parameters_changed(kernels, parameters);
    }

    /// What each text reads, (B, F), from the rows of the texts `m (B, F)` and of their characters `h (R, F)`.
    pub(super) fn forward(
        &mut self,
        kernels: Kernels,
        parameters: &[f32],
        batch: &Batch,
        (m, h): (&[f32], &[f32]),
    ) -> &[f32] {
        let (f, k) = (self.numbers, self.size);
        let joined = self.joined.take(m.len() + h.len());
        joined[..m.len()].copy_from_slice(m);
        joined[m.len()..].copy_from_slice(h);
        let projected = self.projected.take((batch.len() + batch.n_characters()) * k);
        self.projection.forward(kernels, parameters, joined, projected);
        let (queries, keys) = projected.split_at_mut(batch.len() * k);
        queries.chunks_exact_mut(k).for_each(|query| kernels.add(query, &parameters[self.asked.clone()]));

        let read = self.read.take(m.len());
        read.fill(0.0);
        let mut weights = self.weights.take(n_weights(batch));
        let texts = queries.chunks_exact(k).zip(read.chunks_exact_mut(f));
        for ((query, read), (last, row)) in texts.zip(batch.last()) {
            batch.times().ancestors(*last, *row, &mut self.rows);
            let weights = weights.split_off_mut(..self.rows.len()).expect("a weight for each character");
            products(kernels, query, (keys, &self.rows), weights);
            kernels.scale(weights, scale(k));
            softmax::forward(kernels, weights, self.rows.len());
            add_to_one(kernels, read, weights, (h, &self.rows));
        }
        read
    }

    /// The backward pass of [`AttentionPool::forward`]: from the gradient `d (B, F)` of what was read adds those of `m`
    /// and `h` to `d_m (B, F)` and `d_h (R, F)`, and gives the weights' gradients.
    pub(super) fn backward(
        &mut self,
        kernels: Kernels,
        batch: &Batch,
        d: &[f32],
        (d_m, d_h): (&mut [f32], &mut [f32]),
        into: &mut dyn WeightGradients,
    ) {
        let (f, k, n_queries) = (self.numbers, self.size, batch.len() * self.size);
        let joined = &self.joined[..d_m.len() + d_h.len()];
        let (h, projected) = (&joined[d_m.len()..], &self.projected[..n_queries + batch.n_characters() * k]);
        let d_projected = self.d_projected.take(projected.len());
        d_projected.fill(0.0);
        let ((queries, keys), (d_queries, d_keys)) =
            (projected.split_at(n_queries), d_projected.split_at_mut(n_queries));
        let mut weights = &self.weights[..];
        for (text, (last, row)) in batch.last().iter().enumerate() {
            batch.times().ancestors(*last, *row, &mut self.rows);
            let weights = weights.split_off(..self.rows.len()).expect("a weight for each character");
            let (rows, d_weights) = (&self.rows[..], self.d_weights.take(weights.len()));
            let (d, text) = (&d[of_row(text, f)], of_row(text, k));
            products(kernels, d, (h, rows), d_weights);
            add_to_each(kernels, (d_h, rows), weights, d);
            softmax::backward(kernels, weights, d_weights, weights.len());
            kernels.scale(d_weights, scale(k));
            add_to_one(kernels, &mut d_queries[text.clone()], d_weights, (keys, rows));
            add_to_each(kernels, (d_keys, rows), d_weights, &queries[text]);
        }
        into.sum(&self.asked, d_queries, Terms::Texts);
        // Texts and characters share the map: its gradient has a term for each of both.
        let (d_joined, terms) = (self.d_joined.take(joined.len()), Terms::TextsAndAll(batch.times()));
        self.projection.backward(kernels, (joined, &mut *d_joined), d_projected, terms, into);
        kernels.add(d_m, &d_joined[..d_m.len()]);
        kernels.add(d_h, &d_joined[d_m.len()..]);
    }
}

/// Writes the products of `one (N)` with each of `rows` of `all (R, N)`.
fn products(kernels: Kernels, one: &[f32], (all, rows): (&[f32], &[usize]), to: &mut [f32]) {
    for (to, row) in to.iter_mut().zip(rows) {
        *to = kernels.dot(one, &all[of_row(*row, one.len())]);
    }
}

/// `one (N) += Σ weights · rows`, of `all (R, N)`.
fn add_to_one(kernels: Kernels, one: &mut [f32], weights: &[f32], (all, rows): (&[f32], &[usize])) {
    let n = one.len();
    for (weight, row) in weights.iter().zip(rows) {
        kernels.add_scaled(one, *weight, &all[of_row(*row, n)]);
    }
}

/// `row += weight · one (N)`, for each of `rows` of `all (R, N)`.
fn add_to_each(kernels: Kernels, (all, rows): (&mut [f32], &[usize]), weights: &[f32], one: &[f32]) {
    for (weight, row) in weights.iter().zip(rows) {
        kernels.add_scaled(&mut all[of_row(*row, one.len())], *weight, one);
    }
}

/// One for each character of each text.
fn n_weights(batch: &Batch) -> usize {
    batch.last().iter().map(|(last, _)| last + 1).sum()
}

/// 1 / √K.
fn scale(size: usize) -> f32 {
    1.0 / (size as f32).sqrt()
}

fn of_row(row: usize, n: usize) -> Range<usize> {
    row * n..(row + 1) * n
}
