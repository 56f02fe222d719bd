//! Convolutions over the characters of packed texts, as many outputs as characters: `torch.nn.Conv1d` with `padding="same"`.
//!
//! Around its ends a text has zeros, so that one of a single character has an output, too. The window of width W of character t
//! begins at character `t - (W - 1) / 2`, rounded down, as PyTorch has it.
//!
//! Characters for dimensions: `R` characters of the batch in packed order, `D` numbers of a character, `W` width of a window,
//! `F` filters.

use crate::batch::Batch;
use crate::gradient::{Terms, WeightGradients};
use crate::layout::{Init, Layout};
use recur_kernels::{AlignedVec, Kernels, Matrix};
use std::ops::Range;

/// The characters around each character side by side, for convolutions of several widths to read.
#[derive(Clone, Debug)]
pub struct Windows {
    numbers: usize,
    width: usize,
    /// (R, W · D).
    rows: AlignedVec,
}

impl Windows {
    /// Windows of at most `width` characters of `numbers` numbers.
    pub fn new(numbers: usize, width: usize) -> Self {
        Self { numbers, width, rows: AlignedVec::default() }
    }

    /// Lays the characters `x (R, D)` of a batch of whole texts side by side.
    pub fn take(&mut self, batch: &Batch, x: &[f32]) {
        let (d, width) = (self.numbers, self.width);
        let rows = self.rows.take(batch.n_characters() * width * d);
        each_place(batch, width, |row, place, from| {
            let to = &mut rows[(row * width + place) * d..][..d];
            match from {
                Some(from) => to.copy_from_slice(&x[from * d..][..d]),
                None => to.fill(0.0),
            }
        });
    }

    /// The windows of `width` characters, (R, W · D).
    fn of_width(&self, batch: &Batch, width: usize) -> Matrix<'_> {
        let (d, columns) = (self.numbers, self.width * self.numbers);
        let first = (before(self.width) - before(width)) * d;
        let rows = Matrix::new(&self.rows[..batch.n_characters() * columns], batch.n_characters(), columns);
        rows.columns(first..first + width * d)
    }
}

/// A convolution with its workspace.
#[derive(Clone, Debug)]
pub struct Convolution {
    numbers: usize,
    width: usize,
    filters: usize,
    /// `NAME.weight`, (W, D, F), and `NAME.bias`.
    weight: Range<usize>,
    bias: Range<usize>,
    /// Second layout for the backward pass, (F, W · D).
    weight_t: AlignedVec,
    /// (R, F).
    output: AlignedVec,
    /// (R, W · D).
    d_windows: AlignedVec,
}

impl Convolution {
    /// `filters` filters over windows of `width` characters of `numbers` numbers, with `NAME.weight` (F, D, W) and `NAME.bias` drawn
    /// as PyTorch draws them.
    pub fn new(layout: &mut Layout, name: &str, numbers: usize, width: usize, filters: usize) -> Self {
        let fan = Init::FanIn(numbers * width);
        Self {
            numbers,
            width,
            filters,
            weight: layout.tensor(format!("{name}.weight"), &[filters, numbers, width], fan),
            bias: layout.tensor(format!("{name}.bias"), &[filters], fan),
            weight_t: AlignedVec::zeros(filters * width * numbers),
            output: AlignedVec::default(),
            d_windows: AlignedVec::default(),
        }
    }

    /// Refreshes the second layout: see [`crate::network::Network::parameters_changed`].
    pub fn parameters_changed(&mut self, kernels: Kernels, parameters: &[f32]) {
        let weight = &parameters[self.weight.clone()];
        kernels.transpose(&mut self.weight_t, weight, self.width * self.numbers, self.filters);
    }

    /// The outputs of each character, (R, F), from what `windows` took of `batch`.
    pub fn forward(&mut self, kernels: Kernels, parameters: &[f32], batch: &Batch, windows: &Windows) -> &[f32] {
        let (f, columns) = (self.filters, self.width * self.numbers);
        let output = self.output.take(batch.n_characters() * f);
        output.chunks_exact_mut(f).for_each(|row| row.copy_from_slice(&parameters[self.bias.clone()]));
        let weight = Matrix::new(&parameters[self.weight.clone()], columns, f);
        kernels.gemm(output, windows.of_width(batch, self.width), weight);
        output
    }

    /// From the gradient `d (R, F)` of the outputs gives the weights' gradients, and adds that of the characters to
    /// `d_x (R, D)`.
    pub fn backward(
        &mut self,
        kernels: Kernels,
        (batch, windows): (&Batch, &Windows),
        d: &[f32],
        d_x: &mut [f32],
        into: &mut dyn WeightGradients,
    ) {
        let (r, f, n, columns) = (batch.n_characters(), self.filters, self.numbers, self.width * self.numbers);
        let (terms, d_rows) = (Terms::From(0, batch.times()), Matrix::new(d, r, f));
        into.sum(&self.bias, d, terms);
        let d_windows = self.d_windows.take(r * columns);
        d_windows.fill(0.0);
        kernels.gemm(d_windows, d_rows, Matrix::new(&self.weight_t, f, columns));
        each_place(batch, self.width, |row, place, from| {
            if let Some(from) = from {
                kernels.add(&mut d_x[from * n..][..n], &d_windows[row * columns + place * n..][..n]);
            }
        });
        into.product(&self.weight, &mut self.weight_t, windows.of_width(batch, self.width), d_rows, terms);
    }
}

/// How many characters of a window are before its own.
fn before(width: usize) -> usize {
    (width - 1) / 2
}

/// Calls `work` for each character's row and each place of its window, with the row of the character at that place; none beyond
/// the ends of the text.
fn each_place(batch: &Batch, width: usize, mut work: impl FnMut(usize, usize, Option<usize>)) {
    let times = batch.times();
    for time in 0..times.len() {
        let first = times.at(time, 1).start;
        for place in 0..width {
            let at = (time + place).checked_sub(before(width)).filter(|at| *at < times.len());
            let others = at.map_or(0..0, |at| times.at(at, 1));
            for row in 0..times.n_rows_at(time) {
                let other = Some(others.start + row).filter(|other| *other < others.end);
                work(first + row, place, other);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gradient::Buffer;
    use crate::slopes::{assert_slopes, numbers};

    const TEXTS: [&[u16]; 4] = [&[1, 2], &[1, 2, 3], &[4], &[1, 2, 3, 4, 5]];

    fn batch() -> Batch {
        let mut batch = Batch::default();
        batch.pack_texts(&TEXTS);
        batch
    }

    #[test]
    fn windows_are_the_characters_around_each() {
        let batch = batch();
        let x: Vec<f32> = batch.tokens().iter().map(|token| f32::from(*token)).collect();
        let mut windows = Windows::new(1, 4);
        windows.take(&batch, &x);
        let window = |time: usize, text: usize, width| {
            let rows = windows.of_width(&batch, width);
            let mut all = vec![0.0; rows.rows() * width];
            rows.write_rows(&mut all);
            let row = batch.times().at(time, 1).start + text;
            all[row * width..][..width].to_vec()
        };
        // The longest text is the first: 1 2 3 4 5. The last has one character: 4.
        assert_eq!(window(0, 0, 4), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(window(4, 0, 4), [4.0, 5.0, 0.0, 0.0]);
        assert_eq!(window(2, 0, 3), [2.0, 3.0, 4.0]);
        assert_eq!(window(2, 0, 2), [3.0, 4.0]);
        assert_eq!(window(0, 3, 4), [0.0, 4.0, 0.0, 0.0]);
        assert_eq!(window(2, 1, 4), [2.0, 3.0, 0.0, 0.0], "the end of a shorter text");
        assert_eq!(window(2, 0, 1), [3.0]);
    }

    #[test]
    fn gradients_are_the_slopes() {
        let (kernels, batch) = (Kernels::widest(), batch());
        for width in [1, 2, 5] {
            let mut layout = Layout::default();
            let mut convolution = Convolution::new(&mut layout, "conv", 3, width, 4);
            let parameters = numbers(layout.n_parameters(), 1);
            let (x, d) = (numbers(batch.n_characters() * 3, 2), numbers(batch.n_characters() * 4, 3));
            let mut windows = Windows::new(3, 5);
            let mut f = |convolution: &mut Convolution, parameters: &[f32], x: &[f32]| {
                windows.take(&batch, x);
                convolution.parameters_changed(kernels, parameters);
                convolution.forward(kernels, parameters, &batch, &windows).to_vec()
            };
            f(&mut convolution, &parameters, &x);
            let (mut gradients, mut d_x) = (vec![0.0; parameters.len()], vec![0.0; x.len()]);
            let mut taken = Windows::new(3, 5);
            taken.take(&batch, &x);
            let mut into = Buffer { kernels, gradients: &mut gradients };
            convolution.backward(kernels, (&batch, &taken), &d, &mut d_x, &mut into);
            assert_slopes(&x, &d, &d_x, |x| f(&mut convolution, &parameters, x));
            assert_slopes(&parameters, &d, &gradients, |parameters| f(&mut convolution, parameters, &x));
        }
    }
}
