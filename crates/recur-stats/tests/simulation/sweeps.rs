//! Synthetic sweeps: the score of each model on each replicate, drawn from a keyed stream.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Training and test rows of the synthetic splits; the other tenth is for validation.
pub const N_ROWS: usize = 100;
pub const N_TRAIN: usize = 80;
pub const N_TEST: usize = 10;

/// Scores by model, then by replicate.
pub type Sweep = Vec<Vec<f64>>;

/// A stream of random numbers; equal keys give equal numbers.
pub struct Draws {
    bits: ChaCha8Rng,
    /// The other one of two normal numbers.
    spare: Option<f64>,
}

impl Draws {
    pub fn keyed(key: u64) -> Self {
        Self { bits: ChaCha8Rng::seed_from_u64(key), spare: None }
    }

    /// In `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        (self.bits.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn below(&mut self, n: u32) -> u32 {
        ((u64::from(self.bits.next_u32()) * u64::from(n)) >> 32) as u32
    }

    /// Standard normal (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = (-2.0 * libm::log(1.0 - self.unit())).sqrt();
        let (sin, cos) = libm::sincos(std::f64::consts::TAU * self.unit());
        self.spare = Some(radius * sin);
        radius * cos
    }

    fn normals(&mut self, n: usize, deviation: f64) -> Vec<f64> {
        (0..n).map(|_| deviation * self.normal()).collect()
    }

    fn shuffle(&mut self, rows: &mut [usize]) {
        for last in (1..rows.len()).rev() {
            rows.swap(last, self.below(last as u32 + 1) as usize);
        }
    }
}

/// `effect + split + noise`: the split's part is the same for all models, and a model's noise has variance 1 and correlates
/// by `correlation` between replicates, as far as the paper supposes: `n_test / (n_test + n_train)`.
pub fn correlated(draws: &mut Draws, effects: &[f64], replicates: usize, correlation: f64) -> Sweep {
    let splits = draws.normals(replicates, 3.0);
    let model = |effect: &f64| {
        let shared = correlation.sqrt() * draws.normal();
        let own = draws.normals(replicates, (1.0 - correlation).sqrt());
        splits.iter().zip(own).map(|(split, own)| effect + split + shared + own).collect()
    };
    effects.iter().map(model).collect()
}

/// The variances of a model's score over replicates.
#[derive(Clone, Copy)]
pub struct Variances {
    /// Of the initial values: new on each replicate.
    pub start: f64,
    /// Of which rows are trained on: replicates share most of them.
    pub train: f64,
    /// Of which rows are tested on: replicates share some of them.
    pub test: f64,
}

/// Each replicate splits the same rows anew. To each model each row is worth something in training and in testing, and in
/// testing it has a difficulty that all models share; what a split's rows are worth is the mean of theirs.
pub fn split_rows(draws: &mut Draws, effects: &[f64], replicates: usize, variances: Variances) -> Sweep {
    let difficulty = draws.normals(N_ROWS, 20.0);
    let values = |variance: f64, n: usize, draws: &mut Draws| draws.normals(N_ROWS, (variance * n as f64).sqrt());
    let taught: Vec<_> = effects.iter().map(|_| values(variances.train, N_TRAIN, draws)).collect();
    let tested: Vec<_> = effects.iter().map(|_| values(variances.test, N_TEST, draws)).collect();
    let mut sweep = vec![Vec::new(); effects.len()];
    let mut rows: Vec<usize> = (0..N_ROWS).collect();
    for _ in 0..replicates {
        draws.shuffle(&mut rows);
        let (train, test) = (&rows[..N_TRAIN], &rows[N_TRAIN..N_TRAIN + N_TEST]);
        let mean =
            |values: &[f64], rows: &[usize]| rows.iter().map(|row| values[*row]).sum::<f64>() / rows.len() as f64;
        for (model, effect) in effects.iter().enumerate() {
            let rows = mean(&difficulty, test) + mean(&tested[model], test) + mean(&taught[model], train);
            sweep[model].push(effect + rows + variances.start.sqrt() * draws.normal());
        }
    }
    sweep
}
