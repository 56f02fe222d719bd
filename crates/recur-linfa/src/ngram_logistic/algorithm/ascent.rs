//! The dual coordinate ascent: see the parent for the method.

use super::{Data, SparseLogistic, SparseLogisticValidParams};
use recur_core::model::Kernels;
use recur_core::random::StreamPath;
use recur_kernels::AlignedVec;

/// Rows of the table are whole cache lines.
const LINE: usize = 16;

/// A fit that has gone some way. Rows of labels are filled up to whole [`LINE`]s.
pub(super) struct Ascent<'a> {
    kernels: Kernels,
    l2: f64,
    data: &'a Data,
    /// S.
    n_labels: usize,
    /// The coefficients, and the intercept as the last row, (K + 1, S filled up).
    table: AlignedVec,
    /// The logarithm of each row's distribution, (N, S); at first it is all on the row's label, whatever is written here.
    ln_p: Vec<f32>,
    order: Vec<u32>,
    visit: Visit,
}

/// The workspace of a visit: rows of labels.
struct Visit {
    scores: Vec<f32>,
    /// The logarithm of the softmax of the scores.
    ln_softmax: Vec<f32>,
    before: Vec<f32>,
    p: Vec<f32>,
    ln_p: Vec<f32>,
}

/// What the visits of an epoch have met, in f64, added up in their order.
#[derive(Default)]
struct Met {
    /// The weighted losses.
    loss: f64,
    /// How far the rows were from the optimum: `v · KL(p ‖ softmax(x · W))`, whose sum for one `W` is the duality gap.
    gap: f64,
}

impl<'a> Ascent<'a> {
    pub(super) fn new(params: &SparseLogisticValidParams, data: &'a Data) -> Self {
        let n_labels = data.targets.iter().max().map_or(1, |label| label + 1);
        let width = n_labels.next_multiple_of(LINE);
        let table = AlignedVec::zeros((data.records.n_columns() + 1) * width);
        let row = || vec![0.0; width];
        let visit = Visit { scores: row(), ln_softmax: row(), before: row(), p: row(), ln_p: row() };
        Self {
            kernels: params.kernels,
            l2: params.l2,
            data,
            n_labels,
            table,
            ln_p: vec![0.0; data.records.len() * n_labels],
            order: (0..data.records.len() as u32).collect(),
            visit,
        }
    }

    /// Visits every row, in an order of the epoch's own that no seed changes. Returns the gap that was met, as a share of `P(W)`.
    pub(super) fn epoch(&mut self, epoch: usize) -> f64 {
        StreamPath::root(0).child("dual_ascent").numbered_stream(epoch as u64).shuffle(&mut self.order);
        let mut met = Met::default();
        for place in 0..self.order.len() {
            self.visit(self.order[place] as usize, epoch == 0, &mut met);
        }
        let squares: f64 = self.table.iter().map(|w| f64::from(*w) * f64::from(*w)).sum();
        met.gap / (met.loss + 0.5 * self.l2 * squares)
    }

    fn visit(&mut self, row: usize, first: bool, met: &mut Met) {
        let (columns, values) = self.data.records.get(row);
        let (label, weight) = (self.data.targets[row], f64::from(self.data.weight_for(row)));
        let (n, width) = (self.n_labels, self.visit.scores.len());
        let (table, intercept) = self.table.split_at_mut(self.data.records.n_columns() * width);
        let visit = &mut self.visit;
        visit.scores.copy_from_slice(intercept);
        if !columns.is_empty() {
            self.kernels.add_multiples_of_rows(&mut visit.scores, table, columns, values);
        }
        visit.ln_softmax.copy_from_slice(&visit.scores);
        self.kernels.log_softmax_rows(&mut visit.ln_softmax[..n], n);
        let stored = &mut self.ln_p[row * n..][..n];
        visit.before.fill(0.0);
        if first {
            visit.before[label] = 1.0;
            visit.ln_p[..n].copy_from_slice(&visit.ln_softmax[..n]);
        } else {
            visit.before[..n].copy_from_slice(stored);
            self.kernels.exp(&mut visit.before[..n]);
            visit.ln_p[..n].copy_from_slice(stored);
        }
        met.loss -= weight * f64::from(visit.ln_softmax[label]);
        let known = |i: usize| if first { 0.0 } else { stored[i] };
        met.gap += weight * (0..n).map(|i| f64::from(visit.before[i] * (known(i) - visit.ln_softmax[i]))).sum::<f64>();
        let square: f64 = values.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>() + 1.0;
        let q = (weight * square / self.l2) as f32;
        visit.scores.iter_mut().zip(&visit.before).for_each(|(score, p)| *score = q.mul_add(*p, *score));
        self.kernels.softmax_step(&mut visit.scores, n, q, &mut visit.ln_p, &mut visit.p);
        stored.copy_from_slice(&visit.ln_p[..n]);
        // How far the row's part of the coefficients moves, for a value of 1.
        let share = (weight / self.l2) as f32;
        visit.before.iter_mut().zip(&visit.p).for_each(|(before, p)| *before = share * (*before - p));
        self.kernels.add(intercept, &visit.before);
        if !columns.is_empty() {
            self.kernels.add_multiples_to_rows(table, columns, values, &visit.before);
        }
    }

    /// The classifier as it is now.
    pub(super) fn fitted(&self, epochs: usize) -> SparseLogistic {
        let width = self.visit.scores.len();
        let mut coefficients: Vec<f32> =
            self.table.chunks_exact(width).flat_map(|row| row[..self.n_labels].iter().copied()).collect();
        let intercept = coefficients.split_off(self.data.records.n_columns() * self.n_labels);
        SparseLogistic { coefficients, intercept, epochs }
    }
}
