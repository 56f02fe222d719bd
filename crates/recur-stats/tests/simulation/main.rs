//! The procedure of a report on synthetic sweeps: how often it errs where no model differs, and how often it finds what
//! differs. Every sweep has its key, so the shares come out the same each time; their standard errors stand next to them.

mod ensembles;
mod family_wise_error;
mod fixed_test_set;
mod importance;
mod labels;
mod on_request;
mod power;
mod rows;
mod sweeps;

use recur_stats::{Comparison, corrected_resampled_t, holm};
use sweeps::{Draws, N_TEST, N_TRAIN, Sweep};

/// The correlation between replicates that the corrected test supposes.
const SUPPOSED: f64 = N_TEST as f64 / (N_TEST + N_TRAIN) as f64;

/// The share of `n` sweeps in which something happens.
fn share(n: u64, sweep: impl Fn(&mut Draws) -> Sweep, happens: impl Fn(&Sweep) -> bool) -> f64 {
    (0..n).filter(|key| happens(&sweep(&mut Draws::keyed(*key)))).count() as f64 / n as f64
}

fn differences(first: &[f64], second: &[f64]) -> Vec<f64> {
    first.iter().zip(second).map(|(first, second)| first - second).collect()
}

/// The first model of a sweep is the baseline.
fn against_baseline(sweep: &Sweep) -> Vec<Comparison> {
    let compare = |model: &Vec<f64>| corrected_resampled_t(&differences(model, &sweep[0]), N_TRAIN, N_TEST).unwrap();
    sweep[1..].iter().map(compare).collect()
}

/// As a report has it: each model against the baseline, corrected by Holm; the models of which a difference is claimed, from 1.
fn claimed(sweep: &Sweep) -> Vec<usize> {
    let comparisons = against_baseline(sweep);
    let p_values: Vec<f64> = comparisons.iter().map(|comparison| comparison.p).collect();
    let clear =
        |(model, p): (usize, &f64)| (*p < 0.05 && !comparisons[model].interval.contains(0.0)).then_some(model + 1);
    holm(&p_values).iter().enumerate().filter_map(clear).collect()
}

#[expect(clippy::print_stdout, reason = "the measured share is worth reading where the test passes as well")]
fn between(low: f64, share: f64, high: f64) {
    println!("{low} ≤ {share} ≤ {high}");
    assert!(low <= share && share <= high, "{share} is not from {low} to {high}");
}
