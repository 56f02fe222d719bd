//! Gradients of a batch whose texts were shared among workers: each keeps what its gradients are made from, and then each
//! makes the gradients of a run of the parameters, from what all have saved.
//!
//! No sum is divided: the terms of each are taken in the order of the whole batch, time after time, share after share.
//!
//! Characters for dimensions: `R` terms of a share, `M` and `N` rows and columns of a weight.

use crate::gradient::{Terms, WeightGradients, add_to_rows};
use crate::ngram_bag::Bags;
use recur_kernels::{AlignedVec, Kernels, Matrix};
use std::ops::Range;

/// Runs of parameters begin at every fourth row of a matrix: products are made in tiles of rows.
const ROWS: usize = 4;

/// What the gradients of one share of a batch are made from. Its buffers are used again.
#[derive(Debug, Default)]
pub(crate) struct SavedActivations {
    factors: Vec<Factors>,
    n: usize,
}

/// What the gradient of one weight is made from.
#[derive(Debug, Default)]
struct Factors {
    place: Range<usize>,
    kind: Kind,
    /// Where each time's terms start, and the last one's end, (T + 1).
    starts: Vec<usize>,
    /// The left factor of a product, (R, M).
    a: AlignedVec,
    m: usize,
    /// (R, N).
    d: AlignedVec,
    n: usize,
    /// The rows that were looked up, (R).
    indices: Vec<u16>,
    /// The rows that each text added up.
    bags: Bags,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Kind {
    #[default]
    Sum,
    Product,
    Lookups,
    Bags,
}

impl SavedActivations {
    /// Forgets the last batch.
    pub(crate) fn clear(&mut self) {
        self.n = 0;
    }

    fn all(&self) -> &[Factors] {
        &self.factors[..self.n]
    }

    fn keep(&mut self, place: &Range<usize>, kind: Kind, (d, rows): (&[f32], usize), terms: Terms<'_>) -> &mut Factors {
        if self.n == self.factors.len() {
            self.factors.push(Factors::default());
        }
        let factors = &mut self.factors[self.n];
        self.n += 1;
        (factors.place, factors.kind) = (place.clone(), kind);
        factors.d.take(d.len()).copy_from_slice(d);
        factors.starts.clear();
        factors.starts.push(0);
        match terms {
            Terms::Texts => {}
            Terms::TextsAndAll(times) => {
                let texts = rows - times.n_rows();
                factors.starts.push(texts);
                factors.starts.extend((0..times.len()).map(|time| texts + times.at(time, 1).end));
            }
            Terms::From(first, times) => {
                let end_of = |time| times.at(time, 1).end;
                let before = if first == 0 { 0 } else { end_of(first - 1) };
                factors.starts.extend((first..times.len()).map(|time| end_of(time) - before));
            }
        }
        factors
    }
}

impl WeightGradients for SavedActivations {
    fn product(&mut self, place: &Range<usize>, _: &mut [f32], a: Matrix<'_>, d: Matrix<'_>, terms: Terms<'_>) {
        let (m, n, rows) = (a.cols(), d.cols(), a.rows());
        let factors = self.keep(place, Kind::Product, (d.data(), rows), terms);
        (factors.m, factors.n) = (m, n);
        a.write_rows(factors.a.take(rows * m));
        factors.end(rows, terms);
    }

    fn sum(&mut self, place: &Range<usize>, d: &[f32], terms: Terms<'_>) {
        let rows = d.len() / place.len();
        let factors = self.keep(place, Kind::Sum, (d, rows), terms);
        factors.n = place.len();
        factors.end(rows, terms);
    }

    fn lookups(&mut self, place: &Range<usize>, indices: &[u16], d: &[f32], terms: Terms<'_>) {
        let factors = self.keep(place, Kind::Lookups, (d, indices.len()), terms);
        factors.n = d.len() / indices.len().max(1);
        factors.indices.clear();
        factors.indices.extend_from_slice(indices);
        factors.end(indices.len(), terms);
    }

    fn bags(&mut self, place: &Range<usize>, bags: &Bags, d: &[f32]) {
        let factors = self.keep(place, Kind::Bags, (d, bags.len()), Terms::Texts);
        factors.n = d.len() / bags.len().max(1);
        factors.bags.clone_from(bags);
        factors.end(bags.len(), Terms::Texts);
    }
}

impl Factors {
    fn end(&mut self, rows: usize, terms: Terms<'_>) {
        if matches!(terms, Terms::Texts) {
            self.starts.push(rows);
        }
        debug_assert_eq!(self.starts.last(), Some(&rows), "a term for each row of the times");
    }

    /// The terms of `time`, counted from the first one that has any.
    fn terms(&self, time: usize) -> Range<usize> {
        match self.starts.get(time + 1) {
            Some(end) => self.starts[time]..*end,
            None => 0..0,
        }
    }

    /// Adds `terms` to `gradient`, the part of this weight's gradient from `from` on in its own places.
    fn add(&self, kernels: Kernels, terms: Range<usize>, from: usize, gradient: &mut [f32]) {
        let (k, n) = (terms.len(), self.n);
        let d = &self.d[terms.start * n..terms.end * n];
        match self.kind {
            Kind::Sum => kernels.add_rows(gradient, d),
            Kind::Product => {
                let a = Matrix::new(&self.a[terms.start * self.m..terms.end * self.m], k, self.m);
                let rows = from / n..(from + gradient.len()) / n;
                kernels.gemm(gradient, a.columns(rows).transposed(), Matrix::new(d, k, n));
            }
            Kind::Lookups => add_to_rows(kernels, gradient, &self.indices[terms], d),
            Kind::Bags => self.bags.add(kernels, terms, gradient, &self.d, n),
        }
    }
}

/// Writes the gradient of the parameters from `first` on: from what the shares of a batch have saved, in their order, of
/// which the first has the longest texts. A weight that got nothing has a gradient of zero.
pub(crate) fn write_gradient<'a>(
    kernels: Kernels,
    shares: impl Iterator<Item = &'a SavedActivations> + Clone,
    first: usize,
    gradient: &mut [f32],
) {
    gradient.fill(0.0);
    let end = first + gradient.len();
    let Some(longest) = shares.clone().next() else { return };
    for weight in longest.all() {
        let (from, to) = (weight.place.start.max(first), weight.place.end.min(end));
        if from >= to {
            continue;
        }
        let gradient = &mut gradient[from - first..to - first];
        for time in 0..weight.starts.len() - 1 {
            // Without a row of this weight a share has saved no factors.
            let factors =
                shares.clone().filter_map(|saved| saved.all().iter().find(|other| other.place == weight.place));
            for factors in factors {
                let terms = factors.terms(time);
                if !terms.is_empty() {
                    factors.add(kernels, terms, from - weight.place.start, gradient);
                }
            }
        }
    }
}

/// Writes to `cuts` where to divide `n_parameters` into `n` runs that are about as much work each. Only matrices that
/// come from a product are cut, between rows.
pub(crate) fn cut(saved: &SavedActivations, n_parameters: usize, n: usize, cuts: &mut Vec<usize>) {
    cuts.clear();
    let products = || saved.all().iter().filter(|factors| factors.kind == Kind::Product);
    let total: usize = products().map(|factors| factors.place.len()).sum();
    let next =
        |place: usize| products().map(|factors| &factors.place).filter(|p| p.start >= place).min_by_key(|p| p.start);
    let (mut place, mut before) = (0, 0);
    while let Some(product) = next(place) {
        let width = products().find(|factors| factors.place == *product).map_or(1, |factors| factors.n * ROWS);
        while cuts.len() + 1 < n {
            let wanted = total * (cuts.len() + 1) / n;
            if wanted > before + product.len() {
                break;
            }
            let cut = product.start + (wanted - before) / width * width;
            cuts.push(cut.clamp(cuts.last().copied().unwrap_or(0), n_parameters));
        }
        before += product.len();
        place = product.end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Batch;
    use crate::gradient::Buffer;
    use crate::slopes::numbers;

    /// A weight of each kind, which both the texts and the characters of a batch use, and one that only texts do.
    const PLACES: [Range<usize>; 4] = [0..12, 12..15, 15..27, 27..39];

    /// The rows of texts and then of characters that a share has, of `n` numbers in the whole batch.
    fn rows(share: &Batch, whole: &Batch, n: usize, seed: u32) -> Vec<f32> {
        let of_texts = numbers(whole.len() * n, seed);
        let of_characters = numbers(whole.n_characters() * n, seed + 1);
        let mut rows = of_texts[share.first_in_whole() * n..][..share.len() * n].to_vec();
        for time in 0..share.times().len() {
            let start = share.start_in_whole(time) * n;
            rows.extend_from_slice(&of_characters[start..][..share.times().n_rows_at(time) * n]);
        }
        rows
    }

    fn give(share: &Batch, whole: &Batch, into: &mut dyn WeightGradients) {
        let terms = Terms::TextsAndAll(share.times());
        let (a, d) = (rows(share, whole, 5, 1), rows(share, whole, 3, 3));
        let indices: Vec<u16> = rows(share, whole, 1, 5).iter().map(|x| (x.abs() * 3.99) as u16).collect();
        let n = indices.len();
        // Four of five columns: a part of a matrix.
        let a = Matrix::new(&a, n, 5).columns(1..5);
        into.product(&PLACES[0], &mut [], a, Matrix::new(&d, n, 3), terms);
        into.sum(&PLACES[1], &d, terms);
        into.lookups(&PLACES[2], &indices, &d, terms);
        let mut bags = Bags::default();
        for text in share.first_in_whole()..share.first_in_whole() + share.len() {
            (0..3).for_each(|i| bags.push(((text + i * i) % 4) as u32, 0.3 + i as f32));
            bags.end_text();
        }
        into.bags(&PLACES[3], &bags, &d[..share.len() * 3]);
    }

    #[test]
    fn weights_of_texts_and_characters_get_the_same_bits_from_any_number_of_shares() {
        let texts: [&[u16]; 6] = [&[1], &[2, 3, 4, 5], &[6], &[7, 8], &[9, 1, 2], &[3, 4, 5]];
        let (kernels, mut whole) = (Kernels::widest(), Batch::default());
        whole.pack_texts(&texts);
        let mut expected = vec![0.0; 39];
        give(&whole, &whole, &mut Buffer { kernels, gradients: &mut expected });
        assert!(expected.iter().all(|gradient| *gradient != 0.0));
        for n in 1..=4 {
            let saved: Vec<SavedActivations> = (0..n)
                .map(|index| {
                    let (mut share, mut saved) = (Batch::default(), SavedActivations::default());
                    share.take_share(&whole, whole.rows_of_share(index, n));
                    if !share.is_empty() {
                        give(&share, &whole, &mut saved);
                    }
                    saved
                })
                .collect();
            let mut gradients = vec![f32::NAN; 39];
            write_gradient(kernels, saved.iter(), 0, &mut gradients);
            assert_eq!(gradients, expected, "{n} shares");
        }
    }
}
