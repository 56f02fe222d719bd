//! The densities against values that Optuna 5.0.0 computed, to 1e-9.

use super::mixture::{Kernels, Mixture};
use super::numbers::Numbers;
use crate::ranges::Ranges;
use recur_core::params::ParamValue;
use recur_core::space::{Dimension, Range, SearchBox, Space, Values};

fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{found} is not {expected}");
}

fn range(from: f64, to: f64, log: bool, whole: bool) -> Range {
    Range { from, to, log, whole }
}

/// Deviations of the kernels around `observed`, of the last kernel, and logarithms of the density at `at`.
fn check(range: Range, observed: &[f64], deviations: &[f64], densities: &[(f64, f64)]) {
    let numbers = Numbers::new(range, observed.to_vec());
    let found: Vec<f64> = (0..numbers.n_kernels()).map(|kernel| numbers.deviation(kernel)).collect();
    assert_eq!(found.len(), deviations.len());
    found.iter().zip(deviations).for_each(|(&found, &expected)| assert_close(found, expected));
    let mixture = Mixture::new([Kernels::Numbers(numbers)]);
    densities.iter().for_each(|&(at, expected)| assert_close(mixture.log_density(&[at]), expected));
}

#[test]
fn kernels_of_numbers_are_as_wide_as_their_gaps() {
    check(
        range(-1.0, 1.0, false, false),
        &[-0.4, 0.4, 0.41, 0.42],
        &[0.8, 0.8, 1.0 / 3.0, 1.0 / 3.0, 2.0],
        &[(-0.5, -1.140414749629997), (0.0, -0.555298739771291), (0.5, -0.23488192831558896)],
    );
}

#[test]
fn kernels_of_a_logarithmic_range_are_normal_in_the_logarithm() {
    let sigma = 1.3815510557964275;
    let deviations = [sigma, sigma, sigma, 6.907755278982137];
    check(range(1e-4, 0.1, true, false), &[0.001, 0.003, 0.01], &deviations, &[(0.002, -1.5464425784148028)]);
}

#[test]
fn kernels_of_whole_numbers_have_the_mass_of_a_step() {
    check(range(16.0, 256.0, false, true), &[64.0, 128.0], &[64.0, 64.0, 241.0], &[(100.0, -5.162409332400557)]);
}

#[test]
fn masses_far_out_in_the_tails_are_right() {
    // Optuna 5.0.0: four neighbours, each thirty times.
    let observed: Vec<f64> = (0..120).map(|index| f64::from(10 + index % 4)).collect();
    let mixture = Mixture::new([Kernels::Numbers(Numbers::new(range(1.0, 1000.0, false, true), observed))]);
    let expected = [
        (1.0, -3.6358720529969633),
        (12.0, -3.094940782130462),
        (500.0, -11.169434089023557),
        (1000.0, -11.294184078627612),
    ];
    expected.into_iter().for_each(|(at, expected)| assert_close(mixture.log_density(&[at]), expected));
}

#[test]
fn categories_share_one_observation() {
    let mixture = Mixture::new([Kernels::of_list(3, 0, &[&[0.0], &[0.0], &[2.0]])]);
    let expected = [-0.7419373447293773, -1.6582280766035324, -1.0986122886681098];
    expected.iter().enumerate().for_each(|(at, &expected)| assert_close(mixture.log_density(&[at as f64]), expected));
}

#[test]
fn a_density_over_several_dimensions_is_that_of_optuna() {
    let dimension = |name: &str, values| Dimension { name: name.to_owned(), values };
    let cells = ["gru", "lstm", "rnn"].map(|word| ParamValue::Text(word.to_owned()));
    let dimensions = vec![
        dimension("cell", Values::List(cells.to_vec())),
        dimension("dropout", Values::Range(range(0.0, 0.5, false, false))),
        dimension("hidden_size", Values::Range(range(16.0, 512.0, true, true))),
        dimension("layers", Values::Range(range(1.0, 4.0, false, true))),
        dimension("learning_rate", Values::Range(range(1e-4, 0.1, true, false))),
    ];
    let ranges = Ranges::new(&Space { model: "gru".to_owned(), boxes: vec![SearchBox { dimensions }] });
    let cases: Vec<serde_json::Value> = serde_json::from_str(include_str!("reference.json")).unwrap();
    assert_eq!(cases.len(), 6);
    for case in cases {
        let [observations, points] =
            ["observations", "points"].map(|key| serde_json::from_value::<Vec<Vec<f64>>>(case[key].clone()).unwrap());
        let expected: Vec<f64> = serde_json::from_value(case["log_density"].clone()).unwrap();
        let observations: Vec<&[f64]> = observations.iter().map(|at| &at[..]).collect();
        let axes = ranges.boxes[0].0.iter().enumerate();
        let mixture = Mixture::new(axes.map(|(number, axis)| Kernels::of_axis(axis, number, &observations)));
        points.iter().zip(expected).for_each(|(at, expected)| assert_close(mixture.log_density(at), expected));
    }
}
