//! A learner of high variance on synthetic rows: one nearest neighbour, each configuration with features of its own.

use recur_core::dataset::{Alphabet, Dataset, LabelledText};
use recur_core::random::{Stream, StreamPath};
use recur_core::split::Split;

const N_FEATURES: usize = 3;
/// So many of the nearest rows are looked up; where no training row is among them, all training rows are.
const N_NEAREST: usize = 4;

type Features = [f32; N_FEATURES];

/// How the rows of a data set come to be. The label of a row is drawn evenly and does not depend on other rows.
pub struct Task {
    pub n_rows: usize,
    pub n_labels: u16,
    /// By configuration, the share of rows that are clear to it: their features are close to those of the other clear rows
    /// of their label and far from all else. What is clear with a smaller share is clear with a larger one too.
    pub clear: Vec<f32>,
    /// How far the labels of the other rows are apart, in half-widths of the noise. With 0 their features tell nothing, and
    /// whatever a configuration was trained on, it gets one of `n_labels` of them right.
    pub signal: f32,
    /// Rows that are in no part of a split: they show what a trained configuration is really worth.
    pub n_new: usize,
}

impl Task {
    /// The probability that a configuration gets a new row right; without `signal` that is so for any training rows.
    pub fn truth(&self, configuration: usize) -> f64 {
        assert!(self.signal == 0.0, "the truth depends on the training rows");
        let clear = f64::from(self.clear[configuration]);
        clear + (1.0 - clear) / f64::from(self.n_labels)
    }

    /// Another data set for each `path`.
    pub fn draw(&self, path: &StreamPath) -> World {
        let mut stream = path.child("labels").stream();
        let row = |row: usize| LabelledText {
            label: format!("label {}", stream.below(u32::from(self.n_labels))),
            text: format!("row {row}"),
            group: format!("row {row}"),
            raw: None,
        };
        let rows = (0..self.n_rows).map(row).collect();
        let dataset = Dataset::new(rows, Alphabet::new("row 0123456789".chars(), false));
        assert_eq!(dataset.label_names().len(), usize::from(self.n_labels), "every label has rows");
        let mut stream = path.child("new").stream();
        let new_labels: Vec<u16> = (0..self.n_new).map(|_| stream.below(self.n_labels.into()) as u16).collect();
        let labels: Vec<u16> = dataset.labels().iter().chain(&new_labels).copied().collect();
        let mut stream = path.child("clearness").stream();
        let clearness: Vec<f32> = labels.iter().map(|_| stream.unit_f32()).collect();
        let mut stream = path.child("features").stream();
        let mut space = |share: &f32| {
            let rows = labels.iter().zip(&clearness);
            let features =
                rows.map(|(label, clearness)| self.features(&mut stream, *label, clearness < share)).collect();
            Space::new(features, dataset.len())
        };
        let spaces = self.clear.iter().map(&mut space).collect();
        World { dataset, labels, spaces }
    }

    fn features(&self, stream: &mut Stream, label: u16, is_clear: bool) -> Features {
        let mut place = 0;
        [0.0; N_FEATURES].map(|_: f32| {
            let noise = stream.symmetric_f32(1.0);
            let centre = if is_clear { 1_000.0 * f32::from(label + 1) } else { 0.0 };
            let shift = if place % self.n_labels == label { self.signal } else { 0.0 };
            place += 1;
            centre + shift + noise
        })
    }
}

/// A data set, as each configuration sees it.
pub struct World {
    pub dataset: Dataset,
    /// Of the rows of the data set, and after them of the new rows.
    labels: Vec<u16>,
    spaces: Vec<Space>,
}

impl World {
    pub fn label(&self, row: u32) -> u16 {
        self.labels[row as usize]
    }

    pub fn new_rows(&self) -> Vec<u32> {
        (self.dataset.len() as u32..self.labels.len() as u32).collect()
    }

    pub fn accuracy(&self, rows: &[u32], predicted: &[u16]) -> f64 {
        let right = rows.iter().zip(predicted).filter(|(row, predicted)| self.label(**row) == **predicted).count();
        right as f64 / rows.len() as f64
    }

    /// The labels that a configuration gives to `rows`, none of which it was trained on.
    pub fn predictions(&self, configuration: usize, is_trained: &[bool], rows: &[u32]) -> Vec<u16> {
        let space = &self.spaces[configuration];
        rows.iter().map(|row| self.labels[space.nearest(*row as usize, is_trained)]).collect()
    }

    /// Which rows `split` trains on.
    pub fn trained(&self, split: &Split) -> Vec<bool> {
        let mut is_trained = vec![false; self.dataset.len()];
        split.train.iter().for_each(|row| is_trained[*row as usize] = true);
        is_trained
    }
}

/// The features of one configuration.
struct Space {
    /// (N and the new rows)
    features: Vec<Features>,
    /// (N and the new rows); the nearest other rows of the data set, ascending by distance.
    nearest: Vec<[u16; N_NEAREST]>,
}

impl Space {
    fn new(features: Vec<Features>, n_rows: usize) -> Self {
        let nearest = (0..features.len()).map(|row| nearest_rows(&features, n_rows, row)).collect();
        Self { features, nearest }
    }

    fn nearest(&self, row: usize, is_trained: &[bool]) -> usize {
        let listed = self.nearest[row].iter().map(|other| usize::from(*other)).find(|other| is_trained[*other]);
        listed.unwrap_or_else(|| {
            let trained = (0..is_trained.len()).filter(|other| is_trained[*other]);
            let distance = |other: &usize| distance(&self.features[row], &self.features[*other]);
            trained.min_by(|a, b| distance(a).total_cmp(&distance(b))).expect("there are training rows")
        })
    }
}

fn nearest_rows(features: &[Features], n_rows: usize, row: usize) -> [u16; N_NEAREST] {
    let mut best = [(f32::INFINITY, 0); N_NEAREST];
    for (other, of_other) in features[..n_rows].iter().enumerate() {
        let distance = distance(&features[row], of_other);
        if distance >= best[N_NEAREST - 1].0 || other == row {
            continue;
        }
        let mut place = N_NEAREST - 1;
        while place > 0 && best[place - 1].0 > distance {
            best[place] = best[place - 1];
            place -= 1;
        }
        best[place] = (distance, other as u16);
    }
    best.map(|(_, other)| other)
}

fn distance(a: &Features, b: &Features) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}
