//! Whole sweeps on synthetic data sets, through the real split, choice and analysis: how often a report errs where no model
//! differs, whether what it prints of a chosen configuration is biased, and how often it finds what differs.
//!
//! Each sweep has a data set of its own, so test examples vary as well. Sweeps are seeded: rates come out the same each time.

#![expect(clippy::print_stdout, reason = "the measured rates are worth reading where the tests pass as well")]

mod choice;
#[path = "../fixture/mod.rs"]
#[expect(dead_code, reason = "the other experiments of the fixture are for other tests")]
mod fixture;
mod learner;
mod levels;
mod power;
mod race;
mod sweep;
mod verdict;

use learner::Task;
use recur_core::settings::TestRows;
use recur_stats::{mean, standard_deviation};
use sweep::Design;

const PER_REPLICATE: Design = Design { test_rows: TestRows::PerReplicate, replicates: 5 };
const PER_REPLICATE_10: Design = Design { test_rows: TestRows::PerReplicate, replicates: 10 };
const FIXED: Design = Design { test_rows: TestRows::Fixed, replicates: 5 };

/// Configurations that differ in nothing: each gets 65 % of new rows right, whatever rows it was trained on.
fn coins(n_configurations: usize) -> Task {
    Task { n_rows: 160, n_labels: 2, clear: vec![0.3; n_configurations], signal: 0.0, n_new: 0 }
}

/// Configurations that differ in nothing but what the rows of one data set make of them: each gets about 64 % of new rows
/// right, and how many depends on the rows that it was trained on.
fn learners(n_configurations: usize) -> Task {
    Task { clear: vec![0.0; n_configurations], signal: 0.35, ..coins(n_configurations) }
}

fn is_best_found(standing: &[String]) -> bool {
    standing.iter().any(|standing| standing == "best")
}

fn share(happens: &[bool]) -> f64 {
    happens.iter().filter(|happens| **happens).count() as f64 / happens.len() as f64
}

/// Two standard errors above 5 %, for a share of so many sweeps.
fn five_percent_of(n: usize) -> f64 {
    0.05 + 2.0 * (0.05 * 0.95 / n as f64).sqrt()
}

/// The share of sweeps in which something happens is 5 % or less.
fn at_most_five_percent(what: &str, happens: &[bool]) {
    let share = share(happens);
    println!("{what}: {:.2} %", 100.0 * share);
    assert!(share <= five_percent_of(happens.len()), "{what}: {share}");
}

/// A mean over sweeps with its standard error.
#[derive(Clone, Copy)]
struct Bias {
    mean: f64,
    standard_error: f64,
}

impl Bias {
    fn of(what: &str, values: &[f64]) -> Self {
        let standard_error = standard_deviation(values).unwrap() / (values.len() as f64).sqrt();
        let bias = Self { mean: mean(values).unwrap(), standard_error };
        println!("{what}: {:+.2} ± {:.2} points", 100.0 * bias.mean, 100.0 * standard_error);
        bias
    }

    /// Within two standard errors of zero.
    fn is_none(self) -> bool {
        self.mean.abs() <= 2.0 * self.standard_error
    }
}
