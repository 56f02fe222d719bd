//! The spread of metrics over test examples: a bootstrap over groups of rows, with the same resamples for every model.
//!
//! Rows of one group depend on each other (duplicates, rows of one speaker), so whole groups are drawn (Davison and Hinkley
//! 1997, "Bootstrap Methods and their Application", section 3.8). Every model is evaluated on the same resamples, so the
//! values of two models are paired, and what is easy or hard for both cancels in their difference.
//!
//! Legend: N rows, G groups, B resamples, C labels, r replicates.

use crate::label_counts::LabelCounts;
use crate::multinomial::below;
use crate::summary::standard_deviation;
use std::collections::BTreeSet;

/// Resamples that are counted at once, next to each other in memory: 7,000 rows of them stay in the cache.
const LANES: usize = 32;

/// So many rows, each at most 255 times, can be counted in 32 bits.
const MOST_ROWS: usize = 1 << 24;

/// How often a group is in each resample of a block.
type Multiplicities = [u8; LANES];

/// Resamples of the groups of a test set. Made once, and used for each model.
#[derive(Clone, Debug)]
pub struct GroupResamples {
    /// (N); the place of each row's group among all groups, ascending by id.
    group_of_row: Vec<u32>,
    n_groups: usize,
    n_resamples: usize,
    /// (⌈B / LANES⌉, G).
    blocks: Vec<Vec<Multiplicities>>,
}

impl GroupResamples {
    /// Draws `n_resamples` (B) times G groups with replacement. `groups` (N) has the id of each test row's group; ids are
    /// any numbers. `bits` gives 32 random bits, each equally likely; equal bits give equal resamples, in whatever order the
    /// rows are. It takes a byte per group and resample.
    ///
    /// # Panics
    /// If `n_resamples` is zero, if there are more than 2²⁴ rows, or if a group comes up more than 255 times in one
    /// resample, which random bits do not do.
    pub fn new(groups: &[u32], n_resamples: usize, mut bits: impl FnMut() -> u32) -> Self {
        assert!(n_resamples > 0, "no resamples");
        assert!(groups.len() <= MOST_ROWS, "{} rows, more than {MOST_ROWS}", groups.len());
        let ids: Vec<u32> = groups.iter().copied().collect::<BTreeSet<u32>>().into_iter().collect();
        let place = |id: &u32| ids.partition_point(|other| other < id) as u32;
        let mut block = |start: usize| draw_block(ids.len(), LANES.min(n_resamples - start), &mut bits);
        Self {
            group_of_row: groups.iter().map(place).collect(),
            n_groups: ids.len(),
            n_resamples,
            blocks: (0..n_resamples).step_by(LANES).map(&mut block).collect(),
        }
    }

    /// The number of groups (G).
    pub fn n_groups(&self) -> usize {
        self.n_groups
    }

    /// The number of resamples (B).
    pub fn n_resamples(&self) -> usize {
        self.n_resamples
    }

    /// The metric of one model on each resample (B): the mean over replicates of `metric`, which is computed from the
    /// counts of each replicate, for example by [`LabelCounts::macro_f1`]. NaN where it is undefined, and without rows or
    /// replicates.
    ///
    /// `truths` (N) has the true label of each row, and `predictions` (r, N) the predicted labels of each replicate; rows
    /// are in the order of `groups`.
    ///
    /// # Panics
    /// If a slice has not N entries, or a label is not below `n_classes` (C).
    pub fn mean_metric(
        &self,
        n_classes: usize,
        truths: &[u16],
        predictions: &[&[u16]],
        metric: impl Fn(&LabelCounts) -> Option<f64>,
    ) -> Vec<f64> {
        for labels in std::iter::once(truths).chain(predictions.iter().copied()) {
            self.check_rows(labels.len());
            let is_label = |label: &u16| usize::from(*label) < n_classes;
            assert!(labels.iter().all(is_label), "a label beyond {n_classes}");
        }
        let of_block = |block: &Vec<Multiplicities>| {
            let mut counts = BlockCounts::new(n_classes, self.rows(block, truths));
            let mut sums = [0.0; LANES];
            for predicted in predictions {
                counts.count(self.rows(block, truths), predicted);
                counts.add_metric(&mut sums, &metric);
            }
            sums.map(|sum| sum / predictions.len() as f64)
        };
        self.per_resample(of_block)
    }

    /// The mean of a value per row, such as the loss, on each resample (B): each row counts as often as its group was
    /// drawn. `values` (r, N) has the values of each replicate; the result is the mean over replicates. NaN without rows or
    /// replicates.
    ///
    /// # Panics
    /// If a slice has not N entries.
    pub fn mean_of_rows(&self, values: &[&[f64]]) -> Vec<f64> {
        values.iter().for_each(|values| self.check_rows(values.len()));
        let (mut sums, mut sizes) = (vec![0.0; self.n_groups], vec![0.0; self.n_groups]);
        for (row, group) in self.group_of_row.iter().enumerate() {
            sums[*group as usize] += values.iter().map(|values| values[row]).sum::<f64>() / values.len() as f64;
            sizes[*group as usize] += 1.0;
        }
        let of_block = |block: &Vec<Multiplicities>| {
            let (mut sum, mut size) = ([0.0; LANES], [0.0; LANES]);
            for (group, times) in block.iter().enumerate() {
                for (lane, times) in times.iter().enumerate() {
                    sum[lane] += f64::from(*times) * sums[group];
                    size[lane] += f64::from(*times) * sizes[group];
                }
            }
            std::array::from_fn(|lane| sum[lane] / size[lane])
        };
        self.per_resample(of_block)
    }

    /// What `of` makes of each resample (B), given how often it has each row (N), in the order of the groups.
    ///
    /// # Panics
    /// If N is not `n_rows`.
    pub(crate) fn of_each(&self, n_rows: usize, of: impl Fn(&[u8]) -> f64) -> Vec<f64> {
        self.check_rows(n_rows);
        let mut times = vec![0; n_rows];
        let lanes = self.blocks.iter().flat_map(|block| (0..LANES).map(move |lane| (block, lane)));
        let of_lane = |(block, lane): (&Vec<Multiplicities>, usize)| {
            times.iter_mut().zip(&self.group_of_row).for_each(|(times, group)| *times = block[*group as usize][lane]);
            of(&times)
        };
        lanes.take(self.n_resamples).map(of_lane).collect()
    }

    fn per_resample(&self, of_block: impl Fn(&Vec<Multiplicities>) -> [f64; LANES]) -> Vec<f64> {
        let mut values: Vec<f64> = self.blocks.iter().flat_map(of_block).collect();
        values.truncate(self.n_resamples);
        values
    }

    /// Each row's true label, and how often it is in each resample of the block.
    fn rows<'a>(
        &'a self,
        block: &'a [Multiplicities],
        truths: &'a [u16],
    ) -> impl Iterator<Item = (u16, &'a Multiplicities)> {
        truths.iter().zip(&self.group_of_row).map(|(truth, group)| (*truth, &block[*group as usize]))
    }

    fn check_rows(&self, n: usize) {
        assert_eq!(n, self.group_of_row.len(), "a value for each row");
    }
}

fn draw_block(n_groups: usize, n_resamples: usize, bits: &mut impl FnMut() -> u32) -> Vec<Multiplicities> {
    let mut block: Vec<Multiplicities> = vec![[0; LANES]; n_groups];
    let mut draw = |lane: usize| {
        let times = &mut block[below(bits, n_groups as u32) as usize][lane];
        *times = times.checked_add(1).expect("random bits draw no group 256 times");
    };
    (0..n_resamples).for_each(|lane| (0..n_groups).for_each(|_| draw(lane)));
    block
}

/// The margins and the diagonal of a confusion matrix for each resample of a block: (C, LANES) each.
struct BlockCounts {
    support: Vec<[u32; LANES]>,
    predicted: Vec<[u32; LANES]>,
    right: Vec<[u32; LANES]>,
    labels: LabelCounts,
}

impl BlockCounts {
    fn new<'a>(n_classes: usize, rows: impl Iterator<Item = (u16, &'a Multiplicities)>) -> Self {
        let none = || vec![[0; LANES]; n_classes];
        let mut counts =
            Self { support: none(), predicted: none(), right: none(), labels: LabelCounts::new(n_classes) };
        rows.for_each(|(truth, times)| add(&mut counts.support[usize::from(truth)], times));
        counts
    }

    /// Counts the predictions of one replicate, instead of those of the one before.
    fn count<'a>(&mut self, rows: impl Iterator<Item = (u16, &'a Multiplicities)>, predicted: &[u16]) {
        self.predicted.fill([0; LANES]);
        self.right.fill([0; LANES]);
        for ((truth, times), predicted) in rows.zip(predicted) {
            add(&mut self.predicted[usize::from(*predicted)], times);
            if truth == *predicted {
                add(&mut self.right[usize::from(truth)], times);
            }
        }
    }

    fn add_metric(&mut self, sums: &mut [f64; LANES], metric: impl Fn(&LabelCounts) -> Option<f64>) {
        for (lane, sum) in sums.iter_mut().enumerate() {
            for label in 0..self.support.len() {
                let [support, predicted, right] =
                    [&self.support, &self.predicted, &self.right].map(|counts| u64::from(counts[label][lane]));
                self.labels.set(label, support, predicted, right);
            }
            *sum += metric(&self.labels).unwrap_or(f64::NAN);
        }
    }
}

fn add(counts: &mut [u32; LANES], times: &Multiplicities) {
    counts.iter_mut().zip(times).for_each(|(count, times)| *count += u32::from(*times));
}

/// The sample variance over resamples of the difference of two models, given their values on the *same* resamples (B):
/// the `test_variance` of [`fixed_test_set`](crate::fixed_test_set). `None` below two resamples, or where a value is not a
/// finite number.
///
/// # Panics
/// If the two have different numbers of resamples.
pub fn variance_of_difference(a: &[f64], b: &[f64]) -> Option<f64> {
    assert_eq!(a.len(), b.len(), "values on different resamples");
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    variance_over_resamples(&differences)
}

/// The sample variance of values on resamples (B). Where the metric is undefined on a few of them, as the label that it is of has
/// no row there, these are left out. `None` below two resamples, where more than one in a hundred is undefined (the label has too
/// few groups for a bootstrap), or where a value is infinite.
pub fn variance_over_resamples(values: &[f64]) -> Option<f64> {
    let defined: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    if 100 * (values.len() - defined.len()) > values.len() {
        return None;
    }
    let deviation = standard_deviation(&defined)?;
    Some(deviation * deviation).filter(|variance| variance.is_finite())
}
