//! Dropout (Srivastava et al. 2014): in training each number is zero with some probability, and the others are scaled so that the
//! mean stays.
//!
//! A number's draw depends on the step and on its place in the whole batch, not on which worker has it.

use crate::batch::Batch;
use recur_core::random::Stream;
use recur_kernels::{AlignedVec, Kernels};

/// The mask of the last pass, and its product with what it was laid on.
#[derive(Clone, Debug)]
pub struct Dropout {
    share: f32,
    /// The factor of each number: 0 or 1 / (1 - share).
    mask: AlignedVec,
    output: AlignedVec,
}

impl Dropout {
    /// Zero with the probability `share`, which is below one.
    pub fn new(share: f32) -> Self {
        Self { share, mask: AlignedVec::default(), output: AlignedVec::default() }
    }

    /// Multiplies `x (R, n)`, rows of `n` numbers for each character of `batch`, with a mask drawn from the step's `stream`,
    /// number by number in the packed order of the whole batch, from the `drawn`th number on.
    pub fn of_characters(
        &mut self,
        kernels: Kernels,
        batch: &Batch,
        (stream, drawn): (&mut Stream, usize),
        x: &[f32],
        n: usize,
    ) {
        self.draw_for_characters(batch, (stream, drawn), n);
        self.multiply(kernels, x);
    }

    fn draw_for_characters(&mut self, batch: &Batch, (stream, drawn): (&mut Stream, usize), n: usize) {
        let mask = self.mask.take(batch.n_characters() * n);
        for time in 0..batch.times().len() {
            stream.seek((drawn + batch.start_in_whole(time) * n) as u64);
            draw(&mut mask[batch.times().at(time, n)], stream, self.share);
        }
    }

    /// The same in place, where nothing else needs the product.
    pub fn of_characters_in_place(
        &mut self,
        kernels: Kernels,
        batch: &Batch,
        draws: (&mut Stream, usize),
        x: &mut [f32],
        n: usize,
    ) {
        self.draw_for_characters(batch, draws, n);
        kernels.mul(x, &self.mask[..x.len()]);
    }

    /// The same as [`Dropout::of_characters`] for `x (B, n)`, rows of `n` numbers for each text of `batch`.
    pub fn of_texts(
        &mut self,
        kernels: Kernels,
        batch: &Batch,
        (stream, drawn): (&mut Stream, usize),
        x: &[f32],
        n: usize,
    ) {
        let mask = self.mask.take(x.len());
        stream.seek((drawn + batch.first_in_whole() * n) as u64);
        draw(mask, stream, self.share);
        self.multiply(kernels, x);
    }

    fn multiply(&mut self, kernels: Kernels, x: &[f32]) {
        let output = self.output.take(x.len());
        output.copy_from_slice(x);
        kernels.mul(output, &self.mask[..x.len()]);
    }

    /// The product, of `len` numbers.
    pub fn output(&self, len: usize) -> &[f32] {
        &self.output[..len]
    }

    /// From the gradient of the product to that of what was multiplied, in place.
    pub fn backward(&self, kernels: Kernels, d: &mut [f32]) {
        kernels.mul(d, &self.mask[..d.len()]);
    }
}

fn draw(mask: &mut [f32], stream: &mut Stream, share: f32) {
    let keep = 1.0 / (1.0 - share);
    mask.fill_with(|| if stream.unit_f32() < share { 0.0 } else { keep });
}
